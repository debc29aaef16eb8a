//! `hydra propose`

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use hydra_graph::{Error, ErrorKind, Result};
use hydra_mcp::proposal::Proposal;
use serde::Deserialize;

use super::Setting;
use crate::client::Need;
use crate::outcome;
use crate::output;
use crate::verb::Propose;

/// Most that is read of a file of proposals.
const MAX_INPUT_BYTES: u64 = 4 * 1024 * 1024;

/// A line as it should be.
const EXAMPLE: &str =
    r#"{"kind":"alias","entity":"Mirela","alias":"Miri","evidence":["01kgy3v5q2w8e"],"confidence":0.8}"#;

const EXAMPLES: &str = "\
Examples:
  hydra propose proposals.jsonl --by llama3
  echo '{\"kind\":\"alias\",\"entity\":\"Mirela\",\"alias\":\"Miri\"}' | hydra propose -

One JSON object a line, with its kind: fact (subject, predicate, object), alias (entity, alias), merge (keep, other) or
summary (text, entities); and evidence (ids of texts, or {id, quote}), confidence and space. Each is checked as if it were
accepted; nothing changes until you accept it with `hydra proposals accept`.";

/// Options of `hydra propose`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A file of JSON lines; - is standard input
    pub file: PathBuf,
    /// The model or program that made them
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Deserialize)]
struct One {
    text: String,
    status: String,
    id: Option<String>,
    would: Option<String>,
    error: Option<String>,
}

/// Runs it.
///
/// # Errors
/// `Invalid` when a line does not read, else what the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let file = arguments.file;
    let text = tokio::task::spawn_blocking(move || input(&file))
        .await
        .map_err(|error| Error::io("reading proposals", &std::io::Error::other(error)))??;
    let verb = Propose { proposals: parse(&text)?, by: arguments.by, reason: arguments.reason };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let all: Vec<One> = super::read(answer["proposals"].clone())?;
    // Of what was refused, nothing came.
    let is_refused = !all.is_empty() && all.iter().all(|one| one.id.is_none());
    let code = if is_refused { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    for One { text, status, id, would, error } in all {
        let note = output::plain(&error.or(would).unwrap_or(text));
        match id {
            Some(id) => output::data(&format!("{id}  {status}: {note}"))?,
            None => output::talk(&format!("{status}: {note}")),
        }
    }
    Ok(code)
}

fn input(file: &Path) -> Result<String> {
    let mut text = String::new();
    let failed = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, format!("{} does not exist", file.display())).hint("check the path")
        }
        _ => Error::io(file.display(), error),
    };
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_string(&mut text)
    } else {
        let opened = std::fs::File::open(file).map_err(|error| failed(&error))?;
        opened.take(MAX_INPUT_BYTES + 1).read_to_string(&mut text)
    };
    if read.map_err(|error| failed(&error))? as u64 > MAX_INPUT_BYTES {
        return Err(Error::new(ErrorKind::TooLarge, format!("more than {MAX_INPUT_BYTES} bytes of proposals"))
            .hint("propose them in parts"));
    }
    Ok(text)
}

fn parse(text: &str) -> Result<Vec<Proposal>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).map_err(|error| {
                Error::new(ErrorKind::Invalid, format!("line {} {}", number + 1, wrong(line, &error)))
                    .hint(format!("a line looks like {EXAMPLE}; nothing was proposed"))
            })
        })
        .collect()
}

/// Says what is wrong with a line, in words for whoever wrote it.
fn wrong(line: &str, error: &serde_json::Error) -> String {
    let said = error.to_string();
    // The line is one of many to the person, and the first to the parser.
    let said = said.split(" at line ").next().unwrap_or_default();
    if error.is_syntax() || error.is_eof() {
        return format!("is not JSON: {said}, at column {}", error.column());
    }
    match serde_json::from_str::<serde_json::Value>(line).ok().as_ref().and_then(serde_json::Value::as_object) {
        None => "is not a JSON object".to_owned(),
        Some(fields) if !fields.contains_key("kind") => "has no field `kind`: fact, alias, merge or summary".to_owned(),
        Some(_) => format!("is no proposal: {said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_line_is_named_with_what_is_wrong() {
        for (line, said) in [
            (r#"{"kind":"fact""#, "line 2 is not JSON: EOF while parsing an object, at column 14"),
            ("[1]", "line 2 is not a JSON object"),
            (r#"{"subject":"Mirela"}"#, "line 2 has no field `kind`: fact, alias, merge or summary"),
            (r#"{"kind":"alias","entity":"Mirela"}"#, "line 2 is no proposal: missing field `alias`"),
        ] {
            let error = parse(&format!("{EXAMPLE}\n{line}")).unwrap_err();
            assert_eq!(error.message(), said);
            assert!(error.next_step().unwrap().contains(EXAMPLE));
        }
    }
}
