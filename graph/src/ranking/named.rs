//! Names lead on: a good candidate that mentions something leads to the text that is called by it, and, less, to others
//! that mention the same rare name. That is how a question of two steps is answered.
//!
//! One step with the strongest lead kept, not a walk: personalised PageRank over the same ties found less in trials (a page
//! with many names gives each of them little).

use std::collections::HashMap;

use super::candidate::{Candidates, best};
use super::fusion::Scale;
use super::voice::Voice;
use super::{Ranking, Weights};
use crate::error::Result;
use crate::id::Id;
use crate::names::MAX_QUESTION_WORDS;
use crate::text::Holds;

/// Candidates that lead on.
const LEADERS: usize = 8;
/// A name in more texts than this leads nowhere.
const MAX_HOLDERS: usize = 30;
/// Texts that one name is the title of.
const MAX_TITLED: usize = 16;
/// Texts that names may bring in.
const MAX_NEW: usize = 96;
/// The rank of the candidate that counts as the zero of scores.
const BASE_RANK: usize = 100;

struct Lead {
    strength: f32,
    from: Id,
    key: u64,
}

/// Adds what names say. Those the question asks for lead nowhere, since they are what is sought; what is called by one that
/// is `newly_asked` counts for that.
pub(super) fn add(
    ranking: &Ranking<'_>,
    candidates: &mut Candidates,
    scale: &Scale,
    voice: &Voice,
    asked: &[Asked],
    newly_asked: &[Asked],
) -> Result<()> {
    let Weights { names: weight, called, shared, .. } = *ranking.weights;
    if (weight == 0.0 && called == 0.0) || candidates.is_empty() {
        return Ok(());
    }
    let texts = &ranking.inner.text;
    let rarity = Rarity::among(texts.count());
    let leads = if weight == 0.0 { HashMap::new() } else { leads(ranking, candidates, &rarity, asked, shared)? };
    let mut new: Vec<(Id, f32)> = leads.iter().map(|(id, lead)| (*id, lead.strength)).collect();
    new.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut ids: Vec<Id> = new.into_iter().map(|(id, _)| id).take(MAX_NEW).collect();
    ids.extend(newly_asked.iter().flat_map(|name| name.titled.iter().copied()));
    ranking.admit(candidates, &ids, scale, voice)?;
    for (id, lead) in leads {
        if let Some(candidate) = candidates.get_mut(&id) {
            candidate.score += weight * lead.strength;
            candidate.why.names = Some(candidate.why.names.unwrap_or(0.0) + weight * lead.strength);
            candidate.led_by = Some((lead.from, lead.key));
        }
    }
    for name in newly_asked.iter().filter(|_| called != 0.0) {
        let strength = called * rarity.of(name.mentions);
        for id in &name.titled {
            if let Some(candidate) = candidates.get_mut(id) {
                candidate.score += strength;
                candidate.why.called = Some(candidate.why.called.unwrap_or(0.0) + strength);
            }
        }
    }
    Ok(())
}

/// Where the best candidates lead, the strongest lead to each text.
fn leads(
    ranking: &Ranking<'_>,
    candidates: &Candidates,
    rarity: &Rarity,
    asked: &[Asked],
    shared: f32,
) -> Result<HashMap<Id, Lead>> {
    let ranked = best(candidates, BASE_RANK + 1);
    let top = ranked.first().map_or(0.0, |(_, score)| *score);
    let base = ranked.last().map_or(0.0, |(_, score)| *score);
    let mut leads: HashMap<Id, Lead> = HashMap::new();
    for (from, score) in ranked.into_iter().take(LEADERS) {
        let standing = if top > base { (score - base) / (top - base) } else { 1.0 };
        for key in &candidates[&from].card.mentions {
            if asked.iter().any(|name| name.key == *key) {
                continue;
            }
            let mentions = ranking.inner.text.holders(Holds::Mention, *key, MAX_HOLDERS)?;
            if mentions.count > MAX_HOLDERS as u64 {
                continue;
            }
            let titled = ranking.inner.text.holders(Holds::Title, *key, MAX_TITLED)?;
            let strength = standing * rarity.of(mentions.count);
            let strong = titled.ids.into_iter().map(|id| (id, strength));
            let weak = mentions.ids.into_iter().map(|id| (id, strength * shared));
            for (id, strength) in strong.chain(weak).filter(|(id, strength)| *id != from && *strength > 0.0) {
                let lead = leads.entry(id).or_insert(Lead { strength: 0.0, from, key: *key });
                if strength > lead.strength {
                    *lead = Lead { strength, from, key: *key };
                }
            }
        }
    }
    Ok(leads)
}

/// A name in the question that some text mentions or is called by.
pub(super) struct Asked {
    key: u64,
    mentions: u64,
    titled: Vec<Id>,
}

/// Looks up the names in the question, longest first.
pub(super) fn in_question(ranking: &Ranking<'_>) -> Result<Vec<Asked>> {
    let mut found: Vec<Asked> = Vec::new();
    let mut taken = [false; MAX_QUESTION_WORDS];
    for run in ranking.runs.iter().filter(|run| run.is_likely) {
        if taken[run.words.clone()].contains(&true) {
            continue;
        }
        let key = run.key;
        let titled = ranking.inner.text.holders(Holds::Title, key, MAX_TITLED)?;
        let mentions = ranking.inner.text.holders(Holds::Mention, key, 0)?.count;
        if mentions > 0 || titled.count > 0 {
            taken[run.words.clone()].fill(true);
            found.push(Asked { key, mentions, titled: titled.ids });
        }
    }
    Ok(found)
}

/// How rare a name is: 1 for one text alone, 0 for all of them.
struct Rarity(f32);

impl Rarity {
    fn among(texts: u64) -> Self {
        Self((texts.max(2) as f32).ln())
    }

    fn of(&self, holders: u64) -> f32 {
        (1.0 - (holders.max(1) as f32).ln() / self.0).clamp(0.0, 1.0)
    }
}
