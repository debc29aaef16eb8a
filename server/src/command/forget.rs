//! `hydra forget`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Forget;

/// Letters of a text that are shown.
const TEXT_CHARS: usize = 100;

const EXAMPLES: &str = "\
Examples:
  hydra forget 01kgy3v5q2w8e
  hydra forget 01kgy3v5q2w8e 01kgy3v5q2w8f --reason \"it was a joke\"
  hydra forget --dry-run 01kgy3v5q2w8e        what would go, and what rests on it; writes nothing
  hydra forget --query \"the old flat\"         candidates with their ids; writes nothing

A forgotten memory is never recalled again. Its text stays on disk until it is undone or erased.";

/// Options of `hydra forget`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Ids as recall and remember print them
    #[arg(required_unless_present = "query", value_name = "ID")]
    pub ids: Vec<Id>,
    /// Show what fits a question, to choose ids from; forgets nothing
    #[arg(long, value_name = "QUERY", conflicts_with = "ids")]
    pub query: Option<String>,
    /// Show what would no longer be recalled and what would become stale; writes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    commit: Option<String>,
    passages: usize,
}

#[derive(Deserialize)]
struct Preview {
    forgotten: Vec<Consequence>,
    stale: Vec<Consequence>,
    left_out: usize,
}

#[derive(Deserialize)]
struct Consequence {
    id: String,
    kind: String,
    text: String,
    trust: String,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let is_preview = arguments.dry_run || arguments.query.is_some();
    let need = if arguments.query.is_some() { Need::Meaning } else { Need::Graph };
    let verb = Forget {
        ids: arguments.ids,
        query: arguments.query,
        spaces: arguments.space,
        mode: None,
        dry_run: arguments.dry_run,
        reason: arguments.reason,
    };
    let answer = super::ask(setting, need, verb).await?;
    let is_quiet = setting.global.quiet;
    if is_preview {
        let preview: Preview = super::read(answer.clone())?;
        let code = if preview.forgotten.is_empty() { outcome::NOTHING_FOUND } else { outcome::DONE };
        if setting.global.json {
            output::json(&answer)?;
        } else {
            show(preview, is_quiet)?;
        }
        return Ok(code);
    }
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { commit, passages } = super::read(answer)?;
    match commit {
        Some(commit) => {
            output::data(&commit)?;
            if !is_quiet {
                output::talk(&format!("{passages} forgotten; take it back with: hydra undo {commit}"));
            }
        }
        None => output::talk("it was forgotten already"),
    }
    Ok(outcome::DONE)
}

fn show(preview: Preview, is_quiet: bool) -> Result<()> {
    let style = Style::of_stdout();
    for (what, items) in [("goes", preview.forgotten), ("stale", preview.stale)] {
        for Consequence { id, kind, text, trust } in items {
            let start = output::start_of(&text, TEXT_CHARS);
            output::data(&format!("{what:5}  {id}  {start}  {}", style.faint(&format!("{kind}, {trust}"))))?;
        }
    }
    if !is_quiet {
        if preview.left_out > 0 {
            output::talk(&format!("and {} more", preview.left_out));
        }
        output::talk("nothing was written");
    }
    Ok(())
}
