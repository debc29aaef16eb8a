//! `entity`: who or what an entity is: its names, what was merged into it, and how much is known of it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::alias::names;
use super::subject::MAX_LOOKED_AT;
use crate::entity;
use crate::error::{ErrorKind, Result};
use crate::fact;
use crate::id::Id;
use crate::identity;
use crate::memory::Inner;
use crate::predicate::Predicates;
use crate::record::Reader;
use crate::store::View;
use crate::vocab::{self, ext};

/// An entity.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct EntityInfo {
    /// Its id.
    pub id: Id,
    /// Its name for people.
    pub name: String,
    /// Its other names, in order.
    pub aliases: Vec<String>,
    /// The entity that was asked for, if another stands for it now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Alias>,
    /// Those that were merged into it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stands_for: Vec<Alias>,
    /// Those that the owner told it apart from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub different_from: Vec<Alias>,
    /// Files that describe it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Facts that are believed of it now, by their predicate.
    pub facts: BTreeMap<String, usize>,
    /// Memories about it that are not forgotten, by kind; its facts are among them.
    pub memories: BTreeMap<String, usize>,
    /// Notes that link to it.
    pub linked_from: usize,
    /// What its notes link to.
    pub links_to: usize,
}

/// An entity by id and name.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Alias {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
}

impl Alias {
    pub(super) fn of(view: &View<'_>, id: Id) -> Result<Self> {
        Ok(Self { id, name: entity::label(view, id)? })
    }

    /// Returns the entity that was asked for, if another stands for it.
    pub(super) fn of_merged(view: &View<'_>, told: Id, stands: Id) -> Result<Option<Self>> {
        (told != stands).then(|| Self::of(view, told)).transpose()
    }
}

pub(crate) fn entity(inner: &Inner, reference: &str) -> Result<EntityInfo> {
    read(inner, &inner.view()?, reference)
}

/// Reads many from one view; of what is no entity there is nothing.
pub(crate) fn entities(inner: &Inner, references: &[String]) -> Result<Vec<Option<EntityInfo>>> {
    let view = inner.view()?;
    let known = references.iter().map(|reference| match read(inner, &view, reference) {
        Ok(info) => Ok(Some(info)),
        Err(error) if [ErrorKind::NotFound, ErrorKind::Conflict, ErrorKind::Invalid].contains(&error.kind()) => {
            Ok(None)
        }
        Err(error) => Err(error),
    });
    known.collect()
}

fn read(inner: &Inner, view: &View<'_>, reference: &str) -> Result<EntityInfo> {
    let named = entity::find(view, reference)?;
    let id = named.stands;
    let members = identity::members(view, id)?;
    let name = entity::label(view, id)?;
    let mut aliases = BTreeSet::new();
    let mut different = BTreeSet::new();
    for member in &members {
        aliases.append(&mut names(view, *member, ext::ALT_LABEL)?);
        aliases.insert(entity::label(view, *member)?);
        different.extend(view.objects(*member, ext::DIFFERENT_FROM)?);
        different.extend(view.subjects(ext::DIFFERENT_FROM, vocab::node(*member).as_ref().into(), usize::MAX)?);
    }
    aliases.remove(&name);
    let of = |ids: &mut dyn Iterator<Item = Id>| ids.map(|id| Alias::of(view, id)).collect::<Result<Vec<_>>>();
    let (facts, memories) = known(inner, view, id)?;
    let node = vocab::node(id);
    let mut notes = Vec::new();
    for source in view.subjects(ext::MAIN_ENTITY, node.as_ref().into(), MAX_LOOKED_AT)? {
        notes.extend(view.text(source, vocab::PATH)?);
    }
    notes.sort_unstable();
    let mut linking = 0;
    let from: BTreeSet<Id> = view.subjects(vocab::LINKS_TO, node.as_ref().into(), MAX_LOOKED_AT)?.into_iter().collect();
    for other in from {
        linking += usize::from(view.is_a(other, vocab::ENTITY)?);
    }
    Ok(EntityInfo {
        id,
        name,
        aliases: aliases.into_iter().collect(),
        merged: Alias::of_merged(view, named.told, id)?,
        stands_for: of(&mut members.into_iter().skip(1))?,
        different_from: of(&mut different.into_iter())?,
        notes,
        facts,
        memories,
        linked_from: linking,
        links_to: view.objects(id, vocab::LINKS_TO)?.into_iter().collect::<BTreeSet<_>>().len(),
    })
}

type Counts = BTreeMap<String, usize>;

/// Counts the facts that hold and the memories of an entity.
fn known(inner: &Inner, view: &View<'_>, id: Id) -> Result<(Counts, Counts)> {
    let (now, predicates, mut reader) = (inner.now(), Predicates::of(view)?, Reader::new(view));
    let (mut facts, mut memories) = (Counts::new(), Counts::new());
    for memory in view.subjects(vocab::ABOUT, vocab::node(id).as_ref().into(), MAX_LOOKED_AT)? {
        let Some(record) = reader.read(memory)?.filter(|record| record.forgotten_at.is_none()) else { continue };
        *memories.entry(record.kind.as_str().to_owned()).or_default() += 1;
        if let Some(fact) = fact::believed(view, memory)?.filter(|fact| fact.subject == id && fact.holds_at(now)) {
            let predicate = predicates.by_iri(fact.predicate.as_str());
            let label = predicate.map_or_else(|| fact.predicate.as_str().to_owned(), |known| known.label.clone());
            *facts.entry(label).or_default() += 1;
        }
    }
    Ok((facts, memories))
}
