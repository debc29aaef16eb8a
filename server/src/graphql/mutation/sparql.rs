//! What has no field of its own: changes in SPARQL.

use async_graphql::{Context, Object, Result, SimpleObject};
use hydra_graph::SparqlUpdate;
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::limit::MAX_COST;
use super::super::scalar::NodeId;

/// So many updates in one document are too many: each may take as long as a query, on the one writer.
const TOO_MANY: usize = 5;

/// What an update in SPARQL changed, or would.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct SparqlUpdatePayload {
    /// The commit, for `undo`; null in a dry run, and if nothing had to change.
    #[serde(default, rename = "commit")]
    undo: Option<NodeId>,
    /// Statements that were added, those of memories included.
    added: usize,
    /// Statements that were removed.
    removed: usize,
    /// Memories that were told; none of a dry run.
    #[serde(default)]
    memories: Vec<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// Changes in SPARQL.
#[derive(Default)]
pub struct SparqlMutation;

#[Object]
impl SparqlMutation {
    /// Changes graphs of your own by an update in SPARQL, and tells memories that it inserts; one commit, through the same
    /// checks as any other. The words of the graph are in schema/hydra.ttl, the usual prefixes are there.
    #[graphql(complexity = "MAX_COST / TOO_MANY + child_complexity")]
    async fn sparql_update(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "INSERT DATA, DELETE WHERE and others, one after the other by `;`.")] update: String,
        #[graphql(desc = "Why.")] reason: Option<String>,
        #[graphql(desc = "Works it out, checks everything, says what it would do, and writes nothing.", default)]
        dry_run: bool,
    ) -> Result<Option<SparqlUpdatePayload>> {
        let update = SparqlUpdate { text: update, reason, is_dry_run: dry_run, ..SparqlUpdate::default() };
        let mut payload: SparqlUpdatePayload = Caller::of(context)?.change(update).await?;
        if dry_run {
            payload.memories.clear();
        }
        Ok(Some(payload))
    }
}
