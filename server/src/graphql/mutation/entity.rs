//! Who is who: other names, merges and splits.

use async_graphql::{Context, Object, Result, SimpleObject};
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::scalar::{NodeId, ids};
use crate::verb::{Alias, Merge, Split};

/// A name that was given or taken away.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct AliasPayload {
    /// The entity.
    id: NodeId,
    /// Its name for people.
    name: String,
    /// The other name.
    alias: String,
    /// The commit, for `undo`; null in a dry run, and if it had the name already.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Other entities that go by it too.
    #[serde(default)]
    shared_with: Vec<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Two entities that are one from now on.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct MergePayload {
    /// The one that stays.
    id: NodeId,
    /// Its name.
    name: String,
    /// The one that it stands for.
    merged: NodeId,
    /// The name of that one.
    merged_name: String,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// How many memories are about the one that stays, now.
    memories: usize,
    /// How many links lead to it or come from it, now.
    links: usize,
    /// Conflicts between what was known of one and of the other.
    #[serde(default)]
    conflicts: Vec<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Two entities that are two again.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct SplitPayload {
    /// The one that stands for itself again.
    id: NodeId,
    /// Its name.
    name: String,
    /// The one that it was merged into.
    from: NodeId,
    /// The name of that one.
    from_name: String,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// How many memories are its own again.
    memories: usize,
    /// How many links lead to it or come from it again.
    links: usize,
    /// Conflicts that only the merge had made.
    #[serde(default)]
    closed: Vec<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Who is who.
#[derive(Default)]
pub struct EntityMutation;

#[Object]
impl EntityMutation {
    /// Gives an entity another name, or takes one away.
    async fn alias(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name or id.")] of: String,
        #[graphql(desc = "The other name.")] alias: String,
        #[graphql(desc = "Whether to take it away.", default)] remove: bool,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<AliasPayload>> {
        Caller::of(context)?.tell(Alias { of, alias, remove, reason }, dry_run).await.map(Some)
    }

    /// Has one entity stand for another from now on: what is known of either is known of the one that stays.
    async fn merge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The one that stays: its name or id.")] keep: String,
        #[graphql(desc = "The other: its name or id.")] other: String,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<MergePayload>> {
        Caller::of(context)?.tell(Merge { keep, other, reason }, dry_run).await.map(Some)
    }

    /// Has a merged entity stand for itself again.
    async fn split(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The one that was merged: its id, or a name of its own.")] of: String,
        #[graphql(desc = "Memories that go with it, though they were told of the one that stays.", default)] take: Vec<
            NodeId,
        >,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<SplitPayload>> {
        Caller::of(context)?.tell(Split { of, take: ids(take), reason }, dry_run).await.map(Some)
    }
}
