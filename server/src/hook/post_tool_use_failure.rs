//! A tool failed: what was learned the last time that the same went wrong.

use std::cmp::Reverse;

use hydra_graph::{Deed, Fit, Outcome, Result};
use hydra_ingest::error_signature;

use super::deed::{folder, named};
use super::injection::{self, Candidate, FAILURE_TOKENS, Ground};
use super::quoted::Quote;
use super::{Answer, Call};

/// So much of what a learning is triggered by has to stand in an error, by the weight of its words, if it is not the very
/// same error.
const TRIGGER_SHARE: f32 = 0.6;
/// And so many different words.
const TRIGGER_TERMS: usize = 3;

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    let input = call.input;
    // Who stopped it knows why.
    if input.is_interrupt || input.error.trim().is_empty() {
        return Ok(Answer::Nothing);
    }
    let signature = error_signature(&input.error);
    let mut found = Vec::new();
    let deed = Deed { error: input.error.clone(), folder: folder(input), ..Deed::default() };
    for known in call.memory.at_hand(&deed)? {
        let (Fit::Trigger(covered), Some(learning)) = (&known.fit, &known.record.learning) else { continue };
        let is_same = signature.is_some() && error_signature(&learning.trigger) == signature;
        let fits = is_same || (covered.share >= TRIGGER_SHARE && covered.terms >= TRIGGER_TERMS);
        let why = match is_same {
            true => "it is about the same error".to_owned(),
            false => format!("{:.0} % of when it applies stands in the error", covered.share * 100.0),
        };
        // What worked comes before what did not.
        let place = (!is_same, learning.outcome == Outcome::Failed, Reverse((covered.share * 1e4) as u32));
        found.push((place, Candidate { quote: Quote::of_record(&known.record), why, fits }));
    }
    found.sort_by_key(|(place, _)| *place);
    let ground = Ground { about: named(input), answer: None, tokens: FAILURE_TOKENS, is_always_noted: false };
    injection::give(call, ground, found.into_iter().map(|(_, candidate)| candidate).collect())
}
