//! The YAML between `---` lines at the head of a note: properties, other names, tags and links.

use std::ops::Range;

use hydra_graph::Property;
use serde_saphyr::options::DuplicateKeyPolicy;

use crate::outline::shorten;
use crate::property::Value;
use crate::tag::tag_at;

/// Longest front matter that is read, 64 KiB: what is longer is text between two rules.
pub const MAX_FRONT_MATTER_BYTES: usize = 64 * 1024;
/// Most values in it, counted after aliases are filled in: a YAML bomb grows by its aliases.
const MAX_VALUES: usize = 4_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 32;
/// How much of a line is shown in a message.
const MAX_QUOTE_BYTES: usize = 60;
const NEXT_STEP: &str = "put quotes around values that hold any of : # [ ] { } or begin with * & ! @ %; \
                         that part was left out, the rest was read";

/// What a note says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FrontMatter {
    pub properties: Vec<Property>,
    pub title: Option<String>,
    pub aliases: Vec<String>,
    pub tags: Vec<String>,
}

/// Why front matter was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// Line of the note, from 1.
    pub line: u32,
    pub message: String,
    pub hint: String,
}

/// A link found in a value: what stands in the brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrittenLink {
    pub target: String,
    pub label: Option<String>,
}

/// Returns where the YAML stands and where the body begins; the body is all of it when there is no front matter, or one
/// longer than [`MAX_FRONT_MATTER_BYTES`].
pub(crate) fn split(text: &str) -> (Option<Range<usize>>, usize) {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().filter(|line| line.trim_end() == "---");
    let Some(first) = first else { return (None, 0) };
    let start = first.len();
    let mut at = start;
    for line in lines {
        if at - start > MAX_FRONT_MATTER_BYTES {
            break;
        }
        if matches!(line.trim_end(), "---" | "...") {
            return (Some(start..at), at + line.len());
        }
        at += line.len();
    }
    (None, 0)
}

/// Reads the YAML, which begins in line 2 of the note, and says what first was not understood in it.
///
/// One bad line must not lose the tags and links of the others (templates write `created: {{date}}`), so what is not
/// YAML as a whole is read entry by entry.
pub(crate) fn read(yaml: &str) -> (FrontMatter, Option<Trouble>) {
    let mut front_matter = FrontMatter::default();
    let trouble = match entry(yaml, 2) {
        Ok(entries) => {
            front_matter.take(&entries, yaml);
            return (front_matter, None);
        }
        Err(trouble) => trouble,
    };
    let mut first_trouble = None;
    for (line, part) in parts(yaml) {
        match entry(part, line) {
            Ok(entries) => front_matter.take(&entries, part),
            Err(trouble) => {
                first_trouble.get_or_insert(trouble);
            }
        }
    }
    (front_matter, Some(first_trouble.unwrap_or(trouble)))
}

/// Reads `name: value` pairs from YAML whose first line is `first_line` of the note.
fn entry(yaml: &str, first_line: u32) -> Result<Vec<(String, Value)>, Trouble> {
    match serde_saphyr::from_str_with_options(yaml, options()) {
        Ok(Value::Nothing) => Ok(Vec::new()),
        Ok(Value::Map(entries)) => Ok(entries),
        Ok(Value::Text(_) | Value::Typed(..) | Value::Float(..) | Value::List(_)) => Err(Trouble {
            line: first_line,
            message: "front matter holds something else than `name: value` lines".into(),
            hint: "write each property as `name: value`, or put an empty line before the first rule".into(),
        }),
        Err(error) => {
            let at = error.location().map_or(1, |at| at.line()).max(1) as u32;
            let written = yaml.lines().nth(at as usize - 1).unwrap_or_default().trim();
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or_default();
            // It counts lines from the first of the YAML; ours is the note's.
            let message = message.rsplit_once(" at line ").map_or(message, |(what, _)| what);
            Err(Trouble {
                line: at + first_line - 1,
                message: format!("front matter is not YAML at `{}`: {message}", shorten(written, MAX_QUOTE_BYTES)),
                hint: NEXT_STEP.into(),
            })
        }
    }
}

/// Cuts YAML before each line that may begin an entry, with the lines of the note they begin in.
fn parts(yaml: &str) -> Vec<(u32, &str)> {
    let begins = |line: &str| !line.starts_with([' ', '\t', '\r', '\n', '#', '-', ']', '}']);
    let mut parts: Vec<(u32, Range<usize>)> = Vec::new();
    let mut at = 0;
    for (line, written) in (2..).zip(yaml.split_inclusive('\n')) {
        let end = at + written.len();
        match parts.last_mut() {
            Some((_, part)) if !begins(written) => part.end = end,
            _ => parts.push((line, at..end)),
        }
        at = end;
    }
    parts.into_iter().map(|(line, part)| (line, &yaml[part])).collect()
}

