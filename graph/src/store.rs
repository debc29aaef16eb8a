//! The RDF store, and one consistent look at it. Nothing else in this crate touches oxigraph's store.

mod term;

use std::collections::HashMap;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use oxigraph::model::{
    GraphNameRef, Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, NamedOrBlankNodeRef, Quad, QuadRef, Term, TermRef,
};
use oxigraph::sparql::{QueryEvaluationError, QueryResults, QuerySolution, SparqlEvaluator};
use oxigraph::store::{StorageError, Store, Transaction};
use parking_lot::{Mutex, RwLock};
use self_cell::self_cell;

use crate::ends::Ends;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::vocab::{self, ext};

pub(crate) use self::term::{Node, number, order, string, subject_id, term_id, term_text, time_literal};

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
        loader.load_quads(quads).and_then(|()| loader.commit()).map_err(storage)
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

    /// Reads every key and string once; slow, for `check`.
    pub fn validate(&self) -> Result<()> {
        self.generation().store().validate().map_err(storage)
    }
}

#[cfg(test)]
thread_local! {
    /// Quads that this thread has read: tests compare what something costs by it, since a clock would tell of the machine.
    pub(crate) static QUADS_READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
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

/// One consistent snapshot: a verb reads one from start to end. It does not outlive the open memory.
pub struct View<'a> {
    snapshot: Snapshot,
    /// The writer's alone.
    ends: Option<Arc<Mutex<Ends>>>,
    store: PhantomData<&'a GraphStore>,
}

impl<'a> View<'a> {
    /// Gives the writer's view what the writer knows.
    pub(crate) fn knowing(self, ends: &Arc<Mutex<Ends>>) -> Self {
        Self { ends: Some(Arc::clone(ends)), ..self }
    }

    /// Returns what is known without reading, if this is the writer's view.
    pub(crate) fn ends(&self) -> Option<&Mutex<Ends>> {
        self.ends.as_deref()
    }

