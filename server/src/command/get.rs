//! `hydra get`

use std::fmt::Write as _;

use clap::Args;
use hydra_graph::{Id, Mention, Mentioned, Result, Then};
use serde_json::Value;

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::{Get, View};

const EXAMPLES: &str = "\
Examples:
  hydra get 01kgy3v5q2w8e
  hydra get 01kgy3v5q2w8e --view history
  hydra get 01kgy3v5q2w8e --as-of 2025-06-01       was it true then?
  hydra get \"Anna Berg\"                            who it is, and which texts name her
  hydra get someone@example.org                    which texts give that address

An id may be a memory's, a passage's, a commit's, an entity's, a proposal's, or the trace of an earlier recall.
A name may be an entity's; or an address, a path, an issue (#12), a commit or a name in code, as texts give it.
What was not true at --as-of is shown too, and says why it was not.";

/// Options of `hydra get`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Ids as recall and remember print them, or names
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    /// How much of each
    #[arg(long, value_enum, default_value_t = View::Full)]
    pub view: View,
    #[command(flatten)]
    pub look: Look,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let (ids, names): (Vec<String>, Vec<String>) = arguments.ids.into_iter().partition(|id| id.parse::<Id>().is_ok());
    let verb = Get {
        ids: ids.iter().map(|id| id.parse()).collect::<Result<_>>()?,
        names,
        view: arguments.view,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
        spaces: arguments.look.space,
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let records = answer["records"].as_array().cloned().unwrap_or_default();
    let mentions: Vec<Mentioned> = match answer.get("mentions") {
        Some(mentions) => super::read(mentions.clone())?,
        None => Vec::new(),
    };
    let is_found = records.iter().any(|record| record.get("error").is_none())
        || mentions.iter().any(|mentioned| !mentioned.texts.is_empty());
    if setting.global.json {
        output::json(&answer)?;
    } else {
        let style = Style::of_stdout();
        let mut shown: Vec<String> = records.iter().filter_map(|record| shown(record, style)).collect();
        shown.extend(mentions.iter().filter(|it| !it.texts.is_empty()).map(|mentioned| given(mentioned, style)));
        if !shown.is_empty() {
            output::data(&shown.join("\n\n"))?;
        }
        for mentioned in mentions.iter().filter(|mentioned| mentioned.texts.is_empty()) {
            output::talk(&output::plain(&format!("no text gives the {} {}", mentioned.kind, mentioned.of)));
        }
        for error in records.iter().filter_map(|record| record["error"].as_str()) {
            output::talk(&output::plain(error));
        }
    }
    Ok(if is_found { outcome::DONE } else { outcome::NOTHING_FOUND })
}

