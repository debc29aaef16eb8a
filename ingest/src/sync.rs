//! Brings the graph up to date with notes on disk. What did not change costs a hash; what did is one commit each.
//!
//! A run can be stopped and started again at any point: every batch is durable before the next is read, and the next
//! run finds by the hashes what is left. Nothing is removed from the graph because it could not be seen: only what is
//! certainly gone from a folder that is certainly there.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hydra_graph::{Agent, Document, Error, ErrorKind, Memory, Result, SourceState, Target, Timestamp};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::format::{self, Format};
use crate::log::{self, LastRecord, LogOptions, Logs};
use crate::markdown::Parsed;
use crate::note::Note;
use crate::plan::{Plan, Scan};
use crate::summary::{Progress, Skipped, Summary, Warning};

/// Documents that are put together and so share one fsync.
const BATCH_DOCUMENTS: usize = 64;
/// Bytes of text after which a batch is put, however few documents it has.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What whoever asks for a run decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// The space the notes belong to.
    pub space: String,
    /// What the files are.
    pub kind: Kind,
    /// The zone of times in logs that do not say theirs.
    pub zone: TimeZone,
    /// When it is: what logs may add to the memory is bounded by the hour.
    pub now: Timestamp,
    /// Set to `true` from anywhere, it stops the run between two notes.
    pub cancel: Arc<AtomicBool>,
}

impl Options {
    /// Makes options for a space, with a switch of their own.
    pub fn of(space: impl Into<String>) -> Self {
        Self {
            space: space.into(),
            kind: Kind::ByName,
            zone: TimeZone::UTC,
            now: Timestamp::from_millis(0),
            cancel: Arc::default(),
        }
    }
}

/// What files are read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A file that is named and ends in `.log` is a log; everything else is looked through for notes.
    #[default]
    #[serde(skip)]
    ByName,
    /// Notes.
    Notes,
    /// Logs, whatever their names; of a folder those that end in `.log`.
    Log,
}

/// Reads notes and folders of notes into the graph, and removes what is gone from them.
///
/// A path that is gone from disk but known to the graph is removed, so that a watcher can pass on what it heard of.
/// What one file meets is told in the [`Summary`]; the rest goes on.
///
/// # Errors
/// `NotFound` when none of the paths exists, `Invalid` when none can be read or none is named; else what the store says when it cannot
/// be written, after which a new run goes on where this one stopped.
pub fn ingest(
    memory: &Memory,
    paths: &[PathBuf],
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary> {
    if paths.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "no path to read").hint("name a note or a folder of notes"));
    }
    let (logs, notes) = Logs::among(paths, options.kind);
    let plan = if notes.is_empty() {
        Plan::default()
    } else {
        let mut known = memory.sources(None)?;
        // What the logs say stays, also when notes are read from their folder.
        known.retain(|source| !source.is_log);
        match Plan::of(&notes, known) {
            // The logs are there.
            Err(error)
                if !logs.files.is_empty() && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) =>
            {
                let skipped = notes.iter().map(|path| Skipped::of(path, &error)).collect();
                Plan { summary: Summary { skipped, ..Summary::default() }, ..Plan::default() }
            }
            plan => plan?,
        }
    };
    let mut run =
        Run { memory, options, progress, summary: plan.summary, done: Progress::default(), batch: Batch::default() };
    run.done.files_total = run.summary.files + logs.files.len() as u64;
    for (root, count, why) in &plan.unseen {
        run.keep(root, *count, why);
    }
    for scan in &plan.scans {
        run.read(scan)?;
        if run.is_cancelled() {
            break;
        }
        run.remove(scan)?;
    }
    run.logs(logs)?;
    run.summary.cancelled = run.is_cancelled();
    run.tell(None);
    if notes.is_empty()
        && run.summary.logs.files == 0
        && let Some(Skipped { path, reason, hint }) = run.summary.skipped.first()
    {
        let kind = if paths.iter().any(|path| path.exists()) { ErrorKind::Invalid } else { ErrorKind::NotFound };
        return Err(Error::new(kind, format!("{}: {reason}", path.display())).hint(hint.as_str()));
    }
    Ok(run.summary)
}

struct Run<'a> {
    memory: &'a Memory,
    options: &'a Options,
    progress: &'a mut dyn FnMut(Progress),
    summary: Summary,
    done: Progress,
    batch: Batch,
}

/// Documents on their way into the graph.
#[derive(Default)]
struct Batch {
    documents: Vec<Document>,
    bytes: usize,
}

