//! Transcripts that a client's hooks tell of, taken in on a thread of their own: whoever tells of one does not wait.
//!
//! A hook names a path, and whatever it names would be read: so only a plain file in the folder where the client keeps its
//! transcripts, or in one that is watched as one of transcripts, is taken; no link out of it, no pipe, nothing else.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hydra_graph::{CollectionKind, Memory};
use hydra_ingest::{Kind, Learned, Options, Rules};

use crate::wiring;

/// Transcripts that wait at most; of more than these the daemon or the next `hydra ingest` takes care.
pub const MAX_WAITING: usize = 1_000;
/// Conversations of which is known that their agent was offered to keep what was learned; the transcript tells it too.
const MAX_OFFERED: usize = 10_000;
/// Whatever a person waits for comes first.
const NICE: i32 = 10;

/// What is to be taken in. Clones share it.
#[derive(Clone, Default)]
pub struct Taking {
    /// The folder where the client keeps its transcripts.
    folder: Option<PathBuf>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Held only while it is looked at.
    waiting: Mutex<Waiting>,
    stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct Waiting {
    paths: BTreeSet<PathBuf>,
    /// Whether a thread takes them.
    is_busy: bool,
    offered: HashSet<String>,
}

impl Taking {
    /// Starts with nothing, for transcripts in a folder.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, shared: Arc::default() }
    }

    /// Takes a transcript in, with those of its sub-agents, when there is time for it. What can't be taken is told in the log.
    pub fn take(&self, memory: &Memory, space: &str, path: &str) {
        if path.is_empty() {
            return;
        }
        match self.find(memory, path) {
            Ok(path) => self.push(memory, space, path),
            Err(why) => tracing::info!("a hook named a transcript that is not taken in: {why}"),
        }
    }

    /// Returns what was learned in a conversation that its agent was not offered to keep yet, and takes in that it is now.
    pub fn offer(&self, memory: &Memory, session: &str, path: &str) -> Option<Learned> {
        let path = self.find(memory, path).ok()?;
        if self.waiting().offered.contains(session) {
            return None;
        }
        let learned = hydra_ingest::peek(memory, &path).ok()?;
        if learned.lessons == 0 || learned.is_offered {
            return None;
        }
        let mut waiting = self.waiting();
        if waiting.offered.len() == MAX_OFFERED {
            waiting.offered.clear();
        }
        waiting.offered.insert(session.to_owned()).then_some(learned)
    }