fn shown(got: &Value, style: Style) -> Option<String> {
    let mut lines = String::new();
    let record = &got["record"];
    let mut fact = |name: &str, value: &Value| {
        let text = match value {
            Value::Null => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !text.is_empty() {
            let _ = writeln!(lines, "{} {}", style.faint(&format!("{name:>12}")), output::plain(&text));
        }
    };
    fact("id", &got["id"]);
    if let Ok(then) = serde_json::from_value::<Then>(got["then"].clone()) {
        fact("as of", &Value::String(then.to_string()));
    }
    for name in [
        "kind",
        "title",
        "space",
        "trust",
        "agent",
        "recorded_at",
        "valid_from",
        "valid_to",
        "retracted_at",
        "ended_by",
        "revision_of",
        "expires_at",
        "forgotten_at",
        "withheld_at",
        "part_of",
    ] {
        fact(name, &record[name]);
    }
    for name in ["topic", "value", "polarity", "holder", "scope", "status", "inferred", "observations", "times_seen"] {
        fact(name, &record["preference"][name]);
    }
    fact("decided", &record["decision"]["decided"]);
    fact("applies_to", &record["decision"]["applies_to"]);
    for reason in strings(&record["decision"]["reasons"]) {
        fact("because", &reason);
    }
    for option in strings(&record["decision"]["options"]) {
        let why = option["why"].as_str().map(|why| format!(": {why}")).unwrap_or_default();
        fact(&text(&option["verdict"]), &Value::String(text(&option["option"]) + &why));
    }
    for link in strings(&got["chain"]) {
        let by = link["superseded_by"].as_str().map(|by| format!(" (superseded by {by})")).unwrap_or_default();
        let line = format!("{} {}{by}", text(&link["id"]), output::start_of(&text(&link["text"]), 80));
        fact("chain", &Value::String(line));
    }
    for source in strings(&record["derived_from"]) {
        fact("rests on", &source);
    }
    for fallen in strings(&record["stale"]) {
        fact("stale by", &fallen);
    }
    for name in ["trigger", "outcome", "times_seen", "times_helped", "times_hurt"] {
        fact(name, &record["learning"][name]);
    }
    for (name, value) in [("seen", "times"), ("first seen", "first"), ("last seen", "last")] {
        fact(name, &record["seen"][value]);
    }
    for name in ["session", "speaker", "happened_at"] {
        fact(name, &record[name]);
    }
    for name in ["role", "number", "tool", "repository", "branch", "sub_agent"] {
        fact(if name == "number" { "turn" } else { name }, &record["turn"][name]);
    }
    fact("confidence", &record["confidence"]);
    fact("voices", &got["voices"]);
    for name in ["path", "heading", "said_by"] {
        fact(name, &record["source"][name]);
    }
    fact("line", &record["source"]["span"]["line"]);
    for name in ["name", "space", "trust", "agent", "changed_at", "limit_bytes"] {
        fact(if name == "name" { "block" } else { name }, &got["block"][name]);
    }
    let proposal = &got["proposal"];
    for name in ["kind", "status", "decided_by", "commit", "would", "problem", "space", "trust", "agent", "proposed_at"]
    {
        fact(if name == "kind" { "proposal" } else { name }, &proposal[name]);
    }
    fact("confidence", &proposal["confidence"]);
    for source in strings(&proposal["evidence"]) {
        fact("rests on", &source["id"]);
    }
    for id in strings(&proposal["became"]) {
        fact("became", &id);
    }
    fact("entity", &got["entity"]);
    fact("replaced_by", &got["replaced_by"]);
    for tie in strings(&got["facts"]) {
        fact("fact", &Value::String(stated(&tie)));
    }
    if let Some(count) = got["facts_left_out"].as_u64() {
        fact("facts", &Value::String(format!("{count} more; `hydra graph` shows them")));
    }
    for mention in strings(&got["named_in"]) {
        if let Ok(mention) = serde_json::from_value::<Mention>(mention) {
            fact("named in", &Value::String(place(&mention)));
        }
    }
    if let Some(count) = got["named_in_left_out"].as_u64() {
        fact("named in", &Value::String(format!("{count} more with these words; `hydra recall` finds them")));
    }
    fact("question", &got["question"]);
    fact("source", &got["part_of"]["title"]);
    for name in strings(&got["entities"]) {
        fact("about", &name);
    }
    for name in strings(&got["mentions"]) {
        fact("names", &name);
    }
    for at in strings(&got["times"]) {
        fact("time", &at);
    }
    for reference in strings(&got["references"]) {
        fact(&text(&reference["kind"]), &reference["value"]);
    }
    for hit in got["recalled"]["hits"].as_array().into_iter().flatten() {
        fact("hit", &Value::String(format!("{} {}", text(&hit["id"]), output::start_of(&text(&hit["text"]), 80))));
    }
    for commit in got["commits"].as_array().into_iter().flatten() {
        let reason = commit["reason"].as_str().map(|reason| format!(", {reason}")).unwrap_or_default();
        let [id, at, agent, verb] = ["id", "at", "agent", "verb"].map(|name| text(&commit[name]));
        let change = commit["change"].as_str().map(|change| format!(" ({change})")).unwrap_or_default();
        fact("commit", &Value::String(format!("{id} {at} {agent}: {verb}{change}{reason}")));
    }
    let body = text(&record["text"]) + &text(&got["block"]["text"]) + &text(&proposal["text"]);
    if got.get("error").is_some() && got.get("commits").is_none() {
        return None;
    }
    let gap = if body.is_empty() { "" } else { "\n" };
    Some(format!("{lines}{gap}{}", output::plain(&body)).trim_end().to_owned())
}

/// A reference and the texts that give it.
fn given(mentioned: &Mentioned, style: Style) -> String {
    let head = format!("{} {}", style.faint(&format!("{:>12}", mentioned.kind)), output::plain(&mentioned.of));
    let left_out = (mentioned.left_out > 0).then(|| format!("{} more", mentioned.left_out));
    let lines = mentioned.texts.iter().map(place).chain(left_out);
    let lines = lines.map(|line| format!("{} {}", style.faint(&format!("{:>12}", "given in")), output::plain(&line)));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

/// Where something is named: the text's id, its note and line, and the words around.
fn place(mention: &Mention) -> String {
    let line = mention.line.map(|line| format!(":{line}")).unwrap_or_default();
    let title = if mention.title.is_empty() { String::new() } else { format!(" {}{line}", mention.title) };
    format!("{}{title} ({}): {}", mention.id, mention.trust, mention.around)
}

/// What a fact says of an entity, who says it, and its id.
fn stated(tie: &Value) -> String {
    let mut said = format!("{} {} ({}", text(&tie["predicate"]), text(&tie["to_name"]), text(&tie["trust"]));
    for (name, is) in [("disputed", &tie["is_disputed"]), ("stale", &tie["is_stale"])] {
        if is.as_bool() == Some(true) {
            let _ = write!(said, ", {name}");
        }
    }
    let until = tie["valid_to"].as_str().map(|to| format!(", until {to}")).unwrap_or_default();
    let _ = write!(said, "{until}, {})", text(&tie["fact"]));
    said
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn strings(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
