//! Truth maintenance: what was derived from something that no longer stands is flagged, however far down.

use std::collections::BTreeSet;

use oxigraph::model::Quad;

use crate::error::Result;
use crate::id::Id;
use crate::journal::Change;
use crate::store::{Node, View, subject_id};
use crate::vocab::{self, ext};

/// Flags everything that was derived from `source`, directly or not. Returns what was flagged.
pub(crate) fn flag(view: &View<'_>, change: &mut Change, source: Id) -> Result<Vec<Id>> {
    let derived = derived_from(view, source)?;
    for id in &derived {
        let mut node = Node::new(*id, vocab::MEMORY_GRAPH);
        node.say(vocab::STALE_BECAUSE, vocab::node(source));
        change.added.append(&mut node.quads);
        change.touched.insert(*id);
    }
    Ok(derived)
}

/// Takes the flags back that `source` had put up.
pub(crate) fn unflag(view: &View<'_>, change: &mut Change, source: Id) -> Result<Vec<Id>> {
    let node = vocab::node(source);
    let flags = view.quads(None, Some(vocab::STALE_BECAUSE), Some(node.as_ref().into()), None);
    let flags: Vec<Quad> = flags.collect::<Result<_>>()?;
    let mut ids: Vec<Id> = flags.iter().filter_map(|quad| subject_id(&quad.subject)).collect();
    ids.sort_unstable();
    change.removed.extend(flags);
    change.touched.extend(&ids);
    Ok(ids)
}

/// Returns the memories that rest on `source`, transitively over `prov:wasDerivedFrom`, in order.
pub(crate) fn derived_from(view: &View<'_>, source: Id) -> Result<Vec<Id>> {
    let mut found = BTreeSet::new();
    let mut open = vec![source];
    while let Some(id) = open.pop() {
        for derived in view.subjects(ext::DERIVED_FROM, vocab::node(id).as_ref().into(), usize::MAX)? {
            // Links are derived too, but belong to the file they stand in.
            if derived != source && view.is_a(derived, vocab::MEMORY)? && found.insert(derived) {
                open.push(derived);
            }
        }
    }
    Ok(found.into_iter().collect())
}
