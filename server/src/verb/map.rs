//! `pin` and `tidy_map` as requests: what the owner does to the map. What it shows is one answer of bytes, and no verb.

use hydra_graph::{Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};
use crate::map::Tidying;

/// Asks to keep something at a place of the map, or to let it go.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// What.
    pub id: Id,
    /// Where; lets it go if there is none.
    #[serde(default)]
    pub at: Option<[f32; 2]>,
}

impl Verb for Pin {
    const NAME: &'static str = "pin";
    const RIGHT: Right = Right::Approve;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&memory.pin(self.id, self.at, &session.agent)?)
    }
}

/// Asks to lay the map out anew, to keep that, or to go back.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TidyMap {
    /// Which of these.
    pub act: Tidying,
}

impl Verb for TidyMap {
    const NAME: &'static str = "tidy_map";
    const RIGHT: Right = Right::Approve;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&session.map.tidy(memory, self.act)?)
    }
}
