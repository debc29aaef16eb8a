//! Memories of one kind, newest first, a page at a time.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Object, Result};
use hydra_graph::Id;
use serde::Deserialize;

use super::caller::Caller;
use super::error;
use super::memory::{Memory, count};
use super::scalar::{NodeId, When};
use super::scope::Scope;
use crate::verb::List;

/// The memories of one kind on a page.
#[derive(Clone, Debug, Deserialize)]
struct Page {
    records: Vec<Memory>,
    next: Option<NodeId>,
}

/// A page of memories.
pub type Memories = Connection<String, Memory>;

async fn list(
    context: &Context<'_>,
    kind: hydra_graph::Kind,
    about: Option<String>,
    scope: Scope,
    first: i32,
    after: Option<String>,
) -> Result<Option<Memories>> {
    let is_later = after.is_some();
    let list = List {
        kind,
        about,
        spaces: scope.spaces(),
        as_of: scope.as_of(),
        known_at: scope.known_at(),
        after: after.map(|after| cursor(&after)).transpose()?,
        limit: Some(count(first)?),
    };
    let page: Page = Caller::of(context)?.ask(list, &scope).await?;
    let mut connection = Connection::new(is_later, page.next.is_some());
    let last = page.records.len().saturating_sub(1);
    connection.edges.extend(page.records.into_iter().enumerate().map(|(place, memory)| {
        // A page may have been read further than its last memory.
        let at = page.next.filter(|_| place == last).unwrap_or(memory.id);
        Edge::new(at.0.to_string(), memory)
    }));
    Ok(Some(connection))
}

fn cursor(after: &str) -> Result<Id> {
    after.parse().map_err(|error| error::of_field(&error))
}

/// The memories of each kind.
#[derive(Default)]
pub struct ListQuery;

#[Object]
impl ListQuery {
    /// The facts that hold, newest first; of one subject, or of all.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn facts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The name or id of whom or what they say something.")] subject: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Option<Memories>> {
        list(context, hydra_graph::Kind::Fact, subject, Scope::new(spaces, as_of, known_at), first, after).await
    }

    /// The learnings that stand, newest first.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn learnings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what is about the entity of this name or id.")] about: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Option<Memories>> {
        list(context, hydra_graph::Kind::Learning, about, Scope::new(spaces, as_of, known_at), first, after).await
    }

    /// The preferences that stand, candidates too, newest first.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn preferences(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what is about the entity of this name or id.")] about: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Option<Memories>> {
        list(context, hydra_graph::Kind::Preference, about, Scope::new(spaces, as_of, known_at), first, after).await
    }

    /// The decisions, newest first; those that another took the place of too, which say so.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn decisions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what is about the entity of this name or id.")] about: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Option<Memories>> {
        list(context, hydra_graph::Kind::Decision, about, Scope::new(spaces, as_of, known_at), first, after).await
    }

    /// The episodes that stand, newest first: what happened or was said.
    #[graphql(complexity = "super::limit::page_cost(first, child_complexity)")]
    async fn episodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only what is about the entity of this name or id.")] about: Option<String>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "How many at most, 1 to 200.", default = 20)] first: i32,
        #[graphql(desc = "Goes on after the edge with this cursor.")] after: Option<String>,
    ) -> Result<Option<Memories>> {
        list(context, hydra_graph::Kind::Episode, about, Scope::new(spaces, as_of, known_at), first, after).await
    }
}
