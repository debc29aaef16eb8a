//! `remember`: keeps one text.

use hydra_graph::{
    Choice, Evidence, Kind, NewDecision, NewMemory, NewPreference, Preference, RememberStatus, Remembered, Result,
    Standing,
};
use rmcp::model::{CallToolResult, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Call;
use crate::argument::{self, Unknown};
use crate::parameter::Stated;
use crate::{answer, when};

pub(super) const NAME: &str = "remember";

const DESCRIPTION: &str = "\
Keep something for later sessions: a decision and its reason, a preference, a fact about a person or project, a lesson \
learned, something that happened. It is on disk when this returns and found by the next recall, by any agent.

A fact may be given as subject, predicate and object (Mirela, works for, Acme); a plain sentence of kind fact is \
understood the same. A new value ends the old one where only one can hold; where two disagree both stay (`conflict`).
A preference that the user stated is in force at once, and a correction ends the old one; what you only concluded needs \
`inferred`: true. A decision has options, reasons and the decision that it supersedes.

One statement per memory, in full sentences that make sense alone: names instead of \"it\", dates instead of \
\"yesterday\". Never keep secrets (passwords, keys). Saying the same again is safe: it answers `duplicate`.";

#[derive(Debug, Deserialize, JsonSchema)]
struct Parameters {
    /// What to remember, in full sentences; may be left out when subject, predicate and object are given.
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
    /// Of a preference: what it is about, as in `hot drinks`; a plain sentence (I prefer tea over coffee) says it itself.
    #[serde(default, deserialize_with = "argument::optional_text")]
    topic: Option<String>,
    /// Of a preference: for (preferred) or against (avoided), where the sentence does not say it.
    #[serde(default, alias = "stance", deserialize_with = "argument::optional_text")]
    polarity: Option<String>,
    /// Of a preference: true if you concluded it and the user did not say it. It counts after two independent observations.
    #[serde(default, alias = "guessed", deserialize_with = "argument::flag")]
    inferred: bool,
    /// Of a decision: what there was to choose from: texts (`SQLite: one writer only` was rejected for that), or objects
    /// with option, verdict (chosen, rejected or considered) and why.
    #[serde(default, alias = "alternatives", deserialize_with = "argument::choices")]
    #[schemars(with = "Vec<serde_json::Value>")]
    options: Vec<Choice>,
    /// Of a decision: why.
    #[serde(
        default,
        alias = "because",
        alias = "reason",
        alias = "why",
        alias = "rationale",
        deserialize_with = "argument::list"
    )]
    #[schemars(with = "Vec<String>")]
    reasons: Vec<String>,
    /// Of a decision: the id of the one that it replaces.
    #[serde(default, alias = "replaces", deserialize_with = "argument::optional_text")]
    supersedes: Option<String>,
    /// Of a preference or decision: the path, project, person or thing it applies to; everywhere if left out.
    #[serde(
        default,
        alias = "scope",
        alias = "path",
        alias = "project",
        alias = "for",
        deserialize_with = "argument::optional_text"
    )]
    applies_to: Option<String>,
    #[serde(flatten)]
    stated: Stated,
    /// Ids of the memories or passages that it rests on.
    #[serde(default, alias = "derived_from", deserialize_with = "argument::list")]
    #[schemars(with = "Vec<String>")]
    evidence: Vec<String>,
    /// How sure it is, from 0 to 1; 1 if left out.
    #[serde(default, deserialize_with = "argument::share")]
    confidence: Option<f32>,
    /// Since when it holds: 2026-01-31, or a full time.
    #[serde(default, alias = "since", deserialize_with = "argument::optional_text")]
    valid_from: Option<String>,
    /// Until when it holds, if it is over.
    #[serde(default, alias = "until", deserialize_with = "argument::optional_text")]
    valid_to: Option<String>,
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
    /// inserted, duplicate, superseded (it ended what held before), conflict (it disagrees with what stays beside it) or
    /// refused (the user took the same guess back before: nothing was kept).
    status: String,
    /// How it stands, if it is a preference: in force, or a candidate that must not be presented as what the user wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    preference: Option<Wanted>,
    /// What it ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ended: Vec<String>,
    /// The conflict that it is a side of; `update` settles it.
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict: Option<String>,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// How a preference stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Wanted {
    /// candidate or in_force.
    status: String,
    /// for or against.
    polarity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    /// The path or name it applies to; everywhere if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    applies_to: Option<String>,
    /// Whose it is; the user's if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    inferred: bool,
    /// Independent voices; copies of one source are one.
    observations: usize,
    times_seen: usize,
}

impl From<Preference> for Wanted {
    fn from(preference: Preference) -> Self {
        let Preference { topic, polarity, holder, scope, status, inferred, observations, times_seen, .. } = preference;
        Self {
            status: status.as_str().to_owned(),
            polarity: polarity.as_str().to_owned(),
            topic,
            applies_to: scope,
            holder,
            inferred,
            observations,
            times_seen,
        }
    }
}

