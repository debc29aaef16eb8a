//! Commits: who changed what, when and why.

use async_graphql::{ComplexObject, Context, Object, Result, SimpleObject};
use serde::Deserialize;

use super::caller::Caller;
use super::loader;
use super::memory::{Memory, count};
use super::scalar::{DateTime, NodeId};
use super::scope::Scope;
use crate::verb;

/// A commit.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Commit {
    /// Its id; hand it to `undo` to take it back.
    pub id: NodeId,
    /// When it was acknowledged.
    at: DateTime,
    /// Who asked for it.
    agent: String,
    /// What was done: `remember`, `forget`, `ingest`, `undo` and so on.
    verb: String,
    /// Of an update, which one it was: superseded, settled, retracted, ended or restored.
    change: Option<String>,
    /// Why, if it was said.
    reason: Option<String>,
    /// The commit that this one took back.
    undoes: Option<NodeId>,
    /// How many memories, passages and others it touched.
    touched: usize,
}

/// A commit, and what it touched.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(complex)]
pub struct Change {
    /// Who, when, why.
    pub commit: Commit,
    /// The ids of what it touched, at most 100; `commit.touched` counts all.
    touched: Vec<NodeId>,
    #[graphql(skip)]
    #[serde(skip, default = "Scope::current")]
    scope: Scope,
}

#[ComplexObject]
impl Change {
    /// The memories, passages and files among what it touched, as they are now.
    #[graphql(complexity = "super::limit::ids_cost(10, child_complexity)")]
    async fn memories(&self, context: &Context<'_>) -> Result<Vec<Memory>> {
        loader::memories(context, &self.touched, &self.scope).await
    }
}

/// Commits, oldest first.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Changes {
    /// The commits.
    pub commits: Vec<Change>,
    /// What to go on after: the last commit that was looked at, whether or not the spaces see it.
    pub newest: Option<NodeId>,
    /// Whether there are more behind it; of those that go back, before its first.
    pub is_more: bool,
}

/// Calls of one kind that the server refused.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Refusal {
    /// Who called: an agent's name, or an address.
    who: String,
    /// What they called.
    route: String,
    /// Why they were refused.
    why: String,
    /// How often.
    times: usize,
    /// The first time.
    first: DateTime,
    /// The last time.
    last: DateTime,
}

#[derive(Deserialize)]
struct Refused {
    refusals: Vec<Refusal>,
}

/// What was changed.
#[derive(Default)]
pub struct CommitQuery;

#[Object]
impl CommitQuery {
    /// The commits after one, oldest first; the newest few if none is named. The subscription of the same name goes on from
    /// there.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The last commit that is known already.")] after: Option<NodeId>,
        #[graphql(desc = "Going back instead: the last few before this commit.")] before: Option<NodeId>,
        #[graphql(desc = "Only commits that did one of these, as forget; all if there are none.", default)] verbs: Vec<
            String,
        >,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
    ) -> Result<Option<Changes>> {
        let scope = Scope::new(spaces, None, None);
        let changes = verb::Changes {
            after: after.map(|id| id.0),
            before: before.map(|id| id.0),
            verbs,
            spaces: scope.spaces(),
            limit: Some(count(first)?),
        };
        Caller::of(context)?.ask(changes, &scope).await.map(Some)
    }

    /// The calls that were refused last, newest first, alike ones counted together; they are written down once a minute.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn refusals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many kinds at most, 1 to 1000.", default = 50)] first: i32,
    ) -> Result<Option<Vec<Refusal>>> {
        let refusals = verb::RefusedCalls { limit: Some(count(first)?) };
        let told: Refused = Caller::of(context)?.ask(refusals, &Scope::everything()).await?;
        Ok(Some(told.refusals))
    }
}
