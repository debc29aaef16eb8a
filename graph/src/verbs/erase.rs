//! `forget` for good: out of the graph, the journal, the log, the indexes and the traces, with a receipt.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::Serialize;

use super::erased::fingerprints;
use super::forget::{affected, check_count, check_may, not_found};
use super::telling::Telling;
use crate::block::Block;
use crate::catch_up::IndexDriver;
use crate::erasure;
use crate::error::{Error, ErrorKind, Result};
use crate::fact;
use crate::folder;
use crate::id::Id;
use crate::journal::{Agent, Trust};
use crate::memory::Inner;
use crate::record::{Kind, Reader, Record};
use crate::seal::Seals;
use crate::stale;
use crate::store::{GraphStore, Node, View, string, subject_id, time_literal};
use crate::time::Timestamp;
use crate::vocab;
use crate::writer::MIN_FREE_BYTES;

/// How long an index may take to hear of it before what it holds of the erased is taken out by hand.
const INDEX_WAIT: Duration = Duration::from_secs(10);

/// How long those who read the old store may take to finish before the receipt says that it is still there.
const READER_WAIT: Duration = Duration::from_millis(500);

/// What was erased, and from where.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Erased {
    /// What was asked for.
    pub ids: Vec<Id>,
    /// The commit that says so; it can't be undone.
    pub commit: Id,
    /// Memories and passages of which nothing is left.
    pub passages: usize,
    /// What was derived from it and is stale now; it may still tell something of it.
    pub stale: Vec<Id>,
    /// Where it was removed.
    pub removed: Vec<Removal>,
    /// What may still hold it, in words for a person: files that it was read from, exports that were written since.
    pub remains: Vec<String>,
}

/// One place that was cleared.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Removal {
    /// `graph`, `journal`, `traces`, `redo log`, `store` or an index.
    pub place: String,
    /// Whether nothing of it is there any more; else a server clears it later, also after a restart.
    pub is_done: bool,
    /// Why not, or what else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Removal {
    pub(super) fn of(place: &str, result: Result<()>) -> Self {
        Self { place: place.to_owned(), is_done: result.is_ok(), note: result.err().map(|error| error.to_string()) }
    }
}

