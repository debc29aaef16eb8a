//! A session begins: what an agent should know before it starts in this repository. After the conversation was compacted or
//! cleared it is told again; one that goes on is told what is new since.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use hydra_graph::{Context, ContextRequest, Memory, Result};

use super::ledger::{Entry, Given, Told, is_fresh, words_key};
use super::quoted;
use super::repository::Repository;
use super::{Answer, Call, Event};

/// What a session begins with at most.
pub const START_TOKENS: usize = 1_200;
/// What is left for how many did not fit.
const LAST_LINE_TOKENS: usize = 16;

/// Handles it.
pub(super) fn run(call: &Call<'_>) -> Result<Answer> {
    give(call, Path::new(&call.input.folder))
}

/// Gives what a session in a folder begins with.
///
/// # Errors
/// What the memory returns.
pub(super) fn give(call: &Call<'_>, folder: &Path) -> Result<Answer> {
    let (event, input) = (Event::SessionStart, call.input);
    let context = context_of(call.memory, folder, &[])?;
    let listener = input.listener();
    call.session.hooks.decide(&listener, |told| {
        let now = call.session.now();
        let goes_on = !is_fresh(&input.source) && told.has_start;
        // What goes on is told only what is new in any case.
        if !goes_on && told.has_just_begun(&input.source, now) {
            return Ok((None, Answer::Nothing));
        }
        let body = if goes_on { news(&context, told) } else { body(&context) };
        if input.is_late(now) {
            return Ok((None, Answer::Nothing));
        }
        let text = if body.is_empty() { String::new() } else { quoted::quote(event, &body) };
        let blocks = context.blocks.iter().map(|block| (block.id, words_key(&block.text)));
        let threads = context.threads.iter().map(|thread| (thread.id, words_key(&thread.text)));
        let items = context.items.iter().map(|item| (item.id, words_key(&item.text)));
        let is_said = |id: &hydra_graph::Id| body.contains(&format!("[{id}")) || body.contains(&id.to_string());
        let given = blocks.chain(threads).chain(items).filter(|(id, _)| is_said(id));
        let given = given.map(|(id, words)| Given { id, why: "what is known before the work begins".into(), words });
        let entry = Entry {
            at: now,
            listener: listener.clone(),
            event,
            about: input.source.clone(),
            trace: None,
            tokens: quoted::tokens(&text),
            given: given.collect(),
            left_out: Vec::new(),
        };
        Ok((Some(entry), if text.is_empty() { Answer::Nothing } else { Answer::Context(text) }))
    })
}

/// Returns what a session in a folder is given when it begins; nothing if nothing is known.
///
/// # Errors
/// What the memory returns.
pub fn context(memory: &Memory, folder: &Path, spaces: &[String]) -> Result<String> {
    let body = body(&context_of(memory, folder, spaces)?);
    Ok(if body.is_empty() { body } else { quoted::quote(Event::SessionStart, &body) })
}

fn context_of(memory: &Memory, folder: &Path, spaces: &[String]) -> Result<Context> {
    let repository = (!folder.as_os_str().is_empty()).then(|| Repository::of(folder));
    let about = repository.as_ref().map(Repository::about).filter(|about| !about.trim().is_empty());
    let budget = START_TOKENS - quoted::frame_tokens(Event::SessionStart) - LAST_LINE_TOKENS;
    memory.context(&ContextRequest {
        about,
        folder: repository.map(|repository| repository.root.to_string_lossy().into_owned()),
        spaces: spaces.to_vec(),
        budget_tokens: Some(budget),
    })
}

fn body(context: &Context) -> String {
    let mut text = context.text.trim_end().to_owned();
    if !text.is_empty() && context.dropped > 0 {
        let _ = write!(text, "\n{} more did not fit; recall finds them.", context.dropped);
    }
    text
}

/// What of a context was not told yet: of its sections the lines that are new. Core blocks are told once; they change seldom,
/// and the agent that changes one knows.
fn news(context: &Context, told: &Told) -> String {
    let items = context.items.iter().map(|item| (item.id, words_key(&item.text)));
    let threads = context.threads.iter().map(|thread| (thread.id, words_key(&thread.text)));
    let known: HashSet<String> =
        items.chain(threads).filter(|(id, words)| told.has(*id, *words)).map(|(id, _)| id.to_string()).collect();
    let (mut text, mut heading, mut is_open) = (String::new(), "", false);
    for line in context.text.lines() {
        if line.starts_with("## ") {
            heading = line;
            is_open = false;
        } else if line.starts_with("- ") && heading != "## Core blocks" && !known.iter().any(|id| line.contains(id)) {
            if !is_open {
                text.push_str(if text.is_empty() { "" } else { "\n" });
                text.push_str(heading);
                text.push('\n');
                is_open = true;
            }
            text.push_str(line);
            text.push('\n');
        }
    }
    text.truncate(text.trim_end().len());
    text
}