impl Wanted {
    /// Everything but the text, on one line.
    pub(super) fn words(&self) -> String {
        let parts = [("topic", &self.topic), ("applies to", &self.applies_to), ("of", &self.holder)];
        let parts = parts.into_iter().filter_map(|(name, text)| text.as_ref().map(|text| format!(", {name} {text}")));
        let basis = if self.inferred { "inferred" } else { "explicit" };
        let Self { status, polarity, observations, times_seen, .. } = self;
        format!(
            "{status}, {basis}, {polarity}{}, {observations} independent, told {times_seen}",
            parts.collect::<String>()
        )
    }
}

/// Describes the tool.
pub(super) fn definition() -> Tool {
    super::adds::<Parameters, Answer>(NAME, "Remember", DESCRIPTION).with_meta(super::always_load())
}

/// Answers a call.
pub(super) fn call(call: Call<'_>) -> Result<CallToolResult> {
    let parameters: Parameters = super::parse(call.arguments, &definition())?;
    let mut new = NewMemory::new(parameters.text);
    new.statement = parameters.stated.statement()?;
    for id in parameters.evidence {
        new.evidence.push(Evidence { id: id.parse()?, quote: None });
    }
    let polarity = parameters.polarity.map(|polarity| polarity.parse()).transpose()?;
    new.preference = NewPreference { topic: parameters.topic, polarity, is_inferred: parameters.inferred };
    let supersedes = parameters.supersedes.map(|id| id.trim().parse()).transpose()?;
    new.decision = NewDecision { options: parameters.options, reasons: parameters.reasons, supersedes };
    new.applies_to = parameters.applies_to;
    let kind = parameters.kind.map(|kind| kind.to_lowercase().parse::<Kind>()).transpose()?;
    new.kind = kind.unwrap_or_else(|| new.usual_kind());
    new.confidence = parameters.confidence;
    new.valid_to = parameters.valid_to.map(|to| when::moment(&to, call.now)).transpose()?;
    new.space = parameters.space.unwrap_or_else(|| call.default_space.to_owned());
    new.entities = parameters.entity;
    new.said_by = parameters.source;
    new.valid_from = parameters.valid_from.map(|from| when::moment(&from, call.now)).transpose()?;
    new.expires_at = parameters.ttl.map(|ttl| when::end_of(&ttl, call.now)).transpose()?;
    new.idempotency_key = parameters.idempotency_key;
    new.session = parameters.session;
    new.speaker = parameters.speaker;
    new.happened_at = parameters.happened_at.map(|at| when::moment(&at, call.now)).transpose()?;
    let Remembered { id, commit, status, ended, conflict, preference, note: also } =
        call.memory.remember(new, call.agent)?;
    let (status, said) = match status {
        RememberStatus::Inserted => ("inserted", "remembered"),
        RememberStatus::Duplicate => ("duplicate", "known already"),
        RememberStatus::Superseded => ("superseded", "remembered; it ends what held before"),
        RememberStatus::Conflict => ("conflict", "remembered beside what it contradicts"),
        RememberStatus::Refused if also.is_some() => ("refused", "not kept"),
        RememberStatus::Refused => ("refused", "not kept: the user took the same back before"),
    };
    let known = preference.as_ref().filter(|_| status == "duplicate" || status == "superseded");
    let seen = known.filter(|known| known.times_seen > 1).map(|known| format!("; told {} times", known.times_seen));
    let note: Vec<String> = also.into_iter().chain(argument::ignored(NAME, &parameters.unknown)).collect();
    let note = (!note.is_empty()).then(|| note.join("; "));
    let mut text = format!("{said}: {id} (take it back: hydra undo {commit})");
    text.push_str(&seen.unwrap_or_default());
    if let Some(preference) = preference.as_ref().filter(|_| status != "refused") {
        let words = preference.words();
        let advice = match preference.status {
            Standing::Candidate => " (do not act on it as what the user wants)",
            Standing::InForce => "",
        };
        if !words.is_empty() {
            text.push_str(&format!("\npreference: {}{advice}", answer::one_line(&words)));
        }
    }
    let ended: Vec<String> = ended.iter().map(ToString::to_string).collect();
    if !ended.is_empty() {
        text.push_str(&format!("\nended: {}", ended.join(", ")));
    }
    if let Some(conflict) = conflict {
        text.push_str(&format!("\nconflict: {conflict} (ask the user which is right; update settles it)"));
    }
    let text = answer::close(text, [], None, &note);
    let answer = Answer {
        id: id.to_string(),
        commit: commit.to_string(),
        status: status.to_owned(),
        preference: preference.map(Wanted::from),
        ended,
        conflict: conflict.map(|id| id.to_string()),
        note,
    };
    Ok(answer::success(&answer, text))
}
