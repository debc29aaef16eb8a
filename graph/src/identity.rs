//! Which entity stands for which: several that turned out to be one are merged, and told apart again.
//!
//! A merged entity keeps its names and says by which it is replaced (`dcterms:isReplacedBy`). Whatever is said of it is said
//! of the one that stands for it, so that nobody who reads has to know; beside that each node keeps whom it was told of
//! (`hy:toldOf`) and the statement as it was told (`hy:toldAs`) for as long as the two differ. So what is said now follows
//! from what was told and from who stands for whom, in whatever order entities are merged and split.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNodeRef, Quad, Term, Triple};

use crate::error::Result;
use crate::id::Id;
use crate::past::Past;
use crate::store::{Node, View, subject_id, term_id};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Entities that stand for each other in a row; more is a circle, which no merge makes.
const MAX_CHAIN: usize = 64;

/// An entity as it was told, and the one that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub told: Id,
    pub stands: Id,
}

/// Returns the entity that stands for another; itself if it was not merged.
pub(crate) fn standing(view: &View<'_>, id: Id) -> Result<Id> {
    follow(id, |id| Ok(view.objects(id, ext::REPLACED_BY)?.first().copied()))
}

/// As [`standing`], as it was known at an earlier moment.
pub(crate) fn standing_at(view: &View<'_>, id: Id, known_at: Option<Timestamp>) -> Result<Id> {
    let Some(known_at) = known_at else { return standing(view, id) };
    let past = Past::new(view);
    follow(id, |id| {
        let about = past.about(id, known_at)?;
        Ok(about.iter().find(|quad| quad.predicate == ext::REPLACED_BY).and_then(|quad| term_id(&quad.object)))
    })
}

fn follow(id: Id, replaced_by: impl Fn(Id) -> Result<Option<Id>>) -> Result<Id> {
    let mut at = id;
    for _ in 0..MAX_CHAIN {
        match replaced_by(at)? {
            Some(next) => at = next,
            None => break,
        }
    }
    Ok(at)
}

/// Returns an entity and everything that was merged into it, directly or not; itself first.
pub(crate) fn members(view: &View<'_>, id: Id) -> Result<Vec<Id>> {
    let mut found = vec![id];
    let mut at = 0;
    while let Some(id) = found.get(at).copied() {
        at += 1;
        for merged in view.subjects(ext::REPLACED_BY, vocab::node(id).as_ref().into(), usize::MAX)? {
            if !found.contains(&merged) {
                found.push(merged);
            }
        }
    }
    Ok(found)
}

/// Returns whom a node was told of, from what is said of it with `predicate`: all of them, as soon as one was merged.
pub(crate) fn originals(quads: &[Quad], predicate: NamedNodeRef<'_>) -> BTreeSet<Id> {
    let of = |predicate: NamedNodeRef<'_>| -> BTreeSet<Id> {
        let said = quads.iter().filter(|quad| quad.predicate.as_ref() == predicate);
        said.filter_map(|quad| term_id(&quad.object)).collect()
    };
    let told = of(vocab::TOLD_OF);
    if told.is_empty() { of(predicate) } else { told }
}

/// Says of a node whom it was told of, as far as others stand for them.
pub(crate) fn say_told_of(node: &mut Node, named: impl Iterator<Item = Named> + Clone) {
    if named.clone().any(|named| named.told != named.stands) {
        for Named { told, .. } in named {
            node.say(vocab::TOLD_OF, vocab::node(told));
        }
    }
}

/// Says of a memory what it is about, besides what it was told of `before`.
pub(crate) fn say_about(view: &View<'_>, before: &[Quad], named: &[Named], node: &mut Node) -> Result<()> {
    let mut all: BTreeSet<Named> = named.iter().copied().collect();
    for told in originals(before, vocab::ABOUT) {
        all.insert(Named { told, stands: standing(view, told)? });
    }
    say_all(&all.into_iter().collect::<Vec<_>>(), node);
    Ok(())
}

/// Says of a memory what it is about, and nothing else.
pub(crate) fn say_all(named: &[Named], node: &mut Node) {
    for Named { stands, .. } in named {
        node.say(vocab::ABOUT, vocab::node(*stands));
    }
    say_told_of(node, named.iter().copied());
}

/// Returns the statement that a node was told with, of what is said of it.
pub(crate) fn told_as(quads: &[Quad]) -> Option<Triple> {
    let find = |predicate: NamedNodeRef<'_>| {
        quads.iter().find_map(|quad| match &quad.object {
            Term::Triple(triple) if quad.predicate.as_ref() == predicate => Some((**triple).clone()),
            _ => None,
        })
    };
    find(vocab::TOLD_AS).or_else(|| find(ext::REIFIES))
}

/// Returns a statement with other entities as its subject and object.
pub(crate) fn renamed(triple: &Triple, name: &mut dyn FnMut(Id) -> Result<Id>) -> Result<Triple> {
    let subject = match subject_id(&triple.subject) {
        Some(id) => vocab::node(name(id)?).into(),
        None => triple.subject.clone(),
    };
    let object = match term_id(&triple.object) {
        Some(id) => vocab::node(name(id)?).into(),
        None => triple.object.clone(),
    };
    Ok(Triple::new(subject, triple.predicate.clone(), object))
}
