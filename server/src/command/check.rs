//! `hydra check`

use std::sync::Arc;

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Check;

const EXAMPLES: &str = "\
Reads everything and changes nothing. Exit code 2 means that something does not agree; what, and what to do about it, \
is printed.";

/// Options of `hydra check`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

#[derive(Deserialize)]
struct Answer {
    ok: bool,
    findings: Vec<String>,
    commits: usize,
    quads: usize,
    texts: usize,
    log_entries: usize,
    indexes: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, _arguments: Arguments) -> Result<u8> {
    let answer = super::follow(setting, Need::Meaning, Check {}, Arc::default(), |progress, event| {
        progress.name(&format!("looking at {}", event["name"].as_str().unwrap_or_default()));
    })
    .await?;
    if setting.global.json {
        output::json(&answer)?;
        let is_ok = answer["ok"].as_bool().unwrap_or_default();
        return Ok(if is_ok { outcome::DONE } else { outcome::FAILED });
    }
    let answer: Answer = super::read(answer)?;
    for finding in &answer.findings {
        output::data(&output::plain(finding))?;
    }
    let Answer { commits, quads, texts, log_entries, indexes, .. } = &answer;
    let looked = format!(
        "{}, {}, {}, {} in the redo log, indexes: {}",
        output::count(*commits, "commit"),
        output::count(*quads, "statement"),
        output::count(*texts, "text"),
        output::count(*log_entries, "entry"),
        indexes.join(", ")
    );
    if answer.ok {
        output::data(&format!("everything agrees: {looked}"))?;
        return Ok(outcome::DONE);
    }
    output::talk(&format!("{} in {looked}", output::count(answer.findings.len(), "finding")));
    Ok(outcome::FAILED)
}
