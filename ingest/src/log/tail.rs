//! What a reader leaves in the graph to go on from, besides the templates: it goes with every commit, so it is small.

use hydra_graph::{Error, ErrorKind, Result, Seen, Timestamp};
use serde::{Deserialize, Serialize};

use super::allowance::Allowance;
use super::position::Position;

/// Like records that come within this time of the first are counted with it instead of being told again.
pub const EPISODE_WINDOW_MS: i64 = 3_600_000;
/// Episodes that are still counted up at most; the oldest go first.
pub const MAX_OPEN_EPISODES: usize = 100;

/// The state of reading a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tail {
    pub position: Position,
    /// The time of the last record that had one, for those that have none.
    pub last_at: Option<Timestamp>,
    /// Records so far, of all files of that name.
    pub records: u64,
    /// What the next template is called; the name of one that was erased is not used again.
    pub next_template: usize,
    pub allowance: Allowance,
    /// What happened lately and is counted up if it happens again, oldest first.
    open: Vec<OpenEpisode>,
}

/// An episode that may be counted up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenEpisode {
    /// Its template.
    block: String,
    /// Its idempotency key.
    pub key: String,
    pub seen: Seen,
}

impl Tail {
    /// Reads what the last reader left.
    pub fn parse(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| {
            Error::new(ErrorKind::Corrupt, format!("the place where it was left does not read back: {error}"))
                .hint("forget its source, and read it again")
        })
    }

    /// Writes it for the next one.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data becomes JSON")
    }

    /// Counts a record of a template with what happened not long before or after; `None` if nothing did.
    pub fn count_up(&mut self, block: &str, at: Timestamp) -> Option<&OpenEpisode> {
        let is_near = |seen: &Seen| (at.as_millis() - seen.first.as_millis()).abs() < EPISODE_WINDOW_MS;
        let open = self.open.iter_mut().rev().find(|open| open.block == block && is_near(&open.seen))?;
        open.seen.again(at);
        Some(open)
    }

    /// Keeps an episode that may be counted up.
    pub fn open(&mut self, block: &str, key: String, at: Timestamp) {
        self.open.retain(|open| open.block != block);
        if self.open.len() == MAX_OPEN_EPISODES {
            self.open.remove(0);
        }
        self.open.push(OpenEpisode { block: block.to_owned(), key, seen: Seen::once(at) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_again_within_the_window_is_counted() {
        let at = |ms| Timestamp::from_millis(ms);
        let mut tail = Tail::default();
        assert!(tail.count_up("a", at(0)).is_none());
        tail.open("a", "k".into(), at(0));
        assert_eq!(tail.count_up("a", at(EPISODE_WINDOW_MS - 1)).unwrap().seen.times, 2);
        assert!(tail.count_up("a", at(EPISODE_WINDOW_MS)).is_none() && tail.count_up("b", at(0)).is_none());
        assert_eq!(tail.count_up("a", at(-5)).unwrap().seen.first, at(-5), "a clock that was set back");
        for n in 0..2 * MAX_OPEN_EPISODES {
            tail.open(&n.to_string(), String::new(), at(0));
        }
        assert_eq!(tail.open.len(), MAX_OPEN_EPISODES);
        assert_eq!(Tail::parse(&tail.to_json()).unwrap(), tail);
        assert!(Tail::parse("{").is_err());
    }
}
