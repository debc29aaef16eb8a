//! A tool ran. There is nothing to say, and what it did is read from the transcript: the client need not even call this.

use hydra_graph::Result;

use super::{Answer, Call};

/// Handles it.
pub(super) fn run(_call: &Call<'_>) -> Result<Answer> {
    Ok(Answer::Nothing)
}
