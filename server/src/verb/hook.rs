//! `hook` as a request: what a client's event has the memory say.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};
use crate::hook::{self, Call, Input};

/// Tells of an event.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hook(pub Input);

impl Verb for Hook {
    const NAME: &'static str = "hook";
    // It takes in files of this machine, and tells what is known.
    const RIGHT: Right = Right::Admin;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let output = hook::handle(&Call { memory, session, input: &self.0 })?;
        Ok(json!({"output": output}))
    }
}
