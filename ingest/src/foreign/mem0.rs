//! mem0's memories as JSON: an object with `results` (and `relations` of its graph), or the list alone.
//!
//! Read off `Memory.get_all` and `Memory.get` of the Python package `mem0ai` (0.1.116 to 1.0) and the answers of the
//! platform's `get_all` (docs.mem0.ai, API v1 to v3), which have the same items. `score`, `hash`, `owner` and the like
//! are the machine's own; `metadata` has no place here yet and is left out. What the platform's structured export
//! writes follows a schema of the user's own and can't be read.

use hydra_graph::{Kind, NewMemory, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::collected::{Foreign, Place, Said};
use super::moment::moment;

const HINT: &str = "an item is {\"id\":…,\"memory\":…,\"created_at\":…}, as `get_all` returns it";

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    id: Option<String>,
    #[serde(alias = "text")]
    memory: String,
    #[serde(default)]
    user_id: Option<String>,
    #[serde(default)]
    agent_id: Option<String>,
    #[serde(default)]
    actor_id: Option<String>,
    #[serde(default)]
    run_id: Option<String>,
    #[serde(default)]
    categories: Option<Vec<String>>,
    #[serde(default)]
    created_at: Option<String>,
    #[serde(default)]
    expiration_date: Option<String>,
}

#[derive(Deserialize)]
struct Relation {
    source: String,
    relationship: String,
    #[serde(alias = "destination")]
    target: String,
}

/// Reads all items.
pub(super) fn read(bytes: &[u8], foreign: &mut Foreign) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let (items, relations) = match serde_json::from_slice(bytes) {
        Ok(Value::Array(items)) => (items, Vec::new()),
        Ok(Value::Object(mut whole)) => {
            if whole.get("next").is_some_and(|next| !next.is_null()) {
                let hint = "fetch the pages that follow and import each; --skip-broken imports this one";
                foreign.break_at(Place::File, "it is one page of several: `next` is set", hint);
            }
            let mut take = |name: &str| match whole.remove(name) {
                Some(Value::Array(items)) => Some(items),
                _ => None,
            };
            let Some(items) = take("results").or_else(|| take("memories")) else {
                return foreign.break_at(Place::File, "it has no list called `results`", HINT);
            };
            (items, take("relations").unwrap_or_default())
        }
        Ok(_) => return foreign.break_at(Place::File, "it is neither an object nor a list", HINT),
        Err(error) => {
            return foreign.break_at(Place::Line(error.line() as u64), format!("it is not JSON: {error}"), HINT);
        }
    };
    let mut memories = Vec::new();
    for (number, item) in (1..).zip(items) {
        match item_of(Place::Item(number), item, foreign) {
            Ok(memory) => memories.push((Place::Item(number), memory)),
            Err(reason) => foreign.break_at(Place::Item(number), reason, HINT),
        }
    }
    // Newest first is how they come; a conversation is told in its order.
    memories.sort_by_key(|(_, memory)| memory.happened_at);
    for (place, memory) in memories {
        foreign.keep(place, memory);
    }
    for relation in relations {
        take_relation(relation, foreign);
    }
}

fn item_of(place: Place, item: Value, foreign: &Foreign) -> Result<NewMemory, String> {
    let item: Item = serde_json::from_value(item).map_err(|error| format!("it is no memory: {error}"))?;
    let created_at = time("created_at", item.created_at)?;
    let expires_at = time("expiration_date", item.expiration_date)?;
    let about = item.user_id.into_iter().chain(item.categories.unwrap_or_default());
    let about = about.filter(|name| !name.trim().is_empty()).collect();
    let id = item.id.unwrap_or_default();
    let key = [id.as_str(), item.memory.as_str()];
    let memory = foreign.memory(Said { place, text: item.memory.clone(), kind: Kind::Fact, about, key: &key });
    let said_by = memory.said_by.map(|file| match &item.agent_id {
        Some(agent) => format!("{agent}, {file}"),
        None => file,
    });
    let named = |name: Option<String>| name.filter(|name| !name.trim().is_empty());
    Ok(NewMemory {
        said_by,
        session: named(item.run_id),
        speaker: named(item.actor_id),
        happened_at: created_at,
        expires_at,
        ..memory
    })
}

