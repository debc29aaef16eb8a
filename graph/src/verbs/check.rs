//! `status`, `check` and `rebuild`: is everything there, and do its parts agree.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use oxigraph::model::NamedNodeRef;
use schemars::JsonSchema;
use serde::Serialize;

use crate::catch_up::{BATCH, IndexDriver};
use crate::error::{Error, ErrorKind, Result};
use crate::findable;
use crate::folder;
use crate::id::Id;
use crate::journal::{self, Change};
use crate::memory::Inner;
use crate::record::{self, Reader};
use crate::redo;
use crate::shapes::Shapes;
use crate::store::{View, order};
use crate::vocab::{self, ext};

/// How long `check` waits for indexes that are catching up before it compares them as they are.
const INDEX_WAIT: Duration = Duration::from_secs(60);
/// How often a waiting `rebuild` looks.
const REBUILD_TICK: Duration = Duration::from_millis(100);
/// Differences of one kind that are listed one by one.
const MAX_LISTED: usize = 5;

/// Counts and states.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct Status {
    /// Layout of the data folder.
    pub format: u32,
    /// The newest commit.
    pub head: Option<Id>,
    /// Files that were read.
    pub sources: usize,
    /// Pieces of files and of long memories.
    pub passages: usize,
    /// Memories that were told.
    pub memories: usize,
    /// People, projects, notes, names.
    pub entities: usize,
    /// Links between notes, one for each place.
    pub links: usize,
    /// The search indexes.
    pub indexes: Vec<IndexStatus>,
    /// Bytes of the redo log, cut at every clean stop.
    pub log_bytes: u64,
    /// `ok`, or why writes are refused.
    pub writes: String,
}

/// State of one index.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct IndexStatus {
    /// `text` or `vectors`.
    pub name: String,
    /// The newest commit it has.
    pub stamp: Option<Id>,
    /// Whether newer commits are missing.
    pub behind: bool,
    /// Texts taken in by the catch-up under way.
    pub done: u64,
    /// Texts of the catch-up under way; 0 when there is none.
    pub total: u64,
    /// Why it cannot answer, if it cannot.
    pub degraded: Option<String>,
    /// Why the last catch-up failed, if it did.
    pub error: Option<String>,
}

/// What `check` found.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize)]
pub struct CheckReport {
    /// Whether everything agrees.
    pub ok: bool,
    /// What does not, in words.
    pub findings: Vec<String>,
    /// Commits from the first to the newest.
    pub commits: usize,
    /// Statements in the graph.
    pub quads: usize,
    /// Texts that the indexes should hold.
    pub texts: usize,
    /// Commits in the redo log.
    pub log_entries: usize,
    /// Indexes that were compared.
    pub indexes: Vec<String>,
}

pub(crate) fn status(inner: &Inner) -> Result<Status> {
    let view = inner.view()?;
    let count = |class| view.count(class);
    let head = view.head()?;
    Ok(Status {
        format: folder::FORMAT,
        head,
        sources: count(vocab::SOURCE)?,
        passages: count(vocab::PASSAGE)?,
        memories: count(vocab::MEMORY)?,
        entities: count(vocab::ENTITY)?,
        links: count(vocab::LINK)?,
        indexes: index_states(inner),
        log_bytes: inner.writer.log_bytes(),
        writes: inner.writer.refusal().map_or_else(|| "ok".to_owned(), |e| e.to_string()),
    })
}

/// Counts what recall can find.
pub(crate) fn texts(inner: &Inner) -> Result<usize> {
    let view = inner.view()?;
    let mut reader = Reader::new(&view);
    let mut count = 0;
    for id in record::recallable(&view)? {
        count += usize::from(reader.read(id)?.is_some_and(|record| record.is_recallable()));
    }
    Ok(count)
}

/// Looks at the indexes alone, which costs nothing; [`status`] counts the whole memory.
pub(crate) fn index_states(inner: &Inner) -> Vec<IndexStatus> {
    let head = inner.head.get();
    let drivers = inner.drivers.read();
    let state = |driver: &IndexDriver| IndexStatus {
        name: driver.index.name().to_owned(),
        stamp: driver.index.stamp(),
        behind: driver.index.stamp() != head,
        done: driver.progress.done.load(Ordering::Relaxed),
        total: driver.progress.total.load(Ordering::Relaxed),
        degraded: driver.index.degraded(),
        error: driver.error().map(|error| error.to_string()),
    };
    drivers.iter().map(|driver| state(driver)).collect()
}

pub(crate) fn check(inner: &Inner, progress: &mut dyn FnMut(&str)) -> Result<CheckReport> {
    let mut findings = Vec::new();
    progress("the store");
    if let Err(error) = inner.store.validate() {
        findings.push(error.to_string());
    }
    progress("the indexes");
    let head = inner.head.get();
    let drivers = inner.drivers.read().clone();
    for driver in drivers.iter() {
        driver.wait_for(head, INDEX_WAIT);
    }
    let view = inner.view()?;
    progress("the journal");
    let commits = check_journal(&view, &mut findings)?;
    progress("the redo log");
    let log_entries = check_log(inner, &view, &mut findings)?;
    progress("the shapes");
    check_shapes(&view, &mut findings)?;
    progress("the texts");
    let mut texts = Vec::new();
    for batch in record::recallable(&view)?.chunks(BATCH) {
        let found = findable::index_texts(&view, batch)?;
        texts.extend(batch.iter().zip(found).filter(|(_, text)| text.is_some()).map(|(id, _)| *id));
    }
    let mut indexes = Vec::new();
    for driver in drivers.iter() {
        let name = driver.index.name();
        if let Some(reason) = driver.index.degraded() {
            progress(&format!("not compared: the {name} index ({reason})"));
            continue;
        }
        indexes.push(name.to_owned());
        if driver.index.stamp() != view.head()? {
            findings.push(format!(
                "the {name} index is behind the newest commit; wait, or run `hydra rebuild --index {name}`"
            ));
            continue;
        }
        compare(name, &texts, &driver.index.ids()?, &mut findings);
    }
    Ok(CheckReport {
        ok: findings.is_empty(),
        findings,
        commits,
        quads: inner.store.quads()?,
        texts: texts.len(),
        log_entries,
        indexes,
    })
}

