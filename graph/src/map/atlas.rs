//! What the graph says of dots and ties, by node.

use std::collections::HashMap;

use oxigraph::model::{NamedNodeRef, Term};

use super::dot::NEVER;
use super::force::Point;
use crate::id::Id;
use crate::record::Kind;
use crate::store::{term_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Owners above a memory: a turn is part of a conversation.
const MAX_OWNERS: usize = 5;
/// The property of a note that says what it is of.
const TYPE_PROPERTY: &str = "urn:hydra:property:type";

/// What is read of a node.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Said {
    pub(super) class: Class,
    pub(super) kind: Option<Kind>,
    pub(super) space: Option<u16>,
    pub(super) recorded: Option<Timestamp>,
    pub(super) happened: Option<Timestamp>,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) valid_to: Option<Timestamp>,
    pub(super) expires: Option<Timestamp>,
    pub(super) retracted: Option<Timestamp>,
    pub(super) ended_by: Option<Id>,
    /// Since when the end is known, if the journal had to say so.
    pub(super) end_told: Option<Timestamp>,
    pub(super) part_of: Option<Id>,
    pub(super) page: Option<Id>,
    pub(super) word: Option<String>,
    pub(super) pinned: Option<Point>,
    pub(super) is_forgotten: bool,
    pub(super) is_merged: bool,
    pub(super) is_stale: bool,
    pub(super) is_candidate: bool,
    /// What it is tied to, and the file that says so.
    pub(super) ties: Vec<(Id, Option<Id>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Class {
    /// Nothing that matters here.
    #[default]
    Other,
    Entity,
    Tag,
    Memory,
    /// A file or a conversation: never a dot, but what is in it is forgotten with it.
    Owner,
}

impl Said {
    /// Tells whether an end is there whose telling only the journal knows.
    pub fn wants_end_told(&self) -> bool {
        self.class == Class::Memory && self.valid_to.is_some() && self.ended_by.is_none() && self.end_told.is_none()
    }

    /// Says since when the end is known.
    pub fn end_told(&mut self, at: Timestamp) {
        self.end_told = Some(at);
    }

    fn matters(&self) -> bool {
        self.class != Class::Other
    }
}

/// What is known of every dot and tie, as of a commit.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    pub(crate) head: Option<Id>,
    pub(super) said: HashMap<Id, Said>,
    pub(super) spaces: Vec<String>,
}

impl Atlas {
    /// Returns the newest commit of what was read; `None` before anything was.
    pub fn version(&self) -> Option<Id> {
        self.head
    }

    /// Returns how many dots and ties a graph would have to look through.
    pub fn len(&self) -> usize {
        self.said.len()
    }

    /// Tells whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    pub(crate) fn knows(&self, id: Id) -> bool {
        self.said.contains_key(&id)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn forget(&mut self, id: Id) {
        self.said.remove(&id);
    }

    /// Drops what a node turned out not to be.
    pub(crate) fn keep_what_matters(&mut self, id: Id) {
        if self.said.get(&id).is_some_and(|said| !said.matters()) {
            self.said.remove(&id);
        }
    }

    pub(crate) fn said_mut(&mut self) -> impl Iterator<Item = (Id, &mut Said)> {
        self.said.iter_mut().map(|(id, said)| (*id, said))
    }

    pub(crate) fn one_mut(&mut self, id: Id) -> Option<&mut Said> {
        self.said.get_mut(&id)
    }

    /// Takes in one statement about a node; `graph` is the file that says it.
    pub(crate) fn hear(&mut self, id: Id, predicate: NamedNodeRef<'_>, object: &Term, graph: Option<Id>) {
        let space = (predicate == vocab::SPACE).then(|| self.space(&term_text(object)?)).flatten();
        let said = self.said.entry(id).or_default();
        let time = || term_text(object).and_then(|text| text.parse::<Timestamp>().ok());
        match predicate {
            ext::TYPE => {
                let is = |class: NamedNodeRef<'_>| object.as_ref() == class.into();
                if is(vocab::ENTITY) {
                    said.class = Class::Entity;
                } else if is(ext::CONCEPT) {
                    said.class = Class::Tag;
                } else if is(vocab::MEMORY) {
                    said.class = Class::Memory;
                } else if is(vocab::SOURCE) || is(vocab::SESSION) {
                    said.class = Class::Owner;
                }
            }
            vocab::KIND => said.kind = term_text(object).and_then(|text| text.parse().ok()),
            vocab::SPACE => said.space = space,
            vocab::RECORDED_AT => said.recorded = time(),
            ext::STARTED_AT => said.happened = time(),
            vocab::VALID_FROM => said.valid_from = time(),
            vocab::VALID_TO => said.valid_to = time(),
            vocab::EXPIRES_AT => said.expires = time(),
            vocab::RETRACTED_AT => said.retracted = time(),
            vocab::ENDED_BY => said.ended_by = term_id(object),
            vocab::PART_OF => said.part_of = term_id(object),
            ext::MAIN_ENTITY => said.page = term_id(object),
            ext::INVALIDATED_AT => said.is_forgotten = true,
            ext::REPLACED_BY => said.is_merged = true,
            vocab::STALE_BECAUSE => said.is_stale = true,
            vocab::STATUS => said.is_candidate = term_text(object).is_some_and(|text| text == "candidate"),
            vocab::PINNED_AT => said.pinned = term_text(object).as_deref().and_then(pin),
            vocab::ABOUT | vocab::LINKS_TO | vocab::TAG => {
                if let Some(to) = term_id(object) {
                    said.ties.push((to, graph));
                }
            }
            _ if predicate.as_str() == TYPE_PROPERTY => {
                said.word = term_text(object).map(|word| word.trim().to_lowercase());
            }
            _ => {}
        }
    }

    /// Returns the number of a space; `None`, so that nothing of it is shown, if there are more than a map has numbers for.
    fn space(&mut self, name: &str) -> Option<u16> {
        let number = self.spaces.iter().position(|space| space == name).unwrap_or_else(|| {
            self.spaces.push(name.to_owned());
            self.spaces.len() - 1
        });
        u16::try_from(number).ok().filter(|number| *number < u16::MAX)
    }

    /// Returns the space of a node and whether it was forgotten, by itself or with what it is a part of.
    pub(super) fn standing(&self, id: Id) -> (Option<u16>, bool) {
        let (mut at, mut space, mut is_forgotten) = (id, None, false);
        for _ in 0..MAX_OWNERS {
            let Some(said) = self.said.get(&at) else { break };
            space = space.or(said.space);
            is_forgotten |= said.is_forgotten;
            match said.part_of {
                Some(above) => at = above,
                None => break,
            }
        }
        (space, is_forgotten)
    }
}

/// A pin as it is written in the graph.
pub(crate) fn pin(text: &str) -> Option<Point> {
    let (x, y) = text.split_once(' ')?;
    let at = [x.parse::<f32>().ok()?, y.parse::<f32>().ok()?];
    at.iter().all(|axis| axis.is_finite()).then_some(at)
}

pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis().div_euclid(1_000).max(0)).unwrap_or(NEVER).min(NEVER - 1)
}
