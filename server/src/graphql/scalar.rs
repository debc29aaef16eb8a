//! What is neither an object nor a plain word: ids and points in time.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use hydra_graph::{Id, Timestamp};
use serde::{Deserialize, Serialize};

/// The id of a memory, an entity, a commit or anything else, as recall prints it: 13 letters and digits, in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub Id);

/// The id of a memory, an entity, a commit or anything else: 13 letters and digits, of which those that were made later
/// sort later.
#[Scalar(name = "NodeID")]
impl ScalarType for NodeId {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => text.parse().map(Self).map_err(|error: hydra_graph::Error| {
                InputValueError::custom(error.message()).with_extension("hint", error.next_step().unwrap_or_default())
            }),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateTime(pub Timestamp);

/// A point in time by RFC 3339, in UTC, to the millisecond: 2026-01-31T12:00:00Z.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => {
                text.parse().map(Self).map_err(|error: hydra_graph::Error| InputValueError::custom(error.message()))
            }
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A point in time as people write it; read by the verb that it is handed to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct When(pub String);

/// A point in time as people write it: 2026-01-31T12:00:00Z, 2026-01-31 (UTC), or how long ago, as 7d or 2 weeks.
#[Scalar(name = "When")]
impl ScalarType for When {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Takes the words out, for a verb.
pub fn words(when: Option<When>) -> Option<String> {
    when.map(|when| when.0)
}

/// Takes the ids out, for a verb.
pub fn ids(ids: Vec<NodeId>) -> Vec<Id> {
    ids.into_iter().map(|id| id.0).collect()
}
