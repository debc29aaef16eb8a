//! Forgetting, which can be undone, and erasing, which can't.

use async_graphql::{Context, Object, Result, SimpleObject};
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::scalar::{NodeId, ids};
use super::tell::needs;
use crate::verb::{Erase, Forget};

/// A memory, and what would become of it.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct Consequence {
    /// The memory or passage.
    id: NodeId,
    /// What it is.
    kind: String,
    /// How its text begins.
    text: String,
    /// How far it is trusted.
    trust: String,
    /// The space that it belongs to.
    space: String,
}

/// What was forgotten, or what would be.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct ForgetPayload {
    /// What was named.
    ids: Vec<NodeId>,
    /// The commit, for `undo`; null in a dry run, and if all of it was forgotten already.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// How many passages went with it; of a dry run they are among those that would go.
    #[serde(default)]
    passages: usize,
    /// Of a dry run: what would go.
    #[serde(default, rename = "forgotten")]
    would_go: Vec<Consequence>,
    /// Of a dry run: what rests on it and would be stale.
    #[serde(default, rename = "stale")]
    would_be_stale: Vec<Consequence>,
    /// Of a dry run: what was forgotten before.
    #[serde(default)]
    already: Vec<NodeId>,
    /// Of a dry run: how many consequences there was no room for.
    #[serde(default)]
    left_out: usize,
    /// Whether it was only tried.
    dry_run: bool,
}

/// A place that erased words are gone from, or are not.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct Removal {
    /// The place.
    place: String,
    /// Whether they are gone from it.
    is_done: bool,
    /// What there is to say of it.
    note: Option<String>,
}

/// What was erased for good.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct ErasePayload {
    /// What was named.
    ids: Vec<NodeId>,
    /// The commit that says so. It can't be undone; null in a dry run.
    commit: Option<NodeId>,
    /// How many passages went with it.
    #[serde(default)]
    passages: usize,
    /// Where the words are gone from.
    #[serde(default)]
    removed: Vec<Removal>,
    /// What may still hold them.
    #[serde(default)]
    remains: Vec<String>,
    /// Of a dry run: what would go.
    #[serde(default, rename = "forgotten")]
    would_go: Vec<Consequence>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Forgetting and erasing.
#[derive(Default)]
pub struct ForgetMutation;

#[Object]
impl ForgetMutation {
    /// Has memories, passages or files never recalled again; `undo` takes it back. A dry run shows what would go.
    async fn forget(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] ids: Vec<NodeId>,
        #[graphql(desc = "Files that were read, by their paths, instead of ids.", default)] paths: Vec<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<ForgetPayload>> {
        let forget = Forget { ids: self::ids(ids), paths, spaces, reason, dry_run, ..Forget::default() };
        // It has a dry run of its own, which also tells the consequences.
        Caller::of(context)?
            .tell(forget, false)
            .await
            .map(Some)
            .map(|payload: Option<ForgetPayload>| payload.map(|payload| ForgetPayload { dry_run, ..payload }))
    }

    /// Erases for good, from every file of the memory: only the owner can, and nothing brings it back. A dry run, which
    /// this is unless `confirm` is true, shows what would go. It takes as long as copying the memory does.
    async fn erase(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] ids: Vec<NodeId>,
        #[graphql(desc = "Files that were read, by their paths, instead of ids.", default)] paths: Vec<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Whether it is meant; else it is only shown what would go.", default)] confirm: bool,
    ) -> Result<Option<ErasePayload>> {
        let caller = Caller::of(context)?;
        let ids = self::ids(ids);
        needs("nothing was named to erase", !(ids.is_empty() && paths.is_empty()), "give ids, as recall prints them")?;
        if confirm {
            return caller.tell_long(Erase { ids, paths, spaces, reason }, |_| ()).await.map(Some);
        }
        let mode = Some("erase".to_owned());
        let shown = Forget { ids, paths, spaces, reason, mode, dry_run: true, query: None };
        let payload: ErasePayload = caller.tell(shown, false).await?;
        Ok(Some(ErasePayload { dry_run: true, ..payload }))
    }
}
