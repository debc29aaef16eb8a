//! The map: what is pinned where, and laying it out anew.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::scalar::NodeId;
use crate::map::Tidying;
use crate::verb::{Pin, TidyMap};

/// A place on the map.
#[derive(Debug, InputObject)]
pub struct PlaceInput {
    /// To the right.
    x: f32,
    /// Downwards.
    y: f32,
}

/// Something that was pinned, or let go.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct PinPayload {
    /// What.
    id: NodeId,
    /// Where it is kept; null if it was let go.
    #[serde(default)]
    at: Option<Vec<f32>>,
    /// The commit, for `undo`; null in a dry run, and if nothing changed.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// What is to be done with the layout of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum TidyAct {
    /// Lays everything out anew and shows nothing of it yet.
    Preview,
    /// Shows what was tried.
    Keep,
    /// Goes back to the layout before.
    Undo,
}

/// What tidying did, or would do.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct TidyPayload {
    /// Counts layouts: the one that is shown from now on, or that was tried.
    epoch: u64,
    /// How many things moved, or would.
    moved: usize,
    /// How many things there are on the map.
    nodes: usize,
    /// Whether it is shown: a preview is not.
    is_kept: bool,
    /// Whether it can be taken back.
    can_undo: bool,
}

/// The map.
#[derive(Default)]
pub struct MapMutation;

#[Object]
impl MapMutation {
    /// Keeps something at a place of the map, whatever is laid out anew; or lets it go.
    async fn pin(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "A memory, a note, a name or a tag.")] id: NodeId,
        #[graphql(desc = "Where; lets it go if left out.")] at: Option<PlaceInput>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<PinPayload>> {
        let pin = Pin { id: id.0, at: at.map(|at| [at.x, at.y]) };
        Caller::of(context)?.tell(pin, dry_run).await.map(Some)
    }

    /// Lays the map out anew, shows that, or goes back to how it was.
    async fn tidy_map(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of these.")] act: TidyAct,
    ) -> Result<Option<TidyPayload>> {
        let act = match act {
            TidyAct::Preview => Tidying::Preview,
            TidyAct::Keep => Tidying::Keep,
            TidyAct::Undo => Tidying::Undo,
        };
        Caller::of(context)?.tell(TidyMap { act }, false).await.map(Some)
    }
}
