//! Operation `propose` of `update`: what an agent thinks should be known, for the user to accept.

use hydra_graph::{Error, ErrorKind, ProposeStatus, Proposed, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::Call;
use crate::proposal::Proposal;

/// What became of a batch.
pub(super) struct Done {
    pub commit: String,
    pub proposals: Vec<Item>,
    pub text: String,
}

/// What became of one.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Item {
    /// queued, counted, accepted, decided or refused.
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// What accepting it would do.
    #[serde(skip_serializing_if = "Option::is_none")]
    would: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Refuses to decide about proposals, which is for the user alone.
pub(super) fn undecidable() -> Error {
    Error::new(ErrorKind::Conflict, "you can't decide about a proposal").hint("the user accepts: hydra proposals")
}

/// Runs it.
pub(super) fn run(call: &Call<'_>, proposals: &Value, reason: Option<String>) -> Result<Done> {
    let invalid = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Invalid, format!("`proposals` does not read: {error}"))
            .hint("give a list of objects, each with kind alias, fact, merge or summary and that kind's fields")
    };
    // Models write lists as texts, and one as a list of one.
    let proposals = match proposals {
        Value::String(text) => serde_json::from_str(text).map_err(|error| invalid(&error))?,
        other => other.clone(),
    };
    let all = match proposals {
        Value::Null => Vec::new(),
        Value::Array(all) => all,
        one => vec![one],
    };
    let mut new = Vec::with_capacity(all.len());
    for (position, one) in all.into_iter().enumerate() {
        let read = serde_json::from_value::<Proposal>(one);
        new.push(
            read.map_err(|error| invalid(&format!("number {}: {error}", position + 1)))?.into_new(call.default_space),
        );
    }
    let answers = call.memory.propose(new, reason, call.agent)?;
    let commit = answers.iter().find_map(|one| one.commit).map(|commit| commit.to_string()).unwrap_or_default();
    let mut text = String::new();
    for one in &answers {
        let id = one.id.map(|id| format!(" {id}")).unwrap_or_default();
        let note = one.error.as_deref().or(one.would.as_deref()).unwrap_or(&one.text);
        text.push_str(&format!("{}{id}: {note}\n", name(one.status)));
    }
    text.push_str("The user decides: hydra proposals");
    let item = |Proposed { status, id, would, error, .. }: Proposed| Item {
        status: name(status).to_owned(),
        id: id.map(|id| id.to_string()),
        would,
        error,
    };
    Ok(Done { commit, proposals: answers.into_iter().map(item).collect(), text })
}

fn name(status: ProposeStatus) -> &'static str {
    match status {
        ProposeStatus::Queued => "queued",
        ProposeStatus::Counted => "counted",
        ProposeStatus::Accepted => "accepted",
        ProposeStatus::Decided => "decided",
        ProposeStatus::Refused => "refused",
    }
}
