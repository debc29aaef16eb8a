//! The session ends; the client waits a second and a half for this.

use hydra_graph::Result;

use super::{Answer, Call};

/// Has what is new in the transcript taken in.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    call.take_transcripts();
    Ok(Answer::Nothing)
}
