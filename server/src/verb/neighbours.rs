//! `neighbours` as a request.

use hydra_graph::{Memory, NeighboursRequest, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Neighbours of a page when no limit is given.
const DEFAULT_PAGE: usize = 20;

/// Asks what an entity is tied to, the strongest first.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Neighbours {
    /// A name, an alias or an id.
    pub of: String,
    /// Only these ties; all if there are none.
    pub predicates: Vec<String>,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// Only what was true then.
    pub as_of: Option<String>,
    /// Only what was known then.
    pub known_at: Option<String>,
    /// Goes on after this place.
    pub after: Option<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

impl Verb for Neighbours {
    const NAME: &'static str = "neighbours";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let request = NeighboursRequest {
            of: self.of,
            predicates: self.predicates,
            spaces: self.spaces,
            moment: when::of(self.as_of, self.known_at, session.now())?,
            after: self.after.map(|after| after.parse()).transpose()?,
            first: self.limit.unwrap_or(DEFAULT_PAGE),
        };
        // Of a name that nobody said there, the space may be what is wrong.
        match super::unknown_spaces(memory, &request.spaces)? {
            Some(error) => Err(error),
            None => super::json(&memory.neighbours(&request)?),
        }
    }
}
