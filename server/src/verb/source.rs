//! `sources`, `add_source`, `change_source` and `remove_source` as requests.

use std::path::{Path, PathBuf};

use hydra_graph::{
    Agent, Collection, CollectionChange, CollectionKind, CollectionOrigin, Error, ErrorKind, Extent, Memory,
    NewCollection, Result,
};
use hydra_ingest::{Rules, find_folder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};
use crate::daemon::{Doing, States};

/// Notes that are removed together and share one fsync.
const BATCH_NOTES: usize = 64;

/// Asks which folders are watched, and how each is.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sources {}

impl Verb for Sources {
    const NAME: &'static str = "sources";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let states = States::read(&session.data_dir);
        let mut sources = Vec::new();
        for collection in memory.collections()? {
            let mut state = states.sources.get(&collection.id).cloned().unwrap_or_default();
            if collection.paused {
                state.state = Doing::Paused;
            } else if session.server.is_none() {
                // What was written down is of a server that is gone.
                (state.state, state.progress) = (Doing::Waiting, None);
            }
            let mut source = super::json(&collection)?;
            source["known"] = super::json(&extent(memory, &collection)?)?;
            source["state"] = super::json(&state)?;
            sources.push(source);
        }
        let refused = states.refused;
        Ok(json!({"sources": sources, "refused": refused, "is_watching": session.server.is_some()}))
    }
}

/// Asks to watch a folder.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddSource {
    /// The folder.
    pub path: PathBuf,
    /// What its files are.
    pub kind: CollectionKind,
    /// The space they belong to.
    pub space: Option<String>,
    /// Only files that fit one of these are read.
    pub include: Vec<String>,
    /// What is not read.
    pub exclude: Vec<String>,
}

impl Verb for AddSource {
    const NAME: &'static str = "add_source";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let path = find_folder(&self.path)?;
        check_watchable(&path, &session.data_dir)?;
        let space = self.space.unwrap_or_else(|| session.default_space.clone());
        Rules::new(&path, &space, &self.include, &self.exclude)?;
        let new = NewCollection { path, kind: self.kind, space, include: self.include, exclude: self.exclude };
        let (source, commit) = memory.add_collection(new, &session.agent)?;
        answer(source, commit, session)
    }
}

/// Refuses a folder that is never watched, whoever names it.
///
/// # Errors
/// `Invalid` with what to watch instead.
pub fn check_watchable(path: &Path, data_dir: &Path) -> Result<()> {
    if path.starts_with(data_dir) {
        return Err(Error::new(ErrorKind::Invalid, format!("{} is where the memory itself is", path.display()))
            .hint("watch the folder that your notes are in"));
    }
    Ok(())
}

/// Asks to change what is read of a watched folder, or whether it is.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ChangeSource {
    /// Its id or path.
    pub source: String,
    /// Whether to leave it alone for now.
    pub paused: Option<bool>,
    /// Only files that fit one of these are read.
    pub include: Option<Vec<String>>,
    /// What is not read.
    pub exclude: Option<Vec<String>>,
}

impl Verb for ChangeSource {
    const NAME: &'static str = "change_source";
    const RIGHT: Right = Right::Admin;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let globs = |globs: &Option<Vec<String>>| globs.clone().unwrap_or_default();
        Rules::new("/", "", &globs(&self.include), &globs(&self.exclude))?;
        let change = CollectionChange { paused: self.paused, include: self.include, exclude: self.exclude };
        let (source, commit) = memory.change_collection(&self.source, change, &session.agent)?;
        answer(source, commit, session)
    }
}

/// What becomes of the notes of a folder that is watched no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Notes {
    /// They stay known as they were read last.
    #[default]
    Keep,
    /// They are no longer recalled, as if their files were gone.
    Forget,
}

/// Asks to watch a folder no more.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RemoveSource {
    /// Its id or path.
    pub source: String,
    /// What becomes of its notes.
    pub notes: Notes,
    /// Shows only what that would do.
    pub dry_run: bool,
}

impl Verb for RemoveSource {
    const NAME: &'static str = "remove_source";
    const RIGHT: Right = Right::Admin;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let source = memory.collection(&self.source)?;
        let known = super::json(&extent(memory, &source)?)?;
        if self.dry_run {
            return Ok(json!({"source": super::json(&source)?, "known": known, "notes": self.notes, "dry_run": true}));
        }
        let (source, commit) = memory.remove_collection(&self.source, &session.agent)?;
        let forgotten = match self.notes {
            Notes::Keep => 0,
            Notes::Forget => forget_notes(memory, &source)?,
        };
        let mut answer = answer(source, commit, session)?;
        answer["known"] = known;
        answer["notes"] = json!(self.notes);
        answer["forgotten"] = json!(forgotten);
        Ok(answer)
    }
}

/// Returns how much is known from a folder. What no configuration names any more may lie in another one or hold it, and
/// what is of both belongs to that one.
fn extent(memory: &Memory, source: &Collection) -> Result<Extent> {
    let mut extent = memory.extent(&source.path)?;
    if let CollectionOrigin::Unlisted(_) = source.origin {
        for other in others(memory, source)? {
            if other.holds(&source.path) {
                return Ok(Extent::default());
            }
            if source.holds(&other.path) {
                let of_other = memory.extent(&other.path)?;
                extent.notes = extent.notes.saturating_sub(of_other.notes);
                extent.passages = extent.passages.saturating_sub(of_other.passages);
            }
        }
    }
    Ok(extent)
}

/// Returns the other folders of which files are read.
fn others(memory: &Memory, source: &Collection) -> Result<Vec<Collection>> {
    let is_other = |other: &Collection| other.id != source.id && !matches!(other.origin, CollectionOrigin::Unlisted(_));
    Ok(memory.collections()?.into_iter().filter(is_other).collect())
}

/// Removes what is known from a folder, one commit a note; what was being read in that moment too.
fn forget_notes(memory: &Memory, folder: &Collection) -> Result<usize> {
    let others = others(memory, folder)?;
    let is_own = |path: &Path| folder.holds(path) && !others.iter().any(|other| other.holds(path));
    let mut forgotten = 0;
    loop {
        let known: Vec<_> = memory.sources(None)?.into_iter().filter(|source| is_own(&source.path)).collect();
        if known.is_empty() {
            return Ok(forgotten);
        }
        for batch in known.chunks(BATCH_NOTES) {
            let ids: Vec<_> = batch.iter().map(|source| source.id).collect();
            for receipt in memory.remove_sources(&ids, &Agent::ingest()) {
                match receipt {
                    Ok(_) => forgotten += 1,
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}

fn answer(source: Collection, commit: hydra_graph::Id, session: &Session) -> Result<Value> {
    Ok(json!({"source": super::json(&source)?, "commit": commit, "is_watching": session.server.is_some()}))
}
