//! One file a verb: each reads one view, or hands one decision to the writer, and returns plain data.

pub mod blocks;
pub mod check;
mod claim;
pub mod conflicts;
pub mod context;
pub mod document;
pub mod edit_block;
pub mod erase;
mod erased;
pub mod explain;
pub mod forget;
pub mod forgetting;
pub mod get;
pub mod happening;
mod last_reading;
pub mod learn;
pub mod packing;
pub mod predicates;
pub mod recall;
pub mod remember;
mod stating;
pub mod subject;
mod telling;
pub mod timeline;
mod twin;
pub mod undo;
pub mod update;
