//! `import --from` as a request: what another memory system wrote, told as memories.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hydra_graph::{Agent, BATCH_MEMORIES, Id, Memory, NewMemory, RememberStatus, Result};
use hydra_ingest::{Foreign, Origin};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::indexing::{degraded, wait_for_indexes};
use super::{LongVerb, Right, Session, Until, Watch};

/// Asks to bring in a file or folder of another memory system.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Whose format it is.
    pub from: Origin,
    /// Absolute.
    pub path: PathBuf,
    /// What memories call it, if not by its file name.
    #[serde(default)]
    pub name: Option<String>,
    /// The space they belong to.
    #[serde(default)]
    pub space: Option<String>,
    /// What becomes of the rest when something is broken.
    #[serde(default)]
    pub on_broken: OnBroken,
    /// When it is done.
    #[serde(default)]
    pub until: Until,
}

/// What becomes of the rest when something is broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBroken {
    /// Nothing is written.
    #[default]
    Refuse,
    /// It is written.
    Skip,
}

#[derive(Default)]
struct Told {
    added: usize,
    known: usize,
    commits: Vec<Id>,
}

impl LongVerb for Import {
    const NAME: &'static str = "import";
    const RIGHT: Right = Right::Admin;

    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value> {
        let started = Instant::now();
        let name = self.name.or_else(|| self.path.file_name().map(|name| name.to_string_lossy().into_owned()));
        let space = self.space.as_ref().unwrap_or(&session.default_space);
        let name = name.unwrap_or_default();
        let Foreign { memories, broken, .. } =
            hydra_ingest::read_foreign(self.from, &self.path, &name, space, session.now())?;
        let is_refused = !broken.is_empty() && self.on_broken == OnBroken::Refuse;
        let told = if is_refused {
            Told::default()
        } else {
            tell(memory, &memories, &session.through(Agent::import()), watch)?
        };
        let indexed = match self.until {
            Until::Indexed if told.added > 0 => wait_for_indexes(memory, watch)?,
            _ => memory.wait_for_indexes(Duration::ZERO),
        };
        Ok(json!({
            "from": self.from,
            "path": self.path,
            "found": memories.len(),
            "added": told.added,
            "known": told.known,
            "commits": told.commits,
            "broken": broken,
            "refused": is_refused,
            "cancelled": watch.is_stopped(),
            "indexed": indexed,
            "degraded": degraded(memory),
            "took_ms": started.elapsed().as_millis() as u64,
        }))
    }
}

/// Tells memories commit by commit, as far as it may. What a file says is data, whoever asks to read it.
fn tell(memory: &Memory, memories: &[NewMemory], by: &Agent, watch: &Watch) -> Result<Told> {
    let mut told = Told::default();
    for batch in memories.chunks(BATCH_MEMORIES) {
        if watch.is_stopped() {
            break;
        }
        for remembered in memory.remember_all(batch.to_vec(), by)? {
            match remembered.status {
                RememberStatus::Inserted | RememberStatus::Superseded | RememberStatus::Conflict => told.added += 1,
                RememberStatus::Duplicate | RememberStatus::Refused => {
                    told.known += 1;
                    continue;
                }
            }
            if told.commits.last() != Some(&remembered.commit) {
                told.commits.push(remembered.commit);
            }
        }
        watch.tell(json!({"event": "memories", "done": told.added + told.known, "total": memories.len()}));
    }
    Ok(told)
}
