//! `entity`, `alias`, `merge` and `split` as requests.

use hydra_graph::{AliasOp, Id, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks who or what an entity is.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entity {
    /// Its name or id.
    pub of: String,
}

impl Verb for Entity {
    const NAME: &'static str = "entity";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        super::json(&memory.entity(&self.of)?)
    }
}

/// Asks to give an entity another name, or to take one away.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alias {
    /// Its name or id.
    pub of: String,
    /// The other name.
    pub alias: String,
    /// Whether to take it away.
    pub remove: bool,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Alias {
    const NAME: &'static str = "alias";
    const RIGHT: Right = Right::Write;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let op = if self.remove { AliasOp::Remove } else { AliasOp::Add };
        super::json(&memory.alias(&self.of, &self.alias, op, self.reason, &session.agent)?)
    }
}

/// Asks to have one entity stand for another.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Merge {
    /// The one that stays: its name or id.
    pub keep: String,
    /// The other.
    pub other: String,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Merge {
    const NAME: &'static str = "merge";
    const RIGHT: Right = Right::Write;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&memory.merge(&self.keep, &self.other, self.reason, &session.agent)?)
    }
}

/// Asks to have a merged entity stand for itself again.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Split {
    /// The one that was merged: its id, or a name of its own.
    pub of: String,
    /// Memories that go with it, though they were told of the one that stays.
    pub take: Vec<Id>,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Split {
    const NAME: &'static str = "split";
    const RIGHT: Right = Right::Write;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        super::json(&memory.split(&self.of, &self.take, self.reason, &session.agent)?)
    }
}
