//! The RDF store, and one consistent look at it. Nothing else in this crate touches oxigraph's store.

mod graph;
mod term;
mod view;

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use oxigraph::model::Quad;
use oxigraph::store::{StorageError, Store, Transaction};
use parking_lot::{Mutex, RwLock};
use self_cell::self_cell;

use crate::error::{Error, ErrorKind, Result};

use self::graph::kept_owned;

pub(crate) use self::term::{Node, number, order, string, subject_id, term_id, term_text, time_literal};
#[cfg(test)]
pub(crate) use self::view::QUADS_READ;
pub use self::view::View;

const RUNS: &str = "a view's transaction runs until the view is committed";
/// Statements that are copied at once.
const COPIED_AT_ONCE: usize = 200_000;
/// What the bulk loader may take, roughly.
const LOAD_MEMORY_MB: usize = 128;

/// Owns the RocksDB folder. Its transactions do not detect conflicts: only the writer may commit one.
///
/// The store never gives back the room of a string that nothing says any more, so what was erased is only gone from the
/// medium when everything else was copied into a new folder. Then that one takes its place here, and whoever still reads
/// the old one reads on.
pub(crate) struct GraphStore {
    current: RwLock<Arc<Generation>>,
    /// Replaced ones whose folder may still be there.
    retired: Mutex<Vec<(PathBuf, Weak<Generation>)>>,
}

/// One folder of RocksDB. A retired one is deleted when its last reader is done.
struct Generation {
    /// `None` only while it is dropped.
    store: Option<Store>,
    path: PathBuf,
    is_retired: AtomicBool,
}

impl Generation {
    fn store(&self) -> &Store {
        self.store.as_ref().expect("it is there until the drop")
    }
}

impl Drop for Generation {
    fn drop(&mut self) {
        drop(self.store.take());
        if *self.is_retired.get_mut()
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, "the store that was replaced could not be deleted; the next start tries again");
        }
    }
}

impl GraphStore {
    /// Opens or creates the store; the caller holds the lock of the data folder already.
    pub fn open(path: &Path) -> Result<Self> {
        let store = Store::open(path).map_err(|e| {
            let error = storage(e).context(format!("opening the store at {}", path.display()));
            match error.kind() {
                ErrorKind::Full => error,
                _ => error.hint("check the disk and the limit on open files (`ulimit -n`), then run `hydra check`"),
            }
        })?;
        let generation = Generation { store: Some(store), path: path.to_owned(), is_retired: AtomicBool::new(false) };
        Ok(Self { current: RwLock::new(Arc::new(generation)), retired: Mutex::default() })
    }

    /// Starts a view of this moment; later commits do not show in it.
    pub fn view(&self) -> Result<View<'_>> {
        let begun = Snapshot::try_new(self.generation(), |generation| generation.store().start_transaction().map(Some));
        Ok(View { snapshot: begun.map_err(storage)?, ends: None, store: PhantomData })
    }

    fn generation(&self) -> Arc<Generation> {
        Arc::clone(&self.current.read())
    }

    /// Lets another store take the place of this one, whose folder is deleted when its last view is dropped.
    pub fn replace(&self, by: GraphStore) {
        let new = by.current.into_inner();
        let old = std::mem::replace(&mut *self.current.write(), new);
        self.retired.lock().push((old.path.clone(), Arc::downgrade(&old)));
        old.is_retired.store(true, Ordering::Release);
    }

    /// Returns how many readers hold the stores that were replaced; `None` when none of their folders is left.
    pub fn readers_of_retired(&self) -> Option<usize> {
        let mut retired = self.retired.lock();
        retired.retain(|(path, _)| path.exists());
        let readers = retired.iter().map(|(_, generation)| generation.strong_count()).sum();
        (!retired.is_empty()).then_some(readers)
    }

    /// Makes everything committed so far durable without the log.
    pub fn flush(&self) -> Result<()> {
        self.generation().store().flush().map_err(storage)
    }

    /// Puts many quads into a store that nobody reads yet: sorted and written as they are, past RocksDB's own log, which
    /// is several times as fast as a transaction. Not atomic with what was loaded before.
    pub fn load(&self, quads: Vec<Quad>) -> Result<()> {
        let generation = self.generation();
        let loader = generation.store().bulk_loader().with_num_threads(1);
        let mut loader = loader.with_max_memory_size_in_megabytes(LOAD_MEMORY_MB);
        loader.load_quads(quads.into_iter().map(kept_owned)).and_then(|()| loader.commit()).map_err(storage)
    }

    /// Makes a store at `path` with all that a view holds; nothing else gets there. `progress` is told how many statements
    /// of how many are copied.
    pub fn copy(view: &View<'_>, path: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Self> {
        let new = Self::open(path)?;
        let total = view.running().len().map_err(storage)? as u64;
        let mut quads = view.quads(None, None, None, None);
        let mut done = 0;
        loop {
            progress(done, total);
            let some: Vec<Quad> = quads.by_ref().take(COPIED_AT_ONCE).collect::<Result<_>>()?;
            if some.is_empty() {
                return Ok(new);
            }
            done += some.len() as u64;
            new.load(some)?;
        }
    }

    /// Counts all quads; takes about 0.1 s a million.
    pub fn quads(&self) -> Result<usize> {
        self.generation().store().len().map_err(storage)
    }

    /// Keeps the graph of memories as format 3 did, under its name.
    #[cfg(test)]
    pub fn as_format_3(&self) {
        let generation = self.generation();
        let store = generation.store();
        for quad in store.quads_for_pattern(None, None, None, Some(oxigraph::model::GraphNameRef::DefaultGraph)) {
            let quad = quad.unwrap();
            store.remove(&quad).unwrap();
            store.insert(&graph::told(quad)).unwrap();
        }
        assert!(store.contains_named_graph(crate::vocab::MEMORY_GRAPH).unwrap());
    }

    /// Reads every key and string once; slow, for `check`.
    pub fn validate(&self) -> Result<()> {
        self.generation().store().validate().map_err(storage)
    }
}

