//! `update`: changes what is known of a memory, settles a conflict, edits a core block, or says that entities are one or two.

use hydra_graph::{Block, BlockEdit, BlockOp, Error, ErrorKind, Id, Result, UpdateOp, Updated};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Call, entity, propose, remember};
use crate::argument::{self, Unknown};
use crate::{answer, schema, when};

pub(super) const NAME: &str = "update";
/// The operation that is on a core block and not on a memory.
const EDIT_BLOCK: &str = "edit_block";

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
    /// The entity that stays of two that are one: its name or id.
    #[serde(default, deserialize_with = "argument::optional_text")]
    into: Option<String>,
    /// Another name of the entity.
    #[serde(default, alias = "name", deserialize_with = "argument::optional_text")]
    alias: Option<String>,
    /// Memories that go with the entity that is split off.
    #[serde(default, deserialize_with = "argument::list")]
    take: Vec<String>,
    /// What to propose, each with its kind, evidence and confidence.
    #[serde(default)]
    proposals: serde_json::Value,
    /// Name of the core block: persona, human, system, projects, preferences, or another.
    #[serde(default, alias = "block_name", alias = "label", deserialize_with = "argument::optional_text")]
    block: Option<String>,
    /// Space of the block, the usual one if left out; of a memory or conflict: only if it is of this space.
    #[serde(default, deserialize_with = "argument::optional_text")]
    space: Option<String>,
    /// A line that comes after the block's text.
    #[serde(default, deserialize_with = "argument::optional_text")]
    append: Option<String>,
    /// A piece of the block's text, letter by letter; it stands there once.
    #[serde(default, alias = "old_text", alias = "old_str", deserialize_with = "argument::optional_text")]
    old: Option<String>,
    /// What takes its place; nothing if left out.
    #[serde(default, alias = "new_text", alias = "new_str", deserialize_with = "argument::optional_text")]
    new: Option<String>,
    /// The commit that the block was read at; the edit is refused if it was changed since.
    #[serde(default, alias = "commit", deserialize_with = "argument::optional_text")]
    based_on: Option<String>,
    /// Why; kept in the history. Needed for a block.
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
    Tool::new(NAME, DESCRIPTION, schema::input::<Parameters>())
        .with_title("Update")
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(super::changes("Update"))
}

/// Answers a call.
pub(super) fn call(mut call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(std::mem::take(&mut call.arguments), &definition())?;
    if parameters.op.eq_ignore_ascii_case(EDIT_BLOCK) {
        return edit_block(&call, parameters);
    }
    let op = parameters.op.to_lowercase();
    let of_proposals_alone = ["propose", "accept", "reject"].contains(&op.as_str());
    if parameters.id.is_empty() && !of_proposals_alone {
        return Err(Error::new(ErrorKind::Invalid, "no id was given").hint("give the id as recall prints it"));
    }
    let given = entity::Given {
        id: parameters.id.clone(),
        into: parameters.into,
        alias: parameters.alias,
        take: parameters.take,
        reason: parameters.reason.clone(),
    };
    if let Some(done) = propose::run(&call, &op, &parameters.proposals, parameters.reason.as_deref()) {
        return Ok(of_proposals(done?));
    }
    if let Some(done) = entity::run(&call, &op, given) {
        return Ok(of_entity(done?, argument::ignored(NAME, &parameters.unknown)));
    }
    let at = parameters.at.map(|at| when::moment(&at, call.now)).transpose()?.unwrap_or(call.now);
    let statement = remember::statement(parameters.subject, parameters.predicate, parameters.object)?;
    let keep = parameters.keep.map(|keep| keep.parse::<Id>()).transpose()?;
    let op = UpdateOp::named(&op, Some(at), parameters.text, statement, keep)?;
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
        size_bytes: None,
        limit_bytes: None,
        proposals: Vec::new(),
        note,
    };
    Ok(answer::success(&answer, text))
}

fn of_entity(done: entity::Done, note: Option<String>) -> CallToolResult {
    let entity::Done { id, commit, mut text } = done;
    if let Some(note) = &note {
        text.push_str(&format!("\nnote: {note}"));
    }
    let answer = Answer {
        id,
        commit,
        replaced_by: None,
        stale: Vec::new(),
        fresh: Vec::new(),
        size_bytes: None,
        limit_bytes: None,
        proposals: Vec::new(),
        note,
    };
    answer::success(&answer, text)
}

fn of_proposals(done: propose::Done) -> CallToolResult {
    let propose::Done { commit, proposals, text } = done;
    let answer = Answer {
        id: String::new(),
        commit,
        replaced_by: None,
        stale: Vec::new(),
        fresh: Vec::new(),
        size_bytes: None,
        limit_bytes: None,
        proposals,
        note: None,
    };
    answer::success(&answer, text)
}

fn edit_block(call: &Call<'_>, parameters: Parameters) -> Result<CallToolResult> {
    let name = parameters.block.ok_or_else(|| {
        Error::new(ErrorKind::Invalid, "no block was named").hint("give its name as `block`; context shows the names")
    })?;
    let edit = BlockEdit {
        space: parameters.space.unwrap_or_else(|| call.default_space.to_owned()),
        name,
        op: BlockOp::given(parameters.text, parameters.append, parameters.old, parameters.new, None)?,
        based_on: parameters.based_on.map(|commit| commit.parse()).transpose()?,
        reason: parameters.reason,
    };
    let Block { id, name, commit, size_bytes, limit_bytes, .. } = call.memory.edit_block(edit, call.agent)?;
    let mut text = format!("{name} has {size_bytes}/{limit_bytes} bytes now (take it back: hydra undo {commit})");
    let note = argument::ignored(NAME, &parameters.unknown);
    if let Some(note) = &note {
        text.push_str(&format!("\nnote: {note}"));
    }
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        replaced_by: None,
        stale: Vec::new(),
        fresh: Vec::new(),
        size_bytes: Some(size_bytes),
        limit_bytes: Some(limit_bytes),
        proposals: Vec::new(),
        note,
    };
    Ok(answer::success(&answer, text))
}
