//! Learnings: when they apply and how they did.

use async_graphql::{Enum, SimpleObject};
use serde::Deserialize;

/// How it went when a lesson was followed, or learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[graphql(remote = "hydra_graph::Outcome")]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did what it should.
    Worked,
    /// It did not: the lesson is what to avoid.
    Failed,
    /// Partly, or sometimes so and sometimes not.
    Mixed,
}

/// What a memory says as a learning.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Learning {
    /// When it applies.
    trigger: String,
    /// What to do then, or to avoid.
    lesson: String,
    /// How it went.
    outcome: Outcome,
    /// The files or folders it applies to; anywhere if there are none.
    #[serde(default)]
    paths: Vec<String>,
    /// How often it was learned.
    times_seen: usize,
    /// How often it was reported to have helped.
    times_helped: usize,
    /// How often it was reported to have hurt.
    times_hurt: usize,
}
