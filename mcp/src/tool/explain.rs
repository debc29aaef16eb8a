//! `explain`: why something was recalled, and why something else was not.

use hydra_graph::{Answered, Error, ErrorKind, Explanation, Id, Question, Result};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::argument::{self, Unknown};
use crate::{answer, schema};

pub(super) const NAME: &str = "explain";
/// Lines of each list in an answer.
const SHOWN: usize = 20;

const DESCRIPTION: &str = "\
Say why recall answered as it did: give its trace_id (or a query, which is asked again) to see what was given and what \
was left out and why; give an id too, to hear of that memory alone why it was given or why not.";

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
    /// Only of this space, as in `personal` or `project/atlas`; all if left out.
    #[serde(default, alias = "spaces", deserialize_with = "argument::list")]
    #[schemars(with = "Option<String>")]
    space: Vec<String>,
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
    Tool::new(NAME, DESCRIPTION, schema::input::<Parameters>())
        .with_title("Explain")
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(super::reads("Explain"))
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let spaces: Vec<String> = parameters.space.into_iter().filter(|space| !space.is_empty()).collect();
    let answered = match (parameters.trace_id, parameters.query) {
        (Some(trace), _) => Answered::Before(trace.parse()?),
        (None, Some(query)) => Answered::Now(Question { spaces: spaces.clone(), ..Question::new(query) }),
        (None, None) => {
            return Err(Error::new(ErrorKind::Invalid, "nothing to explain")
                .hint("give the trace_id of a recall, or a query, and the id that you wonder about"));
        }
    };
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
    for line in answer.degraded.iter().chain(&answer.note) {
        text.push_str(&format!("note: {line}\n"));
    }
    text.push_str(&format!("trace {}", answer.trace_id));
    text
}
