//! Core blocks as requests.

use hydra_graph::{BlockEdit, BlockOp, Id, Memory, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Asks which core blocks there are.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Blocks {
    /// Only of these spaces; of all if none are named.
    pub spaces: Vec<String>,
}

impl Verb for Blocks {
    const NAME: &'static str = "blocks";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        Ok(json!({"blocks": super::json(&memory.blocks(&self.spaces)?)?}))
    }
}

/// Asks what a core block says.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Block {
    /// Its name.
    pub name: String,
    /// Its space.
    pub space: Option<String>,
    /// What was known then.
    pub known_at: Option<String>,
}

impl Verb for Block {
    const NAME: &'static str = "block";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let space = self.space.as_ref().unwrap_or(&session.default_space);
        let block = match self.known_at.map(|at| when::moment(&at, session.now())).transpose()? {
            Some(known_at) => memory.block_at(space, &self.name, known_at),
            None => memory.block(space, &self.name),
        };
        Ok(json!({"block": super::json(&block?)?}))
    }
}

/// Asks for every version of a core block.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BlockHistory {
    /// Its name.
    pub name: String,
    /// Its space.
    pub space: Option<String>,
}

impl Verb for BlockHistory {
    const NAME: &'static str = "block_history";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let space = self.space.as_ref().unwrap_or(&session.default_space);
        Ok(json!({"versions": super::json(&memory.block_versions(space, &self.name)?)?}))
    }
}

/// Asks to change a core block: by one of `text`, `append`, `old` with `new`, and `limit_bytes`.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EditBlock {
    /// Its name.
    pub name: String,
    /// Its space.
    pub space: Option<String>,
    /// Its whole text.
    pub text: Option<String>,
    /// What comes after its text.
    pub append: Option<String>,
    /// A piece of its text.
    pub old: Option<String>,
    /// What takes the place of the piece; nothing if left out.
    pub new: Option<String>,
    /// How long it may be.
    pub limit_bytes: Option<usize>,
    /// The commit that the edit was made from.
    pub based_on: Option<Id>,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for EditBlock {
    const NAME: &'static str = "edit_block";
    const RIGHT: Right = Right::Write;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let edit = BlockEdit {
            space: self.space.unwrap_or_else(|| session.default_space.clone()),
            name: self.name,
            op: BlockOp::given(self.text, self.append, self.old, self.new, self.limit_bytes)?,
            based_on: self.based_on,
            reason: self.reason,
        };
        let block = memory.edit_block(edit, &session.agent)?;
        Ok(json!({"block": super::json(&block)?, "commit": block.commit}))
    }
}
