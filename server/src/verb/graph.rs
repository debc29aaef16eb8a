//! `graph` as a request.

use hydra_graph::{GraphRequest, Memory, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks what an entity is tied to.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Graph {
    /// A name, an alias or an id.
    pub entity: String,
    /// How many steps away; 1 if left out.
    pub depth: Option<usize>,
    /// Only these ties; all if there are none.
    pub predicates: Vec<String>,
    /// Also the shortest paths to this one.
    pub to: Option<String>,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// Only what was true then.
    pub as_of: Option<String>,
    /// Only what was known then.
    pub known_at: Option<String>,
}

impl Verb for Graph {
    const NAME: &'static str = "graph";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let request = GraphRequest {
            of: self.entity,
            depth: self.depth.unwrap_or(1),
            predicates: self.predicates,
            to: self.to,
            spaces: self.spaces,
            moment: when::of(self.as_of, self.known_at, session.now())?,
        };
        // Of a name that nobody said there, the space may be what is wrong.
        match super::unknown_spaces(memory, &request.spaces)? {
            Some(error) => Err(error),
            None => super::json(&memory.graph(&request)?),
        }
    }
}
