//! What was erased and comes again: from its file, also when the text around it was changed, or from another system's
//! memories that are imported again. What it is recognised by is a seal of each of its lines with the file they stood in;
//! of what was told, of the key that it was told with, and of its text.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use crate::document::{Document, Passage};
use crate::entity::file_key;
use crate::error::Result;
use crate::id::Id;
use crate::journal::Trust;
use crate::past::Past;
use crate::record::{Kind, Record};
use crate::seal::Seals;
use crate::store::{View, string, term_text};
use crate::verbs::remember::NewMemory;
use crate::vocab::{self, ext};

/// What a file, a piece of one, or what was told is known again by, before it is sealed.
pub(super) fn fingerprints(view: &View<'_>, record: &Record) -> Result<BTreeSet<String>> {
    let Some(path) = &record.source.path else {
        let mut quads = view.about(record.id)?;
        if !quads.iter().any(|quad| quad.predicate == ext::TYPE) {
            quads = Past::new(view).last_of(record.id)?;
        }
        let said = |predicate| quads.iter().find(|quad| quad.predicate == predicate).and_then(|q| term_text(&q.object));
        let key = said(vocab::IDEMPOTENCY_KEY).map(|key| told_key(&record.space, &key));
        return Ok(key.into_iter().chain(said(vocab::CONTENT_HASH).map(|hash| text_key(&hash))).collect());
    };
    Ok(match record.kind {
        Kind::Passage => lines(&record.text).map(line_key).chain([lines_of(path)]).collect(),
        _ => BTreeSet::from([file_key(path)]),
    })
}

/// Returns what was erased and is told again: with the key it was told with, or word for word as data. What somebody says
/// in the same words is theirs to say.
pub(super) fn told(view: &View<'_>, seals: &Seals, new: &NewMemory, hash: &str, trust: Trust) -> Result<Option<Id>> {
    let key = new.idempotency_key.as_ref().map(|key| told_key(&new.space, key));
    let text = (trust == Trust::Ingested).then(|| text_key(hash));
    for key in key.into_iter().chain(text) {
        for seal in seals.sealed(&key) {
            if let Some(id) = view.subjects(vocab::FORGOTTEN_AS, string(seal).as_ref().into(), 1)?.pop() {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// Returns the erased source that a document would be.
pub(super) fn source(view: &View<'_>, seals: &Seals, document: &Document) -> Result<Option<Id>> {
    for key in seals.spellings(&file_key(&document.path)) {
        for id in view.subjects(vocab::FORGOTTEN_AS, string(key).as_ref().into(), usize::MAX)? {
            if view.object(id, vocab::ERASED_AT)?.is_some() {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// Returns a document without the lines that were erased, blanked out byte for byte, and without what stood in them.
pub(super) fn left_of<'d>(view: &View<'_>, seals: &Seals, document: &'d Document) -> Result<Cow<'d, Document>> {
    let mut erased: HashSet<String> = HashSet::new();
    for of_file in seals.spellings(&lines_of(&document.path)) {
        for id in view.subjects(vocab::FORGOTTEN_AS, string(of_file).as_ref().into(), usize::MAX)? {
            let node = vocab::node(id);
            for quad in view.quads(Some(node.as_ref().into()), Some(vocab::FORGOTTEN_AS), None, None) {
                erased.extend(term_text(&quad?.object));
            }
        }
    }
    if erased.is_empty() {
        return Ok(Cow::Borrowed(document));
    }
    let mut text = String::with_capacity(document.text.len());
    for line in document.text.split_inclusive('\n') {
        let words = line.trim();
        let is_erased = || {
            [line_key(words), line_key_of_file(&document.path, words)]
                .iter()
                .any(|key| seals.spellings(key).any(|spelling| erased.contains(&spelling)))
        };
        if words.is_empty() || !is_erased() {
            text.push_str(line);
        } else {
            text.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        }
    }
    // Of a template of a log, which says in its example and its pattern what it says, nothing is left.
    for passage in document.passages.iter().filter(|passage| passage.pattern.is_some()) {
        let span = passage.span.clone();
        if text[span.clone()] != document.text[span.clone()] {
            let blank = " ".repeat(span.len());
            text.replace_range(span, &blank);
        }
    }
    let mut left = Document { text, ..document.clone() };
    left.passages = document.passages.iter().filter_map(|passage| shrunk(passage, document, &left.text)).collect();
    // What the text says no more isn't stated either.
    left.properties.retain(|property| left.text.contains(&property.value) || !document.text.contains(&property.value));
    left.facts.retain(|stated| left.text.contains(&stated.value) || !document.text.contains(&stated.value));
    left.links.retain(|link| link.span.is_empty() || !left.text[link.span.clone()].trim().is_empty());
    Ok(Cow::Owned(left))
}

/// A passage as long as it still is; nothing if nothing is left of it.
fn shrunk(passage: &Passage, document: &Document, left: &str) -> Option<Passage> {
    let now = &left[passage.span.clone()];
    if now == &document.text[passage.span.clone()] {
        return Some(passage.clone());
    }
    let start = passage.span.start + (now.len() - now.trim_start().len());
    let end = passage.span.start + now.trim_end().len();
    let skipped = left[passage.span.start..start.max(passage.span.start)].matches('\n').count();
    let line = passage.line + u32::try_from(skipped).unwrap_or(0);
    (start < end).then(|| Passage { span: start..end, line, ..passage.clone() })
}

/// Returns what each erased piece of a file is to be recognised by in another place too.
pub(super) fn keys_elsewhere(view: &View<'_>, seals: &Seals, from: &Path, to: &Path) -> Result<Vec<(Id, String)>> {
    let mut keys = Vec::new();
    for (here, there) in seals.spellings(&lines_of(from)).zip(seals.spellings(&lines_of(to))) {
        for id in view.subjects(vocab::FORGOTTEN_AS, string(here).as_ref().into(), usize::MAX)? {
            keys.push((id, there.clone()));
        }
    }
    Ok(keys)
}

/// Letters and digits that a line has at least to be known by it.
const MIN_LINE_CHARS: usize = 8;

/// Of which files it is one is said beside it, by [`lines_of`]: a file that moves takes its lines along.
fn line_key(line: &str) -> String {
    format!("line:{}", blake3::hash(line.as_bytes()).to_hex())
}

/// As older versions kept it: a line erased by them is recognised where its file was then.
fn line_key_of_file(path: &Path, line: &str) -> String {
    format!("{}:{}", line_key(line), path.display())
}

fn told_key(space: &str, key: &str) -> String {
    format!("key:{space} {key}")
}

fn text_key(hash: &str) -> String {
    format!("text:{hash}")
}

/// Under this, all are found of which lines of a file were erased.
fn lines_of(path: &Path) -> String {
    format!("lines-of:{}", path.display())
}

/// The lines that say enough to be known by: a rule or a `- done` may stand anywhere.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| line.chars().filter(|c| c.is_alphanumeric()).count() >= MIN_LINE_CHARS)
}
