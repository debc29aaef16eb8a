//! Late interaction: the best candidates are compared with the question word piece by word piece.

use super::candidate::{best, scale_from_best};
use super::fusion::Scale;
use super::{Candidates, Ranking};
use crate::id::Id;
use crate::index::IndexQuery;
use crate::question::{Mode, Reason};

/// Candidates that are compared.
const FAST: usize = 100;
const DEEP: usize = 400;
/// Scores that lie closer together than this are not drawn apart: no text stands out by its word pieces then.
const MIN_SPREAD: f32 = 0.2;

/// Adds to the score of the best candidates.
pub(super) fn add(ranking: &Ranking<'_>, candidates: &mut Candidates, fusion: &Scale) {
    let weight = ranking.weights.late;
    if weight == 0.0 {
        return;
    }
    // As in the fusion: of what is not embedded yet only the words are known.
    for candidate in candidates.values_mut().filter(|candidate| candidate.why.dense.is_none()) {
        candidate.score += weight * fusion.words(&candidate.why);
    }
    let count = if ranking.question.mode == Mode::Deep { DEEP } else { FAST };
    let ids: Vec<Id> = best(candidates, count).into_iter().map(|(id, _)| id).collect();
    let query = IndexQuery { text: &ranking.question.text, limit: count, ..IndexQuery::default() };
    let drivers = ranking.inner.drivers.read().clone();
    for driver in drivers.iter().filter(|driver| driver.index.degraded().is_none()) {
        // An index that cannot was named in `degraded` when it was searched.
        let Ok(scores) = driver.index.late_scores(&query, &ids) else { continue };
        let told = ids.iter().copied().zip(scores).filter_map(|(id, score)| Some((id, score?)));
        let mut found: Vec<(Id, f32)> = told.filter(|(_, score)| score.is_finite()).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut shares: Vec<f32> = found.iter().map(|(_, score)| *score).collect();
        scale_from_best(&mut shares, MIN_SPREAD);
        for (rank, ((id, score), share)) in found.into_iter().zip(shares).enumerate() {
            if let Some(candidate) = candidates.get_mut(&id) {
                candidate.why.late = Some(Reason { rank: Some(rank + 1), score });
                candidate.score += weight * share;
            }
        }
    }
}
