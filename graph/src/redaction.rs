//! What masking secrets changes in what is kept already, the history included.
//!
//! As with an erasure, it is worked out from the ids alone whenever it is applied: no copy of a secret is kept for a replay.

use std::collections::BTreeSet;

use oxigraph::model::Quad;

use crate::error::Result;
use crate::id::Id;
use crate::journal;
use crate::secret::masking;
use crate::store::{View, subject_id};
use crate::vocab::{self, ext};

/// Masks the secrets in all that `ids` say: nodes, and commits with the differences that they made.
pub(crate) fn apply(view: &mut View<'_>, ids: &BTreeSet<Id>) -> Result<()> {
    for id in ids {
        let said = view.about(*id)?;
        let is_memory =
            said.iter().any(|quad| quad.predicate == ext::TYPE && quad.object == vocab::MEMORY.into_owned().into());
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        for quad in said {
            if let Some((masked, _)) = masking::quad(&quad) {
                added.push(masked);
                removed.push(quad);
            } else if is_memory && quad.predicate == vocab::CONTENT_HASH {
                removed.push(quad);
            }
        }
        view.apply(&added, &removed);
        if journal::is_commit(view, *id)? {
            let (added, removed) = journal::difference(view, *id)?;
            let [added, removed] = [added, removed].map(|quads| masked(quads, ids));
            journal::rewrite(view, *id, &added, &removed, false)?;
        }
    }
    Ok(())
}

/// What is told of a text by its hash can be guessed, if it is short.
fn masked(quads: Vec<Quad>, ids: &BTreeSet<Id>) -> Vec<Quad> {
    let hides = |quad: &Quad| {
        quad.predicate == vocab::CONTENT_HASH
            && quad.graph_name == vocab::MEMORY_GRAPH.into()
            && subject_id(&quad.subject).is_some_and(|id| ids.contains(&id))
    };
    let kept = quads.into_iter().filter(|quad| !hides(quad));
    kept.map(|quad| masking::quad(&quad).map_or(quad, |(masked, _)| masked)).collect()
}
