//! Logs: what never ends is not kept whole, but counted.
//!
//! [`LogReader`] reads a log on from where it was left (`position` finds that place again after a rename or a cut).
//! `line` reads lines of anything, `record` joins them, `header` with `timestamp` (`written`) and `level` takes off
//! what stands before the message, and `structured` reads JSON. `mask` and `drain` find the template of a message; `template` counts it, and
//! tells an unusual hour. `incident` says what is worth a memory, `allowance` how many there may be; `happened` gathers them.
//! `digest` makes of it what the graph keeps, and `tail` what the next reader needs.
//!
//! `folder` finds the logs of a folder, `run` reads them once, and `follow` reads on those of a watched one.
//!
//! What stands in a log is data, whatever it says.

mod allowance;
mod digest;
mod drain;
mod folder;
mod follow;
mod happened;
mod header;
mod incident;
mod level;
mod line;
mod mask;
mod mine;
mod position;
mod reader;
mod record;
mod run;
mod structured;
mod tail;
mod template;
mod timestamp;
mod written;

pub use allowance::{MAX_EPISODES_AN_HOUR, MAX_EPISODES_READ_AN_HOUR};
pub use digest::MAX_EPISODE_BYTES;
pub use drain::{MAX_CHILDREN, MAX_TEMPLATES};
pub use folder::MAX_LOGS;
pub use follow::{Followed, LOG_QUIET, follow, may_be_log};
pub use line::MAX_LINE_BYTES;
pub use mask::{MAX_TOKEN_BYTES, MAX_TOKENS};
pub(crate) use mask::{WILDCARD, mask as mask_word};
pub use mine::{Mined, mine};
pub(crate) use position::Position;
pub use reader::{LastRecord, LogOptions, LogReader, LogStep, STEP_BYTES};
pub use record::{MAX_RECORD_BYTES, MAX_RECORD_LINES};
pub(crate) use run::{Logs, read};
pub use tail::{EPISODE_WINDOW_MS, MAX_OPEN_EPISODES};
pub use template::{MAX_EXAMPLE_BYTES, MAX_TEMPLATE_BYTES, MIN_HOURS, MIN_UNUSUAL, UNUSUAL_DEVIATIONS, UNUSUAL_FACTOR};
