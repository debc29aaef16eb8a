//! What a commit says of itself: who, when, why, which memories it touched, and the exact difference it made.
//!
//! The same entry goes into the redo log (as JSON) and into the journal's graph (as RDF, in one transaction with the
//! facts). History, undo and catch-up read it back from the graph.

mod agent;
mod change;

use std::collections::{BTreeSet, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use oxigraph::io::{RdfFormat, RdfParser, RdfSerializer};
use oxigraph::model::{Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, Quad, TermRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::erasure;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::redaction;
use crate::store::{Node, View, order, string, subject_id, term_id, term_text, time_literal};
use crate::time::Timestamp;
use crate::vocab::{self, ext};

pub(crate) use self::agent::INGEST;
pub use self::agent::{Agent, Trust};
pub(crate) use self::change::Change;

/// One commit, as the redo log keeps it. The first field marks the start of a payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub commit: Id,
    pub previous: Option<Id>,
    pub at: Timestamp,
    pub agent: String,
    pub verb: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undoes: Option<Id>,
    pub touched: Vec<Id>,
    /// N-Quads (1.2).
    pub added: String,
    /// N-Quads (1.2).
    pub removed: String,
    /// What went for good.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub erased: BTreeSet<Id>,
    /// Of what secrets were masked: nodes, and commits that spoke of them.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    pub redacted: BTreeSet<Id>,
}

impl Entry {
    /// Turns a change into the entry of commit `commit`.
    pub fn new(commit: Id, previous: Option<Id>, at: Timestamp, agent: &Agent, change: &Change) -> Self {
        Self {
            commit,
            previous,
            at,
            agent: agent.name.clone(),
            verb: change.verb.to_owned(),
            reason: change.reason.clone(),
            undoes: change.undoes,
            touched: change.touched.iter().copied().collect(),
            added: write_quads(&change.added),
            removed: write_quads(&change.removed),
            erased: change.erased.clone(),
            redacted: change.redacted.clone(),
        }
    }

    /// Applies the difference and the journal's own quads to the writer's view.
    pub fn apply(&self, view: &mut View<'_>) -> Result<()> {
        self.apply_parsed(view, &read_quads(&self.added)?, &read_quads(&self.removed)?)
    }

    /// As [`Entry::apply`], for whoever has the quads already.
    pub fn apply_parsed(&self, view: &mut View<'_>, added: &[Quad], removed: &[Quad]) -> Result<()> {
        let journal = NamedNode::from(vocab::JOURNAL);
        let mut node = Node::new(self.commit, journal);
        node.say(ext::TYPE, NamedNode::from(vocab::COMMIT))
            .say(ext::ENDED_AT, time_literal(self.at))
            .say(ext::ASSOCIATED_WITH, string(&self.agent))
            .say(vocab::VERB, string(&self.verb))
            .maybe(vocab::REASON, self.reason.as_ref().map(string))
            .maybe(vocab::UNDOES, self.undoes.map(vocab::node))
            .say(vocab::ORDER, order(self.commit))
            .maybe(vocab::PREVIOUS, self.previous.map(vocab::node))
            .maybe(vocab::ADDED, pack(&self.added))
            .maybe(vocab::REMOVED, pack(&self.removed));
        for id in &self.touched {
            node.say(vocab::TOUCHED, vocab::node(*id));
        }
        // Whoever looks back from an entity must find what is no longer there; what is only told of another now is there.
        let about = added.iter().filter(|quad| quad.predicate == vocab::ABOUT).map(|quad| &quad.subject);
        let still: HashSet<&NamedOrBlankNode> = about.collect();
        let gone = |quad: &&Quad| quad.predicate == vocab::ABOUT && !still.contains(&quad.subject);
        for quad in removed.iter().filter(gone) {
            let was = Quad::new(quad.subject.clone(), vocab::WAS_ABOUT, quad.object.clone(), vocab::JOURNAL);
            node.quads.push(was);
        }
        view.apply(added, removed);
        view.apply(&node.quads, &[]);
        redaction::apply(view, &self.redacted)?;
        if self.erased.is_empty() { Ok(()) } else { erasure::apply(view, &self.erased) }
    }

    /// Reads back the entry of a commit that erased nothing.
    pub fn read(view: &View<'_>, commit: Id) -> Result<Self> {
        let (added, removed) = difference(view, commit)?;
        let record = record(view, commit)?.ok_or_else(|| {
            Error::new(ErrorKind::Corrupt, format!("commit {commit} is named but not there")).hint("run `hydra check`")
        })?;
        Ok(Self {
            commit,
            previous: view.objects(commit, vocab::PREVIOUS)?.first().copied(),
            at: record.at,
            agent: record.agent,
            verb: record.verb,
            reason: record.reason,
            undoes: record.undoes,
            touched: touched(view, commit)?,
            added: write_quads(&added),
            removed: write_quads(&removed),
            erased: BTreeSet::new(),
            redacted: BTreeSet::new(),
        })
    }
}

/// Replaces the difference of a commit, of which something was erased, and drops its reason if nothing else is left of
/// what it touched.
pub(crate) fn rewrite(
    view: &mut View<'_>,
    commit: Id,
    added: &[Quad],
    removed: &[Quad],
    without_reason: bool,
) -> Result<()> {
    let node = vocab::node(commit);
    let mut old = Vec::new();
    for predicate in [vocab::ADDED, vocab::REMOVED, vocab::REASON] {
        if predicate != vocab::REASON || without_reason {
            let said = view.quads(Some(node.as_ref().into()), Some(predicate), None, Some(vocab::JOURNAL.into()));
            old.extend(said.collect::<Result<Vec<_>>>()?);
        }
    }
    let mut new = Node::new(commit, vocab::JOURNAL);
    new.maybe(vocab::ADDED, pack(&write_quads(added))).maybe(vocab::REMOVED, pack(&write_quads(removed)));
    view.apply(&new.quads, &old);
    Ok(())
}

/// Gives the commits of format 1 their order; until then a statement named the newest one.
pub(crate) fn migrate(view: &mut View<'_>) -> Result<bool> {
    const HEAD: NamedNodeRef<'static> = NamedNodeRef::new_unchecked("urn:hydra:ns#head");
    let heads: Vec<Quad> = view.quads(Some(vocab::JOURNAL.into()), Some(HEAD), None, None).collect::<Result<_>>()?;
    if heads.is_empty() {
        return Ok(false);
    }
    let journal = NamedNode::from(vocab::JOURNAL);
    let commits = view.instances(vocab::COMMIT)?.into_iter();
    let orders: Vec<Quad> =
        commits.map(|commit| Quad::new(vocab::node(commit), vocab::ORDER, order(commit), journal.clone())).collect();
    view.apply(&orders, &heads);
    Ok(true)
}

/// A commit as history shows it.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct CommitRecord {
    /// The commit.
    pub id: Id,
    /// When it was acknowledged.
    pub at: Timestamp,
    /// Who asked for it.
    pub agent: String,
    /// What was done: `remember`, `forget`, `ingest`, `undo` and so on.
    pub verb: String,
    /// Of an update, which one it was: superseded, settled, retracted, ended or restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<&'static str>,
    /// Why, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The commit that this one took back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Id>,
    /// How many memories and passages it touched.
    pub touched: usize,
}

