//! `timeline` as a request.

use hydra_graph::{DEFAULT_EVENTS, Memory, Result, TimelineRequest};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks what happened to an entity, a memory, a conversation or a file.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeline {
    /// A name, an id, or the path of a file.
    pub of: String,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// Only what happened then or later.
    pub from: Option<String>,
    /// Only what happened before.
    pub to: Option<String>,
    /// Only what was recorded since.
    pub since: Option<String>,
    /// Only of memories that held then.
    pub as_of: Option<String>,
    /// Only what was known then.
    pub known_at: Option<String>,
    /// At most so many events.
    pub limit: Option<usize>,
}

impl Verb for Timeline {
    const NAME: &'static str = "timeline";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let now = session.now();
        let read = |text: Option<String>| text.map(|text| when::moment(&text, now)).transpose();
        let request = TimelineRequest {
            of: self.of,
            spaces: self.spaces,
            from: read(self.from)?,
            to: read(self.to)?,
            since: read(self.since)?,
            moment: when::of(self.as_of, self.known_at, now)?,
            limit: self.limit.unwrap_or(DEFAULT_EVENTS),
        };
        let mut answer = super::json(&memory.timeline(&request)?)?;
        super::note_unknown_spaces(memory, &request.spaces, &mut answer)?;
        Ok(answer)
    }
}
