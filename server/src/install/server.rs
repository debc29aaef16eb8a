//! The MCP server as `claude mcp add` writes it, and its entry among those of others.

use hydra_graph::{Error, ErrorKind, Result};
use jsonc_parser::json;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::document::{Document, has_comment, member, object_at, value_of};
use super::program::Invocation;

/// The key of servers in the file.
pub const SERVERS_KEY: &str = "mcpServers";
/// The name of ours: the tools are called `mcp__hydra__recall` and so on.
pub const NAME: &str = "hydra";
/// The command that speaks MCP.
const COMMAND: &str = "mcp";

/// How an entry ran before that somebody else had made for this program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
}

/// Has the server run by `invocation`. Of an entry that is there for this program only the program and its arguments are
/// changed, and returned as they were.
///
/// # Errors
/// `Conflict` when another server has the name; `Invalid` when the file is not made as Claude Code reads it.
pub fn put(document: &Document, invocation: &Invocation) -> Result<Option<Previous>> {
    let top = document.object_or_made();
    let servers = match object_at(&top, SERVERS_KEY)? {
        Some(servers) => servers,
        None => top.object_value_or_set(SERVERS_KEY),
    };
    let arguments = invocation.arguments(&[COMMAND]);
    let Some(own) = member(&servers, NAME)? else {
        let entry = json!({
            "type": "stdio",
            "command": (invocation.program.as_str()),
            "args": arguments,
            "env": {}
        });
        servers.append(NAME, entry);
        return Ok(None);
    };
    let value = own.value().map(|value| value_of(&value)).unwrap_or_default();
    let (true, Some(entry)) = (is_ours(&value), own.object_value()) else {
        return Err(Error::new(ErrorKind::Conflict, format!("another MCP server is called `{NAME}`")).hint(format!(
            "take it out or rename it (claude mcp remove {NAME}), and run this again; nothing was changed"
        )));
    };
    let previous = Previous {
        command: value["command"].as_str().unwrap_or_default().to_owned(),
        args: serde_json::from_value(value["args"].clone()).unwrap_or_default(),
    };
    let wanted = Previous { command: invocation.program.clone(), args: arguments };
    if previous == wanted {
        return Ok(None);
    }
    set(&entry, &wanted);
    Ok(Some(previous))
}

/// Takes the entry out, or gives it back what it had, and takes out what then is empty, but for what `kept` names.
///
/// # Errors
/// As [`put`].
pub fn take(document: &Document, kept: &[String], previous: Option<&Previous>) -> Result<()> {
    let Some(top) = document.object() else { return Ok(()) };
    let Some(servers) = object_at(&top, SERVERS_KEY)? else { return Ok(()) };
    let Some(own) = member(&servers, NAME)? else { return Ok(()) };
    if !own.value().is_some_and(|value| is_ours(&value_of(&value))) {
        return Ok(());
    }
    match (previous, own.object_value()) {
        (Some(previous), Some(entry)) => set(&entry, previous),
        _ => own.remove(),
    }
    let is_left = servers.properties().is_empty() && !has_comment(&servers.into());
    if is_left
        && !kept.iter().any(|kept| kept == SERVERS_KEY)
        && let Some(member) = top.get(SERVERS_KEY)
    {
        member.remove();
    }
    Ok(())
}

/// As [`super::hook_groups::containers`].
///
/// # Errors
/// As [`put`].
pub fn containers(document: &Document) -> Result<Vec<String>> {
    let servers = match document.object() {
        Some(top) => object_at(&top, SERVERS_KEY)?,
        None => None,
    };
    Ok(servers.map(|_| SERVERS_KEY.to_owned()).into_iter().collect())
}

/// Returns the entry, if it is ours.
///
/// # Errors
/// As [`put`].
pub fn own(document: &Document) -> Result<Option<Value>> {
    let Some(top) = document.object() else { return Ok(None) };
    let Some(servers) = object_at(&top, SERVERS_KEY)? else { return Ok(None) };
    let value = member(&servers, NAME)?.and_then(|own| own.value()).map(|value| value_of(&value));
    Ok(value.filter(is_ours))
}

/// Tells whether an entry starts this program, however it got there.
pub fn is_ours(entry: &Value) -> bool {
    Invocation::is_program(&entry["command"]) && entry["args"][0] == COMMAND
}

fn set(entry: &jsonc_parser::cst::CstObject, wanted: &Previous) {
    if let Some(command) = entry.get("command") {
        command.set_value(json!(wanted.command.as_str()));
    }
    if let Some(args) = entry.get("args") {
        args.set_value(wanted.args.clone().into());
    }
}
