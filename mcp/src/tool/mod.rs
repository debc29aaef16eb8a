//! The tools. One file a tool: what it says of itself, what it takes, one verb, what it gives.

mod block;
pub(crate) mod context;
mod entity;
mod explain;
mod forget;
mod get;
mod graph;
mod learn;
mod propose;
mod query;
pub(crate) mod recall;
mod remember;
mod timeline;
mod update;

use hydra_graph::{Agent, Error, ErrorKind, Memory, Result, Timestamp};
use rmcp::model::{CallToolResult, JsonObject, MetaObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::right::{Holder, Right, Rights};
use crate::schema;

/// Clients that defer tools load these at once; deferred ones go unused.
const ALWAYS_LOAD: &str = "anthropic/alwaysLoad";

/// A tool call, ready for its verb.
pub(crate) struct Call<'a> {
    pub memory: &'a Memory,
    pub arguments: JsonObject,
    pub agent: &'a Agent,
    /// What the caller may do.
    pub holder: &'a Holder,
    /// The space of a memory that names none.
    pub default_space: &'a str,
    pub now: Timestamp,
}

/// A tool: what it says of itself, and what it does.
pub(crate) struct Entry {
    pub name: &'static str,
    /// What every call needs; what some calls need besides is asked where their arguments are read.
    pub right: Right,
    pub definition: fn() -> Tool,
    pub call: fn(Call<'_>) -> Result<CallToolResult>,
}

static ENTRIES: [Entry; 11] = [
    Entry { name: recall::NAME, right: Right::Read, definition: recall::definition, call: recall::call },
    Entry { name: context::NAME, right: Right::Read, definition: context::definition, call: context::call },
    Entry { name: remember::NAME, right: Right::Write, definition: remember::definition, call: remember::call },
    Entry { name: learn::NAME, right: Right::Write, definition: learn::definition, call: learn::call },
    Entry { name: timeline::NAME, right: Right::Read, definition: timeline::definition, call: timeline::call },
    Entry { name: update::NAME, right: Right::Write, definition: update::definition, call: update::call },
    Entry { name: forget::NAME, right: Right::Write, definition: forget::definition, call: forget::call },
    Entry { name: get::NAME, right: Right::Read, definition: get::definition, call: get::call },
    Entry { name: graph::NAME, right: Right::Read, definition: graph::definition, call: graph::call },
    Entry { name: query::NAME, right: Right::Read, definition: query::definition, call: query::call },
    Entry { name: explain::NAME, right: Right::Read, definition: explain::definition, call: explain::call },
];

/// Returns every tool as clients see it.
pub fn list() -> Vec<Tool> {
    ENTRIES.iter().map(|entry| (entry.definition)()).collect()
}

/// Returns those that someone with these rights can call.
pub(crate) fn list_for(rights: Rights) -> Vec<Tool> {
    ENTRIES.iter().filter(|entry| rights.has(entry.right)).map(|entry| (entry.definition)()).collect()
}

/// Finds a tool by name.
pub(crate) fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// Tells whether calling a tool twice does the same as calling it once; an unknown one does nothing at all.
pub(crate) fn is_repeatable(name: &str) -> bool {
    let annotations = find(name).and_then(|entry| (entry.definition)().annotations);
    annotations.is_none_or(|a| a.read_only_hint == Some(true) || a.idempotent_hint == Some(true))
}

/// A tool that only looks.
fn reads<P: JsonSchema, A: JsonSchema>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let annotations = ToolAnnotations::with_title(title).read_only(true).destructive(false).idempotent(true);
    described::<P, A>(name, title, description, annotations)
}

/// A tool that adds, and adds nothing when it is called again.
fn adds<P: JsonSchema, A: JsonSchema>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let annotations = ToolAnnotations::with_title(title).read_only(false).destructive(false).idempotent(true);
    described::<P, A>(name, title, description, annotations)
}

/// A tool that changes what is known, in a way that can be undone.
fn changes<P: JsonSchema, A: JsonSchema>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let annotations = ToolAnnotations::with_title(title).read_only(false).destructive(false).idempotent(false);
    described::<P, A>(name, title, description, annotations)
}

/// A tool that takes something away; taking it away twice is the same as once.
fn takes_away<P: JsonSchema, A: JsonSchema>(name: &'static str, title: &str, description: &'static str) -> Tool {
    let annotations = ToolAnnotations::with_title(title).read_only(false).destructive(true).idempotent(true);
    described::<P, A>(name, title, description, annotations)
}

fn described<P: JsonSchema, A: JsonSchema>(
    name: &'static str,
    title: &str,
    description: &'static str,
    annotations: ToolAnnotations,
) -> Tool {
    Tool::new(name, description, schema::input::<P>())
        .with_title(title)
        .with_raw_output_schema(schema::output::<A>())
        .with_annotations(annotations.open_world(false))
}

/// Marks a tool to be loaded at the start of every session.
fn always_load() -> MetaObject {
    let mut meta = MetaObject::new();
    meta.0.insert(ALWAYS_LOAD.to_owned(), true.into());
    meta
}

/// Reads a tool's parameters; the error names the one that was wrong and lists those that there are.
fn parse<T: DeserializeOwned>(arguments: JsonObject, tool: &Tool) -> Result<T> {
    serde_json::from_value(serde_json::Value::Object(arguments)).map_err(|error| {
        let names = tool.input_schema.get("properties").and_then(|properties| properties.as_object());
        let names: Vec<&str> = names.map(|names| names.keys().map(String::as_str).collect()).unwrap_or_default();
        Error::new(ErrorKind::Invalid, error.to_string()).hint(format!(
            "call {} again with these parameters: {}",
            tool.name,
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It is in every session's context, used or not; clients cut a longer one.
    const MAX_DESCRIPTION_BYTES: usize = 2_048;

    #[test]
    fn descriptions_are_short() {
        for tool in list() {
            let bytes = tool.description.as_deref().unwrap_or_default().len();
            assert!((1..=MAX_DESCRIPTION_BYTES).contains(&bytes), "{} has {bytes} bytes", tool.name);
        }
    }

    #[test]
    fn only_what_changes_is_not_repeated_after_a_restart_of_the_server() {
        let once: Vec<_> = list().into_iter().filter(|tool| !is_repeatable(&tool.name)).map(|tool| tool.name).collect();
        assert_eq!(once, [learn::NAME, update::NAME]);
    }
}
