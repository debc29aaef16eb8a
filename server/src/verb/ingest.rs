//! `ingest` as a request.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use hydra_graph::{Agent, Memory, Result};
use hydra_ingest::{Kind, Rules};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::indexing::{degraded, wait_for_indexes};
use super::{LongVerb, Right, Session, Watch};

/// Asks to read files and folders.
#[derive(Debug, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ingest {
    /// Absolute paths.
    pub paths: Vec<PathBuf>,
    /// The space they belong to.
    #[serde(default)]
    pub space: Option<String>,
    /// What the files are, if their names do not say.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// When it is done: once all can be found, or once all is read.
    #[serde(default)]
    pub until: Until,
}

/// When an ingest is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Until {
    /// When every index has it.
    #[default]
    Indexed,
    /// When it is in the graph; the indexes catch up by themselves.
    Read,
}

impl LongVerb for Ingest {
    const NAME: &'static str = "ingest";
    const RIGHT: Right = Right::Admin;

    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value> {
        let started = Instant::now();
        let space = self.space.unwrap_or_else(|| session.default_space.clone());
        // In a watched folder it reads what the watching reads, or each would undo what the other did.
        let rules: Vec<Rules> = memory
            .collections()?
            .iter()
            .map(|watched| Rules::new(&watched.path, &watched.space, &watched.include, &watched.exclude))
            .collect::<Result<_>>()?;
        let options = hydra_ingest::Options {
            kind: self.kind.unwrap_or_default(),
            zone: TimeZone::system(),
            now: session.now(),
            agent: session.through(Agent::ingest()),
            cancel: watch.stop(),
            rules,
            ..hydra_ingest::Options::of(space)
        };
        let summary = hydra_ingest::ingest(memory, &self.paths, &options, &mut |progress| {
            if let Some(read) = progress.transcripts {
                return watch.tell(json!({
                    "event": "transcript",
                    "done": read.bytes_done,
                    "total": read.bytes_total,
                    "lines": read.lines,
                    "path": read.current,
                }));
            }
            watch.tell(json!({
                "event": "file",
                "done": progress.files_done,
                "total": progress.files_total,
                "passages": progress.passages,
                "path": progress.current,
            }));
        })?;
        // What was read may show that two are one: the owner is asked.
        let is_news = !summary.cancelled && summary.added + summary.changed > 0;
        let suggested = if is_news { memory.suggest_merges()?.len() } else { 0 };
        let mut answer = super::json(&summary)?;
        answer["suggested_merges"] = json!(suggested);
        let read_ms = started.elapsed().as_millis() as u64;
        let indexed = match self.until {
            Until::Indexed if !summary.cancelled => wait_for_indexes(memory, watch)?,
            _ => memory.wait_for_indexes(Duration::ZERO),
        };
        // Also one that was stopped while it waited has something left to do.
        answer["cancelled"] = json!(summary.cancelled || watch.is_stopped());
        answer["indexed"] = json!(indexed);
        answer["degraded"] = json!(degraded(memory));
        answer["read_ms"] = json!(read_ms);
        answer["took_ms"] = json!(started.elapsed().as_millis() as u64);
        Ok(answer)
    }
}
