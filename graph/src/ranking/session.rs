//! A conversation in which much fits the question lends weight to each of its turns.

use std::collections::HashMap;

use super::candidate::scale;
use super::{Candidates, Weights};

/// Best turns of a conversation that speak for it.
const SPOKESMEN: usize = 3;

/// Adds to the score of every candidate that was said in a conversation.
pub(super) fn add(candidates: &mut Candidates, weights: &Weights) {
    if weights.session == 0.0 {
        return;
    }
    let mut sessions: HashMap<u64, Vec<f32>> = HashMap::new();
    for candidate in candidates.values() {
        if let Some(session) = candidate.card.session {
            sessions.entry(session).or_default().push(candidate.score);
        }
    }
    let (keys, mut sums): (Vec<u64>, Vec<f32>) = sessions
        .into_iter()
        .map(|(key, mut scores)| {
            scores.sort_by(|a, b| b.total_cmp(a));
            (key, scores.iter().take(SPOKESMEN).sum::<f32>())
        })
        .unzip();
    scale(&mut sums);
    let shares: HashMap<u64, f32> = keys.into_iter().zip(sums).collect();
    for candidate in candidates.values_mut() {
        let share = candidate.card.session.and_then(|session| shares.get(&session)).copied().unwrap_or(0.0);
        if share > 0.0 {
            candidate.why.session = Some(weights.session * share);
            candidate.score += weights.session * share;
        }
    }
}
