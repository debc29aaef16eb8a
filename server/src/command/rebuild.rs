//! `hydra rebuild`

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use hydra_graph::Result;

use super::Setting;
use super::progress::Progress;
use crate::client::{Client, Need};
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
    let client = Client::connect(&setting.config, Need::Meaning, "rebuild").await?;
    let mut progress = Progress::new(setting.global.quiet || setting.global.json);
    let verb = Rebuild { index: arguments.index.map(|index| index.as_str().to_owned()) };
    let answer = client
        .follow(verb, Arc::new(AtomicBool::new(false)), &mut |event| {
            let what = format!("rebuilding the {} index", event["name"].as_str().unwrap_or_default());
            progress.show(&what, event["done"].as_u64().unwrap_or(0), event["total"].as_u64().unwrap_or(0));
        })
        .await;
    progress.end();
    client.close().await?;
    let answer = answer?;
    if setting.global.json {
        output::json(&answer)?;
    } else if !setting.global.quiet {
        output::talk(&format!("rebuilt in {:.1} s", answer["took_ms"].as_f64().unwrap_or(0.0) / 1000.0));
    }
    Ok(outcome::DONE)
}
