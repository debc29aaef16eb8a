//! `recall`: candidates from every index, fused, spread over the graph, filtered and packed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use unicode_segmentation::UnicodeSegmentation;

use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{IndexQuery, Scored};
use crate::memory::Inner;
use crate::question::{Hit, MAX_HITS, MAX_QUERY_BYTES, Question, Reason, Recalled, Why};
use crate::record::{self, Reader, Record};
use crate::space;
use crate::store::View;
use crate::time::Timestamp;
use crate::vocab;
use crate::walk;

/// Candidates asked of each index.
const CANDIDATES: usize = 100;
/// When filters leave too few hits, so many times more are asked for, up to the maximum.
const WIDER: usize = 8;
const MAX_CANDIDATES: usize = 6_400;
/// Weight of BM25 beside the cosine: score fusion, not rank fusion, because ranks throw the distances away.
const LEXICAL_WEIGHT: f32 = 0.55;
/// What the walk over the graph may add.
const GRAPH_WEIGHT: f32 = 0.15;
/// Best candidates that the walk starts from, beside the entities that the question names.
const WALK_SEEDS: usize = 8;
/// What a candidate weighs as a seed, against 1 for an entity.
const SEED_WEIGHT: f32 = 0.5;
/// Texts that only the walk found which are looked at, nearest first.
const MAX_WALKED: usize = 12;
/// What each further passage of the same note is worth, against the one before.
const SIBLING_DISCOUNT: f32 = 0.85;
/// Candidates looked at for that, for each hit that is asked for.
const CROWD: usize = 2;
/// Longest name looked for in a question, in words, and how many words are looked at.
const NAME_WORDS: usize = 5;
const MAX_QUESTION_WORDS: usize = 40;
/// Entities of one name that are followed.
const MAX_NAMESAKES: usize = 4;
/// A text that shares no word with the question and is less alike than this is not an answer (MiniLM's cosines of
/// unrelated sentences lie in 0 to 0.2).
const MIN_COSINE: f32 = 0.2;
/// How long recall waits for the texts that were written just before it was asked.
const OWN_WRITES: Duration = Duration::from_millis(250);
/// Bytes of a token, about, in English.
const TOKEN_BYTES: usize = 4;

/// Everything known of one candidate.
#[derive(Default)]
struct Candidate {
    why: Why,
    score: f32,
}

pub(crate) fn recall(inner: &Inner, question: &Question) -> Result<Recalled> {
    check(question)?;
    let mut degraded = Vec::new();
    wait_for_own_writes(inner, &mut degraded);
    let (hits, dropped) = find(inner, &inner.view()?, question, &mut degraded)?;
    let recalled = Recalled { hits, degraded, trace_id: inner.mint.mint(inner.now()), dropped };
    inner.traces.keep(question.clone(), recalled.clone());
    Ok(recalled)
}

/// Finds hits in one view, looking further down the lists while filters leave too few.
pub(crate) fn find(
    inner: &Inner,
    view: &View<'_>,
    question: &Question,
    degraded: &mut Vec<String>,
) -> Result<(Vec<Hit>, usize)> {
    let mut limit = CANDIDATES.max(question.limit * 2);
    loop {
        let mut notes = Vec::new();
        let (mut candidates, is_all) = search(inner, question, limit, &mut notes);
        fuse(&mut candidates);
        candidates.retain(|_, candidate| is_relevant(candidate));
        let named = spread(view, question, &mut candidates)?;
        let mut ranked = by_score(candidates.into_iter().collect());
        make_room(view, question, &mut ranked)?;
        let packed = pack(view, question, ranked, &named, inner.now())?;
        if packed.is_full || is_all || limit >= MAX_CANDIDATES {
            degraded.append(&mut notes);
            return Ok((packed.hits, packed.dropped));
        }
        limit *= WIDER;
    }
}

/// Refuses a question that cannot be asked.
pub(crate) fn check(question: &Question) -> Result<()> {
    if question.text.trim().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "the question is empty")
            .hint("ask with a few words, as in `hydra recall \"who fixed the printer\"`"));
    }
    if question.text.len() > MAX_QUERY_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the question has {} bytes; {MAX_QUERY_BYTES} are read", question.text.len()),
        )
        .hint("ask with the words that matter; to keep a long text, use remember"));
    }
    if question.limit == 0 || question.limit > MAX_HITS {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {} hits", question.limit))
            .hint(format!("ask for 1 to {MAX_HITS}")));
    }
    question.spaces.iter().try_for_each(|name| space::check(name))
}

/// What was acknowledged before the question must be found by its words.
fn wait_for_own_writes(inner: &Inner, degraded: &mut Vec<String>) {
    let head = inner.head.get();
    for driver in inner.drivers.read().iter() {
        if driver.index.name() == "text" && !driver.wait_for(head, OWN_WRITES) {
            degraded.push("the full-text index is catching up: the newest texts may be missing".to_owned());
        }
    }
}

