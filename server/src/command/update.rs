//! `hydra update`

use clap::Args;
use hydra_graph::{Id, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Update;

const EXAMPLES: &str = "\
Examples:
  hydra update 01kgy3v5q2w8e --end 2026-05-01              it held until then
  hydra update 01kgy3v5q2w8e --supersede \"The ladder is in the cellar\"
  hydra update 01kgy3v5q2w8e --correct Mirela \"lives in\" Ghent
  hydra update 01kgy3v5q2w8e --retract --reason \"it was a joke\"
  hydra update 01kgy3v5q2w8e --restore
  hydra update 01kgy3v5q2w8e --never-recall                kept and shown, but given to nobody who asks
  hydra update 01kgy40000000 --keep 01kgy3v5q2w8e          of a conflict, as `hydra conflicts` lists it

Nothing is overwritten: what a memory said before stays in its history, and every update can be undone.";

/// Options of `hydra update`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The memory or conflict
    #[arg(value_name = "ID")]
    pub id: Id,
    #[command(flatten)]
    pub op: Op,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Only of this space (repeatable) [default: all]
    #[arg(long, value_name = "SPACE")]
    pub space: Vec<String>,
}

/// What to change.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Op {
    /// The world changed: it held until then (2026-01-31, a full time, or how long ago)
    #[arg(long, value_name = "WHEN")]
    pub end: Option<String>,
    /// This text takes its place
    #[arg(long, value_name = "TEXT")]
    pub supersede: Option<String>,
    /// This statement takes its place
    #[arg(long, num_args = 3, value_names = ["SUBJECT", "PREDICATE", "OBJECT"])]
    pub correct: Option<Vec<String>>,
    /// It was wrong, and nothing takes its place
    #[arg(long)]
    pub retract: bool,
    /// It stands again: take back its end or its retraction
    #[arg(long)]
    pub restore: bool,
    /// Keep it and show it, but never give it to whoever asks: recall, context and hooks leave it out
    #[arg(long)]
    pub never_recall: bool,
    /// Let it be recalled again
    #[arg(long)]
    pub recall_again: bool,
    /// Of what waits for your word: do not ask before that day
    #[arg(long, value_name = "WHEN")]
    pub snooze: Option<String>,
    /// Of a conflict: this side holds, the others were wrong
    #[arg(long, value_name = "ID")]
    pub keep: Option<Id>,
    /// Of a conflict: all sides hold
    #[arg(long)]
    pub keep_all: bool,
}

#[derive(Deserialize)]
struct Answer {
    commit: String,
    replaced_by: Option<String>,
    #[serde(default)]
    stale: Vec<String>,
    #[serde(default)]
    fresh: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Op { end, supersede, correct, retract, restore, never_recall, recall_again, snooze, keep, keep_all } =
        arguments.op;
    let named = [
        (end.is_some(), "end"),
        (supersede.is_some(), "supersede"),
        (correct.is_some(), "correct"),
        (retract, "retract"),
        (restore, "restore"),
        (never_recall, "never_recall"),
        (recall_again, "recall_again"),
        (snooze.is_some(), "snooze"),
        (keep.is_some(), "settle"),
        (keep_all, "keep_all"),
    ];
    let op = named.into_iter().find(|(is_given, _)| *is_given).map_or("", |(_, name)| name);
    let verb = Update {
        id: arguments.id.to_string(),
        op: op.to_owned(),
        at: end.or(snooze),
        text: supersede,
        statement: correct.map(super::triple).transpose()?,
        keep,
        reason: arguments.reason,
        spaces: arguments.space,
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { commit, replaced_by, stale, fresh } = super::read(answer)?;
    output::data(replaced_by.as_ref().unwrap_or(&commit))?;
    if !setting.global.quiet {
        output::talk(&format!("done; take it back with: hydra undo {commit}"));
        if !stale.is_empty() {
            output::talk(&format!("stale now, because it rests on that: {}", stale.join(", ")));
        }
        if !fresh.is_empty() {
            output::talk(&format!("no longer stale: {}", fresh.join(", ")));
        }
    }
    Ok(outcome::DONE)
}
