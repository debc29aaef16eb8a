//! `explain`: why something was recalled, and why something else was not.

use hydra_graph::{Answered, Explanation, Id, Result};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::answer;
use crate::argument::{self, Unknown};
use crate::parameter::{Look, Spaces};

pub(super) const NAME: &str = "explain";
/// Lines of each list in an answer.
const SHOWN: usize = 20;

const DESCRIPTION: &str = "\
Say why recall answered as it did: give its trace_id (or a query, which is asked again) to see what was given and what \
was left out and why; give an id too, to hear of that memory alone why it was given or why not. as_of and known_at go with a query.";

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// The trace_id of an earlier recall.
    #[serde(default, alias = "trace", deserialize_with = "argument::optional_text")]
    trace_id: Option<String>,
    /// A question, if there is no trace.
    #[serde(default, alias = "question", alias = "q", deserialize_with = "argument::optional_text")]
    query: Option<String>,
    /// Only this memory.
    #[serde(default, alias = "memory_id", deserialize_with = "argument::optional_text")]
    id: Option<String>,
    #[serde(flatten)]
    look: Look,
    #[serde(flatten)]
    spaces: Spaces,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    trace_id: String,
    question: String,
    /// Of the id that was asked about: whether it was given, or why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<String>,
    given: Vec<Line>,
    left_out: Vec<Line>,
    /// What could not take part in the search, in words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    degraded: Vec<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Line {
    id: String,
    score: f64,
    /// Which lists found it, or why it was left out.
    why: String,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    super::reads::<Parameters, Answer>(NAME, "Explain", DESCRIPTION)
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let (spaces, moment) = (parameters.spaces.named(), parameters.look.moment(call.now)?);
    let trace = parameters.trace_id.map(|trace| trace.parse::<Id>()).transpose()?;
    let answered = Answered::given(trace, parameters.query, &spaces, moment)?;
    let id = parameters.id.map(|id| id.parse::<Id>()).transpose()?;
    let explained = call.memory.explain_in(&spaces, answered, id)?;
    let answer = answer_of(explained, argument::ignored(NAME, &parameters.unknown));
    let text = render(&answer);
    Ok(answer::success(&answer, text))
}

fn answer_of(explained: Explanation, note: Option<String>) -> Answer {
    let round = |score: f32| (f64::from(score) * 100.0).round() / 100.0;
    let given = explained.given.iter().take(SHOWN);
    let left_out = explained.left_out.iter().take(SHOWN);
    Answer {
        trace_id: explained.trace_id.to_string(),
        question: answer::one_line(&explained.question),
        verdict: explained.verdict,
        given: given
            .map(|hit| Line { id: hit.id.to_string(), score: round(hit.score), why: answer::why(hit) })
            .collect(),
        left_out: left_out
            .map(|left| Line { id: left.id.to_string(), score: round(left.score), why: left.reason.to_string() })
            .collect(),
        degraded: explained.degraded,
        note,
    }
}

fn render(answer: &Answer) -> String {
    let mut text = format!("asked: {}\n", answer.question);
    if let Some(verdict) = &answer.verdict {
        text.push_str(&format!("{verdict}\n"));
    }
    for (heading, lines) in [("given", &answer.given), ("left out", &answer.left_out)] {
        for Line { id, score, why } in lines {
            text.push_str(&format!("{heading}: {id} {score:.2} | {why}\n"));
        }
    }
    let text = answer::close(text, [], None, answer.degraded.iter().chain(&answer.note));
    format!("{text}\ntrace {}", answer.trace_id)
}
