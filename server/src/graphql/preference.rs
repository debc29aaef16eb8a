//! Preferences: what is wanted or to be avoided.

use async_graphql::{Enum, SimpleObject};
use serde::Deserialize;

/// Whether something is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[graphql(remote = "hydra_graph::Polarity")]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// It is.
    For,
    /// It is to be avoided.
    Against,
}

/// What a memory says as a preference.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Preference {
    /// What it is about.
    topic: Option<String>,
    /// What is wanted or to be avoided.
    value: String,
    /// Whether it is wanted.
    polarity: Polarity,
    /// Whose it is; the owner's if nobody is named.
    holder: Option<String>,
    /// The path or name that it applies to; everywhere if there is none.
    scope: Option<String>,
    /// `in_force`, or `candidate` while it was inferred too seldom or stands against something.
    status: String,
    /// Whether nobody said so in so many words.
    inferred: bool,
    /// How many independent voices say it.
    observations: usize,
    /// How often it was told.
    times_seen: usize,
}
