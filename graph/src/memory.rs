//! The facade: an open memory and its verbs. Each verb is one function in `verbs/`.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::block::Block;
use crate::catch_up::{Head, IndexDriver, Priority};
use crate::document::{Document, PutReceipt, SourceState};
use crate::dump::{self, ExportFormat, Exported, Imported};
use crate::error::Result;
use crate::folder::DataFolder;
use crate::id::{Id, Mint};
use crate::index::Index;
use crate::journal::Agent;
use crate::proposal::NewProposal;
use crate::question::{Question, Recalled};
use crate::ranking::Weights;
use crate::redo::{Disk, RealDisk};
use crate::store::{GraphStore, View};
use crate::text::TextIndex;
use crate::time::{Clock, Timestamp};
use crate::trace::Traces;
use crate::verbs;
use crate::verbs::alias::{AliasOp, Aliased};
use crate::verbs::blocks::BlockVersion;
use crate::verbs::check::{CheckReport, IndexStatus, Status};
use crate::verbs::conflicts::Conflict;
use crate::verbs::context::{Context, ContextRequest};
use crate::verbs::edit_block::BlockEdit;
use crate::verbs::entity::EntityInfo;
use crate::verbs::explain::{Answered, Explanation};
use crate::verbs::forget::Forgotten;
use crate::verbs::forgetting::{ForgetAnswer, ForgetRequest};
use crate::verbs::get::{GetRequest, GetView, Got};
use crate::verbs::graph::{GraphRequest, Neighbourhood};
use crate::verbs::learn::{Learned, NewLearning, Report};
use crate::verbs::merge::Merged;
use crate::verbs::predicates::PredicateInfo;
use crate::verbs::proposals::{self, Decided, Enrichment, ProposalInfo};
use crate::verbs::propose::{Policy, Proposed};
use crate::verbs::query::{QueryAnswer, QueryRequest};
use crate::verbs::remember::{NewMemory, Remembered};
use crate::verbs::split::Split;
use crate::verbs::subject::Subject;
use crate::verbs::timeline::{Timeline, TimelineRequest};
use crate::verbs::undo::Undone;
use crate::verbs::update::{UpdateOp, Updated};
use crate::writer::Writer;

/// How often the full-text index is made durable while it changes; what is newer is found in its overlay.
const TEXT_FLUSH_EVERY: Duration = Duration::from_millis(500);

/// What whoever opens a memory decides.
#[derive(Clone)]
pub struct Options {
    /// Tells the time.
    pub clock: Clock,
    /// What is opening it, for the message that a second opener gets (`hydra serve on port 7717`).
    pub holder: String,
}

/// An open memory. Clones share it; the last one closes it.
#[derive(Clone)]
pub struct Memory(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub store: Arc<GraphStore>,
    pub writer: Writer,
    /// One of the drivers' indexes, for what only it can look up.
    pub text: Arc<TextIndex>,
    pub drivers: parking_lot::RwLock<Vec<Arc<IndexDriver>>>,
    pub head: Arc<Head>,
    pub traces: Traces,
    pub mint: Arc<Mint>,
    pub clock: Clock,
    /// Held by whoever erases.
    pub erasing: parking_lot::Mutex<()>,
    /// What is accepted without asking.
    pub policy: parking_lot::RwLock<Policy>,
    /// Last, so that the store is closed before its lock is given up.
    pub folder: Arc<DataFolder>,
}

impl Memory {
    /// Opens or creates a memory in a folder, replaying what the store does not know yet.
    ///
    /// # Errors
    /// `Locked` names the process that holds it; `Newer` when a newer version wrote it; `Corrupt` when what is on disk
    /// does not read back.
    pub fn open(folder: &Path, options: Options) -> Result<Self> {
        Self::open_on(folder, options, Box::new(RealDisk))
    }

