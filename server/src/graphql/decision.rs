//! Decisions: what was chosen, from what and why, and which of them replaced each other.

use async_graphql::{Enum, SimpleObject};
use serde::Deserialize;

use super::scalar::{DateTime, NodeId};

/// What became of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[graphql(remote = "hydra_graph::Verdict")]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was chosen.
    Chosen,
    /// It was not.
    Rejected,
    /// Nobody said.
    Considered,
}

/// An option of a decision.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
#[graphql(name = "Option")]
pub struct Choice {
    /// What it is.
    option: String,
    /// What became of it.
    verdict: Verdict,
    /// Why; empty if nobody said.
    #[serde(default)]
    why: String,
}

/// What a memory says as a decision.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Decision {
    /// What was decided.
    decided: String,
    /// What there was to choose from.
    #[serde(default)]
    options: Vec<Choice>,
    /// Why.
    #[serde(default)]
    reasons: Vec<String>,
    /// The file, folder, project, person or thing that it applies to; everywhere if there is none.
    applies_to: Option<String>,
}

/// One decision of those that replaced each other.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct DecisionLink {
    /// The decision.
    id: NodeId,
    /// How its text begins; empty for what was forgotten.
    text: String,
    /// When it was recorded.
    recorded_at: DateTime,
    /// What took its place.
    superseded_by: Option<NodeId>,
}
