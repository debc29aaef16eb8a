//! `status` as a request.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Asks for counts and states.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {}

impl Verb for Status {
    const NAME: &'static str = "status";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let mut answer = super::json(&memory.status()?)?;
        answer["version"] = json!(hydra_mcp::VERSION);
        answer["data_dir"] = json!(session.data_dir);
        answer["server"] = match &session.server {
            Some(server) => json!({"pid": server.pid, "url": server.url(), "started_at": server.started_at}),
            None => Value::Null,
        };
        answer["enrichment"] = session.enricher.as_ref().map_or(Value::Null, |enricher| enricher.status());
        answer["resident_bytes"] = json!(resident_bytes());
        Ok(answer)
    }
}

/// Returns how much memory this process has in use, as the system counts it; 0 where it does not say.
pub fn resident_bytes() -> u64 {
    let read = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = read.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
