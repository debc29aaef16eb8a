//! `explain` as a request.

use hydra_graph::{Answered, Id, Memory, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks why an answer is as it is.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Explain {
    /// An earlier answer.
    pub trace: Option<Id>,
    /// A question, if there is no earlier answer.
    pub query: Option<String>,
    /// Of a question: what was true then.
    pub as_of: Option<String>,
    /// Of a question: what was known then.
    pub known_at: Option<String>,
    /// Only this memory.
    pub id: Option<Id>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
}

impl Verb for Explain {
    const NAME: &'static str = "explain";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let moment = when::of(self.as_of, self.known_at, session.now())?;
        let answered = Answered::given(self.trace, self.query, &self.spaces, moment)?;
        super::json(&memory.explain_in(&self.spaces, answered, self.id)?)
    }
}
