//! `enrich` as a request.

use hydra_graph::{Error, ErrorKind, Memory, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{LongVerb, Right, Session, Watch};
use crate::enrich::Ended;
use crate::outcome;

/// Asks to have a model say what texts state of which nothing is known.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrich {
    /// At most so many texts; as many as the hour has requests if it is left out.
    pub limit: Option<usize>,
    /// Shows only what would be sent, and sends nothing.
    pub dry_run: bool,
}

impl LongVerb for Enrich {
    const NAME: &'static str = "enrich";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = false;

    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value> {
        let Some(enricher) = &session.enricher else {
            let restart = if session.server.is_some() { ", and restart the server" } else { "" };
            return Err(Error::new(ErrorKind::Invalid, "no model is configured to be asked")
                .hint(format!("set url and model in [enrichment] of the configuration{restart}; nothing was sent")));
        };
        let limit = self.limit.unwrap_or(usize::MAX);
        if self.dry_run {
            let texts = super::json(&enricher.plan(memory, limit)?)?;
            return Ok(json!({"dry_run": true, "texts": texts, "enrichment": enricher.status()}));
        }
        let stop = watch.stop();
        let round = enricher.run(memory, limit, &stop, &mut |done, total| {
            watch.tell(json!({"event": "text", "done": done, "total": total}));
        })?;
        let mut answer = super::json(&round)?;
        if let Some(error) = round.error.filter(|_| round.ended == Ended::Failed) {
            answer["error"] = outcome::error_json(&error)["error"].clone();
        }
        answer["enrichment"] = enricher.status();
        Ok(answer)
    }
}
