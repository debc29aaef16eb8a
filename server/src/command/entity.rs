//! `hydra entity`

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use hydra_graph::{Id, Result};
use serde::Deserialize;
use serde_json::Value;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::{Alias, Entity, Merge, Split, Verb};

const EXAMPLES: &str = "\
Examples:
  hydra entity show Mirela
  hydra entity alias Mirela \"M. Kovac\"
  hydra entity merge Mirela \"Mirela Kovac\" --reason \"the same person\"
  hydra entity split \"Mirela Kovac\" --take 01kgy3v5q2w8e

A merge loses nothing and ends no fact: what both say of one time becomes a conflict. A split gives back what was told of
each, as it is now. Both can be undone.";

/// Options of `hydra entity`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: What,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Show its names, and how much is known of it
    Show {
        /// A name or an id
        #[arg(value_name = "ENTITY")]
        of: String,
    },
    /// Give it another name
    Alias {
        /// A name or an id
        #[arg(value_name = "ENTITY")]
        of: String,
        /// The other name
        alias: String,
        /// Take the other name away
        #[arg(long)]
        remove: bool,
        /// Why; kept in the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Have one stand for another: they are one
    Merge {
        /// The one that stays: a name or an id
        keep: String,
        /// The one whose name leads to it from now on
        other: String,
        /// Why; kept in the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Tell a merged one apart again
    Split {
        /// The one that was merged: its id, or a name of its own
        #[arg(value_name = "ENTITY")]
        of: String,
        /// A memory that goes with it, though it was told of the other (repeatable)
        #[arg(long, value_name = "ID")]
        take: Vec<Id>,
        /// Why; kept in the history
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    match arguments.what {
        What::Show { of } => show(setting, Entity { of }).await,
        What::Alias { of, alias, remove, reason } => {
            change(setting, Alias { of, alias, remove, reason }, aliased).await
        }
        What::Merge { keep, other, reason } => change(setting, Merge { keep, other, reason }, merged).await,
        What::Split { of, take, reason } => change(setting, Split { of, take, reason }, split).await,
    }
}

/// Asks for a change; prints its commit, and says what `told` makes of the answer.
async fn change<V: Verb>(setting: &Setting, verb: V, told: fn(&Value) -> String) -> Result<u8> {
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let commit = answer["commit"].as_str();
    if let Some(commit) = commit {
        output::data(commit)?;
    }
    if !setting.global.quiet {
        output::talk(&output::plain(&told(&answer)));
        if let Some(commit) = commit {
            output::talk(&format!("take it back with: hydra undo {commit}"));
        }
    }
    Ok(outcome::DONE)
}

fn text<'v>(answer: &'v Value, name: &str) -> &'v str {
    answer[name].as_str().unwrap_or_default()
}

fn ids(answer: &Value, name: &str) -> Vec<String> {
    let all = answer[name].as_array().into_iter().flatten();
    all.filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

fn aliased(answer: &Value) -> String {
    let (name, alias) = (text(answer, "name"), text(answer, "alias"));
    if answer["commit"].is_null() {
        return format!("{name} goes by {alias} already");
    }
    let shared = ids(answer, "shared_with").join(", ");
    let note =
        if shared.is_empty() { shared } else { format!("; {shared} goes by it too: if they are one, merge them") };
    format!("{name}: {alias}{note}")
}

fn merged(answer: &Value) -> String {
    let conflicts = ids(answer, "conflicts");
    let note = match conflicts.as_slice() {
        [] => String::new(),
        all => format!("; they disagree in {} (hydra conflicts)", all.join(", ")),
    };
    format!(
        "{} stands for {} ({}) now: {}, {}{note}",
        text(answer, "name"),
        text(answer, "merged_name"),
        text(answer, "merged"),
        number(answer, "memories", "memory"),
        number(answer, "links", "link"),
    )
}

fn number(answer: &Value, name: &str, noun: &str) -> String {
    output::count(answer[name].as_u64().unwrap_or_default() as usize, noun)
}

fn split(answer: &Value) -> String {
    format!(
        "{} ({}) is told apart from {} again: {}, {}",
        text(answer, "name"),
        text(answer, "id"),
        text(answer, "from_name"),
        number(answer, "memories", "memory"),
        number(answer, "links", "link"),
    )
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    name: String,
    aliases: Vec<String>,
    merged: Option<Other>,
    #[serde(default)]
    stands_for: Vec<Other>,
    #[serde(default)]
    different_from: Vec<Other>,
    #[serde(default)]
    notes: Vec<String>,
    facts: BTreeMap<String, usize>,
    memories: BTreeMap<String, usize>,
    linked_from: usize,
    links_to: usize,
}

#[derive(Deserialize)]
struct Other {
    id: String,
    name: String,
}

async fn show(setting: &Setting, verb: Entity) -> Result<u8> {
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let shown: Shown = super::read(answer)?;
    let others = |all: Vec<Other>| {
        let all: Vec<String> = all.into_iter().map(|Other { id, name }| format!("{name} ({id})")).collect();
        all.join(", ")
    };
    let counts = |all: BTreeMap<String, usize>| {
        let all: Vec<String> = all.into_iter().map(|(what, count)| format!("{what} {count}")).collect();
        all.join(", ")
    };
    let lines = [
        ("id", shown.id),
        ("name", shown.name),
        ("also", shown.aliases.join(", ")),
        ("asked for", others(shown.merged.into_iter().collect())),
        ("stands for", others(shown.stands_for)),
        ("is not", others(shown.different_from)),
        ("notes", shown.notes.join(", ")),
        ("facts", counts(shown.facts)),
        ("memories", counts(shown.memories)),
        ("links", format!("{} to it, {} from it", shown.linked_from, shown.links_to)),
    ];
    let lines: Vec<String> = lines
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name:>10} {}", output::plain(&value)))
        .collect();
    output::data(&lines.join("\n"))?;
    Ok(outcome::DONE)
}
