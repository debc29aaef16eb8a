//! `hydra forget --erase`

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::Arc;

use hydra_graph::{Error, ErrorKind, Result};
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Erase;

#[derive(Deserialize)]
struct Receipt {
    commit: String,
    passages: usize,
    stale: Vec<String>,
    removed: Vec<Removal>,
    remains: Vec<String>,
}

/// One place that was cleared.
#[derive(Deserialize)]
pub(super) struct Removal {
    place: String,
    is_done: bool,
    note: Option<String>,
}

/// Erases, and prints the receipt.
///
/// # Errors
/// What the verb returns; `Invalid` when nobody agreed.
pub async fn run(setting: &Setting, verb: Erase, is_agreed: bool) -> Result<u8> {
    if !is_agreed {
        let ids = verb.ids.iter().map(ToString::to_string);
        agree(&ids.chain(verb.paths.iter().cloned()).collect::<Vec<_>>())?;
    }
    // The vectors must be there to be erased; the model need not.
    let answer = super::follow(setting, Need::Meaning, verb, Arc::default(), |progress, event| {
        progress.show("copying what stays", super::count(event, "done"), super::count(event, "total"));
    })
    .await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Receipt { commit, passages, stale, removed, remains } = super::read(answer)?;
    let texts = if passages == 1 { "text" } else { "texts" };
    output::data(&format!("erased {passages} {texts}, commit {commit}"))?;
    show(removed)?;
    for what in remains {
        output::data(&format!("still in   {}", output::plain(&what)))?;
    }
    if !stale.is_empty() && !setting.global.quiet {
        output::talk(&format!("derived from it, and may still tell of it: {}", stale.join(" ")));
    }
    Ok(outcome::DONE)
}

/// Prints a receipt, a line for each place.
pub(super) fn show(removed: Vec<Removal>) -> Result<()> {
    removed.into_iter().try_for_each(|Removal { place, is_done, note }| {
        let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
        output::data(&format!("{}  {place}{note}", if is_done { "gone from" } else { "NOT YET  " }))
    })
}

fn agree(ids: &[String]) -> Result<()> {
    let refused = |message: &str| {
        Err(Error::new(ErrorKind::Invalid, message).hint(format!(
            "see what would go with `hydra forget --erase --dry-run {0}`, then add --yes",
            ids.join(" ")
        )))
    };
    if !std::io::stdin().is_terminal() {
        return refused("erasing can't be undone, and nobody is here to be asked");
    }
    let failed = |error| Error::io("the terminal", &error);
    let mut out = std::io::stderr();
    write!(out, "erase for good? It can't be undone [y/N] ").and_then(|()| out.flush()).map_err(failed)?;
    let mut said = String::new();
    std::io::stdin().lock().read_line(&mut said).map_err(failed)?;
    match said.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => refused("nothing was erased"),
    }
}
