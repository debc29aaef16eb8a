//! The person sent a prompt: what is remembered of it, if anything fits.

use hydra_graph::Result;

use super::{Answer, Call, injection};

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    match injection::question(call.memory, &call.input.prompt)? {
        Some(question) => injection::answer_prompt(call, &question),
        None => Ok(Answer::Nothing),
    }
}
