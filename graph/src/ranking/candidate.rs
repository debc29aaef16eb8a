//! A text that may be an answer.

use std::collections::HashMap;

use crate::id::Id;
use crate::question::Why;
use crate::text::Card;

/// Everything known of one candidate.
#[derive(Clone, Debug, Default)]
pub(crate) struct Candidate {
    pub why: Why,
    pub score: f32,
    pub card: Card,
    /// The candidate that led here by a shared name, and the name's key.
    pub led_by: Option<(Id, u64)>,
}

/// Candidates by id.
pub(crate) type Candidates = HashMap<Id, Candidate>;

/// Returns candidates best first, in the same order every time.
pub(crate) fn by_score(candidates: impl IntoIterator<Item = (Id, Candidate)>) -> Vec<(Id, Candidate)> {
    let mut ranked: Vec<(Id, Candidate)> = candidates.into_iter().collect();
    ranked.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)));
    ranked
}

/// Returns the ids and scores of the best, best first.
pub(crate) fn best(candidates: &Candidates, count: usize) -> Vec<(Id, f32)> {
    let mut ranked: Vec<(Id, f32)> = candidates.iter().map(|(id, candidate)| (*id, candidate.score)).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked.truncate(count);
    ranked
}

/// Scales numbers to 0..1 down from the highest; those that lie closer together than `least_spread` stay near 1.
pub(crate) fn scale_from_best(values: &mut [f32], least_spread: f32) {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let spread = (high - low).max(least_spread);
    for value in values {
        *value = 1.0 - (high - *value) / spread;
    }
}

/// Scales numbers to 0..1; all the same become 0.
pub(crate) fn scale(values: &mut [f32]) {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let spread = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) - low;
    for value in values {
        *value = if spread > f32::EPSILON { (*value - low) / spread } else { 0.0 };
    }
}
