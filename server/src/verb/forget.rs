//! `forget` as a request.

use hydra_graph::{ForgetMode, ForgetRequest, Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks never to recall some memories again, or shows first what that would do.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Forget {
    /// Which.
    pub ids: Vec<Id>,
    /// Files that were read, by their paths, instead of their ids.
    pub paths: Vec<String>,
    /// Shows candidates for this question, instead of ids.
    pub query: Option<String>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// tombstone (if there is none) or erase.
    pub mode: Option<String>,
    /// Shows what would happen, and writes nothing.
    pub dry_run: bool,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Forget {
    const NAME: &'static str = "forget";
    const RIGHT: Right = Right::Write;

    fn right(&self) -> Right {
        let is_erasing = self.mode.as_deref().is_some_and(|mode| mode.parse() == Ok(ForgetMode::Erase));
        if is_erasing && !self.dry_run { Right::Admin } else { Self::RIGHT }
    }

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let request = ForgetRequest {
            ids: super::with_files(memory, self.ids, &self.paths)?,
            query: self.query,
            spaces: self.spaces,
            mode: self.mode.map(|mode| mode.parse()).transpose()?.unwrap_or_default(),
            is_dry_run: self.dry_run,
            reason: self.reason,
        };
        super::json(&memory.forget_as(&request, &session.agent, &mut |_, _| ())?)
    }
}
