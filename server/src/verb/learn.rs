//! `learn` as a request.

use hydra_graph::{Error, ErrorKind, Id, Memory, NewLearning, Outcome, Report, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks to keep what was learned, or reports how a learning did.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Learn {
    /// When it applies.
    pub trigger: String,
    /// What to do then, or to avoid.
    pub lesson: String,
    /// How it went; it worked if left out.
    pub outcome: Option<Outcome>,
    /// What it was learned from.
    pub evidence: Vec<Id>,
    /// Where it belongs.
    pub space: Option<String>,
    /// What it is about.
    pub entities: Vec<String>,
    /// The file or folder it applies to.
    pub path: Option<String>,
    /// A learning to report on, instead of trigger and lesson.
    pub id: Option<Id>,
    /// How following it went.
    pub report: Option<Report>,
    /// Why, of a report.
    pub reason: Option<String>,
}

impl Verb for Learn {
    const NAME: &'static str = "learn";
    const RIGHT: Right = Right::Write;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let learned = match (self.id, self.report) {
            (Some(id), Some(report)) => memory.report(id, report, self.reason, &session.agent)?,
            (None, None) => {
                let new = NewLearning {
                    trigger: self.trigger,
                    lesson: self.lesson,
                    outcome: self.outcome.unwrap_or(Outcome::Worked),
                    evidence: self.evidence,
                    space: self.space.unwrap_or_else(|| session.default_space.clone()),
                    entities: self.entities,
                    path: self.path,
                };
                memory.learn(new, &session.agent)?
            }
            _ => {
                return Err(Error::new(ErrorKind::Invalid, "a report needs both id and report")
                    .hint("give the learning's id and helped or hurt"));
            }
        };
        super::json(&learned)
    }
}
