//! Names that a text says without linking them, found with Aho-Corasick over the names that the graph knows.
//!
//! Nothing of it is kept: which names there are is in the graph, and what a text says is in the text. So a mention is the
//! same whatever came first, goes with its passage, and costs whoever writes nothing. The automaton only tells where a
//! name may stand; whether one is known, and whose it is, is asked of the view that somebody looks at.

mod common;
mod fold;
mod known;
mod prose;
mod rule;

pub(crate) use fold::Folded;
pub(crate) use known::{Finder, KnownNames};
pub(crate) use prose::Prose;
pub(crate) use rule::{is_said, may_be_name};
