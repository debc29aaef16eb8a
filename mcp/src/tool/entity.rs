//! Operations of `update` on an entity: another name, two that are one, and two that are two after all.

use hydra_graph::{AliasOp, Aliased, Error, ErrorKind, Id, Merged, Result, Split, counted};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Call;
use crate::argument;

/// What an operation did, for the answer.
pub(super) struct Done {
    pub id: String,
    pub commit: String,
    pub text: String,
}

/// What an operation is given, beside the entity.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Given {
    /// The entity that stays of two that are one: its name or id.
    #[serde(default, deserialize_with = "argument::optional_text")]
    into: Option<String>,
    /// Another name of the entity.
    #[serde(default, alias = "name", deserialize_with = "argument::optional_text")]
    alias: Option<String>,
    /// Memories that go with the entity that is split off.
    #[serde(default, deserialize_with = "argument::list")]
    take: Vec<String>,
}

/// Runs one by its name: `alias`, `merge` or `split`.
pub(super) fn run(call: &Call<'_>, op: &str, id: &str, given: Given, reason: Option<String>) -> Result<Done> {
    match op {
        "alias" => alias(call, id, given, reason),
        "merge" => merge(call, id, given, reason),
        _ => split(call, id, given, reason),
    }
}

fn alias(call: &Call<'_>, id: &str, given: Given, reason: Option<String>) -> Result<Done> {
    let alias = given.alias.ok_or_else(|| missing("the other name was not given", "give it as `alias`"))?;
    let done = call.memory.alias(id, &alias, AliasOp::Add, reason, call.agent)?;
    let Aliased { id, name, alias, commit, shared_with } = done;
    let mut text = match commit {
        Some(commit) => format!("{name} ({id}) goes by {alias} too (take it back: hydra undo {commit})"),
        None => format!("{name} ({id}) goes by {alias} already"),
    };
    if !shared_with.is_empty() {
        let ids: Vec<String> = shared_with.iter().map(Id::to_string).collect();
        text.push_str(&format!("\nso does {}: if they are one, merge them", ids.join(", ")));
    }
    Ok(Done { id: id.to_string(), commit: commit.map(|commit| commit.to_string()).unwrap_or_default(), text })
}

fn merge(call: &Call<'_>, id: &str, given: Given, reason: Option<String>) -> Result<Done> {
    let keep = given.into.ok_or_else(|| missing("the entity that stays was not given", "give it as `into`"))?;
    let done = call.memory.merge(&keep, id, reason, call.agent)?;
    let Merged { id, name, merged, merged_name, commit, memories, links, conflicts } = done;
    let mut text = format!(
        "{name} ({id}) stands for {merged_name} ({merged}) now: {}, {} (take it back: hydra undo {commit})",
        counted(memories, "memory"),
        counted(links, "link")
    );
    if !conflicts.is_empty() {
        let ids: Vec<String> = conflicts.iter().map(Id::to_string).collect();
        text.push_str(&format!("\nthey disagree, for the user to settle: {}", ids.join(", ")));
    }
    Ok(Done { id: id.to_string(), commit: commit.to_string(), text })
}

fn split(call: &Call<'_>, id: &str, given: Given, reason: Option<String>) -> Result<Done> {
    let take = given.take.iter().map(|id| id.parse()).collect::<Result<Vec<Id>>>()?;
    let done = call.memory.split(id, &take, reason, call.agent)?;
    let Split { id, name, from, from_name, commit, memories, links, .. } = done;
    let text = format!(
        "{name} ({id}) is told apart from {from_name} ({from}): {}, {} (take it back: hydra undo {commit})",
        counted(memories, "memory"),
        counted(links, "link")
    );
    Ok(Done { id: id.to_string(), commit: commit.to_string(), text })
}

fn missing(what: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Invalid, what).hint(hint)
}