    /// Fills the empty memory in a folder with what [`Memory::export`] wrote as N-Quads: its ids, its journal, everything.
    /// Nothing is written before all of it was read and checked, and all of it is durable when this returns; the indexes
    /// catch up when the memory is opened. `progress` is told how many statements of how many were read.
    ///
    /// It takes as much space on disk as the memory will, and holds some megabytes and the longest line in memory.
    ///
    /// # Errors
    /// `Conflict` when the memory is not empty; `Invalid` names the line that is broken, and why; `Newer` when a newer
    /// version wrote it; `Locked` as for [`Memory::open`].
    pub fn import(
        folder: &Path,
        holder: &str,
        input: &mut dyn BufRead,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Imported> {
        dump::import(&DataFolder::open(folder, holder)?, input, progress)
    }

    /// As [`Memory::open`], on a disk that may fail on purpose.
    pub(crate) fn open_on(folder: &Path, options: Options, disk: Box<dyn Disk>) -> Result<Self> {
        let folder = Arc::new(DataFolder::open(folder, &options.holder)?);
        let store = Arc::new(GraphStore::open(&folder.store())?);
        let head = Arc::new(Head::default());
        let (writer, mint) =
            Writer::start(&folder.log(), disk, Arc::clone(&store), Arc::clone(&head), options.clock.clone())?;
        let text = Arc::new(TextIndex::open(&folder.index("text"))?);
        let memory = Self(Arc::new(Inner {
            store,
            writer,
            text: Arc::clone(&text),
            drivers: parking_lot::RwLock::new(Vec::new()),
            head,
            traces: Traces::new(folder.traces()),
            mint,
            clock: options.clock,
            erasing: parking_lot::Mutex::new(()),
            policy: parking_lot::RwLock::default(),
            folder,
        }));
        memory.drive(text, TEXT_FLUSH_EVERY, Priority::Foreground);
        Ok(memory)
    }

    /// Adds an index and starts the thread that keeps it up with the commits, at low priority.
    pub fn attach(&self, index: Arc<dyn Index>, flush_every: Duration) {
        self.drive(index, flush_every, Priority::Background);
    }

    fn drive(&self, index: Arc<dyn Index>, flush_every: Duration, priority: Priority) {
        let (store, head) = (Arc::clone(&self.0.store), Arc::clone(&self.0.head));
        let driver = IndexDriver::start(index, store, head, flush_every, priority);
        self.0.drivers.write().push(Arc::new(driver));
    }

    /// Returns the data folder.
    pub fn folder(&self) -> PathBuf {
        self.0.folder.path().to_owned()
    }

    /// Keeps a memory: durable when this returns, and found by the next recall.
    pub fn remember(&self, new: NewMemory, agent: &Agent) -> Result<Remembered> {
        verbs::remember::remember(&self.0, new, agent)
    }

    /// Keeps many memories in their order, as [`Memory::remember`] would one by one, with one commit for some hundred.
    /// Nothing is written when one of them can't be remembered; the error says which.
    pub fn remember_all(&self, all: Vec<NewMemory>, agent: &Agent) -> Result<Vec<Remembered>> {
        verbs::remember::remember_all(&self.0, all, agent)
    }

    /// Keeps what was learned; the same trigger and lesson in the same space count up instead.
    pub fn learn(&self, new: NewLearning, agent: &Agent) -> Result<Learned> {
        verbs::learn::learn(&self.0, new, agent)
    }

    /// Counts that following a learning helped or hurt.
    pub fn report(&self, id: Id, report: Report, reason: Option<String>, agent: &Agent) -> Result<Learned> {
        verbs::learn::report(&self.0, id, report, reason, agent)
    }

    /// Finds what fits a question, with the reasons.
    pub fn recall(&self, question: &Question) -> Result<Recalled> {
        self.recall_with(question, &Weights::CHOSEN)
    }

    /// As [`Memory::recall`] with other weights: for measuring them, not for answering.
    #[doc(hidden)]
    pub fn recall_with(&self, question: &Question, weights: &Weights) -> Result<Recalled> {
        verbs::recall::recall(&self.0, question, weights)
    }

    /// Says why an answer is as it is, or what became of one id in it.
    pub fn explain(&self, answered: Answered, id: Option<Id>) -> Result<Explanation> {
        self.explain_in(&[], answered, id)
    }

    /// As [`Memory::explain`], of an answer that was asked of these spaces alone.
    ///
    /// # Errors
    /// `NotFound` when it was asked of others too.
    pub fn explain_in(&self, spaces: &[String], answered: Answered, id: Option<Id>) -> Result<Explanation> {
        verbs::explain::explain(&self.0, spaces, answered, id)
    }

    /// Returns what the graph says of each id.
    pub fn get(&self, ids: &[Id], view: GetView) -> Result<Vec<Got>> {
        self.get_as(&GetRequest { ids: ids.to_vec(), view, ..GetRequest::default() })
    }

    /// As [`Memory::get`], of what the graph said at an earlier moment.
    pub fn get_at(&self, ids: &[Id], view: GetView, known_at: Timestamp) -> Result<Vec<Got>> {
        self.get_as(&GetRequest { ids: ids.to_vec(), view, known_at: Some(known_at), ..GetRequest::default() })
    }

    /// As [`Memory::get`], with everything that can be asked.
    pub fn get_as(&self, request: &GetRequest) -> Result<Vec<Got>> {
        verbs::get::get(&self.0, request)
    }

    /// Puts together what an agent should know before it starts: deterministic, the same for the same state.
    pub fn context(&self, request: &ContextRequest) -> Result<Context> {
        verbs::context::context(&self.0, request)
    }

    /// Returns an entity (by id or name) or a conversation (by id) with the texts that belong to it.
    ///
    /// # Errors
    /// `NotFound` when it is neither.
    pub fn subject(&self, reference: &str) -> Result<Subject> {
        verbs::subject::subject(&self.0, reference)
    }

    /// Returns what happened to an entity, a memory, a conversation or a file, in the order of time.
    ///
    /// # Errors
    /// `NotFound` when it is none of these.
    pub fn timeline(&self, request: &TimelineRequest) -> Result<Timeline> {
        verbs::timeline::timeline(&self.0, request)
    }

    /// Returns what an entity is tied to, and how it is connected with another if one is named.
    ///
    /// # Errors
    /// `NotFound` when nothing of that name is known; `Conflict` when several are meant, listing them.
    pub fn graph(&self, request: &GraphRequest) -> Result<Neighbourhood> {
        verbs::graph::graph(&self.0, request)
    }

    /// Answers a SPARQL query, which only reads.
    ///
    /// # Errors
    /// `Invalid` says where it does not parse or what it may not do; `TooLarge` when it, its work or a row is too large.
    pub fn query(&self, request: &QueryRequest) -> Result<QueryAnswer> {
        verbs::query::query(&self.0, request)
    }

    /// Has `listener` called with the newest commit each time there is a newer one and readers see it. It runs on the
    /// writer's thread, so it must return at once.
    pub fn on_commit(&self, listener: impl Fn(Id) + Send + Sync + 'static) {
        self.0.head.listen(Box::new(listener));
    }

    /// Marks memories, passages or sources as never to be recalled; `undo` takes it back.
    pub fn forget(&self, ids: &[Id], reason: Option<String>, agent: &Agent) -> Result<Forgotten> {
        verbs::forget::forget(&self.0, ids, &[], reason, agent)
    }

    /// As [`Memory::forget`], or shows first what that would do; for a question shows candidates and forgets nothing. Or
    /// erases for good: from the graph, its journal, the log, the indexes, the traces and the files that these are in.
    /// That takes as long as copying the memory does, of which `progress` is told (statements done, of how many); reads
    /// and writes go on meanwhile.
    ///
    /// # Errors
    /// `Invalid` when somebody else than the owner asks to erase; `NotFound` names the id of which there is nothing.
    pub fn forget_as(
        &self,
        request: &ForgetRequest,
        agent: &Agent,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<ForgetAnswer> {
        verbs::forgetting::forget(&self.0, request, agent, progress)
    }

    /// Clears the files of what was erased, if that was cut short; call it when all indexes are attached.
    pub fn finish_erasing(&self) -> Result<()> {
        verbs::erase::finish(&self.0)
    }

    /// Says that a memory ended, was wrong, is said otherwise or stands again; or settles a conflict.
    pub fn update(&self, id: Id, op: UpdateOp, reason: Option<String>, agent: &Agent) -> Result<Updated> {
        self.update_in(&[], id, op, reason, agent)
    }

    /// As [`Memory::update`], of what belongs to one of these spaces (all if there are none).
    ///
    /// # Errors
    /// `NotFound` when it belongs to another.
    pub fn update_in(
        &self,
        spaces: &[String],
        id: Id,
        op: UpdateOp,
        reason: Option<String>,
        agent: &Agent,
    ) -> Result<Updated> {
        verbs::update::update(&self.0, spaces, id, op, reason, agent)
    }

    /// Returns who or what an entity is (by name or id): its names, and how much is known of it.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Conflict` when several go by that name.
    pub fn entity(&self, reference: &str) -> Result<EntityInfo> {
        verbs::entity::entity(&self.0, reference)
    }

    /// Gives an entity another name, or takes one away.
    ///
    /// # Errors
    /// `Conflict` when the name is not to be taken away here; `TooLarge` when it has [`crate::MAX_ENTITY_ALIASES`].
    pub fn alias(
        &self,
        reference: &str,
        alias: &str,
        op: AliasOp,
        reason: Option<String>,
        agent: &Agent,
    ) -> Result<Aliased> {
        verbs::alias::alias(&self.0, reference, alias, op, reason, agent)
    }

    /// Has one entity stand for another from now on: what is known of either is known of the one to `keep`.
    ///
    /// # Errors
    /// `Invalid` when they are not two entities; `Conflict` when one is merged already, when the owner told them apart and
    /// another asks, or when a fact says something of both; `TooLarge` when more than [`crate::MAX_RETOLD`] memories and
    /// links would move.
    pub fn merge(&self, keep: &str, other: &str, reason: Option<String>, agent: &Agent) -> Result<Merged> {
        verbs::merge::merge(&self.0, keep, other, reason, agent)
    }

    /// Has a merged entity stand for itself again, with what was told of it as that is now, and with the memories to `take`.
    ///
    /// # Errors
    /// `Conflict` when it is not merged, or was by someone trusted more; `Invalid` when a memory to take is not about it.
    pub fn split(&self, merged: &str, take: &[Id], reason: Option<String>, agent: &Agent) -> Result<Split> {
        verbs::split::split(&self.0, merged, take, reason, agent)
    }

    /// Says which proposals are accepted without asking; none if nobody says.
    pub fn set_policy(&self, policy: Policy) {
        *self.0.policy.write() = policy;
    }

    /// Puts proposals into the queue, at most [`crate::MAX_PROPOSALS`]; nothing else changes. Each is checked as if it were
    /// accepted: a bad one is refused with its reason, and the others wait.
    ///
    /// # Errors
    /// `Invalid` or `TooLarge` when there are none or too many.
    pub fn propose(&self, all: Vec<NewProposal>, reason: Option<String>, agent: &Agent) -> Result<Vec<Proposed>> {
        verbs::propose::propose(&self.0, all, reason, agent)
    }

    /// Lists what waits in the spaces (all if none are named), oldest first, with what accepting it would do.
    pub fn proposals(&self, spaces: &[String]) -> Result<Vec<ProposalInfo>> {
        verbs::proposals::proposals(&self.0, spaces)
    }

    /// Accepts proposals, one commit each; one that can't be says why and still waits.
    ///
    /// # Errors
    /// `Conflict` when an agent asks, `Invalid` when none or too many are named.
    pub fn accept(&self, ids: &[Id], reason: Option<&str>, agent: &Agent) -> Result<Vec<Decided>> {
        proposals::decide(&self.0, ids, true, reason, agent)
    }

    /// Rejects proposals, one commit each; an agent does not propose them again.
    ///
    /// # Errors
    /// As [`Memory::accept`].
    pub fn reject(&self, ids: &[Id], reason: Option<&str>, agent: &Agent) -> Result<Vec<Decided>> {
        proposals::decide(&self.0, ids, false, reason, agent)
    }

    /// Returns what waits, and the newest texts of which nothing is known but their words.
    pub fn enrichment(&self, spaces: &[String]) -> Result<Enrichment> {
        verbs::proposals::enrichment(&self.0, spaces)
    }

    /// Lists what facts can say: the built-in predicates, then those that were declared.
    pub fn predicates(&self) -> Result<Vec<PredicateInfo>> {
        verbs::predicates::predicates(&self.0)
    }

    /// Declares a predicate; returns it with its IRI, and the commit.
    pub fn declare(&self, new: PredicateInfo, agent: &Agent) -> Result<(PredicateInfo, Id)> {
        verbs::predicates::declare(&self.0, new, agent)
    }

    /// Lists the open conflicts of the spaces (all if none are named), oldest first.
    pub fn conflicts(&self, spaces: &[String]) -> Result<Vec<Conflict>> {
        verbs::conflicts::conflicts(&self.0, spaces)
    }

    /// Lists the core blocks of the spaces (all if none are named), in the order in which a context shows them.
    pub fn blocks(&self, spaces: &[String]) -> Result<Vec<Block>> {
        verbs::blocks::blocks(&self.0, spaces)
    }

    /// Returns a core block.
    ///
    /// # Errors
    /// `NotFound` when the space has none of that name.
    pub fn block(&self, space: &str, name: &str) -> Result<Block> {
        verbs::blocks::block(&self.0, space, name, None)
    }

    /// As [`Memory::block`], of what it said at an earlier moment.
    pub fn block_at(&self, space: &str, name: &str, known_at: Timestamp) -> Result<Block> {
        verbs::blocks::block(&self.0, space, name, Some(known_at))
    }

    /// Lists every version of a core block, newest first, each with who, when and why.
    pub fn block_versions(&self, space: &str, name: &str) -> Result<Vec<BlockVersion>> {
        verbs::blocks::versions(&self.0, space, name)
    }

    /// Changes a core block, and returns it as it is then; its commit takes the edit back.
    ///
    /// # Errors
    /// `TooLarge` names the block, its size and its limit; `Conflict` when somebody changed it since the commit that the
    /// edit was made from, or when the agent may not.
    pub fn edit_block(&self, edit: BlockEdit, agent: &Agent) -> Result<Block> {
        verbs::edit_block::edit(&self.0, edit, agent)
    }

    /// Takes back a commit, also one that was itself an undo.
    pub fn undo(&self, commit: Id, agent: &Agent) -> Result<Undone> {
        verbs::undo::undo(&self.0, commit, agent)
    }

    /// Replaces what the graph holds of each document's file; one commit each, sharing one fsync.
    pub fn put_documents(&self, documents: Vec<Document>, agent: &Agent) -> Vec<Result<PutReceipt>> {
        verbs::document::put(&self.0, documents, agent)
    }

    /// Drops the graphs of sources whose file is gone; what they said stays in the journal.
    pub fn remove_sources(&self, ids: &[Id], agent: &Agent) -> Vec<Result<PutReceipt>> {
        verbs::document::remove(&self.0, ids, agent)
    }

    /// Lists the sources, or those read under `root`.
    pub fn sources(&self, root: Option<&Path>) -> Result<Vec<SourceState>> {
        verbs::document::sources(&self.0, root)
    }

    /// Writes the whole graph, its journal included, as it is at this moment; the same graph gives the same bytes. Writes
    /// go on meanwhile. `progress` is told how many statements of how many are written.
    ///
    /// It holds eight bytes for each node of the graph in memory, and the statements of one node at a time.
    ///
    /// # Errors
    /// `Cancelled` when `out` is a pipe that nobody reads any more, else what writing to it fails with.
    pub fn export(
        &self,
        format: ExportFormat,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported> {
        dump::export(&self.0, format, out, progress)
    }

    /// Returns counts and states.
    pub fn status(&self) -> Result<Status> {
        verbs::check::status(&self.0)
    }

    /// Counts the texts that recall can find: memories, or the passages of long ones and of files.
    pub fn texts(&self) -> Result<usize> {
        verbs::check::texts(&self.0)
    }

    /// Returns the states of the indexes alone, without counting anything.
    pub fn index_states(&self) -> Vec<IndexStatus> {
        verbs::check::index_states(&self.0)
    }

    /// Compares graph, log and indexes; `progress` is told what is being looked at.
    pub fn check(&self, progress: &mut dyn FnMut(&str)) -> Result<CheckReport> {
        verbs::check::check(&self.0, progress)
    }

    /// Throws away the indexes (all, or the one of that name) and builds them again from the graph.
    pub fn rebuild(&self, index: Option<&str>, progress: &mut dyn FnMut(&str, u64, u64)) -> Result<()> {
        verbs::check::rebuild(&self.0, index, progress)
    }

    /// Waits until every index that can answer has all commits made before the call; returns whether they have.
    pub fn wait_for_indexes(&self, timeout: Duration) -> bool {
        self.0.drivers.read().iter().all(|driver| driver.wait_for(self.0.head.get(), timeout))
    }

    /// Makes the indexes durable and cuts the log; later opens are quick. Dropping the last clone does it too.
    pub fn close(&self) -> Result<()> {
        let drivers = std::mem::take(&mut *self.0.drivers.write());
        let stopped: Vec<Result<()>> = drivers.iter().map(|driver| driver.stop()).collect();
        let closed = self.0.writer.close();
        stopped.into_iter().collect::<Result<()>>().and(closed)
    }
}

impl Inner {
    /// Starts one consistent look.
    pub fn view(&self) -> Result<View<'_>> {
        self.store.view()
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for driver in self.drivers.get_mut().drain(..) {
            if let Err(error) = driver.stop() {
                tracing::warn!(%error, "an index was not saved; it will be caught up at the next start");
            }
        }
        if let Err(error) = self.writer.close() {
            tracing::warn!(%error, "the store was not flushed; the redo log will be replayed at the next start");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io;
    use std::sync::atomic::{AtomicU8, Ordering};

    use oxigraph::model::{NamedNode, Quad};

    use super::*;
    use crate::error::ErrorKind;
    use crate::vocab;

    const WORKS: u8 = 0;
    const IS_FULL: u8 = 1;
    const LOSES_SYNC: u8 = 2;

    struct FaultyDisk(Arc<AtomicU8>);

    impl Disk for FaultyDisk {
        fn append(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
            if self.0.load(Ordering::SeqCst) == IS_FULL {
                // As a full disk does: part of it is written.
                RealDisk.append(file, &bytes[..bytes.len() / 2])?;
                return Err(io::ErrorKind::StorageFull.into());
            }
            RealDisk.append(file, bytes)
        }

        fn sync(&mut self, file: &File) -> io::Result<()> {
            if self.0.load(Ordering::SeqCst) == LOSES_SYNC {
                return Err(io::Error::other("the cable fell out"));
            }
            RealDisk.sync(file)
        }
    }

    fn options() -> Options {
        Options { clock: Arc::new(|| Timestamp::from_millis(1_750_000_000_000)), holder: "a test".into() }
    }

    #[test]
    fn a_full_disk_refuses_writes_until_there_is_space_and_a_failed_fsync_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let fault = Arc::new(AtomicU8::new(WORKS));
        let memory = Memory::open_on(folder.path(), options(), Box::new(FaultyDisk(Arc::clone(&fault)))).unwrap();
        let tell = |text: &str| memory.remember(NewMemory::new(text), &Agent::owner());
        let found = |text: &str| memory.recall(&Question::new(text)).unwrap().hits.len();

        tell("before").unwrap();
        fault.store(IS_FULL, Ordering::SeqCst);
        let error = tell("meanwhile").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Full);
        assert!(error.next_step().is_some_and(|hint| hint.contains("free")));
        assert_eq!((found("before"), found("meanwhile")), (1, 0));
        fault.store(WORKS, Ordering::SeqCst);
        tell("afterwards").unwrap();

        fault.store(LOSES_SYNC, Ordering::SeqCst);
        assert_eq!(tell("unsure").unwrap_err().kind(), ErrorKind::Poisoned);
        fault.store(WORKS, Ordering::SeqCst);
        assert_eq!(tell("later").unwrap_err().kind(), ErrorKind::Poisoned, "nobody knows what is on the medium");
        assert_eq!((found("before"), found("afterwards"), found("unsure"), found("later")), (1, 1, 0, 0));
        assert!(memory.status().unwrap().writes.contains("cable"));
        drop(memory);

        let memory = Memory::open(folder.path(), options()).unwrap();
        assert!(memory.check(&mut |_| ()).unwrap().ok);
        memory.remember(NewMemory::new("after the restart"), &Agent::owner()).unwrap();
    }

    #[test]
    fn a_store_of_format_1_is_brought_up_when_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::open(folder.path(), options()).unwrap();
        let told: Vec<Remembered> = ["ash", "birch", "cedar"]
            .map(|text| memory.remember(NewMemory::new(text), &Agent::owner()).unwrap())
            .into();
        let newest = memory.status().unwrap().head;
        memory.close().unwrap();
        drop(memory);

        let store = GraphStore::open(&folder.path().join("store")).unwrap();
        let mut view = store.view().unwrap();
        let orders: Vec<_> = view.quads(None, Some(vocab::ORDER), None, None).map(Result::unwrap).collect();
        let head = NamedNode::new_unchecked("urn:hydra:ns#head");
        let journal = NamedNode::from(vocab::JOURNAL);
        view.apply(&[Quad::new(journal.clone(), head, vocab::node(newest.unwrap()), journal)], &orders);
        view.commit().unwrap();
        drop(store);
        std::fs::write(folder.path().join("format.json"), r#"{"format":1,"program":"0.1.0"}"#).unwrap();

        let memory = Memory::open(folder.path(), options()).unwrap();
        assert_eq!(memory.status().unwrap().head, newest);
        memory.undo(told[2].commit, &Agent::owner()).unwrap();
        memory.remember(NewMemory::new("elm"), &Agent::owner()).unwrap();
        assert_eq!(memory.recall(&Question::new("birch")).unwrap().hits.len(), 1);
        assert_eq!(memory.recall(&Question::new("cedar")).unwrap().hits.len(), 0);
        let report = memory.check(&mut |_| ()).unwrap();
        assert!(report.ok, "{:?}", report.findings);
        let format = std::fs::read_to_string(folder.path().join("format.json")).unwrap();
        assert!(format.contains(r#""format":3"#), "{format}");
    }

    #[test]
    fn a_long_log_is_cut_behind_a_flushed_store() {
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::open(folder.path(), options()).unwrap();
        let log = folder.path().join("log");
        let size = || -> u64 { std::fs::read_dir(&log).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum() };
        let mut largest = 0;
        let mut put = 0;
        while put * NOTE_BYTES < crate::redo::SEGMENT_BYTES * 2 {
            memory.put_documents(vec![big_note(put)], &Agent::ingest()).remove(0).unwrap();
            put += 1;
            largest = largest.max(size());
        }
        assert!(largest < crate::redo::SEGMENT_BYTES + 2 * NOTE_BYTES, "{largest}");
        drop(memory);
        let memory = Memory::open(folder.path(), options()).unwrap();
        assert_eq!(memory.status().unwrap().sources as u64, put);
    }

    const NOTE_BYTES: u64 = 2 * 1024 * 1024;

    fn big_note(number: u64) -> Document {
        Document {
            reading: crate::document::Reading::default(),
            path: PathBuf::from(format!("/v/{number}.md")),
            root: PathBuf::from("/v"),
            space: crate::space::PERSONAL.to_owned(),
            title: number.to_string(),
            aliases: Vec::new(),
            tags: Vec::new(),
            properties: Vec::new(),
            text: format!("{number}{}", "x".repeat(NOTE_BYTES as usize)),
            content_hash: number.to_string(),
            modified_at: None,
            passages: Vec::new(),
            links: Vec::new(),
        }
    }
}
