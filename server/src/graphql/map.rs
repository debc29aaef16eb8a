//! The map in words: how its dots are called.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::caller::Caller;
use super::scalar::{NodeId, ids};

/// A dot of the map, and what is written beside it.
#[derive(Debug, SimpleObject)]
pub struct MapLabel {
    /// The dot.
    id: NodeId,
    /// Its name, or how its text begins.
    label: String,
}

/// The map.
#[derive(Default)]
pub struct MapQuery;

#[Object]
impl MapQuery {
    /// How dots of the map are called, in the order asked for; what these spaces do not see, or was forgotten, is left out.
    #[graphql(complexity = "super::limit::ids_cost(ids.len(), child_complexity)")]
    async fn map_labels(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which; at most 400 at once.")] ids: Vec<NodeId>,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
    ) -> Result<Option<Vec<MapLabel>>> {
        let ids = self::ids(ids);
        let labels = Caller::of(context)?.look("map_labels", move |memory| memory.map_labels(&ids, &spaces)).await?;
        let labels = labels.into_iter().map(|label| MapLabel { id: NodeId(label.id), label: label.label });
        Ok(Some(labels.collect()))
    }
}
