//! `remember` as a request.

use hydra_graph::{
    Choice, Error, ErrorKind, Evidence, Id, Kind, Memory, NewDecision, NewMemory, NewPreference, Polarity, Result,
    Statement, Timestamp,
};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks to keep a text.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Remember {
    /// The text.
    pub text: String,
    /// What it is; an episode if left out.
    pub kind: Option<Kind>,
    /// Where it belongs.
    pub space: Option<String>,
    /// What it is about.
    pub entities: Vec<String>,
    /// Where it comes from.
    pub source: Option<String>,
    /// What it states, if it is a fact: subject, predicate, object.
    pub statement: Option<(String, String, String)>,
    /// What it rests on.
    pub evidence: Vec<Id>,
    /// Of a preference: what it is about.
    pub topic: Option<String>,
    /// Of a preference: for or against.
    pub polarity: Option<Polarity>,
    /// Of a preference: whether nobody said so.
    pub inferred: bool,
    /// Of a decision: what there was to choose from.
    pub options: Vec<Choice>,
    /// Of a decision: why.
    pub reasons: Vec<String>,
    /// Of a decision: the one that it replaces.
    pub supersedes: Option<Id>,
    /// Of a preference or decision: the path or name that it applies to.
    pub applies_to: Option<String>,
    /// How sure it is, from 0 to 1.
    pub confidence: Option<f32>,
    /// Until when it holds.
    pub valid_to: Option<String>,
    /// Since when it holds.
    pub valid_from: Option<String>,
    /// For how long it is recalled.
    pub ttl: Option<String>,
    /// Until when it is recalled; instead of `ttl`.
    pub expires_at: Option<Timestamp>,
    /// A retry with the same key is the same memory.
    pub idempotency_key: Option<String>,
    /// The conversation it was said in.
    pub session: Option<String>,
    /// Who said it.
    pub speaker: Option<String>,
    /// When it was said or happened.
    #[serde(alias = "said_at", alias = "at", alias = "time")]
    pub happened_at: Option<String>,
}

impl Verb for Remember {
    const NAME: &'static str = "remember";
    const RIGHT: Right = Right::Write;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let expires_at = match (self.ttl, self.expires_at) {
            (Some(_), Some(_)) => {
                return Err(
                    Error::new(ErrorKind::Invalid, "both ttl and expires_at are given").hint("give one of them")
                );
            }
            (Some(ttl), None) => Some(when::end_of(&ttl, session.now())?),
            (None, end) => end,
        };
        let mut new = NewMemory {
            preference: NewPreference { topic: self.topic, polarity: self.polarity, is_inferred: self.inferred },
            decision: NewDecision { options: self.options, reasons: self.reasons, supersedes: self.supersedes },
            applies_to: self.applies_to,
            statement: self.statement.map(|(subject, predicate, object)| Statement { subject, predicate, object }),
            evidence: self.evidence.into_iter().map(|id| Evidence { id, quote: None }).collect(),
            confidence: self.confidence,
            valid_to: self.valid_to.map(|to| when::moment(&to, session.now())).transpose()?,
            space: self.space.unwrap_or_else(|| session.default_space.clone()),
            entities: self.entities,
            said_by: self.source,
            valid_from: self.valid_from.map(|from| when::moment(&from, session.now())).transpose()?,
            expires_at,
            idempotency_key: self.idempotency_key,
            session: self.session,
            speaker: self.speaker,
            happened_at: self.happened_at.map(|at| when::moment(&at, session.now())).transpose()?,
            ..NewMemory::new(self.text)
        };
        new.kind = self.kind.unwrap_or_else(|| new.usual_kind());
        super::json(&memory.remember(new, &session.agent)?)
    }
}
