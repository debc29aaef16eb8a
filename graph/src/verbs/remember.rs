//! `remember`: keeps texts as memories, each once.

use serde::Serialize;

use super::telling::{Telling, Told};
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::Agent;
use crate::memory::Inner;
use crate::record::Kind;
use crate::space;
use crate::time::Timestamp;
use crate::vocab;

/// Longest text of one memory; a longer one is a file, for `ingest`.
pub const MAX_TEXT_BYTES: usize = 100 * 1024;
/// Most entities one memory names.
pub const MAX_ENTITIES: usize = 32;
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
    /// Since when it holds.
    pub valid_from: Option<Timestamp>,
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
            valid_from: None,
            expires_at: None,
            idempotency_key: None,
            session: None,
            speaker: None,
            happened_at: None,
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

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// The memory.
    pub id: Id,
    /// The commit that holds it; hand it to `undo` to take it back, with all that was told in the same commit.
    pub commit: Id,
    /// Whether it is new.
    pub status: RememberStatus,
}

/// Whether a memory is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RememberStatus {
    /// It is.
    Inserted,
    /// The same text (or idempotency key) was there already, or came earlier in the same batch.
    Duplicate,
}

pub(crate) fn remember(inner: &Inner, new: NewMemory, agent: &Agent) -> Result<Remembered> {
    check(&new, inner.now())?;
    let mut remembered = commit(inner, vec![new], agent)?;
    Ok(remembered.remove(0))
}

/// Keeps many, in order, with one commit for each [`BATCH_MEMORIES`]. Nothing is written if one of them can't be; what
/// then goes wrong on the way (a full disk) leaves the commits before it, and telling all again adds only the rest.
pub(crate) fn remember_all(inner: &Inner, all: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
    let (now, count) = (inner.now(), all.len());
    for (position, new) in all.iter().enumerate() {
        check(new, now).map_err(|error| error.context(format!("memory {} of {count}", position + 1)))?;
    }
    let mut remembered = Vec::with_capacity(count);
    let mut batch = Vec::new();
    let mut bytes = 0;
    for new in all {
        bytes += new.text.len();
        batch.push(new);
        if batch.len() == BATCH_MEMORIES || bytes > BATCH_BYTES {
            remembered.append(&mut commit(inner, std::mem::take(&mut batch), agent)?);
            bytes = 0;
        }
    }
    if !batch.is_empty() {
        remembered.append(&mut commit(inner, batch, agent)?);
    }
    Ok(remembered)
}

/// One decision and one commit. The order of the answers is that of the memories.
fn commit(inner: &Inner, batch: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
    let (now, mint, author) = (inner.now(), inner.mint.clone(), agent.clone());
    let (commit, told) = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author);
        let told = batch.iter().map(|new| telling.tell(new)).collect::<Result<Vec<Told>>>()?;
        Ok((telling.into_change(), told))
    })?;
    let view = inner.view()?;
    let remembered = told.into_iter().map(|told| {
        let (id, status) = match told {
            Told::New(id) => (id, RememberStatus::Inserted),
            Told::Again(id) | Told::Known(id) => (id, RememberStatus::Duplicate),
        };
        let commit = match (told, commit) {
            (Told::New(_) | Told::Again(_), Some(commit)) => commit,
            _ => {
                let commits = view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
                commits.into_iter().min().unwrap_or(id)
            }
        };
        Ok(Remembered { id, commit, status })
    });
    remembered.collect()
}

fn check(new: &NewMemory, now: Timestamp) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if new.text.trim().is_empty() {
        return Err(invalid("there is no text to remember".into()).hint("say what should be remembered"));
    }
    if new.text.len() > MAX_TEXT_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the text has {} bytes; one memory holds {MAX_TEXT_BYTES}", new.text.len()),
        )
        .hint("write it to a file and run `hydra ingest FILE`, or remember its parts"));
    }
    if new.kind == Kind::Passage {
        return Err(invalid("a passage is a piece of something else and can't be remembered by itself".into())
            .hint("use episode, fact, preference, learning or decision"));
    }
    space::check(&new.space)?;
    if new.entities.len() > MAX_ENTITIES {
        return Err(invalid(format!("{} entities are named; one memory names {MAX_ENTITIES}", new.entities.len()))
            .hint("name only what it is about"));
    }
    let names = new.entities.iter().chain(&new.said_by).chain(&new.idempotency_key);
    let names = names.chain(&new.session).chain(&new.speaker);
    if let Some(long) = names.into_iter().find(|name| name.len() > MAX_NAME_BYTES) {
        let start: String = long.chars().take(40).collect();
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("`{start}…` has {} bytes; a name has {MAX_NAME_BYTES}", long.len()),
        )
        .hint("put long text into the memory itself"));
    }
    if new.entities.iter().any(|name| name.trim().is_empty()) {
        return Err(invalid("an entity without a name".into()).hint("leave it out, or say what it is called"));
    }
    let is_blank = |name: &Option<String>| name.as_ref().is_some_and(|name| name.trim().is_empty());
    if is_blank(&new.session) {
        return Err(invalid("a session without a name".into()).hint("leave it out, or say what it is called"));
    }
    if is_blank(&new.speaker) {
        return Err(invalid("a speaker without a name".into()).hint("leave it out, or say who it was"));
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid("it would expire before it is remembered".into()).hint("give a later end, or none"));
    }
    Ok(())
}
