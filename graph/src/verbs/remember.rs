//! `remember`: keeps texts as memories, each once.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::admission::check;
use super::telling::{Novelty, Telling, Told};
use crate::decision::NewDecision;
use crate::error::Result;
use crate::fact::Statement;
use crate::id::Id;
use crate::journal::Agent;
use crate::memory::Inner;
use crate::preference::{NewPreference, Preference};
use crate::record::{self, Kind};
use crate::secret::{Masked, in_words, masking};
use crate::space;
use crate::time::Timestamp;
use crate::turn::Turn;
use crate::vocab;

/// Longest text of one memory; a longer one is a file, for `ingest`.
pub const MAX_TEXT_BYTES: usize = 100 * 1024;
/// Most entities one memory names.
pub const MAX_ENTITIES: usize = 32;
/// Most texts one memory rests on.
pub const MAX_EVIDENCE: usize = 16;
/// Longest quote of one.
pub const MAX_QUOTE_BYTES: usize = 2_048;
/// Longest name, key or origin.
pub const MAX_NAME_BYTES: usize = 512;
/// Memories that share one commit, and so one fsync, when many are told at once.
pub const BATCH_MEMORIES: usize = 256;
/// Bytes of text after which such a commit is closed, so that no commit grows without bound.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What is to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMemory {
    /// The text, kept verbatim.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Where it belongs.
    pub space: String,
    /// Names of the people, projects and things it is about.
    pub entities: Vec<String>,
    /// Where it comes from, in the caller's words.
    pub said_by: Option<String>,
    /// What it states, if it is a fact; the text may be left empty then. A fact whose text is a plain sentence need not
    /// give it.
    pub statement: Option<Statement>,
    /// What it says as a preference, besides its text.
    pub preference: NewPreference,
    /// What it says as a decision, besides its text.
    pub decision: NewDecision,
    /// The file, folder, project, person or thing that a preference or decision applies to; everywhere if left out.
    pub applies_to: Option<String>,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// How sure it is, from 0 to 1.
    pub confidence: Option<f32>,
    /// Since when it holds.
    pub valid_from: Option<Timestamp>,
    /// Until when it holds.
    pub valid_to: Option<Timestamp>,
    /// When it stops being recalled.
    pub expires_at: Option<Timestamp>,
    /// A retry with the same key is the same memory, whatever its text.
    pub idempotency_key: Option<String>,
    /// Name of the conversation it was said in; memories of one follow each other in the order they are told.
    pub session: Option<String>,
    /// Who said it.
    pub speaker: Option<String>,
    /// When it was said or happened; not when it is recorded.
    pub happened_at: Option<Timestamp>,
    /// How it came about, if it is a turn of a conversation with an agent.
    pub turn: Option<Turn>,
    /// How many secrets in it were masked: `remember` counts them.
    pub redactions: usize,
}

impl NewMemory {
    /// An episode in the personal space.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind: Kind::Episode,
            space: space::PERSONAL.to_owned(),
            entities: Vec::new(),
            said_by: None,
            statement: None,
            preference: NewPreference::default(),
            decision: NewDecision::default(),
            applies_to: None,
            evidence: Vec::new(),
            confidence: None,
            valid_from: None,
            valid_to: None,
            expires_at: None,
            idempotency_key: None,
            session: None,
            speaker: None,
            happened_at: None,
            turn: None,
            redactions: 0,
        }
    }

    /// Returns what it is if nobody says: what only a fact, preference or decision has makes it one.
    pub fn usual_kind(&self) -> Kind {
        match () {
            () if self.statement.is_some() => Kind::Fact,
            () if self.preference != NewPreference::default() => Kind::Preference,
            () if self.decision != NewDecision::default() => Kind::Decision,
            () => Kind::Episode,
        }
    }

    /// Tells whether [`Memory::remember`](crate::Memory::remember) would take it at `now`, for whoever tells many and
    /// wants to know of each what is wrong.
    ///
    /// # Errors
    /// What `remember` would refuse it with.
    pub fn check(&self, now: Timestamp) -> Result<()> {
        check(self, now)
    }
}

impl NewMemory {
    /// A fact in the personal space.
    pub fn fact(statement: Statement) -> Self {
        Self { kind: Kind::Fact, statement: Some(statement), ..Self::new("") }
    }
}

