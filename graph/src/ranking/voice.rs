//! Who said it, and when: the question may name a person or a time, and a program's words count less than a person's.
//!
//! Whoever is named may have said nothing to the point: what nobody said but is about them counts as much, and what may be
//! theirs half of that, or every word of theirs would stand above the fact that answers the question.

use std::collections::HashSet;
use std::ops::Range;

use super::{Candidate, Candidates, Ranking, Weights, time};
use crate::names;

/// Roles in conversations with programs, as chat formats spell them.
const MACHINES: [&str; 7] = ["assistant", "ai", "bot", "model", "system", "tool", "function"];
/// Those of them that a question means when it names them; the others are words like any other.
const ADDRESSED: usize = 3;
/// What nobody is known to have said may be theirs whom the question names: of what it counts to be theirs, this share.
const UNKNOWN_VOICE: f32 = 0.5;

/// What a question asks for besides its words.
pub(super) struct Voice {
    named: HashSet<u64>,
    /// Those of them that speak in the memory.
    heard: HashSet<u64>,
    machines: HashSet<u64>,
    pub time: Option<Range<i64>>,
    weights: Weights,
}

impl Voice {
    /// Reads the question, and among what the indexes found who of those it names speaks.
    pub fn of(ranking: &Ranking<'_>, candidates: &Candidates) -> Self {
        let named: HashSet<u64> = ranking.runs.iter().map(|run| run.key).collect();
        let speakers = candidates.values().filter_map(|candidate| candidate.card.speaker);
        let machines: HashSet<u64> = MACHINES.iter().map(|name| names::key(name)).collect();
        Self {
            // Who asks what the assistant said wants to hear the assistant.
            machines: if MACHINES[..ADDRESSED].iter().any(|name| named.contains(&names::key(name))) {
                HashSet::new()
            } else {
                machines
            },
            heard: speakers.filter(|speaker| named.contains(speaker)).collect(),
            named,
            time: time::range(&ranking.question.text, ranking.inner.now()),
            weights: *ranking.weights,
        }
    }

    /// Adds to a candidate's score.
    pub fn hear(&self, candidate: &mut Candidate) {
        let weights = &self.weights;
        let is = |keys: &HashSet<u64>| candidate.card.speaker.is_some_and(|speaker| keys.contains(&speaker));
        // When it happened, or a day that it names.
        let mut times = candidate.card.at.iter().chain(&candidate.card.times);
        let is_in_time = self.time.as_ref().is_some_and(|range| times.any(|at| range.contains(at)));
        let part = |counts: bool, weight: f32| (counts && weight != 0.0).then_some(weight);
        let is_unknown = !self.heard.is_empty() && candidate.card.speaker.is_none();
        let is_about = is_unknown && candidate.card.about.iter().any(|key| self.heard.contains(key));
        candidate.why.speaker = part(is(&self.named), weights.speaker);
        candidate.why.subject = part(is_about, weights.speaker);
        candidate.why.machine = part(is(&self.machines), -weights.machine);
        candidate.why.time = part(is_in_time, weights.time);
        let parts = [candidate.why.speaker, candidate.why.subject, candidate.why.machine, candidate.why.time];
        candidate.score += parts.into_iter().flatten().sum::<f32>();
        if is_unknown && !is_about {
            candidate.score += weights.speaker * UNKNOWN_VOICE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Card;

    #[test]
    fn what_is_about_whoever_is_named_counts_as_much_as_what_they_said() {
        let (ann, bo) = (names::key("Ann"), names::key("Bo"));
        let score = |heard: &[u64], speaker: Option<u64>, about: Vec<u64>| {
            let voice = Voice {
                named: HashSet::from([ann]),
                heard: heard.iter().copied().collect(),
                machines: HashSet::new(),
                time: None,
                weights: Weights::CHOSEN,
            };
            let mut candidate = Candidate { card: Card { speaker, about, ..Card::default() }, ..Candidate::default() };
            voice.hear(&mut candidate);
            candidate.score
        };
        let whole = Weights::CHOSEN.speaker;
        assert_eq!((score(&[ann], Some(ann), vec![]), score(&[ann], None, vec![bo, ann])), (whole, whole));
        assert_eq!(score(&[ann], Some(bo), vec![]), 0.0);
        assert_eq!(score(&[ann], None, vec![bo]), whole * UNKNOWN_VOICE);
        assert_eq!(score(&[], None, vec![ann]), 0.0, "nobody of that name speaks here");
    }

    #[test]
    fn a_text_of_no_known_time_lies_in_none() {
        let time = time::range("what happened in 1970", crate::time::Timestamp::from_millis(1_795_392_000_000));
        let voice = Voice {
            named: HashSet::new(),
            heard: HashSet::new(),
            machines: HashSet::new(),
            time,
            weights: Weights::CHOSEN,
        };
        let time_of = |at: Option<i64>| {
            let times = if at.is_some() { Vec::new() } else { vec![-40_000_000_000] };
            let mut candidate = Candidate { card: Card { at, times, ..Card::default() }, ..Candidate::default() };
            voice.hear(&mut candidate);
            candidate.why.time
        };
        assert_eq!((time_of(Some(0)), time_of(None)), (Some(Weights::CHOSEN.time), None));
    }
}