/// Returns the wikilinks in a value.
pub(crate) fn links_in(value: &str) -> Vec<WrittenLink> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once("[[") {
        let Some((inside, after)) = after.split_once("]]") else { break };
        let (target, label) = match inside.split_once('|') {
            Some((target, label)) => (target, Some(label.trim().to_owned()).filter(|label| !label.is_empty())),
            None => (inside, None),
        };
        links.push(WrittenLink { target: target.to_owned(), label });
        rest = after;
    }
    links
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_VALUES,
            max_aliases: MAX_VALUES,
            max_documents: 1,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_VALUES },
        // The last one counts, as it does for whoever edits the file; an error would lose all of them.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        // `yes` and `no` are words that people write, `007` and `1_000` are names of things.
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    }
}

impl FrontMatter {
    /// Takes in entries, of which those with a known name mean more than a property.
    fn take(&mut self, entries: &[(String, Value)], yaml: &str) {
        for (name, value) in entries {
            let name = name.trim();
            value.flatten(name, yaml, &mut self.properties);
            match name.to_lowercase().as_str() {
                "title" => self.title = value.text(yaml).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()),
                "alias" | "aliases" => self.aliases.extend(names(value, yaml, &[','])),
                "tag" | "tags" => self.tags.extend(tags(value, yaml)),
                _ => {}
            }
        }
    }
}

