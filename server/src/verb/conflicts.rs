//! `conflicts` as a request.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Asks for the facts that disagree.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conflicts {
    /// Only of these spaces; of all if none are named.
    pub spaces: Vec<String>,
}

impl Verb for Conflicts {
    const NAME: &'static str = "conflicts";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        Ok(json!({"conflicts": super::json(&memory.conflicts(&self.spaces)?)?}))
    }
}
