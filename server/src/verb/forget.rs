//! `forget` as a request.

use hydra_graph::{Id, Memory, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Session, Verb};

/// Asks never to recall some memories again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forget {
    /// Which.
    pub ids: Vec<Id>,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

impl Verb for Forget {
    const NAME: &'static str = "forget";

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&memory.forget(&self.ids, self.reason, &session.agent)?)
    }
}
