//! `check` as a request.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LongVerb, Right, Session, Watch};

/// Asks whether graph, log and indexes agree.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {}

impl LongVerb for Check {
    const NAME: &'static str = "check";
    const RIGHT: Right = Right::Read;
    const MAY_BEGIN: bool = false;

    fn run(self, memory: &Memory, _session: &Session, watch: &Watch) -> Result<Value> {
        let report = memory.check(&mut |part| watch.tell(json!({"event": "part", "name": part})))?;
        super::json(&report)
    }
}
