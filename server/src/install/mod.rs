//! Puts Hydra into an agent's own settings, and takes exactly that out again.
//!
//! - [`place`] is where the agent keeps its files, [`hook`] and [`server`] are what is written into them, the same in
//!   settings and in the plugin folder ([`plugin`]).
//! - [`document`] is the text of such a file, [`hook_groups`] are our entries among the hooks in it; everything else in it stays byte for byte.
//! - [`enabled`] finds the same as a plugin, beside which an installation does everything twice.
//! - [`file`] reads a file and replaces it only if it is still what was read; [`difference`] shows the change before.
//! - [`record`] remembers in the data folder what was written where, [`backup`] how the file was before.
//! - [`plan`] puts these together: what would be written, and writing it whole or not at all; [`transaction`] carries
//!   it out together with copies and record.
//!
//! Nothing here asks a memory anything, and nothing writes to a file before its owner has seen the change.

pub mod backup;
pub mod difference;
pub mod document;
pub mod enabled;
pub mod file;
pub mod hook;
pub mod hook_groups;
pub mod place;
pub mod plan;
#[cfg(test)]
mod plugin;
pub mod program;
pub mod record;
pub mod server;
pub mod transaction;
