//! Looking from another moment: what was true then, or what was known then.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{COUNTER_BITS, Id};
use crate::record::Record;
use crate::time::Timestamp;

/// A moment to look from; by default now. The two are independent, as in SQL:2011: what was known in May of where somebody
/// lived in March.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// What was true then in the world, as far as is known.
    pub true_at: Option<Timestamp>,
    /// What was known then, right or wrong; what came later, or was corrected later, does not show.
    pub known_at: Option<Timestamp>,
}

impl Moment {
    /// Tells whether it is now.
    pub fn is_now(self) -> bool {
        self == Self::default()
    }

    /// Refuses a moment that has not come yet.
    pub(crate) fn check(self, now: Timestamp) -> Result<()> {
        match [self.true_at, self.known_at].into_iter().flatten().find(|at| *at > now) {
            Some(at) => Err(Error::new(ErrorKind::Invalid, format!("{at} has not come yet"))
                .hint("give a moment of the past, or leave it out for now")),
            None => Ok(()),
        }
    }

    /// Returns the largest id that was minted by then, if it is asked what was known.
    pub(crate) fn newest_id(self) -> Option<Id> {
        let millis = u64::try_from(self.known_at?.as_millis()).unwrap_or(0);
        Some(Id((millis.saturating_add(1) << COUNTER_BITS).saturating_sub(1)))
    }

    /// Tells whether a record, read as it was known then, stood then.
    pub(crate) fn finds(self, record: &Record, now: Timestamp) -> bool {
        let at = self.true_at.or(self.known_at).unwrap_or(now);
        // What is said without a start is not known to have held before it was said.
        let begins = || record.valid_from.or(record.happened_at).unwrap_or(record.recorded_at);
        (record.stands_at(at) || (self.is_now() && record.is_superseded()))
            && record.expires_at.is_none_or(|end| end > at)
            && (self.true_at.is_none() || begins() <= at)
    }
}
