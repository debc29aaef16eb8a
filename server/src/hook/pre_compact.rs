//! The conversation is about to be compacted: nothing can be put into it here, SessionStart comes right after.

use hydra_graph::Result;

use super::{Answer, Call};

/// Has what is new in the transcript taken in.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    call.take_transcripts();
    Ok(Answer::Nothing)
}
