//! The map: everything that is worth a dot, what ties it together, and where it lies so that it lies there tomorrow too.
//!
//! An [`Atlas`] holds what the graph says of dots and ties and is brought up by reading only what commits touched
//! (`verbs/map.rs`). From it comes a [`MapGraph`], ranked and bounded; a [`Placement`] says where its nodes are. All of it is
//! derived: it may be thrown away at any time, and what the owner decided (pins) is in the graph.

mod atlas;
mod community;
mod disc;
mod dot;
mod drawing;
mod force;
mod layout;
mod placement;

pub use self::atlas::Atlas;
pub use self::dot::{MapGraph, MapKind, MapMarks, MapNode, NEVER};
pub use self::layout::MAX_REGIONS;
pub use self::placement::{Placed, PlacedRegion, Placement};

/// Nodes that a map shows at most: the most telling of all, with the honest number of all beside them.
pub const MAX_MAP_NODES: usize = 100_000;
/// Links that a map shows at most.
pub const MAX_MAP_LINKS: usize = 500_000;
/// Texts of nodes that are named at once.
pub const MAX_MAP_LABELS: usize = 400;
