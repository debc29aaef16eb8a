//! `context` as a request.

use std::path::PathBuf;

use hydra_graph::{ContextRequest, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};
use crate::hook;

/// Asks what an agent should know before it starts.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Context {
    /// A folder: what a session that begins there is given.
    pub folder: Option<PathBuf>,
    /// If there is no folder: a task, an entity or a path, in words.
    pub about: Option<String>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// Without a folder: how much at most.
    pub budget_tokens: Option<usize>,
}

impl Verb for Context {
    const NAME: &'static str = "context";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        let mut answer = match &self.folder {
            Some(folder) => json!({"text": hook::context(memory, folder, &self.spaces)?}),
            None => {
                let request = ContextRequest {
                    about: self.about,
                    spaces: self.spaces.clone(),
                    budget_tokens: self.budget_tokens,
                    ..ContextRequest::default()
                };
                super::json(&memory.context(&request)?)?
            }
        };
        super::note_unknown_spaces(memory, &self.spaces, &mut answer)?;
        Ok(answer)
    }
}
