//! Brings the graph up to date with notes on disk. What did not change costs a hash; what did is one commit each.
//!
//! A run can be stopped and started again at any point: every batch is durable before the next is read, and the next
//! run finds by the hashes what is left. Nothing is removed from the graph because it could not be seen: only what is
//! certainly gone from a folder that is certainly there.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hydra_graph::{Agent, Document, Error, ErrorKind, Memory, Result, SourceState, Target, Timestamp};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::format::{self, Format};
use crate::log::{self, LastRecord, LogOptions, Logs};
use crate::markdown::Parsed;
use crate::moves::{self, Moves};
use crate::note::Note;
use crate::plan::{Plan, Scan};
use crate::readings::{Disk, Look, Readings};
use crate::rules::Rules;
use crate::summary::{Progress, Skipped, Summary, Warning};
use crate::transcript::{self, TranscriptProgress, Transcripts};

/// Documents that are put together and so share one fsync.
const BATCH_DOCUMENTS: usize = 64;
/// Bytes of text after which a batch is put, however few documents it has.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What whoever asks for a run decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// The space the notes belong to, where no rules say another.
    pub space: String,
    /// What is read of watched folders.
    pub rules: Vec<Rules>,
    /// Files that vanished elsewhere: what is new here may be one of them.
    pub vanished: Vec<PathBuf>,
    /// What becomes of what is gone.
    pub removal: Removal,
    /// What the files are.
    pub kind: Kind,
    /// The zone of times in logs that do not say theirs.
    pub zone: TimeZone,
    /// In whose name notes and logs are read: what they say is data, whoever asked. Transcripts are told apart by the name of
    /// their reader, so theirs stays.
    pub agent: Agent,
    /// When it is: what logs may add to the memory is bounded by the hour.
    pub now: Timestamp,
    /// Set to `true` from anywhere, it stops the run between two notes.
    pub cancel: Arc<AtomicBool>,
}

/// What becomes of what is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Removal {
    /// It is removed.
    #[default]
    Now,
    /// It is kept and named: a folder that is renamed while it is looked through is seen under neither name, so whoever
    /// watches wants to know first whether it turns up.
    Later,
}

impl Options {
    /// Makes options for a space, with a switch of their own.
    pub fn of(space: impl Into<String>) -> Self {
        Self {
            space: space.into(),
            rules: Vec::new(),
            vanished: Vec::new(),
            removal: Removal::Now,
            kind: Kind::ByName,
            zone: TimeZone::UTC,
            agent: Agent::ingest(),
            now: Timestamp::from_millis(0),
            cancel: Arc::default(),
        }
    }
}

/// What files are read as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
    /// Transcripts of conversations with agents, as Claude Code writes them, and its memory files beside them.
    Transcripts,
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
    reconcile(memory, paths, options, &mut Readings::default(), progress)
}

