//! Operation `edit_block` of `update`: changes a core block.

use hydra_graph::{Block, BlockEdit, BlockOp, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Call;
use crate::argument;

/// Its name among the operations.
pub(super) const EDIT_BLOCK: &str = "edit_block";

/// What it is given, beside the whole new text.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Given {
    /// Name of the core block: persona, human, system, projects, preferences, or another.
    #[serde(default, alias = "block_name", alias = "label", deserialize_with = "argument::optional_text")]
    block: Option<String>,
    /// A line that comes after the block's text.
    #[serde(default, deserialize_with = "argument::optional_text")]
    append: Option<String>,
    /// A piece of the block's text, letter by letter; it stands there once.
    #[serde(default, alias = "old_text", alias = "old_str", deserialize_with = "argument::optional_text")]
    old: Option<String>,
    /// What takes its place; nothing if left out.
    #[serde(default, alias = "new_text", alias = "new_str", deserialize_with = "argument::optional_text")]
    new: Option<String>,
    /// The commit that the block was read at; the edit is refused if it was changed since.
    #[serde(default, alias = "commit", deserialize_with = "argument::optional_text")]
    based_on: Option<String>,
}

/// Runs it.
pub(super) fn edit(
    call: &Call<'_>,
    given: Given,
    text: Option<String>,
    space: Option<String>,
    reason: Option<String>,
) -> Result<Block> {
    let name = given.block.ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "no block was named").hint("give its name as `block`; context shows the names")
    })?;
    let edit = BlockEdit {
        space: space.unwrap_or_else(|| call.default_space.to_owned()),
        name,
        op: BlockOp::given(text, given.append, given.old, given.new, None)?,
        based_on: given.based_on.map(|commit| commit.parse()).transpose()?,
        reason,
    };
    call.memory.edit_block(edit, call.agent)
}
