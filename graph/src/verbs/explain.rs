//! `explain`: why something was recalled, and why something else was not.

use schemars::JsonSchema;
use serde::Serialize;

use super::packing::{Exclusion, Filter, LeftOut};
use super::recall::MAX_CANDIDATES;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::index::{Index as _, IndexQuery};
use crate::memory::Inner;
use crate::moment::Moment;
use crate::question::{Hit, Question};
use crate::ranking::Weights;
use crate::record::Reader;
use crate::trace::{MAX_TRACE_AGE_DAYS, MAX_TRACES};

/// What is to be explained: an earlier answer, or the answer to a question now.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// By its trace.
    Before(Id),
    /// Asked again now.
    Now(Question),
}

impl Answered {
    /// Takes either an earlier answer or a question, as a front end is given them.
    ///
    /// # Errors
    /// `Invalid` when neither is given, or a moment for an earlier answer, which has its own.
    pub fn given(trace: Option<Id>, query: Option<String>, spaces: &[String], moment: Moment) -> Result<Self> {
        match (trace, query) {
            (Some(trace), _) if !moment.is_now() => {
                Err(Error::new(ErrorKind::Invalid, format!("the trace {trace} was asked of a moment of its own"))
                    .hint("leave as_of and known_at out, or ask the question again without the trace"))
            }
            (Some(trace), _) => Ok(Self::Before(trace)),
            (None, Some(query)) => Ok(Self::Now(Question { spaces: spaces.to_vec(), moment, ..Question::new(query) })),
            (None, None) => Err(Error::new(ErrorKind::Invalid, "nothing to explain")
                .hint("give the trace of a recall, or a query, and the id that you wonder about")),
        }
    }
}

/// Why an answer is as it is.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Explanation {
    /// What was asked.
    pub question: String,
    /// The trace that is explained.
    pub trace_id: Id,
    /// Of the id that was asked about: whether it was given or why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// Its place in the answer, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// What was given, best first; only the id that was asked about, if one was.
    pub given: Vec<Hit>,
    /// What was not, best first, and why.
    pub left_out: Vec<LeftOut>,
    /// What could not take part.
    pub degraded: Vec<String>,
}

pub(crate) fn explain(inner: &Inner, spaces: &[String], answered: Answered, id: Option<Id>) -> Result<Explanation> {
    let trace_id = match answered {
        Answered::Before(trace) => trace,
        Answered::Now(question) => super::recall::recall(inner, &question, &Weights::CHOSEN)?.trace_id,
    };
    let trace = inner.traces.get(trace_id, inner.now()).ok_or_else(|| no_trace(trace_id))?;
    if !spaces.is_empty() && !trace.is_of(spaces) {
        let message = format!("the trace {trace_id} was not asked of {} alone", spaces.join(" or "));
        return Err(
            Error::new(ErrorKind::NotFound, message).hint("leave the space out, or ask the question of that space")
        );
    }
    let question = trace.question.clone();
    let rank = id.and_then(|id| trace.place(id));
    let (recalled, left_out) = trace.answer(&inner.view()?)?;
    let mut explanation = Explanation {
        question: question.text.clone(),
        trace_id,
        verdict: None,
        rank,
        given: recalled.hits,
        left_out,
        degraded: recalled.degraded,
    };
    let Some(id) = id else { return Ok(explanation) };
    explanation.given.retain(|hit| hit.id == id);
    explanation.left_out.retain(|left| left.id == id);
    explanation.verdict = Some(match (explanation.rank, explanation.left_out.first()) {
        (Some(rank), None) => format!("it was given, at place {rank}{}", standing(explanation.given.first())),
        (Some(rank), Some(_)) => format!("it was given, at place {rank}, and was forgotten since"),
        (None, Some(left)) => format!("it was a candidate and was left out: {}", left.reason),
        (None, None) => missing(inner, &question, id)?,
    });
    Ok(explanation)
}

fn no_trace(id: Id) -> Error {
    Error::new(ErrorKind::NotFound, format!("there is no trace {id}")).hint(format!(
        "the newest {MAX_TRACES} answers are kept for {MAX_TRACE_AGE_DAYS} days, until something is erased; ask the question again"
    ))
}

/// Says of a hit what keeps it from simply standing.
fn standing(hit: Option<&Hit>) -> String {
    let Some(hit) = hit else { return String::new() };
    let words = match (&hit.preference, hit.superseded_by) {
        (_, Some(by)) => format!("superseded by {by}"),
        (Some(preference), None) => preference.words(),
        (None, None) => String::new(),
    };
    if words.is_empty() { words } else { format!("; {words}") }
}

/// Says why a text was no candidate at all.
fn missing(inner: &Inner, question: &Question, id: Id) -> Result<String> {
    let view = inner.view()?;
    let filter = Filter::new(&view, question, inner.now())?;
    let is_newer = question.moment.is_before(id);
    // Of what was not known yet there is only what is said now.
    let known_at = question.moment.known_at.filter(|_| !is_newer);
    let Some((record, is_there)) = Reader::at(&view, known_at).read_last(id)? else {
        return Err(super::forget::not_found(id));
    };
    let exclusion = filter.exclusion(&record);
    if is_newer && exclusion != Some(Exclusion::Space) {
        return Ok(format!("it could not be an answer: it was not known yet; it is of {}", id.minted_at()));
    }
    if let Some(reason) = exclusion {
        return Ok(format!("it could not be an answer: {reason}"));
    }
    if !is_there {
        return Ok("it could not be an answer: it is no longer there".to_owned());
    }
    let query =
        IndexQuery { text: &question.text, spaces: &question.spaces, limit: MAX_CANDIDATES, ..IndexQuery::default() };
    let words = inner.text.scores(&query, &[id])?.pop().flatten();
    let meaning = super::recall::cosines(inner, question, &[id]).pop().flatten();
    let words =
        words.map_or("it has no word of the question".to_owned(), |score| format!("its words score {score:.2}"));
    let meaning = meaning.map_or("its meaning is not indexed".to_owned(), |score| format!("its cosine is {score:.2}"));
    Ok(format!("others were nearer: {words}, {meaning}, and no link or name led to it"))
}
