//! `rebuild` as a request.

use std::time::Instant;

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LongVerb, Right, Session, Watch};

/// Asks to build the indexes again.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rebuild {
    /// Only this one.
    #[serde(default)]
    pub index: Option<String>,
}

impl LongVerb for Rebuild {
    const NAME: &'static str = "rebuild";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = false;

    fn run(self, memory: &Memory, _session: &Session, watch: &Watch) -> Result<Value> {
        let started = Instant::now();
        memory.rebuild(self.index.as_deref(), &mut |name, done, total| {
            watch.tell(json!({"event": "index", "name": name, "done": done, "total": total}));
        })?;
        let rebuilt = self.index.unwrap_or_else(|| "all".to_owned());
        Ok(json!({"rebuilt": rebuilt, "took_ms": started.elapsed().as_millis() as u64}))
    }
}
