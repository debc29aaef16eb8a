//! `hydra predicate`

use clap::{Args, Subcommand};
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::{Declare, Predicates};

const EXAMPLES: &str = "\
Examples:
  hydra predicate list
  hydra predicate add \"plays for\" --functional --alias \"is in the team of\"
  hydra remember --fact Mirela \"plays for\" \"SC Atlas\"

A fact says one thing of a subject with a predicate. A functional one has one value at a time: a newer fact ends the one
before it. Nothing else ends a fact by itself.";

/// Options of `hydra predicate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// List what facts can say
    List,
    /// Declare another
    Add(Add),
}

/// Options of `hydra predicate add`.
#[derive(Debug, Args)]
pub struct Add {
    /// As it stands in a sentence between subject and object
    pub label: String,
    /// Another way to say it (repeatable)
    #[arg(long, value_name = "NAME")]
    pub alias: Vec<String>,
    /// It has one value at a time
    #[arg(long)]
    pub functional: bool,
    /// It holds the other way round too
    #[arg(long)]
    pub symmetric: bool,
    /// Its objects are texts, not people, places and things
    #[arg(long)]
    pub text: bool,
}

#[derive(Deserialize)]
struct Predicate {
    label: String,
    aliases: Vec<String>,
    functional: bool,
    entities: bool,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    match arguments.what {
        What::List => list(setting).await,
        What::Add(add) => declare(setting, add).await,
    }
}

async fn list(setting: &Setting) -> Result<u8> {
    let mut answer = super::ask(setting, Need::Graph, Predicates {}).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let all: Vec<Predicate> = super::read(answer["predicates"].take())?;
    for Predicate { label, aliases, functional, entities } in all {
        let of = if entities { "names" } else { "text" };
        let one = if functional { ", one at a time" } else { "" };
        let also = if aliases.is_empty() { String::new() } else { format!("; also: {}", aliases.join(", ")) };
        output::data(&format!("{label}  ({of}{one}{also})"))?;
    }
    Ok(outcome::DONE)
}

async fn declare(setting: &Setting, add: Add) -> Result<u8> {
    let Add { label, alias, functional, symmetric, text } = add;
    let answer =
        super::ask(setting, Need::Graph, Declare { label, aliases: alias, functional, symmetric, text }).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let commit: String = super::read(answer["commit"].clone())?;
    output::data(&commit)?;
    output::talk(&format!("declared; take it back with: hydra undo {commit}"));
    Ok(outcome::DONE)
}