/// A text that a memory rests on.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Evidence {
    /// The memory, passage or source.
    pub id: Id,
    /// The words in it that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Remembered {
    /// The memory.
    pub id: Id,
    /// The commit that holds it; hand it to `undo` to take it back, with all that was told in the same commit.
    pub commit: Id,
    /// Whether it is new.
    pub status: RememberStatus,
    /// Facts, preferences and decisions that ended because this one succeeds them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Id>,
    /// The conflict that it is a side of now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<Id>,
    /// How it stands, if it is a preference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<Preference>,
    /// What else there is to say: that its text says something else than its statement, or why nothing was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Whether a memory is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RememberStatus {
    /// It is.
    Inserted,
    /// The same text, statement or idempotency key was there already, or came earlier in the same batch.
    Duplicate,
    /// It was inferred, and somebody forgot or retracted the same before, or it was erased before: nothing was kept.
    Refused,
    /// It is new, or in force only now, and what held until now ended.
    Superseded,
    /// It disagrees with what stays beside it.
    Conflict,
}

pub(crate) fn remember(inner: &Inner, new: NewMemory, agent: &Agent) -> Result<Remembered> {
    let mut new = new;
    let masked = masking::memory(&mut new);
    check(&new, inner.now())?;
    let mut remembered = commit(inner, vec![new], agent)?;
    Ok(noted(remembered.remove(0), &masked))
}

/// Keeps many, in order, with one commit for each [`BATCH_MEMORIES`]. Nothing is written if one of them can't be; what
/// then goes wrong on the way (a full disk) leaves the commits before it, and telling all again adds only the rest.
pub(crate) fn remember_all(inner: &Inner, all: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
    let (now, count) = (inner.now(), all.len());
    let mut all = all;
    let masked: Vec<Masked> = all.iter_mut().map(masking::memory).collect();
    for (position, new) in all.iter().enumerate() {
        check(new, now).map_err(|error| error.context(format!("memory {} of {count}", position + 1)))?;
    }
    let mut remembered = Vec::with_capacity(count);
    let mut batch = Vec::new();
    let mut bytes = 0;
    for new in all {
        bytes += new.text.len();
        // What counts up or ends others is decided on what came before it, so that has to be there.
        let is_alone = new.kind == Kind::Preference || new.decision.supersedes.is_some();
        if is_alone && !batch.is_empty() {
            remembered.append(&mut commit(inner, std::mem::take(&mut batch), agent)?);
        }
        batch.push(new);
        if is_alone || batch.len() == BATCH_MEMORIES || bytes > BATCH_BYTES {
            remembered.append(&mut commit(inner, std::mem::take(&mut batch), agent)?);
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        remembered.append(&mut commit(inner, batch, agent)?);
    }
    Ok(remembered.into_iter().zip(masked).map(|(told, masked)| noted(told, &masked)).collect())
}

/// Says what was masked, with what else there is to say.
fn noted(told: Remembered, masked: &Masked) -> Remembered {
    if masked.is_empty() {
        return told;
    }
    let said = format!("masked in it, and not kept: {}; secrets belong in a password manager", in_words(masked));
    let note = Some(told.note.map_or(said.clone(), |note| format!("{note}; {said}")));
    Remembered { note, ..told }
}

/// One decision and one commit. The order of the answers is that of the memories.
fn commit(inner: &Inner, batch: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let seals = Arc::clone(&inner.seals);
    let (commit, told) = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author).sealed(seals.read().clone());
        let told = batch.iter().map(|new| telling.tell(new)).collect::<Result<Vec<Told>>>()?;
        Ok((telling.into_change(), told))
    })?;
    let view = inner.view()?;
    let remembered = told.into_iter().map(|Told { id, novelty, ended, conflict, note }| {
        let status = match novelty {
            Novelty::Refused => RememberStatus::Refused,
            Novelty::Counted if conflict.is_some() => RememberStatus::Conflict,
            Novelty::Counted if !ended.is_empty() => RememberStatus::Superseded,
            Novelty::Again | Novelty::Known | Novelty::Counted => RememberStatus::Duplicate,
            Novelty::New if conflict.is_some() => RememberStatus::Conflict,
            Novelty::New if !ended.is_empty() => RememberStatus::Superseded,
            Novelty::New => RememberStatus::Inserted,
        };
        let commit = match (novelty, commit) {
            (Novelty::New | Novelty::Again | Novelty::Counted, Some(commit)) => commit,
            _ => {
                let commits = view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
                commits.into_iter().min().unwrap_or(id)
            }
        };
        let preference = record::read(&view, id)?.and_then(|record| record.preference);
        Ok(Remembered { id, commit, status, ended, conflict, preference, note })
    });
    remembered.collect()
}
