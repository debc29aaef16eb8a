//! `hydra enrich`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use hydra_graph::Result;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::interrupt;
use crate::outcome;
use crate::output;
use crate::verb::Enrich;

const EXAMPLES: &str = "\
Examples:
  hydra enrich --dry-run      what would be sent, and where; sends nothing
  hydra enrich --limit 10     ask about the ten newest texts
  hydra enrich                ask about all, as far as the hour's requests go

The model is named under [enrichment] in the configuration; without one nothing is ever sent. Texts are asked about once, \
those of which nothing is known but their words. What the model says has to stand in the text, and waits as a proposal \
until you accept it with `hydra proposals accept`.";

/// Options of `hydra enrich`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Ask about so many texts at most
    #[arg(long, value_name = "TEXTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Show only what would be sent
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Deserialize)]
struct Answer {
    ended: String,
    texts: usize,
    answered: usize,
    proposed: usize,
    known: usize,
    refused: usize,
    dropped: BTreeMap<String, u64>,
    unusable: usize,
    given_up: usize,
    tokens: u64,
    proposals: Vec<Proposed>,
    enrichment: Enrichment,
}

#[derive(Deserialize)]
struct Proposed {
    status: String,
    id: Option<String>,
    text: String,
    would: Option<String>,
}

#[derive(Deserialize)]
struct Enrichment {
    url: String,
    model: String,
    next_at: Option<String>,
}

#[derive(Deserialize)]
struct Plan {
    texts: Vec<Planned>,
    enrichment: Enrichment,
}

#[derive(Deserialize)]
struct Planned {
    id: String,
    text: String,
}

/// Runs it.
///
/// # Errors
/// What the verb returns, and what the endpoint failed with after what it answered was told.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Arguments { limit, dry_run } = arguments;
    let verb = Enrich { limit: limit.map(|limit| limit as usize), dry_run };
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let answer = super::follow(setting, Need::Graph, verb, stop, |progress, event| {
        progress.show("asking", super::count(event, "done"), super::count(event, "total"));
    });
    let answer = answer.await?;
    let failed = outcome::error_from_json(&answer);
    let is_empty = answer["texts"].as_array().map_or_else(|| answer["texts"] == 0, Vec::is_empty);
    if setting.global.json {
        output::json(&answer)?;
    } else if dry_run {
        show_plan(&super::read(answer)?)?;
    } else {
        show(&super::read(answer)?)?;
    }
    match failed {
        Some(error) => Err(error),
        None if is_empty => Ok(outcome::NOTHING_FOUND),
        None => Ok(outcome::DONE),
    }
}

fn show_plan(plan: &Plan) -> Result<()> {
    for Planned { id, text } in &plan.texts {
        output::data(&format!("{id}  {}", output::plain(text)))?;
    }
    let Enrichment { url, model, .. } = &plan.enrichment;
    output::talk(&match plan.texts.len() {
        0 => "nothing would be sent: there is no text left to be asked about, or the hour's requests are used up"
            .to_owned(),
        texts => format!("{} would be sent to {model} at {url}; nothing was sent", output::count(texts, "text")),
    });
    Ok(())
}

fn show(answer: &Answer) -> Result<()> {
    for Proposed { status, id, text, would } in &answer.proposals {
        if let Some(id) = id {
            output::data(&format!("{id}  {status}: {}", output::plain(would.as_ref().unwrap_or(text))))?;
        }
    }
    let Answer { texts, answered, proposed, known, refused, dropped, unusable, given_up, tokens, .. } = answer;
    if *texts == 0 && answer.ended == "done" {
        output::talk("there is no text left to be asked about");
        return Ok(());
    }
    let texts = output::count(*texts, "text");
    output::talk(&format!(
        "{answered} of {texts} answered, {}, {tokens} tokens",
        output::count(*proposed, "new proposal")
    ));
    let mut left_out: Vec<String> = dropped.iter().map(|(reason, times)| format!("{times} with {reason}")).collect();
    for (count, what) in [
        (known, "known already"),
        (refused, "refused by the queue"),
        (unusable, "whole answers that were no list of proposals"),
        (given_up, "texts given up after three failures"),
    ] {
        if *count > 0 {
            left_out.push(format!("{count} {what}"));
        }
    }
    if !left_out.is_empty() {
        output::talk(&format!("left out: {}", output::plain(&left_out.join(", "))));
    }
    match answer.ended.as_str() {
        "hour" => {
            let next = answer.enrichment.next_at.as_deref().unwrap_or("later");
            output::talk(&format!("the hour's requests are used up; run it again from {next} on"));
        }
        "full" => output::talk("enough waits for you; decide about some first with: hydra proposals"),
        "stopped" => output::talk("stopped; run it again to go on"),
        _ => {}
    }
    if *proposed > 0 {
        output::talk("nothing of it is known until you accept it: `hydra proposals`");
    }
    Ok(())
}
