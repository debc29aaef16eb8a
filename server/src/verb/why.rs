//! `why` as a request: what was put into conversations, and why.

use std::collections::HashMap;

use hydra_graph::{GetView, Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Entries when no limit is given.
pub const DEFAULT_ENTRIES: usize = 1;
/// Most that are given.
pub const MAX_ENTRIES: usize = 100;

/// Texts of one entry that are read.
const MAX_READ: usize = 100;

/// Asks what was put into conversations last.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Why {
    /// Only into this conversation, by its id or the start of it.
    pub session: Option<String>,
    /// How many decisions at most, newest first.
    pub limit: Option<usize>,
    /// Also decisions to say nothing.
    pub with_silence: bool,
}

impl Verb for Why {
    const NAME: &'static str = "why";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let limit = self.limit.unwrap_or(DEFAULT_ENTRIES).clamp(1, MAX_ENTRIES);
        let newest = session.hooks.newest(self.session.as_deref(), usize::MAX)?;
        let silent = newest.iter().take_while(|entry| entry.given.is_empty()).count();
        let wanted = newest.into_iter().filter(|entry| self.with_silence || !entry.given.is_empty());
        let mut entries = Vec::new();
        for entry in wanted.take(limit) {
            let given = entry.given.iter().map(|given| given.id);
            let ids: Vec<Id> = given.chain(entry.left_out.iter().map(|left| left.id)).take(MAX_READ).collect();
            let texts = texts(memory, &ids)?;
            let mut told = super::json(&entry)?;
            for part in ["given", "left_out"] {
                for item in told.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
                    let id = item["id"].as_str().and_then(|id| id.parse().ok());
                    item["text"] = id.and_then(|id: Id| texts.get(&id).cloned()).map_or(Value::Null, Value::String);
                }
            }
            entries.push(told);
        }
        Ok(json!({"entries": entries, "silent_since": silent}))
    }
}

/// Reads what the ids say now; of what was forgotten or erased nothing is said.
fn texts(memory: &Memory, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let mut texts = HashMap::new();
    for got in memory.get(ids, GetView::Index)? {
        let of_record = got.record.filter(|record| record.forgotten_at.is_none()).map(|record| record.text);
        if let Some(text) = of_record.or(got.block.map(|block| block.text)) {
            texts.insert(got.id, text);
        }
    }
    Ok(texts)
}
