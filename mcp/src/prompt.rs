//! Prompts: the four moments at which a person asks an agent to use the memory well.
//!
//! Each is a short request together with what is remembered of its subject, so that the agent starts from it.

use hydra_graph::{ContextRequest, Error, ErrorKind, MAX_QUERY_BYTES, Memory, Result};
use rmcp::ErrorData;
use rmcp::model::{ErrorCode, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

use crate::tool;

/// What a prompt is about; every one takes it.
const ABOUT: &str = "about";
/// It and what else it may be called; of several that are given the first counts.
const ABOUT_NAMES: [&str; 8] = [ABOUT, "subject", "for", "task", "entity", "topic", "project", "path"];
/// Arguments that did nothing and are named.
const MAX_IGNORED: usize = 5;

/// A prompt: what it says of itself, and what it asks for.
struct Entry {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// What the argument is, for whoever fills it in.
    about: &'static str,
    /// Stands in front of the subject.
    opening: &'static str,
    /// The subject if none is given.
    anything: &'static str,
    request: &'static str,
    /// What the memory's part may cost.
    budget_tokens: usize,
}

static ENTRIES: [Entry; 4] = [
    Entry {
        name: "brief",
        title: "Brief me",
        description: "What to know before starting on something.",
        about: "The task, project, person or path; what always applies if left out.",
        opening: "I am about to start on",
        anything: "my next piece of work",
        request: "\
Tell me in a few lines what matters for it in what is remembered below: decisions that stand and why, preferences to \
keep to, lessons from last time, what was left open. Name the ids you rely on. Recall what is missing, and say what \
you could not find. Do not start yet.",
        budget_tokens: 1_500,
    },
    Entry {
        name: "reflect",
        title: "Reflect",
        description: "At the end of work: keep what was learned.",
        about: "What the work was about; this session if left out.",
        opening: "The work is done on",
        anything: "what we did in this session",
        request: "\
Look back over it and call remember once for each thing that will matter in another session: kind `learning` for what \
to do differently next time and when it applies, `decision` for what was decided and why, `preference` for what I \
asked for more than once, `fact` for what turned out to be so. One statement each, in full sentences, with names and \
dates. Leave out what the files say already and what is remembered below; if something below proved wrong, remember \
what is right and say which id it replaces. Keep no secrets. What you only suspect, propose (update, op `propose`). End with a list of what you kept.",
        budget_tokens: 1_000,
    },
    Entry {
        name: "handoff",
        title: "Hand off",
        description: "Write down the state of work for the next session.",
        about: "The work to hand over; this session if left out.",
        opening: "I stop here and go on in another session with",
        anything: "what we are doing in this session",
        request: "\
Call remember once, with kind `episode` and the names of what it is about as entity: what the goal is, what is done \
and where, what was tried and did not work, what is open, and the very next step with its command or file. Write it \
for somebody who has seen nothing of this session, in fewer than 300 words. Decisions and lessons on the way are \
memories of their own. What is remembered already is below; do not repeat it, name its ids. End with the id of what \
you kept.",
        budget_tokens: 1_000,
    },
    Entry {
        name: "audit",
        title: "Audit",
        description: "Look for what contradicts itself or is stale.",
        about: "What to check; what always applies if left out.",
        opening: "Check what is remembered of",
        anything: "my preferences, decisions and lessons",
        request: "\
Start with what is below and recall more of it. Look for memories that contradict each other or the files, that say \
the same twice, that were true once, or that nobody can understand alone. For each: the ids, what is wrong, which one \
you would keep and why; get with view `history` or `provenance` says where it comes from. Change nothing by \
yourself: propose, and when I agree remember what is right. I take out the wrong ones with `hydra forget ID`.",
        budget_tokens: 4_000,
    },
];

/// Returns every prompt as clients see it.
pub(crate) fn list() -> Vec<Prompt> {
    let prompt = |entry: &Entry| {
        let about = PromptArgument::new(ABOUT).with_description(entry.about).with_required(false);
        Prompt::new(entry.name, Some(entry.description), Some(vec![about])).with_title(entry.title)
    };
    ENTRIES.iter().map(prompt).collect()
}

/// Writes a prompt out.
///
/// # Errors
/// `NotFound` when there is none of that name, `Invalid` when its argument is no text or too long.
pub(crate) fn get(memory: &Memory, name: &str, arguments: &JsonObject) -> Result<GetPromptResult> {
    let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) else {
        let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.name).collect();
        let start: String = name.chars().take(80).collect();
        return Err(Error::new(ErrorKind::NotFound, format!("there is no prompt `{start}`"))
            .hint(format!("the prompts are {}", names.join(", "))));
    };
    let (name_of_about, about) = subject(arguments)?;
    let context = memory.context(&ContextRequest {
        about: about.clone(),
        budget_tokens: Some(entry.budget_tokens),
        ..ContextRequest::default()
    })?;
    let known = match context.text.is_empty() {
        true => "Nothing is remembered of it yet.".to_owned(),
        false => format!("What is remembered:\n\n{}", tool::context::text(&context).trim()),
    };
    let about = about.as_deref().unwrap_or(entry.anything);
    let ignored = ignored(entry.name, arguments, name_of_about);
    let text = format!("{}: {about}\n\n{}\n\n{known}{ignored}", entry.opening, entry.request);
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(entry.description))
}

/// Spells a failure as the protocol wants it.
pub(crate) fn failure(error: &Error) -> ErrorData {
    let code = match error.kind() {
        ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::TooLarge => ErrorCode::INVALID_PARAMS,
        _ => ErrorCode::INTERNAL_ERROR,
    };
    let message = match error.next_step() {
        Some(hint) => format!("{}. Next: {hint}.", error.message()),
        None => error.message().to_owned(),
    };
    ErrorData::new(code, message, None)
}

/// Reads the subject, and what it was called.
fn subject(arguments: &JsonObject) -> Result<(Option<&'static str>, Option<String>)> {
    let given = ABOUT_NAMES.into_iter().find_map(|name| match arguments.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(value) => Some((name, value)),
    });
    let Some((name, value)) = given else { return Ok((None, None)) };
    let Value::String(about) = value else {
        return Err(Error::new(ErrorKind::Invalid, format!("`{name}` is a text, not {value}"))
            .hint("write the task, project, person or path"));
    };
    let about = about.trim();
    if about.len() > MAX_QUERY_BYTES {
        return Err(Error::new(
            ErrorKind::TooLarge,
            format!("`{name}` has {} bytes; {MAX_QUERY_BYTES} are looked at", about.len()),
        )
        .hint("name the subject in a few words"));
    }
    Ok((Some(name), Some(about.to_owned())))
}

/// Says which arguments did nothing; one that is empty says nothing either way.
fn ignored(prompt: &str, arguments: &JsonObject, about: Option<&str>) -> String {
    let is_empty = |value: &Value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty());
    let ignored = arguments.iter().filter(|(name, value)| Some(name.as_str()) != about && !is_empty(value));
    let names = ignored.take(MAX_IGNORED).map(|(name, _)| format!("`{}`", name.chars().take(40).collect::<String>()));
    let names: Vec<String> = names.collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("\n\n(ignored: {}; {prompt} takes one argument, `{ABOUT}`)", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It costs tokens each time it is used.
    const MAX_REQUEST_BYTES: usize = 800;

    #[test]
    fn requests_are_short() {
        for entry in &ENTRIES {
            assert!(entry.request.len() <= MAX_REQUEST_BYTES, "{} has {} bytes", entry.name, entry.request.len());
        }
    }
}
