//! `spaces`: which there are, and which of those that somebody named hold nothing.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::memory::Inner;
use crate::store::{string, term_text};
use crate::vocab;

/// Lists the spaces that something belongs to, in the order of their names.
pub(crate) fn spaces(inner: &Inner) -> Result<Vec<String>> {
    let view = inner.view()?;
    let mut found = BTreeSet::new();
    for quad in view.quads(None, Some(vocab::SPACE), None, Some(vocab::MEMORY_GRAPH.into())) {
        found.extend(term_text(&quad?.object));
    }
    Ok(found.into_iter().collect())
}

/// Returns the named spaces that nothing belongs to.
pub(crate) fn missing(inner: &Inner, named: &[String]) -> Result<Vec<String>> {
    let view = inner.view()?;
    let mut missing = Vec::new();
    for name in named {
        let space = string(name);
        if view.quads(None, Some(vocab::SPACE), Some(space.as_ref().into()), None).next().transpose()?.is_none() {
            missing.push(name.clone());
        }
    }
    Ok(missing)
}
