//! Answers that a verb puts together of more than one thing: how they look. They are only ever described by these types;
//! the tests compare what the server answers with what is described.
#![expect(dead_code, reason = "these types say how answers look, and are never made")]

use std::path::PathBuf;

use hydra_graph as graph;
use hydra_graph::{Id, Timestamp};
use hydra_ingest::Skipped;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::daemon::State;
use crate::enrich::Round;
use crate::hook::Entry;
use crate::verb::Notes;

/// What fits a question.
#[derive(JsonSchema, Serialize)]
pub struct RecallAnswer {
    #[serde(flatten)]
    recalled: graph::Recalled,
    /// What else there is to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// How long it took.
    took_ms: f64,
}

/// What ids and names stand for.
#[derive(JsonSchema, Serialize)]
pub struct Records {
    /// One for each id and each name of an entity, then what is not known.
    records: Vec<Shown>,
    /// One for each name that is a reference.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mentions: Vec<graph::Mentioned>,
}

/// What one of them stands for.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
enum Shown {
    /// It is there, or was.
    Got(Box<graph::Got>),
    /// Nobody is called so, or several are.
    Unknown {
        /// The name.
        name: String,
        /// Why nothing is shown.
        error: String,
    },
}

/// What to know first.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub enum ContextAnswer {
    /// Of a task, an entity or a path.
    About(Box<graph::Context>),
    /// Of a folder: what a session that begins there is given.
    Folder {
        /// The text.
        text: Option<String>,
    },
}

/// What a client's hook says.
#[derive(JsonSchema, Serialize)]
pub struct Output {
    /// What is written to standard output; nothing if it stays silent.
    output: Value,
}

/// What was put into conversations.
#[derive(JsonSchema, Serialize)]
pub struct WhyAnswer {
    /// The newest first.
    entries: Vec<Entry>,
    /// Decisions since the newest that was not silent.
    silent_since: usize,
}

/// Facts that can't all be so.
#[derive(JsonSchema, Serialize)]
pub struct Conflicts {
    /// Oldest first.
    conflicts: Vec<graph::Conflict>,
}

/// What became of proposals.
#[derive(JsonSchema, Serialize)]
pub struct ProposeAnswer {
    /// One for each.
    proposals: Vec<graph::Proposed>,
}

/// What waits.
#[derive(JsonSchema, Serialize)]
pub struct Proposals {
    /// Oldest first.
    proposals: Vec<graph::ProposalInfo>,
}

/// What was decided.
#[derive(JsonSchema, Serialize)]
pub struct DecideAnswer {
    /// One for each proposal.
    decided: Vec<graph::Decided>,
}

/// The core blocks.
#[derive(JsonSchema, Serialize)]
pub struct Blocks {
    /// In the order in which a context shows them.
    blocks: Vec<graph::Block>,
}

/// One core block.
#[derive(JsonSchema, Serialize)]
pub struct BlockAnswer {
    /// It.
    block: graph::Block,
}

/// Its versions.
#[derive(JsonSchema, Serialize)]
pub struct BlockVersions {
    /// The newest first.
    versions: Vec<graph::BlockVersion>,
}

/// A block as it is now.
#[derive(JsonSchema, Serialize)]
pub struct EditedBlock {
    /// It.
    block: graph::Block,
    /// Takes the edit back.
    commit: Id,
}

/// What facts can say.
#[derive(JsonSchema, Serialize)]
pub struct Predicates {
    /// The built-in ones first.
    predicates: Vec<graph::PredicateInfo>,
}

/// A predicate that was declared.
#[derive(JsonSchema, Serialize)]
pub struct Declared {
    /// It.
    predicate: graph::PredicateInfo,
    /// Takes it back.
    commit: Id,
}

/// The folders that are watched.
#[derive(JsonSchema, Serialize)]
pub struct Sources {
    /// By path.
    sources: Vec<Watched>,
    /// Those of the configuration that can't be.
    refused: Vec<Skipped>,
    /// Whether a server is there to do it.
    is_watching: bool,
}

/// A folder and how it is.
#[derive(JsonSchema, Serialize)]
struct Watched {
    #[serde(flatten)]
    source: graph::Collection,
    /// What is known from it.
    known: graph::Extent,
    /// What happens there.
    state: State,
}

/// A folder as it is watched now.
#[derive(JsonSchema, Serialize)]
pub struct SourceAnswer {
    /// It.
    source: graph::Collection,
    /// Takes the change back; nothing if there was none.
    commit: Option<Id>,
    /// Whether a server is there to do it.
    is_watching: bool,
}

/// A folder that is watched no more, or what that would do.
#[derive(JsonSchema, Serialize)]
pub struct RemovedSource {
    /// It.
    source: graph::Collection,
    /// What was known from it.
    known: graph::Extent,
    /// What becomes of that.
    notes: Notes,
    /// How much was forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    forgotten: Option<usize>,
    /// Whether it was only shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
}

/// Calls that were refused.
#[derive(JsonSchema, Serialize)]
pub struct RefusalsAnswer {
    /// The newest first; alike ones are one.
    refusals: Vec<graph::Refusal>,
}

/// Counts and states.
#[derive(JsonSchema, Serialize)]
pub struct Status {
    #[serde(flatten)]
    status: graph::Status,
    /// Of the program.
    version: String,
    /// Where the memory is.
    data_dir: PathBuf,
    /// The server that answers.
    server: Option<Serving>,
    /// Who asks a model, if one is configured.
    enrichment: Value,
    /// What the process has in memory.
    resident_bytes: u64,
}

/// A running server.
#[derive(JsonSchema, Serialize)]
struct Serving {
    /// Its process.
    pid: u32,
    /// Where it is reached.
    url: String,
    /// Since when.
    started_at: Timestamp,
}

/// What a round of asking a model did, or would send.
#[derive(JsonSchema, Serialize)]
#[serde(untagged)]
pub enum Enriched {
    /// What it did.
    Round(Box<Round>),
    /// What it would send.
    Plan {
        /// That nothing was sent.
        dry_run: bool,
        /// The texts.
        texts: Value,
    },
}

/// An index that was built anew.
#[derive(JsonSchema, Serialize)]
pub struct Rebuilt {
    /// Which.
    rebuilt: String,
    /// How long it took.
    took_ms: u64,
}

/// What was read.
#[derive(JsonSchema, Serialize)]
pub struct Ingested {
    #[serde(flatten)]
    summary: hydra_ingest::Summary,
    /// How many merges were proposed by rule afterwards.
    suggested_merges: usize,
    /// Whether every index has it.
    indexed: bool,
    /// What can't take part in searching, in words.
    degraded: Vec<String>,
    /// How long reading took.
    read_ms: u64,
    /// How long all of it took.
    took_ms: u64,
}

/// What was brought in from another system.
#[derive(JsonSchema, Serialize)]
pub struct Imported {
    /// Whose format it is.
    from: hydra_ingest::Origin,
    /// What was read.
    path: PathBuf,
    /// Memories in it.
    found: usize,
    /// Memories that are new.
    added: usize,
    /// Memories that were known.
    known: usize,
    /// What takes it back.
    commits: Vec<Id>,
    /// What can't be read.
    broken: Value,
    /// Whether nothing was written because of that.
    refused: bool,
    /// Whether it was stopped.
    cancelled: bool,
    /// Whether every index has it.
    indexed: bool,
    /// What can't take part in searching, in words.
    degraded: Vec<String>,
    /// How long it took.
    took_ms: u64,
}
