//! What a reader leaves in the graph to go on from. It goes with every commit, so it is small.

use std::collections::VecDeque;

use hydra_graph::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::lesson::{Learner, Lesson};
use crate::log::Position;

/// Calls whose result is waited for at most; the oldest are told without one.
pub const MAX_OPEN_CALLS: usize = 32;
/// What was looked at that is told together at most.
pub const MAX_LOOKS: usize = 12;
/// Messages that wait and are not to be told again when their turn comes.
const MAX_QUEUED: usize = 16;

/// The state of reading a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct State {
    /// Says that it is one of a transcript, and by which rules it was read.
    pub transcript: u32,
    pub position: Position,
    /// The conversation, the folder and the branch, as far as a line does not say otherwise.
    pub session: Option<String>,
    pub folder: Option<String>,
    pub branch: Option<String>,
    /// The time of the last line that had one.
    pub at: Option<Timestamp>,
    /// Turns that were told, those of tools among them, and of these what failed.
    pub turns: usize,
    pub tools: usize,
    pub failed: usize,
    /// Calls whose result did not come yet.
    pub open: VecDeque<Call>,
    /// What was looked at since the last turn.
    pub looks: Option<Looks>,
    /// Messages that were told while they waited: how long they are, and their hashes.
    queued: VecDeque<String>,
    pub learner: Learner,
    /// What was learned and is not in the graph yet.
    pub owed: Vec<Lesson>,
    /// How much was learned since the agent last kept something by itself.
    pub learned: usize,
    /// Whether the agent was offered to.
    pub is_offered: bool,
}

/// What was looked at, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Looks {
    pub key: String,
    pub line: u64,
    pub at: Option<Timestamp>,
    pub seen: Vec<String>,
}

/// By which rules transcripts are read.
const RULES: u32 = 1;

impl State {
    /// Starts with nothing.
    pub fn new() -> Self {
        Self { transcript: RULES, ..Self::default() }
    }

    /// Reads what the last reader left.
    ///
    /// # Errors
    /// `Conflict` when the file was read as a log; `Corrupt` when it does not read back.
    pub fn parse(json: &str) -> Result<Self> {
        let is_other = || {
            let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
            value.is_object() && value["transcript"].is_null()
        };
        serde_json::from_str(json).map_err(|error| match is_other() {
            true => Error::new(ErrorKind::Conflict, "was read as a log")
                .hint("forget its source with `hydra forget`, and read it again with --kind transcripts"),
            false => Error::new(ErrorKind::Corrupt, format!("the place where it was left does not read back: {error}"))
                .hint("forget its source, and read it again"),
        })
    }

    /// Writes it for the next one.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data becomes JSON")
    }

    /// Begins anew, of a file that is another now. What is owed stays owed.
    pub fn restart(&mut self) {
        *self = Self { owed: std::mem::take(&mut self.owed), is_offered: self.is_offered, ..Self::new() };
    }

    /// Keeps that a message was told while it waited.
    pub fn queue(&mut self, said: &str) {
        if self.queued.len() == MAX_QUEUED {
            self.queued.pop_front();
        }
        self.queued.push_back(format!("{} {}", said.len(), hash(said)));
    }

    /// Tells whether a message is one that was told while it waited, or several of them that come as one, a line each.
    pub fn take_queued(&mut self, said: &str) -> bool {
        let (mut left, mut rest) = (self.queued.clone(), said);
        while let Some((at, after)) = left.iter().enumerate().find_map(|(at, queued)| Some((at, after(queued, rest)?)))
        {
            left.remove(at);
            rest = after;
            if rest.is_empty() {
                self.queued = left;
                return true;
            }
        }
        false
    }

    /// Takes the call of an id.
    pub fn take_call(&mut self, id: &str) -> Option<Call> {
        let at = self.open.iter().position(|call| call.id == id)?;
        self.open.remove(at)
    }
}

/// Returns what comes after a message that waited, if a text is that one or begins with its lines.
fn after<'t>(queued: &str, text: &'t str) -> Option<&'t str> {
    // Those of before were hashes alone.
    let (length, queued) = queued.split_once(' ').unwrap_or(("", queued));
    let said = text.get(..length.parse().unwrap_or(text.len()))?;
    let rest = &text[said.len()..];
    let is_whole = rest.is_empty() || rest.starts_with('\n');
    (is_whole && hash(said) == queued).then(|| rest.trim_start())
}

/// A short hash of a text.
pub(super) fn hash(text: &str) -> String {
    blake3::hash(text.as_bytes()).to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_and_another_readers_does_not() {
        let mut state = State::new();
        state.queue("check again");
        assert_eq!(State::parse(&state.to_json()).unwrap(), state);
        assert!(state.take_queued("check again") && !state.take_queued("check again"));
        for said in ["one", "one more", "the\nlast"] {
            state.queue(said);
        }
        assert!(!state.take_queued("one more time") && !state.take_queued("one\nand another"));
        assert!(state.take_queued("one more\nthe\nlast") && !state.take_queued("the\nlast"));
        assert!(state.take_queued("one"));
        state.queued.push_back(hash("as before"));
        assert!(state.take_queued("as before"));
        for number in 0..2 * MAX_QUEUED {
            state.queue(&number.to_string());
        }
        assert_eq!(state.queued.len(), MAX_QUEUED);
        assert_eq!(State::parse(r#"{"records":1}"#).unwrap_err().kind(), ErrorKind::Conflict);
        assert_eq!(State::parse("{").unwrap_err().kind(), ErrorKind::Corrupt);
    }
}
