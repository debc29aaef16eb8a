//! `learn`: keeps what was learned, or reports how a learning did.

use hydra_graph::{Error, ErrorKind, Id, Learned, NewLearning, Outcome, Report, Result};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::answer;
use crate::argument::{self, Unknown};

pub(super) const NAME: &str = "learn";

const DESCRIPTION: &str = "\
Keep a lesson from work that is done, so that it is done right the next time: what fixed an error, what turned out not to \
work, how things are done here. `trigger` says when it applies (the error, the task, the file), `lesson` what to do then \
or to avoid, each in words that make sense alone. Learning the same again counts up; what helped comes first in context.

When you followed a learning from context or recall, say how it went: its id and report `helped` or `hurt`.";

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// When it applies, as in `cargo fails with linker killed`.
    #[serde(default, alias = "when", alias = "situation", deserialize_with = "argument::text")]
    trigger: String,
    /// What to do then, or to avoid, and why.
    #[serde(default, alias = "text", alias = "content", deserialize_with = "argument::text")]
    lesson: String,
    /// worked (if left out), failed or mixed: how it went when this was done.
    #[serde(default, alias = "result", deserialize_with = "argument::optional_text")]
    outcome: Option<String>,
    /// Ids of the memories or passages it was learned from.
    #[serde(default, alias = "derived_from", deserialize_with = "argument::list")]
    #[schemars(with = "Vec<String>")]
    evidence: Vec<String>,
    /// Where it belongs, as in `personal` (if left out) or `project/atlas`.
    #[serde(default, alias = "scope", deserialize_with = "argument::optional_text")]
    space: Option<String>,
    /// Names of the people, projects and things it is about.
    #[serde(default, alias = "entities", alias = "about", deserialize_with = "argument::list")]
    #[schemars(with = "Vec<String>")]
    entity: Vec<String>,
    /// The file or folder it applies to; anywhere if left out.
    #[serde(default, alias = "file", deserialize_with = "argument::optional_text")]
    path: Option<String>,
    /// A learning to report on, instead of trigger and lesson.
    #[serde(default, alias = "learning", deserialize_with = "argument::optional_text")]
    id: Option<String>,
    /// helped or hurt: how following the learning of that id went.
    #[serde(default, deserialize_with = "argument::optional_text")]
    report: Option<String>,
    /// Why, of a report; kept in the history.
    #[serde(default, deserialize_with = "argument::optional_text")]
    reason: Option<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    id: String,
    /// Takes it back when the user runs `hydra undo` with it.
    commit: String,
    /// worked, failed or mixed, over all the times it was learned.
    outcome: String,
    times_seen: usize,
    times_helped: usize,
    times_hurt: usize,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    super::changes::<Parameters, Answer>(NAME, "Learn", DESCRIPTION).with_meta(super::always_load())
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let learned = match (parameters.id, parameters.report) {
        (Some(id), Some(report)) => {
            let report = report.to_lowercase().parse::<Report>()?;
            call.memory.report(id.trim().parse()?, report, parameters.reason, call.agent)?
        }
        (None, None) => {
            let outcome = parameters.outcome.map(|outcome| outcome.to_lowercase().parse()).transpose()?;
            let new = NewLearning {
                trigger: parameters.trigger,
                lesson: parameters.lesson,
                outcome: outcome.unwrap_or(Outcome::Worked),
                evidence: parameters.evidence.iter().map(|id| id.trim().parse()).collect::<Result<Vec<Id>>>()?,
                space: parameters.space.unwrap_or_else(|| call.default_space.to_owned()),
                entities: parameters.entity,
                path: parameters.path,
            };
            call.memory.learn(new, call.agent)?
        }
        _ => {
            return Err(Error::new(ErrorKind::Invalid, "a report needs both id and report")
                .hint("give the learning's id and helped or hurt, or trigger and lesson to learn something new"));
        }
    };
    let Learned { id, commit, learning, evidence_left_out } = learned;
    let full =
        (evidence_left_out > 0).then(|| format!("{evidence_left_out} texts were not kept as evidence: it has enough"));
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        outcome: learning.outcome.as_str().to_owned(),
        times_seen: learning.times_seen,
        times_helped: learning.times_helped,
        times_hurt: learning.times_hurt,
        note: answer::notes([full, argument::ignored(NAME, &parameters.unknown)]),
    };
    let text = format!(
        "learned: {id}, {}, seen {}, helped {}, hurt {} (take it back: hydra undo {commit})",
        answer.outcome, answer.times_seen, answer.times_helped, answer.times_hurt
    );
    let text = answer::close(text, [], None, &answer.note);
    Ok(answer::success(&answer, text))
}
