//! `hydra proposals`

use clap::{Args, Subcommand};
use hydra_graph::{ErrorKind, Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::{Accept, Proposals, Reject, Verb};

const EXAMPLES: &str = "\
Examples:
  hydra proposals
  hydra proposals accept 01kgy40000000 01kgy40000001
  hydra proposals reject 01kgy40000002 --reason \"that was another Anna\"

What waits changes nothing. What you accept can be taken back with `hydra undo`, and waits again; what you reject is not
proposed again.";

/// Options of `hydra proposals`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: Option<What>,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
}

/// What to do with them.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Do what they propose
    Accept(Which),
    /// Drop them; they are not proposed again
    Reject(Which),
}

/// Which are decided.
#[derive(Debug, Args)]
pub struct Which {
    /// Proposals, as `hydra proposals` lists them
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<Id>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct Waiting {
    id: String,
    kind: String,
    text: String,
    confidence: f32,
    agent: String,
    times_seen: usize,
    would: Option<String>,
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Decided {
    id: String,
    commit: Option<String>,
    text: String,
    error: Option<String>,
    error_kind: Option<String>,
}

impl Decided {
    fn kind(&self) -> ErrorKind {
        outcome::kind_named(self.error_kind.as_deref().unwrap_or_default())
    }
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    match arguments.what {
        None => list(setting, Proposals { spaces: arguments.space }).await,
        Some(What::Accept(Which { ids, reason })) => decide(setting, Accept { ids, reason }, "accepted").await,
        Some(What::Reject(Which { ids, reason })) => decide(setting, Reject { ids, reason }, "rejected").await,
    }
}

async fn list(setting: &Setting, verb: Proposals) -> Result<u8> {
    let mut answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let all: Vec<Waiting> = super::read(answer["proposals"].take())?;
    if all.is_empty() {
        output::talk("nothing waits");
        return Ok(outcome::NOTHING_FOUND);
    }
    for Waiting { id, kind, text, confidence, agent, times_seen, would, problem } in all {
        let often = if times_seen > 1 { format!(", {times_seen} times") } else { String::new() };
        let (text, agent) = (output::plain(&text), output::plain(&agent));
        let note = match problem {
            Some(problem) => format!("can't be accepted: {problem}"),
            None => would.unwrap_or_default(),
        };
        let note = output::plain(&note);
        output::data(&format!("{id}  {kind}: {text}  ({agent}, {confidence:.2}{often})\n  {note}"))?;
    }
    Ok(outcome::DONE)
}

async fn decide<V: Verb>(setting: &Setting, verb: V, what: &str) -> Result<u8> {
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let all: Vec<Decided> = super::read(answer["decided"].clone())?;
    let failures: Vec<ErrorKind> = all.iter().filter(|one| one.error.is_some()).map(|one| one.kind()).collect();
    // One that is unknown is nothing found, as with every other id; what can't be done is an error.
    let code = match failures.iter().find(|kind| **kind != ErrorKind::NotFound).or(failures.first()) {
        Some(kind) => outcome::exit_code(*kind),
        None => outcome::DONE,
    };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    for Decided { id, commit, text, error, .. } in all {
        match (commit, error) {
            (Some(commit), None) => {
                output::data(&commit)?;
                if !setting.global.quiet {
                    let text = output::plain(&text);
                    output::talk(&format!("{what}: {text}; take it back with: hydra undo {commit}"));
                }
            }
            (_, error) => {
                let error = output::plain(&error.unwrap_or_default());
                let error = if error.contains(&id) { error } else { format!("{id}: {error}") };
                output::talk(&error);
            }
        }
    }
    Ok(code)
}
