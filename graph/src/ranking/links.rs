//! Links lead on too: from the entities that the question names and the best candidates, over the graph.

use std::collections::{HashMap, HashSet};

use super::candidate::best;
use super::{Candidate, Candidates, Ranking};
use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::names::MAX_QUESTION_WORDS;
use crate::question::Reason;
use crate::record;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::store::View;
use crate::text::Card;
use crate::verbs::mentions::Mentions;
use crate::vocab;
use crate::walk;

/// Best candidates that the walk starts from, beside the entities that the question names.
const SEEDS: usize = 8;
/// What a candidate weighs as a seed, against 1 for an entity.
const SEED_WEIGHT: f32 = 0.5;
/// Texts that only the walk found which are looked at, nearest first.
const MAX_WALKED: usize = 12;
/// Texts with the words of a name that are looked through for it, newest first.
const MAX_NAMING: usize = 24;
/// Longest name looked for in a question, in words.
const NAME_WORDS: usize = 5;
/// Entities of one name that are followed.
pub(crate) const MAX_NAMESAKES: usize = 4;

/// Adds what the walk says. Returns the named entities.
pub(super) fn add(ranking: &Ranking<'_>, candidates: &mut Candidates) -> Result<Vec<(Id, String)>> {
    let view = ranking.view;
    let named = named_entities(ranking)?;
    if ranking.weights.links == 0.0 {
        return Ok(named);
    }
    let mut seeds: Vec<(Id, f32)> = named.iter().map(|(id, _)| (*id, 1.0)).collect();
    let ranked = best(candidates, SEEDS);
    let top = ranked.first().map_or(1.0, |(_, score)| score.max(f32::EPSILON));
    seeds.extend(ranked.into_iter().map(|(id, score)| (id, (score / top).max(0.0) * SEED_WEIGHT)));
    let mut new: HashMap<Id, Card> = HashMap::new();
    let mut texts = Vec::new();
    let sight = Sight::new(Rewound::new(view, None)?, &ranking.question.spaces, ranking.inner.now());
    let names = ranking.names(&sight)?;
    let mentioned = |id: Id| names.as_ref().map_or(Ok(Vec::new()), |names| mentioned(view, names, id));
    for (id, share) in walk::rank(view, &seeds, ranking.question.moment.newest_id(), &mentioned)? {
        if !candidates.contains_key(&id) {
            if new.len() == MAX_WALKED || !ranking.is_of_the_time(id) || !record::is_text(view, id)? {
                continue;
            }
            let Some(card) = ranking.card_inside(id)? else { continue };
            new.insert(id, card);
        }
        texts.push((id, share));
    }
    let top = texts.first().map_or(0.0, |(_, share)| *share);
    if top <= 0.0 {
        return Ok(named);
    }
    for (rank, (id, share)) in texts.into_iter().enumerate() {
        let card = new.remove(&id).unwrap_or_default();
        let candidate = candidates.entry(id).or_insert_with(|| Candidate { card, ..Candidate::default() });
        candidate.why.graph = Some(Reason { rank: Some(rank + 1), score: share });
        candidate.score += ranking.weights.links * share / top;
    }
    Ok(named)
}

/// Whom a text names, or which texts name an entity.
fn mentioned(view: &View<'_>, names: &Mentions<'_>, id: Id) -> Result<Vec<Id>> {
    match record::read(view, id)? {
        Some(record) if record.is_text() => names.in_record(&record),
        None if view.is_a(id, vocab::ENTITY)? => {
            Ok(names.naming(id, MAX_NAMING)?.texts.into_iter().map(|(record, _)| record.id).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// Finds the entities whose name stands in the question, longest names first.
fn named_entities(ranking: &Ranking<'_>) -> Result<Vec<(Id, String)>> {
    let Ranking { view, question, .. } = *ranking;
    let mut found: Vec<(Id, String)> = Vec::new();
    if let Some(name) = &question.entity {
        for id in entity::called(view, name, MAX_NAMESAKES, question.moment.known_at)? {
            found.push((id, name.clone()));
        }
    }
    let mut taken = [false; MAX_QUESTION_WORDS];
    for run in ranking.runs.iter().filter(|run| run.words.len() <= NAME_WORDS) {
        // One short word is more often a word than a name.
        let is_short = run.words.len() == 1 && run.name.chars().count() < 3;
        if is_short || taken[run.words.clone()].contains(&true) {
            continue;
        }
        let ids = entity::named(view, &entity::name_key(&run.name), MAX_NAMESAKES)?;
        if !ids.is_empty() {
            taken[run.words.clone()].fill(true);
            found.extend(ids.into_iter().map(|id| (id, run.text.clone())));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|(id, _)| seen.insert(*id));
    Ok(found)
}
