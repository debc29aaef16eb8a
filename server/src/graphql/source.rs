//! Watched folders, and how far reading them is.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use serde::Deserialize;

use super::caller::Caller;
use super::scalar::{DateTime, NodeId};
use super::scope::Scope;
use crate::verb::Sources;

/// What the files of a folder are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[graphql(remote = "hydra_graph::CollectionKind")]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Notes.
    Notes,
    /// Logs.
    Log,
    /// Transcripts of conversations.
    Transcripts,
}

/// What a watched folder does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Nobody watches it.
    Waiting,
    /// It is being read.
    Reading,
    /// All that is known of it is true, and changes are heard.
    Watching,
    /// It is left alone.
    Paused,
    /// It is not there; what is known of it is kept.
    Gone,
    /// It can't be read; the error says why.
    Failed,
}

/// What is known from a folder.
#[derive(Clone, Debug, PartialEq, SimpleObject, Deserialize)]
pub struct Extent {
    /// Files.
    notes: usize,
    /// Their passages.
    passages: usize,
}

/// A file that was left out.
#[derive(Clone, Debug, PartialEq, SimpleObject, Deserialize)]
pub struct LeftOutFile {
    /// Where it is.
    path: String,
    /// Why.
    #[serde(default)]
    reason: String,
    /// What can be done about it.
    #[serde(default)]
    hint: String,
}

/// How far reading is.
#[derive(Clone, Debug, PartialEq, SimpleObject)]
pub struct Progress {
    /// Files that were looked at.
    done: f64,
    /// Of how many.
    total: f64,
}

/// How a watched folder is.
#[derive(Clone, Debug, PartialEq, SimpleObject, Deserialize)]
pub struct SourceState {
    /// What it does.
    state: Doing,
    /// When all of it was looked at last.
    scanned_at: Option<DateTime>,
    /// How long that took, in milliseconds.
    scan_ms: f64,
    /// When something of it was read last.
    changed_at: Option<DateTime>,
    /// Files at the last look at all of it.
    files: f64,
    /// Files that were taken in since it is watched.
    taken_in: f64,
    /// Lines of logs that were read since.
    lines: f64,
    /// Files that moved since.
    moved: f64,
    /// Files that were removed since.
    removed: f64,
    /// Files a second when some were last taken in.
    rate: f64,
    /// While it is read, how far that is.
    #[serde(default, deserialize_with = "progress")]
    progress: Option<Progress>,
    /// How many files had to be left out at the last look at all of it.
    left_out: f64,
    /// Some of them, with the reason.
    #[serde(default)]
    named: Vec<LeftOutFile>,
    /// What is wrong, with the next step.
    error: Option<String>,
    /// What a person should know though nothing is wrong.
    note: Option<String>,
}

fn progress<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Progress>, D::Error> {
    let counts = Option::<(f64, f64)>::deserialize(deserializer)?;
    Ok(counts.map(|(done, total)| Progress { done, total }))
}

/// A folder that is watched.
#[derive(Clone, Debug, PartialEq, SimpleObject, Deserialize)]
pub struct WatchedSource {
    /// Its id.
    id: NodeId,
    /// The folder.
    path: String,
    /// What its files are.
    kind: SourceKind,
    /// The space that they belong to.
    space: String,
    /// Only files that fit one of these are read; all if there are none.
    include: Vec<String>,
    /// What is not read.
    exclude: Vec<String>,
    /// Whether it is left alone for now.
    paused: bool,
    /// Since when it is watched.
    recorded_at: DateTime,
    /// What is known from it; null where it was just changed.
    known: Option<Extent>,
    /// How it is; null where it was just changed.
    state: Option<SourceState>,
}

/// The folders that are watched.
#[derive(Clone, Debug, PartialEq, SimpleObject, Deserialize)]
#[graphql(name = "Sources")]
pub struct AllSources {
    /// By path.
    sources: Vec<WatchedSource>,
    /// Whether this server watches them.
    is_watching: bool,
}

/// What an ingest does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum RunState {
    /// It reads.
    Reading,
    /// All is read; the indexes catch up.
    Indexing,
    /// It is done.
    Done,
    /// It was stopped before its end; the next run goes on from there.
    Stopped,
    /// It failed; the error says why.
    Failed,
}

/// An ingest that somebody asked for here, and how far it is.
#[derive(Clone, Debug, SimpleObject)]
pub struct IngestRun {
    /// Its number, for as long as the server runs.
    id: i32,
    /// What is read.
    paths: Vec<String>,
    /// What it does.
    pub state: RunState,
    /// How many files, or texts for an index, are done.
    pub done: f64,
    /// Of how many.
    pub total: f64,
    /// The file or index that it is at.
    pub current: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

impl IngestRun {
    /// One that begins.
    pub fn new(id: i32, paths: Vec<String>) -> Self {
        Self { id, paths, state: RunState::Reading, done: 0.0, total: 0.0, current: None, error: None }
    }

    /// Tells whether it has ended.
    pub fn is_over(&self) -> bool {
        !matches!(self.state, RunState::Reading | RunState::Indexing)
    }

    /// Takes an event of the verb in.
    pub fn take(&mut self, event: &serde_json::Value) {
        let number = |name: &str| event[name].as_f64().unwrap_or_default();
        (self.done, self.total) = (number("done"), number("total"));
        let is_index = event["event"] == "index";
        self.state = if is_index { RunState::Indexing } else { RunState::Reading };
        self.current = event[if is_index { "name" } else { "path" }].as_str().map(str::to_owned);
    }
}

/// Reads the watched folders.
pub async fn all(caller: &Caller) -> Result<AllSources> {
    caller.ask(Sources {}, &Scope::everything()).await
}

/// What is watched.
#[derive(Default)]
pub struct SourceQuery;

#[Object]
impl SourceQuery {
    /// The folders that are watched, and how each is.
    #[graphql(complexity = "super::limit::page_cost(20, child_complexity)")]
    async fn sources(&self, context: &Context<'_>) -> Result<Option<AllSources>> {
        all(Caller::of(context)?).await.map(Some)
    }
}
