//! The memory of one haystack: filled anew, or as an earlier run has left it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hydra_embed::MiniLm;
use hydra_graph::{Agent, Error, ErrorKind, Id, Memory, Recalled, RememberStatus, Result};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::haystack::Haystack;
use super::run::Watch;
use crate::config::Config;
use crate::{folder, wiring};

/// Raise it when documents go in another way: memories of another number are filled anew.
const FILLED_AS: u32 = 1;
/// The memory, in the haystack's folder.
const MEMORY: &str = "memory";
/// What is known of it; written when it is complete.
const DOCUMENTS: &str = "documents.json";
/// How often a wait for the indexes looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A memory that holds a haystack, with both indexes caught up.
pub struct Kept {
    /// The memory.
    pub memory: Memory,
    /// What is known of it.
    pub known: Known,
    /// How long it took to fill; `None` when it was filled before.
    pub seconds: Option<f64>,
    /// Goes with its content, after the memory.
    _temporary: Option<TempDir>,
}

/// What has to be known of a filled memory.
#[derive(Serialize, Deserialize)]
pub struct Known {
    filled_as: u32,
    fingerprint: String,
    /// The documents that each memory stands for: the same words may be several documents.
    pub documents: HashMap<Id, Vec<String>>,
    /// Texts that can be found.
    pub passages: usize,
    /// Documents whose time did not read.
    pub undated: usize,
    /// Documents without a text.
    pub blank: usize,
}

impl Kept {
    /// Opens the memory of a haystack in `keep`, or one that goes when it is dropped.
    ///
    /// # Errors
    /// What opening or remembering returns; `Cancelled` when `watch` says so; `Invalid` when `keep` holds other things.
    pub fn open(
        config: &Config,
        keep: Option<PathBuf>,
        model: Option<&Arc<MiniLm>>,
        haystack: &Haystack,
        watch: &mut Watch<'_>,
    ) -> Result<Self> {
        let (place, temporary) = match keep {
            Some(place) => (place, None),
            None => {
                let made = tempfile::Builder::new().prefix("hydra-eval-").tempdir();
                let made = made.map_err(|error| Error::io("a temporary folder", &error))?;
                (made.path().to_owned(), Some(made))
            }
        };
        let own = Config { data_dir: place.join(MEMORY), ..config.clone() };
        let known = read(&place.join(DOCUMENTS), haystack);
        if known.is_none() {
            clear(&place)?;
        }
        let started = Instant::now();
        let open = |watch: &mut Watch<'_>| -> Result<Memory> {
            let memory = wiring::open(&own, "`hydra eval`")?;
            if let Some(model) = model {
                wiring::attach_model(&own, &memory, model)?;
            }
            wait(&memory, watch)?;
            Ok(memory)
        };
        let memory = open(watch)?;
        if let Some(known) = known {
            return Ok(Self { memory, known, seconds: None, _temporary: temporary });
        }
        let mut known = fill(&memory, haystack)?;
        wait(&memory, watch)?;
        let seconds = Some(started.elapsed().as_secs_f64());
        known.passages = memory.texts()?;
        // Full text scores what is not on disk yet by slightly other statistics: every run asks what is on disk.
        memory.close()?;
        drop(memory);
        let memory = open(watch)?;
        let bytes = serde_json::to_vec(&known).map_err(|error| Error::io(DOCUMENTS, &error.into()))?;
        folder::write_private(&place.join(DOCUMENTS), &bytes)?;
        Ok(Self { memory, known, seconds, _temporary: temporary })
    }

    /// Returns the documents behind the hits, best first, each once.
    pub fn ranked(&self, recalled: &Recalled) -> Vec<String> {
        let mut seen = HashSet::new();
        let documents = recalled.hits.iter().flat_map(|hit| self.documents_of(hit.id, hit.part_of));
        documents.filter(|id| seen.insert(*id)).cloned().collect()
    }

    /// Returns the documents behind a hit: those of the memory, or of the long memory that it is a piece of.
    pub fn documents_of(&self, id: Id, part_of: Option<Id>) -> &[String] {
        let known = &self.known.documents;
        known.get(&id).or_else(|| known.get(&part_of?)).map_or(&[], Vec::as_slice)
    }
}

/// Reads what is known of a complete memory of these documents.
fn read(path: &Path, haystack: &Haystack) -> Option<Known> {
    let known: Known = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    (known.filled_as == FILLED_AS && known.fingerprint == haystack.fingerprint).then_some(known)
}

/// Removes what an earlier run has left, and nothing else.
fn clear(place: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::io(place.display(), &error);
    fs::create_dir_all(place).map_err(failed)?;
    for entry in fs::read_dir(place).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name != MEMORY && name != DOCUMENTS {
            let message = format!("{} holds {}, which is not of an evaluation", place.display(), name.display());
            return Err(Error::new(ErrorKind::Invalid, message).hint("name an empty folder with --keep"));
        }
    }
    for path in [place.join(DOCUMENTS), place.join(MEMORY)] {
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(path.display(), &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn fill(memory: &Memory, haystack: &Haystack) -> Result<Known> {
    let mut known = Known {
        filled_as: FILLED_AS,
        fingerprint: haystack.fingerprint.clone(),
        documents: HashMap::new(),
        passages: 0,
        undated: 0,
        blank: 0,
    };
    let mut all = Vec::new();
    let mut names = Vec::new();
    for document in &haystack.documents {
        let memories = document.memories();
        known.undated += usize::from(document.is_undated());
        known.blank += usize::from(memories.is_empty());
        names.extend(memories.iter().map(|_| document.id.clone()));
        all.extend(memories);
    }
    let told = memory.remember_all(all, &Agent::named("eval")).map_err(|error| error.context(&haystack.name))?;
    for (told, name) in told.into_iter().zip(names) {
        if told.status == RememberStatus::Duplicate {
            tracing::debug!(document = name, memory = %told.id, "the same words as an earlier document");
        }
        known.documents.entry(told.id).or_default().push(name);
    }
    Ok(known)
}

/// Waits until every index has everything.
fn wait(memory: &Memory, watch: &mut Watch<'_>) -> Result<()> {
    while !memory.wait_for_indexes(LOOK_EVERY) {
        watch.check()?;
        let states = memory.index_states();
        for state in &states {
            if let Some(reason) = state.degraded.as_ref().or(state.error.as_ref()) {
                return Err(Error::new(ErrorKind::Unavailable, format!("the {} index: {reason}", state.name))
                    .hint("run it again; a kept memory goes on where it stopped"));
            }
        }
        if let Some(state) = states.iter().filter(|state| state.behind).max_by_key(|state| state.total) {
            watch.show("embedding", state.done, state.total);
        }
    }
    Ok(())
}