/// Erases; with `spaces`, only what belongs to one of them. `progress` is told how many statements of how many were
/// copied into the store that takes the place of the old one.
pub(crate) fn erase(
    inner: &Inner,
    ids: &[Id],
    spaces: &[String],
    reason: Option<String>,
    agent: &Agent,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Erased> {
    check_count(ids)?;
    check_owner(agent, ids)?;
    let now = inner.now();
    // Whatever happens from here on, the files are cleared at last.
    let _one_at_a_time = inner.erasing.lock();
    let decided = decide(inner, ids, spaces, reason, agent, now);
    let (commit, outcome) = match decided {
        Ok((Some(commit), outcome)) => (commit, outcome),
        Ok((None, _)) => return Err(already(ids[0])),
        Err(error) => return Err(error),
    };
    let mut removed = vec![Removal::of("graph", Ok(())), Removal::of("journal", Ok(()))];
    removed.extend(clear_files(inner, commit, &outcome.erased, &outcome.touched, progress));
    let Outcome { erased, stale, remains, .. } = outcome;
    Ok(Erased { ids: ids.to_vec(), commit, passages: erased.len(), stale, removed, remains })
}

/// Clears the files of what was erased before the program was stopped in the middle of it; does nothing otherwise.
pub(crate) fn finish(inner: &Inner) -> Result<()> {
    let _one_at_a_time = inner.erasing.lock();
    if !inner.folder.is_erasing() {
        return Ok(());
    }
    for driver in inner.drivers.read().iter() {
        if !driver.wait_for(inner.head.get(), INDEX_WAIT) && is_being_built(driver) {
            let message =
                format!("the {} index is being built and may still hold what was erased", driver.index.name());
            return Err(Error::new(ErrorKind::Unavailable, message).hint("it is cleared when that is done"));
        }
    }
    let (commit, erased) = {
        let view = inner.view()?;
        let erased = view.quads(None, Some(vocab::ERASED_AT), None, None);
        let ids = erased.filter_map(|quad| quad.map(|q| subject_id(&q.subject)).transpose());
        (view.head()?, ids.collect::<Result<BTreeSet<Id>>>()?)
    };
    let Some(commit) = commit else { return inner.folder.end_erasing() };
    let removed = clear_files(inner, commit, &erased, &erased, &mut |_, _| ());
    match removed.into_iter().find(|removal| !removal.is_done) {
        Some(Removal { place, note, .. }) => {
            let why = note.unwrap_or_default();
            Err(Error::new(ErrorKind::Io, format!("the {place} still holds what was erased: {why}"))
                .hint("it is tried again, and at the next start"))
        }
        None => Ok(()),
    }
}

#[derive(Default)]
struct Outcome {
    erased: BTreeSet<Id>,
    /// With what is indexed with a little of it.
    touched: BTreeSet<Id>,
    stale: Vec<Id>,
    remains: Vec<String>,
}

fn decide(
    inner: &Inner,
    ids: &[Id],
    spaces: &[String],
    reason: Option<String>,
    agent: &Agent,
    now: Timestamp,
) -> Result<(Option<Id>, Outcome)> {
    let exports = folder::exports(inner.folder.path())?;
    let seals = Seals::of_or_new(inner.folder.path())?;
    *inner.seals.write() = seals.clone();
    let was_erasing = inner.folder.is_erasing();
    inner.folder.begin_erasing()?;
    let (asked, spaces, author, mint) = (ids.to_vec(), spaces.to_vec(), agent.clone(), inner.mint.clone());
    let decided = inner.writer.write(agent.clone(), move |view| {
        let mut telling = Telling::new(view, &mint, now, &author);
        (telling.change.verb, telling.change.reason) = ("erase", reason);
        let mut outcome = Outcome::default();
        let mut reader = Reader::new(view);
        let mut oldest = now;
        for id in asked {
            let target = Target::read(view, &mut reader, id)?;
            target.check_may(&spaces, Some(&author))?;
            if let Target::Record(record) = &target {
                oldest = oldest.min(record.recorded_at);
                outcome.remains.extend(file_of(record));
            }
            for gone in target.all(view, id)? {
                let mut node = Node::new(gone, vocab::MEMORY_GRAPH);
                node.say(vocab::ERASED_AT, time_literal(now));
                if let Some((record, _)) = reader.read_last(gone)? {
                    for key in fingerprints(view, &record)? {
                        node.say(vocab::FORGOTTEN_AS, string(seals.seal(&key)));
                    }
                }
                telling.change.added.append(&mut node.quads);
                // Whoever comes next in a conversation or a file is indexed with a little of what came before.
                for before in [gone].into_iter().chain(view.objects(gone, vocab::PART_OF)?) {
                    let node = vocab::node(before);
                    telling.change.touched.extend(view.subjects(vocab::FOLLOWS, node.as_ref().into(), usize::MAX)?);
                }
                if let Some(fact) = fact::believed(view, gone)?
                    && !fact::is_kept_by_others(view, &fact, now)?
                {
                    telling.change.removed.push(fact.assertion());
                }
                outcome.stale.extend(stale::flag(view, &mut telling.change, gone)?);
                telling.change.erased.insert(gone);
            }
        }
        let fallen: Vec<Id> = telling.change.erased.iter().copied().collect();
        telling.let_go(&fallen)?;
        let mut change = telling.into_change();
        outcome.erased.clone_from(&change.erased);
        outcome.stale.retain(|id| !change.erased.contains(id));
        outcome.stale.sort_unstable();
        outcome.stale.dedup();
        change.touched.extend(&change.erased);
        outcome.touched.clone_from(&change.touched);
        outcome.remains.sort_unstable();
        outcome.remains.dedup();
        let later = exports.into_iter().filter(|export| export.at >= oldest && export.path.exists());
        outcome.remains.extend(later.map(|export| format!("the export {} of {}", export.path.display(), export.at)));
        Ok((change, outcome))
    });
    // What could not be made durable may be so all the same.
    let is_unsure = decided.as_ref().is_err_and(|error| error.kind() == ErrorKind::Poisoned);
    if decided.is_err() && !is_unsure && !was_erasing {
        inner.folder.end_erasing()?;
    }
    decided
}

/// What may be erased.
pub(super) enum Target {
    Record(Box<Record>),
    Block(Block),
}

impl Target {
    /// Reads what is there, or was.
    pub(super) fn read(view: &View<'_>, reader: &mut Reader<'_>, id: Id) -> Result<Self> {
        if let Some((record, _)) = reader.read_last(id)? {
            return Ok(Self::Record(Box::new(record)));
        }
        if let Some(block) = Block::read(view, id)? {
            return Ok(Self::Block(block));
        }
        Err(if view.object(id, vocab::ERASED_AT)?.is_some() { already(id) } else { not_found(id) })
    }

    /// Refuses what belongs to another space, or was said by somebody who is trusted more than who asks.
    pub(super) fn check_may(&self, spaces: &[String], agent: Option<&Agent>) -> Result<()> {
        match self {
            Self::Record(record) => check_may(record, spaces, agent),
            Self::Block(block) if spaces.is_empty() || spaces.contains(&block.space) => Ok(()),
            Self::Block(block) => Err(not_found(block.id)),
        }
    }

    /// The node and its pieces; of a file, also those that it no longer has.
    pub(super) fn all(&self, view: &View<'_>, id: Id) -> Result<BTreeSet<Id>> {
        let mut ids = affected(view, id)?;
        if let Self::Record(record) = self
            && record.source.path.is_some()
            && record.kind != Kind::Passage
        {
            ids.extend(erasure::passages_ever(view, id)?);
        }
        Ok(ids)
    }
}

fn file_of(record: &Record) -> Option<String> {
    let path = record.source.path.as_deref().filter(|path| Path::exists(path))?;
    Some(format!("the file {}, which is not read for it again", path.display()))
}

/// What can't be taken back is the owner's alone.
fn check_owner(agent: &Agent, ids: &[Id]) -> Result<()> {
    if agent.trust == Trust::Owner {
        return Ok(());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Err(Error::new(ErrorKind::Invalid, "only the owner erases for good: it can't be undone")
        .hint(format!("tell the user: `hydra forget --erase {}`; or leave the mode out to forget it", ids.join(" "))))
}

fn already(id: Id) -> Error {
    Error::new(ErrorKind::NotFound, format!("{id} was erased before")).hint("nothing of it is left to erase")
}

/// Takes it out of every file; what fails stays owed and is tried again at the next start.
pub(super) fn clear_files(
    inner: &Inner,
    commit: Id,
    erased: &BTreeSet<Id>,
    touched: &BTreeSet<Id>,
    progress: &mut dyn FnMut(u64, u64),
) -> Vec<Removal> {
    let mut removed = vec![match inner.traces.drop_all(inner.now()) {
        Ok(count) => Removal { note: Some(format!("{count} dropped")), ..Removal::of("traces", Ok(())) },
        Err(error) => Removal::of("traces", Err(error)),
    }];
    for driver in inner.drivers.read().iter() {
        let is_caught_up = driver.wait_for(Some(commit), INDEX_WAIT);
        // What it has not heard of yet, it will be sent again.
        let ids: Vec<Id> = if is_caught_up { erased } else { touched }.iter().copied().collect();
        let mut removal = Removal::of(&format!("{} index", driver.index.name()), driver.index.purge(&ids));
        if removal.is_done && !is_caught_up && is_being_built(driver) {
            // A pass that began before may bring back what it read then.
            removal.is_done = false;
            removal.note = Some("it is being built; `hydra serve` clears it when that is done".to_owned());
        }
        removed.push(removal);
    }
    let store = replace_store(inner, progress);
    removed.push(Removal::of("redo log", store.clone()));
    removed.push(Removal::of("store", store));
    if removed.iter().all(|removal| removal.is_done)
        && let Err(error) = inner.folder.end_erasing()
    {
        tracing::warn!(%error, "the files are cleared, but will be once more at the next start");
    }
    // Nothing is owed for a store that is still read: it goes with its last reader, at the latest at the next start.
    if let (Some(store), Some(readers)) = (removed.last_mut().filter(|store| store.is_done), wait_for_readers(inner)) {
        let readers = if readers == 1 { "1 reader".to_owned() } else { format!("{readers} readers") };
        store.is_done = false;
        store.note = Some(format!("the old one is held by {readers} until they finish, then it is deleted"));
    }
    removed
}

/// Gives whoever reads the old store a moment to finish; returns how many do not.
fn wait_for_readers(inner: &Inner) -> Option<usize> {
    let deadline = Instant::now() + READER_WAIT;
    loop {
        let readers = inner.store.readers_of_retired();
        if readers.is_none() || Instant::now() > deadline {
            return readers;
        }
        std::thread::sleep(READER_WAIT / 50);
    }
}

fn is_being_built(driver: &IndexDriver) -> bool {
    driver.progress.total.load(Ordering::Relaxed) > 0
}

/// Copies all that is left into a new store: the old one keeps the strings of what was removed.
fn replace_store(inner: &Inner, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    let needed = inner.folder.store_bytes()? + MIN_FREE_BYTES;
    inner.folder.check_space(needed)?;
    let path = inner.folder.next_store()?;
    let replaced = (|| {
        let (copy, copied_at) = {
            let view = inner.view()?;
            (GraphStore::copy(&view, &path, progress)?, view.head()?)
        };
        let (folder, place) = (Arc::clone(&inner.folder), path.clone());
        inner.writer.replace(copy, copied_at, move || folder.use_store(&place))
    })();
    if replaced.is_err() && inner.folder.store() != path {
        inner.folder.discard(&path)?;
    }
    replaced
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    use super::*;
    use crate::memory::{Memory, Options};
    use crate::verbs::remember::NewMemory;

    #[test]
    fn a_store_that_is_still_read_is_not_said_to_be_gone() {
        let folder = tempfile::tempdir().unwrap();
        let now = AtomicI64::new(1_750_000_000_000);
        let clock = Arc::new(move || Timestamp::from_millis(now.fetch_add(1, Ordering::Relaxed)));
        let memory = Memory::open(folder.path(), Options { clock, holder: "a test".into() }).unwrap();
        let tell = |text: &str| memory.remember(NewMemory::new(text), &Agent::owner()).unwrap().id;
        let store = |id| {
            let erased = erase(&memory.0, &[id], &[], None, &Agent::owner(), &mut |_, _| ()).unwrap();
            erased.removed.into_iter().find(|removal| removal.place == "store").unwrap()
        };
        let ids = [tell("one"), tell("two")];
        let view = memory.0.view().unwrap();
        let held = store(ids[0]);
        assert!(!held.is_done && held.note.as_ref().unwrap().contains("1 reader "), "{held:?}");
        assert!(folder.path().join("store").exists());
        assert!(!memory.0.folder.is_erasing(), "nothing is owed: it goes with its reader");
        drop(view);
        assert!(!folder.path().join("store").exists());
        assert!(store(ids[1]).is_done);
    }
}