/// A list, or one text with the names between commas, as Obsidian accepts both.
fn names(value: &Value, yaml: &str, between: &[char]) -> Vec<String> {
    let texts = match value {
        Value::Text(text) => text.split(between).map(str::to_owned).collect(),
        value => value.texts(yaml),
    };
    texts.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn tags(value: &Value, yaml: &str) -> Vec<String> {
    names(value, yaml, &[',', ' '])
        .into_iter()
        .map(|tag| tag.trim_start_matches('#').trim_end_matches('/').to_owned())
        // Only the rule on digits holds here: in a list a tag may have a space in it, and people mean it.
        .filter(|tag| tag_at(tag).is_some())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_graph::Datatype;

    fn flat(yaml: &str) -> Vec<String> {
        let (front_matter, trouble) = read(yaml);
        assert_eq!(trouble, None, "{yaml}");
        front_matter.properties.iter().map(|p| format!("{}={}", p.name, p.value)).collect()
    }

    #[test]
    fn front_matter_ends_at_its_second_rule() {
        let cases: &[(&str, Option<&str>, &str)] = &[
            ("---\na: 1\n---\nbody", Some("a: 1\n"), "body"),
            ("---\r\na: 1\r\n---\r\nbody", Some("a: 1\r\n"), "body"),
            ("---\n---\nbody", Some(""), "body"),
            ("---\na: 1\n...\nbody", Some("a: 1\n"), "body"),
            ("---\na: 1\n---", Some("a: 1\n"), ""),
            ("---\nno end", None, "---\nno end"),
            ("text\n---\na: 1\n---", None, "text\n---\na: 1\n---"),
            ("----\na: 1\n---\n", None, "----\na: 1\n---\n"),
            ("", None, ""),
        ];
        for (text, yaml, body) in cases {
            let (span, start) = split(text);
            assert_eq!((span.map(|span| &text[span]), &text[start..]), (*yaml, *body), "{text:?}");
        }
    }

    #[test]
    fn text_between_two_rules_is_body() {
        for (bytes, is_front_matter) in [(MAX_FRONT_MATTER_BYTES, true), (MAX_FRONT_MATTER_BYTES + 1, false)] {
            let text = format!("---\na: {}\n---\nbody", "x".repeat(bytes - 4));
            assert_eq!(split(&text).0.is_some(), is_front_matter);
        }
    }

    #[test]
    fn values_are_flattened_as_they_are_written() {
        let cases: &[(&str, &[&str])] = &[
            ("b: 1\na: x", &["b=1", "a=x"]),
            ("v: 1.10\nn: 007\nbig: 1_000\nyes: no\nt: true", &["v=1.10", "n=007", "big=1_000", "yes=no", "t=true"]),
            ("day: 2024-01-05\nat: 2024-01-05T10:00", &["day=2024-01-05", "at=2024-01-05T10:00"]),
            ("a:\n  b:\n    c: 1\n  d: [x, y]", &["a.b.c=1", "a.d=x", "a.d=y"]),
            ("empty:\nnothing: ~\nblank: ''", &[]),
            ("up: [[Note]]\nmore: [[A], [B|b]]", &["up=[[Note]]", "more=A", "more=B|b"]),
            ("up: [[Note, with comma]]", &["up=[[Note, with comma]]"]),
            ("a: 1\na: 2", &["a=2"]),
            ("x: &anchor v\ny: *anchor", &["x=v", "y=v"]),
            ("", &[]),
            ("# only a remark", &[]),
        ];
        for (yaml, expected) in cases {
            assert_eq!(flat(yaml), *expected, "{yaml}");
        }
    }

    #[test]
    fn values_have_the_type_they_are_written_in() {
        use Datatype::{Boolean, Date, Number, Text, Time};
        let yaml = "a: true\nb: 'true'\nc: 5\nd: '5'\ne: 4.5\nf: 2024-05-01\ng: '2024-05-01'\n\
                    h: 2024-05-01T10:00:00\ni: x\nj: 007\nk: [1, x]";
        let (front_matter, _) = read(yaml);
        let types: Vec<Datatype> = front_matter.properties.iter().map(|property| property.datatype).collect();
        assert_eq!(types, [Boolean, Text, Number, Text, Number, Date, Date, Time, Text, Text, Number, Text]);
    }

    #[test]
    fn title_aliases_and_tags_are_understood() {
        type Case = (&'static str, Option<&'static str>, &'static [&'static str], &'static [&'static str]);
        let cases: &[Case] = &[
            (
                "title: ' A title '\naliases: [One, Two]\ntags: [a, b/c]",
                Some("A title"),
                &["One", "Two"],
                &["a", "b/c"],
            ),
            ("alias: One, Two\ntag: a, '#b'", None, &["One", "Two"], &["a"]),
            ("aliases: 3.10\ntags: '#a #b 1984'", None, &["3.10"], &["a", "b"]),
            ("Tags:\n  - '#a'\n  - two words\n  - 12\naliases:", None, &[], &["a", "two words"]),
            ("title: [x]", None, &[], &[]),
        ];
        for (yaml, title, aliases, tags) in cases {
            let (got, _) = read(yaml);
            assert_eq!(got.title.as_deref(), *title, "{yaml}");
            assert_eq!(got.aliases, *aliases, "{yaml}");
            assert_eq!(got.tags, *tags, "{yaml}");
        }
    }

    #[test]
    fn what_is_not_understood_names_its_line_and_the_rest_is_read() {
        let cases: &[(&str, u32, &str, &[&str])] = &[
            ("a: 1\nb: [x\n", 3, "`b: [x`", &["a=1"]),
            ("up: [[A]]\ncreated: {{date}}\nv: 1.10\n", 3, "`created: {{date}}`", &["up=[[A]]", "v=1.10"]),
            ("x: a: b\nlist:\n- one\n- two\n", 2, "`x: a: b`", &["list=one", "list=two"]),
            ("a: 1\n\tb: 2\n", 2, "`a: 1`", &[]),
            ("just words", 2, "`name: value`", &[]),
            ("- a\n- b", 2, "`name: value`", &[]),
        ];
        for (yaml, line, part, properties) in cases {
            let (front_matter, trouble) = read(yaml);
            let trouble = trouble.unwrap();
            assert_eq!(trouble.line, *line, "{yaml}: {}", trouble.message);
            assert!(trouble.message.contains(part) && !trouble.message.contains('\n'), "{}", trouble.message);
            let got: Vec<String> = front_matter.properties.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
            assert_eq!(got, *properties, "{yaml}");
        }
    }

    #[test]
    fn a_yaml_bomb_is_cheap() {
        let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in "bcdefghi".chars().zip("abcdefgh".chars()) {
            bomb += &format!("{name}: &{name} [{}]\n", vec![format!("*{before}"); 9].join(","));
        }
        let is_refused = |yaml: &str| read(yaml).1.is_some();
        assert!(is_refused(&bomb));
        let nested = |depth| format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_refused(&nested(MAX_DEPTH)) && !is_refused(&nested(MAX_DEPTH - 1)));
        let many = |count| format!("a: [{}]", "1,".repeat(count));
        assert!(is_refused(&many(MAX_VALUES)) && !is_refused(&many(MAX_VALUES - 10)));
    }

    #[test]
    fn links_in_values_are_found() {
        let link =
            |target: &str, label: Option<&str>| WrittenLink { target: target.into(), label: label.map(Into::into) };
        assert_eq!(links_in("[[A]] and [[B#c|see B]]"), [link("A", None), link("B#c", Some("see B"))]);
        assert_eq!(links_in("[[open"), []);
    }
}