    /// Iterates over the quads that match; `None` matches anything.
    pub(crate) fn quads<'s>(
        &'s self,
        subject: Option<NamedOrBlankNodeRef<'_>>,
        predicate: Option<NamedNodeRef<'_>>,
        object: Option<TermRef<'_>>,
        graph: Option<GraphNameRef<'_>>,
    ) -> impl Iterator<Item = Result<Quad>> + use<'s, 'a> {
        let quads = self.running().quads_for_pattern(subject, predicate, object, graph);
        #[cfg(test)]
        let quads = quads.inspect(|_| QUADS_READ.set(QUADS_READ.get() + 1));
        quads.map(|quad| quad.map_err(storage))
    }

    /// Returns everything said of a node, in any graph.
    pub(crate) fn about(&self, id: Id) -> Result<Vec<Quad>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), None, None, None).collect()
    }

    /// Returns the first object of a predicate.
    pub(crate) fn object(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Option<Term>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(predicate), None, None)
            .next()
            .transpose()
            .map(|q| q.map(|q| q.object))
    }

    /// Returns the first object of a predicate as text.
    pub(crate) fn text(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Option<String>> {
        Ok(self.object(id, predicate)?.as_ref().and_then(term_text))
    }

    /// Returns the ids a node points at with a predicate.
    pub(crate) fn objects(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(predicate), None, None)
            .filter_map(|quad| quad.map(|q| term_id(&q.object)).transpose())
            .collect()
    }

    /// Returns the ids that point at `object` with a predicate, at most `limit`.
    pub(crate) fn subjects(&self, predicate: NamedNodeRef<'_>, object: TermRef<'_>, limit: usize) -> Result<Vec<Id>> {
        self.quads(None, Some(predicate), Some(object), None)
            .filter_map(|quad| quad.map(|q| subject_id(&q.subject)).transpose())
            .take(limit)
            .collect()
    }

    /// Returns every id of a class.
    pub(crate) fn instances(&self, class: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        self.subjects(ext::TYPE, class.into(), usize::MAX)
    }

    /// As [`View::instances`], for many of them.
    pub(crate) fn many_instances(&self, class: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        let rows = self.rows(&format!("SELECT ?s {{ GRAPH ?g {{ ?s a {class} }} }}"))?;
        rows.filter_map(|row| row.map(|row| row.get("s").and_then(term_id)).transpose()).collect()
    }

    /// Counts the nodes of a class, without reading their names.
    pub(crate) fn count(&self, class: NamedNodeRef<'_>) -> Result<usize> {
        let mut rows = self.rows(&format!("SELECT (COUNT(*) AS ?n) {{ GRAPH ?g {{ ?s a {class} }} }}"))?;
        let row = rows.next().transpose()?;
        Ok(row.and_then(|row| term_text(row.get("n")?)?.parse().ok()).unwrap_or(0))
    }

    /// Returns the ids of which a predicate says a value: as [`View::subjects`], for many of them, since only the subject of
    /// each statement is read.
    pub(crate) fn many_subjects(&self, predicate: NamedNodeRef<'_>, value: &Literal) -> Result<Vec<Id>> {
        let rows = self.rows(&format!("SELECT ?s {{ GRAPH ?g {{ ?s {predicate} {value} }} }}"))?;
        rows.filter_map(|row| row.map(|row| row.get("s").and_then(term_id)).transpose()).collect()
    }

    /// Returns every whole number that is said with a predicate, by node.
    pub(crate) fn numbers(&self, predicate: NamedNodeRef<'_>) -> Result<HashMap<Id, i64>> {
        let rows = self.rows(&format!("SELECT ?s ?o {{ GRAPH ?g {{ ?s {predicate} ?o }} }}"))?;
        let said = |row: &QuerySolution| Some((term_id(row.get("s")?)?, term_text(row.get("o")?)?.parse().ok()?));
        rows.filter_map(|row| row.map(|row| said(&row)).transpose()).collect()
    }

    fn rows<'s>(&'s self, query: &str) -> Result<impl Iterator<Item = Result<QuerySolution>> + use<'s, 'a>> {
        let query = SparqlEvaluator::new().parse_query(query).expect("a query of ours parses");
        let rows = query.on_transaction(self.running()).execute().map_err(evaluation)?;
        let QueryResults::Solutions(rows) = rows else { unreachable!("SELECT gives solutions") };
        Ok(rows.map(|row| row.map_err(evaluation)))
    }

    /// Calls `each` with the subject of every statement (of one graph), without reading what is said. Statements of one
    /// subject in one graph come together.
    pub(crate) fn each_subject(&self, graph: Option<NamedNodeRef<'_>>, each: &mut dyn FnMut(&str)) -> Result<()> {
        let graph = graph.map_or_else(|| "?g".to_owned(), |graph| graph.to_string());
        for row in self.rows(&format!("SELECT ?s {{ GRAPH {graph} {{ ?s ?p ?o }} }}"))? {
            match row?.get("s") {
                Some(Term::NamedNode(node)) => each(node.as_str()),
                _ => return Err(Error::new(ErrorKind::Corrupt, "the store: a subject without a name")),
            }
        }
        Ok(())
    }

    /// Returns the named graphs, in the order of their names.
    pub(crate) fn graphs(&self) -> Result<Vec<NamedNode>> {
        let mut graphs = Vec::new();
        for graph in self.running().named_graphs() {
            if let NamedOrBlankNode::NamedNode(graph) = graph.map_err(storage)? {
                graphs.push(graph);
            }
        }
        graphs.sort_unstable();
        Ok(graphs)
    }

    /// Tells whether a node has that class.
    pub(crate) fn is_a(&self, id: Id, class: NamedNodeRef<'_>) -> Result<bool> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(ext::TYPE), Some(class.into()), None)
            .next()
            .transpose()
            .map(|q| q.is_some())
    }

    /// Tells whether nothing at all is said of a node.
    pub(crate) fn is_unknown(&self, subject: NamedOrBlankNodeRef<'_>) -> Result<bool> {
        self.quads(Some(subject), None, None, None).next().transpose().map(|quad| quad.is_none())
    }

    /// Tells whether exactly this quad is there.
    pub(crate) fn contains<'b>(&self, quad: impl Into<QuadRef<'b>>) -> Result<bool> {
        self.running().contains(quad).map_err(storage)
    }

    /// Returns the newest commit, or `None` in an empty store.
    pub(crate) fn head(&self) -> Result<Option<Id>> {
        self.newest(vocab::JOURNAL)
    }

    /// Returns the newest of what a graph orders: the first by `hy:order`, since the store keeps integers in order. A
    /// pointer that moves would leave a deleted entry behind each time, and reading it would skip them all.
    pub(crate) fn newest(&self, graph: NamedNodeRef<'_>) -> Result<Option<Id>> {
        let first = self.quads(None, Some(vocab::ORDER), None, Some(graph.into())).next().transpose()?;
        Ok(first.and_then(|quad| subject_id(&quad.subject)))
    }

    /// Applies a difference to this view. Only the writer calls it, and then [`View::commit`].
    pub(crate) fn apply(&mut self, added: &[Quad], removed: &[Quad]) {
        self.snapshot.with_dependent_mut(|_, running| {
            let running = running.as_mut().expect(RUNS);
            removed.iter().for_each(|quad| running.remove(quad));
            added.iter().for_each(|quad| running.insert(quad));
        });
    }

    /// Makes the applied differences visible to later views.
    pub(crate) fn commit(mut self) -> Result<()> {
        self.snapshot.with_dependent_mut(|_, running| running.take().expect(RUNS).commit()).map_err(storage)
    }

    fn running(&self) -> &Transaction<'_> {
        self.snapshot.borrow_dependent().as_ref().expect(RUNS)
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

fn evaluation(error: QueryEvaluationError) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the store: {error}")).hint("run `hydra check`")
}
