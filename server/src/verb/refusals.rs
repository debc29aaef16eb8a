//! `refusals` as a request.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// As many are told when nobody says.
pub const DEFAULT_REFUSALS: usize = 50;

/// Asks which calls were refused last.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RefusedCalls {
    /// At most so many kinds.
    pub limit: Option<usize>,
}

impl Verb for RefusedCalls {
    const NAME: &'static str = "refusals";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        Ok(json!({"refusals": super::json(&memory.refusals(self.limit.unwrap_or(DEFAULT_REFUSALS))?)?}))
    }
}