type Running<'g> = Option<Transaction<'g>>;

self_cell! {
    /// A transaction, and the store that it keeps from being deleted.
    struct Snapshot {
        owner: Arc<Generation>,
        #[covariant]
        dependent: Running,
    }
}

fn storage(error: StorageError) -> Error {
    // RocksDB tells what the operating system said only in words.
    if error.to_string().contains("No space left on device") {
        return Error::io("the store", &io::ErrorKind::StorageFull.into());
    }
    match error {
        StorageError::Io(e) => Error::io("the store", &e),
        other => Error::new(ErrorKind::Corrupt, format!("the store: {other}"))
            .hint("run `hydra check`; the redo log and the sources on disk are untouched"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use oxigraph::model::NamedNode;

    use super::*;
    use crate::id::Id;
    use crate::vocab::{self, ext};

    #[test]
    fn an_older_store_is_brought_up_a_part_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = GraphStore::open(folder.path()).unwrap();
        let mut view = store.view().unwrap();
        let said =
            |n: u64| Quad::new(vocab::node(Id(n)), ext::TYPE, NamedNode::from(vocab::ENTITY), vocab::MEMORY_GRAPH);
        let quads: Vec<Quad> = (0..8).map(said).collect();
        view.apply(&quads, &[]);
        view.commit().unwrap();
        store.as_format_3();
        let reading = store.view().unwrap();
        assert!(reading.is_of_format_3().unwrap());
        let mut old = reading.memories_of_format_3();
        for moved in [3, 3, 2, 0] {
            let mut view = store.view().unwrap();
            let seen: HashMap<_, _> = view
                .quads(None, None, None, None)
                .map(|quad| quad.map(|quad| (quad.subject.clone(), quad)).unwrap())
                .collect();
            assert_eq!(seen.len(), 8, "nothing is missing or there twice at any time");
            assert!(quads.iter().all(|quad| seen[&quad.subject] == *quad));
            let part: Vec<Quad> = old.by_ref().take(3).collect::<Result<_>>().unwrap();
            assert_eq!(part.len(), moved, "each is read once");
            view.move_memories(&part).unwrap();
            view.commit().unwrap();
        }
        let view = store.view().unwrap();
        assert!(!view.is_of_format_3().unwrap());
        assert_eq!(view.quads(None, None, None, Some(vocab::MEMORY_GRAPH.into())).count(), 8);
        assert_eq!(view.instances(vocab::ENTITY).unwrap(), view.many_instances(vocab::ENTITY).unwrap());
        assert_eq!((view.count(vocab::ENTITY).unwrap(), view.graphs().unwrap().len()), (8, 1));
        assert!(view.contains(&quads[7]).unwrap());
        let mut subjects = 0;
        view.each_subject(Some(vocab::MEMORY_GRAPH), &mut |_| subjects += 1).unwrap();
        assert_eq!(subjects, 8);
    }
}
