//! `query` as a request.

use hydra_graph::{AnswerFormat, DEFAULT_ROWS, Memory, QueryRequest, Result};
use hydra_mcp::when;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Asks in SPARQL.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Query {
    /// The query.
    pub query: String,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// With the facts that held then as plain statements.
    pub as_of: Option<String>,
    /// As it was known then.
    pub known_at: Option<String>,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// Also as a text in this format: json, xml, csv, tsv, turtle, ntriples, trig, nquads, rdfxml or jsonld.
    pub format: Option<String>,
}

impl Verb for Query {
    const NAME: &'static str = "query";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let request = QueryRequest {
            text: self.query,
            spaces: self.spaces,
            moment: when::of(self.as_of, self.known_at, session.now())?,
            limit: self.limit.unwrap_or(DEFAULT_ROWS),
            format: self.format.map(|format| format.parse::<AnswerFormat>()).transpose()?,
        };
        let mut answer = super::json(&memory.query(&request)?)?;
        super::note_unknown_spaces(memory, &request.spaces, &mut answer)?;
        Ok(answer)
    }
}
