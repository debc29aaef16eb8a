//! `hydra explain`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::{Explain, Why};

const EXAMPLES: &str = "\
Examples:
  hydra explain \"where is the tall ladder\"
  hydra explain \"where is the tall ladder\" --id 01kgy3v5q2w8e      why is that one not among them?
  hydra explain --trace 01kgy40000000                              an earlier answer
  hydra why last                             what was put into a conversation last, and why
  hydra why last --limit 5 --session 4f1c    the last five of one conversation

An earlier answer has a moment of its own; --as-of and --known-at go with a question.";

/// Options of `hydra explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A question; it is asked again. `last` is what hooks put into a conversation last
    #[arg(required_unless_present = "trace", conflicts_with = "trace")]
    pub query: Option<String>,
    /// An earlier answer, of the last month
    #[arg(long, value_name = "ID")]
    pub trace: Option<Id>,
    #[command(flatten)]
    pub look: Look,
    /// Only this memory: why it was given, or why not
    #[arg(long, value_name = "ID")]
    pub id: Option<Id>,
    /// With `last`: only of this conversation, by its id or the start of it
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    /// With `last`: so many, and also when nothing was put there
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

/// Asks for what hooks did, instead of a question.
const LAST: &str = "last";

#[derive(Deserialize)]
struct Told {
    entries: Vec<Entry>,
    silent_since: usize,
}

#[derive(Deserialize)]
struct Entry {
    at: String,
    listener: String,
    event: String,
    #[serde(default)]
    about: String,
    trace: Option<String>,
    tokens: usize,
    given: Vec<Item>,
    #[serde(default)]
    left_out: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    id: String,
    why: String,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    verdict: Option<String>,
    given: Vec<Given>,
    left_out: Vec<LeftOut>,
    #[serde(default)]
    degraded: Vec<String>,
}

#[derive(Deserialize)]
struct Given {
    id: String,
    text: String,
    score: f32,
}

#[derive(Deserialize)]
struct LeftOut {
    id: String,
    score: f32,
    reason: String,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    if arguments.query.as_deref() == Some(LAST) {
        return last(setting, arguments).await;
    }
    let verb = Explain {
        trace: arguments.trace,
        query: arguments.query,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
        id: arguments.id,
        spaces: arguments.look.space,
    };
    let answer = super::ask(setting, Need::Meaning, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { verdict, given, left_out, degraded } = super::read(answer)?;
    degraded.iter().for_each(|note| output::talk(&format!("note: {note}")));
    if let Some(verdict) = verdict {
        output::data(&verdict)?;
    }
    for Given { id, text, score } in given {
        output::data(&format!("given     {id}  {score:.2}  {}", output::start_of(&text, SHOWN_CHARS)))?;
    }
    for LeftOut { id, score, reason } in left_out {
        output::data(&format!("left out  {id}  {score:.2}  {reason}"))?;
    }
    Ok(outcome::DONE)
}

/// Letters of a text in a line.
const SHOWN_CHARS: usize = 80;

/// Shows what hooks put into conversations.
async fn last(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Arguments { session, limit, .. } = arguments;
    let answer = super::ask(setting, Need::Graph, Why { session, limit, with_silence: limit.is_some() }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Told { entries, silent_since } = super::read(answer)?;
    if entries.is_empty() {
        output::talk("nothing was put into a conversation yet");
        return Ok(outcome::NOTHING_FOUND);
    }
    for Entry { at, listener, event, about, trace, tokens, given, left_out } in entries {
        let about = if about.is_empty() { String::new() } else { format!(" ({about})") };
        let trace = trace.map(|trace| format!(", trace {trace}")).unwrap_or_default();
        output::data(&output::plain(&format!("{at}  {event}{about} of {listener}: {tokens} tokens{trace}")))?;
        for (what, items) in [("given   ", given), ("left out", left_out)] {
            for Item { id, why, text } in items {
                let text = text.map_or("it is gone".to_owned(), |text| output::start_of(&text, SHOWN_CHARS));
                output::data(&output::plain(&format!("  {what}  {id}  {why}: {text}")))?;
            }
        }
    }
    if limit.is_none() && silent_since > 0 {
        output::talk(&format!("{} since then got nothing", output::count(silent_since, "prompt")));
    }
    Ok(outcome::DONE)
}
