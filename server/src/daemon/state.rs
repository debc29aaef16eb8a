//! How each watched folder is: what changes with every look. It lives in memory and in one small file of the data folder,
//! so that `hydra source list` shows it, also of a server that is gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hydra_graph::{Id, Result, Timestamp};
use hydra_ingest::{Skipped, Summary};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::folder;

/// Files that are named one by one in a state; the counts are of all.
pub const MAX_NAMED: usize = 20;
/// The file in the data folder.
const FILE: &str = "sources.json";

/// What a watched folder does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Nobody watches it: no server runs.
    #[default]
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

/// How a watched folder is.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What it does.
    pub state: Doing,
    /// When all of it was looked at last.
    pub scanned_at: Option<Timestamp>,
    /// How long that took.
    pub scan_ms: u64,
    /// When something of it was read last.
    pub changed_at: Option<Timestamp>,
    /// Notes at the last look at all of it.
    pub files: u64,
    /// Notes that were taken in since it is watched, new ones and others.
    pub taken_in: u64,
    /// Lines of logs and transcripts that were read since.
    pub lines: u64,
    /// Notes that moved since.
    pub moved: u64,
    /// Notes that were removed since.
    pub removed: u64,
    /// Notes a second when some were last taken in.
    pub rate: f64,
    /// While it is read, how many notes of how many were looked at; of transcripts, how many kilobytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<(u64, u64)>,
    /// How many files had to be left out at the last look at all of it.
    pub left_out: u64,
    /// How many of these are conflict copies of sync tools.
    pub conflict_copies: u64,
    /// Some of what was left out, with the reason.
    pub named: Vec<Skipped>,
    /// What is wrong, with the next step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What a person should know though nothing is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl State {
    /// Takes in what a look at these paths did, or at all of the folder.
    pub fn take(&mut self, summary: &Summary, paths: Option<&[PathBuf]>, now: Timestamp, took_ms: u64) {
        let read = summary.added + summary.changed + summary.moved;
        self.taken_in += summary.added + summary.changed;
        self.lines += summary.logs.lines + summary.transcripts.lines;
        self.moved += summary.moved;
        self.removed += summary.removed;
        if read + summary.removed + summary.logs.lines + summary.transcripts.lines > 0 {
            self.changed_at = Some(now);
        }
        if read > 0 {
            self.rate = (read as f64 * 1_000.0 / took_ms.max(1) as f64 * 10.0).round() / 10.0;
        }
        let Some(paths) = paths else {
            self.scanned_at = Some(now);
            self.scan_ms = took_ms;
            self.files = summary.files;
            self.left_out = summary.left_out();
            self.conflict_copies = summary.conflict_copies;
            self.named = summary.skipped.iter().take(MAX_NAMED).cloned().collect();
            return;
        };
        // What was told of before is told anew, or is all right now.
        let is_heard = |known: &Skipped| paths.iter().any(|path| known.path.starts_with(path));
        let is_told = |known: &Skipped| summary.skipped.iter().any(|skipped| skipped.path == known.path);
        let healed = self.named.iter().filter(|known| is_heard(known) && !is_told(known)).count();
        self.named.retain(|known| !is_heard(known) && !is_told(known));
        let room = MAX_NAMED - self.named.len().min(MAX_NAMED);
        // What came and went is no trouble, and what is left out on purpose neither.
        let is_trouble = |skipped: &&Skipped| {
            let is_meant = ["is hidden", "is an old copy"].iter().any(|meant| skipped.reason.starts_with(meant));
            let is_read = hydra_ingest::Format::of(&skipped.path).is_some() || summary.logs.files > 0;
            // Of folders nothing is said but that they can't be looked into.
            !is_meant && (skipped.path.is_dir() || (is_read && skipped.path.is_file()))
        };
        self.named.extend(summary.skipped.iter().filter(is_trouble).take(room).cloned());
        self.left_out = self.left_out.saturating_sub(healed as u64).max(self.named.len() as u64);
    }
}

/// The states of all watched folders.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct States {
    /// By the id of the watched folder.
    pub sources: BTreeMap<Id, State>,
    /// Folders that the configuration names and that can't be watched as it says.
    #[serde(default)]
    pub refused: Vec<Skipped>,
}

impl States {
    /// Reads what was written down; nothing if it is not there or does not read.
    pub fn read(data_dir: &Path) -> Self {
        std::fs::read(path(data_dir)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes it down whole.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|error| hydra_graph::Error::io(FILE, &error.into()))?;
        folder::write_private(&path(data_dir), &json)
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// Where is kept how each file looked when it was read.
pub fn readings_path(data_dir: &Path) -> PathBuf {
    data_dir.join("readings.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was_written_and_a_broken_file_is_none() {
        let temp = tempfile::tempdir().unwrap();
        let mut states = States::default();
        let state = State { state: Doing::Gone, files: 3, ..State::default() };
        states.sources.insert("038g93ppke00p".parse().unwrap(), state);
        states.write(temp.path()).unwrap();
        assert_eq!(States::read(temp.path()), states);
        std::fs::write(path(temp.path()), "{\"sour").unwrap();
        assert_eq!(States::read(temp.path()), States::default());
    }

    #[test]
    fn as_much_is_named_as_fits() {
        let temp = tempfile::tempdir().unwrap();
        let skipped = |n: usize| {
            let path = temp.path().join(format!("{n}.md"));
            std::fs::write(&path, "").unwrap();
            Skipped { path, reason: String::new(), hint: String::new() }
        };
        let summary = Summary { skipped: (0..=MAX_NAMED).map(skipped).collect(), ..Summary::default() };
        let mut state = State::default();
        let now = Timestamp::from_millis(0);
        state.take(&summary, None, now, 1);
        assert_eq!((state.left_out, state.named.len()), (MAX_NAMED as u64 + 1, MAX_NAMED));
        let all = [temp.path().to_owned()];
        state.take(&summary, Some(&all), now, 1);
        assert_eq!((state.left_out, state.named.len()), (MAX_NAMED as u64 + 1, MAX_NAMED));
        // What was heard of and is not told of again is all right.
        let one = [state.named[0].path.clone()];
        state.take(&Summary::default(), Some(&one), now, 1);
        assert_eq!((state.left_out, state.named.len()), (MAX_NAMED as u64, MAX_NAMED - 1));
    }
}
