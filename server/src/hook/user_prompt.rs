//! The person sent a prompt: what is remembered of it, if anything fits. A session that began while no server was running is
//! also given what it should have begun with.

use hydra_graph::Result;

use super::{Answer, Call, injection, session_start, waiting};

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    let begun_in = waiting::take(&call.session.data_dir, &call.input.session);
    let start = begun_in.map(|folder| session_start::give(call, &folder)).transpose()?;
    let answer = match injection::question(call.memory, &call.input.prompt)? {
        Some(question) => injection::answer_prompt(call, &question)?,
        None => Answer::Nothing,
    };
    Ok(match (start, answer) {
        (Some(Answer::Context(start)), Answer::Context(text)) => Answer::Context(format!("{start}\n{text}")),
        (Some(Answer::Context(start)), Answer::Nothing) => Answer::Context(start),
        (_, answer) => answer,
    })
}
