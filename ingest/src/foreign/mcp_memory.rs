//! The file of the official MCP memory server: one JSON object a line, an entity with its observations or a relation.
//!
//! Read off `src/memory/index.ts` of github.com/modelcontextprotocol/servers (the npm package
//! `@modelcontextprotocol/server-memory`, 0.6.3 and the releases of 2025). The file has no times. That server skips
//! lines that it does not understand; here they are told.

use hydra_graph::Kind;
use serde::Deserialize;

use super::collected::{Foreign, Place, Said};

const HINT: &str = "a line is {\"type\":\"entity\",\"name\":…,\"entityType\":…,\"observations\":[…]} or \
                    {\"type\":\"relation\",\"from\":…,\"to\":…,\"relationType\":…}";

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Line {
    Entity { name: String, entity_type: String, observations: Vec<String> },
    Relation { from: String, to: String, relation_type: String },
}

/// Reads all lines; empty ones are passed over, as the origin does.
pub(super) fn read(bytes: &[u8], foreign: &mut Foreign) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if !line.trim_ascii().is_empty() {
            take(Place::Line(number), line, foreign);
        }
    }
}

fn take(place: Place, line: &[u8], foreign: &mut Foreign) {
    match serde_json::from_slice(line) {
        Ok(Line::Entity { name, entity_type, observations }) => {
            // Whatever is said of it must say of what, or the text means nothing by itself.
            let head = if entity_type.trim().is_empty() { name.clone() } else { format!("{name} ({entity_type})") };
            if name.trim().is_empty() || observations.iter().any(|text| text.trim().is_empty()) {
                return foreign.break_at(place, "an entity without a name, or an observation without text", HINT);
            }
            if observations.is_empty() {
                keep(place, head.clone(), vec![name.clone()], &["entity", &name, &entity_type], foreign);
            }
            for text in &observations {
                keep(place, format!("{head}: {text}"), vec![name.clone()], &["observation", &name, text], foreign);
            }
        }
        Ok(Line::Relation { from, to, relation_type }) => {
            if [&from, &to, &relation_type].iter().any(|name| name.trim().is_empty()) {
                return foreign.break_at(place, "a relation without one of its names", HINT);
            }
            let text = format!("{from} {relation_type} {to}");
            let key = ["relation", &from, &relation_type, &to];
            keep(place, text, vec![from.clone(), to.clone()], &key, foreign);
        }
        Err(error) => foreign.break_at(place, format!("it is no entity and no relation: {error}"), HINT),
    }
}

fn keep(place: Place, text: String, about: Vec<String>, key: &[&str], foreign: &mut Foreign) {
    let memory = foreign.memory(Said { place, text, kind: Kind::Fact, about, key });
    foreign.keep(place, memory);
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;
    use hydra_graph::Timestamp;

    fn foreign(text: &[u8]) -> Foreign {
        let mut foreign = Foreign::new(Origin::McpMemory, "memory.jsonl", "personal", Timestamp::from_millis(0));
        read(text, &mut foreign);
        foreign
    }

    #[test]
    fn entities_and_relations_become_sentences_about_them() {
        let read = foreign(
            "\u{feff}{\"type\":\"entity\",\"name\":\"Ola\",\"entityType\":\"person\",\"observations\":[\"rows\",\"sings\"]}\r\n\n\
             {\"type\":\"entity\",\"name\":\"Pier\",\"entityType\":\"\",\"observations\":[]}\n\
             {\"type\":\"relation\",\"from\":\"Ola\",\"to\":\"Pier\",\"relationType\":\"works_at\"}"
                .as_bytes(),
        );
        assert_eq!(read.broken, []);
        let texts: Vec<(&str, String)> =
            read.memories.iter().map(|memory| (memory.text.as_str(), memory.entities.join(", "))).collect();
        let expected = [
            ("Ola (person): rows", "Ola"),
            ("Ola (person): sings", "Ola"),
            ("Pier", "Pier"),
            ("Ola works_at Pier", "Ola, Pier"),
        ];
        assert_eq!(texts, expected.map(|(text, about)| (text, about.to_owned())));
        assert_eq!(read.memories[3].said_by.as_deref(), Some("memory.jsonl line 4 (mcp-memory)"));
        let keys: std::collections::HashSet<_> = read.memories.iter().map(|memory| &memory.idempotency_key).collect();
        assert_eq!(keys.len(), 4);
    }

    #[test]
    fn every_broken_line_is_told() {
        let long = format!(
            "{{\"type\":\"entity\",\"name\":\"{}\",\"entityType\":\"x\",\"observations\":[]}}",
            "n".repeat(600)
        );
        for (line, said) in [
            ("not json", "no entity and no relation"),
            ("{\"type\":\"entity\",\"name\":\"x\",\"observations\":[]}", "entityType"),
            ("{\"type\":\"thing\"}", "thing"),
            ("[1]", "no entity"),
            ("{\"type\":\"entity\",\"name\":\" \",\"entityType\":\"x\",\"observations\":[]}", "without a name"),
            ("{\"type\":\"entity\",\"name\":\"x\",\"entityType\":\"x\",\"observations\":[\"\"]}", "without text"),
            ("{\"type\":\"relation\",\"from\":\"a\",\"to\":\"\",\"relationType\":\"x\"}", "without one of its names"),
            (long.as_str(), "600 bytes"),
        ] {
            let read = foreign(format!("\n{line}\n").as_bytes());
            assert_eq!((read.memories.len(), read.broken.len()), (0, 1), "{line}");
            let broken = &read.broken[0];
            assert_eq!(broken.line, Some(2));
            assert!(broken.reason.contains(said) && !broken.hint.is_empty(), "{broken:?}");
        }
        assert_eq!(foreign(b"\xff\n").broken.len(), 1);
    }
}
