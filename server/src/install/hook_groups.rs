//! Our entries among the groups of hooks in the settings, where others have theirs.

use hydra_graph::Result;
use jsonc_parser::cst::{CstArray, CstNode, CstObject};
use jsonc_parser::json;

use super::document::{Document, all_words, has_comment, list_at, object_at, value_of};
use super::hook::{HOOKS, HOOKS_KEY, is_ours};
use super::program::Invocation;

/// The list of commands in a group; it is called as the object that has the groups.
const COMMANDS_KEY: &str = "hooks";

/// Has each event run `invocation` once. Of what is ours already only the program and its arguments are changed, and
/// only if they are others: a timeout or a matcher that somebody set stays.
///
/// # Errors
/// `Invalid` when the settings are not made as Claude Code reads them.
pub fn put(document: &Document, invocation: &Invocation) -> Result<()> {
    let top = document.object_or_made();
    let hooks = match object_at(&top, HOOKS_KEY)? {
        Some(hooks) => hooks,
        None => top.object_value_or_set(HOOKS_KEY),
    };
    // What another version hooked and this one does not.
    for event in events(&hooks).iter().filter(|event| HOOKS.iter().all(|hook| hook.event != **event)) {
        take_event(&hooks, event, &[]);
    }
    for hook in HOOKS {
        let list = match list_at(&hooks, hook.event)? {
            Some(list) => list,
            None => hooks.array_value_or_set(hook.event),
        };
        let mut own = own_entries(&list, hook.event).into_iter();
        match own.next() {
            None => {
                list.append(hook.group(invocation));
            }
            Some((_, entry)) => update(&entry, invocation, hook.words()),
        }
        own.for_each(|(group, entry)| take_entry(group, entry));
    }
    Ok(())
}

/// Takes every entry of ours out, and what then is empty, but for what `kept` names: that was there before.
///
/// # Errors
/// As [`put`].
pub fn take(document: &Document, kept: &[String]) -> Result<()> {
    let Some(top) = document.object() else { return Ok(()) };
    let Some(hooks) = object_at(&top, HOOKS_KEY)? else { return Ok(()) };
    for event in events(&hooks) {
        take_event(&hooks, &event, kept);
    }
    let is_left = hooks.properties().is_empty() && !has_comment(&hooks.into());
    if is_left
        && !kept.iter().any(|kept| kept == HOOKS_KEY)
        && let Some(member) = top.get(HOOKS_KEY)
    {
        member.remove();
    }
    Ok(())
}

/// Names what holds entries: all that must not go with ours because it was there before.
///
/// # Errors
/// As [`put`].
pub fn containers(document: &Document) -> Result<Vec<String>> {
    let Some(top) = document.object() else { return Ok(Vec::new()) };
    let Some(hooks) = object_at(&top, HOOKS_KEY)? else { return Ok(Vec::new()) };
    Ok([HOOKS_KEY.to_owned()].into_iter().chain(events(&hooks).iter().map(|event| container(event))).collect())
}

/// Returns the entries of ours, as program and arguments, by their event.
///
/// # Errors
/// As [`put`].
pub fn own(document: &Document) -> Result<Vec<(String, serde_json::Value)>> {
    let Some(top) = document.object() else { return Ok(Vec::new()) };
    let Some(hooks) = object_at(&top, HOOKS_KEY)? else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for event in events(&hooks) {
        let Some(list) = hooks.array_value(&event) else { continue };
        let own = own_entries(&list, &event);
        found.extend(own.into_iter().map(|(_, entry)| (event.clone(), value_of(&entry.into()))));
    }
    Ok(found)
}

/// Collects the words of a group that are not ours.
pub fn foreign(group: &CstNode, event: &str, words: &mut Vec<String>) {
    let commands = group.as_object().and_then(|object| object.array_value(COMMANDS_KEY));
    let Some(commands) = commands else { return all_words(group, words) };
    let is_own = |entry: &CstNode| is_ours(&value_of(entry), event);
    let entries = commands.elements();
    if !entries.iter().any(is_own) {
        return all_words(group, words);
    }
    if entries.iter().all(is_own) && group.as_object().is_some_and(|group| is_bare(&group)) {
        return;
    }
    for member in group.children() {
        let is_commands =
            member.as_object_prop().is_some_and(|member| member.decoded_name().as_deref() == Some(COMMANDS_KEY));
        for part in member.children().iter().filter(|_| is_commands) {
            match part.as_array() {
                Some(list) => list.children().iter().filter(|entry| !is_own(entry)).for_each(|it| all_words(it, words)),
                None => all_words(part, words),
            }
        }
        if !is_commands {
            all_words(&member, words);
        }
    }
}

/// Takes the entries of one event out, and the event itself if it is empty then and `kept` does not name it.
fn take_event(hooks: &CstObject, event: &str, kept: &[String]) {
    let Some(list) = hooks.array_value(event) else { return };
    let own = own_entries(&list, event);
    if own.is_empty() {
        return;
    }
    own.into_iter().for_each(|(group, entry)| take_entry(group, entry));
    if list.elements().is_empty()
        && !has_comment(&list.into())
        && !kept.contains(&container(event))
        && let Some(member) = hooks.get(event)
    {
        member.remove();
    }
}

fn events(hooks: &CstObject) -> Vec<String> {
    hooks.properties().iter().filter_map(|member| member.decoded_name()).collect()
}

fn container(event: &str) -> String {
    format!("{HOOKS_KEY}.{event}")
}

/// Finds entries of ours with the group that each is in.
fn own_entries(list: &CstArray, event: &str) -> Vec<(CstObject, CstObject)> {
    let mut found = Vec::new();
    for group in list.elements().iter().filter_map(CstNode::as_object) {
        let commands = group.array_value(COMMANDS_KEY).map(|commands| commands.elements()).unwrap_or_default();
        let own = commands.iter().filter(|entry| is_ours(&value_of(entry), event)).filter_map(CstNode::as_object);
        found.extend(own.map(|entry| (group.clone(), entry)));
    }
    found
}

/// Takes an entry out, and its group too if it was only there for it.
fn take_entry(group: CstObject, entry: CstObject) {
    entry.remove();
    let is_left = group.array_value(COMMANDS_KEY).is_some_and(|commands| commands.elements().is_empty());
    if is_left && is_bare(&group) {
        group.remove();
    }
}

/// Tells whether a group says only which commands run when.
fn is_bare(group: &CstObject) -> bool {
    let mut names = group.properties().into_iter().filter_map(|member| member.decoded_name());
    names.all(|name| name == COMMANDS_KEY || name == "matcher")
}

fn update(entry: &CstObject, invocation: &Invocation, words: [&str; 2]) {
    let value = value_of(&entry.clone().into());
    let arguments = invocation.arguments(&words);
    if value["command"] != invocation.program
        && let Some(command) = entry.get("command")
    {
        command.set_value(json!(invocation.program.as_str()));
    }
    if value["args"] != serde_json::json!(arguments)
        && let Some(list) = entry.get("args")
    {
        list.set_value(arguments.into());
    }
}
