//! `hydra timeline`

use std::path::Path;

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Timeline;

/// Letters of a text that are shown.
const TEXT_CHARS: usize = 80;

const EXAMPLES: &str = "\
Examples:
  hydra timeline Mirela
  hydra timeline Mirela --from 2026-01-01 --to 2026-07-01
  hydra timeline notes/House/Boiler.md             the versions of a file
  hydra timeline 01kgy3v5q2w8e --since 7d          what was recorded of it in the last week
  hydra timeline someone@example.org               the texts that give that address

What began and ended, was said, changed, retracted, forgotten or undone, the oldest first.
--as-of keeps the memories that held then.";

/// Options of `hydra timeline`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A person, project or note, an id, the path of a file, or an address, issue or commit
    #[arg(value_name = "NAME")]
    pub of: String,
    /// Only what happened then or later: 2026-01-31, a full time, or how long ago
    #[arg(long, value_name = "WHEN")]
    pub from: Option<String>,
    /// Only what happened before
    #[arg(long, value_name = "WHEN")]
    pub to: Option<String>,
    /// Only what was recorded since, whenever it happened
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    #[command(flatten)]
    pub look: Look,
    /// At most so many events; the newest are kept [default: 50]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

#[derive(Deserialize)]
struct Answer {
    name: String,
    merged: Option<Merged>,
    events: Vec<Event>,
    dropped: usize,
    note: Option<String>,
}

#[derive(Deserialize)]
struct Merged {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Event {
    at: String,
    what: String,
    id: String,
    text: String,
    #[serde(default)]
    standing: String,
    who: String,
    reason: Option<String>,
    commit: String,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Timeline {
        of: absolute(arguments.of),
        spaces: arguments.look.space,
        from: arguments.from,
        to: arguments.to,
        since: arguments.since,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
        limit: arguments.limit,
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let Answer { name, merged, events, dropped, note } = super::read(answer.clone())?;
    let code = if events.is_empty() { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    let style = Style::of_stdout();
    for Event { at, what, id, text, standing, who, reason, commit } in events {
        let start = output::start_of(&text, TEXT_CHARS);
        let reason = reason.map(|reason| format!(", because: {}", output::plain(&reason))).unwrap_or_default();
        let standing = if standing.is_empty() { standing } else { format!("{}, ", output::plain(&standing)) };
        let note = style.faint(&format!("{standing}{}, {commit}{reason}", output::plain(&who)));
        output::data(&format!("{at:24}  {}  {id}  {start}  {note}", style.strong(&format!("{what:9}"))))?;
    }
    if !setting.global.quiet {
        if let Some(merged) = merged {
            let (was, is) = (output::plain(&merged.name), output::plain(&name));
            output::talk(&format!("{was} ({}) is merged into {is}", merged.id));
        }
        if code == outcome::NOTHING_FOUND {
            output::talk(note.as_deref().unwrap_or("nothing happened in that time and space"));
        }
        if dropped > 0 {
            output::talk(&format!("{} left out; --limit shows more", output::count(dropped, "older event")));
        }
    }
    Ok(code)
}

/// A file's path is known to the memory as it is from the root; a name that looks like none is left as it is.
pub(super) fn absolute(name: String) -> String {
    let is_path = name.contains('/') || name.ends_with(".md");
    let path = is_path.then(|| Path::new(&name).canonicalize().ok()).flatten();
    path.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or(name)
}
