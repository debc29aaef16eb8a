//! `recall` as a request.

use std::time::{Duration, Instant};

use hydra_graph::{Kind, Memory, Mode, Question, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Hits when no limit is given.
pub const DEFAULT_LIMIT: usize = 10;

/// How long a command without a server waits for the indexes, which were deleted or left behind.
const CATCH_UP: Duration = Duration::from_secs(5);

/// Asks for what fits a question.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recall {
    /// The question.
    pub query: String,
    /// Only these spaces; all if empty.
    pub spaces: Vec<String>,
    /// Only these kinds; all if empty.
    pub kinds: Vec<Kind>,
    /// Only what is about this.
    pub entity: Option<String>,
    /// Only what was recorded since: a moment, or how long ago.
    pub since: Option<String>,
    /// What was true then.
    pub as_of: Option<String>,
    /// What was known then.
    pub known_at: Option<String>,
    /// How many hits at most.
    pub limit: Option<usize>,
    /// Stop when the texts pass this many tokens.
    pub budget_tokens: Option<usize>,
    /// How far to look.
    pub mode: Mode,
}

impl Verb for Recall {
    const NAME: &'static str = "recall";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let started = Instant::now();
        let mut question = Question::new(self.query);
        question.spaces = self.spaces;
        question.kinds = self.kinds;
        question.entity = self.entity;
        question.since = self.since.map(|since| hydra_mcp::when::moment(&since, session.now())).transpose()?;
        question.moment = hydra_mcp::when::of(self.as_of, self.known_at, session.now())?;
        question.limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        question.budget_tokens = self.budget_tokens;
        question.mode = self.mode;
        // Nobody else lets the indexes of this process catch up, and it is about to end.
        let is_behind = session.server.is_none() && !memory.wait_for_indexes(CATCH_UP);
        let recalled = memory.recall(&question)?;
        hydra_mcp::observe_recall(&recalled);
        let mut answer = super::json(&recalled)?;
        if is_behind
            && recalled.degraded.iter().any(|reason| reason.contains("catching up"))
            && let Some(reasons) = answer["degraded"].as_array_mut()
        {
            reasons.push(json!("no server is running to let it catch up: run `hydra rebuild` once, or `hydra serve`"));
        }
        super::note_unknown_spaces(memory, &question.spaces, &mut answer)?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        answer["took_ms"] = json!((took_ms * 100.0).round() / 100.0);
        Ok(answer)
    }
}
