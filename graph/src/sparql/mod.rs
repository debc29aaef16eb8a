//! SPARQL on what a caller sees: the words that a query may leave undeclared, the work it may cost, what it reads, and
//! how its answer looks. Nothing here writes, and nothing goes out.

mod answer;
mod budget;
mod dataset;
mod guard;
mod prefix;
mod unknown;

pub(crate) use answer::take;
pub use answer::{AnswerFormat, MAX_ANSWER_BYTES, QueryForm, Value, ValueKind};
pub(crate) use budget::Budget;
pub use budget::{MAX_QUERY_READ, MAX_QUERY_STEPS};
pub(crate) use dataset::{Readable, has_graph};
pub use guard::{MAX_NESTING, MAX_OPERATIONS, MAX_SPARQL_BYTES};
pub(crate) use guard::{NoService, parse};
pub use prefix::PREFIXES;
pub(crate) use unknown::unknown;
