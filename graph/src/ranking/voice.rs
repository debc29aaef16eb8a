//! Who said it, and when: the question may name a person or a time, and a program's words count less than a person's.

use std::collections::HashSet;
use std::ops::Range;

use super::{Candidate, Ranking, Weights, time};
use crate::names;

/// Roles in conversations with programs, as chat formats spell them.
const MACHINES: [&str; 7] = ["assistant", "ai", "bot", "model", "system", "tool", "function"];
/// Those of them that a question means when it names them; the others are words like any other.
const ADDRESSED: usize = 3;

/// What a question asks for besides its words.
pub(super) struct Voice {
    named: HashSet<u64>,
    machines: HashSet<u64>,
    time: Option<Range<i64>>,
    weights: Weights,
}

impl Voice {
    /// Reads the question.
    pub fn of(ranking: &Ranking<'_>) -> Self {
        let named: HashSet<u64> = ranking.runs.iter().map(|run| run.key).collect();
        let machines: HashSet<u64> = MACHINES.iter().map(|name| names::key(name)).collect();
        Self {
            // Who asks what the assistant said wants to hear the assistant.
            machines: if MACHINES[..ADDRESSED].iter().any(|name| named.contains(&names::key(name))) {
                HashSet::new()
            } else {
                machines
            },
            named,
            time: time::range(&ranking.question.text, ranking.inner.now()),
            weights: *ranking.weights,
        }
    }

    /// Adds to a candidate's score.
    pub fn hear(&self, candidate: &mut Candidate) {
        let weights = &self.weights;
        let is = |keys: &HashSet<u64>| candidate.card.speaker.is_some_and(|speaker| keys.contains(&speaker));
        let is_in_time = self.time.as_ref().zip(candidate.card.at).is_some_and(|(range, at)| range.contains(&at));
        let part = |counts: bool, weight: f32| (counts && weight != 0.0).then_some(weight);
        candidate.why.speaker = part(is(&self.named), weights.speaker);
        candidate.why.machine = part(is(&self.machines), -weights.machine);
        candidate.why.time = part(is_in_time, weights.time);
        let parts = [candidate.why.speaker, candidate.why.machine, candidate.why.time];
        candidate.score += parts.into_iter().flatten().sum::<f32>();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Card;

    #[test]
    fn a_text_of_no_known_time_lies_in_none() {
        let time = time::range("what happened in 1970", crate::time::Timestamp::from_millis(1_795_392_000_000));
        let voice = Voice { named: HashSet::new(), machines: HashSet::new(), time, weights: Weights::CHOSEN };
        let time_of = |at: Option<i64>| {
            let mut candidate = Candidate { card: Card { at, ..Card::default() }, ..Candidate::default() };
            voice.hear(&mut candidate);
            candidate.why.time
        };
        assert_eq!((time_of(Some(0)), time_of(None)), (Some(Weights::CHOSEN.time), None));
    }
}
