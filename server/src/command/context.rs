//! `hydra context`

use std::path::{Path, PathBuf};

use clap::Args;
use hydra_graph::{Error, Result};

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Context;

const EXAMPLES: &str = "\
Examples:
  hydra context --for .                       what a session in this folder begins with, byte for byte
  hydra context --for Mirela
  hydra context --for \"the release of atlas\" --budget 600

What is a folder stands for a session of an agent that begins in it, which is told at most 1200 tokens; anything else is a \
task, a person, a project or a path in words. Without --for it is what always applies.";

/// Options of `hydra context`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A folder, or what the work is about
    #[arg(long = "for", value_name = "WHAT")]
    pub about: Option<String>,
    /// How many tokens at most; not of a folder, where it is always the same
    #[arg(long, value_name = "TOKENS")]
    pub budget: Option<usize>,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Arguments { about, budget, space: spaces } = arguments;
    let folder = about.as_deref().filter(|about| Path::new(about).is_dir()).map(absolute).transpose()?;
    let about = about.filter(|_| folder.is_none());
    let verb = Context { folder, about, spaces, budget_tokens: budget };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    if let Some(note) = answer["note"].as_str() {
        output::talk(&format!("note: {}", output::plain(note)));
    }
    let text = answer["text"].as_str().unwrap_or_default();
    if text.is_empty() {
        output::talk("nothing is remembered that applies here");
        return Ok(outcome::NOTHING_FOUND);
    }
    output::data(&output::plain(text))?;
    Ok(outcome::DONE)
}

/// The folder as a client names it: whole, and without `.` and links.
fn absolute(folder: &str) -> Result<PathBuf> {
    std::fs::canonicalize(folder).map_err(|error| Error::io(folder, &error))
}
