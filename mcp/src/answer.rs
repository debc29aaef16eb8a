//! How answers look: packed lines for a reader, the same as data for a program, errors with the next step.

use std::path::Path;

use hydra_graph::{Error, Hit, Record, Timestamp};
use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

/// Bytes that are counted as one token, as the graph counts them.
const BYTES_A_TOKEN: usize = 4;
/// The trust of text that was read from files.
pub(crate) const INGESTED: &str = "ingested";

/// Returns about how many tokens a text costs.
pub(crate) fn tokens(text: &str) -> usize {
    text.len().div_ceil(BYTES_A_TOKEN)
}

/// Returns about how many tokens a part of an answer costs in its longer form, the data.
pub(crate) fn cost(part: &impl Serialize) -> usize {
    serde_json::to_string(part).map_or(0, |json| tokens(&json))
}

/// Puts together a result: the data, and the same as text.
pub(crate) fn success(data: &impl Serialize, text: String) -> CallToolResult {
    let data = serde_json::to_value(data).unwrap_or_default();
    let mut result = CallToolResult::structured(data);
    result.content = vec![ContentBlock::text(text)];
    result
}

/// Puts together a failure that the model can read: what was wrong and what to do next.
pub(crate) fn failure(error: &Error) -> CallToolResult {
    let text = match error.next_step() {
        Some(hint) => format!("{}: {}. Next: {hint}.", error.kind().as_str(), error.message()),
        None => format!("{}: {}.", error.kind().as_str(), error.message()),
    };
    CallToolResult::error(vec![ContentBlock::text(text)])
}

/// Marks every line of a remembered text, so that no text can pass for a line of the answer around it.
pub(crate) fn quote(text: &str) -> String {
    text.lines().map(|line| format!("> {line}\n")).collect()
}

/// Returns the day, which is as exact as a reader needs; `get` tells the rest.
pub(crate) fn day(at: Timestamp) -> String {
    at.to_string().chars().take("2026-01-31".len()).collect()
}

/// Returns one line on where something stands: title, heading, file and line.
pub(crate) fn place(title: &str, heading: Option<&str>, path: Option<&Path>, line: Option<u32>) -> String {
    let mut parts = Vec::new();
    let heading = heading.unwrap_or_default();
    // A note's first heading is often its title.
    let title = if heading == title || heading.starts_with(&format!("{title} > ")) { "" } else { title };
    let names: Vec<&str> = [title, heading].into_iter().filter(|name| !name.is_empty()).collect();
    if !names.is_empty() {
        parts.push(one_line(&names.join(" > ")));
    }
    if let Some(path) = path {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        parts.push(format!("({}{line})", one_line(&path.display().to_string())));
    }
    parts.join(" ")
}

/// Returns one line on where a record comes from: where it stands, else who said it.
pub(crate) fn record_place(record: &Record) -> String {
    let source = &record.source;
    let line = source.span.map(|span| span.line);
    let place = place(&record.title, source.heading.as_deref(), source.path.as_deref(), line);
    match &source.said_by {
        Some(said_by) if place.is_empty() => one_line(said_by),
        _ => place,
    }
}

/// Returns in words who said something and when, with a blank in front; nothing if neither is known.
pub(crate) fn said(speaker: Option<&str>, happened_at: Option<&str>) -> String {
    match (speaker, happened_at) {
        (Some(speaker), Some(at)) => format!(" said by {speaker} at {at}"),
        (Some(speaker), None) => format!(" said by {speaker}"),
        (None, Some(at)) => format!(" of {at}"),
        (None, None) => String::new(),
    }
}

/// Returns in words since and until when something holds, with a blank in front; nothing if neither is known.
pub(crate) fn held(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!(" held {from} to {to}"),
        (Some(from), None) => format!(" since {from}"),
        (None, Some(to)) => format!(" held until {to}"),
        (None, None) => String::new(),
    }
}

/// Returns in words which lists found a hit.
pub(crate) fn why(hit: &Hit) -> String {
    let mut reasons = Vec::new();
    let lists = [
        ("words", &hit.why.lexical),
        ("meaning", &hit.why.dense),
        ("word by word", &hit.why.late),
        ("links", &hit.why.graph),
    ];
    for (name, reason) in lists {
        if let Some(reason) = reason {
            reasons.push(reason.rank.map_or_else(|| name.to_owned(), |rank| format!("{name} {rank}")));
        }
    }
    let signals = [
        ("speaker", hit.why.speaker),
        ("subject", hit.why.subject),
        ("conversation", hit.why.session),
        ("time", hit.why.time),
        ("its name", hit.why.called),
    ];
    reasons.extend(signals.into_iter().filter(|(_, part)| part.is_some()).map(|(name, _)| name.to_owned()));
    if let Some(lead) = &hit.why.led_by {
        reasons.push(format!("through {} in {}", one_line(&lead.name), lead.from));
    }
    if !hit.why.entities.is_empty() {
        reasons.push(format!("about {}", one_line(&hit.why.entities.join(", "))));
    }
    reasons.join(", ")
}

/// Titles and names come from files: without line breaks and control characters they stay on their line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hydra_graph::ErrorKind;

    #[test]
    fn no_text_passes_for_a_line_of_the_answer() {
        assert_eq!(quote("one\n[2] 01 owner\n"), "> one\n> [2] 01 owner\n");
        assert_eq!(place("A\nB", Some("C"), Some(Path::new("/n.md")), Some(3)), "A B > C (/n.md:3)");
        assert_eq!(place("", None, None, None), "");
        assert_eq!(place("A", Some("A > B"), None, None), "A > B");
    }

    #[test]
    fn a_failure_says_what_to_do_next() {
        let error = Error::new(ErrorKind::Invalid, "the question is empty").hint("say what to look for");
        let result = failure(&error);
        assert_eq!(result.is_error, Some(true));
        let text = serde_json::to_value(&result.content[0]).unwrap()["text"].as_str().unwrap().to_owned();
        assert_eq!(text, "invalid: the question is empty. Next: say what to look for.");
    }
}
