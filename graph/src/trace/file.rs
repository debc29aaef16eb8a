//! The traces in the data folder: one JSON object a line, the newest last.
//!
//! Nothing depends on them, so they are not fsynced and never keep an answer from being given: what can't be written is kept
//! in memory, and what does not read back is left out.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use parking_lot::{Mutex, RwLock};

use super::Trace;
use crate::error::{Error, Result};
use crate::id::Id;
use crate::redo::sync_folder;
use crate::secret;
use crate::time::Timestamp;

/// Answers that are kept; the oldest goes first.
pub const MAX_TRACES: usize = 1_000;
/// Days that an answer is kept.
pub const MAX_TRACE_AGE_DAYS: i64 = 30;
/// Bytes of the file; beyond it only so many of the newest are kept as fill half of it.
pub const MAX_TRACE_BYTES: usize = 16 * 1024 * 1024;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const MAX_AGE_MS: i64 = MAX_TRACE_AGE_DAYS * DAY_MS;
/// How much longer one that is too old may be in the file: else it would be rewritten for each that gets old.
const SLACK_MS: i64 = DAY_MS;
/// How long after a failure nothing is written: on a full disk, nothing would come of it again and again.
const RETRY_AFTER_MS: i64 = 60_000;
/// Bytes of a line, about.
const USUAL_BYTES: usize = 6 * 1024;
/// How a line begins, with the id behind it.
const LINE_START: &[u8] = br#"{"id":""#;
const ID_LETTERS: usize = 13;

/// The newest answers. The lock guards the file too.
pub(crate) struct Traces {
    path: PathBuf,
    kept: Mutex<Kept>,
    /// Called without the lock above.
    listeners: RwLock<Vec<Listener>>,
}

/// Is told of each answer that was kept.
pub(crate) type Listener = Box<dyn Fn(Id) + Send + Sync>;

#[derive(Default)]
struct Kept {
    is_read: bool,
    /// By id, which is in the order of time, with the newline; what nobody asks for is never parsed.
    lines: BTreeMap<Id, Vec<u8>>,
    /// Open for appending, once something was.
    file: Option<File>,
    /// Of the file, with those that are no longer kept.
    lines_written: usize,
    bytes_written: usize,
    oldest_written: Option<Id>,
    /// Whether the file holds what is no trace, or lacks one.
    is_wrong: bool,
    failed_at: Option<Timestamp>,
    /// How often everything was dropped.
    drops: u64,
}

impl Traces {
    /// Starts on a file that may be missing, without looking at it.
    pub fn new(path: PathBuf) -> Self {
        Self { path, kept: Mutex::default(), listeners: RwLock::default() }
    }

    /// Returns what [`Traces::keep`] wants to know of when a question was asked.
    pub fn drops(&self) -> u64 {
        self.kept.lock().drops
    }

    /// Has `listener` called with each answer from now on.
    pub fn listen(&self, listener: Listener) {
        self.listeners.write().push(listener);
    }

    /// Keeps one, unless everything was dropped since the question was asked: it may tell of what was erased.
    pub fn keep(&self, trace: &Trace, asked: u64, now: Timestamp) {
        if self.write_down(trace, asked, now) {
            self.listeners.read().iter().for_each(|listener| listener(trace.id));
        }
    }

    /// Returns whether it is kept, be it only in memory.
    fn write_down(&self, trace: &Trace, asked: u64, now: Timestamp) -> bool {
        let mut line = Vec::with_capacity(USUAL_BYTES);
        serde_json::to_writer(&mut line, trace).expect("plain fields");
        line.push(b'\n');
        let mut kept = self.kept.lock();
        if kept.drops != asked {
            return false;
        }
        kept.read(&self.path, now);
        kept.lines.insert(trace.id, line);
        kept.forget_old(now);
        if kept.failed_at.is_some_and(|at| now.as_millis() - at.as_millis() < RETRY_AFTER_MS) {
            return true;
        }
        let written = if kept.is_due(now) { kept.rewrite(&self.path) } else { kept.append(&self.path, trace.id) };
        kept.note(&self.path, written, now);
        true
    }

    /// Drops all of them, in the file too, durably; returns how many. Which of them tell of a text can't be known: somebody
    /// may have asked for it in its own words and been given something else.
    pub fn drop_all(&self, now: Timestamp) -> Result<usize> {
        let mut kept = self.kept.lock();
        kept.read(&self.path, now);
        let (count, drops) = (kept.lines.len(), kept.drops + 1);
        *kept = Kept { is_read: true, drops, ..Kept::default() };
        let removed = remove(&beside(&self.path)).and_then(|()| remove(&self.path));
        if let Err(error) = removed {
            kept.is_wrong = true;
            return Err(Error::io(self.path.display(), &error));
        }
        if let Some(folder) = self.path.parent() {
            sync_folder(folder)?;
        }
        Ok(count)
    }

    /// Counts those that were asked with a secret: before there was a rule for it, since what is asked is masked too.
    pub fn with_secrets(&self, now: Timestamp) -> usize {
        let mut kept = self.kept.lock();
        kept.read(&self.path, now);
        let traces = kept.lines.values().filter_map(|line| serde_json::from_slice::<Trace>(line).ok());
        traces.filter(|trace| !secret::find(&trace.question.text).is_empty()).count()
    }

