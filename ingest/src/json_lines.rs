//! JSON lines: each line a record, each record a passage of what it says.

use hydra_graph::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::content::{Content, Record};
use crate::encoding::decode;
use crate::outline::shorten;
use crate::passages::MAX_PASSAGES;

/// Names under which programs keep what a record is about; shown first, without their name.
const MAIN: [&str; 14] = [
    "title",
    "subject",
    "name",
    "question",
    "prompt",
    "text",
    "content",
    "message",
    "body",
    "description",
    "summary",
    "answer",
    "completion",
    "note",
];
/// How deep a record's values are shown.
const MAX_DEPTH: usize = 4;
/// How much of one record is shown.
const MAX_RECORD_BYTES: usize = 16 * 1024;
/// Lines that are named of those that are no JSON.
const MAX_NAMED: usize = 5;
/// Records that are looked at to tell whose file it is.
const RECORDS_LOOKED_AT: usize = 20;

/// Reads records.
///
/// # Errors
/// `Invalid` when no line is a record, or when it is a transcript of an agent.
pub(crate) fn read(bytes: &[u8]) -> Result<Content> {
    let text = decode(bytes)?.text;
    let mut content = Content::default();
    let mut broken: Vec<usize> = Vec::new();
    let (mut records, mut is_cut, mut is_shortened) = (0, false, false);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Ok(record) = serde_json::from_str::<Value>(line) else {
            broken.push(number + 1);
            continue;
        };
        records += 1;
        if records <= RECORDS_LOOKED_AT && is_of_a_transcript(&record) {
            return Err(Error::new(ErrorKind::Invalid, "is the transcript of an agent, not a list of records")
                .hint("nothing to do; what was said in it is not read as a note"));
        }
        let shown = show(&record);
        is_shortened |= shown.len() > MAX_RECORD_BYTES;
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let text = shorten(&shown, MAX_RECORD_BYTES);
        is_cut |= !content.add_record(Record { text, line, headings: Vec::new() });
    }
    if records == 0 && !broken.is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "is not JSON lines: no line of it is JSON by itself")
            .hint("write one record a line, or leave it out with a line in .hydraignore"));
    }
    if !broken.is_empty() {
        let named: Vec<String> = broken.iter().take(MAX_NAMED).map(usize::to_string).collect();
        let more = if broken.len() > MAX_NAMED { " and more" } else { "" };
        let message = format!("{} of its lines are not JSON: {}{more}", broken.len(), named.join(", "));
        let hint = "correct them; the other lines were read".to_owned();
        content.troubles.push((broken.first().and_then(|line| u32::try_from(*line).ok()), message, hint));
    }
    if is_cut {
        content
            .trouble(format!("holds more than {MAX_PASSAGES} passages, the rest cannot be recalled"), "split the file");
    }
    if is_shortened {
        content.trouble(format!("holds records of more than {MAX_RECORD_BYTES} bytes, which were cut"), "split them");
    }
    Ok(content)
}

/// Claude Code keeps its conversations so; they are read as conversations, by another reader.
fn is_of_a_transcript(record: &Value) -> bool {
    let has = |name: &str| record.get(name).is_some();
    (has("sessionId") && has("type") && (has("uuid") || has("parentUuid")))
        || (has("type") && has("messageId") && has("snapshot"))
        || (has("type") && has("leafUuid"))
}

/// What a record says, the main thing first.
fn show(record: &Value) -> String {
    let mut shown = String::new();
    let Some(fields) = record.as_object() else {
        say(&mut shown, "", record, 0);
        return shown;
    };
    let is_main = |name: &str| MAIN.iter().any(|main| name.eq_ignore_ascii_case(main));
    for name in MAIN {
        for (_, value) in fields.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            say(&mut shown, if value.is_string() { "" } else { name }, value, 0);
        }
    }
    for (name, value) in fields.iter().filter(|(name, _)| !is_main(name)) {
        say(&mut shown, name, value, 0);
    }
    shown
}

