//! What of the ranked candidates becomes an answer, and why the rest does not.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::entity;
use crate::error::Result;
use crate::id::Id;
use crate::names;
use crate::question::{AlsoIn, Hit, Lead, Question, Why};
use crate::ranking::{MAX_NAMESAKES, Ranked, Ranking, Weights};
use crate::record::{Reader, Record};
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::store::View;
use crate::time::Timestamp;

/// Candidates that are no hits of which a trace keeps the reason, best first.
pub const MAX_LEFT_OUT: usize = 100;
/// Candidates behind the last hit that may still be copies of one.
const MAX_COPIES_LOOKED_FOR: usize = 8;
/// Copies that a hit names at most.
pub const MAX_COPIES: usize = 8;
/// Bytes of a token, about, in English.
const TOKEN_BYTES: usize = 4;

/// A candidate that is no hit.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct LeftOut {
    /// The memory or passage.
    pub id: Id,
    /// As it would have had as a hit.
    pub score: f32,
    /// Why not.
    #[serde(serialize_with = "in_words")]
    #[schemars(with = "String")]
    pub reason: Exclusion,
}

/// Why a text is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// It is not there, or was not then.
    Gone,
    /// It is recalled by its passages, or has no text.
    NoText,
    /// It was forgotten.
    Forgotten,
    /// Its owner wants it kept, but never recalled.
    Withheld,
    /// It was retracted or replaced.
    Retracted,
    /// It ended, expired or had not begun at the moment that is asked for.
    Moment,
    /// It is of another space.
    Space,
    /// It is of another kind.
    Kind,
    /// It was recorded before.
    Since,
    /// It is about something else.
    Entity,
    /// It says word for word what this hit says.
    Twin(Id),
    /// The limit was reached by better ones.
    Limit,
    /// The budget was spent on better ones.
    Budget,
    /// It was found, but whoever asked on behalf of a conversation did not put it there.
    Unused,
}

impl fmt::Display for Exclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gone => "it is not there, or was not then",
            Self::NoText => "it is recalled by its passages, or has no text",
            Self::Forgotten => "it was forgotten",
            Self::Withheld => "the owner wants it never recalled",
            Self::Retracted => "it was retracted or replaced",
            Self::Moment => "it ended, expired or had not begun at that moment",
            Self::Space => "it is of another space",
            Self::Kind => "it is of another kind",
            Self::Since => "it was recorded before",
            Self::Entity => "it is about something else",
            Self::Twin(twin) => return write!(f, "it says word for word what {twin} says"),
            Self::Limit => "the limit was reached by better ones",
            Self::Budget => "the budget was spent on better ones",
            Self::Unused => "it was found, but not put into the conversation",
        })
    }
}

impl Exclusion {
    /// What the owner decided of a record, whatever moment is asked for: never again means of the past too.
    fn by_owner(record: &Record) -> Option<Self> {
        let forgotten = record.forgotten_at.map(|_| Self::Forgotten);
        forgotten.or(record.withheld_at.map(|_| Self::Withheld))
    }
}

fn in_words<S: Serializer>(reason: &Exclusion, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

/// What fits.
#[derive(Default)]
pub(crate) struct Packed {
    pub hits: Vec<Hit>,
    /// Candidates that were not looked at any more.
    pub dropped: usize,
    /// Whether the limit or the budget was reached.
    pub is_full: bool,
    /// The best of those that are no hits, and why not.
    pub left_out: Vec<LeftOut>,
}

impl Packed {
    /// Names a copy of a hit beside it, instead of giving it a place of its own.
    fn keep_copy(&mut self, at: usize, record: Record, score: f32) {
        let (id, hit) = (record.id, &mut self.hits[at]);
        let twin = hit.id;
        if hit.also_in.len() < MAX_COPIES {
            hit.also_in.push(AlsoIn { id, title: record.title, source: record.source });
        }
        self.leave_out(id, score, Exclusion::Twin(twin));
    }

    fn leave_out(&mut self, id: Id, score: f32, reason: Exclusion) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.push(LeftOut { id, score, reason });
        }
    }
}