impl Run<'_> {
    /// Reads what changed, and puts it in batches.
    fn read(&mut self, scan: &Scan) -> Result<()> {
        for path in &scan.notes {
            if self.is_cancelled() {
                break;
            }
            self.tell(Some(path.clone()));
            let changed = self.changed(path, scan);
            if changed.is_ok()
                && let Some(format) = Format::of(path)
            {
                *self.summary.formats.entry(format.name().to_owned()).or_default() += 1;
            }
            match changed {
                Ok(Some(document)) => {
                    self.batch.bytes += document.text.len();
                    self.batch.documents.push(document);
                }
                Ok(None) => self.summary.unchanged += 1,
                Err(error) => self.summary.skipped.push(Skipped::of(path, &error)),
            }
            if self.batch.documents.len() >= BATCH_DOCUMENTS || self.batch.bytes >= BATCH_BYTES {
                self.put()?;
            }
            self.done.files_done += 1;
        }
        self.put()
    }

    /// Reads logs on from where they were left.
    fn logs(&mut self, logs: Logs) -> Result<()> {
        self.summary.skipped.extend(logs.skipped);
        let options =
            LogOptions { space: self.options.space.clone(), zone: self.options.zone.clone(), last: LastRecord::Take };
        for path in logs.files {
            if self.is_cancelled() {
                break;
            }
            self.tell(Some(path.clone()));
            let is_cancelled = || self.options.cancel.load(Ordering::Relaxed);
            log::read(self.memory, &path, (&options, self.options.now), &mut self.summary, &|| !is_cancelled())?;
            self.done.files_done += 1;
        }
        Ok(())
    }

    /// Returns a note as a document if it reads differently from what the graph holds.
    fn changed(&mut self, path: &Path, scan: &Scan) -> Result<Option<Document>> {
        let note = Note::read(path)?;
        // Under another root the same words may link elsewhere.
        let is_same = |known: &&SourceState| {
            known.content_hash == note.content_hash
                && known.root == scan.vault.root()
                && known.reading.rules == format::RULES
        };
        if let Some(known) = scan.known.get(path).filter(is_same) {
            // What is wrong in it is as wrong as before.
            self.summary.warnings.extend(known.reading.remarks.iter().map(|remark| Warning::of(path, remark)));
            return Ok(None);
        }
        let space = self.options.space.as_str();
        // A defect in a reader costs one file, not the run.
        let parsed = catch_unwind(AssertUnwindSafe(|| format::read(path, note, space, &scan.vault)));
        let Parsed { document, warnings } = parsed.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Invalid, "the reader failed on it")
                .hint("this is a defect: please report it with the file, if you can share it"))
        })?;
        self.summary.warnings.extend(warnings);
        Ok(Some(document))
    }

    fn put(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch.documents.is_empty() {
            return Ok(());
        }
        let counts: Vec<Counts> = batch.documents.iter().map(Counts::of).collect();
        let receipts = self.memory.put_documents(batch.documents, &Agent::ingest());
        for (receipt, counts) in receipts.into_iter().zip(counts) {
            match receipt {
                Ok(receipt) => counts.add_to(&mut self.summary, receipt.added),
                // One document that is refused must not stop the others; a store that cannot be written must.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::TooLarge | ErrorKind::Conflict) =>
                {
                    self.summary.skipped.push(Skipped::of(counts.path, &error));
                }
                Err(error) => return Err(error.context(format!("putting {}", counts.path.display()))),
            }
        }
        self.done.passages = self.summary.passages;
        Ok(())
    }

    /// Removes what the graph knows in the scopes and is certainly not there any more.
    fn remove(&mut self, scan: &Scan) -> Result<()> {
        let gone = scan.gone();
        if gone.is_empty() {
            return Ok(());
        }
        if scan.vault.file_count() == 0 {
            self.keep(scan.vault.root(), gone.len(), "shows no files");
            return Ok(());
        }
        for batch in gone.chunks(BATCH_DOCUMENTS) {
            let ids: Vec<_> = batch.iter().map(|source| source.id).collect();
            for (receipt, source) in self.memory.remove_sources(&ids, &Agent::ingest()).into_iter().zip(batch) {
                match receipt {
                    Ok(_) => self.summary.removed += 1,
                    // Another run was quicker.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.context(format!("removing {}", source.path.display()))),
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, root: &Path, count: usize, why: &str) {
        self.summary.kept += count as u64;
        let message = format!("{why} now, and {count} notes are known from it: they were kept");
        self.warn(
            root,
            &message,
            "mount its disk and run it again; if the notes are really gone, forget their sources",
        );
    }

    fn warn(&mut self, path: &Path, message: &str, hint: &str) {
        let (message, hint) = (message.to_owned(), hint.to_owned());
        self.summary.warnings.push(Warning { path: path.to_owned(), line: None, message, hint });
    }

    fn tell(&mut self, current: Option<PathBuf>) {
        self.done.current = current;
        (self.progress)(self.done.clone());
    }

    fn is_cancelled(&self) -> bool {
        self.options.cancel.load(Ordering::Relaxed)
    }
}

/// What a document adds to the summary once it is put.
struct Counts {
    path: PathBuf,
    passages: u64,
    links: u64,
    unresolved: u64,
    tags: u64,
    bytes: u64,
}

impl Counts {
    fn of(document: &Document) -> Self {
        let unresolved = document.links.iter().filter(|link| matches!(link.target, Target::Name(_))).count();
        Self {
            path: document.path.clone(),
            passages: document.passages.len() as u64,
            links: document.links.len() as u64,
            unresolved: unresolved as u64,
            tags: document.tags.len() as u64,
            bytes: document.text.len() as u64,
        }
    }

    fn add_to(&self, summary: &mut Summary, is_added: bool) {
        *(if is_added { &mut summary.added } else { &mut summary.changed }) += 1;
        summary.passages += self.passages;
        summary.links += self.links;
        summary.unresolved += self.unresolved;
        summary.tags += self.tags;
        summary.bytes += self.bytes;
    }
}
