//! Speaks the Model Context Protocol: what agents see of a memory.
//!
//! - [`Crossing`] is the one place where async code enters the synchronous library; the HTTP server uses it too.
//! - [`router`] is the MCP server as something to mount, `session.rs` its sessions; [`tool_list`] is what it offers. One
//!   file in `tool/` is one tool: its description, its parameters, one verb, its answer.
//! - `resource/` is what clients may read and watch, `prompt.rs` what people may ask for by name; `subscription.rs`
//!   finds out what reads differently after a commit.
//! - [`bridge`] is the other end: a standard input and output that pass messages on to a running server, so that any
//!   number of agent sessions share one open store.
//! - [`when`] reads the points in time that people and agents write.
//!
//! Nothing here decides what is true or who is trusted: who calls is stamped in `caller.rs`, what they may do is said by
//! whoever let them in (`right.rs`), and every text that was read from a file is handed on as a quotation.

mod answer;
mod argument;
pub mod bridge;
mod caller;
mod crossing;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod handler;
mod http;
mod identity;
mod parameter;
mod place;
mod prompt;
pub mod proposal;
mod resource;
mod right;
mod schema;
mod session;
mod share;
mod subscription;
mod tool;
pub mod when;

pub use caller::CLIENT_HEADER;
pub use crossing::{
    Crossing, MAX_CONCURRENT_QUERIES, MAX_CONCURRENT_VERBS, MAX_LONG_VERBS, MAX_WAITING_VERBS, observe_recall,
};
pub use http::{Access, Shared, router};
pub use identity::{NAME, VERSION};
pub use place::{Place, Places};
pub use right::{Holder, OnMissing, Right, Rights};
pub use share::gives_way;
pub use tool::list as tool_list;
