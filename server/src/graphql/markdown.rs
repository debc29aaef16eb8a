//! A text as it is meant to be read.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A text taken apart: the nodes that mdast (Markdown Abstract Syntax Tree) gives its root.
pub struct Markdown(Vec<hydra_ingest::Node>);

impl Markdown {
    /// Takes a text apart; nothing if it reads as it is written.
    pub fn of(text: &str) -> Option<Self> {
        hydra_ingest::tree(text).map(Self)
    }
}

/// A text taken apart into a list of mdast nodes, as `[{"type": "paragraph", "children": [{"type": "text", "value": "…"}]}]`.
/// Beside those of GFM there are `wikiLink` (`value` is the note's name, `alias` what is shown), `tag` and `highlight`.
/// HTML in it is the value of an `html` node: to be shown, never to be run.
#[Scalar(name = "Markdown", specified_by_url = "https://github.com/syntax-tree/mdast")]
impl ScalarType for Markdown {
    fn parse(value: Value) -> InputValueResult<Self> {
        Err(InputValueError::expected_type(value))
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(&self.0).and_then(Value::from_json).unwrap_or_default()
    }
}
