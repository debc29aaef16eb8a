//! Proposals: what a model or an agent thinks should be known, which changes nothing until somebody accepts it.
//!
//! One is a node of its own that nothing recalls or ranks by: what is proposed as JSON, what it rests on, and when it was
//! proposed, accepted or rejected. While it waits it has a key that says so.

use oxigraph::model::{NamedNode, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity::normalise;
use crate::error::Result;
use crate::fact::{self, Statement};
use crate::id::Id;
use crate::journal::Trust;
use crate::record;
use crate::store::{Node, View, number, string, term_text, time_literal};
use crate::time::Timestamp;
use crate::verbs::remember::Evidence;
use crate::vocab::{self, ext};

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Suggestion {
    /// An entity goes by another name too.
    Alias {
        /// Its name or id.
        entity: String,
        /// The other name.
        alias: String,
    },
    /// A statement about the world.
    Fact {
        /// Whom or what it is about.
        subject: String,
        /// What is said of it: a predicate's name.
        predicate: String,
        /// What it is said to be.
        object: String,
        /// Since when it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_from: Option<Timestamp>,
        /// Until when it holds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_to: Option<Timestamp>,
    },
    /// Two entities are one.
    Merge {
        /// The one that stays: its name or id.
        keep: String,
        /// The other.
        other: String,
    },
    /// What several texts say, in one.
    Summary {
        /// The text.
        text: String,
        /// What it is about.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        entities: Vec<String>,
    },
}

impl Suggestion {
    /// Returns the name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Alias { .. } => "alias",
            Self::Fact { .. } => "fact",
            Self::Merge { .. } => "merge",
            Self::Summary { .. } => "summary",
        }
    }

    /// Returns it as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Alias { entity, alias } => format!("{entity} is also called {alias}"),
            Self::Fact { subject, predicate, object, .. } => Statement::new(subject, predicate, object).sentence(),
            Self::Merge { keep, other } => format!("{other} is the same as {keep}"),
            Self::Summary { text, .. } => text.clone(),
        }
    }
}

/// What is to be proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct NewProposal {
    /// What.
    pub suggestion: Suggestion,
    /// The space it belongs to.
    pub space: String,
    /// What it rests on; a fact and a summary rest on something.
    pub evidence: Vec<Evidence>,
    /// How sure its proposer is, from 0 to 1.
    pub confidence: f32,
}

impl NewProposal {
    /// The key under which the same is found again, whoever proposes it.
    pub(crate) fn key(&self) -> String {
        let text = match &self.suggestion {
            Suggestion::Fact { valid_from, valid_to, .. } => {
                format!("{} {valid_from:?} {valid_to:?}", normalise(&self.suggestion.sentence()))
            }
            other => normalise(&other.sentence()),
        };
        let parts = format!("{} {} {text}", self.suggestion.kind(), self.space);
        format!("proposal:{}", blake3::hash(parts.as_bytes()).to_hex())
    }
}

/// The key of what waits in a space.
pub(crate) fn pending_key(space: &str) -> String {
    format!("pending:{space}")
}

/// A proposal as it stands in the graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proposal {
    pub id: Id,
    pub new: NewProposal,
    pub agent: String,
    pub trust: Trust,
    pub proposed_at: Timestamp,
    pub times_seen: usize,
    pub snoozed_until: Option<Timestamp>,
    pub state: State,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Accepted,
    Rejected,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    #[serde(flatten)]
    suggestion: Suggestion,
    evidence: Vec<Evidence>,
}

impl Proposal {
    /// Says it of its node, with what it rests on.
    pub fn say(&self) -> Vec<Quad> {
        let NewProposal { suggestion, space, evidence, confidence } = &self.new;
        let payload = Payload { suggestion: suggestion.clone(), evidence: evidence.clone() };
        let payload = serde_json::to_string(&payload).expect("a proposal is plain JSON");
        let mut node = Node::new(self.id, vocab::MEMORY_GRAPH);
        node.say(ext::TYPE, NamedNode::from(vocab::PROPOSAL))
            .say(vocab::KIND, string(suggestion.kind()))
            .say(ext::TEXT, string(suggestion.sentence()))
            .say(vocab::PROPOSES, string(payload))
            .say(vocab::SPACE, string(space))
            .say(vocab::CONFIDENCE, fact::decimal(*confidence))
            .say(vocab::TRUST, string(self.trust.as_str()))
            .say(ext::ATTRIBUTED_TO, string(&self.agent))
            .say(vocab::PROPOSED_AT, time_literal(self.proposed_at))
            .say(vocab::TIMES_SEEN, number(self.times_seen))
            .say(vocab::KEY, string(self.new.key()))
            .say(vocab::KEY, string(pending_key(space)));
        if let Some(until) = self.snoozed_until {
            node.say(vocab::SNOOZED_UNTIL, time_literal(until));
        }
        for Evidence { id, .. } in evidence {
            node.say(ext::DERIVED_FROM, vocab::node(*id));
        }
        node.quads
    }

    /// Reads one; `None` if the node is none.
    pub fn read(view: &View<'_>, id: Id) -> Result<Option<Self>> {
        if !view.is_a(id, vocab::PROPOSAL)? {
            return Ok(None);
        }
        let quads = view.about(id)?;
        let text = |predicate| quads.iter().find(|q| q.predicate == predicate).and_then(|q| term_text(&q.object));
        let payload = text(vocab::PROPOSES).and_then(|json| serde_json::from_str::<Payload>(&json).ok());
        let Some(Payload { suggestion, evidence }) = payload else { return Ok(None) };
        let state = match (text(vocab::ACCEPTED_AT), text(vocab::REJECTED_AT)) {
            (Some(_), _) => State::Accepted,
            (None, Some(_)) => State::Rejected,
            (None, None) => State::Pending,
        };
        Ok(Some(Self {
            id,
            new: NewProposal {
                suggestion,
                space: text(vocab::SPACE).unwrap_or_default(),
                evidence,
                confidence: text(vocab::CONFIDENCE).and_then(|text| text.parse().ok()).unwrap_or_default(),
            },
            agent: text(ext::ATTRIBUTED_TO).unwrap_or_default(),
            trust: text(vocab::TRUST).and_then(|text| text.parse().ok()).unwrap_or(Trust::Ingested),
            proposed_at: text(vocab::PROPOSED_AT).and_then(|text| text.parse().ok()).unwrap_or(id.minted_at()),
            times_seen: text(vocab::TIMES_SEEN).and_then(|text| text.parse().ok()).unwrap_or(1),
            snoozed_until: text(vocab::SNOOZED_UNTIL).and_then(|text| text.parse().ok()),
            state,
        }))
    }

    /// Returns what it rests on and no longer stands.
    pub fn fallen(&self, view: &View<'_>, now: Timestamp) -> Result<Option<Id>> {
        fallen(view, &self.new.evidence, now)
    }
}

/// Returns the first of some evidence that was forgotten, ended or is no longer there.
pub(crate) fn fallen(view: &View<'_>, evidence: &[Evidence], now: Timestamp) -> Result<Option<Id>> {
    for Evidence { id, .. } in evidence {
        if !record::read(view, *id)?.is_some_and(|record| record.stands_at(now)) {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// Returns what waits in a space, oldest first.
pub(crate) fn pending(view: &View<'_>, space: &str) -> Result<Vec<Id>> {
    let mut ids = view.subjects(vocab::KEY, string(pending_key(space)).as_ref().into(), usize::MAX)?;
    ids.sort_unstable();
    Ok(ids)
}
