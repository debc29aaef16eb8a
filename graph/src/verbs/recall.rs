//! `recall`: candidates from every index, ranked (`ranking/`), filtered and packed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::catch_up::IndexDriver;
use crate::entity;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{IndexQuery, Scored};
use crate::memory::Inner;
use crate::names;
use crate::question::{Hit, Lead, MAX_HITS, MAX_QUERY_BYTES, Mode, Question, Reason, Recalled};
use crate::ranking::{Candidate, Candidates, MAX_NAMESAKES, Ranked, Ranking, Weights};
use crate::record::{Reader, Record};
use crate::space;
use crate::store::View;
use crate::time::Timestamp;

/// Candidates asked of each index.
const CANDIDATES: usize = 200;
/// The same for a deep recall.
const DEEP_CANDIDATES: usize = 500;
/// When filters leave too few hits, so many times more are asked for, up to the maximum.
const WIDER: usize = 8;
const MAX_CANDIDATES: usize = 6_400;
/// How long recall waits for the texts that were written just before it was asked.
const OWN_WRITES: Duration = Duration::from_millis(250);
/// Bytes of a token, about, in English.
const TOKEN_BYTES: usize = 4;

pub(crate) fn recall(inner: &Inner, question: &Question, weights: &Weights) -> Result<Recalled> {
    check(question)?;
    let mut degraded = Vec::new();
    wait_for_own_writes(inner, &mut degraded);
    let (hits, dropped) = find(inner, &inner.view()?, question, weights, &mut degraded)?;
    let recalled = Recalled { hits, degraded, trace_id: inner.mint.mint(inner.now()), dropped };
    inner.traces.keep(question.clone(), recalled.clone());
    Ok(recalled)
}

/// Finds hits in one view, looking further down the lists while filters leave too few.
pub(crate) fn find(
    inner: &Inner,
    view: &View<'_>,
    question: &Question,
    weights: &Weights,
    degraded: &mut Vec<String>,
) -> Result<(Vec<Hit>, usize)> {
    let least = if question.mode == Mode::Deep { DEEP_CANDIDATES } else { CANDIDATES };
    let mut limit = least.max(question.limit);
    let ranking = Ranking { inner, view, question, weights };
    loop {
        let mut notes = Vec::new();
        let (candidates, is_all) = search(inner, question, limit, &mut notes);
        let packed = pack(&ranking, ranking.rank(candidates)?)?;
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
fn search(inner: &Inner, question: &Question, limit: usize, degraded: &mut Vec<String>) -> (Candidates, bool) {
    let mut is_all = true;
    let query = IndexQuery { text: &question.text, spaces: &question.spaces, limit };
    let mut candidates = Candidates::new();
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
    let missing: Vec<Id> = candidates.iter().filter(|(_, c)| c.why.dense.is_none()).map(|(id, _)| *id).collect();
    for (id, score) in missing.iter().zip(cosines(inner, question, &missing)) {
        if let (Some(score), Some(candidate)) = (score, candidates.get_mut(id)) {
            candidate.why.dense = Some(Reason { rank: None, score });
        }
    }
    (candidates, is_all)
}

/// Returns how alike texts are to the question in meaning, where an index can tell.
pub(crate) fn cosines(inner: &Inner, question: &Question, ids: &[Id]) -> Vec<Option<f32>> {
    let query = IndexQuery { text: &question.text, spaces: &[], limit: ids.len() };
    let drivers = inner.drivers.read();
    let of_meaning = |driver: &&Arc<IndexDriver>| driver.index.name() != "text" && driver.index.degraded().is_none();
    let mut found = drivers.iter().filter(of_meaning).filter_map(|driver| driver.index.scores(&query, ids).ok());
    found.next().unwrap_or_else(|| vec![None; ids.len()])
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
fn pack(ranking: &Ranking<'_>, ranked: Ranked) -> Result<Packed> {
    let Ranking { view, question, .. } = *ranking;
    let about: Option<Vec<Id>> = question
        .entity
        .as_ref()
        .map(|name| entity::lookup(view, &entity::name_key(name), MAX_NAMESAKES))
        .transpose()?;
    let now = ranking.inner.now();
    let mut reader = Reader::new(view);
    let mut hits = Vec::new();
    let mut seen = HashSet::new();
    let mut budget = question.budget_tokens.map(|tokens| tokens.saturating_mul(TOKEN_BYTES));
    let total = ranked.candidates.len();
    for (position, (id, mut candidate)) in ranked.candidates.into_iter().enumerate() {
        if hits.len() == question.limit {
            return Ok(Packed { hits, dropped: total - position, is_full: true });
        }
        let Some(record) = reader.read(id)? else { continue };
        // The same words by another speaker, or in another conversation, are another memory.
        let words = blake3::hash(record.text.as_bytes());
        let is_new = |seen: &mut HashSet<_>| seen.insert((words, record.speaker.clone(), record.session.clone()));
        if !passes(question, about.as_deref(), &record, now) || !is_new(&mut seen) {
            continue;
        }
        if let Some(left) = &mut budget {
            if record.text.len() > *left && !hits.is_empty() {
                return Ok(Packed { hits, dropped: total - position, is_full: true });
            }
            *left = left.saturating_sub(record.text.len());
        }
        candidate.why.entities =
            ranked.named.iter().filter(|(id, _)| record.entities.contains(id)).map(|(_, name)| name.clone()).collect();
        if let Some((from, key)) = candidate.led_by {
            candidate.why.led_by = lead(&mut reader, from, key)?;
        }
        hits.push(hit(record, candidate, ranking.weights));
    }
    Ok(Packed { hits, dropped: 0, is_full: false })
}

/// Says which name led from which text.
fn lead(reader: &mut Reader<'_>, from: Id, key: u64) -> Result<Option<Lead>> {
    let Some(record) = reader.read(from)? else { return Ok(None) };
    let name = names::mentioned(&record.text).into_iter().find(|name| names::key(name) == key);
    Ok(name.map(|name| Lead { name, from }))
}

fn passes(question: &Question, about: Option<&[Id]>, record: &Record, now: Timestamp) -> bool {
    record.is_recallable()
        && record.expires_at.is_none_or(|end| end > now)
        && (question.spaces.is_empty() || question.spaces.contains(&record.space))
        && (question.kinds.is_empty() || question.kinds.contains(&record.kind))
        && question.since.is_none_or(|since| record.recorded_at >= since)
        && about.is_none_or(|entities| entities.iter().any(|entity| record.entities.contains(entity)))
}

fn hit(record: Record, candidate: Candidate, weights: &Weights) -> Hit {
    Hit {
        id: record.id,
        kind: record.kind,
        text: record.text,
        title: record.title,
        source: record.source,
        score: ((candidate.score / weights.highest()).clamp(0.0, 1.0) * 1e4).round() / 1e4,
        why: candidate.why,
        space: record.space,
        recorded_at: record.recorded_at,
        trust: record.trust,
        part_of: record.part_of,
        speaker: record.speaker,
        happened_at: record.happened_at,
    }
}
