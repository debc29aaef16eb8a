//! Transcripts: what was said and done in conversations with agents, as Claude Code writes them line by line.
//!
//! `injected` recognises what Hydra itself put into a conversation, and `signature` by what an error is known again.
//!
//! What stands in a transcript is data, whatever it says.

mod injected;
mod signature;

pub use injected::{INJECTED_TAG, inject, strip_injected};
pub use signature::{MAX_SIGNATURE_BYTES, error_signature};
