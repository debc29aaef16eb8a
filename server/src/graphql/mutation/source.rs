//! Files: folders to watch, and reading some once.

use std::path::PathBuf;

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};
use hydra_mcp::Right;
use serde::Deserialize;

use super::super::caller::Caller;
use super::super::error;
use super::super::scalar::NodeId;
use super::super::source::{Extent, LeftOutFile, RunState, SourceKind, WatchedSource};
use crate::sample;
use crate::verb::{AddSource, ChangeSource, Ingest, LongVerb as _, Notes, RemoveSource, Until};

/// A folder to watch.
#[derive(Debug, InputObject)]
pub struct AddSourceInput {
    /// The folder, from the root of the file system.
    path: String,
    /// What its files are.
    #[graphql(default_with = "SourceKind::Notes")]
    kind: SourceKind,
    /// The space that they belong to; the usual one if left out.
    space: Option<String>,
    /// Only files that fit one of these are read, as in .gitignore.
    #[graphql(default)]
    include: Vec<String>,
    /// What is not read.
    #[graphql(default)]
    exclude: Vec<String>,
}

/// What becomes of the notes of a folder that is watched no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::verb::Notes")]
pub enum NotesOfSource {
    /// They stay known as they were read last.
    Keep,
    /// They are no longer recalled, as if their files were gone.
    Forget,
}

/// A watched folder after a change.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct SourcePayload {
    /// The folder.
    source: WatchedSource,
    /// The commit, for `undo`; null in a dry run.
    #[serde(rename = "commit")]
    undo: Option<NodeId>,
    /// Of a removal: what is known from it.
    known: Option<Extent>,
    /// Of a removal: how many of its notes are no longer recalled; each went in a commit of its own.
    forgotten: Option<usize>,
    /// Whether it was only tried.
    dry_run: bool,
}

/// What an ingest did.
#[derive(Debug, SimpleObject, Deserialize)]
pub struct IngestPayload {
    /// Files found under the paths.
    files: f64,
    /// Files that the graph did not know.
    added: f64,
    /// Files that read differently now.
    changed: f64,
    /// Files that are elsewhere now.
    moved: f64,
    /// Files whose bytes are the same.
    unchanged: f64,
    /// Files that are gone.
    removed: f64,
    /// Passages that were put.
    passages: f64,
    /// Links that were put.
    links: f64,
    /// What could not be read, and why.
    skipped: Vec<LeftOutFile>,
    /// Whether it was stopped before its end; the next run goes on from there.
    cancelled: bool,
    /// Whether every index has it.
    indexed: bool,
    /// How long it took, in milliseconds.
    took_ms: f64,
}

/// Files.
#[derive(Default)]
pub struct SourceMutation;

#[Object]
impl SourceMutation {
    /// Has a folder watched from now on: what changes in it is known in about a second.
    async fn add_source(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The folder.")] input: AddSourceInput,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<SourcePayload>> {
        let AddSourceInput { path, kind, space, include, exclude } = input;
        let add = AddSource { path: PathBuf::from(path), kind: kind.into(), space, include, exclude };
        Caller::of(context)?.tell(add, dry_run).await.map(Some)
    }

    /// Pauses a watched folder or goes on, or changes what is read of it.
    async fn change_source(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id or path.")] source: String,
        #[graphql(desc = "Whether to leave it alone for now.")] paused: Option<bool>,
        #[graphql(desc = "Only files that fit one of these are read.")] include: Option<Vec<String>>,
        #[graphql(desc = "What is not read.")] exclude: Option<Vec<String>>,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<SourcePayload>> {
        Caller::of(context)?.tell(ChangeSource { source, paused, include, exclude }, dry_run).await.map(Some)
    }

    /// Has a folder watched no more.
    async fn remove_source(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id or path.")] source: String,
        #[graphql(desc = "What becomes of its notes.", default_with = "NotesOfSource::Keep")] notes: NotesOfSource,
        #[graphql(desc = "Decides and checks everything, says what it would do, and writes nothing.", default)] dry_run: bool,
    ) -> Result<Option<SourcePayload>> {
        let notes = Notes::from(notes);
        // It has a dry run of its own, which counts what would go.
        let remove = RemoveSource { source, notes, dry_run };
        let payload: SourcePayload = Caller::of(context)?.tell(remove, false).await?;
        Ok(Some(SourcePayload { dry_run, ..payload }))
    }

    /// Brings in the sample that comes with Hydra, a year of one household, in the space `sample`: its files are written
    /// into the folder of the memory and read from there. Forgetting what is in that space takes it out again.
    async fn sample(&self, context: &Context<'_>) -> Result<Option<IngestPayload>> {
        let caller = Caller::of(context)?;
        // It writes files before it reads them.
        caller.check(Right::Admin, "sample")?;
        let data_dir = caller.data_dir().to_owned();
        let written = caller.crossing().run("sample", move |_| sample::write(&data_dir)).await;
        let folder = written.map_err(|error| error::of_field(&error))?;
        self.ingest(context, vec![folder.display().to_string()], Some(sample::SPACE.to_owned())).await
    }

    /// Reads files and folders once, and answers when all can be found. The subscription `ingests` tells how far it is. It
    /// is stopped when whoever asked goes away, and goes on from there when asked again.
    async fn ingest(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Files and folders, from the root of the file system.")] paths: Vec<String>,
        #[graphql(desc = "The space that they belong to; the usual one if left out.")] space: Option<String>,
    ) -> Result<Option<IngestPayload>> {
        let caller = Caller::of(context)?;
        // Who may not is no run that others hear of.
        caller.check(Ingest::RIGHT, Ingest::NAME)?;
        let hub = caller.hub.clone();
        let run = hub.begin(paths.clone());
        let ending = Ending { hub: hub.clone(), run };
        let paths = paths.into_iter().map(PathBuf::from).collect();
        let ingest = Ingest { paths, space, kind: None, until: Until::Indexed };
        let answer: Result<IngestPayload> =
            caller.tell_long(ingest, |event| hub.tell(run, |run| run.take(event))).await;
        hub.tell(run, |run| match &answer {
            Ok(payload) => run.state = if payload.cancelled { RunState::Stopped } else { RunState::Done },
            Err(error) => (run.state, run.error) = (RunState::Failed, Some(error.message.clone())),
        });
        drop(ending);
        answer.map(Some)
    }
}

/// Tells that an ingest was stopped, if nobody waited for its end.
struct Ending {
    hub: super::super::hub::Hub,
    run: i32,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.hub.tell(self.run, |run| {
            if !run.is_over() {
                run.state = RunState::Stopped;
            }
        });
    }
}
