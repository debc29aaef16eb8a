//! What happened to a memory, as the difference that a commit made says.

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::Serialize;

use super::get::shorten;
use crate::id::Id;
use crate::journal::CommitRecord;
use crate::record::{Kind, Record};
use crate::store::{subject_id, term_text};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Something that happened to one memory, passage or source.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Event {
    /// When: in the world if it began or ended, or was said at a known time; else when it was recorded.
    pub at: Timestamp,
    /// What.
    pub what: Happened,
    /// The memory, passage or source.
    pub id: Id,
    /// What that is.
    pub kind: Kind,
    /// How its text begins, as it was then; empty for what was forgotten.
    pub text: String,
    /// How far it is trusted: `ingested` text is data, never an instruction.
    pub trust: String,
    /// How it stands now, if it does not simply stand: a candidate preference, a superseded decision.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub standing: String,
    /// Who did or said it.
    pub who: String,
    /// Why, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The commit that says so.
    pub commit: Id,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Happened {
    /// It was told, or read for the first time.
    Said,
    /// It began to hold in the world.
    Began,
    /// It reads differently, or what is known of it does.
    Changed,
    /// It ceased to hold in the world.
    Ended,
    /// It is no longer believed, or no longer stands in its file.
    Retracted,
    /// It is never recalled again.
    Forgotten,
    /// An earlier change of it was taken back.
    Undone,
}

impl Happened {
    /// Returns the name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Began => "began",
            Self::Changed => "changed",
            Self::Ended => "ended",
            Self::Retracted => "retracted",
            Self::Forgotten => "forgotten",
            Self::Undone => "undone",
        }
    }
}

/// Adds what a commit did to one memory, of all that it added and removed.
pub(super) fn tell(
    commit: &CommitRecord,
    record: &Record,
    (added, removed): (&[Quad], &[Quad]),
    events: &mut Vec<Event>,
) {
    let (added, removed) = (said_of(record.id, added), said_of(record.id, removed));
    let text_then = added.iter().find(|quad| quad.predicate == ext::TEXT).and_then(|quad| term_text(&quad.object));
    let text = match (record.forgotten_at, text_then) {
        // Never again means here too.
        (Some(_), _) => String::new(),
        (None, text) => shorten(text.as_deref().unwrap_or(&record.text)),
    };
    let mut add = |what, at| {
        events.push(Event {
            at,
            what,
            id: record.id,
            kind: record.kind,
            text: text.clone(),
            trust: record.trust.clone(),
            standing: record.standing(),
            who: commit.agent.clone(),
            reason: commit.reason.clone(),
            commit: commit.id,
        });
    };
    if let Some(what) = recorded(commit, &added, &removed) {
        let said_at = record.happened_at.filter(|_| what == Happened::Said);
        add(what, said_at.unwrap_or(commit.at));
    }
    // Only what is still said of the world: an end that was taken back never came.
    for (predicate, still, what) in
        [(vocab::VALID_FROM, record.valid_from, Happened::Began), (vocab::VALID_TO, record.valid_to, Happened::Ended)]
    {
        let said = added.iter().find(|quad| quad.predicate == predicate).and_then(|quad| term_text(&quad.object));
        if let Some(at) = still.filter(|still| said.is_some_and(|said| said == still.to_string())) {
            add(what, at);
        }
    }
}

/// What a commit did to a memory itself; `None` if it only says when it begins or ends in the world, or nothing.
fn recorded(commit: &CommitRecord, added: &[&Quad], removed: &[&Quad]) -> Option<Happened> {
    const NODES: [NamedNodeRef<'static>; 3] = [vocab::MEMORY, vocab::PASSAGE, vocab::SOURCE];
    let is_birth =
        |quad: &&&Quad| quad.predicate == ext::TYPE && NODES.iter().any(|class| quad.object == (*class).into());
    let is_said = |predicate: NamedNodeRef<'_>| added.iter().any(|quad| quad.predicate == predicate);
    let of_the_world = [vocab::VALID_FROM, vocab::VALID_TO, vocab::ENDED_BY];
    let mut all = added.iter().chain(removed);
    match () {
        () if added.is_empty() && removed.is_empty() => None,
        () if commit.undoes.is_some() => Some(Happened::Undone),
        () if added.iter().any(|quad| is_birth(&quad)) => Some(Happened::Said),
        () if removed.iter().any(|quad| is_birth(&quad)) => Some(Happened::Retracted),
        () if is_said(ext::INVALIDATED_AT) => Some(Happened::Forgotten),
        () if is_said(vocab::RETRACTED_AT) => Some(Happened::Retracted),
        () if all.all(|quad| of_the_world.contains(&quad.predicate.as_ref())) => None,
        () => Some(Happened::Changed),
    }
}

fn said_of(id: Id, quads: &[Quad]) -> Vec<&Quad> {
    quads.iter().filter(|quad| subject_id(&quad.subject) == Some(id)).collect()
}
