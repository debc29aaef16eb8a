//! Basic Memory's notes: Markdown whose list items are observations, `- [category] text #tag (context)`, and relations,
//! `- relation_type [[Target]] (context)`.
//!
//! Read off NOTE-FORMAT.md and `src/basic_memory/markdown/plugins.py` of github.com/basicmachines-co/basic-memory
//! (0.18): what is a checkbox, a timecode or a link in brackets is no category, a relation of several words stands in
//! quotes, and code and quotations hold neither. The prose around them is what `ingest` reads; here it is passed over.

use std::path::Path;

use hydra_graph::{Error, ErrorKind, Kind, Result, Timestamp};

use super::collected::{Foreign, Place, Said};
use super::moment::moment;
use crate::front_matter;
use crate::note::Note;
use crate::vault::Vault;

/// Reads every note of a folder.
pub(super) fn read(folder: &Path, foreign: &mut Foreign) -> Result<()> {
    if folder.is_file() {
        return Err(Error::new(ErrorKind::Invalid, format!("{} is a file", folder.display()))
            .hint("name the folder that holds the notes"));
    }
    let vault = Vault::scan(folder)?;
    for skipped in vault.skipped() {
        foreign.turn_to(skipped.path.display().to_string());
        foreign.break_at(Place::File, &skipped.reason, &skipped.hint);
    }
    if vault.more_skipped() > 0 {
        foreign.turn_to(vault.root().display().to_string());
        let more = format!("{} more files in it can't be read", vault.more_skipped());
        foreign.break_at(Place::File, more, "put right what is named first, and do it again");
    }
    for path in vault.notes() {
        let relative = path.strip_prefix(vault.root()).unwrap_or(path);
        foreign.turn_to(relative.display().to_string());
        match Note::read(path).and_then(Note::into_text) {
            Ok((text, _)) => read_note(&text, relative, foreign),
            Err(error) => foreign.refuse(Place::File, &error),
        }
    }
    Ok(())
}

/// What the front matter says of a note.
struct Head {
    title: String,
    /// What the origin knows the note by.
    permalink: String,
    tags: Vec<String>,
    created: Option<Timestamp>,
}

