//! SPARQL on what a caller sees: the words that a query may leave undeclared, the work it may cost, what it reads, what an
//! update would change, and how an answer looks. Nothing here writes, and nothing goes out.

mod answer;
mod budget;
mod dataset;
mod depth;
mod format;
mod guard;
mod interrupt;
mod metered;
pub(crate) mod own;
mod prefix;
mod service;
mod similar;
mod stack;
mod unknown;
mod update;

pub use answer::{MAX_ANSWER_BYTES, QueryForm, Value, ValueKind};
pub(crate) use answer::{failed, take};
pub(crate) use budget::{Budget, caught};
pub use budget::{MAX_QUERY_READ, MAX_QUERY_STEPS};
pub use dataset::Part;
pub(crate) use dataset::{Readable, has_graph};
pub use format::AnswerFormat;
pub(crate) use format::{Rows, Statements, write_yes_or_no};
pub(crate) use guard::{Language, NoService, parse, parse_update};
pub use guard::{MAX_NESTING, MAX_OPERATIONS, MAX_SPARQL_BYTES, MAX_UPDATE_BYTES, MAX_UPDATE_OPERATIONS};
pub use interrupt::Interrupt;
pub(crate) use metered::{meter, metered};
pub use prefix::PREFIXES;
pub(crate) use service::RecallService;
pub use service::{DEFAULT_RECALLED, RECALL_SERVICE};
pub(crate) use similar::Comparison;
pub use similar::{MAX_COMPARED, SIMILAR_FUNCTION};
pub(crate) use stack::{on_deep_stack, on_own_thread_within};
pub(crate) use unknown::unknown;
pub use update::MAX_UPDATE_QUADS;
pub(crate) use update::Updating;
