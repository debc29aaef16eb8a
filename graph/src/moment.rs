//! Looking from another moment: what was true then, or what was known then.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::{COUNTER_BITS, Id};
use crate::memory::Inner;
use crate::record::Record;
use crate::store::{View, subject_id};
use crate::time::Timestamp;
use crate::vocab;

/// A moment to look from; by default now. The two are independent, as in SQL:2011: what was known in May of where somebody
/// lived in March.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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

    /// Refuses a moment that has not come yet, and one at which nothing was known: every verb that reads asks this first.
    pub(crate) fn check(self, inner: &Inner, view: &View<'_>) -> Result<()> {
        let now = inner.now();
        if let Some(at) = [self.true_at, self.known_at].into_iter().flatten().find(|at| *at > now) {
            return Err(Error::new(ErrorKind::Invalid, format!("{at} has not come yet"))
                .hint("give a moment of the past, or leave it out for now"));
        }
        let Some(known_at) = self.known_at else { return Ok(()) };
        // Most look back a little in a long history: its first commit is looked for only by whoever may be before it.
        if view.head()?.is_some_and(|newest| newest.minted_at() <= known_at) {
            return Ok(());
        }
        match first_commit(inner, view)? {
            Some(first) if first.minted_at() <= known_at => Ok(()),
            first => Err(nothing_known(known_at, first)),
        }
    }

    /// Returns the largest id that was minted by then, if it is asked what was known.
    pub(crate) fn newest_id(self) -> Option<Id> {
        let millis = u64::try_from(self.known_at?.as_millis()).unwrap_or(0);
        Some(Id((millis.saturating_add(1) << COUNTER_BITS).saturating_sub(1)))
    }

    /// Tells whether an id was minted later than what was known.
    pub(crate) fn is_before(self, id: Id) -> bool {
        self.newest_id().is_some_and(|newest| id > newest)
    }

    /// Tells whether a record, read as it was known then, stood then.
    pub(crate) fn finds(self, record: &Record, now: Timestamp) -> bool {
        self.unmet(record, now).is_none() || (self.is_now() && record.is_superseded() && !record.is_expired(now))
    }

    /// Returns what keeps a record, read as it was known then, from holding then; `None` if it held.
    pub(crate) fn unmet(self, record: &Record, now: Timestamp) -> Option<Unmet> {
        let at = self.true_at.or(self.known_at).unwrap_or(now);
        // What is said without a start is not known to have held before it was said.
        let begins = record.valid_from.or(record.happened_at).unwrap_or(record.recorded_at);
        let held = || (record.valid_from, record.ended_by);
        match () {
            () if record.forgotten_at.is_some() => record.forgotten_at.map(Unmet::Forgotten),
            () if record.retracted_at.is_some() => record.retracted_at.map(Unmet::Retracted),
            () if record.valid_to.is_some_and(|end| at >= end) => {
                let (from, by) = held();
                record.valid_to.map(|to| Unmet::Over { from, to, by })
            }
            () if record.is_expired(at) => record.expires_at.map(Unmet::Expired),
            () if self.true_at.is_some() && begins > at => Some(match (record.valid_from, record.happened_at) {
                (Some(from), _) => Unmet::NotYet { from, to: record.valid_to },
                (None, Some(at)) => Unmet::Happened(at),
                (None, None) => Unmet::Said(record.recorded_at),
            }),
            () => None,
        }
    }
}

/// Why a record does not hold at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unmet {
    Forgotten(Timestamp),
    Retracted(Timestamp),
    /// It had ended, perhaps by what took its place.
    Over {
        from: Option<Timestamp>,
        to: Timestamp,
        by: Option<Id>,
    },
    Expired(Timestamp),
    NotYet {
        from: Timestamp,
        to: Option<Timestamp>,
    },
    Happened(Timestamp),
    /// Nobody said since when it holds.
    Said(Timestamp),
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forgotten(at) => write!(f, "it was forgotten at {at}"),
            Self::Retracted(at) => write!(f, "it was wrong, and retracted at {at}"),
            Self::Over { from, to, by } => {
                match from {
                    Some(from) => write!(f, "it held from {from} to {to}")?,
                    None => write!(f, "it held until {to}")?,
                }
                by.map_or(Ok(()), |by| write!(f, ", superseded by {by}"))
            }
            Self::Expired(at) => write!(f, "it expired at {at}"),
            Self::NotYet { from, to: Some(to) } => write!(f, "it holds from {from} to {to}"),
            Self::NotYet { from, to: None } => write!(f, "it holds from {from}"),
            Self::Happened(at) => write!(f, "it happened at {at}"),
            Self::Said(at) => write!(f, "it was said at {at}, and not since when it holds"),
        }
    }
}

/// Returns the commit that the journal begins with. It never changes, and finding it reads the name of every commit.
fn first_commit(inner: &Inner, view: &View<'_>) -> Result<Option<Id>> {
    if let Some(first) = inner.first_commit.get() {
        return Ok(Some(*first));
    }
    // Newest first, as the store orders them.
    let oldest = view.quads(None, Some(vocab::ORDER), None, Some(vocab::JOURNAL.into())).last().transpose()?;
    let first = oldest.and_then(|quad| subject_id(&quad.subject));
    Ok(first.map(|first| *inner.first_commit.get_or_init(|| first)))
}

/// Refuses to look from before the first commit.
pub(crate) fn nothing_known(known_at: Timestamp, first: Option<Id>) -> Error {
    let since = first.map_or_else(String::new, |first| format!("; the first commit is of {}", first.minted_at()));
    Error::new(ErrorKind::Invalid, format!("nothing was known yet at {known_at}{since}"))
        .hint("give a later moment, or leave it out for now")
}
