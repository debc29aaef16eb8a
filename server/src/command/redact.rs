//! `hydra redact`

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use super::erase::{Removal, show};
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Redact;

const EXAMPLES: &str = "\
Examples:
  hydra redact             what was kept and is a secret by today's rules; writes nothing
  hydra redact --rescan    masks it: in the graph, its history, the log, the indexes and the traces

Keys, tokens, passwords, private keys and connection strings are masked before anything is kept, byte for byte, so that
this finds only what came before a rule did, or with an import. It can't be undone. Files that were read stay as they are.";

/// Options of `hydra redact`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Mask what is found, for good
    #[arg(long)]
    pub rescan: bool,
}

#[derive(Deserialize)]
struct Redacted {
    found: BTreeMap<String, usize>,
    places: Vec<Place>,
    all_places: usize,
    commits: usize,
    traces: usize,
    commit: Option<String>,
    removed: Vec<Removal>,
    files: Vec<String>,
}

#[derive(Deserialize)]
struct Place {
    id: String,
    found: BTreeMap<String, usize>,
    path: Option<String>,
}

fn words(found: &BTreeMap<String, usize>) -> String {
    let words = found.iter().map(|(kind, count)| format!("{count} × {kind}"));
    words.collect::<Vec<_>>().join(", ")
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let verb = Redact { rescan: arguments.rescan };
    let answer = super::follow(setting, Need::Meaning, verb, Arc::default(), |progress, event| {
        progress.show("reading what is kept", super::count(event, "done"), super::count(event, "total"));
    })
    .await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Redacted { found, places, all_places, commits, traces, commit, removed, files } = super::read(answer)?;
    if all_places == 0 && commits == 0 && traces == 0 {
        output::data("no secrets are kept")?;
        return Ok(outcome::DONE);
    }
    for Place { id, found, path } in &places {
        let path = path.as_ref().map(|path| format!("  {}", output::plain(path))).unwrap_or_default();
        output::data(&format!("{id}  {}{path}", words(found)))?;
    }
    if all_places > places.len() {
        output::data(&format!("… and {} more places", all_places - places.len()))?;
    }
    let history = if commits == 1 { "1 commit speaks".to_owned() } else { format!("{commits} commits speak") };
    let found = if found.is_empty() { "nothing that stands".to_owned() } else { words(&found) };
    if traces > 0 {
        let what = output::count(traces, "question that is kept with its answer");
        output::data(&format!("{what} {} one", if traces == 1 { "has" } else { "have" }))?;
    }
    if all_places == 0 && commits == 0 {
        show(removed)?;
        if !arguments.rescan && !setting.global.quiet {
            output::talk("nothing was written; drop it with: hydra redact --rescan");
        }
        return Ok(outcome::DONE);
    }
    match commit {
        Some(commit) => output::data(&format!("masked {found}, commit {commit}"))?,
        None => output::data(&format!("{found}; {history} of secrets"))?,
    }
    show(removed)?;
    for path in files {
        output::data(&format!("still in   the file {}", output::plain(&path)))?;
    }
    if !arguments.rescan && !setting.global.quiet {
        output::talk("nothing was written; mask them with: hydra redact --rescan");
    }
    Ok(outcome::DONE)
}
