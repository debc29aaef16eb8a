//! `hydra undo`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Undo;

const EXAMPLES: &str = "\
Example:
  hydra undo 01kgy3v5q2w8f

Commits are printed by remember and forget, and by `hydra get ID --view history`. An undo is a commit too.";

/// Options of `hydra undo`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The commit to take back
    #[arg(value_name = "COMMIT")]
    pub commit: Id,
}

#[derive(Deserialize)]
struct Answer {
    commit: String,
    verb: String,
    touched: usize,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let answer = super::ask(setting, Need::Graph, Undo { commit: arguments.commit }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { commit, verb, touched } = super::read(answer)?;
    output::data(&commit)?;
    if !setting.global.quiet {
        output::talk(&match touched {
            // A predicate, a name: nothing that is recalled.
            0 => format!("took back a {verb}; the undo is a commit too"),
            _ => format!("took back a {verb} of {touched}; the undo is a commit too"),
        });
    }
    Ok(outcome::DONE)
}
