//! `hydra rebuild`

use std::sync::Arc;

use clap::{Args, ValueEnum};
use hydra_graph::Result;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Rebuild;

const EXAMPLES: &str = "\
Examples:
  hydra rebuild                 all indexes
  hydra rebuild --index text    only this one

Indexes hold nothing of their own, so this loses nothing. Vectors are taken from their cache where it has them.";

/// Options of `hydra rebuild`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Only this index
    #[arg(long, value_enum, value_name = "INDEX")]
    pub index: Option<IndexName>,
}

/// The indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum IndexName {
    /// Search by words
    Text,
    /// Search by meaning
    #[value(alias = "vectors")]
    Vector,
}

impl IndexName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Vector => "vectors",
        }
    }
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Rebuild { index: arguments.index.map(|index| index.as_str().to_owned()) };
    let answer = super::follow(setting, Need::Meaning, verb, Arc::default(), |progress, event| {
        let what = format!("rebuilding the {} index", event["name"].as_str().unwrap_or_default());
        progress.show(&what, super::count(event, "done"), super::count(event, "total"));
    })
    .await?;
    if setting.global.json {
        output::json(&answer)?;
    } else if !setting.global.quiet {
        output::talk(&format!("rebuilt in {:.1} s", answer["took_ms"].as_f64().unwrap_or(0.0) / 1000.0));
    }
    Ok(outcome::DONE)
}
