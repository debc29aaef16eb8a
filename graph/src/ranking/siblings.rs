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
        if candidate.card.session.is_some() && !ranking.view.is_a(*id, vocab::PASSAGE)? {
            continue;
        }
        if let Some(parent) = ranking.view.objects(*id, vocab::PART_OF)?.first() {
            let before = siblings.entry(*parent).or_default();
            candidate.score = crowded(candidate.score, ranking.weights.sibling, *before);
            *before += 1;
        }
    }
    let mut ranked = by_score(ranked);
    ranked.extend(rest);
    Ok(ranked)
}

/// What is left of a score behind so many siblings; what is below zero already must not rise by that.
fn crowded(score: f32, kept: f32, before: i32) -> f32 {
    if score > 0.0 { score * kept.powi(before) } else { score }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_count_less_whatever_their_score() {
        assert_eq!(crowded(0.8, 0.5, 0), 0.8);
        assert_eq!(crowded(0.8, 0.5, 2), 0.2);
        assert_eq!(crowded(-0.2, 0.5, 2), -0.2);
    }
}
