//! The session ends.

use hydra_graph::Result;

use super::{Answer, Call};

/// Handles it.
pub(super) fn run(_call: &Call<'_>) -> Result<Answer> {
    Ok(Answer::Nothing)
}
