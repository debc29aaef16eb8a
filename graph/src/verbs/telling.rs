//! What is told in one decision: each memory with its entities, its session and its passages, and what is known already.

use std::collections::HashMap;

use oxigraph::model::NamedNode;

use super::remember::NewMemory;
use super::stating::{Claim, Settled};
use super::twin::{self, Twins};
use crate::entity::Entities;
use crate::error::Result;
use crate::fact::Fact;
use crate::id::{Id, Mint};
use crate::identity;
use crate::journal::{Agent, Change};
use crate::passage;
use crate::predicate::Predicates;
use crate::store::{Node, View, number, order, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// What became of one memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub id: Id,
    pub novelty: Novelty,
    /// Facts that it ended.
    pub ended: Vec<Id>,
    /// The conflict that it is a side of.
    pub conflict: Option<Id>,
}

/// Whether a memory is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    /// It is.
    New,
    /// It came earlier in the same decision.
    Again,
    /// The store knows it.
    Known,
}

impl Told {
    fn known(id: Id, novelty: Novelty) -> Self {
        Self { id, novelty, ended: Vec::new(), conflict: None }
    }
}

/// A change in the making, on the writer's view.
pub(super) struct Telling<'v> {
    pub(super) view: &'v View<'v>,
    pub(super) mint: &'v Mint,
    pub(super) now: Timestamp,
    pub(super) author: &'v Agent,
    pub(super) entities: Entities<'v>,
    /// Read when the first fact is told.
    pub(super) predicates: Option<Predicates>,
    /// Facts of each slot that was spoken of, as they are after what was told so far.
    pub(super) slots: HashMap<(String, String), Vec<Fact>>,
    /// Conflicts that came up, by slot.
    pub(super) disputes: HashMap<String, Id>,
    twins: Twins,
    /// What came last in each session that was spoken of.
    last_said: HashMap<Id, Id>,
    pub(super) change: Change,
}

impl<'v> Telling<'v> {
    /// Starts with nothing.
    pub fn new(view: &'v View<'v>, mint: &'v Mint, now: Timestamp, author: &'v Agent) -> Self {
        Self {
            view,
            mint,
            now,
            author,
            entities: Entities::new(view, mint, now),
            predicates: None,
            slots: HashMap::new(),
            disputes: HashMap::new(),
            twins: Twins::default(),
            last_said: HashMap::new(),
            change: Change::new("remember"),
        }
    }

    /// Takes in one memory, unless it is known.
    pub fn tell(&mut self, new: &NewMemory) -> Result<Told> {
        let hash = twin::fingerprint(new);
        if let Some(id) = self.twins.find(new, &hash, self.now) {
            return Ok(Told::known(id, Novelty::Again));
        }
        if let Some(id) = twin::find(self.view, new, &hash, self.now)? {
            return Ok(Told::known(id, Novelty::Known));
        }
        let id = self.mint.mint(self.now);
        let trust = self.trust(new)?;
        let claim = self.claim(id, new, trust)?;
        let mut told = Told { id, novelty: Novelty::New, ended: Vec::new(), conflict: None };
        if let Some(claim) = &claim {
            match self.settle(claim)? {
                Settled::Same(same) => {
                    self.rest_on(same, &new.evidence)?;
                    return Ok(Told::known(same, Novelty::Known));
                }
                Settled::New { ended, conflict } => (told.ended, told.conflict) = (ended, conflict),
            }
        }
        let text = claim.as_ref().map_or(&new.text, |claim| &claim.text);
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        node.say(ext::TYPE, NamedNode::from(vocab::MEMORY))
            .say(vocab::KIND, string(new.kind.as_str()))
            .say(ext::TEXT, string(text))
            .say(vocab::SPACE, string(&new.space))
            .say(vocab::CONTENT_HASH, string(&hash))
            .say(vocab::RECORDED_AT, time_literal(self.now))
            .say(vocab::TRUST, string(trust.as_str()))
            .say(ext::ATTRIBUTED_TO, string(&self.author.name))
            .maybe(ext::PRIMARY_SOURCE, new.said_by.as_ref().map(string))
            .maybe(vocab::EXPIRES_AT, new.expires_at.map(time_literal))
            .maybe(vocab::IDEMPOTENCY_KEY, new.idempotency_key.as_ref().map(string))
            .maybe(vocab::SPEAKER, new.speaker.as_deref().map(|name| string(name.trim())))
            .maybe(ext::STARTED_AT, new.happened_at.map(time_literal));
        let mut about = Vec::new();
        for name in &new.entities {
            about.push(self.entities.by_name(name)?);
        }
        about.extend(claim.iter().flat_map(Claim::about));
        identity::say_about(self.view, &[], &about, &mut node)?;
        match &claim {
            Some(claim) => self.state(claim, &mut node),
            None => {
                node.maybe(vocab::VALID_FROM, new.valid_from.map(time_literal))
                    .maybe(vocab::VALID_TO, new.valid_to.map(time_literal));
            }
        }
        if let Some(name) = &new.session {
            let session = self.entities.by_session(&new.space, name)?;
            let previous = match self.last_said.insert(session, id) {
                Some(previous) => Some(previous),
                None => self.view.newest(vocab::node(session).as_ref())?,
            };
            node.say(vocab::PART_OF, vocab::node(session)).maybe(vocab::FOLLOWS, previous.map(vocab::node));
            // The session's own graph orders its turns, so that the next finds this one however many there are.
            let mut place = Node::new(id, vocab::node(session));
            place.say(vocab::ORDER, order(id));
            self.change.added.append(&mut place.quads);
        }
        if self.tell_passages(id, text) {
            node.say(vocab::SPLIT, string("passages"));
        }
        self.change.touched.insert(id);
        self.change.fresh.insert(vocab::node(id).into());
        self.change.added.append(&mut node.quads);
        self.rest_on(id, &new.evidence)?;
        self.twins.keep(new, hash, id);
        Ok(told)
    }

    /// Cuts a long text into passages; returns whether it was.
    fn tell_passages(&mut self, whole: Id, text: &str) -> bool {
        let pieces = passage::split(text);
        if pieces.len() < 2 {
            return false;
        }
        let mut previous = None;
        for (position, span) in pieces.into_iter().enumerate() {
            let piece = self.mint.mint(self.now);
            self.change.touched.insert(piece);
            self.change.fresh.insert(vocab::node(piece).into());
            let mut passage = Node::new(piece, vocab::MEMORY_GRAPH);
            passage
                .say(ext::TYPE, NamedNode::from(vocab::PASSAGE))
                .say(vocab::PART_OF, vocab::node(whole))
                .say(vocab::POSITION, number(position))
                .say(vocab::START, number(span.start))
                .say(vocab::END, number(span.end))
                .say(ext::TEXT, string(&text[span]))
                .maybe(vocab::FOLLOWS, previous.map(vocab::node));
            previous = Some(piece);
            self.change.added.append(&mut passage.quads);
        }
        true
    }

    /// Returns everything that was taken in.
    pub fn into_change(mut self) -> Change {
        self.change.added.append(&mut self.entities.into_quads());
        self.change
    }
}
