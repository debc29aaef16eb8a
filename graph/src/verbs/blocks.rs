//! `blocks`, `block` and its versions: the small texts that are in every context.

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::Serialize;

use crate::block::{self, Block};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::{self, CommitRecord};
use crate::memory::Inner;
use crate::moment::Moment;
use crate::names::shortened;
use crate::past::Past;
use crate::time::Timestamp;

/// What a block said after a commit.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct BlockVersion {
    /// Who changed it, when and why.
    pub commit: CommitRecord,
    /// What it was then; nothing when the commit took it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<Block>,
}

pub(crate) fn blocks(inner: &Inner, spaces: &[String]) -> Result<Vec<Block>> {
    block::all(&inner.view()?, spaces)
}

pub(crate) fn block(inner: &Inner, space: &str, name: &str, known_at: Option<Timestamp>) -> Result<Block> {
    let view = inner.view()?;
    Moment { known_at, true_at: None }.check(inner, &view)?;
    let name = block::checked_name(name)?;
    let Some(known_at) = known_at else {
        let found = block::find(&view, space, &name)?.map(|id| Block::read(&view, id)).transpose()?;
        return found.flatten().ok_or_else(|| none_called(space, &name));
    };
    for id in block::ever(&view, space, &name)? {
        if let Some(block) = Block::read_at(&view, id, known_at)? {
            return Ok(block);
        }
    }
    Err(Error::new(ErrorKind::NotFound, format!("`{}` had no block `{name}` then", shortened(space)))
        .hint("`hydra block history` lists its versions"))
}

/// Lists what a block said after each commit, newest first; it may have been taken back and made anew.
pub(crate) fn versions(inner: &Inner, space: &str, name: &str) -> Result<Vec<BlockVersion>> {
    let view = inner.view()?;
    let name = block::checked_name(name)?;
    let mut versions = Vec::new();
    for id in block::ever(&view, space, &name)? {
        for (commit, quads) in Past::new(&view).versions(id)? {
            let block = Block::of(id, commit, &quads);
            versions.extend(journal::record(&view, commit)?.map(|commit| BlockVersion { commit, block }));
        }
    }
    versions.sort_by_key(|version| Reverse(version.commit.id));
    if versions.is_empty() { Err(none_called(space, &name)) } else { Ok(versions) }
}

fn none_called(space: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound, format!("`{}` has no block `{name}`", shortened(space)))
        .hint("`hydra block list` shows those that there are; `hydra block set` makes one")
}
