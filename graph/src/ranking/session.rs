//! A conversation in which much fits the question lends weight to each of its turns. What was said in none is one of its
//! own and speaks for itself: else the best of a few conversations would count as fitting, however badly it does.

use std::collections::HashMap;

use super::candidate::scale;
use super::{Candidates, Weights};
use crate::id::Id;

/// Best turns of a conversation that speak for it.
const SPOKESMEN: usize = 3;

/// A conversation by its key, or a text by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Session {
    Said(u64),
    Alone(Id),
}

/// Adds to the score of every candidate, unless none was said in a conversation.
pub(super) fn add(candidates: &mut Candidates, weights: &Weights) {
    if weights.session == 0.0 {
        return;
    }
    let alone = candidates.values().filter(|candidate| candidate.card.session.is_none()).count();
    if alone == candidates.len() {
        return;
    }
    let session_of = |id: Id, session: Option<u64>| session.map_or(Session::Alone(id), Session::Said);
    let mut sessions: HashMap<Session, Vec<f32>> = HashMap::new();
    for (id, candidate) in candidates.iter() {
        let session = session_of(*id, candidate.card.session);
        sessions.entry(session).or_default().push(candidate.score);
    }
    let (keys, mut sums): (Vec<Session>, Vec<f32>) = sessions
        .into_iter()
        .map(|(key, mut scores)| {
            scores.sort_by(|a, b| b.total_cmp(a));
            let best = &scores[..scores.len().min(SPOKESMEN)];
            // Beside what speaks for itself, it counts how well a turn fits and not how many do.
            let count = if alone == 0 { 1.0 } else { best.len() as f32 };
            (key, best.iter().sum::<f32>() / count)
        })
        .unzip();
    scale(&mut sums);
    let shares: HashMap<Session, f32> = keys.into_iter().zip(sums).collect();
    for (id, candidate) in candidates.iter_mut() {
        let share = shares.get(&session_of(*id, candidate.card.session)).copied().unwrap_or(0.0);
        if share > 0.0 {
            // What speaks for itself has no further reason.
            candidate.why.session = candidate.card.session.map(|_| weights.session * share);
            candidate.score += weights.session * share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Candidate;
    use super::*;
    use crate::text::Card;

    /// Scores after conversations were counted, in the order given: what each text had, and the conversation it is of.
    fn scores(texts: &[(f32, Option<u64>)]) -> Vec<f32> {
        let candidate = |(score, session): &(f32, Option<u64>)| Candidate {
            score: *score,
            card: Card { session: *session, ..Card::default() },
            ..Candidate::default()
        };
        let numbered = texts.iter().enumerate().map(|(number, text)| (Id(number as u64), candidate(text)));
        let mut candidates: Candidates = numbered.collect();
        add(&mut candidates, &Weights::CHOSEN);
        (0..texts.len()).map(|number| candidates[&Id(number as u64)].score).collect()
    }

    #[test]
    fn the_only_conversation_gets_no_more_than_it_fits() {
        let whole = Weights::CHOSEN.session;
        assert_eq!(scores(&[(0.2, Some(1)), (0.2, Some(1)), (0.2, Some(1)), (0.8, None)])[3], 0.8 + whole);
        let mixed = scores(&[(0.4, Some(1)), (0.4, Some(1)), (0.4, Some(1)), (0.8, None), (0.0, None)]);
        assert!((mixed[0] - (0.4 + whole / 2.0)).abs() < 1e-6 && mixed[4] == 0.0, "{mixed:?}");
        assert_eq!(scores(&[(0.8, Some(1)), (0.7, None)])[0], 0.8 + whole, "one turn against one text");
        assert_eq!(scores(&[(0.8, None), (0.0, None)]), [0.8, 0.0], "without conversations nothing changes");
        assert_eq!(scores(&[(0.8, Some(1)), (0.1, Some(1)), (0.2, Some(2))]), [0.8 + whole, 0.1 + whole, 0.2]);
    }
}
