//! `hydra forget`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::{Erase, Forget};

/// Letters of a text that are shown.
const TEXT_CHARS: usize = 100;

const EXAMPLES: &str = "\
Examples:
  hydra forget 01kgy3v5q2w8e
  hydra forget 01kgy3v5q2w8e 01kgy3v5q2w8f --reason \"it was a joke\"
  hydra forget notes/House/Boiler.md          a file that was read, with all its versions
  hydra forget --dry-run 01kgy3v5q2w8e        what would go, and what rests on it; writes nothing
  hydra forget --query \"the old flat\"         candidates with their ids; writes nothing
  hydra forget --erase --dry-run 01kgy3v5q2w8e
  hydra forget --erase 01kgy3v5q2w8e          gone for good, with a receipt that says from where

A forgotten memory is never recalled again; its text stays on disk, and undo brings it back. An erased one is taken out of \
the graph, its history, the log, the indexes and the traces, and nothing brings it back: it takes as long as copying the \
memory. A file is not changed, but not read for it again.";

/// Options of `hydra forget`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Ids as recall and remember print them, or paths of files that were read
    #[arg(required_unless_present = "query", value_name = "ID|PATH", value_parser = Which::read)]
    pub ids: Vec<Which>,
    /// Show what fits a question, to choose ids from; forgets nothing
    #[arg(long, value_name = "QUERY", conflicts_with = "ids")]
    pub query: Option<String>,
    /// Show what would no longer be recalled and what would become stale; writes nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Erase for good, history included; can't be undone
    #[arg(long, conflicts_with = "query")]
    pub erase: bool,
    /// Erase without asking first
    #[arg(long, requires = "erase")]
    pub yes: bool,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// What is to be forgotten.
#[derive(Clone, Debug)]
pub enum Which {
    /// Anything, by its id.
    Id(Id),
    /// A file that was read, by its path.
    File(String),
}

impl Which {
    /// A name with a slash or an ending is a path; everything else is an id, or mistyped.
    fn read(name: &str) -> std::result::Result<Self, String> {
        match name.parse::<Id>() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) if name.contains(['/', '.']) => Ok(Self::File(super::timeline::absolute(name.to_owned()))),
            Err(error) => Err(error.to_string()),
        }
    }

    fn parted(all: Vec<Self>) -> (Vec<Id>, Vec<String>) {
        let (mut ids, mut paths) = (Vec::new(), Vec::new());
        for one in all {
            match one {
                Self::Id(id) => ids.push(id),
                Self::File(path) => paths.push(path),
            }
        }
        (ids, paths)
    }
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
    if arguments.erase && !arguments.dry_run {
        let Arguments { ids, space, reason, yes, .. } = arguments;
        let (ids, paths) = Which::parted(ids);
        return super::erase::run(setting, Erase { ids, paths, spaces: space, reason }, yes).await;
    }
    let is_preview = arguments.dry_run || arguments.query.is_some();
    let need = if arguments.query.is_some() { Need::Meaning } else { Need::Graph };
    let (ids, paths) = Which::parted(arguments.ids);
    let verb = Forget {
        ids,
        paths,
        query: arguments.query,
        spaces: arguments.space,
        mode: arguments.erase.then(|| "erase".to_owned()),
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