/// Walks from the newest commit to the first: none may be missing, each must read back and stand where its id says.
pub(crate) fn check_journal(view: &View<'_>, findings: &mut Vec<String>) -> Result<usize> {
    let mut known: BTreeSet<Id> = view.instances(vocab::COMMIT)?.into_iter().collect();
    let count = known.len();
    let mut at = view.head()?;
    while let Some(commit) = at {
        if !known.remove(&commit) {
            findings.push(format!("commit {commit} is named but not there"));
            break;
        }
        if let Err(error) = journal::difference(view, commit) {
            findings.push(error.to_string());
        }
        if view.object(commit, vocab::ORDER)? != Some(order(commit).into()) {
            findings.push(format!("commit {commit} is not in its place"));
        }
        at = view.objects(commit, vocab::PREVIOUS)?.first().copied();
        if at >= Some(commit) {
            findings.push(format!("commit {commit} comes after a newer one"));
        }
    }
    if !known.is_empty() {
        findings.push(format!("{} commits are not on the way from the newest to the first", known.len()));
    }
    Ok(count)
}

fn check_log(inner: &Inner, view: &View<'_>, findings: &mut Vec<String>) -> Result<usize> {
    let commits = match redo::commits_in(&inner.folder.log()) {
        Ok(commits) => commits,
        Err(error) => {
            findings.push(error.to_string());
            return Ok(0);
        }
    };
    // What came after this view is not yet in it.
    let head = view.head()?;
    for commit in commits.iter().filter(|commit| Some(**commit) <= head) {
        if !journal::is_commit(view, *commit)? {
            findings.push(format!("commit {commit} is in the redo log but not in the store; restart to replay it"));
        }
    }
    Ok(commits.len())
}

/// Classes whose every node is checked.
const CHECKED: [NamedNodeRef<'static>; 8] = [
    vocab::MEMORY,
    vocab::SOURCE,
    vocab::PASSAGE,
    vocab::ENTITY,
    vocab::SESSION,
    vocab::LINK,
    vocab::CORE_BLOCK,
    vocab::COLLECTION,
];

/// Checks every node against the shape of its class.
pub(crate) fn check_shapes(view: &View<'_>, findings: &mut Vec<String>) -> Result<()> {
    let shapes = Shapes::builtin()?;
    let mut invalid = 0;
    for class in CHECKED {
        for id in view.instances(class)? {
            let kind =
                view.quads(Some(vocab::node(id).as_ref().into()), Some(ext::TYPE), None, None).next().transpose()?;
            let change = Change { added: kind.into_iter().collect(), ..Change::default() };
            if let Err(error) = shapes.check(view, &change) {
                invalid += 1;
                if invalid <= MAX_LISTED {
                    findings.push(error.to_string());
                }
            }
        }
    }
    if invalid > MAX_LISTED {
        findings.push(format!("{invalid} nodes in all do not fit their shape"));
    }
    Ok(())
}

fn compare(name: &str, expected: &[Id], found: &[Id], findings: &mut Vec<String>) {
    let expected: BTreeSet<&Id> = expected.iter().collect();
    let held: BTreeSet<&Id> = found.iter().collect();
    let missing = expected.difference(&held).count();
    let extra = held.difference(&expected).count();
    let double = found.len() - held.len();
    if missing + extra + double > 0 {
        findings.push(format!(
            "the {name} index misses {missing} texts, has {extra} too many and {double} twice; run `hydra rebuild --index {name}`"
        ));
    }
}

pub(crate) fn rebuild(inner: &Inner, only: Option<&str>, progress: &mut dyn FnMut(&str, u64, u64)) -> Result<()> {
    // Not held while waiting: recall and close need the list too.
    let drivers = inner.drivers.read().clone();
    let chosen: Vec<_> = drivers.iter().filter(|d| only.is_none_or(|name| name == d.index.name())).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = drivers.iter().map(|driver| driver.index.name()).collect();
        return Err(Error::new(ErrorKind::Invalid, format!("there is no index called `{}`", only.unwrap_or_default()))
            .hint(format!("there are: {}", names.join(", "))));
    }
    if let Some(reason) = chosen.iter().find_map(|driver| driver.index.degraded()) {
        return Err(Error::new(ErrorKind::Unavailable, reason));
    }
    for driver in &chosen {
        driver.start_over();
    }
    let head = inner.head.get();
    for driver in chosen {
        let name = driver.index.name();
        while driver.is_starting_over() || driver.index.stamp() < head {
            if let Some(error) = driver.error() {
                return Err(error.context(format!("rebuilding the {name} index")));
            }
            if driver.is_stopped() {
                return Err(Error::new(ErrorKind::Cancelled, format!("rebuilding the {name} index was stopped"))
                    .hint("it goes on at the next start"));
            }
            let load = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
            progress(name, load(&driver.progress.done), load(&driver.progress.total));
            std::thread::sleep(REBUILD_TICK);
        }
        driver.index.flush()?;
        progress(name, 1, 1);
    }
    Ok(())
}