/// As [`ingest`], for whoever does it again and again: a file that looks as it did when it was read (`readings`) is not read.
///
/// # Errors
/// As [`ingest`].
pub fn reconcile(
    memory: &Memory,
    paths: &[PathBuf],
    options: &Options,
    readings: &mut Readings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary> {
    if paths.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "no path to read").hint("name a note or a folder of notes"));
    }
    if options.kind == Kind::Transcripts {
        return transcripts(memory, paths, options, readings, progress);
    }
    let (logs, notes) = Logs::among(memory, paths, options)?;
    let mut vanished: Vec<SourceState> = Vec::new();
    let plan = if notes.is_empty() {
        Plan::default()
    } else {
        let (known, read_on) = notes_of(memory)?;
        let mut plan = match Plan::of(&notes, &known, &options.rules) {
            // The logs are there.
            Err(error) if !logs.files.is_empty() => {
                let skipped = notes.iter().map(|path| Skipped::of(path, &error)).collect();
                Plan { summary: Summary { skipped, ..Summary::default() }, ..Plan::default() }
            }
            plan => plan?,
        };
        for scan in &mut plan.scans {
            // What is read on as a log or a transcript is no note, whatever its name.
            scan.notes.retain(|note| !read_on.contains(note));
        }
        vanished.extend(known.into_iter().filter(|source| options.vanished.contains(&source.path)));
        plan
    };
    let mut run = Run {
        memory,
        options,
        readings,
        progress,
        summary: plan.summary,
        done: Progress::default(),
        batch: Batch::default(),
        moved: HashSet::new(),
        displaced: HashSet::new(),
    };
    run.done.files_total = run.summary.files + logs.files.len() as u64;
    for (root, count, error) in &plan.unseen {
        run.keep(root, *count, &format!("cannot be looked through ({})", error.message()), error.next_step());
    }
    for mut scan in plan.scans {
        run.readings.renumber(scan.vault.root(), scan.notes.iter().map(PathBuf::as_path));
        run.follow_moves(&mut scan, &vanished)?;
        run.read(&scan)?;
        if run.is_cancelled() {
            break;
        }
        run.remove(&scan)?;
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

/// Reads transcripts to their ends.
fn transcripts(
    memory: &Memory,
    paths: &[PathBuf],
    options: &Options,
    readings: &mut Readings,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary> {
    let found = Transcripts::of(paths, &options.rules);
    let (files, cancel) = (found.files.len() as u64, Arc::clone(&options.cancel));
    let summary = transcript::read_all(memory, found, options, readings, &mut |at: TranscriptProgress| {
        let current = Some(at.current.clone());
        progress(Progress { files_total: files, current, transcripts: Some(at), ..Progress::default() });
        !cancel.load(Ordering::Relaxed)
    })?;
    let is_nothing = summary.transcripts.files + summary.unchanged + summary.files == 0 && !summary.cancelled;
    if let Some(Skipped { path, reason, hint }) = summary.skipped.first().filter(|_| is_nothing) {
        let kind = if paths.iter().any(|path| path.exists()) { ErrorKind::Invalid } else { ErrorKind::NotFound };
        return Err(Error::new(kind, format!("{}: {reason}", path.display())).hint(hint.as_str()));
    }
    Ok(summary)
}

/// Returns what the graph knows of notes, and what is read on from where it was left: what that says stays, also when notes
/// are read from its folder.
fn notes_of(memory: &Memory) -> Result<(Vec<SourceState>, HashSet<PathBuf>)> {
    let (read_on, known): (Vec<_>, Vec<_>) = memory.sources(None)?.into_iter().partition(|source| source.is_log);
    Ok((known, read_on.into_iter().map(|source| source.path).collect()))
}

struct Run<'a> {
    memory: &'a Memory,
    options: &'a Options,
    readings: &'a mut Readings,
    progress: &'a mut dyn FnMut(Progress),
    summary: Summary,
    done: Progress,
    batch: Batch,
    /// Where files are that were elsewhere.
    moved: HashSet<PathBuf>,
    /// Notes in whose place another file was when it was looked for what moved.
    displaced: HashSet<PathBuf>,
}

/// Documents on their way into the graph.
#[derive(Default)]
struct Batch {
    documents: Vec<Document>,
    looks: Vec<Option<Look>>,
    bytes: usize,
}

impl Run<'_> {
    /// Says of what moved where it is, before anything else is read: what is under its old name by then is another file.
    fn follow_moves(&mut self, scan: &mut Scan, vanished: &[SourceState]) -> Result<()> {
        self.summary.folders.extend_from_slice(scan.vault.folders());
        self.summary.conflict_copies += scan.vault.conflict_copies().len() as u64;
        let Moves { moves, displaced } = moves::find(scan, vanished, self.readings);
        self.displaced = displaced;
        if moves.is_empty() {
            return Ok(());
        }
        let mut to_read = Vec::new();
        for commit in moves::in_commits(moves) {
            self.moved.extend(commit.iter().map(|moved| moved.to.clone()));
            let relocated = self.memory.move_sources(commit.clone(), &self.options.agent)?;
            self.readings.relocate(commit.iter().map(|moved| (moved.from.as_path(), moved.to.as_path())));
            to_read.extend(relocated.to_read);
        }
        let before = scan.notes.len() as u64;
        scan.take(&notes_of(self.memory)?.0, &to_read);
        self.done.files_total += scan.notes.len() as u64 - before;
        self.summary.files = self.done.files_total;
        Ok(())
    }

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
                Ok(Some((document, look))) => {
                    self.batch.bytes += document.text.len();
                    self.batch.documents.push(document);
                    self.batch.looks.push(look);
                }
                Ok(None) => self.summary.unchanged += 1,
                Err(error) => self.summary.skip(Skipped::of(path, &error)),
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
        self.summary.leave_out(logs.left_out);
        for path in logs.files {
            // Where logs are watched it is read into the space that the watching reads it into.
            let rules = self.options.rules.iter().find(|rules| rules.rule(&path));
            let space = rules.map_or(self.options.space.as_str(), Rules::space).to_owned();
            let (zone, agent) = (self.options.zone.clone(), self.options.agent.clone());
            let options = LogOptions { space, zone, agent, last: LastRecord::Take };
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
    fn changed(&mut self, path: &Path, scan: &Scan) -> Result<Option<(Document, Option<Look>)>> {
        // Taken before it is read: what is changed in between looks different from what was kept.
        let look = std::fs::metadata(path).ok().map(|metadata| Look::of(&metadata));
        let rules = self.options.rules.iter().find(|rules| rules.rule(path));
        // Under another root the same words may link elsewhere.
        let is_same = |hash: &str| {
            scan.known.get(path).filter(|known| {
                known.content_hash == hash
                    && known.root == scan.vault.root()
                    && known.reading.rules == format::RULES
                    && rules.is_none_or(|rules| known.space == rules.space())
            })
        };
        if let Some(look) = &look {
            if let Some(known) = self.readings.hash(path, look).and_then(is_same) {
                self.remark(known);
                return Ok(None);
            }
            // It changed places with another since it was looked for that; the next run finds out with which.
            let is_other = |then: &Look| then.identity().is_some() && !look.is_same_file(then);
            if self.readings.look(path).is_some_and(is_other)
                && scan.known.contains_key(path)
                && (!self.displaced.contains(path) || self.moved.contains(path))
            {
                self.summary.deferred += 1;
                return Ok(None);
            }
            if let Some((reason, hint)) = self.readings.refusal(path, look) {
                return Err(Error::new(ErrorKind::Invalid, reason).hint(hint));
            }
        }
        let note = Note::read(path)?;
        let content_hash = note.content_hash.clone();
        if let Some(known) = is_same(&content_hash) {
            self.remark(known);
            self.keep_reading(path, look, &content_hash, None);
            return Ok(None);
        }
        let space = rules.map_or(self.options.space.as_str(), Rules::space);
        // A defect in a reader costs one file, not the run.
        let parsed = catch_unwind(AssertUnwindSafe(|| format::read(path, note, space, &scan.vault)));
        let parsed = parsed.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Invalid, "the reader failed on it")
                .hint("this is a defect: please report it with the file, if you can share it"))
        });
        let Parsed { document, warnings } = parsed.inspect_err(|error| {
            self.keep_reading(path, look, &content_hash, Some(error));
        })?;
        self.summary.warnings.extend(warnings);
        Ok(Some((document, look)))
    }

    /// What is wrong in a file that did not change is as wrong as before.
    fn remark(&mut self, known: &SourceState) {
        self.summary.warnings.extend(known.reading.remarks.iter().map(|remark| Warning::of(&known.path, remark)));
    }

    fn keep_reading(&mut self, path: &Path, look: Option<Look>, hash: &str, refused: Option<&Error>) {
        if let Some(look) = look {
            let refused = refused
                .map(|error| (error.message().to_owned(), error.next_step().unwrap_or("look at the file").to_owned()));
            self.readings.keep(path, look, hash, refused);
        }
    }

    fn put(&mut self) -> Result<()> {
        let batch = std::mem::take(&mut self.batch);
        if batch.documents.is_empty() {
            return Ok(());
        }
        let counts: Vec<Counts> = batch.documents.iter().map(Counts::of).collect();
        let receipts = self.memory.put_documents(batch.documents, &self.options.agent);
        for ((receipt, counts), look) in receipts.into_iter().zip(counts).zip(batch.looks) {
            match receipt {
                Ok(receipt) => {
                    self.keep_reading(&counts.path, look, &counts.content_hash, None);
                    let how = match (receipt.added, self.moved.contains(&counts.path)) {
                        (true, _) => &mut self.summary.added,
                        (false, true) => &mut self.summary.moved,
                        (false, false) => &mut self.summary.changed,
                    };
                    *how += 1;
                    self.summary.redactions += receipt.redactions as u64;
                    counts.add_to(&mut self.summary);
                }
                // One document that is refused must not stop the others; a store that cannot be written must.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::TooLarge | ErrorKind::Conflict) =>
                {
                    self.summary.skip(Skipped::of(counts.path, &error));
                }
                Err(error) => return Err(error.context(format!("putting {}", counts.path.display()))),
            }
        }
        self.done.passages = self.summary.passages;
        Ok(())
    }

    /// Removes what the graph knows in the scopes and is certainly not there any more.
    fn remove(&mut self, scan: &Scan) -> Result<()> {
        let gone = self.keep_away(scan, scan.gone());
        if gone.is_empty() {
            return Ok(());
        }
        if self.options.removal == Removal::Later {
            self.summary.gone.extend(gone.into_iter().map(|source| source.path.clone()));
            return Ok(());
        }
        for batch in gone.chunks(BATCH_DOCUMENTS) {
            let ids: Vec<_> = batch.iter().map(|source| source.id).collect();
            for (receipt, source) in self.memory.remove_sources(&ids, &self.options.agent).into_iter().zip(batch) {
                match receipt {
                    Ok(_) => {
                        self.readings.drop(&source.path);
                        self.summary.removed += 1;
                    }
                    // Another run was quicker.
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error.context(format!("removing {}", source.path.display()))),
                }
            }
        }
        Ok(())
    }

    /// Keeps what is not to be seen because of a disk, and returns the rest. The disk may be that of the whole folder or of
    /// one in it, and what is left where it was mounted need not be empty.
    fn keep_away<'s>(&mut self, scan: &'s Scan, gone: Vec<&'s SourceState>) -> Vec<&'s SourceState> {
        let disk = |path: &Path| self.readings.disk(path);
        // Of what was never read from here, only an empty folder says that a disk may be missing.
        let is_bare = scan.vault.file_count() == 0 && !scan.known.keys().any(|path| disk(path) == Some(Disk::There));
        let unknown = if is_bare { Disk::Away } else { Disk::There };
        let (mut away, mut covered, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for source in gone {
            match disk(&source.path).unwrap_or(unknown) {
                Disk::Away => away.push(source),
                Disk::Covered => covered.push(source),
                Disk::There => rest.push(source),
            }
        }
        let root = scan.vault.root();
        let there = |source: &SourceState| {
            source.path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(root).to_owned()
        };
        if let Some(first) = covered.first() {
            let message =
                format!("a disk is mounted over {} notes that are known from it: they were kept", covered.len());
            self.warn(&there(first), &message, "forget their sources if they are not wanted");
        }
        if let Some(first) = away.first() {
            match scan.vault.file_count() {
                0 => self.keep(root, away.len(), "shows no files", None),
                _ => self.keep(&there(first), away.len(), "shows another disk", None),
            }
        }
        rest
    }

    fn keep(&mut self, root: &Path, count: usize, why: &str, next_step: Option<&str>) {
        self.summary.kept += count as u64;
        let message = format!("{why} now, and {count} notes are known from it: they were kept");
        let mount = "mount its disk and run it again; if the notes are really gone, forget their sources";
        self.warn(root, &message, next_step.unwrap_or(mount));
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
    content_hash: String,
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
            content_hash: document.content_hash.clone(),
            passages: document.passages.len() as u64,
            links: document.links.len() as u64,
            unresolved: unresolved as u64,
            tags: document.tags.len() as u64,
            bytes: document.text.len() as u64,
        }
    }

    fn add_to(&self, summary: &mut Summary) {
        summary.passages += self.passages;
        summary.links += self.links;
        summary.unresolved += self.unresolved;
        summary.tags += self.tags;
        summary.bytes += self.bytes;
    }
}
