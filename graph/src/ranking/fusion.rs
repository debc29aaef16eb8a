//! Words and meaning together: BM25 over its maximum, cosine scaled to 0..1 over the candidates.

use super::{Candidate, Candidates, Weights};
use crate::question::Why;

/// A text that shares no word with the question and is less alike than this is not an answer (MiniLM's cosines of
/// unrelated sentences lie in 0 to 0.2).
const MIN_COSINE: f32 = 0.2;

/// What scores are divided by, so that later candidates can be scored alike.
pub(super) struct Scale {
    best_lexical: f32,
    low: f32,
    high: f32,
}

impl Scale {
    /// Returns the fused score.
    pub fn score(&self, why: &Why, weights: &Weights) -> f32 {
        let words =
            why.lexical.map_or(0.0, |r| if self.best_lexical > 0.0 { r.score / self.best_lexical } else { 0.0 });
        let spread = self.high - self.low;
        let meaning = why
            .dense
            .map(|r| if spread > f32::EPSILON { ((r.score - self.low) / spread).clamp(0.0, 1.0) } else { 1.0 });
        match (meaning, self.high.is_finite()) {
            (Some(meaning), _) => weights.lexical * words + (1.0 - weights.lexical) * meaning,
            // Not embedded yet, though others are.
            (None, true) => weights.lexical * words,
            // Nothing is embedded: words are all there is.
            (None, false) => words,
        }
    }
}

/// Scores every candidate.
pub(super) fn fuse(candidates: &mut Candidates, weights: &Weights) -> Scale {
    let dense = |c: &Candidate| c.why.dense.map(|r| r.score);
    let scale = Scale {
        best_lexical: candidates.values().filter_map(|c| c.why.lexical.map(|r| r.score)).fold(0.0, f32::max),
        low: candidates.values().filter_map(dense).fold(f32::INFINITY, f32::min),
        high: candidates.values().filter_map(dense).fold(f32::NEG_INFINITY, f32::max),
    };
    for candidate in candidates.values_mut() {
        candidate.score = scale.score(&candidate.why, weights);
    }
    scale
}

/// Tells whether a candidate may be an answer by itself; its neighbours may be answers too.
pub(super) fn is_relevant(candidate: &Candidate) -> bool {
    candidate.why.lexical.is_some() || candidate.why.dense.is_some_and(|reason| reason.score >= MIN_COSINE)
}
