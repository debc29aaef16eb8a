//! `update`: changes what is known of a memory, settles a conflict, edits a core block, or says that entities are one or two.

use hydra_graph::{Block, Error, ErrorKind, Id, Result, UpdateOp, Updated};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, block, entity, propose};
use crate::argument::{self, Unknown};
use crate::parameter::Stated;
use crate::right::Right;
use crate::{answer, when};

pub(super) const NAME: &str = "update";

const DESCRIPTION: &str = "\
Say that something remembered is no longer so, was wrong, or is said better. Nothing is overwritten: what it said before \
stays in its history, and each update can be undone.

op: `end` (the world changed; give `at`), `supersede` (a new `text` takes its place), `correct` (a new subject, predicate \
and object take its place), `retract` (it was wrong), `restore` (it stands again); of a conflict: `settle` (give the id to \
`keep`) or `keep_all`; of a core block: `edit_block` (give its name as `block`, then its whole new `text`, a line to \
`append`, or an `old` piece and the `new` one; and always a `reason`); of people, projects and things, by name or id: \
`merge` (`id` is the same as `into`, which stays), `split` (take that back; `take` names memories that go too), `alias` \
(another name). What you are not sure of, or read between the lines, you `propose`: \
`proposals` is a list of {kind: fact, subject, predicate, object}, {kind: alias, entity, alias}, {kind: merge, keep, \
other} or {kind: summary, text, entities}, each with `evidence` (ids of the texts that say so, or {id, quote}) and \
`confidence`; they wait for the user (hydra://enrichment). What rests on something that fell is marked stale. You cannot overrule the user: what they said \
themselves only they change, so tell them instead.";

/// Everything that can be said.
const OPS: [&str; 13] = [
    "end",
    "supersede",
    "edit",
    "correct",
    "retract",
    "restore",
    "settle",
    "keep_all",
    block::EDIT_BLOCK,
    "merge",
    "split",
    "alias",
    "propose",
];
/// Letters of a mistyped one that are said back.
const MAX_OP_CHARS: usize = 40;

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["op"]))]
struct Parameters {
    /// The memory, as recall gives it, or the conflict; of an entity its name or id; not of a block.
    #[serde(default, alias = "memory_id", alias = "entity", deserialize_with = "argument::text")]
    id: String,
    /// end, supersede, correct, retract, restore, settle, keep_all, edit_block, merge, split, alias or propose.
    #[serde(default, alias = "operation", alias = "action", deserialize_with = "argument::text")]
    op: String,
    /// When it ended: 2026-01-31, or a full time. Now if left out.
    #[serde(default, alias = "valid_to", alias = "when", deserialize_with = "argument::optional_text")]
    at: Option<String>,
    /// The new text.
    #[serde(default, alias = "content", deserialize_with = "argument::optional_text")]
    text: Option<String>,
    #[serde(flatten)]
    stated: Stated,
    /// The side of the conflict that holds.
    #[serde(default, deserialize_with = "argument::optional_text")]
    keep: Option<String>,
    /// Space of the block, the usual one if left out; of a memory or conflict: only if it is of this space.
    #[serde(default, deserialize_with = "argument::optional_text")]
    space: Option<String>,
    #[serde(flatten)]
    entity: entity::Given,
    #[serde(flatten)]
    block: block::Given,
    /// What to propose, each with its kind, evidence and confidence.
    #[serde(default)]
    proposals: serde_json::Value,
    /// Why; kept in the history. Needed for a block.
    #[serde(default, deserialize_with = "argument::optional_text")]
    reason: Option<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
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
    /// How long the block is now, and how long it may be.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_bytes: Option<usize>,
    /// What became of each proposal, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    proposals: Vec<propose::Item>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    super::changes::<Parameters, Answer>(NAME, "Update", DESCRIPTION)
}

/// Answers a call.
pub(super) fn call(mut call: Call<'_>) -> Result<CallToolResult> {
    let mut parameters: Parameters = super::parse(std::mem::take(&mut call.arguments), &definition())?;
    let note = argument::ignored(NAME, &std::mem::take(&mut parameters.unknown));
    parameters.op = parameters.op.to_lowercase();
    if let "settle" | "keep_all" = parameters.op.as_str() {
        call.holder.check(Right::Approve, NAME)?;
    }
    let (mut answer, text) = match parameters.op.as_str() {
        block::EDIT_BLOCK => of_block(&call, parameters),
        "propose" => of_proposals(&call, parameters),
        "accept" | "reject" => Err(propose::undecidable()),
        "never_recall" | "recall_again" | "snooze" => Err(undecidable()),
        op if !OPS.contains(&op) => Err(no_such(op)),
        _ if parameters.id.is_empty() => {
            Err(Error::new(ErrorKind::Invalid, "no id was given").hint("give the id as recall prints it"))
        }
        "alias" | "merge" | "split" => of_entity(&call, parameters),
        _ => of_memory(&call, parameters),
    }?;
    answer.note = note;
    let text = answer::close(text, [], None, &answer.note);
    Ok(answer::success(&answer, text))
}

/// What is never recalled, and when they are asked, is the user's own to say.
fn undecidable() -> Error {
    Error::new(ErrorKind::Conflict, "you can't decide what is never recalled, nor when the user is asked")
        .hint("tell them: the page of a memory has it, and so has `hydra update`")
}

fn no_such(op: &str) -> Error {
    let op: String = op.chars().take(MAX_OP_CHARS).collect();
    let message = if op.is_empty() { "no op was given".to_owned() } else { format!("`{op}` is not an op") };
    Error::new(ErrorKind::Invalid, message).hint(format!("say one of: {}", OPS.join(", ")))
}

fn of_memory(call: &Call<'_>, parameters: Parameters) -> Result<(Answer, String)> {
    let at = parameters.at.map(|at| when::moment(&at, call.now)).transpose()?.unwrap_or(call.now);
    let keep = parameters.keep.map(|keep| keep.parse::<Id>()).transpose()?;
    let op = UpdateOp::named(&parameters.op, Some(at), parameters.text, parameters.stated.statement()?, keep)?;
    let spaces: Vec<String> = parameters.space.into_iter().collect();
    let updated = call.memory.update_in(&spaces, parameters.id.parse()?, op, parameters.reason, call.agent)?;
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
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        replaced_by: replaced_by.map(|id| id.to_string()),
        stale: names(&stale),
        fresh: names(&fresh),
        ..Answer::default()
    };
    Ok((answer, text))
}

fn of_entity(call: &Call<'_>, parameters: Parameters) -> Result<(Answer, String)> {
    let Parameters { op, id, entity, reason, .. } = parameters;
    let entity::Done { id, commit, text } = entity::run(call, &op, &id, entity, reason)?;
    Ok((Answer { id, commit, ..Answer::default() }, text))
}

fn of_proposals(call: &Call<'_>, parameters: Parameters) -> Result<(Answer, String)> {
    let propose::Done { commit, proposals, text } = propose::run(call, &parameters.proposals, parameters.reason)?;
    Ok((Answer { commit, proposals, ..Answer::default() }, text))
}

fn of_block(call: &Call<'_>, parameters: Parameters) -> Result<(Answer, String)> {
    let Parameters { block, text, space, reason, .. } = parameters;
    let edited = block::edit(call, block, text, space, reason)?;
    let Block { id, name, commit, size_bytes, limit_bytes, .. } = edited;
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        size_bytes: Some(size_bytes),
        limit_bytes: Some(limit_bytes),
        ..Answer::default()
    };
    Ok((answer, format!("{name} has {size_bytes}/{limit_bytes} bytes now (take it back: hydra undo {commit})")))
}
