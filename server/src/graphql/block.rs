//! Core blocks: small named texts of a space that are in every context.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use serde::Deserialize;

use super::caller::Caller;
use super::commit::Commit;
use super::markdown::Markdown;
use super::memory::Trust;
use super::scalar::{DateTime, NodeId};
use super::scope::Scope;
use crate::verb::{BlockHistory, Blocks};

/// A core block.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct CoreBlock {
    /// Its id.
    id: NodeId,
    /// Its name, once in its space.
    name: String,
    /// The space that it belongs to.
    space: String,
    /// What it says.
    text: String,
    /// How long it is.
    size_bytes: usize,
    /// How long it may be.
    limit_bytes: usize,
    /// How far who wrote it last is trusted.
    trust: Trust,
    /// Who wrote it last.
    agent: String,
    /// When it was changed last.
    changed_at: DateTime,
    /// The commit that changed it last, for `basedOn`; null where an edit was only tried.
    commit: Option<NodeId>,
}

/// A core block as it was after a commit.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct BlockVersion {
    /// Who, when, why.
    commit: Commit,
    /// What it said then; null if it was not there.
    block: Option<CoreBlock>,
}

#[derive(Deserialize)]
struct Versions {
    versions: Vec<BlockVersion>,
}

#[ComplexObject]
impl CoreBlock {
    /// Its text as it is meant to be read, taken apart; null if that is how it is written, or if it is very long.
    async fn markdown(&self) -> Option<Markdown> {
        Markdown::of(&self.text)
    }

    /// Every version of it, newest first.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn history(&self, context: &Context<'_>) -> Result<Vec<BlockVersion>> {
        let history = BlockHistory { name: self.name.clone(), space: Some(self.space.clone()) };
        Ok(Caller::of(context)?.ask::<_, Versions>(history, &Scope::everything()).await?.versions)
    }
}

#[derive(Deserialize)]
struct All {
    blocks: Vec<CoreBlock>,
}

/// What always holds.
#[derive(Default)]
pub struct BlockQuery;

#[Object]
impl BlockQuery {
    /// The core blocks, in the order in which a context shows them.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn core_blocks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<Option<Vec<CoreBlock>>> {
        let scope = Scope::new(spaces, None, None);
        let all: All = Caller::of(context)?.ask(Blocks { spaces: scope.spaces() }, &scope).await?;
        Ok(Some(all.blocks))
    }
}
