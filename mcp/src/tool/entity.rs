//! Operations of `update` on an entity: another name, two that are one, and two that are two after all.

use hydra_graph::{AliasOp, Aliased, Error, ErrorKind, Id, Merged, Result, Split};

use super::Call;

/// What an operation did, for the answer.
pub(super) struct Done {
    pub id: String,
    pub commit: String,
    pub text: String,
}

/// What an operation was given.
pub(super) struct Given {
    pub id: String,
    pub into: Option<String>,
    pub alias: Option<String>,
    pub take: Vec<String>,
    pub reason: Option<String>,
}

/// Runs one by its name; `None` if it is none of these.
pub(super) fn run(call: &Call<'_>, op: &str, given: Given) -> Option<Result<Done>> {
    match op {
        "alias" => Some(alias(call, given)),
        "merge" => Some(merge(call, given)),
        "split" => Some(split(call, given)),
        _ => None,
    }
}

fn alias(call: &Call<'_>, given: Given) -> Result<Done> {
    let alias = given.alias.ok_or_else(|| missing("the other name was not given", "give it as `alias`"))?;
    let done = call.memory.alias(&given.id, &alias, AliasOp::Add, given.reason, call.agent)?;
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

fn merge(call: &Call<'_>, given: Given) -> Result<Done> {
    let keep = given.into.ok_or_else(|| missing("the entity that stays was not given", "give it as `into`"))?;
    let done = call.memory.merge(&keep, &given.id, given.reason, call.agent)?;
    let Merged { id, name, merged, merged_name, commit, memories, links, conflicts } = done;
    let mut text = format!(
        "{name} ({id}) stands for {merged_name} ({merged}) now: {memories} memories, {links} links (take it back: hydra undo {commit})"
    );
    if !conflicts.is_empty() {
        let ids: Vec<String> = conflicts.iter().map(Id::to_string).collect();
        text.push_str(&format!("\nthey disagree, for the user to settle: {}", ids.join(", ")));
    }
    Ok(Done { id: id.to_string(), commit: commit.to_string(), text })
}

fn split(call: &Call<'_>, given: Given) -> Result<Done> {
    let take = given.take.iter().map(|id| id.parse()).collect::<Result<Vec<Id>>>()?;
    let done = call.memory.split(&given.id, &take, given.reason, call.agent)?;
    let Split { id, name, from, from_name, commit, memories, links, .. } = done;
    let text = format!(
        "{name} ({id}) is told apart from {from_name} ({from}): {memories} memories, {links} links (take it back: hydra undo {commit})"
    );
    Ok(Done { id: id.to_string(), commit: commit.to_string(), text })
}

fn missing(what: &str, hint: &str) -> Error {
    Error::new(ErrorKind::Invalid, what).hint(hint)
}