/// What makes two records the same: the same words by another speaker, or in another conversation, are another memory, and
/// what stands is another than what was superseded.
fn words(record: &Record) -> (blake3::Hash, Option<String>, Option<String>, bool) {
    let text = record.text.split_whitespace().collect::<Vec<_>>().join(" ");
    (blake3::hash(text.as_bytes()), record.speaker.clone(), record.session.clone(), record.is_superseded())
}

/// Reads the best that pass the filters, until the limit or the budget is reached. What does not pass goes to `excluded`, so
/// that it is not read again when recall looks further down the lists.
pub(crate) fn pack(ranking: &Ranking<'_>, ranked: Ranked, excluded: &mut HashMap<Id, Exclusion>) -> Result<Packed> {
    let Ranking { view, question, weights, .. } = *ranking;
    let filter = Filter::new(view, question, ranking.inner.now())?;
    let mut reader = Reader::at(view, question.moment.known_at);
    let sight = Sight::new(Rewound::new(view, None)?, &question.spaces, ranking.inner.now());
    let names = ranking.names(&sight)?;
    let is_named = |record: &Record| -> Result<bool> {
        let Some(names) = &names else { return Ok(false) };
        let named = names.in_record(record)?;
        Ok(filter.about.iter().flatten().any(|about| named.contains(about)))
    };
    // What was known then is read as it was then, and would not say so.
    let decided_since = |id| -> Result<Option<Exclusion>> {
        let last = question.moment.known_at.map(|_| Reader::new(view).read_last(id)).transpose()?.flatten();
        Ok(last.and_then(|(record, _)| Exclusion::by_owner(&record)))
    };
    let mut packed = Packed::default();
    let mut seen: HashMap<_, usize> = HashMap::new();
    let mut looked = 0;
    let mut budget = question.budget_tokens.map(|tokens| tokens.saturating_mul(TOKEN_BYTES));
    let mut ends: Option<Exclusion> = None;
    let mut queue = VecDeque::from(ranked.candidates);
    while let Some((id, mut candidate)) = queue.pop_front() {
        let score = scaled(candidate.score, weights);
        if ends.is_none() && packed.hits.len() == question.limit {
            ends = Some(Exclusion::Limit);
        }
        if let Some(end) = ends {
            looked += 1;
            let record = if looked > MAX_COPIES_LOOKED_FOR { None } else { reader.read(id)? };
            let record = record.filter(|record| filter.exclusion(record).is_none());
            let copied = record.as_ref().and_then(|record| seen.get(&words(record)).copied());
            if let (Some(record), Some(at)) = (record, copied)
                && decided_since(id)?.is_none()
            {
                packed.keep_copy(at, record, score);
                continue;
            }
            packed.dropped += 1;
            packed.leave_out(id, score, end);
            continue;
        }
        // Of another space not even the id is told.
        if let Some(reason) = excluded.get(&id) {
            if *reason != Exclusion::Space {
                packed.leave_out(id, score, *reason);
            }
            continue;
        }
        // What was true then may have been taken back since: then it was not known to be.
        let checked = match reader.read(id)? {
            None => Err(Exclusion::Gone),
            Some(record) => match filter.exclusion(&record) {
                Some(Exclusion::Entity) if is_named(&record)? => Ok(record),
                Some(reason) => Err(reason),
                None => decided_since(id)?.map_or(Ok(record), Err),
            },
        };
        let record = match checked {
            Ok(record) => record,
            Err(reason) => {
                excluded.insert(id, reason);
                if reason != Exclusion::Space {
                    packed.leave_out(id, score, reason);
                }
                continue;
            }
        };
        // What is decided or wanted now comes before what it took the place of.
        let successor = record.ended_by.filter(|_| record.is_superseded());
        if let Some(at) = successor.and_then(|by| queue.iter().position(|(id, _)| *id == by))
            && let Some((by, mut next)) = queue.remove(at)
        {
            next.score = next.score.max(candidate.score);
            queue.push_front((id, candidate));
            queue.push_front((by, next));
            continue;
        }
        let words = words(&record);
        if let Some(at) = seen.get(&words) {
            packed.keep_copy(*at, record, score);
            continue;
        }
        if let Some(left) = &mut budget {
            if record.text.len() > *left && !packed.hits.is_empty() {
                ends = Some(Exclusion::Budget);
                packed.dropped += 1;
                packed.leave_out(id, score, Exclusion::Budget);
                continue;
            }
            *left = left.saturating_sub(record.text.len());
        }
        seen.insert(words, packed.hits.len());
        candidate.why.entities =
            ranked.named.iter().filter(|(id, _)| record.entities.contains(id)).map(|(_, name)| name.clone()).collect();
        if let Some(names) = names.as_ref().filter(|_| !ranked.named.is_empty()) {
            let mentioned = names.in_record(&record)?;
            let asked = ranked.named.iter().filter(|(id, _)| mentioned.contains(id));
            candidate.why.mentions = asked.map(|(_, name)| name.clone()).collect();
        }
        if let Some((leader, key)) = candidate.led_by {
            let from = reader.read(leader)?.filter(|from| filter.may_be_shown(from));
            let from = if decided_since(leader)?.is_some() { None } else { from };
            candidate.why.led_by = from.and_then(|from| lead(&from, key));
        }
        packed.hits.push(hit(record, candidate.why, score));
    }
    packed.is_full = ends.is_some() || packed.hits.len() == question.limit;
    Ok(packed)
}