    /// Has what is being taken in stop after its next step.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.waiting().paths.clear();
    }

    /// Finds a transcript where transcripts are; says why it is none.
    fn find(&self, memory: &Memory, path: &str) -> Result<PathBuf, &'static str> {
        let path = Path::new(path);
        if !path.is_absolute() {
            return Err("its path is not absolute");
        }
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            return Err("it does not end in .jsonl");
        }
        let metadata = std::fs::symlink_metadata(path).map_err(|_| "it is not there")?;
        if !metadata.is_file() {
            return Err("it is no plain file");
        }
        let real = path.canonicalize().map_err(|_| "it is not there")?;
        let own = self.folder.as_ref().and_then(|folder| folder.canonicalize().ok());
        if own.is_some_and(|folder| real.starts_with(folder)) {
            return Ok(real);
        }
        let watched = memory.collections().map_err(|_| "what is watched can't be read")?;
        let is_watched =
            watched.iter().any(|watched| watched.kind == CollectionKind::Transcripts && watched.holds(&real));
        if is_watched { Ok(real) } else { Err("it is not in the folder of transcripts") }
    }

    fn push(&self, memory: &Memory, space: &str, path: PathBuf) {
        let mut waiting = self.waiting();
        if waiting.paths.len() == MAX_WAITING && !waiting.paths.contains(&path) {
            tracing::warn!("{MAX_WAITING} transcripts wait; another is left for the next look at its folder");
            return;
        }
        waiting.paths.insert(path);
        if std::mem::replace(&mut waiting.is_busy, true) {
            return;
        }
        drop(waiting);
        let (own, memory, space) = (self.clone(), memory.clone(), space.to_owned());
        let thread = std::thread::Builder::new().name("transcripts".to_owned()).spawn(move || {
            // On Linux this is the thread's own; where it fails, the thread only competes a little more.
            let _ = rustix::process::nice(NICE);
            own.work(&memory, &space);
        });
        if let Err(error) = thread {
            self.waiting().is_busy = false;
            tracing::warn!("a transcript is not taken in: {error}");
        }
    }

    fn work(&self, memory: &Memory, space: &str) {
        loop {
            let mut waiting = self.waiting();
            let Some(path) = waiting.paths.pop_first() else {
                waiting.is_busy = false;
                return;
            };
            drop(waiting);
            match self.read(memory, space, &path) {
                Ok(turns) => tracing::debug!(turns, "a transcript was taken in"),
                Err(error) => tracing::warn!("a transcript is not taken in: {}", error.kind().as_str()),
            }
        }
    }

    fn read(&self, memory: &Memory, space: &str, path: &Path) -> hydra_graph::Result<u64> {
        // In a watched folder it reads what the watching reads, into the same space.
        let mut rules = Vec::new();
        for watched in memory.collections()?.iter().filter(|watched| watched.kind == CollectionKind::Transcripts) {
            rules.push(Rules::new(&watched.path, &watched.space, &watched.include, &watched.exclude)?);
        }
        let options = Options {
            kind: Kind::Transcripts,
            rules,
            now: wiring::now(),
            cancel: Arc::clone(&self.shared.stop),
            ..Options::of(space)
        };
        let of_sub_agents = path.with_extension("").join("subagents");
        let paths: Vec<PathBuf> =
            [path.to_owned()].into_iter().chain(of_sub_agents.is_dir().then_some(of_sub_agents)).collect();
        Ok(hydra_ingest::ingest(memory, &paths, &options, &mut |_| {})?.transcripts.turns)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_graph::{Agent, NewCollection};

    #[test]
    fn only_a_plain_file_where_transcripts_are_is_taken() {
        let temp = tempfile::tempdir().unwrap();
        let options = hydra_graph::Options { clock: wiring::clock(), holder: "a test".into() };
        let memory = Memory::open(&temp.path().join("data"), options).unwrap();
        let folder = temp.path().join("projects");
        std::fs::create_dir_all(folder.join("-a")).unwrap();
        std::fs::create_dir(temp.path().join("watched")).unwrap();
        for file in ["projects/-a/s.jsonl", "projects/-a/s.md", "watched/w.jsonl", "outside.jsonl"] {
            std::fs::write(temp.path().join(file), "{}\n").unwrap();
        }
        std::os::unix::fs::symlink(temp.path().join("outside.jsonl"), folder.join("link.jsonl")).unwrap();
        let (pipe, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
        rustix::fs::mknodat(rustix::fs::CWD, folder.join("pipe.jsonl"), pipe, mode, 0).unwrap();
        let path = temp.path().join("watched").canonicalize().unwrap();
        let new = NewCollection {
            path,
            kind: CollectionKind::Transcripts,
            space: "personal".into(),
            include: vec![],
            exclude: vec![],
        };
        memory.add_collection(new, &Agent::owner()).unwrap();
        let taking = Taking::new(Some(folder));
        let find = |file: &str| taking.find(&memory, temp.path().join(file).to_str().unwrap());
        assert!(find("projects/-a/s.jsonl").is_ok() && find("watched/w.jsonl").is_ok());
        for (file, why) in [
            ("projects/-a/s.md", "does not end in .jsonl"),
            ("projects/-a/none.jsonl", "is not there"),
            ("projects/link.jsonl", "no plain file"),
            ("projects/pipe.jsonl", "no plain file"),
            ("outside.jsonl", "not in the folder"),
            ("projects/../outside.jsonl", "not in the folder"),
        ] {
            let refused = find(file).unwrap_err();
            assert!(refused.contains(why), "{file}: {refused}");
        }
        assert!(taking.find(&memory, "s.jsonl").is_err());
    }
}
