//! `undo` as a request.

use hydra_graph::{Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks to take a commit back.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Which.
    pub commit: Id,
}

impl Verb for Undo {
    const NAME: &'static str = "undo";
    const RIGHT: Right = Right::Write;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&memory.undo(self.commit, &session.agent)?)
    }
}
