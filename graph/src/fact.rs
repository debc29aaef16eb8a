//! A fact: a memory that reifies one statement (RDF 1.2) and says when it holds, what it rests on and how sure it is.
//! While it holds, the statement is also asserted, so that a plain query sees what is true now. RDF 1.2 is young: only this
//! module reads and writes its reifiers of facts.

use oxigraph::model::{NamedNode, NamedNodeRef, Quad, Term, Triple};
use schemars::JsonSchema;
use serde::Serialize;

use crate::ends;
use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::journal::Trust;
use crate::predicate::Predicates;
use crate::store::{Node, View, string, term_id, term_text, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// How sure a fact is when nobody says.
pub(crate) const CERTAIN: f32 = 1.0;

/// One statement about the world, in names.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Statement {
    /// Whom or what it is about.
    pub subject: String,
    /// What is said of it: a predicate's name, as in `works for`.
    pub predicate: String,
    /// What it is said to be: the name of an entity, or a text, as the predicate wants it.
    pub object: String,
}

impl Statement {
    /// Puts together one.
    pub fn new(subject: impl Into<String>, predicate: impl Into<String>, object: impl Into<String>) -> Self {
        Self { subject: subject.into(), predicate: predicate.into(), object: object.into() }
    }

    /// Returns it as a sentence.
    pub fn sentence(&self) -> String {
        format!("{} {} {}", self.subject, self.predicate, self.object)
    }
}

/// A fact as it stands in the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub id: Id,
    pub subject: Id,
    pub predicate: NamedNode,
    pub object: Term,
    pub space: String,
    /// Since and until when it holds in the world; `None` if that is not known.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// When it was said: what stands for an unknown start.
    pub told: Timestamp,
    pub trust: Trust,
    /// Between 0 and 1.
    pub confidence: f32,
    /// The fact that it ended for, by beginning; `None` if somebody said when it ended, or it did not.
    pub ended_by: Option<Id>,
    /// How far those are trusted, at most, who contradict it in an open conflict. Known of facts of a slot.
    pub disputed_by: Option<Trust>,
}

impl Fact {
    /// Returns when it began, as far as can be told.
    pub fn start(&self) -> Timestamp {
        self.from.unwrap_or(self.told)
    }

    /// Tells whether it holds at a moment.
    pub fn holds_at(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }

    /// The key under which everything is found that is said of a subject with a predicate.
    pub fn slot(&self) -> String {
        slot(self.subject, self.predicate.as_ref())
    }

    /// The statement.
    pub fn triple(&self) -> Triple {
        Triple::new(vocab::node(self.subject), self.predicate.clone(), self.object.clone())
    }

    /// The plain statement, which is in the graph while a fact holds.
    pub fn assertion(&self) -> Quad {
        Quad::new(vocab::node(self.subject), self.predicate.clone(), self.object.clone(), vocab::MEMORY_GRAPH)
    }

    /// Says of a memory's node that it is this fact.
    pub fn tell(&self, node: &mut Node) {
        node.say(ext::REIFIES, self.triple())
            .say(vocab::KEY, string(self.slot()))
            .maybe(vocab::VALID_FROM, self.from.map(time_literal))
            .maybe(vocab::VALID_TO, self.to.map(time_literal))
            .maybe(vocab::ENDED_BY, self.ended_by.map(vocab::node));
        if self.confidence < CERTAIN {
            node.say(vocab::CONFIDENCE, decimal(self.confidence));
        }
    }
}

/// The key of what is said of a subject with a predicate.
pub(crate) fn slot(subject: Id, predicate: NamedNodeRef<'_>) -> String {
    format!("slot:{subject} {}", predicate.as_str())
}

/// Reads a fact from what is said of a node; `None` if it is none.
pub(crate) fn of_quads(id: Id, quads: &[Quad]) -> Option<Fact> {
    let term =
        |predicate: NamedNodeRef<'_>| quads.iter().find(|q| q.predicate.as_ref() == predicate).map(|q| &q.object);
    let text = |predicate| term(predicate).and_then(term_text);
    let time = |predicate| text(predicate).and_then(|text| text.parse::<Timestamp>().ok());
    let Some(Term::Triple(triple)) = term(ext::REIFIES) else { return None };
    // A link reifies too, but is no memory.
    text(vocab::KIND)?;
    Some(Fact {
        id,
        subject: term_id(&triple.subject.clone().into())?,
        predicate: triple.predicate.clone(),
        object: triple.object.clone(),
        space: text(vocab::SPACE)?,
        from: time(vocab::VALID_FROM),
        to: time(vocab::VALID_TO),
        told: time(ext::STARTED_AT).or_else(|| time(vocab::RECORDED_AT)).unwrap_or(id.minted_at()),
        trust: text(vocab::TRUST).and_then(|name| name.parse().ok()).unwrap_or(Trust::Ingested),
        confidence: text(vocab::CONFIDENCE).and_then(|text| text.parse().ok()).unwrap_or(CERTAIN),
        ended_by: term(vocab::ENDED_BY).and_then(term_id),
        disputed_by: None,
    })
}

