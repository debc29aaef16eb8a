//! `sparql_update` as a request, for whoever speaks another language than the SPARQL protocol.

use hydra_graph::{Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Right, Session, Verb};

/// Changes graphs of the user's own, or tells memories, by an update in SPARQL.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SparqlUpdate {
    /// The update.
    pub update: String,
    /// Why.
    pub reason: Option<String>,
    /// Works it out and checks it, and writes nothing.
    pub dry_run: bool,
}

impl Verb for SparqlUpdate {
    const NAME: &'static str = "sparql_update";
    const RIGHT: Right = Right::Write;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let update = hydra_graph::SparqlUpdate {
            text: self.update,
            reason: self.reason,
            is_dry_run: self.dry_run,
            ..hydra_graph::SparqlUpdate::default()
        };
        super::json(&memory.sparql_update_in_time(&update, &session.agent)?)
    }
}
