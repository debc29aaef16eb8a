//! Lets other notes in beside one that has many passages about the question.

use std::collections::HashMap;

use super::{Candidate, Ranking, by_score};
use crate::error::Result;
use crate::id::Id;
use crate::vocab;

/// Candidates looked at, for each hit that is asked for.
const CROWD: usize = 2;

/// Each further passage of one note, or of one long memory, counts less. Turns of a conversation are texts of their own.
pub(super) fn make_room(ranking: &Ranking<'_>, mut ranked: Vec<(Id, Candidate)>) -> Result<Vec<(Id, Candidate)>> {
    let rest = ranked.split_off(ranked.len().min(ranking.question.limit.saturating_mul(CROWD)));
    let mut siblings: HashMap<Id, i32> = HashMap::new();
    for (id, candidate) in &mut ranked {
        if !ranking.view.is_a(*id, vocab::PASSAGE)? {
            continue;
        }
        if let Some(parent) = ranking.view.objects(*id, vocab::PART_OF)?.first() {
            let before = siblings.entry(*parent).or_default();
            candidate.score *= ranking.weights.sibling.powi(*before);
            *before += 1;
        }
    }
    let mut ranked = by_score(ranked);
    ranked.extend(rest);
    Ok(ranked)
}
