//! `remember`: keeps texts as memories, each once.

use serde::Serialize;

use super::telling::{Novelty, Telling, Told};
use super::learn::MAX_PATH_BYTES;
use crate::decision::NewDecision;
use crate::error::{Error, ErrorKind, Result};
use crate::fact::Statement;
use crate::id::Id;
use crate::journal::Agent;
use crate::memory::Inner;
use crate::preference::{MAX_PREFERENCE_BYTES, NewPreference, Preference};
use crate::record::{self, Kind};
use crate::space;
use crate::time::Timestamp;
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The memory, passage or source.
    pub id: Id,
    /// The words in it that say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

/// Whether a memory is new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RememberStatus {
    /// It is.
    Inserted,
    /// The same text, statement or idempotency key was there already, or came earlier in the same batch.
    Duplicate,
    /// It was inferred, and somebody forgot or retracted the same before: nothing was kept.
    Refused,
    /// It is new, or in force only now, and what held until now ended.
    Superseded,
    /// It disagrees with what stays beside it.
    Conflict,
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
    let remembered = told.into_iter().map(|Told { id, novelty, ended, conflict }| {
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
        Ok(Remembered { id, commit, status, ended, conflict, preference })
    });
    remembered.collect()
}

pub(super) fn check(new: &NewMemory, now: Timestamp) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if new.text.trim().is_empty() && new.statement.is_none() {
        return Err(invalid("there is no text to remember".into()).hint("say what should be remembered"));
    }
    let bytes = if new.decision.has_parts() { new.decision.text(&new.text).len() } else { new.text.len() };
    if bytes > MAX_TEXT_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("the text has {bytes} bytes; one memory holds {MAX_TEXT_BYTES}"),
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
    let stated = new.statement.iter().flat_map(|stated| [&stated.subject, &stated.predicate, &stated.object]);
    let names = names.chain(stated);
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
    check_fact(new)?;
    check_wanted(new)?;
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid("it would expire before it is remembered".into()).hint("give a later end, or none"));
    }
    Ok(())
}

/// Refuses what no preference or decision can be, and what only they can be of anything else.
fn check_wanted(new: &NewMemory) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    let kind = new.kind.as_str();
    if new.kind != Kind::Preference && new.preference != NewPreference::default() {
        return Err(invalid(format!("a {kind} has no topic or polarity and is not inferred")).hint("give kind preference"));
    }
    if new.kind != Kind::Decision && new.decision != NewDecision::default() {
        return Err(invalid(format!("a {kind} has no options or reasons and supersedes nothing"))
            .hint("give kind decision; `update` replaces what is something else"));
    }
    let applies = [Kind::Preference, Kind::Decision].contains(&new.kind);
    if !applies && new.applies_to.is_some() {
        return Err(invalid(format!("a {kind} applies to nothing"))
            .hint("name what it is about as an entity; only a preference or decision applies to something"));
    }
    let parts = [
        ("topic", new.preference.topic.as_deref(), MAX_NAME_BYTES, "say in a few words what it is about"),
        ("scope", new.applies_to.as_deref(), MAX_PATH_BYTES, "give the path or name it applies to, or leave it out"),
        (
            "text",
            (new.kind == Kind::Preference).then_some(new.text.as_str()),
            MAX_PREFERENCE_BYTES,
            "say in a few sentences what is wanted",
        ),
    ];
    for (part, text, most, hint) in parts {
        let Some(text) = text else { continue };
        if text.trim().is_empty() {
            return Err(invalid(format!("a {part} without a name")).hint(hint));
        }
        if text.len() > most {
            let message = format!("the {part} of a {kind} has {} bytes; one has {most}", text.len());
            return Err(Error::new(ErrorKind::TooLarge, message).hint(hint));
        }
    }
    new.decision.check()
}

/// Refuses what no fact can be.
fn check_fact(new: &NewMemory) -> Result<()> {
    let invalid = |message: String| Error::new(ErrorKind::Invalid, message);
    if let Some(stated) = &new.statement {
        if new.kind != Kind::Fact {
            return Err(invalid(format!("a {} states nothing of subject and predicate", new.kind.as_str()))
                .hint("give kind fact, or leave the statement out"));
        }
        let parts = [("subject", &stated.subject), ("predicate", &stated.predicate), ("object", &stated.object)];
        if let Some((part, _)) = parts.into_iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(invalid(format!("a fact without {part}")).hint("give subject, predicate and object"));
        }
    }
    if let (Some(from), Some(to)) = (new.valid_from, new.valid_to)
        && to <= from
    {
        return Err(invalid(format!("it would end ({to}) before it begins ({from})")).hint("give a later end, or none"));
    }
    if let Some(confidence) = new.confidence.filter(|share| !(0.0..=1.0).contains(share)) {
        return Err(invalid(format!("a confidence of {confidence}")).hint("give a number from 0 to 1"));
    }
    if new.evidence.len() > MAX_EVIDENCE {
        return Err(invalid(format!("{} texts are given as evidence; {MAX_EVIDENCE} are kept", new.evidence.len()))
            .hint("give the ones that say it best"));
    }
    let quotes = new.evidence.iter().filter_map(|evidence| evidence.quote.as_ref());
    match quotes.map(String::len).find(|bytes| *bytes > MAX_QUOTE_BYTES) {
        Some(bytes) => {
            Err(Error::new(ErrorKind::TooLarge, format!("a quote has {bytes} bytes; one has {MAX_QUOTE_BYTES}"))
                .hint("quote the words that say it"))
        }
        None => Ok(()),
    }
}