fn say(shown: &mut String, name: &str, value: &Value, depth: usize) {
    if shown.len() > MAX_RECORD_BYTES || depth > MAX_DEPTH {
        return;
    }
    let line = |text: &str| if name.is_empty() { format!("{text}\n") } else { format!("{name}: {text}\n") };
    match value {
        Value::Null => {}
        Value::Bool(value) => shown.push_str(&line(&value.to_string())),
        Value::Number(value) => shown.push_str(&line(&value.to_string())),
        Value::String(text) if text.trim().is_empty() => {}
        Value::String(text) => shown.push_str(&line(text.trim())),
        Value::Array(values) => values.iter().for_each(|value| say(shown, name, value, depth + 1)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                say(shown, &name, value, depth + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let content = read(text.as_bytes()).unwrap();
        crate::mutation::check_content(&content);
        content
            .passages
            .iter()
            .map(|p| format!("{}: {}", p.line, content.text[p.span.clone()].replace('\n', "/")))
            .collect()
    }

    #[test]
    fn each_line_is_a_record() {
        assert_eq!(
            said(
                "{\"id\":7,\"text\":\"The boiler leaks.\",\"title\":\"Boiler\"}\n\n{\"a\":{\"b\":[1,true,null]}}\r\n\"just text\"\n"
            ),
            ["1: Boiler/The boiler leaks./id: 7", "3: a.b: 1/a.b: true", "4: just text"]
        );
        assert_eq!(said("{}\nnull\n[]"), [""; 0]);
        assert_eq!(said(""), [""; 0]);
        assert_eq!(read(b"{\"url\":\"https://a.org/x\"}").unwrap().links[0].target, "https://a.org/x");
    }

    #[test]
    fn broken_lines_are_counted_and_named() {
        let content = read(b"{\"a\":1}\n{\"a\":\nx\n{\"a\":2}\n").unwrap();
        assert_eq!((content.passages.len(), content.troubles.len()), (2, 1));
        let (line, message, _) = &content.troubles[0];
        assert_eq!((*line, message.as_str()), (Some(2), "2 of its lines are not JSON: 2, 3"));
        let many = read(format!("1\n{}", "x\n".repeat(MAX_NAMED + 1)).as_bytes()).unwrap();
        assert!(many.troubles[0].1.ends_with("2, 3, 4, 5, 6 and more"), "{:?}", many.troubles);
        assert!(read(b"{\n\"a\": 1\n}\n").is_err());
        let deep = format!("{{\"a\":1}}\n{}", "[".repeat(100_000));
        assert_eq!(read(deep.as_bytes()).unwrap().troubles.len(), 1);
    }

    #[test]
    fn records_are_bounded() {
        let record = |bytes: usize| format!("\"{}\"", "a b ".repeat(bytes / 4));
        assert_eq!(read(record(MAX_RECORD_BYTES - 4).as_bytes()).unwrap().troubles.len(), 0);
        assert_eq!(read(record(2 * MAX_RECORD_BYTES).as_bytes()).unwrap().troubles.len(), 1);
        let nested = |depth: usize| said(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth))).len();
        assert_eq!((nested(MAX_DEPTH + 1), nested(MAX_DEPTH + 2)), (1, 0));
        let lines = |count: usize| read("1\n".repeat(count).as_bytes()).unwrap();
        assert_eq!(lines(MAX_PASSAGES).troubles.len(), 0);
        assert_eq!((lines(MAX_PASSAGES + 1).passages.len(), lines(MAX_PASSAGES + 1).troubles.len()), (MAX_PASSAGES, 1));
    }

    #[test]
    fn transcripts_are_left_to_their_reader() {
        for line in [
            r#"{"type":"user","sessionId":"x","uuid":"y","message":{"role":"user","content":"hi"}}"#,
            r#"{"type":"file-history-snapshot","messageId":"x","snapshot":{}}"#,
            r#"{"type":"summary","summary":"x","leafUuid":"y"}"#,
        ] {
            let error = read(format!("{line}\n{{}}\n").as_bytes()).err().unwrap();
            assert!(error.message().contains("transcript"), "{error}");
        }
    }

    #[test]
    fn nothing_in_records_does_harm() {
        crate::mutation::check(b"{\"text\":\"a \xC3\xBC b\",\"n\":[1,{\"x\":2}]}\n\"y\"\n", |bytes| {
            if let Ok(content) = read(bytes) {
                crate::mutation::check_content(&content);
            }
        });
    }
}
