//! Bytes to documents: reads notes as people write them and puts what changed into the graph.
//!
//! [`ingest`] is the one verb, and [`reconcile`] the same for whoever does it again and again: `Readings` keeps how each file
//! looked when it was read, `moves` finds which are others that moved, and `rules` says what of a watched folder is read. It scans each folder into a [`Vault`] (`vault`, with `root` to find where a vault begins
//! and `names` to tell which file a link means), compares every note's hash with what the graph knows (`note`), reads
//! those that changed into a [`hydra_graph::Document`] (`markdown`) and puts them in batches, each note its own commit
//! (`plan` decides what to look at, `sync` does it). What it did, and what it had to leave, is a [`Summary`] (`summary`).
//!
//! A note is read in four steps: `front_matter` reads the properties (`property` flattens their values), `outline` turns
//! the Markdown into blocks, links, block ids, inline fields (`field`) and tags (`tag`), `reference` and `names` find what each link points at,
//! and `passages` cuts the blocks into units of recall (`piece` splits what is too long for one).
//!
//! What is no Markdown is read by the file of its kind (`text`, `html`, `canvas`, `base`, `json_lines`, `pdf`, `mail`, `calendar`, `image`; `format`
//! has the table) into `content`, of which the
//! rest is made alike; `encoding` makes text of bytes that do not say in which encoding they are.
//! A log is not kept whole: [`LogReader`] counts what its records have in common and keeps what happened (`log`).
//!
//! A transcript of a conversation with an agent is read by `transcript`; [`error_signature`] is by what an error in one is
//! known again.
//!
//! [`read_foreign`] reads what other memory systems wrote into memories to keep (`foreign`, one file a format).
//!
//! This crate reads files and nothing else: no socket, no environment, no clock. What stands in a note is data; nothing
//! here follows an instruction found in one.

mod base;
mod calendar;
mod canvas;
mod comment;
mod content;
mod encoding;
mod field;
mod foreign;
mod format;
mod front_matter;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod html;
mod image;
mod json_lines;
mod listing;
mod log;
mod mail;
mod markdown;
mod mdast;
mod moves;
#[cfg(test)]
mod mutation;
mod names;
mod note;
mod outline;
mod passages;
mod pdf;
mod piece;
mod plan;
mod property;
mod readings;
mod reference;
mod root;
mod rules;
mod stated;
mod stray;
mod summary;
mod sync;
mod tag;
mod text;
mod transcript;
mod vault;

pub use field::MAX_FIELDS;
pub use foreign::{Broken, Foreign, MAX_FOREIGN_BYTES, Origin, read_foreign};
pub use format::Format;
pub use front_matter::MAX_FRONT_MATTER_BYTES;
pub use log::{
    EPISODE_WINDOW_MS, Followed, LOG_QUIET, LastRecord, LogOptions, LogReader, LogStep, MAX_CHILDREN,
    MAX_EPISODE_BYTES, MAX_EPISODES_AN_HOUR, MAX_EPISODES_READ_AN_HOUR, MAX_EXAMPLE_BYTES, MAX_LINE_BYTES, MAX_LOGS,
    MAX_OPEN_EPISODES, MAX_RECORD_BYTES, MAX_RECORD_LINES, MAX_TEMPLATE_BYTES, MAX_TEMPLATES, MAX_TOKEN_BYTES,
    MAX_TOKENS, MIN_HOURS, MIN_UNUSUAL, Mined, STEP_BYTES, UNUSUAL_DEVIATIONS, UNUSUAL_FACTOR, follow, may_be_log,
    mine,
};
pub use mail::MAX_MAILBOX_BYTES;
pub use markdown::{MAX_TITLE_BYTES, MarkdownFile, Parsed, parse};
pub use mdast::{MAX_TREE_CHARS, MAX_TREE_DEPTH, Node, tree};
pub use moves::{MAX_MOVED, MIN_MOVED_BYTES};
pub use note::{MAX_NOTE_BYTES, Note};
pub use outline::{MAX_HEADING_BYTES, MAX_LINKS, MAX_TAGS};
pub use passages::{AIM_WORDS, MAX_PASSAGES, MAX_WORDS, MIN_WORDS};
pub use pdf::{MAX_PDF_BYTES, MAX_PDF_PAGES};
pub use readings::Readings;
pub use root::find_root;
pub use rules::{Rules, find_folder, settle_folder};
pub use stray::{is_old_copy, is_temporary};
pub use summary::{LogSummary, MAX_SKIPPED, Progress, Skipped, Summary, Warning};
pub use sync::{Kind, Options, Removal, ingest, reconcile};
pub use transcript::{
    Candidate, INJECTED_TAG, Learned, MAX_CALL_BYTES, MAX_ERROR_BYTES, MAX_FIX_STEPS, MAX_OPEN_CALLS, MAX_PEEKED_BYTES,
    MAX_RESULT_BYTES, MAX_SIGNATURE_BYTES, MAX_TOOL_TURNS, MAX_TRANSCRIPT_LINE_BYTES, MAX_TRANSCRIPTS, MAX_TURN_BYTES,
    MAX_TURNS, MIN_TOUCHES, OFFER, TranscriptProgress, TranscriptSummary, candidates, error_signature,
    follow_transcripts, inject, may_be_transcript, peek, strip_injected,
};
pub use vault::{MAX_VAULT_FILES, Vault};
