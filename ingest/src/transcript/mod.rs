//! Transcripts: what was said and done in conversations with agents, as Claude Code writes them line by line.
//!
//! `line` reads whole lines of a file that is still written to, `entry` what one says, and `words` what of that somebody really
//! said; `call` says in short what was done with a tool. `turn` makes turns of it, each once, and `reader` puts them into
//! the graph with the place that was read to (`state`). `injected` recognises what Hydra itself put into a conversation.
//!
//! `lesson` finds what can be learned without a model, `signature` by what an error is known again, and `teach` tells it.
//! `folder` finds transcripts and the client's own memory files, `run` reads them once, and `follow` those of a watched folder.
//!
//! What stands in a transcript is data, whatever it says: a program may have written it.

mod call;
mod entry;
mod folder;
mod follow;
mod injected;
mod lesson;
mod line;
mod reader;
mod run;
mod signature;
mod state;
mod summary;
mod teach;
mod turn;
mod words;

pub use call::{MAX_CALL_BYTES, MAX_ERROR_BYTES, MAX_RESULT_BYTES};
#[cfg(feature = "fuzzing")]
pub(crate) use entry::Entry;
pub use folder::MAX_TRANSCRIPTS;
pub use follow::{follow_transcripts, may_be_transcript};
pub use injected::{INJECTED_TAG, inject, strip_injected};
pub use lesson::{Candidate, MAX_FIX_STEPS, MIN_TOUCHES, candidates};
pub use line::MAX_TRANSCRIPT_LINE_BYTES;
pub use reader::{Learned, MAX_PEEKED_BYTES, OFFER, peek};
pub use run::TranscriptProgress;
pub(crate) use run::{Transcripts, read_all};
pub use signature::{MAX_SIGNATURE_BYTES, error_signature};
pub use state::MAX_OPEN_CALLS;
pub use summary::TranscriptSummary;
pub use turn::{MAX_TOOL_TURNS, MAX_TURN_BYTES, MAX_TURNS};
