//! `hydra block`

use clap::{Args, Subcommand};
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::{Block, BlockHistory, Blocks, EditBlock};

const EXAMPLES: &str = "\
Examples:
  hydra block list
  hydra block set human \"Lives in Ghent, speaks Dutch and English\"
  hydra block show human > human.txt
  hydra block set human - < human.txt
  hydra block append projects \"Boiler: waiting for the part\" --reason \"ordered today\"
  hydra block replace human Ghent Porto
  hydra block limit persona 3000
  hydra block show human --known-at 2026-01-31
  hydra block history human

A block is a small text that is in every context of its space. Customary names are persona, human,
system, projects and preferences. Agents may edit blocks and have to say why; every version stays,
and `hydra undo` takes an edit back.";

/// Letters of a text that a list shows.
const MAX_LISTED_CHARS: usize = 80;

/// Options of `hydra block`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// List blocks, and how full they are
    List {
        /// Only of this space (repeatable) [default: all]
        #[arg(long, value_name = "SPACE")]
        space: Vec<String>,
    },
    /// Print the text of a block
    Show {
        #[command(flatten)]
        which: Which,
        /// What it said then: 2026-01-31, a full time, or how long ago
        #[arg(long, value_name = "WHEN")]
        known_at: Option<String>,
    },
    /// Replace the text of a block, or make one
    Set {
        #[command(flatten)]
        which: Which,
        /// The text; `-` reads standard input
        text: String,
        #[command(flatten)]
        how: How,
    },
    /// Add a line to a block, or make one
    Append {
        #[command(flatten)]
        which: Which,
        /// The line; `-` reads standard input
        text: String,
        #[command(flatten)]
        how: How,
    },
    /// Replace a piece of a block that stands there once
    Replace {
        #[command(flatten)]
        which: Which,
        /// The piece, letter by letter
        old: String,
        /// What takes its place
        new: String,
        #[command(flatten)]
        how: How,
    },
    /// Set how long a block may be
    Limit {
        #[command(flatten)]
        which: Which,
        /// Bytes; 1600 if never set
        bytes: usize,
        #[command(flatten)]
        how: How,
    },
    /// List every version of a block, newest first
    History {
        #[command(flatten)]
        which: Which,
    },
}

/// The block.
#[derive(Debug, Args)]
pub struct Which {
    /// Name of the block
    pub name: String,
    /// Space of the block [default: the configured one]
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
}

/// The circumstances of an edit.
#[derive(Debug, Args)]
pub struct How {
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Refuse if it was changed after this commit
    #[arg(long, value_name = "COMMIT")]
    pub based_on: Option<Id>,
}

#[derive(Deserialize)]
struct Shown {
    name: String,
    space: String,
    text: String,
    size_bytes: usize,
    limit_bytes: usize,
    trust: String,
    agent: String,
    changed_at: String,
    commit: String,
}

#[derive(Deserialize)]
struct Version {
    commit: Commit,
    block: Option<Shown>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    at: String,
    agent: String,
    verb: String,
    reason: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let input = super::remember::text_or_input;
    match arguments.what {
        What::List { space } => list(setting, space).await,
        What::Show { which, known_at } => show(setting, which, known_at).await,
        What::History { which } => history(setting, which).await,
        What::Set { which, text, how } => {
            let text = Some(input(text)?);
            edit(setting, which, how, EditBlock { text, ..EditBlock::default() }).await
        }
        What::Append { which, text, how } => {
            let append = Some(input(text)?);
            edit(setting, which, how, EditBlock { append, ..EditBlock::default() }).await
        }
        What::Replace { which, old, new, how } => {
            edit(setting, which, how, EditBlock { old: Some(old), new: Some(new), ..EditBlock::default() }).await
        }
        What::Limit { which, bytes, how } => {
            edit(setting, which, how, EditBlock { limit_bytes: Some(bytes), ..EditBlock::default() }).await
        }
    }
}

async fn list(setting: &Setting, spaces: Vec<String>) -> Result<u8> {
    let mut answer = super::ask(setting, Need::Graph, Blocks { spaces }).await?;
    let is_empty = answer["blocks"].as_array().is_none_or(Vec::is_empty);
    let code = if is_empty { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    if is_empty {
        output::talk("there are no blocks; `hydra block set human TEXT` makes one");
    }
    for Shown { name, space, text, size_bytes, limit_bytes, trust, .. } in
        super::read::<Vec<_>>(answer["blocks"].take())?
    {
        let start = output::plain(&output::start_of(&text, MAX_LISTED_CHARS));
        output::data(format!("{name}  {space}  {trust}  {size_bytes}/{limit_bytes} bytes  {start}").trim_end())?;
    }
    Ok(code)
}

async fn show(setting: &Setting, which: Which, known_at: Option<String>) -> Result<u8> {
    let Which { name, space } = which;
    let mut answer = super::ask(setting, Need::Graph, Block { name, space, known_at }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let block: Shown = super::read(answer["block"].take())?;
    if !setting.global.quiet {
        let Shown { name, space, size_bytes, limit_bytes, trust, agent, changed_at, commit, .. } = &block;
        output::talk(&format!(
            "{name}  {space}  {trust}  {size_bytes}/{limit_bytes} bytes, last written by {}, changed {changed_at} in {commit}",
            output::plain(agent)
        ));
    }
    output::data(&output::plain(&block.text))?;
    Ok(outcome::DONE)
}

async fn history(setting: &Setting, which: Which) -> Result<u8> {
    let Which { name, space } = which;
    let mut answer = super::ask(setting, Need::Graph, BlockHistory { name, space }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    for Version { commit, block } in super::read::<Vec<_>>(answer["versions"].take())? {
        let Commit { id, at, agent, verb, reason } = commit;
        let reason = reason.map(|reason| format!(", {reason}")).unwrap_or_default();
        output::data(&output::plain(&format!("{id}  {at}  {agent}: {verb}{reason}")))?;
        for line in block.iter().flat_map(|block| block.text.lines()) {
            output::data(&format!("    {}", output::plain(line)))?;
        }
    }
    Ok(outcome::DONE)
}

async fn edit(setting: &Setting, which: Which, how: How, edit: EditBlock) -> Result<u8> {
    let (Which { name, space }, How { reason, based_on }) = (which, how);
    let is_limit = edit.limit_bytes.is_some();
    let verb = EditBlock { name, space, reason, based_on, ..edit };
    let mut answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Shown { name, size_bytes, limit_bytes, commit, .. } = super::read(answer["block"].take())?;
    output::data(&commit)?;
    if !setting.global.quiet {
        if is_limit && size_bytes == 0 {
            output::talk(&format!(
                "the block {name} has no text yet and is in no context; `hydra block set {name} TEXT` writes it"
            ));
        }
        output::talk(&format!("{name} has {size_bytes}/{limit_bytes} bytes; take it back with: hydra undo {commit}"));
    }
    Ok(outcome::DONE)
}
