//! `propose`, `proposals`, `accept`, `reject` and `enrichment` as requests.

use hydra_graph::{Agent, Error, ErrorKind, Id, Memory, Result, Trust};
use hydra_mcp::proposal::Proposal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Asks to put proposals into the queue.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Propose {
    /// The proposals.
    pub proposals: Vec<Proposal>,
    /// The model or program that made them.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Propose {
    const NAME: &'static str = "propose";
    const RIGHT: Right = Right::Write;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let all = self.proposals.into_iter().map(|one| one.into_new(&session.default_space)).collect();
        let agent = match self.by {
            // Whoever holds a token has a name already, and would be many voices by others.
            Some(_) if session.agent.trust < Trust::Owner => {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    format!("proposals of this token are made by {}", session.agent.name),
                )
                .hint("leave `by` out"));
            }
            Some(by) if by.trim().is_empty() || by.len() > hydra_graph::MAX_NAME_BYTES => {
                return Err(Error::new(ErrorKind::Invalid, "that is no name of a proposer")
                    .hint("give the model's or program's name, or leave it out"));
            }
            Some(by) => Agent::named(by.trim()),
            None => session.agent.clone(),
        };
        Ok(json!({"proposals": super::json(&memory.propose(all, self.reason, &agent)?)?}))
    }
}

/// Asks what waits.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Proposals {
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
}

impl Verb for Proposals {
    const NAME: &'static str = "proposals";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        Ok(json!({"proposals": super::json(&memory.proposals(&self.spaces)?)?}))
    }
}

/// Asks what waits, and which texts nothing is known of.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Enrichment {
    /// Only of these spaces; all if there are none.
    pub spaces: Vec<String>,
}

impl Verb for Enrichment {
    const NAME: &'static str = "enrichment";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        super::json(&memory.enrichment(&self.spaces)?)
    }
}

/// Asks to accept proposals.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// Which.
    pub ids: Vec<Id>,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Accept {
    const NAME: &'static str = "accept";
    const RIGHT: Right = Right::Approve;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        Ok(json!({"decided": super::json(&memory.accept(&self.ids, self.reason.as_deref(), &session.agent)?)?}))
    }
}

/// Asks to reject proposals.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reject {
    /// Which.
    pub ids: Vec<Id>,
    /// Why.
    pub reason: Option<String>,
}

impl Verb for Reject {
    const NAME: &'static str = "reject";
    const RIGHT: Right = Right::Approve;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        Ok(json!({"decided": super::json(&memory.reject(&self.ids, self.reason.as_deref(), &session.agent)?)?}))
    }
}
