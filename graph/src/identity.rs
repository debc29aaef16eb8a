//! Which entity stands for which: several that turned out to be one are merged, and told apart again.
//!
//! A merged entity keeps its names and says by which it is replaced (`dcterms:isReplacedBy`). Whatever is said of it is said
//! of the one that stands for it, so that nobody who reads has to know; beside that each node keeps whom it was told of
//! (`hy:toldOf`) and the statement as it was told (`hy:toldAs`) for as long as the two differ. So what is said now follows
//! from what was told and from who stands for whom, in whatever order entities are merged and split.

use std::collections::BTreeSet;

use oxigraph::model::{NamedNodeRef, Quad, Term, Triple};

use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::past::Past;
use crate::preference::fold;
use crate::store::{Node, View, subject_id, term_id, term_text};
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

/// Who stands for whom: as it is, or as it will be after what is being decided.
#[derive(Clone, Default)]
pub(crate) enum Order {
    /// As it is.
    #[default]
    Now,
    /// The second stands for the first.
    Merged(Id, Id),
    /// The first of them stands for all of them, as it did before it was merged.
    Split(Vec<Id>),
}

impl Order {
    /// Returns the entity that stands for another.
    pub fn stands(&self, view: &View<'_>, told: Id) -> Result<Id> {
        Ok(match self {
            Self::Split(group) if group.contains(&told) => group[0],
            Self::Now | Self::Split(_) => standing(view, told)?,
            Self::Merged(other, keep) => match standing(view, told)? {
                before if before == *other => *keep,
                before => before,
            },
        })
    }

    /// Returns an entity that stands and everything that it stands for; itself first.
    pub fn members(&self, view: &View<'_>, stands: Id) -> Result<Vec<Id>> {
        let mut members = members(view, stands)?;
        match self {
            Self::Merged(other, keep) if *keep == stands => members.extend(self::members(view, *other)?),
            Self::Split(group) if group[0] != stands => members.retain(|member| !group.contains(member)),
            Self::Now | Self::Merged(..) | Self::Split(_) => {}
        }
        Ok(members)
    }
}

/// Whom names mean, where a text and not an entity is kept: whose a preference is and who said something.
pub(crate) struct Names<'v> {
    pub view: &'v View<'v>,
    pub order: Order,
}

impl<'v> Names<'v> {
    /// Reads names as they are.
    pub fn now(view: &'v View<'v>) -> Self {
        Self { view, order: Order::Now }
    }

    /// Returns what stands for whatever goes by a name; nothing if that is only a word.
    pub fn meant(&self, name: &str) -> Result<Option<Id>> {
        if let Some(id) = entity::as_id(self.view, name)? {
            return self.order.stands(self.view, id).map(Some);
        }
        for spelling in [name, &fold(name)] {
            // As whoever tells it is understood: of several the oldest.
            let named = entity::lookup(self.view, &entity::name_key(spelling), usize::MAX)?.into_iter().min();
            if let Some(id) = named {
                return self.order.stands(self.view, id).map(Some);
            }
        }
        Ok(None)
    }

    /// Tells whether two names are of one, by their spelling or because somebody said so.
    pub fn are_one(&self, one: &str, other: &str) -> Result<bool> {
        if fold(one) == fold(other) {
            return Ok(true);
        }
        Ok(match self.meant(one)? {
            Some(id) => self.meant(other)? == Some(id),
            None => false,
        })
    }

    /// Returns every name of whatever goes by one, folded; of a mere word, that.
    pub fn spellings(&self, name: &str) -> Result<BTreeSet<String>> {
        let mut spellings = BTreeSet::from([fold(name)]);
        if let Some(stands) = self.meant(name)? {
            for member in self.order.members(self.view, stands)? {
                let names = entity::keys(self.view, member)?;
                spellings.extend(names.iter().filter_map(|key| key.strip_prefix("name:")).map(fold));
            }
        }
        Ok(spellings)
    }

    /// Returns the names of entities as they were written.
    pub fn labels(&self, entities: &[Id]) -> Result<BTreeSet<String>> {
        let mut labels = BTreeSet::new();
        for id in entities {
            let said = self.view.about(*id)?.into_iter();
            let said = said.filter(|quad| quad.predicate == ext::PREF_LABEL || quad.predicate == ext::ALT_LABEL);
            labels.extend(said.filter_map(|quad| term_text(&quad.object)));
        }
        Ok(labels)
    }
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
