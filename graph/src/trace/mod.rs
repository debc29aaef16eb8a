//! What was asked and what was given, for whoever wants to look again.
//!
//! A trace names what was given and keeps no text of it: the text is read from the graph as it was then, so that nothing is
//! shown of what was forgotten since.

mod file;

use serde::{Deserialize, Serialize};

pub(crate) use file::Traces;
pub use file::{MAX_TRACE_AGE_DAYS, MAX_TRACE_BYTES, MAX_TRACES};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::memory::Inner;
use crate::question::{AlsoIn, Hit, Question, Recalled, Why};
use crate::record::{self, Reader};
use crate::secret;
use crate::space;
use crate::store::View;
use crate::time::Timestamp;
use crate::verbs::packing::{Exclusion, LeftOut, hit};

/// Answers of one page at most.
pub const MAX_PAST_ANSWERS: usize = 200;

/// Which earlier answers are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastAnswersRequest {
    /// Only those before this one.
    pub before: Option<Id>,
    /// Only those that gave this memory.
    pub gave: Option<Id>,
    /// Only those that were asked of these spaces alone; all if there are none.
    pub spaces: Vec<String>,
    /// How many at most, 1 to [`MAX_PAST_ANSWERS`].
    pub first: usize,
}

/// An earlier answer, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PastAnswer {
    /// Names it: `explain` says why it is as it is.
    pub id: Id,
    /// When it was given.
    pub at: Timestamp,
    /// What was asked.
    pub question: String,
    /// How many hits it had, with those that were forgotten since.
    pub given: usize,
    /// How many candidates were no hits.
    pub left_out: usize,
}

pub(crate) fn past_answers(inner: &Inner, request: &PastAnswersRequest) -> Result<Vec<PastAnswer>> {
    let PastAnswersRequest { before, gave, spaces, first } = request;
    spaces.iter().try_for_each(|name| space::check(name))?;
    if *first == 0 || *first > MAX_PAST_ANSWERS {
        return Err(Error::new(ErrorKind::Invalid, format!("a page of {first}"))
            .hint(format!("ask for 1 to {MAX_PAST_ANSWERS}, and for the next page before its last")));
    }
    let fits =
        |trace: &Trace| (spaces.is_empty() || trace.is_of(spaces)) && gave.is_none_or(|id| trace.place(id).is_some());
    Ok(inner.traces.newest(*before, *first, inner.now(), fits).iter().map(Trace::summary).collect())
}

/// An answer that was given and is not kept yet.
#[derive(Debug)]
#[must_use = "an answer that is not kept can't be explained"]
pub struct UnkeptAnswer {
    trace: Trace,
    /// How often something was dropped before it was asked: an answer that names what was forgotten since is not kept.
    asked: u64,
}

impl UnkeptAnswer {
    pub(crate) fn new(trace: Trace, asked: u64) -> Self {
        Self { trace, asked }
    }

    /// The id that it is explained by once it is kept.
    pub fn id(&self) -> Id {
        self.trace.id
    }

    /// Says that only these of its hits were put before whoever it was asked for.
    pub(crate) fn narrow(&mut self, used: &[Id]) {
        self.trace.narrow(used);
    }

    pub(crate) fn keep(self, inner: &Inner) {
        inner.traces.keep(&self.trace, self.asked, inner.now());
    }
}

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trace {
    /// The first field: the file is read by it.
    id: Id,
    pub question: Question,
    given: Vec<Given>,
    /// Candidates that were no hits, and why not.
    left_out: Vec<(Id, f32, Exclusion)>,
    degraded: Vec<String>,
    dropped: usize,
}

/// A hit without what the graph says of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Given {
    id: Id,
    score: f32,
    why: Why,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_in: Vec<Id>,
}

impl Trace {
    /// Takes down an answer.
    pub fn new(question: &Question, recalled: &Recalled, left_out: &[LeftOut]) -> Self {
        let given = recalled.hits.iter().map(|hit| Given {
            id: hit.id,
            score: hit.score,
            why: hit.why.clone(),
            also_in: hit.also_in.iter().map(|copy| copy.id).collect(),
        });
        let mut question = question.clone();
        secret::mask(&mut question.text);
        Self {
            id: recalled.trace_id,
            question,
            given: given.collect(),
            left_out: left_out.iter().map(|left| (left.id, left.score, left.reason)).collect(),
            degraded: recalled.degraded.clone(),
            dropped: recalled.dropped,
        }
    }

    fn narrow(&mut self, used: &[Id]) {
        let (given, withheld): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.given).into_iter().partition(|given| used.contains(&given.id));
        self.given = given;
        self.left_out.splice(..0, withheld.into_iter().map(|hit| (hit.id, hit.score, Exclusion::Unused)));
    }

    /// Tells whether it was asked of these spaces alone.
    pub fn is_of(&self, spaces: &[String]) -> bool {
        !self.question.spaces.is_empty() && self.question.spaces.iter().all(|space| spaces.contains(space))
    }

    /// Returns the place that a hit had, from 1.
    pub fn place(&self, id: Id) -> Option<usize> {
        Some(self.given.iter().position(|given| given.id == id)? + 1)
    }

    /// Returns what a list says of it.
    pub fn summary(&self) -> PastAnswer {
        PastAnswer {
            id: self.id,
            at: self.id.minted_at(),
            question: self.question.text.clone(),
            given: self.given.len(),
            left_out: self.left_out.len(),
        }
    }

    /// Reads the answer as it was given, without what was forgotten since: that is among what was left out.
    pub fn answer(self, view: &View<'_>) -> Result<(Recalled, Vec<LeftOut>)> {
        let known_at = self.question.moment.known_at.unwrap_or(self.id.minted_at());
        let mut reader = Reader::at(view, Some(known_at));
        let is_forgotten = |id| Ok(record::forgotten_since(view, id)?.is_some()) as Result<bool>;
        let (mut hits, mut left_out) = (Vec::<Hit>::new(), Vec::new());
        for Given { id, score, mut why, also_in } in self.given {
            let reason = if is_forgotten(id)? { Exclusion::Forgotten } else { Exclusion::Gone };
            let Some(record) = reader.read(id)?.filter(|_| reason != Exclusion::Forgotten) else {
                left_out.push(LeftOut { id, score, reason });
                continue;
            };
            if let Some(lead) = &why.led_by
                && is_forgotten(lead.from)?
            {
                why.led_by = None;
            }
            let mut hit = hit(record, why, score);
            for id in also_in {
                if let Some(copy) = reader.read(id)?
                    && !is_forgotten(id)?
                {
                    hit.also_in.push(AlsoIn { id, title: copy.title, source: copy.source });
                }
            }
            hits.push(hit);
        }
        left_out.extend(self.left_out.into_iter().map(|(id, score, reason)| LeftOut { id, score, reason }));
        let Self { id: trace_id, degraded, dropped, .. } = self;
        Ok((Recalled { hits, degraded, trace_id, dropped }, left_out))
    }
}
