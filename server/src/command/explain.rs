//! `hydra explain`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Explain;

const EXAMPLES: &str = "\
Examples:
  hydra explain \"where is the tall ladder\"
  hydra explain \"where is the tall ladder\" --id 01kgy3v5q2w8e      why is that one not among them?
  hydra explain --trace 01kgy40000000                              an earlier answer

An earlier answer has a moment of its own; --as-of and --known-at go with a question.";

/// Options of `hydra explain`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A question; it is asked again
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
