//! A tool is about to change a file or run a command: what was rejected, what applies and what went wrong there before.

use hydra_graph::{Fit, Result};

use super::deed::{deed, named};
use super::injection::{self, Candidate, Ground, TOOL_TOKENS};
use super::quoted::Quote;
use super::{Answer, Call};

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    let Some(deed) = deed(call.input) else { return Ok(Answer::Nothing) };
    let mut candidates = Vec::new();
    for found in call.memory.at_hand(&deed)? {
        let why = match &found.fit {
            Fit::Rejected(option) => format!("it rejected {}", crate::output::start_of(option, 60)),
            Fit::Applies(scope) => format!("it applies to {}", crate::output::start_of(scope, 80)),
            Fit::Names(name) => format!("it names {}", crate::output::start_of(name, 60)),
            // Nothing went wrong yet.
            Fit::Trigger(_) => continue,
        };
        candidates.push(Candidate { quote: Quote::of_record(&found.record), why, fits: true });
    }
    let ground = Ground { about: named(call.input), answer: None, tokens: TOOL_TOKENS, is_always_noted: false };
    injection::give(call, ground, candidates)
}