    /// Lists those that are not too old, newest first: from before one, if one is named, and of those only what fits.
    pub fn newest(
        &self,
        before: Option<Id>,
        first: usize,
        now: Timestamp,
        fits: impl Fn(&Trace) -> bool,
    ) -> Vec<Trace> {
        let lines: Vec<Vec<u8>> = {
            let mut kept = self.kept.lock();
            kept.read(&self.path, now);
            kept.forget_old(now);
            let older = kept.lines.range(..before.unwrap_or(Id(u64::MAX)));
            older.rev().map(|(_, line)| line.clone()).collect()
        };
        let traces = lines.iter().filter_map(|line| serde_json::from_slice::<Trace>(line).ok());
        traces.filter(fits).take(first).collect()
    }

    /// Finds one that is not too old.
    pub fn get(&self, id: Id, now: Timestamp) -> Option<Trace> {
        let mut kept = self.kept.lock();
        kept.read(&self.path, now);
        kept.forget_old(now);
        let line = kept.lines.get(&id)?.clone();
        drop(kept);
        serde_json::from_slice(&line).ok()
    }
}

impl Kept {
    /// Reads the file, once.
    fn read(&mut self, path: &Path, now: Timestamp) {
        if self.is_read {
            return;
        }
        self.is_read = true;
        let bytes = match read(path) {
            Ok(bytes) => bytes,
            Err(error) => return self.note(path, Err(error), now),
        };
        self.is_wrong = bytes.len() > MAX_TRACE_BYTES;
        self.bytes_written = bytes.len();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.lines_written += 1;
            match id_of(line) {
                Some(id) => {
                    self.lines.insert(id, line.to_owned());
                }
                None => self.is_wrong = true,
            }
        }
        self.oldest_written = self.lines.keys().next().copied();
        self.forget_old(now);
    }

    fn forget_old(&mut self, now: Timestamp) {
        while let Some(first) = self.lines.first_entry()
            && age_ms(*first.key(), now) > MAX_AGE_MS
        {
            first.remove();
        }
        while self.lines.len() > MAX_TRACES {
            self.lines.pop_first();
        }
    }

    /// Tells whether the file is to be written anew.
    fn is_due(&self, now: Timestamp) -> bool {
        self.is_wrong
            || self.lines_written >= 2 * MAX_TRACES
            || self.bytes_written >= MAX_TRACE_BYTES
            || self.oldest_written.is_some_and(|oldest| age_ms(oldest, now) > MAX_AGE_MS + SLACK_MS)
    }

    fn append(&mut self, path: &Path, id: Id) -> std::io::Result<()> {
        if self.file.is_none() {
            self.file = Some(private().append(true).create(true).open(path)?);
        }
        let (Some(file), Some(line)) = (&mut self.file, self.lines.get(&id)) else { return Ok(()) };
        // In one call, so that a kill leaves all of it or nothing.
        file.write_all(line)?;
        self.lines_written += 1;
        self.bytes_written += line.len();
        self.oldest_written.get_or_insert(id);
        Ok(())
    }

    fn rewrite(&mut self, path: &Path) -> std::io::Result<()> {
        let mut bytes: usize = self.lines.values().map(Vec::len).sum();
        while bytes > MAX_TRACE_BYTES / 2
            && let Some((_, line)) = self.lines.pop_first()
        {
            bytes -= line.len();
        }
        let new = beside(path);
        self.file = None;
        let mut file = private().write(true).create(true).truncate(true).open(&new)?;
        file.write_all(&self.lines.values().map(Vec::as_slice).collect::<Vec<_>>().concat())?;
        // Seldom, so it may cost: a power cut must not leave an empty file, nor what is older than it may be.
        file.sync_all()?;
        fs::rename(&new, path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.lines_written = self.lines.len();
        self.bytes_written = bytes;
        self.oldest_written = self.lines.keys().next().copied();
        self.is_wrong = false;
        Ok(())
    }

    /// Says once that it does not work.
    fn note(&mut self, path: &Path, result: std::io::Result<()>, now: Timestamp) {
        match result {
            Ok(()) => self.failed_at = None,
            Err(error) => {
                if self.failed_at.replace(now).is_none() {
                    tracing::warn!(%error, file = %path.display(), "traces are not kept across a restart; recall goes on");
                }
                self.file = None;
                self.is_wrong = true;
            }
        }
    }
}

/// A question is as private as a memory.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// Returns what the file holds, the first of it if it is larger than it should ever be.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(2 * MAX_TRACE_BYTES as u64).read_to_end(&mut bytes)?,
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    Ok(bytes)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the id of a line that is whole as far as one can see without parsing it.
fn id_of(line: &[u8]) -> Option<Id> {
    let id = line.strip_prefix(LINE_START)?.get(..ID_LETTERS)?;
    std::str::from_utf8(id).ok()?.parse().ok().filter(|_| line.ends_with(b"}\n"))
}

fn age_ms(id: Id, now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(id.minted_at().as_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::question::{Question, Recalled};

    #[test]
    fn an_answer_that_was_begun_before_everything_was_dropped_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let traces = Traces::new(folder.path().join("traces.jsonl"));
        let now = Timestamp::from_millis(1_000);
        let trace = |id| {
            let recalled = Recalled { hits: Vec::new(), degraded: Vec::new(), trace_id: Id(id), dropped: 0 };
            Trace::new(&Question::new("what is erased meanwhile"), &recalled, &[])
        };
        let asked = traces.drops();
        traces.keep(&trace(7), asked, now);
        // What a kill in the middle of writing anew leaves.
        fs::write(folder.path().join("traces.new"), "a secret").unwrap();
        assert_eq!(traces.drop_all(now).unwrap(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        traces.keep(&trace(8), asked, now);
        assert!(traces.get(Id(7), now).is_none() && traces.get(Id(8), now).is_none());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        traces.keep(&trace(9), traces.drops(), now);
        assert!(traces.get(Id(9), now).is_some());
    }
}
