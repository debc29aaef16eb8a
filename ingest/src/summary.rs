//! What a run did, what it left out and why: plain data for people and for JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, Remark};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::transcript::{TranscriptProgress, TranscriptSummary};

/// How much of what was left out is named; the rest is counted.
pub const MAX_SKIPPED: usize = 1_000;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Notes that were looked at.
    pub files_done: u64,
    /// Notes that will be looked at.
    pub files_total: u64,
    /// Passages put so far.
    pub passages: u64,
    /// The note that is looked at now; `None` once they are done.
    pub current: Option<PathBuf>,
    /// How far reading is in bytes, of transcripts: there are few of them, and some are long.
    pub transcripts: Option<TranscriptProgress>,
}

/// What a run did. Counts of passages, links and so on are of the notes that were put, not of unchanged ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Summary {
    /// Notes found under the paths that were asked for.
    pub files: u64,
    /// Notes the graph did not know.
    pub added: u64,
    /// Notes that read differently now.
    pub changed: u64,
    /// Notes that are elsewhere now and are the same sources.
    #[serde(default)]
    pub moved: u64,
    /// Notes whose bytes are the same.
    pub unchanged: u64,
    /// Sources whose file is gone.
    pub removed: u64,
    /// Sources whose file is not to be seen but that were kept, as when a disk is not mounted; a warning says why.
    pub kept: u64,
    /// Passages put.
    pub passages: u64,
    /// Links put.
    pub links: u64,
    /// Of these, links to a name that no file has.
    pub unresolved: u64,
    /// Tags put, each once a note.
    pub tags: u64,
    /// Bytes of the notes that were put.
    pub bytes: u64,
    /// Secrets that were masked in what was put.
    #[serde(default)]
    pub redactions: u64,
    /// What was read of logs.
    #[serde(default)]
    pub logs: LogSummary,
    /// What was read of transcripts.
    #[serde(default)]
    pub transcripts: TranscriptSummary,
    /// What could not be read, and why; at most a thousand.
    pub skipped: Vec<Skipped>,
    /// How much more could not be read than is named.
    #[serde(default)]
    pub more_skipped: u64,
    /// What was read, but not all of it.
    pub warnings: Vec<Warning>,
    /// Files that were looked at and could be read, counted by what they are: `Markdown`, `text` and so on.
    #[serde(default)]
    pub formats: BTreeMap<String, u64>,
    /// Files of kinds that are not read yet, counted by extension in lower case.
    pub not_read_yet: BTreeMap<String, u64>,
    /// Notes that are the other side of a change which a sync tool could not bring together; they are among what was left out.
    #[serde(default)]
    pub conflict_copies: u64,
    /// Notes that another file took the place of while the run went on: they are for the next run, and among the unchanged.
    #[serde(default)]
    pub deferred: u64,
    /// Known files that are gone and were not removed, since whoever asked wants to do that later.
    #[serde(skip)]
    pub gone: Vec<PathBuf>,
    /// Folders that were looked into, for whoever watches them.
    #[serde(skip)]
    pub folders: Vec<PathBuf>,
    /// Whether it was stopped before its end; the next run goes on from there.
    pub cancelled: bool,
}

/// What was read of logs in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct LogSummary {
    /// Logs that were looked at.
    pub files: u64,
    /// Lines that were new in them.
    pub lines: u64,
    /// Records that these lines make.
    pub records: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Templates these logs have by now.
    pub templates: u64,
    /// Templates that are new.
    pub new_templates: u64,
    /// Errors, changes of state and unusual hours that became memories.
    pub episodes: u64,
    /// Those that were counted with an earlier one like them.
    pub counted: u64,
    /// Those of which there were too many in their hour: only their templates were counted.
    pub left_out: u64,
    /// Lines and records of which only the beginning was kept.
    pub cut: u64,
    /// Lines with bytes that are no text, read as U+FFFD.
    pub damaged: u64,
    /// Secrets that were masked.
    #[serde(default)]
    pub redactions: u64,
    /// How often a file was begun anew since it was read: renamed, or cut to nothing.
    pub rotated: u64,
}

/// Something that was left out.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Skipped {
    /// The file or folder.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub path: PathBuf,
    /// Why.
    pub reason: String,
    /// The next step.
    pub hint: String,
}

/// What was left out, as far as it is named, and how much more.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOut {
    pub named: Vec<Skipped>,
    pub more: u64,
}

/// Something that a person should look at; the rest of the note was read.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Warning {
    /// The file or folder.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub path: PathBuf,
    /// The line, from 1, where there is one.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: String,
}

/// A name that is not UTF-8 must not take the whole report with it.
fn as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

impl Summary {
    /// Returns how much could not be read.
    pub fn left_out(&self) -> u64 {
        self.skipped.len() as u64 + self.more_skipped
    }

    /// Takes in that something is left out.
    pub(crate) fn skip(&mut self, skipped: Skipped) {
        keep(&mut self.skipped, &mut self.more_skipped, skipped);
    }

    /// Takes in what was left out.
    pub(crate) fn leave_out(&mut self, left_out: LeftOut) {
        left_out.named.into_iter().for_each(|skipped| self.skip(skipped));
        self.more_skipped += left_out.more;
    }
}

impl LeftOut {
    /// Takes in that something is left out.
    pub fn push(&mut self, skipped: Skipped) {
        keep(&mut self.named, &mut self.more, skipped);
    }

    /// Takes in what was left out elsewhere.
    pub fn append(&mut self, other: Self) {
        other.named.into_iter().for_each(|skipped| self.push(skipped));
        self.more += other.more;
    }

    /// Tells whether nothing was.
    pub fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

fn keep(named: &mut Vec<Skipped>, more: &mut u64, skipped: Skipped) {
    if named.len() < MAX_SKIPPED {
        named.push(skipped);
    } else {
        *more += 1;
    }
}

impl Skipped {
    /// Makes an entry of what was met at `path`.
    pub(crate) fn of(path: impl Into<PathBuf>, error: &Error) -> Self {
        let hint = error.next_step().unwrap_or("run it again; if it stays, look at the file").to_owned();
        Self { path: path.into(), reason: error.message().to_owned(), hint }
    }
}

impl Warning {
    /// Says a remark of an earlier reading again.
    pub(crate) fn of(path: &Path, remark: &Remark) -> Self {
        Self { path: path.to_owned(), line: remark.line, message: remark.message.clone(), hint: remark.hint.clone() }
    }
}
