//! How many memories a log may make, so that one that is noisy doesn't flood the memory.

use std::collections::VecDeque;

use hydra_graph::Timestamp;
use serde::{Deserialize, Serialize};

use super::template::hour;

/// Memories that one log makes of one hour of its own time.
pub const MAX_EPISODES_AN_HOUR: usize = 20;
/// Memories that one log makes in one hour of the reader's time: a log of years is read in a minute.
pub const MAX_EPISODES_READ_AN_HOUR: usize = 200;
/// Hours of the log that are kept count of; a log whose clock jumps about falls under the other bound.
const MAX_HOURS: usize = 8;

/// What a log has made so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Allowance {
    /// By hours of the log, the newest last.
    hours: VecDeque<Tally>,
    /// The hour of the reader.
    read: Option<Tally>,
}

/// Memories of one hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    hour: Timestamp,
    made: usize,
    left_out: usize,
}

/// Whose hour is full. What is told of a log's hour is bounded by the memories that it made, and of the reader's there is
/// one, so that saying what was left out floods nothing either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Whose {
    Log,
    Reader,
}

/// Whether one more memory may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    Yes,
    /// No; so many were left out of that hour by now.
    LeftOut {
        of: Whose,
        hour: Timestamp,
        so_far: usize,
    },
}

impl Allowance {
    /// Asks for one more, of what happened at `at`, now.
    pub fn ask(&mut self, at: Timestamp, now: Timestamp) -> Granted {
        let (hour_of_log, hour_of_reader) = (hour(at), hour(now));
        if self.read.is_none_or(|tally| tally.hour != hour_of_reader) {
            self.read = Some(Tally { hour: hour_of_reader, made: 0, left_out: 0 });
        }
        if !self.hours.iter().any(|tally| tally.hour == hour_of_log) {
            if self.hours.len() == MAX_HOURS {
                self.hours.pop_front();
            }
            self.hours.push_back(Tally { hour: hour_of_log, made: 0, left_out: 0 });
        }
        let of_log = self.hours.iter_mut().find(|tally| tally.hour == hour_of_log).expect("it was put there");
        let of_reader = self.read.as_mut().expect("it was put there");
        let (of, full) = match () {
            () if of_log.made == MAX_EPISODES_AN_HOUR => (Whose::Log, of_log),
            () if of_reader.made == MAX_EPISODES_READ_AN_HOUR => (Whose::Reader, of_reader),
            () => {
                of_log.made += 1;
                of_reader.made += 1;
                return Granted::Yes;
            }
        };
        full.left_out += 1;
        Granted::LeftOut { of, hour: full.hour, so_far: full.left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * 3_600_000 + 5)
    }

    #[test]
    fn an_hour_has_its_share_and_then_none() {
        let mut allowance = Allowance::default();
        for _ in 0..MAX_EPISODES_AN_HOUR {
            assert_eq!(allowance.ask(hours(3), hours(900)), Granted::Yes);
        }
        for so_far in 1..4 {
            let left_out = Granted::LeftOut { of: Whose::Log, hour: Timestamp::from_millis(3 * 3_600_000), so_far };
            assert_eq!(allowance.ask(hours(3), hours(900)), left_out);
        }
        assert_eq!(allowance.ask(hours(2), hours(900)), Granted::Yes, "an earlier hour has its own");
        assert!(allowance.ask(hours(3), hours(900)) != Granted::Yes, "and is no way around");
    }

    #[test]
    fn a_log_of_years_is_bounded_by_the_readers_hour() {
        let mut allowance = Allowance::default();
        let made = |allowance: &mut Allowance, now| {
            (0..10_000).filter(|n| allowance.ask(hours(*n), hours(now)) == Granted::Yes).count()
        };
        assert_eq!(made(&mut allowance, 90_000), MAX_EPISODES_READ_AN_HOUR);
        assert_eq!(made(&mut allowance, 90_000), 0);
        let hour = Timestamp::from_millis(90_000 * 3_600_000);
        let so_far = 2 * 10_000 - MAX_EPISODES_READ_AN_HOUR + 1;
        assert_eq!(allowance.ask(hours(7), hours(90_000)), Granted::LeftOut { of: Whose::Reader, hour, so_far });
        assert_eq!(made(&mut allowance, 90_001), MAX_EPISODES_READ_AN_HOUR);
        assert_eq!(allowance.hours.len(), MAX_HOURS);
    }
}