/// Reads the text of one note.
pub(super) fn read_note(text: &str, path: &Path, foreign: &mut Foreign) {
    let (yaml, start) = front_matter::split(text);
    let (front_matter, trouble) = front_matter::read(&text[yaml.unwrap_or(0..0)]);
    if let Some(trouble) = trouble {
        return foreign.break_at(Place::Line(trouble.line.into()), trouble.message, trouble.hint);
    }
    let property = |name: &str| {
        let named = front_matter.properties.iter().find(|property| property.name == name);
        named.map(|property| property.value.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let head = Head {
        title: front_matter.title.unwrap_or(stem),
        permalink: property("permalink").unwrap_or_else(|| path.display().to_string()),
        created: property("created").and_then(|text| moment(&text)),
        tags: front_matter.tags,
    };
    let lines_before = text[..start].lines().count() as u64;
    for (line, item) in items(&text[start..]) {
        take(Place::Line(lines_before + line), &item, &head, foreign);
    }
}

fn take(place: Place, item: &str, head: &Head, foreign: &mut Foreign) {
    let Head { title, permalink, tags, created } = head;
    let (text, kind, about) = if let Some((relation, target, context)) = relation(item) {
        (format!("{title} {relation} {target}{context}"), Kind::Fact, vec![title.clone(), target.to_owned()])
    } else if let Some((category, said)) = observation(item) {
        let label = category.map(|category| format!(" ({category})")).unwrap_or_default();
        let mut about = vec![title.clone()];
        about.extend(front_matter::links_in(said).into_iter().map(|link| link.target));
        about.extend(hashtags(said).map(str::to_owned).chain(tags.iter().cloned()));
        (format!("{title}{label}: {said}"), kind_of(category), about)
    } else {
        return;
    };
    let mut memory = foreign.memory(Said { place, text, kind, about, key: &[permalink, item] });
    memory.happened_at = *created;
    foreign.keep(place, memory);
}

/// Returns the list items outside of code and quotations, each with its first line, from 1; lines that go on an item are
/// joined to it.
fn items(body: &str) -> Vec<(u64, String)> {
    let mut items: Vec<(u64, String)> = Vec::new();
    let mut fence: Option<&str> = None;
    let mut is_open = false;
    for (number, line) in (1..).zip(body.lines()) {
        let text = line.trim();
        let opens = ["```", "~~~"].into_iter().find(|mark| text.starts_with(mark));
        match (fence, opens) {
            (Some(mark), _) => {
                fence = if text.starts_with(mark) { None } else { fence };
                continue;
            }
            (None, Some(mark)) => {
                (fence, is_open) = (Some(mark), false);
                continue;
            }
            (None, None) => {}
        }
        let item = ["- ", "* ", "+ "].into_iter().find_map(|mark| text.strip_prefix(mark));
        match item {
            Some(item) => items.push((number, item.trim().to_owned())),
            None if is_open && line.starts_with([' ', '\t']) && !text.is_empty() => {
                if let Some((_, item)) = items.last_mut() {
                    item.push(' ');
                    item.push_str(text);
                }
                continue;
            }
            None => {}
        }
        is_open = item.is_some();
    }
    items
}

/// Splits `[category] text`; a hashtag makes an observation without a category.
fn observation(item: &str) -> Option<(Option<&str>, &str)> {
    let is_checkbox = ["[ ]", "[x]", "[X]", "[-]"].iter().any(|mark| item.starts_with(mark));
    if is_checkbox || item.starts_with("[[") {
        return None;
    }
    let split = item.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    if let Some((category, said)) = split
        && said.starts_with(char::is_whitespace)
        && !said.trim().is_empty()
        && is_category(category.trim())
    {
        return Some((Some(category.trim()), said.trim()));
    }
    hashtags(item).next().map(|_| (None, item))
}

/// One sign is a mark of a task, digits and colons are the time in a transcript.
fn is_category(category: &str) -> bool {
    let is_mark = category.chars().count() == 1 && !category.chars().all(char::is_alphanumeric);
    let is_time = category.contains(':') && category.chars().all(|c| c.is_ascii_digit() || " :.,-".contains(c));
    !category.is_empty() && !is_mark && !is_time && !category.contains(['[', '(', ')'])
}

/// Splits `relation_type [[Target]] (context)`; the context comes with the blank before it.
fn relation(item: &str) -> Option<(&str, &str, &str)> {
    let (label, rest) = item.split_once("[[")?;
    let (target, context) = rest.split_once("]]")?;
    let label = label.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| label.strip_prefix(quote)?.strip_suffix(quote));
    let label = match quoted {
        Some(label) => label.trim(),
        None if label.contains(char::is_whitespace) => return None,
        None => label,
    };
    let is_context = context.trim().is_empty() || (context.trim().starts_with('(') && closes_at_end(context.trim()));
    // A name behind `|` is how the link reads, not what it means.
    let target = target.split('|').next().unwrap_or_default().trim();
    (!label.is_empty() && !target.is_empty() && is_context).then_some((label, target, context.trim_end()))
}

/// Tells whether the bracket that a text begins with closes at its end and not before.
fn closes_at_end(text: &str) -> bool {
    let mut depth = 0_i32;
    for (at, letter) in text.char_indices() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth == 0 {
            return at + letter.len_utf8() == text.len();
        }
    }
    false
}

fn hashtags(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split_whitespace().filter_map(|word| word.strip_prefix('#'));
    words
        .flat_map(|word| word.split('#'))
        .map(|tag| tag.trim_end_matches([',', '.', ';', ')']))
        .filter(|tag| !tag.is_empty())
}

