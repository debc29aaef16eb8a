//! Words and meaning together: BM25 over its maximum, cosine scaled to 0..1 over the candidates.

use super::{Candidate, Candidates, Weights};
use crate::question::Why;

/// A text that shares no word with the question and is less alike than this is not an answer (MiniLM's cosines of
/// unrelated sentences lie in 0 to 0.2).
const MIN_COSINE: f32 = 0.2;

/// Cosines that lie closer together than this are not drawn apart to 0..1: nothing stands out in meaning then, and a rare
/// word must win.
const MIN_SPREAD: f32 = 0.25;

/// What scores are divided by, so that later candidates can be scored alike.
pub(super) struct Scale {
    best_lexical: f32,
    low: f32,
    high: f32,
}

impl Scale {
    /// Returns how well the words fit, against the best.
    pub fn words(&self, why: &Why) -> f32 {
        why.lexical.map_or(0.0, |r| if self.best_lexical > 0.0 { r.score / self.best_lexical } else { 0.0 })
    }

    /// Returns the fused score.
    pub fn score(&self, why: &Why, weights: &Weights) -> f32 {
        let words = self.words(why);
        let spread = (self.high - self.low).max(MIN_SPREAD);
        let meaning = why.dense.map(|r| (1.0 - (self.high - r.score) / spread).clamp(0.0, 1.0));
        match meaning {
            Some(meaning) => weights.lexical * words + (1.0 - weights.lexical) * meaning,
            // Not embedded yet: what is not known of it is taken to be like its words, so that whoever wrote it finds it.
            None => words,
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
