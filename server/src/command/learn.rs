//! `hydra learn`

use clap::Args;
use hydra_graph::{Id, Outcome, Report, Result};
use serde::Deserialize;

use super::Setting;
use super::belonging::Belonging;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Learn;

const EXAMPLES: &str = "\
Examples:
  hydra learn --when \"the linker is killed\" \"Build with one job\" --outcome worked --evidence 01kgy3v5q2w8e
  hydra learn --when \"editing a migration\" \"Write a new one instead\" --path src/migrations --space project/atlas
  hydra learn --helped 01kgy40000000
  hydra learn --hurt 01kgy40000000 --reason \"it hides the error\"

The same trigger and lesson count up instead of piling up, and what helped comes first in the context of agents.";

/// Options of `hydra learn`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do then, or to avoid
    #[arg(required_unless_present_any = ["helped", "hurt"])]
    pub lesson: Option<String>,
    /// When it applies
    #[arg(long, value_name = "TRIGGER", requires = "lesson", required_unless_present_any = ["helped", "hurt"])]
    pub when: Option<String>,
    /// worked, failed or mixed [default: worked]
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<Outcome>,
    #[command(flatten)]
    pub belonging: Belonging,
    /// The file or folder it applies to
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Report that following this learning helped
    #[arg(long, value_name = "ID", conflicts_with_all = ["lesson", "hurt"])]
    pub helped: Option<Id>,
    /// Report that following this learning did harm
    #[arg(long, value_name = "ID", conflicts_with = "lesson")]
    pub hurt: Option<Id>,
    /// Why, of a report; kept in the history
    #[arg(long, value_name = "TEXT", conflicts_with = "lesson")]
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    commit: String,
    times_seen: usize,
    times_helped: usize,
    times_hurt: usize,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let (id, report) = match (arguments.helped, arguments.hurt) {
        (Some(id), _) => (Some(id), Some(Report::Helped)),
        (None, Some(id)) => (Some(id), Some(Report::Hurt)),
        (None, None) => (None, None),
    };
    let verb = Learn {
        trigger: arguments.when.unwrap_or_default(),
        lesson: arguments.lesson.unwrap_or_default(),
        outcome: arguments.outcome,
        evidence: arguments.belonging.evidence,
        space: arguments.belonging.space,
        entities: arguments.belonging.entity,
        path: arguments.path,
        id,
        report,
        reason: arguments.reason,
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Answer { id, commit, times_seen, times_helped, times_hurt } = super::read(answer)?;
    output::data(&id)?;
    if !setting.global.quiet {
        output::talk(&format!(
            "seen {times_seen}, helped {times_helped}, hurt {times_hurt}; take it back with: hydra undo {commit}"
        ));
    }
    Ok(outcome::DONE)
}