fn time(name: &str, text: Option<String>) -> Result<Option<Timestamp>, String> {
    text.map(|text| moment(&text).ok_or_else(|| format!("`{name}` is no time: {text}"))).transpose()
}

fn take_relation(relation: Value, foreign: &mut Foreign) {
    let place = Place::File;
    match serde_json::from_value(relation) {
        Ok(Relation { source, relationship, target }) => {
            let text = format!("{source} {relationship} {target}");
            let key = ["relation", &source, &relationship, &target];
            let about = vec![source.clone(), target.clone()];
            let memory = foreign.memory(Said { place, text, kind: Kind::Fact, about, key: &key });
            foreign.keep(place, memory);
        }
        Err(error) => {
            let hint = "a relation is {\"source\":…,\"relationship\":…,\"target\":…}";
            foreign.break_at(place, format!("something in `relations` is no relation: {error}"), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn foreign(text: &str) -> Foreign {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut foreign = Foreign::new(Origin::Mem0, "export.json", "personal", now);
        read(text.as_bytes(), &mut foreign);
        foreign
    }

    #[test]
    fn items_are_read_from_every_shape_and_oldest_first() {
        let items = r#"[{"id":"b","memory":"Rows on Mondays","user_id":"ola","categories":["sport"],"metadata":{"a":1},
             "agent_id":"coach","run_id":"r1","actor_id":"Ola","created_at":"2025-03-02T08:00:00.5-07:00","updated_at":null},
            {"id":"a","memory":"Sings","user_id":null,"categories":null,"created_at":"2025-03-01","expiration_date":"2027-01-01"}]"#;
        for text in [
            items.to_owned(),
            format!("{{\"results\":{items}}}"),
            format!("{{\"count\":2,\"next\":null,\"previous\":null,\"results\":{items}}}"),
            format!("{{\"memories\":{items}}}"),
        ] {
            let read = foreign(&text);
            assert_eq!(read.broken, [], "{text}");
            let [sings, rows] = read.memories.as_slice() else { panic!("{:?}", read.memories) };
            assert_eq!(
                (sings.text.as_str(), sings.expires_at.map(|t| t.to_string())),
                ("Sings", Some("2027-01-01T00:00:00Z".into()))
            );
            assert_eq!(rows.entities, ["ola", "sport"]);
            assert_eq!(rows.happened_at.map(|at| at.to_string()).as_deref(), Some("2025-03-02T15:00:00.5Z"));
            assert_eq!((rows.session.as_deref(), rows.speaker.as_deref()), (Some("r1"), Some("Ola")));
            assert_eq!(rows.said_by.as_deref(), Some("coach, export.json item 1 (mem0)"));
        }
    }

    #[test]
    fn relations_become_sentences() {
        let read = foreign(
            r#"{"results":[],"relations":[{"source":"ola","relationship":"rows_with","target":"per"},
                {"source":"ola","relationship":"likes","destination":"tea"},{"source":"ola"}]}"#,
        );
        let texts: Vec<&str> = read.memories.iter().map(|memory| memory.text.as_str()).collect();
        assert_eq!(texts, ["ola rows_with per", "ola likes tea"]);
        assert_eq!(read.broken.len(), 1);
    }

    #[test]
    fn every_broken_item_is_told() {
        for (text, item, said) in [
            (r#"[{"id":"a"}]"#, Some(1), "memory"),
            (r#"[{"memory":"x"},{"memory":""}]"#, Some(2), "no text"),
            (r#"[{"memory":"x","created_at":"soon"}]"#, Some(1), "soon"),
            (r#"[{"memory":"x","expiration_date":"2025-01-01"}]"#, Some(1), "expire"),
            (r#"["x"]"#, Some(1), "no memory"),
            (r#"{"results":[],"next":"https://example.org/?page=2"}"#, None, "one page"),
            (r#"{"data":[]}"#, None, "results"),
            ("3", None, "neither"),
            ("[{]", None, "not JSON"),
        ] {
            let read = foreign(text);
            assert_eq!(read.broken.len(), 1, "{text}: {:?}", read.broken);
            let broken = &read.broken[0];
            assert_eq!(broken.item, item, "{text}");
            assert!(broken.reason.contains(said) && !broken.hint.is_empty(), "{broken:?}");
        }
    }
}