/// Reads what the journal says of a commit; `None` if there is no such commit.
pub(crate) fn record(view: &View<'_>, commit: Id) -> Result<Option<CommitRecord>> {
    if !is_commit(view, commit)? {
        return Ok(None);
    }
    let text = |predicate| view.text(commit, predicate);
    let verb = text(vocab::VERB)?.unwrap_or_default();
    let change = if verb == UPDATE { updated(view, commit)? } else { None };
    Ok(Some(CommitRecord {
        id: commit,
        at: text(ext::ENDED_AT)?.and_then(|t| t.parse().ok()).unwrap_or(commit.minted_at()),
        agent: text(ext::ASSOCIATED_WITH)?.unwrap_or_default(),
        verb,
        change,
        reason: text(vocab::REASON)?,
        undoes: view.objects(commit, vocab::UNDOES)?.first().copied(),
        touched: view.objects(commit, vocab::TOUCHED)?.len(),
    }))
}

/// The verb of every commit that says something else of what is known.
pub(crate) const UPDATE: &str = "update";

/// Reads from the difference of an update which one it was; what was said instead also retracts.
fn updated(view: &View<'_>, commit: Id) -> Result<Option<&'static str>> {
    let (added, removed) = difference(view, commit)?;
    let says = |quads: &[Quad], predicate: NamedNodeRef<'_>| quads.iter().any(|quad| quad.predicate == predicate);
    let marks = [
        (ext::REVISION_OF, "superseded"),
        (vocab::SETTLED_AT, "settled"),
        (vocab::RETRACTED_AT, "retracted"),
        (vocab::VALID_TO, "ended"),
        (vocab::WITHHELD_AT, "never recalled"),
        (vocab::SNOOZED_UNTIL, "put off"),
    ];
    let made = marks.into_iter().find(|(mark, _)| says(&added, *mark)).map(|(_, what)| what);
    let taken = [vocab::RETRACTED_AT, vocab::VALID_TO].into_iter().any(|mark| says(&removed, mark));
    let given = says(&removed, vocab::WITHHELD_AT).then_some("recalled again");
    Ok(made.or(taken.then_some("restored")).or(given))
}

/// Tells whether the journal knows a commit.
pub(crate) fn is_commit(view: &View<'_>, id: Id) -> Result<bool> {
    view.is_a(id, vocab::COMMIT)
}

/// Returns the commits after `stamp` up to the head, oldest first; `None` if the head does not descend from `stamp`.
pub(crate) fn since(view: &View<'_>, stamp: Id) -> Result<Option<Vec<Id>>> {
    let mut commits = Vec::new();
    let mut at = view.head()?;
    while let Some(commit) = at {
        if commit == stamp {
            commits.reverse();
            return Ok(Some(commits));
        }
        // Ids only rise along the chain, so a smaller one means that the stamp is not on it.
        if commit < stamp {
            return Ok(None);
        }
        commits.push(commit);
        at = view.objects(commit, vocab::PREVIOUS)?.first().copied();
    }
    Ok(None)
}

/// Returns the difference a commit made: added and removed.
pub(crate) fn difference(view: &View<'_>, commit: Id) -> Result<(Vec<Quad>, Vec<Quad>)> {
    let read = |predicate| -> Result<Vec<Quad>> {
        match view.object(commit, predicate)? {
            Some(term) => read_quads(&unpack(commit, &term_text(&term).unwrap_or_default())?),
            None => Ok(Vec::new()),
        }
    };
    Ok((read(vocab::ADDED)?, read(vocab::REMOVED)?))
}

/// Returns the commits that touched a memory, oldest first.
pub(crate) fn history(view: &View<'_>, id: Id) -> Result<Vec<CommitRecord>> {
    let node = vocab::node(id);
    let mut commits = view.subjects(vocab::TOUCHED, TermRef::from(node.as_ref()), usize::MAX)?;
    commits.sort_unstable();
    commits.dedup();
    commits.into_iter().filter_map(|commit| record(view, commit).transpose()).collect()
}

fn write_quads(quads: &[Quad]) -> String {
    let mut writer = RdfSerializer::from_format(RdfFormat::NQuads).for_writer(Vec::new());
    for quad in quads {
        writer.serialize_quad(quad).expect("writing to memory does not fail");
    }
    String::from_utf8(writer.finish().expect("writing to memory does not fail")).expect("N-Quads is UTF-8")
}

pub(crate) fn read_quads(text: &str) -> Result<Vec<Quad>> {
    RdfParser::from_format(RdfFormat::NQuads)
        .for_slice(text.as_bytes())
        .map(|quad| {
            quad.map_err(|e| Error::new(ErrorKind::Corrupt, format!("a commit's difference does not parse: {e}")))
        })
        .collect()
}

/// Differences repeat themselves (prefixes, a text and its passages): LZ4 makes them a third.
fn pack(quads: &str) -> Option<Literal> {
    if quads.is_empty() {
        return None;
    }
    let packed = BASE64.encode(lz4_flex::compress_prepend_size(quads.as_bytes()));
    Some(Literal::new_typed_literal(packed, NamedNode::new_unchecked(DIFFERENCE)))
}

/// Datatype of a packed difference: base 64 of LZ4 (size first) of N-Quads.
const DIFFERENCE: &str = "urn:hydra:ns#difference";

fn unpack(commit: Id, packed: &str) -> Result<String> {
    let corrupt = || Error::new(ErrorKind::Corrupt, format!("the difference of commit {commit} does not read back"));
    let bytes = BASE64.decode(packed).map_err(|_| corrupt())?;
    let plain = lz4_flex::decompress_size_prepended(&bytes).map_err(|_| corrupt())?;
    String::from_utf8(plain).map_err(|_| corrupt())
}

/// Returns the newest commit that touched something.
pub(crate) fn last_touching(view: &View<'_>, id: Id) -> Result<Option<Id>> {
    let node = vocab::node(id);
    let commits = view.quads(None, Some(vocab::TOUCHED), Some(node.as_ref().into()), Some(vocab::JOURNAL.into()));
    let commits = commits.filter_map(|quad| quad.map(|quad| subject_id(&quad.subject)).transpose());
    Ok(commits.collect::<Result<Vec<Id>>>()?.into_iter().max())
}

/// Returns the commit's touched ids.
pub(crate) fn touched(view: &View<'_>, commit: Id) -> Result<Vec<Id>> {
    let node = vocab::node(commit);
    view.quads(Some(node.as_ref().into()), Some(vocab::TOUCHED), None, Some(vocab::JOURNAL.into()))
        .filter_map(|quad| quad.map(|q| term_id(&q.object)).transpose())
        .collect()
}
