//! How the enrichment is: counts and the last trouble, for `hydra status`. It changes with every text, is nobody's memory,
//! and is kept in one small file of the data folder; the hour's requests are in it too, so that a restart gives no new hour.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::folder::write_private;

/// The file in the data folder.
const FILE: &str = "enrichment.json";
/// The time over which requests are counted.
pub const HOUR_MS: i64 = 3_600_000;
/// How long the server rests after a first failure; each further one doubles it.
const FIRST_REST_MS: i64 = 60_000;
/// The longest such rest.
const MAX_REST_MS: i64 = HOUR_MS;

/// What the worker does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// Nothing: it waits for `hydra enrich`, or for new texts.
    #[default]
    Ready,
    /// A text was sent.
    Asking,
    /// The hour's requests are used up.
    Resting,
    /// Enough proposals wait for the owner.
    Full,
    /// The endpoint failed; the error says how.
    Failed,
}

/// How it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Standing {
    /// What it does.
    pub state: Doing,
    /// Texts that were sent, those that failed among them.
    pub requests: u64,
    /// Texts that were answered.
    pub answered: u64,
    /// Proposals that are new.
    pub proposed: u64,
    /// Answers that were no list of proposals.
    pub unusable: u64,
    /// Parts of answers that were dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// What the queue refused.
    pub refused: u64,
    /// Texts that were given up.
    pub given_up: u64,
    /// Tokens, as the endpoint counts them.
    pub tokens: u64,
    /// When the hour began that requests are counted in.
    pub hour_began_at: Option<Timestamp>,
    /// Requests in it.
    pub hour_requests: u32,
    /// Runs that ended with a failure, since the last that did not.
    pub failures: u32,
    /// When something was sent last.
    pub asked_at: Option<Timestamp>,
    /// When it goes on by itself, if it rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// What went wrong last, if nothing went right since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Standing {
    /// Reads what was written down; nothing if it is not there or does not read.
    pub fn read(data_dir: &Path) -> Self {
        let read = std::fs::read(path(data_dir)).ok().and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let mut standing = read.unwrap_or_default();
        if standing.state == Doing::Asking {
            // Whoever asked is gone.
            standing.state = Doing::Ready;
        }
        standing
    }

    /// Writes it down whole.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let json = serde_json::to_vec(self).map_err(|error| Error::io(FILE, &error.into()))?;
        write_private(&path(data_dir), &json)
    }

    /// Returns how many requests are left in this hour; another begins when one is over, or the clock was set back.
    pub fn requests_left(&mut self, per_hour: u32, now: Timestamp) -> u32 {
        let passed = self.hour_began_at.map(|began| now.as_millis() - began.as_millis());
        if passed.is_none_or(|passed| !(0..HOUR_MS).contains(&passed)) {
            (self.hour_began_at, self.hour_requests) = (Some(now), 0);
        }
        per_hour.saturating_sub(self.hour_requests)
    }

    /// Counts a request that is about to be made.
    pub fn count_request(&mut self, now: Timestamp) {
        self.state = Doing::Asking;
        self.requests += 1;
        self.hour_requests += 1;
        self.asked_at = Some(now);
    }

    /// Notes that a run ended with a failure, and when the server tries again.
    pub fn fail(&mut self, error: &Error, now: Timestamp) {
        self.state = Doing::Failed;
        self.error = Some(error.to_string());
        let rest = FIRST_REST_MS.saturating_mul(1 << self.failures.min(16)).min(MAX_REST_MS);
        self.failures += 1;
        self.next_at = Some(Timestamp::from_millis(now.as_millis() + rest));
    }

    /// Notes that the hour's requests are used up.
    pub fn rest(&mut self) {
        self.state = Doing::Resting;
        let began = self.hour_began_at.map_or(0, Timestamp::as_millis);
        self.next_at = Some(Timestamp::from_millis(began + HOUR_MS));
    }

    /// Notes that a run ended without a failure.
    pub fn end(&mut self, state: Doing) {
        self.state = state;
        (self.failures, self.error, self.next_at) = (0, None, None);
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_750_000_000_000 + millis)
    }

    #[test]
    fn an_hour_has_so_many_requests_also_after_a_restart() {
        let temp = tempfile::tempdir().unwrap();
        let mut standing = Standing::default();
        for left in [2, 1] {
            assert_eq!(standing.requests_left(2, at(0)), left);
            standing.count_request(at(0));
        }
        standing.write(temp.path()).unwrap();
        let mut again = Standing::read(temp.path());
        assert_eq!(again.state, Doing::Ready, "whoever asked is gone");
        assert_eq!(again.requests_left(2, at(HOUR_MS - 1)), 0);
        again.rest();
        assert_eq!(again.next_at, Some(at(HOUR_MS)));
        assert_eq!(again.requests_left(2, at(HOUR_MS)), 2);
        assert_eq!(again.requests_left(2, at(-1)), 2, "a clock that was set back stops nothing");
        std::fs::write(path(temp.path()), "{\"sta").unwrap();
        assert_eq!(Standing::read(temp.path()), Standing::default());
    }

    #[test]
    fn each_failure_doubles_the_rest_up_to_a_bound() {
        let mut standing = Standing::default();
        let error = Error::new(hydra_graph::ErrorKind::Unavailable, "gone");
        let mut rests = Vec::new();
        for _ in 0..40 {
            standing.fail(&error, at(0));
            rests.push(standing.next_at.unwrap().as_millis() - at(0).as_millis());
        }
        assert_eq!(rests[..4], [FIRST_REST_MS, 2 * FIRST_REST_MS, 4 * FIRST_REST_MS, 8 * FIRST_REST_MS]);
        assert!(rests[10..].iter().all(|rest| *rest == MAX_REST_MS));
        standing.end(Doing::Ready);
        assert_eq!((standing.error, standing.next_at, standing.failures), (None, None, 0));
    }
}
