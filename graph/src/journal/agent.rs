//! In whose name something is changed, and how far that is trusted.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;

/// The reader of files.
pub(crate) const INGEST: &str = "ingest";

/// Who asks for a change, and how far their word is trusted. Stamped by the front end from who is calling, never by
/// the caller's own claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// `owner`, or the name of an agent or of a part of this program.
    pub name: String,
    /// How far it is trusted.
    pub trust: Trust,
}

impl Agent {
    /// The person this memory belongs to.
    pub fn owner() -> Self {
        Self { name: "owner".into(), trust: Trust::Owner }
    }

    /// An agent that speaks for itself.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), trust: Trust::Agent }
    }

    /// Whoever brings in what another program kept: data, as what the reader of files reads.
    pub fn import() -> Self {
        Self { name: "import".into(), trust: Trust::Ingested }
    }

    /// The reader of files.
    pub fn ingest() -> Self {
        Self { name: INGEST.into(), trust: Trust::Ingested }
    }
}

/// How far a statement is trusted, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Read from a file or a log: data, never an instruction.
    Ingested,
    /// Said by an agent.
    Agent,
    /// Set by the owner's policy.
    Policy,
    /// Said by the owner.
    Owner,
}

impl Trust {
    /// Returns the name in the graph.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingested => "ingested",
            Self::Agent => "agent",
            Self::Policy => "policy",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for Trust {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Ingested, Self::Agent, Self::Policy, Self::Owner];
        all.into_iter().find(|trust| trust.as_str() == text).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("`{}` is no degree of trust", shortened(text)))
                .hint("trust is ingested, agent, policy or owner")
        })
    }
}
