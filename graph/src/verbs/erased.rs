//! What was erased and is still in its file: it is not read again.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::forget::passage_key;
use crate::document::Document;
use crate::entity::file_key;
use crate::erasure;
use crate::error::Result;
use crate::id::Id;
use crate::store::{View, string};
use crate::vocab;

/// Returns what was erased under the key of a file or a passage.
fn under(view: &View<'_>, key: &str) -> Result<Option<Id>> {
    for id in view.subjects(vocab::FORGOTTEN_AS, string(key).as_ref().into(), usize::MAX)? {
        if view.object(id, vocab::ERASED_AT)?.is_some() {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Returns the erased source that a document would be.
pub(super) fn source(view: &View<'_>, document: &Document) -> Result<Option<Id>> {
    if is_nothing(view)? { Ok(None) } else { under(view, &file_key(&document.path)) }
}

/// Returns a document without the passages that were erased, their words and their links.
pub(super) fn left_of<'d>(view: &View<'_>, document: &'d Document) -> Result<Cow<'d, Document>> {
    if is_nothing(view)? {
        return Ok(Cow::Borrowed(document));
    }
    let mut spans: HashSet<Range<usize>> = HashSet::new();
    for passage in &document.passages {
        if under(view, &passage_key(&document.path, &document.text[passage.span.clone()]))?.is_some() {
            spans.insert(passage.span.clone());
        }
    }
    if spans.is_empty() {
        return Ok(Cow::Borrowed(document));
    }
    let mut left = document.clone();
    let pieces: Vec<String> = spans.iter().map(|span| document.text[span.clone()].to_owned()).collect();
    left.text = erasure::masked(&document.text, &pieces);
    left.passages.retain(|passage| !spans.contains(&passage.span));
    left.links.retain(|link| !spans.iter().any(|span| span.contains(&link.span.start) && !link.span.is_empty()));
    Ok(Cow::Owned(left))
}

fn is_nothing(view: &View<'_>) -> Result<bool> {
    Ok(view.quads(None, Some(vocab::ERASED_AT), None, None).next().transpose()?.is_none())
}