/// Asks every index; one that cannot answer is named in `degraded`.
///
/// Returns also whether no index has more.
fn search(
    inner: &Inner,
    question: &Question,
    limit: usize,
    degraded: &mut Vec<String>,
) -> (HashMap<Id, Candidate>, bool) {
    let mut is_all = true;
    let query = IndexQuery { text: &question.text, spaces: &question.spaces, limit };
    let mut candidates: HashMap<Id, Candidate> = HashMap::new();
    let drivers = inner.drivers.read();
    for driver in drivers.iter() {
        let index = &driver.index;
        if let Some(reason) = index.degraded() {
            degraded.push(reason);
            continue;
        }
        match index.search(&query) {
            Ok(found) => {
                is_all &= found.len() < limit;
                for (rank, Scored { id, score }) in found.into_iter().enumerate() {
                    let reason = Some(Reason { rank: Some(rank + 1), score });
                    let why = &mut candidates.entry(id).or_default().why;
                    if index.name() == "text" { why.lexical = reason } else { why.dense = reason }
                }
            }
            Err(error) => degraded.push(error.to_string()),
        }
        if index.name() != "text" && index.stamp() != inner.head.get() && index.degraded().is_none() {
            degraded
                .push(format!("the {} index is catching up: the newest texts are found by words only", index.name()));
        }
    }
    // A text that only the words found still has a cosine.
    for driver in drivers.iter().filter(|driver| driver.index.name() != "text" && driver.index.degraded().is_none()) {
        let missing: Vec<Id> = candidates.iter().filter(|(_, c)| c.why.dense.is_none()).map(|(id, _)| *id).collect();
        if let Ok(scores) = driver.index.scores(&query, &missing) {
            for (id, score) in missing.into_iter().zip(scores) {
                if let (Some(score), Some(candidate)) = (score, candidates.get_mut(&id)) {
                    candidate.why.dense = Some(Reason { rank: None, score });
                }
            }
        }
    }
    (candidates, is_all)
}

/// Score fusion: BM25 over its maximum, cosine scaled to 0..1 over the candidates.
fn fuse(candidates: &mut HashMap<Id, Candidate>) {
    let lexical = |c: &Candidate| c.why.lexical.map(|r| r.score);
    let dense = |c: &Candidate| c.why.dense.map(|r| r.score);
    let best = candidates.values().filter_map(lexical).fold(0.0f32, f32::max);
    let (low, high) = candidates
        .values()
        .filter_map(dense)
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), score| (low.min(score), high.max(score)));
    let spread = high - low;
    for candidate in candidates.values_mut() {
        let words = lexical(candidate).map_or(0.0, |score| if best > 0.0 { score / best } else { 0.0 });
        let meaning = dense(candidate).map(|score| if spread > f32::EPSILON { (score - low) / spread } else { 1.0 });
        candidate.score = match (meaning, high.is_finite()) {
            (Some(meaning), _) => LEXICAL_WEIGHT * words + (1.0 - LEXICAL_WEIGHT) * meaning,
            // Not embedded yet, though others are.
            (None, true) => LEXICAL_WEIGHT * words,
            // Nothing is embedded: words are all there is.
            (None, false) => words,
        };
    }
}

/// Walks from the named entities and the best candidates, and adds what the walk says. Returns the named entities.
fn spread(view: &View<'_>, question: &Question, candidates: &mut HashMap<Id, Candidate>) -> Result<Vec<(Id, String)>> {
    let named = named_entities(view, question)?;
    let mut seeds: Vec<(Id, f32)> = named.iter().map(|(id, _)| (*id, 1.0)).collect();
    let mut best: Vec<(Id, f32)> = candidates.iter().map(|(id, c)| (*id, c.score)).collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    seeds.extend(best.into_iter().take(WALK_SEEDS).map(|(id, score)| (id, score * SEED_WEIGHT)));
    let mut found = 0;
    let mut texts = Vec::new();
    for (id, share) in walk::rank(view, &seeds)? {
        if candidates.contains_key(&id) {
            texts.push((id, share));
        } else if found < MAX_WALKED && record::is_text(view, id)? {
            found += 1;
            texts.push((id, share));
        }
    }
    let top = texts.first().map_or(0.0, |(_, share)| *share);
    if top <= 0.0 {
        return Ok(named);
    }
    for (rank, (id, share)) in texts.into_iter().enumerate() {
        let candidate = candidates.entry(id).or_default();
        candidate.why.graph = Some(Reason { rank: Some(rank + 1), score: share });
        candidate.score += GRAPH_WEIGHT * share / top;
    }
    Ok(named)
}