/// Says which name led from a text.
fn lead(from: &Record, key: u64) -> Option<Lead> {
    let name = names::mentioned(&from.text).into_iter().find(|name| names::key(name) == key);
    name.map(|name| Lead { name, from: from.id })
}

/// What a question wants of a record besides its words.
pub(crate) struct Filter<'q> {
    question: &'q Question,
    /// Entities of the name that is asked for.
    about: Option<Vec<Id>>,
    now: Timestamp,
}

impl<'q> Filter<'q> {
    /// Starts on a question.
    pub fn new(view: &View<'_>, question: &'q Question, now: Timestamp) -> Result<Self> {
        let about = question.entity.as_ref();
        let known_at = question.moment.known_at;
        let about = about.map(|name| entity::called(view, name, MAX_NAMESAKES, known_at)).transpose()?;
        Ok(Self { question, about, now })
    }

    /// Tells whether anything may be said of a text, even beside another.
    fn may_be_shown(&self, record: &Record) -> bool {
        let is_there = record.is_text() && Exclusion::by_owner(record).is_none();
        is_there && self.question.moment.finds(record, self.now) && self.is_inside(record)
    }

    fn is_inside(&self, record: &Record) -> bool {
        self.question.spaces.is_empty() || self.question.spaces.contains(&record.space)
    }

    /// Returns why a record is no answer, or `None` when it may be one.
    pub fn exclusion(&self, record: &Record) -> Option<Exclusion> {
        let question = self.question;
        match () {
            // First of all: of another space nothing is told, not even what became of it.
            () if !self.is_inside(record) => Some(Exclusion::Space),
            () if !record.is_text() => Some(Exclusion::NoText),
            () if Exclusion::by_owner(record).is_some() => Exclusion::by_owner(record),
            () if record.retracted_at.is_some() => Some(Exclusion::Retracted),
            () if !question.moment.finds(record, self.now) => Some(Exclusion::Moment),
            () if !question.kinds.is_empty() && !question.kinds.contains(&record.kind) => Some(Exclusion::Kind),
            () if question.since.is_some_and(|since| record.recorded_at < since) => Some(Exclusion::Since),
            () if self.about.as_ref().is_some_and(|about| !about.iter().any(|id| record.entities.contains(id))) => {
                Some(Exclusion::Entity)
            }
            () => None,
        }
    }
}

fn scaled(score: f32, weights: &Weights) -> f32 {
    ((score / weights.highest()).clamp(0.0, 1.0) * 1e4).round() / 1e4
}

/// Puts together what an answer says of a record.
pub(crate) fn hit(record: Record, why: Why, score: f32) -> Hit {
    Hit {
        id: record.id,
        kind: record.kind,
        text: record.text,
        title: record.title,
        source: record.source,
        score,
        why,
        space: record.space,
        recorded_at: record.recorded_at,
        statement: record.statement,
        valid_from: record.valid_from,
        valid_to: record.valid_to,
        seen: record.seen,
        preference: record.preference,
        supersedes: record.revision_of.filter(|_| record.is_decision),
        superseded_by: record.ended_by,
        also_in: Vec::new(),
        stale: record.stale,
        trust: record.trust,
        part_of: record.part_of,
        speaker: record.speaker,
        happened_at: record.happened_at,
    }
}