/// The categories that mean the same here; any other is a fact with its category in the text.
fn kind_of(category: Option<&str>) -> Kind {
    match category.unwrap_or_default().to_lowercase().as_str() {
        "decision" => Kind::Decision,
        "preference" => Kind::Preference,
        "lesson" | "learning" => Kind::Learning,
        _ => Kind::Fact,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn foreign(note: &str) -> Foreign {
        let mut foreign = Foreign::new(Origin::BasicMemory, "tea.md", "personal", Timestamp::from_millis(0));
        read_note(note, Path::new("tea.md"), &mut foreign);
        foreign
    }

    #[test]
    fn list_items_are_told_apart() {
        type Case = (&'static str, &'static [&'static str]);
        let cases: &[Case] = &[
            (
                "- [method] Steep for three minutes #brewing (at home)",
                &["tea (method): Steep for three minutes #brewing (at home)"],
            ),
            ("* [tip] one\n  and a half\n\n  not this", &["tea (tip): one and a half"]),
            ("- no category #leaf", &["tea: no category #leaf"]),
            ("- relates_to [[Water]]", &["tea relates_to Water"]),
            (
                "- \"is served with\" [[Cake|cakes]] (on Sundays (always))",
                &["tea is served with Cake (on Sundays (always))"],
            ),
            ("- drunk_by [[A]] (x) and [[B]] (y)", &[]),
            ("- an unquoted label [[Water]]", &[]),
            ("- [[Water]]", &[]),
            ("- [ ] buy tea\n- [x] done\n- [-] dropped\n- [>] later\n- [?] #maybe", &["tea: [?] #maybe"]),
            ("- [00:12:03] spoken\n- [1:02 - 1:05] more", &[]),
            ("- [link](https://example.org)", &[]),
            ("- plain text\n\nprose [kind] text", &[]),
            ("> - [note] quoted\n\n```\n- [code] listed\n```\n~~~\n- a [[B]]\n~~~", &[]),
            ("- [empty]", &[]),
        ];
        for (body, expected) in cases {
            let read = foreign(body);
            let texts: Vec<&str> = read.memories.iter().map(|memory| memory.text.as_str()).collect();
            assert_eq!((texts.as_slice(), read.broken.as_slice()), (*expected, &[][..]), "{body}");
        }
    }

    #[test]
    fn a_note_gives_title_time_tags_and_kinds() {
        let read = foreign(
            "---\ntitle: Green Tea\ntype: note\npermalink: drinks/green-tea\ntags: [tea, leaf]\ncreated: 2025-04-05T06:07:08Z\n---\n\n\
             # Green Tea\n\n- [decision] Only loose leaves from [[Ferry Shop]] #shop\n- [preference] Not too hot\n- grows_in [[Garden]]\n",
        );
        let [decision, preference, relation] = read.memories.as_slice() else { panic!("{:?}", read.memories) };
        assert_eq!((decision.kind, preference.kind, relation.kind), (Kind::Decision, Kind::Preference, Kind::Fact));
        assert_eq!(decision.entities, ["Green Tea", "Ferry Shop", "shop", "tea", "leaf"]);
        assert_eq!(relation.entities, ["Green Tea", "Garden"]);
        assert_eq!(decision.said_by.as_deref(), Some("tea.md line 11 (basic-memory)"));
        assert_eq!(decision.happened_at.map(|at| at.to_string()).as_deref(), Some("2025-04-05T06:07:08Z"));
        let moved = foreign("---\npermalink: drinks/green-tea\n---\n- [preference] Not too hot");
        assert_eq!(moved.memories[0].idempotency_key, preference.idempotency_key, "the permalink is the identity");
    }

    #[test]
    fn broken_front_matter_is_told_with_its_line() {
        let read = foreign("---\ntitle: Tea\ntags: [a, b\n---\n- [x y] z\n");
        assert_eq!((read.memories.len(), read.broken[0].line), (0, Some(3)));
    }
}
