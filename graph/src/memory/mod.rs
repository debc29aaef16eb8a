//! The facade: an open memory and its verbs. Each verb is one function in `verbs/`; here are their names for callers.

mod reading;
mod upkeep;
mod writing;

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::catch_up::{Head, IndexDriver, Priority};
use crate::dump::{self, Imported};
use crate::error::Result;
use crate::folder::DataFolder;
use crate::id::{Id, Mint};
use crate::index::Index;
use crate::mention::KnownNames;
use crate::redo::{Disk, RealDisk};
use crate::rehearsal;
use crate::seal::Seals;
use crate::store::{GraphStore, View};
use crate::text::TextIndex;
use crate::time::{Clock, Timestamp};
use crate::trace::Traces;
use crate::verbs::propose::Policy;
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
    /// Which names there are, to find them in texts.
    pub names: Arc<KnownNames>,
    pub mint: Arc<Mint>,
    pub clock: Clock,
    /// What the journal begins with, once somebody looked for it.
    pub first_commit: OnceLock<Id>,
    /// Held by whoever erases.
    pub erasing: parking_lot::Mutex<()>,
    /// By what erased things are recognised.
    pub seals: Arc<parking_lot::RwLock<Seals>>,
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
        let names = Arc::new(KnownNames::default());
        let (writer, mint) = Writer::start(
            &folder.log(),
            disk,
            Arc::clone(&store),
            Arc::clone(&head),
            options.clock.clone(),
            Arc::clone(&names),
        )?;
        let text = Arc::new(TextIndex::open(&folder.index("text"))?);
        let memory = Self(Arc::new(Inner {
            store,
            writer,
            text: Arc::clone(&text),
            drivers: parking_lot::RwLock::new(Vec::new()),
            head,
            traces: Traces::new(folder.traces()),
            names,
            mint,
            clock: options.clock,
            first_commit: OnceLock::new(),
            erasing: parking_lot::Mutex::new(()),
            seals: Arc::new(parking_lot::RwLock::new(Seals::of(folder.path())?)),
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

    /// Has `listener` called with the newest commit each time there is a newer one and readers see it. It runs on the
    /// writer's thread, so it must return at once.
    pub fn on_commit(&self, listener: impl Fn(Id) + Send + Sync + 'static) {
        self.0.head.listen(Box::new(listener));
    }

    /// Has `listener` called with the trace of each answer that recall gives, once it is kept. It runs on the thread that
    /// recalls, so it must return at once.
    pub fn on_trace(&self, listener: impl Fn(Id) + Send + Sync + 'static) {
        self.0.traces.listen(Box::new(listener));
    }

    /// Runs verbs without their writing anything: each decides and checks as ever, on what is known now and what the verbs
    /// before it would have written, and says what it would do. The commits that answers name are never made. Only for
    /// verbs that run on the calling thread, and not for what changes history (erasing, masking).
    pub fn rehearse<T>(&self, work: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        rehearsal::run(|| work(self))
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
        let mut view = self.store.view()?;
        rehearsal::show(&mut view)?;
        Ok(view)
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
    use crate::document::Document;
    use crate::error::ErrorKind;
    use crate::journal::Agent;
    use crate::question::Question;
    use crate::verbs::remember::{NewMemory, Remembered};
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
        assert!(memory.writer_answers());

        fault.store(LOSES_SYNC, Ordering::SeqCst);
        assert_eq!(tell("unsure").unwrap_err().kind(), ErrorKind::Poisoned);
        fault.store(WORKS, Ordering::SeqCst);
        assert_eq!(tell("later").unwrap_err().kind(), ErrorKind::Poisoned, "nobody knows what is on the medium");
        assert_eq!((found("before"), found("afterwards"), found("unsure"), found("later")), (1, 1, 0, 0));
        assert!(memory.status().unwrap().writes.contains("cable"));
        assert_eq!(memory.refusal().map(|error| error.kind()), Some(ErrorKind::Poisoned));
        assert!(!memory.writer_answers());
        drop(memory);

        let memory = Memory::open(folder.path(), options()).unwrap();
        assert!(memory.check(&mut |_| ()).unwrap().ok);
        memory.remember(NewMemory::new("after the restart"), &Agent::owner()).unwrap();
    }

    #[test]
    fn stores_of_older_formats_are_brought_up_when_they_are_opened() {
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
        store.as_format_3();
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
        assert!(format.contains(r#""format":4"#), "{format}");
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
            path: PathBuf::from(format!("/v/{number}.md")),
            root: PathBuf::from("/v"),
            space: crate::space::PERSONAL.to_owned(),
            title: number.to_string(),
            aliases: Vec::new(),
            tags: Vec::new(),
            properties: Vec::new(),
            facts: Vec::new(),
            text: format!("{number}{}", "x".repeat(NOTE_BYTES as usize)),
            content_hash: number.to_string(),
            modified_at: None,
            passages: Vec::new(),
            links: Vec::new(),
            reading: crate::document::Reading::default(),
            log: None,
        }
    }
}
