//! Plain statements in the sentences of a file, by the same rules as of what is told: `[[Mirela]] works for [[Acme]].`
//!
//! Only what begins with a link or with the file's own name is read, so that it is plain whom it is about. Quotes, tasks,
//! questions, tables and code are somebody else's words, or not so.

use crate::code;
use crate::document::{Document, Target};
use crate::predicate::{Predicate, Predicates};

/// Sentences of one file that are taken apart: each costs a look at all of its words.
pub const MAX_FILE_SENTENCES: usize = 32;
/// How sure a statement is that is said with its predicate's label, and with another way to say it. Both may end what files
/// said earlier.
const BY_LABEL: f32 = 0.7;
const OTHERWISE: f32 = 0.6;
/// Words of a name that is no link.
const MAX_WORDS: usize = 4;

/// A statement that stands in a file.
#[derive(Debug)]
pub(super) struct Said<'d> {
    /// The sentence as it is written.
    pub sentence: &'d str,
    /// Whom it is about, as a link says it; `None` for what the file describes.
    pub subject: Option<&'d Target>,
    /// How that is called there.
    pub name: String,
    pub predicate: Predicate,
    /// What it is said to be, if that is a link.
    pub target: Option<&'d Target>,
    /// How that is called there.
    pub object: String,
    pub confidence: f32,
}

/// Returns the statements of a document, in order.
pub(super) fn read<'d>(document: &'d Document, predicates: &Predicates) -> Vec<Said<'d>> {
    let mut said = Vec::new();
    let mut tried = 0;
    let code = code::fenced(&document.text);
    for passage in document.passages.iter().filter(|passage| passage.pattern.is_none()) {
        let mut at = passage.span.start;
        for line in document.text[passage.span.clone()].split_inclusive('\n') {
            let start = at;
            at += line.len();
            let bare = behind_marker(line);
            // The fence may have begun in an earlier passage.
            let is_code = code::contains(&code, start);
            if is_code || bare.starts_with(['>', '|', '#', '`', '~']) || bare.starts_with("[ ]") {
                continue;
            }
            let mut from = start + (line.len() - bare.len());
            for sentence in sentences(bare) {
                // Two blanks may part two sentences.
                let place = from + (sentence.len() - sentence.trim_start().len());
                from += sentence.len();
                let trimmed = sentence.trim();
                let Some((subject, name, rest)) = subject(document, place, trimmed) else { continue };
                if tried == MAX_FILE_SENTENCES {
                    return said;
                }
                tried += 1;
                said.extend(statement(document, predicates, (place, trimmed), (subject, name, rest)));
            }
        }
    }
    said
}

fn statement<'d>(
    document: &'d Document,
    predicates: &Predicates,
    (place, sentence): (usize, &'d str),
    (subject, name, rest): (Option<&'d Target>, String, &'d str),
) -> Option<Said<'d>> {
    let linked = rest.find("[[").zip(rest.find("]]")).filter(|(open, close)| open < close);
    let (plain, target) = match linked {
        None => (rest.to_owned(), None),
        Some((open, close)) => {
            let shown = shown(&rest[open + 2..close]);
            let at = place + (sentence.len() - rest.len()) + open;
            let target = link_at(document, at)?;
            (format!("{}{shown}{}", &rest[..open], &rest[close + 2..]), Some((target, shown.to_owned())))
        }
    };
    let plain = format!("{name}{plain}");
    let parsed = predicates.parse(&plain).filter(|parsed| parsed.subject == name && !plain.contains("[["))?;
    let target = match target {
        // What is linked in the middle of other words is not what is said.
        Some((target, shown)) => Some((parsed.object == shown).then_some(target)?),
        None => None,
    };
    let is_name = || {
        let words = parsed.object.split_whitespace().count();
        words <= MAX_WORDS && parsed.object.starts_with(|c: char| c.is_uppercase() || c.is_numeric())
    };
    if parsed.predicate.has_entities && target.is_none() && !is_name() {
        return None;
    }
    let is_label = plain.to_lowercase().contains(&parsed.predicate.label.to_lowercase());
    Some(Said {
        sentence,
        subject,
        object: parsed.object.to_owned(),
        predicate: parsed.predicate,
        name,
        target,
        confidence: if is_label { BY_LABEL } else { OTHERWISE },
    })
}

/// Whom a sentence begins with, how that is called there, and the rest of it.
fn subject<'d>(document: &'d Document, at: usize, sentence: &'d str) -> Option<(Option<&'d Target>, String, &'d str)> {
    if let Some((inside, rest)) = sentence.strip_prefix("[[").and_then(|rest| rest.split_once("]]")) {
        let target = link_at(document, at)?;
        return Some((Some(target), shown(inside).to_owned(), rest)).filter(|_| rest.starts_with(' '));
    }
    let names = std::iter::once(&document.title).chain(&document.aliases);
    names
        .filter_map(|name| Some((None, name.clone(), sentence.strip_prefix(name.as_str())?)))
        .find(|(_, name, rest)| !name.is_empty() && rest.starts_with(' '))
}

fn link_at(document: &Document, at: usize) -> Option<&Target> {
    let link = document.links.iter().find(|link| link.span.contains(&at))?;
    (!matches!(link.target, Target::Url(_))).then_some(&link.target)
}

/// What a reader sees of a link.
fn shown(inside: &str) -> &str {
    let shown = inside.split_once('|').map_or_else(|| inside.split('#').next().unwrap_or(inside), |(_, label)| label);
    shown.rsplit('/').next().unwrap_or(shown).trim()
}

/// What stands behind the marker of a list.
fn behind_marker(line: &str) -> &str {
    let bare = line.trim_start();
    let number = bare.trim_start_matches(|c: char| c.is_ascii_digit());
    let item = if number.len() < bare.len() { number.strip_prefix(". ") } else { None };
    item.or(["- ", "* ", "+ "].iter().find_map(|marker| bare.strip_prefix(marker))).unwrap_or(bare).trim_start()
}

/// Cuts a line behind each end of a sentence.
fn sentences(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.match_indices(['.', '!', '?']).map(|(at, _)| at + 1).find(|at| rest[*at..].starts_with(' '));
        let (sentence, after) = rest.split_at(end.map_or(rest.len(), |at| at + 1));
        rest = after;
        Some(sentence)
    })
}
