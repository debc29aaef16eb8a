//! Proposals as they travel: flat JSON, the same from a tool call, a request or a line of a file.

use hydra_graph::{Evidence, Id, NewProposal, Suggestion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure a proposer is that does not say.
const USUAL_CONFIDENCE: f32 = 0.5;

/// A proposal: a kind with its own fields, and what it rests on.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
pub struct Proposal {
    /// What is proposed.
    #[serde(flatten)]
    pub suggestion: Suggestion,
    /// The space it belongs to.
    #[serde(default)]
    pub space: Option<String>,
    /// What it rests on: ids, or ids with a quote.
    #[serde(default)]
    pub evidence: Vec<Basis>,
    /// How sure the proposer is, from 0 to 1.
    #[serde(default)]
    pub confidence: Option<f32>,
}

/// A text that a proposal rests on.
#[derive(Clone, Debug, JsonSchema, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Basis {
    /// Its id.
    Text(Id),
    /// Its id and the words in it.
    Quoted(Evidence),
}

impl Proposal {
    /// Fills in what was left out.
    pub fn into_new(self, default_space: &str) -> NewProposal {
        let evidence = self.evidence.into_iter().map(|basis| match basis {
            Basis::Text(id) => Evidence { id, quote: None },
            Basis::Quoted(evidence) => evidence,
        });
        NewProposal {
            suggestion: self.suggestion,
            space: self.space.unwrap_or_else(|| default_space.to_owned()),
            evidence: evidence.collect(),
            confidence: self.confidence.unwrap_or(USUAL_CONFIDENCE),
        }
    }
}
