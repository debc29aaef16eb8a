//! `update`: changes what is known of a memory, or settles a conflict.

use hydra_graph::{Error, ErrorKind, Id, Result, UpdateOp, Updated};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, remember};
use crate::argument::{self, Unknown};
use crate::{answer, schema, when};

pub(super) const NAME: &str = "update";

const DESCRIPTION: &str = "\
Say that something remembered is no longer so, was wrong, or is said better. Nothing is overwritten: what it said before \
stays in its history, and each update can be undone.

op: `end` (the world changed; give `at`), `supersede` (a new `text` takes its place), `correct` (a new subject, predicate \
and object take its place), `retract` (it was wrong), `restore` (it stands again); of a conflict: `settle` (give the id to \
`keep`) or `keep_all`. What rests on something that fell is marked stale. You cannot overrule the user: what they said \
themselves only they change, so tell them instead.";

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["id", "op"]))]
struct Parameters {
    /// The memory, as recall gives it, or the conflict.
    #[serde(default, alias = "memory_id", deserialize_with = "argument::text")]
    id: String,
    /// end, supersede, correct, retract, restore, settle or keep_all.
    #[serde(default, alias = "operation", alias = "action", deserialize_with = "argument::text")]
    op: String,
    /// When it ended: 2026-01-31, or a full time. Now if left out.
    #[serde(default, alias = "valid_to", alias = "when", deserialize_with = "argument::optional_text")]
    at: Option<String>,
    /// The new text.
    #[serde(default, alias = "content", deserialize_with = "argument::optional_text")]
    text: Option<String>,
    /// Of the right statement: whom or what it is about.
    #[serde(default, deserialize_with = "argument::optional_text")]
    subject: Option<String>,
    /// Of the right statement: what is said of it.
    #[serde(default, deserialize_with = "argument::optional_text")]
    predicate: Option<String>,
    /// Of the right statement: what it is said to be.
    #[serde(default, deserialize_with = "argument::optional_text")]
    object: Option<String>,
    /// The side of the conflict that holds.
    #[serde(default, deserialize_with = "argument::optional_text")]
    keep: Option<String>,
    /// Why; kept in the history.
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
    /// What took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_by: Option<String>,
    /// What rests on it and is stale now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale: Vec<String>,
    /// What is no longer stale.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fresh: Vec<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, schema::input::<Parameters>())
        .with_title("Update")
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(super::changes("Update"))
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    if parameters.id.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "no id was given").hint("give the id as recall prints it"));
    }
    let at = parameters.at.map(|at| when::moment(&at, call.now)).transpose()?.unwrap_or(call.now);
    let statement = remember::statement(parameters.subject, parameters.predicate, parameters.object)?;
    let keep = parameters.keep.map(|keep| keep.parse::<Id>()).transpose()?;
    let op = UpdateOp::named(&parameters.op.to_lowercase(), Some(at), parameters.text, statement, keep)?;
    let updated = call.memory.update(parameters.id.parse()?, op, parameters.reason, call.agent)?;
    let Updated { id, commit, replaced_by, stale, fresh } = updated;
    let names = |ids: &[Id]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    let mut text = format!("updated: {id} (take it back: hydra undo {commit})");
    if let Some(new) = replaced_by {
        text.push_str(&format!("\nreplaced by: {new}"));
    }
    for (what, ids) in [("stale now", &stale), ("no longer stale", &fresh)] {
        if !ids.is_empty() {
            text.push_str(&format!("\n{what}: {}", names(ids).join(", ")));
        }
    }
    let note = argument::ignored(NAME, &parameters.unknown);
    if let Some(note) = &note {
        text.push_str(&format!("\nnote: {note}"));
    }
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        replaced_by: replaced_by.map(|id| id.to_string()),
        stale: names(&stale),
        fresh: names(&fresh),
        note,
    };
    Ok(answer::success(&answer, text))
}
