//! `remember`: keeps one text as a memory, once.

use oxigraph::model::{NamedNode, TermRef};
use serde::Serialize;

use crate::entity::Entities;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::{Agent, Change};
use crate::memory::Inner;
use crate::passage;
use crate::record::Kind;
use crate::space;
use crate::store::{Node, View, number, string, subject_id, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

/// Longest text of one memory; a longer one is a file, for `ingest`.
pub const MAX_TEXT_BYTES: usize = 100 * 1024;
/// Most entities one memory names.
pub const MAX_ENTITIES: usize = 32;
/// Longest name, key or origin.
pub const MAX_NAME_BYTES: usize = 512;

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
        }
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// The memory.
    pub id: Id,
    /// The commit that holds it; hand it to `undo` to take it back.
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
    /// The same text (or idempotency key) was there already.
    Duplicate,
}

pub(crate) fn remember(inner: &Inner, new: NewMemory, agent: &Agent) -> Result<Remembered> {
    check(&new, inner.now())?;
    let id = inner.mint.mint(inner.now());
    let now = inner.now();
    let mint = inner.mint.clone();
    let author = agent.clone();
    let decided = inner.writer.write(agent.clone(), move |view| {
        if let Some(existing) = find_same(view, &new, now)? {
            return Ok((Change::new("remember"), existing));
        }
        let mut change = Change::new("remember");
        let graph = NamedNode::from(vocab::MEMORY_GRAPH);
        let mut node = Node::new(id, graph.clone());
        node.say(ext::TYPE, NamedNode::from(vocab::MEMORY))
            .say(vocab::KIND, string(new.kind.as_str()))
            .say(ext::TEXT, string(&new.text))
            .say(vocab::SPACE, string(&new.space))
            .say(vocab::CONTENT_HASH, string(fingerprint(&new)))
            .say(vocab::RECORDED_AT, time_literal(now))
            .say(vocab::TRUST, string(author.trust.as_str()))
            .say(ext::ATTRIBUTED_TO, string(&author.name))
            .maybe(ext::PRIMARY_SOURCE, new.said_by.as_ref().map(string))
            .maybe(vocab::VALID_FROM, new.valid_from.map(time_literal))
            .maybe(vocab::EXPIRES_AT, new.expires_at.map(time_literal))
            .maybe(vocab::IDEMPOTENCY_KEY, new.idempotency_key.as_ref().map(string));
        let mut entities = Entities::new(view, &mint, now);
        for name in &new.entities {
            node.say(vocab::ABOUT, vocab::node(entities.by_name(name)?));
        }
        change.touched.insert(id);
        change.fresh.insert(vocab::node(id).into());
        let pieces = passage::split(&new.text);
        if pieces.len() > 1 {
            node.say(vocab::SPLIT, string("passages"));
            let mut previous = None;
            for (position, span) in pieces.into_iter().enumerate() {
                let piece = mint.mint(now);
                change.touched.insert(piece);
                let mut passage = Node::new(piece, graph.clone());
                passage
                    .say(ext::TYPE, NamedNode::from(vocab::PASSAGE))
                    .say(vocab::PART_OF, vocab::node(id))
                    .say(vocab::POSITION, number(position))
                    .say(vocab::START, number(span.start))
                    .say(vocab::END, number(span.end))
                    .say(ext::TEXT, string(&new.text[span]))
                    .maybe(vocab::FOLLOWS, previous.map(vocab::node));
                previous = Some(piece);
                change.added.append(&mut passage.quads);
            }
        }
        change.added.append(&mut node.quads);
        change.added.append(&mut entities.into_quads());
        Ok((change, id))
    })?;
    match decided {
        (Some(commit), id) => Ok(Remembered { id, commit, status: RememberStatus::Inserted }),
        (None, id) => {
            let view = inner.view()?;
            let commits = view.subjects(vocab::TOUCHED, vocab::node(id).as_ref().into(), usize::MAX)?;
            let commit = commits.into_iter().min().unwrap_or(id);
            Ok(Remembered { id, commit, status: RememberStatus::Duplicate })
        }
    }
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
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(invalid("it would expire before it is remembered".into()).hint("give a later end, or none"));
    }
    Ok(())
}

/// What makes two memories the same: text, kind and space.
fn fingerprint(new: &NewMemory) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [new.kind.as_str(), &new.space, &new.text] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

fn find_same(view: &View<'_>, new: &NewMemory, now: Timestamp) -> Result<Option<Id>> {
    let in_space = |id: Id| -> Result<bool> { Ok(view.text(id, vocab::SPACE)?.as_deref() == Some(new.space.as_str())) };
    if let Some(key) = &new.idempotency_key {
        for id in view.subjects(vocab::IDEMPOTENCY_KEY, TermRef::from(string(key).as_ref()), usize::MAX)? {
            if in_space(id)? {
                return Ok(Some(id));
            }
        }
    }
    let hash = string(fingerprint(new));
    for quad in view.quads(None, Some(vocab::CONTENT_HASH), Some(hash.as_ref().into()), None) {
        let Some(id) = subject_id(&quad?.subject) else { continue };
        // What was forgotten, has expired or will expire before this one may be told again.
        let end = view.text(id, vocab::EXPIRES_AT)?.and_then(|text| text.parse::<Timestamp>().ok());
        let outlasts = end.is_none_or(|end| end > now && new.expires_at.is_some_and(|new_end| new_end <= end));
        if outlasts && view.object(id, ext::INVALIDATED_AT)?.is_none() && view.is_a(id, vocab::MEMORY)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
