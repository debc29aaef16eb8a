//! `blocks`, `block` and its versions: the small texts that are in every context.

use serde::Serialize;

use crate::block::{self, Block};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{self, CommitRecord};
use crate::memory::Inner;
use crate::moment::Moment;
use crate::names::shortened;
use crate::past::Past;
use crate::store::View;
use crate::time::Timestamp;

/// What a block said after a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    Moment { known_at, true_at: None }.check(inner.now())?;
    let view = inner.view()?;
    let name = block::checked_name(name)?;
    let id = found(&view, space, &name)?;
    let block = match known_at {
        Some(known_at) => Block::read_at(&view, id, known_at)?,
        None => Block::read(&view, id)?,
    };
    block.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("the block `{name}` of `{space}` was not known then"))
            .hint("`hydra block history` lists its versions")
    })
}

pub(crate) fn versions(inner: &Inner, space: &str, name: &str) -> Result<Vec<BlockVersion>> {
    let view = inner.view()?;
    let id = found(&view, space, &block::checked_name(name)?)?;
    let mut versions = Vec::new();
    for (commit, quads) in Past::new(&view).versions(id)? {
        let block = Block::of(id, commit, &quads);
        versions.extend(journal::record(&view, commit)?.map(|commit| BlockVersion { commit, block }));
    }
    Ok(versions)
}

fn found(view: &View<'_>, space: &str, name: &str) -> Result<Id> {
    block::find(view, space, name)?.ok_or_else(|| {
        Error::new(ErrorKind::NotFound, format!("`{}` has no block `{name}`", shortened(space)))
            .hint("`hydra block list` shows those that there are; `hydra block set` makes one")
    })
}
