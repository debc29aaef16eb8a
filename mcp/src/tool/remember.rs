//! `remember`: keeps one text.

use hydra_graph::{Kind, NewMemory, RememberStatus, Remembered, Result};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::argument::{self, Unknown};
use crate::{answer, schema, when};

pub(super) const NAME: &str = "remember";

const DESCRIPTION: &str = "\
Keep something for later sessions: a decision and its reason, a preference, a fact about a person or project, a lesson \
learned, something that happened. It is on disk when this returns and found by the next recall, by any agent.

One statement per memory, in full sentences that make sense alone: names instead of \"it\", dates instead of \
\"yesterday\". Never keep secrets (passwords, keys). Saying the same again is safe: it answers `duplicate`.";

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(extend("required" = ["text"]))]
struct Parameters {
    /// What to remember, in full sentences.
    #[serde(
        default,
        alias = "content",
        alias = "memory",
        alias = "note",
        alias = "message",
        deserialize_with = "argument::text"
    )]
    text: String,
    /// episode (something that happened; if left out), fact, preference, learning or decision.
    #[serde(default, alias = "type", deserialize_with = "argument::optional_text")]
    kind: Option<String>,
    /// Names of the people, projects and things it is about.
    #[serde(default, alias = "entities", alias = "about", deserialize_with = "argument::list")]
    #[schemars(with = "Vec<String>")]
    entity: Vec<String>,
    /// Where it belongs, as in `personal` (if left out) or `project/atlas`.
    #[serde(default, deserialize_with = "argument::optional_text")]
    space: Option<String>,
    /// Who said it, or where you have it from.
    #[serde(default, alias = "said_by", alias = "origin", deserialize_with = "argument::optional_text")]
    source: Option<String>,
    /// Since when it holds: 2026-01-31, or a full time.
    #[serde(default, alias = "since", deserialize_with = "argument::optional_text")]
    valid_from: Option<String>,
    /// After how long it need not be recalled any more: 30d, 12h, or seconds. For ever if left out.
    #[serde(default, alias = "expires_in", deserialize_with = "argument::optional_text")]
    ttl: Option<String>,
    /// A retry with the same key is the same memory.
    #[serde(default, alias = "key", deserialize_with = "argument::optional_text")]
    idempotency_key: Option<String>,
    /// Name of the conversation it was said in.
    #[serde(default, alias = "conversation", alias = "session_id", deserialize_with = "argument::optional_text")]
    session: Option<String>,
    /// Who said it, in a conversation.
    #[serde(default, alias = "role", deserialize_with = "argument::optional_text")]
    speaker: Option<String>,
    /// When it was said or happened, if not now: 2026-01-31, or a full time.
    #[serde(default, alias = "said_at", alias = "at", alias = "time", deserialize_with = "argument::optional_text")]
    happened_at: Option<String>,
    #[serde(flatten)]
    #[schemars(skip)]
    unknown: Unknown,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Answer {
    id: String,
    /// Takes it back when the user runs `hydra undo` with it.
    commit: String,
    /// inserted or duplicate.
    status: String,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    Tool::new(NAME, DESCRIPTION, schema::input::<Parameters>())
        .with_title("Remember")
        .with_raw_output_schema(schema::output::<Answer>())
        .with_annotations(super::adds("Remember"))
        .with_meta(super::always_load())
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let mut new = NewMemory::new(parameters.text);
    new.kind = parameters.kind.map(|kind| kind.to_lowercase().parse::<Kind>()).transpose()?.unwrap_or(Kind::Episode);
    new.space = parameters.space.unwrap_or_else(|| call.default_space.to_owned());
    new.entities = parameters.entity;
    new.said_by = parameters.source;
    new.valid_from = parameters.valid_from.map(|from| when::moment(&from, call.now)).transpose()?;
    new.expires_at = parameters.ttl.map(|ttl| when::end_of(&ttl, call.now)).transpose()?;
    new.idempotency_key = parameters.idempotency_key;
    new.session = parameters.session;
    new.speaker = parameters.speaker;
    new.happened_at = parameters.happened_at.map(|at| when::moment(&at, call.now)).transpose()?;
    let Remembered { id, commit, status } = call.memory.remember(new, call.agent)?;
    let (status, said) = match status {
        RememberStatus::Inserted => ("inserted", "remembered"),
        RememberStatus::Duplicate => ("duplicate", "known already"),
    };
    let note = argument::ignored(NAME, &parameters.unknown);
    let mut text = format!("{said}: {id} (take it back: hydra undo {commit})");
    if let Some(note) = &note {
        text.push_str(&format!("\nnote: {note}"));
    }
    let answer = Answer { id: id.to_string(), commit: commit.to_string(), status: status.to_owned(), note };
    Ok(answer::success(&answer, text))
}
