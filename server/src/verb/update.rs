//! `update` as a request.

use hydra_graph::{Id, Memory, Result, Statement, UpdateOp};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks to change what is known of a memory, or to settle a conflict.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Update {
    /// The memory or conflict.
    pub id: String,
    /// end, supersede, correct, retract, restore, never_recall, recall_again, snooze, settle or keep_all.
    pub op: String,
    /// When it ended; of snooze, when to ask again.
    pub at: Option<String>,
    /// The new text.
    pub text: Option<String>,
    /// The right statement: subject, predicate, object.
    pub statement: Option<(String, String, String)>,
    /// The side of a conflict that holds.
    pub keep: Option<Id>,
    /// Why.
    pub reason: Option<String>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
}

impl Verb for Update {
    const NAME: &'static str = "update";
    const RIGHT: Right = Right::Write;

    fn right(&self) -> Right {
        match self.op.as_str() {
            "settle" | "keep_all" | "never_recall" | "recall_again" | "snooze" => Right::Approve,
            _ => Self::RIGHT,
        }
    }

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let at = self.at.map(|at| when::moment(&at, session.now())).transpose()?;
        let statement = self.statement.map(|(subject, predicate, object)| Statement { subject, predicate, object });
        let op = UpdateOp::named(&self.op, at, self.text, statement, self.keep)?;
        super::json(&memory.update_in(&self.spaces, self.id.parse()?, op, self.reason, &session.agent)?)
    }
}