/// Finds the entities whose name stands in the question, longest names first.
fn named_entities(view: &View<'_>, question: &Question) -> Result<Vec<(Id, String)>> {
    let mut found: Vec<(Id, String)> = Vec::new();
    if let Some(name) = &question.entity {
        for id in entity::lookup(view, &entity::name_key(name), MAX_NAMESAKES)? {
            found.push((id, name.clone()));
        }
    }
    let words: Vec<&str> = question.text.unicode_words().take(MAX_QUESTION_WORDS).collect();
    let mut taken = vec![false; words.len()];
    for length in (1..=NAME_WORDS.min(words.len())).rev() {
        for start in 0..=words.len() - length {
            if taken[start..start + length].iter().any(|t| *t) {
                continue;
            }
            let name = words[start..start + length].join(" ");
            // One short word is more often a word than a name.
            if length == 1 && name.chars().count() < 3 {
                continue;
            }
            let ids = entity::lookup(view, &entity::name_key(&name), MAX_NAMESAKES)?;
            if !ids.is_empty() {
                taken[start..start + length].fill(true);
                found.extend(ids.into_iter().map(|id| (id, name.clone())));
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|(id, _)| seen.insert(*id));
    Ok(found)
}

fn by_score(mut ranked: Vec<(Id, Candidate)>) -> Vec<(Id, Candidate)> {
    ranked.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)));
    ranked
}

/// Lets other notes in beside one that has many passages about the question: each further passage counts less.
fn make_room(view: &View<'_>, question: &Question, ranked: &mut Vec<(Id, Candidate)>) -> Result<()> {
    let rest = ranked.split_off(ranked.len().min(question.limit.saturating_mul(CROWD)));
    let mut siblings: HashMap<Id, i32> = HashMap::new();
    for (id, candidate) in ranked.iter_mut() {
        if let Some(parent) = view.objects(*id, vocab::PART_OF)?.first() {
            let before = siblings.entry(*parent).or_default();
            candidate.score *= SIBLING_DISCOUNT.powi(*before);
            *before += 1;
        }
    }
    *ranked = by_score(std::mem::take(ranked));
    ranked.extend(rest);
    Ok(())
}

/// Tells whether a candidate may be an answer by itself; its neighbours in the graph may be answers too.
fn is_relevant(candidate: &Candidate) -> bool {
    candidate.why.lexical.is_some() || candidate.why.dense.is_some_and(|reason| reason.score >= MIN_COSINE)
}

/// What fits.
struct Packed {
    hits: Vec<Hit>,
    /// Candidates that were not looked at any more.
    dropped: usize,
    /// Whether the limit or the budget was reached.
    is_full: bool,
}

/// Reads the best that pass the filters, until the limit or the budget is reached.
fn pack(
    view: &View<'_>,
    question: &Question,
    ranked: Vec<(Id, Candidate)>,
    named: &[(Id, String)],
    now: Timestamp,
) -> Result<Packed> {
    let about: Option<Vec<Id>> = question
        .entity
        .as_ref()
        .map(|name| entity::lookup(view, &entity::name_key(name), MAX_NAMESAKES))
        .transpose()?;
    let mut reader = Reader::new(view);
    let mut hits = Vec::new();
    let mut seen = HashSet::new();
    let mut budget = question.budget_tokens.map(|tokens| tokens.saturating_mul(TOKEN_BYTES));
    let total = ranked.len();
    for (position, (id, mut candidate)) in ranked.into_iter().enumerate() {
        if hits.len() == question.limit {
            return Ok(Packed { hits, dropped: total - position, is_full: true });
        }
        let Some(record) = reader.read(id)? else { continue };
        if !passes(question, about.as_deref(), &record, now) || !seen.insert(blake3::hash(record.text.as_bytes())) {
            continue;
        }
        if let Some(left) = &mut budget {
            if record.text.len() > *left && !hits.is_empty() {
                return Ok(Packed { hits, dropped: total - position, is_full: true });
            }
            *left = left.saturating_sub(record.text.len());
        }
        candidate.why.entities =
            named.iter().filter(|(id, _)| record.entities.contains(id)).map(|(_, name)| name.clone()).collect();
        hits.push(hit(record, candidate));
    }
    Ok(Packed { hits, dropped: 0, is_full: false })
}

fn passes(question: &Question, about: Option<&[Id]>, record: &Record, now: Timestamp) -> bool {
    record.is_recallable()
        && record.expires_at.is_none_or(|end| end > now)
        && (question.spaces.is_empty() || question.spaces.contains(&record.space))
        && (question.kinds.is_empty() || question.kinds.contains(&record.kind))
        && question.since.is_none_or(|since| record.recorded_at >= since)
        && about.is_none_or(|entities| entities.iter().any(|entity| record.entities.contains(entity)))
}

fn hit(record: Record, candidate: Candidate) -> Hit {
    Hit {
        id: record.id,
        kind: record.kind,
        text: record.text,
        title: record.title,
        source: record.source,
        score: (candidate.score / (1.0 + GRAPH_WEIGHT) * 1e4).round() / 1e4,
        why: candidate.why,
        space: record.space,
        recorded_at: record.recorded_at,
        trust: record.trust,
        part_of: record.part_of,
        speaker: record.speaker,
        happened_at: record.happened_at,
    }
}
