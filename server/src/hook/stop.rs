//! The agent has answered: what is new in the transcript is taken in, and once in a conversation, if something was learned in
//! it, the agent is offered to keep that in its own words. It never has to.

use hydra_graph::Result;
use hydra_ingest::{Learned, OFFER};

use super::{Answer, Call};

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    let input = call.input;
    // Looked at before it is taken in: whoever asks waits for the answer alone. An agent that goes on because it was asked
    // to is not asked again.
    let offer = match input.is_stop_active || input.session.is_empty() {
        true => None,
        false => call.session.taking.offer(call.memory, &input.session, &input.transcript),
    };
    call.take_transcripts();
    Ok(offer.map_or(Answer::Nothing, |learned| Answer::Block(reason(learned))))
}

/// What the agent is told: one line.
fn reason(learned: Learned) -> String {
    let things = match learned.lessons {
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    };
    format!(
        "{OFFER} ({things}: an error that was mended, a correction or a decision). If it will help next time, call \
         Hydra's `learn` once with one short line; if not, just stop."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_one_line_that_is_known_again() {
        let reason = reason(Learned { lessons: 2, is_offered: false });
        assert!(reason.starts_with(OFFER) && !reason.contains('\n') && reason.contains("2 things"), "{reason}");
    }
}
