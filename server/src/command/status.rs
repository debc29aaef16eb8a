//! `hydra status`

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Status;

const EXAMPLES: &str = "\
Examples:
  hydra status
  hydra status --json | jq '.indexes[] | select(.behind)'";

/// Options of `hydra status`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

#[derive(Deserialize)]
struct Answer {
    version: String,
    data_dir: String,
    server: Option<Server>,
    head: Option<String>,
    sources: usize,
    passages: usize,
    memories: usize,
    entities: usize,
    links: usize,
    indexes: Vec<Index>,
    log_bytes: u64,
    writes: String,
    enrichment: Option<Enrichment>,
}

#[derive(Deserialize)]
struct Enrichment {
    url: String,
    model: String,
    state: String,
    is_automatic: bool,
    answered: u64,
    proposed: u64,
    unusable: u64,
    given_up: u64,
    tokens: u64,
    hour_requests: u32,
    requests_per_hour: u32,
    next_at: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Server {
    pid: u32,
    url: String,
}

#[derive(Deserialize)]
struct Index {
    name: String,
    behind: bool,
    done: u64,
    total: u64,
    degraded: Option<String>,
    error: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, _arguments: Arguments) -> Result<u8> {
    let answer = super::ask(setting, Need::Meaning, Status {}).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let answer: Answer = super::read(answer)?;
    output::data(&shown(&answer, Style::of_stdout()))?;
    Ok(outcome::DONE)
}

fn shown(answer: &Answer, style: Style) -> String {
    let mut lines = Vec::new();
    let mut fact = |name: &str, text: String| lines.push(format!("{} {text}", style.faint(&format!("{name:>9}"))));
    fact("version", answer.version.clone());
    fact("memory", output::plain(&answer.data_dir));
    fact(
        "server",
        match &answer.server {
            Some(server) => format!("{} (pid {})", server.url, server.pid),
            None => "none is running".to_owned(),
        },
    );
    fact(
        "holds",
        format!(
            "{}, {} in {}, {}, {}",
            output::count(answer.memories, "memory"),
            output::count(answer.sources, "note"),
            output::count(answer.passages, "passage"),
            output::count(answer.entities, "entity"),
            output::count(answer.links, "link")
        ),
    );
    fact("newest", answer.head.clone().unwrap_or_else(|| "nothing is remembered yet".to_owned()));
    for index in &answer.indexes {
        fact(&index.name, state(index, style));
    }
    fact(
        "writes",
        match answer.writes.as_str() {
            "ok" => format!("ok, {} in the redo log", output::size(answer.log_bytes)),
            refused => style.warning(&format!("refused: {}", output::plain(refused))),
        },
    );
    if let Some(enrichment) = &answer.enrichment {
        for line in enriching(enrichment, style) {
            fact("enriches", line);
        }
    }
    lines.join("\n")
}

fn enriching(enrichment: &Enrichment, style: Style) -> Vec<String> {
    let Enrichment { url, model, answered, proposed, unusable, given_up, tokens, .. } = enrichment;
    let state = match enrichment.state.as_str() {
        "ready" if enrichment.is_automatic => "waits for new texts",
        "ready" => "waits for `hydra enrich`",
        "asking" => "asks",
        "resting" => "the hour's requests are used up",
        "full" => "enough proposals wait for you: `hydra proposals`",
        _ => "failed",
    };
    let next = enrichment.next_at.as_ref().map(|at| format!(" until {at}")).unwrap_or_default();
    let Enrichment { hour_requests, requests_per_hour, .. } = enrichment;
    let mut lines = vec![
        format!("{} at {}, {state}{next}", output::plain(model), output::plain(url)),
        format!(
            "{answered} answered, {proposed} proposed, {unusable} unusable, {given_up} given up, {tokens} tokens, \
             {hour_requests}/{requests_per_hour} requests of the hour"
        ),
    ];
    if let Some(error) = &enrichment.error {
        lines.push(style.warning(&format!("failed: {}", output::plain(error))));
    }
    lines
}

fn state(index: &Index, style: Style) -> String {
    match (&index.degraded, &index.error) {
        (Some(reason), _) => style.warning(&format!("off: {}", output::plain(reason))),
        (None, Some(error)) if index.behind => style.warning(&format!("failed: {}", output::plain(error))),
        (None, _) if index.behind && index.total > 0 => format!("catching up, {}/{}", index.done, index.total),
        (None, _) if index.behind => "about to catch up with what is new".to_owned(),
        (None, _) => "up to date".to_owned(),
    }
}
