//! Truth maintenance: what was derived from something that no longer stands is flagged, however far down.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNode, Quad, Term};

use crate::error::Result;
use crate::id::Id;
use crate::journal::Change;
use crate::store::{Node, View, subject_id};
use crate::vocab::{self, ext};

/// Lets what rests on something stand and fall with it: on whatever a change ends, takes out, restores or brings back.
pub(crate) fn follow(view: &View<'_>, change: &mut Change) -> Result<()> {
    let ends = [vocab::VALID_TO, vocab::RETRACTED_AT, ext::INVALIDATED_AT];
    let classes = [vocab::MEMORY, vocab::PASSAGE, vocab::SOURCE].map(|class| Term::from(NamedNode::from(class)));
    let ends_in = |quads: &[Quad]| subjects(quads, |quad| ends.contains(&quad.predicate.as_ref()));
    let nodes_in =
        |quads: &[Quad]| subjects(quads, |quad| quad.predicate == ext::TYPE && classes.contains(&quad.object));
    let (before, after) = (nodes_in(&change.removed), nodes_in(&change.added));
    let (lifted, ended) = (ends_in(&change.removed), ends_in(&change.added));
    let gone: BTreeSet<Id> = before.difference(&after).copied().collect();
    let back =
        after.difference(&before).filter(|id| view.head().is_ok_and(|head| head.is_some_and(|head| **id < head)));
    let risen: Vec<Id> = lifted.difference(&ended).chain(back).filter(|id| !gone.contains(id)).copied().collect();
    for id in risen {
        unflag(view, change, id)?;
    }
    for id in ended.difference(&lifted).chain(&gone) {
        flag(view, change, *id)?;
    }
    Ok(())
}

fn subjects(quads: &[Quad], is_wanted: impl Fn(&Quad) -> bool) -> BTreeSet<Id> {
    quads.iter().filter(|quad| is_wanted(quad)).filter_map(|quad| subject_id(&quad.subject)).collect()
}

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
