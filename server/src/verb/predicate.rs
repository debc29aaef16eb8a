//! `predicates` and `declare` as requests.

use hydra_graph::{Memory, PredicateInfo, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Right, Session, Verb};

/// Asks what facts can say.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Predicates {}

impl Verb for Predicates {
    const NAME: &'static str = "predicates";
    const RIGHT: Right = Right::Read;

    fn run(self, memory: &Memory, _session: &Session) -> Result<Value> {
        Ok(json!({"predicates": super::json(&memory.predicates()?)?}))
    }
}

/// Asks to declare a predicate.
#[derive(Debug, Default, JsonSchema, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Declare {
    /// As it stands in a sentence.
    pub label: String,
    /// Other ways to say it.
    pub aliases: Vec<String>,
    /// Whether it has one value at a time.
    pub functional: bool,
    /// Whether it holds the other way round too.
    pub symmetric: bool,
    /// Whether its objects are texts and no entities.
    pub text: bool,
}

impl Verb for Declare {
    const NAME: &'static str = "declare";
    const RIGHT: Right = Right::Admin;
    const MAY_BEGIN: bool = true;

    fn run(self, memory: &Memory, session: &Session) -> Result<Value> {
        let new = PredicateInfo {
            label: self.label,
            aliases: self.aliases,
            functional: self.functional,
            symmetric: self.symmetric,
            entities: !self.text,
            iri: String::new(),
        };
        let (declared, commit) = memory.declare(new, &session.agent)?;
        Ok(json!({"predicate": super::json(&declared)?, "commit": commit}))
    }
}
