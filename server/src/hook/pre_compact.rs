//! The conversation is about to be compacted: nothing can be put into it here, SessionStart comes right after.

use hydra_graph::Result;

use super::{Answer, Call};

/// Handles it.
pub(super) fn run(_call: &Call<'_>) -> Result<Answer> {
    Ok(Answer::Nothing)
}