/// Reads a fact that is believed: one that was neither retracted nor forgotten.
pub(crate) fn believed(view: &View<'_>, id: Id) -> Result<Option<Fact>> {
    let quads = view.about(id)?;
    let is_gone = |quad: &Quad| [vocab::RETRACTED_AT, ext::INVALIDATED_AT].contains(&quad.predicate.as_ref());
    Ok(if quads.iter().any(is_gone) { None } else { of_quads(id, &quads) })
}

/// Returns the believed facts of a slot in a space, also those that ended.
pub(crate) fn of_slot(view: &View<'_>, slot: &str, space: &str) -> Result<Vec<Fact>> {
    believed_among(view, view.subjects(vocab::KEY, string(slot).as_ref().into(), usize::MAX)?, space)
}

/// Returns what is in a slot: facts that ended by a moment, and the others.
pub(crate) fn ended_in_slot(view: &View<'_>, slot: &str, by: Timestamp) -> Result<(Vec<Id>, Vec<Id>)> {
    match view.ends() {
        Some(ends) => ends.lock().split(view, slot, by),
        None => ends::read_split(view, slot, by),
    }
}

/// Returns the believed facts that say the same in a space, also those that ended.
pub(crate) fn of_triple(view: &View<'_>, triple: Triple, space: &str) -> Result<Vec<Fact>> {
    believed_among(view, view.subjects(ext::REIFIES, Term::from(triple).as_ref(), usize::MAX)?, space)
}

/// Returns those of some facts that are believed in a space.
pub(crate) fn believed_among(view: &View<'_>, ids: Vec<Id>, space: &str) -> Result<Vec<Fact>> {
    let mut facts = Vec::new();
    for id in ids {
        if let Some(mut fact) = believed(view, id)?.filter(|fact| fact.space == space) {
            fact.disputed_by = disputed_by(view, id)?;
            facts.push(fact);
        }
    }
    Ok(facts)
}

/// Returns the conflicts that nobody has settled and that a fact is a side of.
pub(crate) fn open_conflicts(view: &View<'_>, fact: Id) -> Result<Vec<Id>> {
    let mut open = Vec::new();
    for conflict in view.subjects(vocab::SIDE, vocab::node(fact).as_ref().into(), usize::MAX)? {
        if view.object(conflict, vocab::SETTLED_AT)?.is_none() {
            open.push(conflict);
        }
    }
    Ok(open)
}

/// Returns how far those are trusted, at most, who contradict a fact.
fn disputed_by(view: &View<'_>, fact: Id) -> Result<Option<Trust>> {
    let mut highest = None;
    for conflict in open_conflicts(view, fact)? {
        for side in view.objects(conflict, vocab::SIDE)?.into_iter().filter(|side| *side != fact) {
            highest = highest.max(believed(view, side)?.map(|other| other.trust));
        }
    }
    Ok(highest)
}

/// Tells whether another believed fact keeps a statement asserted.
pub(crate) fn is_kept_by_others(view: &View<'_>, fact: &Fact, now: Timestamp) -> Result<bool> {
    for id in view.subjects(ext::REIFIES, Term::from(fact.triple()).as_ref(), usize::MAX)? {
        if id != fact.id && believed(view, id)?.is_some_and(|other| other.holds_at(now)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns a fact in names.
pub(crate) fn statement(view: &View<'_>, predicates: &Predicates, fact: &Fact) -> Result<Statement> {
    let object = match term_id(&fact.object) {
        Some(id) => entity::label(view, id)?,
        None => term_text(&fact.object).unwrap_or_default(),
    };
    Ok(Statement::new(entity::label(view, fact.subject)?, predicates.name(fact.predicate.as_str()), object))
}

/// A number between 0 and 1 as an `xsd:decimal`, to three digits.
pub(crate) fn decimal(share: f32) -> oxigraph::model::Literal {
    let digits = format!("{share:.3}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    oxigraph::model::Literal::new_typed_literal(digits, oxigraph::model::vocab::xsd::DECIMAL)
}
