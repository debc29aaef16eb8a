//! `redact` as a request.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LongVerb, Right, Session, Watch};

/// Asks for the secrets that are kept, and to mask them.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redact {
    /// Masks them; else they are only looked for.
    pub rescan: bool,
}

impl LongVerb for Redact {
    const NAME: &'static str = "redact";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = false;

    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value> {
        // It is not stopped half way: what was decided is done.
        let answer = memory.redact(!self.rescan, &session.agent, &mut |done, total| {
            watch.tell(json!({"event": "statements", "done": done, "total": total}));
        })?;
        super::json(&answer)
    }
}
