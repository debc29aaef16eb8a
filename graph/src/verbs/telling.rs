//! What is told in one decision: each memory with its entities, its session and its passages, and what is known already.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use oxigraph::model::NamedNode;

use super::erased;
use super::hearing::Mark;
use super::remember::NewMemory;
use super::rivals::{Place, Rivals};
use super::stating::{Claim, Settled};
use super::twin::{self, Twins};
use crate::entity::Entities;
use crate::error::Result;
use crate::id::{Id, Mint};
use crate::identity::{self, Named, Names, Order};
use crate::journal::{Agent, Change, Trust};
use crate::passage;
use crate::predicate::Predicates;
use crate::record::Kind;
use crate::scope;
use crate::seal::Seals;
use crate::store::{Node, View, number, order, string, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};
use crate::voice::Voice;

/// What became of one memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub id: Id,
    pub novelty: Novelty,
    /// Facts that it ended.
    pub ended: Vec<Id>,
    /// The conflict that it is a side of.
    pub conflict: Option<Id>,
    /// What else the teller should know.
    pub note: Option<String>,
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
    /// The store knows it, and knows more of it now.
    Counted,
    /// It was inferred, and somebody refused the same before; or it was erased before.
    Refused,
}

impl Told {
    pub(super) fn known(id: Id, novelty: Novelty) -> Self {
        Self { id, novelty, ended: Vec::new(), conflict: None, note: None }
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
    pub(super) predicates: Option<Arc<Predicates>>,
    /// What is believed at each place that was spoken of.
    pub(super) rivals: HashMap<Place, Rivals>,
    /// Conflicts that came up, by slot.
    pub(super) disputes: HashMap<String, Id>,
    /// Voices of the memories that were spoken of, as they are after what was told so far.
    pub(super) heard: HashMap<Id, Vec<Voice>>,
    /// The only voice of a memory of this decision, which goes without saying until there is another.
    pub(super) unsaid: HashMap<Id, Mark>,
    /// Whom names mean.
    pub(super) names: Names<'v>,
    /// What this same decision retracts.
    pub(super) disbelieved: HashSet<Id>,
    twins: Twins,
    /// By what is recognised what was erased.
    seals: Seals,
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
            rivals: HashMap::new(),
            disputes: HashMap::new(),
            heard: HashMap::new(),
            unsaid: HashMap::new(),
            names: Names::now(view),
            disbelieved: HashSet::new(),
            twins: Twins::default(),
            seals: Seals::default(),
            last_said: HashMap::new(),
            change: Change::new("remember"),
        }
    }

    /// Understands names as they will be after a merge or a split.
    pub fn after(self, order: Order) -> Self {
        Self { names: Names { order, ..self.names }, ..self }
    }

    /// Refuses what was erased and comes again.
    pub fn sealed(self, seals: Seals) -> Self {
        Self { seals, ..self }
    }

    /// By what is recognised what was erased.
    pub(super) fn seals(&self) -> &Seals {
        &self.seals
    }

    /// Takes in one memory, unless it is known.
    pub fn tell(&mut self, new: &NewMemory) -> Result<Told> {
        let composed =
            new.decision.has_parts().then(|| NewMemory { text: new.decision.text(&new.text), ..new.clone() });
        let (new, decided) = (composed.as_ref().unwrap_or(new), new.text.as_str());
        let hash = twin::fingerprint(new);
        if let Some(id) = self.twins.find(new, &hash, self.now) {
            return self.again(id, new, Novelty::Again);
        }
        if let Some(id) = twin::by_key(self.view, new)? {
            return self.again(id, new, Novelty::Known);
        }
        if let Some(id) = erased::told(self.view, &self.seals, new, &hash, self.author.trust)? {
            let note = "it was erased for good before; if it is to be kept after all, tell it in your own words";
            return Ok(Told { note: Some(note.to_owned()), ..Told::known(id, Novelty::Refused) });
        }
        if new.kind == Kind::Preference {
            let told = self.prefer(new, &hash)?;
            self.twins.keep(new, hash, told.id);
            return Ok(told);
        }
        if let Some(id) = twin::find(self.view, new, &hash, self.now)? {
            return self.again(id, new, Novelty::Known);
        }
        let id = self.mint.mint(self.now);
        let trust = self.trust(new)?;
        let claim = self.claim(id, new, trust)?;
        let mut told = Told::known(id, Novelty::New);
        if let Some(claim) = &claim {
            told.note.clone_from(&claim.note);
            match self.settle(claim)? {
                Settled::Same(same) => return Ok(Told { note: told.note, ..self.again(same, new, Novelty::Known)? }),
                Settled::New { ended, conflict } => (told.ended, told.conflict) = (ended, conflict),
            }
        }
        let text = claim.as_ref().map_or(&new.text, |claim| &claim.text);
        let mut node = Node::new(id, vocab::MEMORY_GRAPH);
        match &claim {
            Some(claim) => self.state(claim, &mut node),
            None => {
                node.maybe(vocab::VALID_FROM, new.valid_from.map(time_literal))
                    .maybe(vocab::VALID_TO, new.valid_to.map(time_literal));
            }
        }
        let mut about: Vec<Named> = claim.iter().flat_map(Claim::about).collect();
        let applies_to = new.applies_to.as_deref().map(str::trim).filter(|_| new.kind == Kind::Decision);
        if let Some(name) = applies_to.filter(|scope| !scope::is_path(scope)) {
            about.push(self.entities.by_name(name)?);
        }
        self.write(id, new, (text, &hash), trust, about, node)?;
        if new.kind == Kind::Decision {
            self.decide(id, new, decided)?;
        }
        if let Some(old) = new.decision.supersedes {
            self.supersede(id, old)?;
            told.ended.push(old);
        }
        self.rest_on(id, &new.evidence)?;
        if new.kind == Kind::Fact {
            self.begin_hearing(id, new)?;
        }
        self.twins.keep(new, hash, id);
        Ok(told)
    }

    /// Takes in what is new of a memory that is known: of a fact a further voice, of a decision that too and what it replaces.
    fn again(&mut self, id: Id, new: &NewMemory, novelty: Novelty) -> Result<Told> {
        let mut told = Told::known(id, novelty);
        let counted = if novelty == Novelty::Known { Novelty::Counted } else { novelty };
        if new.kind == Kind::Fact && self.hear(id, new)?.1 {
            told.novelty = counted;
        }
        if new.kind == Kind::Decision && self.decide_again(id, new)? {
            told.novelty = counted;
        }
        if let Some(old) = new.decision.supersedes
            && !self.view.objects(id, ext::REVISION_OF)?.contains(&old)
        {
            self.supersede(id, old)?;
            (told.novelty, told.ended) = (counted, vec![old]);
        }
        Ok(told)
    }

    /// Writes what any memory has: its text, where and by whom it was said, its place in its conversation, its passages.
    pub(super) fn write(
        &mut self,
        id: Id,
        new: &NewMemory,
        (text, hash): (&str, &str),
        trust: Trust,
        mut about: Vec<Named>,
        mut node: Node,
    ) -> Result<()> {
        node.say(ext::TYPE, NamedNode::from(vocab::MEMORY))
            .say(vocab::KIND, string(new.kind.as_str()))
            .say(ext::TEXT, string(text))
            .say(vocab::SPACE, string(&new.space))
            .say(vocab::CONTENT_HASH, string(hash))
            .say(vocab::RECORDED_AT, time_literal(self.now))
            .say(vocab::TRUST, string(trust.as_str()))
            .say(ext::ATTRIBUTED_TO, string(&self.author.name))
            .maybe(ext::PRIMARY_SOURCE, new.said_by.as_ref().map(string))
            .maybe(vocab::EXPIRES_AT, new.expires_at.map(time_literal))
            .maybe(vocab::REDACTIONS, (new.redactions > 0).then(|| number(new.redactions)))
            .maybe(vocab::IDEMPOTENCY_KEY, new.idempotency_key.as_ref().map(string))
            .maybe(vocab::SPEAKER, new.speaker.as_deref().map(|name| string(name.trim())))
            .maybe(ext::STARTED_AT, new.happened_at.map(time_literal));
        if let Some(turn) = &new.turn {
            turn.say(&mut node);
        }
        for name in &new.entities {
            about.push(self.entities.by_name(name)?);
        }
        identity::say_about(self.view, &[], &about, &mut node)?;
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
        Ok(())
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
