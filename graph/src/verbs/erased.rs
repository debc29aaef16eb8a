//! What was erased and is still in its file: it is not read again, also when the text around it was changed. What it is
//! recognised by is a hash of each of its lines, with the file they stood in.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use crate::document::{Document, Passage};
use crate::entity::file_key;
use crate::error::Result;
use crate::id::Id;
use crate::record::{Kind, Record};
use crate::store::{View, string, term_text};
use crate::vocab;

/// The fingerprints by which a file, or a piece of one, is known again; none for what was told.
pub(super) fn fingerprints(record: &Record) -> BTreeSet<String> {
    let Some(path) = &record.source.path else { return BTreeSet::new() };
    match record.kind {
        Kind::Passage => lines(&record.text).map(|line| line_key(path, line)).chain([lines_of(path)]).collect(),
        _ => BTreeSet::from([file_key(path)]),
    }
}

/// Returns the erased source that a document would be.
pub(super) fn source(view: &View<'_>, document: &Document) -> Result<Option<Id>> {
    for id in view.subjects(vocab::FORGOTTEN_AS, string(file_key(&document.path)).as_ref().into(), usize::MAX)? {
        if view.object(id, vocab::ERASED_AT)?.is_some() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Returns a document without the lines that were erased, blanked out byte for byte, and without what stood in them.
pub(super) fn left_of<'d>(view: &View<'_>, document: &'d Document) -> Result<Cow<'d, Document>> {
    let mut erased: HashSet<String> = HashSet::new();
    let of_file = string(lines_of(&document.path));
    for id in view.subjects(vocab::FORGOTTEN_AS, of_file.as_ref().into(), usize::MAX)? {
        let node = vocab::node(id);
        for quad in view.quads(Some(node.as_ref().into()), Some(vocab::FORGOTTEN_AS), None, None) {
            erased.extend(term_text(&quad?.object).filter(|key| key.starts_with(LINE_PREFIX)));
        }
    }
    if erased.is_empty() {
        return Ok(Cow::Borrowed(document));
    }
    let mut text = String::with_capacity(document.text.len());
    for line in document.text.split_inclusive('\n') {
        let words = line.trim();
        if words.is_empty() || !erased.contains(&line_key(&document.path, words)) {
            text.push_str(line);
        } else {
            text.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        }
    }
    let mut left = Document { text, ..document.clone() };
    left.passages = document.passages.iter().filter_map(|passage| shrunk(passage, document, &left.text)).collect();
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
pub(super) fn keys_elsewhere(view: &View<'_>, from: &Path, to: &Path) -> Result<Vec<(Id, String)>> {
    let mut keys = Vec::new();
    let suffix = format!(":{}", from.display());
    for id in view.subjects(vocab::FORGOTTEN_AS, string(lines_of(from)).as_ref().into(), usize::MAX)? {
        keys.push((id, lines_of(to)));
        let node = vocab::node(id);
        for quad in view.quads(Some(node.as_ref().into()), Some(vocab::FORGOTTEN_AS), None, None) {
            let Some(key) = term_text(&quad?.object).filter(|key| key.starts_with(LINE_PREFIX)) else { continue };
            keys.extend(key.strip_suffix(&suffix).map(|line| (id, format!("{line}:{}", to.display()))));
        }
    }
    Ok(keys)
}

const LINE_PREFIX: &str = "line:";
/// Letters and digits that a line has at least to be known by it.
const MIN_LINE_CHARS: usize = 8;

fn line_key(path: &Path, line: &str) -> String {
    format!("{LINE_PREFIX}{}:{}", blake3::hash(line.as_bytes()).to_hex(), path.display())
}

/// Under this, all are found of which lines of a file were erased.
fn lines_of(path: &Path) -> String {
    format!("lines-of:{}", path.display())
}

/// The lines that say enough to be known by: a rule or a `- done` may stand anywhere.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| line.chars().filter(|c| c.is_alphanumeric()).count() >= MIN_LINE_CHARS)
}
