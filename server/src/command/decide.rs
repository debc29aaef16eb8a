//! `hydra decide`

use clap::Args;
use hydra_graph::{Choice, Id, Kind, Result};

use super::Setting;
use super::belonging::Belonging;
use super::remember;
use crate::client::Need;
use crate::verb::Remember;

const EXAMPLES: &str = "\
Examples:
  hydra decide \"Keep the ledger in PostgreSQL\" --chosen \"PostgreSQL: transactions\" --option \"SQLite: one writer only\"
  hydra decide \"Paint the shed green\" --because \"the paint is there\" --for Shed
  hydra decide \"Keep the ledger in files\" --supersedes 01kgy3v5q2w8e --for src/ledger

An option with a reason (`SQLite: one writer only`) was rejected for it; recall finds it and says so.
The decision that is superseded ends in the same commit; `hydra get ID` shows the whole chain.";

/// Options of `hydra decide`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What was decided; `-` reads standard input
    #[arg(value_name = "DECISION")]
    pub text: String,
    /// An option that was not taken, and why not after a colon (repeatable)
    #[arg(long, value_name = "OPTION: WHY NOT")]
    pub option: Vec<String>,
    /// An option that was taken, and why after a colon (repeatable)
    #[arg(long, value_name = "OPTION: WHY")]
    pub chosen: Vec<String>,
    /// A reason (repeatable)
    #[arg(long, value_name = "REASON")]
    pub because: Vec<String>,
    /// The decision that this one replaces
    #[arg(long, value_name = "ID")]
    pub supersedes: Option<Id>,
    /// The path, project, person or thing it applies to [default: everywhere]
    #[arg(long = "for", value_name = "PATH|NAME")]
    pub applies_to: Option<String>,
    #[command(flatten)]
    pub belonging: Belonging,
    /// Who decided, or where you have it from
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let chosen = arguments.chosen.iter().map(|text| Choice::parse(text).chosen());
    let verb = Remember {
        text: remember::text_or_input(arguments.text)?,
        kind: Some(Kind::Decision),
        options: chosen.chain(arguments.option.iter().map(|text| Choice::parse(text))).collect(),
        reasons: arguments.because,
        supersedes: arguments.supersedes,
        applies_to: arguments.applies_to,
        evidence: arguments.belonging.evidence,
        space: arguments.belonging.space,
        entities: arguments.belonging.entity,
        source: arguments.source,
        ..Remember::default()
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    remember::shown(setting, answer)
}
