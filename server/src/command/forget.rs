//! `hydra forget`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Forget;

const EXAMPLES: &str = "\
Examples:
  hydra forget 01kgy3v5q2w8e
  hydra forget 01kgy3v5q2w8e 01kgy3v5q2w8f --reason \"it was a joke\"

A forgotten memory is never recalled again. Its text stays on disk until it is undone or erased.";

/// Options of `hydra forget`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Ids as recall and remember print them
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<Id>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    commit: Option<String>,
    passages: usize,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Forget { ids: arguments.ids, reason: arguments.reason };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { commit, passages } = super::read(answer)?;
    match commit {
        Some(commit) => {
            output::data(&commit)?;
            if !setting.global.quiet {
                output::talk(&format!("{passages} forgotten; take it back with: hydra undo {commit}"));
            }
        }
        None => output::talk("it was forgotten already"),
    }
    Ok(outcome::DONE)
}
