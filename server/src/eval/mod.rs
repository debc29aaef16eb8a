//! Measures recall on sets of documents and questions whose answers are known.
//!
//! A set has one folder for each haystack: `corpus.jsonl` (`id`, `text`, and where known `session`, `speaker`, `ts`)
//! goes into a memory of its own, `queries.jsonl` (`id`, `text`, `category`, `gold`) is asked of it. Everything goes
//! through the same verbs as any other memory.

mod ablation;
mod date;
mod haystack;
mod injection;
mod kept;
mod metric;
mod report;
mod run;
mod trial;
mod tune;

pub use ablation::ablation;
pub use haystack::sets;
pub use injection::{HEAD, Injections, Row, across, injection};
pub use report::Report;
pub use run::{Choices, Watch, run};
pub use tune::tune;
