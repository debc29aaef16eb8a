//! `forget` for good, as a request.

use hydra_graph::{ForgetMode, ForgetRequest, Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LongVerb, Right, Session, Watch};

/// Asks to erase memories, passages, files or core blocks. What it would do is shown by `forget` in the mode `erase` with
/// `dry_run`.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Erase {
    /// Which.
    pub ids: Vec<Id>,
    /// Files that were read, by their paths, instead of their ids.
    pub paths: Vec<String>,
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
    /// Why.
    pub reason: Option<String>,
}

impl LongVerb for Erase {
    const NAME: &'static str = "erase";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = false;

    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value> {
        let Self { ids, paths, spaces, reason } = self;
        let ids = super::with_files(memory, ids, &paths)?;
        let request = ForgetRequest { ids, spaces, reason, mode: ForgetMode::Erase, ..ForgetRequest::default() };
        // It is not stopped half way: what was decided is done.
        let answer = memory.forget_as(&request, &session.agent, &mut |done, total| {
            watch.tell(json!({"event": "statements", "done": done, "total": total}));
        })?;
        super::json(&answer)
    }
}
