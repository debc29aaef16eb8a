//! What was read of transcripts: plain data for people and for JSON.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was read of transcripts in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct TranscriptSummary {
    /// Transcripts that were looked at.
    pub files: u64,
    /// Lines that were new in them.
    pub lines: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Turns that are new.
    pub turns: u64,
    /// Turns that were known: a conversation that is resumed says again what was said before.
    pub known: u64,
    /// What tools only looked at; that is told together.
    pub looks: u64,
    /// Turns that one transcript has too many of.
    pub left_out: u64,
    /// Turns of which only the beginning and the end were kept.
    pub cut: u64,
    /// Blocks and messages that nobody said: thinking, reminders, what the client wrote.
    pub hidden: u64,
    /// Calls of Hydra's own tools.
    pub own: u64,
    /// Lines of kinds that say nothing, by kind.
    pub other: BTreeMap<String, u64>,
    /// Lines that are no JSON objects.
    pub broken: u64,
    /// Lines that are too long to be read.
    pub too_long: u64,
    /// Secrets that were masked.
    pub redactions: u64,
    /// Files that were written anew since they were read.
    pub rewritten: u64,
    /// Wishes, decisions and mended errors that were proposed.
    pub lessons: u64,
}

impl TranscriptSummary {
    /// Adds up two.
    pub fn add(&mut self, more: Self) {
        let Self { files, lines, bytes, turns, known, looks, left_out, cut, hidden, own, .. } = more;
        self.files += files;
        self.lines += lines;
        self.bytes += bytes;
        self.turns += turns;
        self.known += known;
        self.looks += looks;
        self.left_out += left_out;
        self.cut += cut;
        self.hidden += hidden;
        self.own += own;
        self.broken += more.broken;
        self.too_long += more.too_long;
        self.redactions += more.redactions;
        self.rewritten += more.rewritten;
        self.lessons += more.lessons;
        for (kind, count) in more.other {
            *self.other.entry(kind).or_default() += count;
        }
    }
}
