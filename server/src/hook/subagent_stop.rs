//! A sub-agent has answered.

use hydra_graph::Result;

use super::{Answer, Call};

/// Has what is new in the transcript taken in.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    call.take_transcripts();
    Ok(Answer::Nothing)
}
