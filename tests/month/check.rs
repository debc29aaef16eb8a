//! An answer compared with what a question says of it.

use serde_json::{Map, Value};

/// Returns everything that is wrong with the answer to a question; `question` has ids in the place of labels.
pub fn check(question: &Value, tool: &str, result: &Result<Value, String>) -> Vec<String> {
    let answer = match (result, question["fails"].as_str()) {
        (Err(said), Some(expected)) if said.contains(expected) => return Vec::new(),
        (Err(said), _) => return vec![said.clone()],
        (Ok(_), Some(expected)) => return vec![format!("it should fail with `{expected}`")],
        (Ok(answer), None) => answer,
    };
    let data = if answer["structuredContent"].is_object() { &answer["structuredContent"] } else { answer };
    let text = answer["content"][0]["text"].as_str().map_or_else(|| data.to_string(), str::to_owned);
    let entries = entries(tool, data);
    let mut wrong = Vec::new();
    let mut expect = |is_so: bool, what: String| {
        if !is_so {
            wrong.push(what);
        }
    };
    let top = question["top"].as_u64().map_or(entries.len(), |top| top as usize);
    for wanted in texts(&question["has"]) {
        let place = entries.iter().position(|entry| is_meant(entry, wanted));
        let found = place.map_or_else(|| "not there".to_owned(), |place| format!("at place {}", place + 1));
        expect(place.is_some_and(|place| place < top), format!("`{wanted}` is {found}"));
    }
    for unwanted in texts(&question["lacks"]) {
        let place = entries.iter().position(|entry| is_meant(entry, unwanted));
        expect(place.is_none(), format!("`{unwanted}` is at place {}", place.map_or(0, |place| place + 1)));
    }
    for wanted in texts(&question["once"]) {
        let count = entries.iter().filter(|entry| is_meant(entry, wanted)).count();
        expect(count == 1, format!("`{wanted}` is there {count} times"));
    }
    if question["only"] == true {
        let is_wanted = |entry: &&&Value| !texts(&question["has"]).any(|wanted| is_meant(entry, wanted));
        let more: Vec<String> = entries.iter().filter(is_wanted).map(|entry| named(entry)).collect();
        expect(more.is_empty(), format!("there is more: {}", more.join("; ")));
    }
    for (wanted, fields) in object(&question["entry"]) {
        let Some(entry) = entries.iter().find(|entry| is_meant(entry, &wanted)) else {
            expect(false, format!("`{wanted}` is not there"));
            continue;
        };
        for (field, expected) in object(&fields) {
            expect(is_like(&entry[&field], &expected), format!("{field} of `{wanted}` is {}", entry[&field]));
        }
    }
    for (pointer, expected) in object(&question["is"]) {
        let found = data.pointer(&pointer).unwrap_or(&Value::Null);
        expect(is_like(found, &expected), format!("{pointer} is {found}, not {expected}"));
    }
    let mut after = 0;
    for wanted in texts(&question["events"]) {
        let (what, reference) = wanted.split_once(' ').unwrap_or((wanted, ""));
        let is_it = |entry: &&Value| entry["what"] == what && is_meant(entry, reference);
        match entries.iter().skip(after).position(is_it) {
            Some(place) => after += place + 1,
            None => expect(false, format!("`{wanted}` does not come in that order")),
        }
    }
    for wanted in texts(&question["says"]) {
        expect(text.contains(wanted), format!("`{wanted}` is not said"));
    }
    for unwanted in texts(&question["silent"]) {
        expect(!text.contains(unwanted), format!("`{unwanted}` is said"));
    }
    if !wrong.is_empty() {
        let shown: Vec<String> = entries.iter().take(5).map(|entry| named(entry)).collect();
        wrong.push(format!("answered: {}", if shown.is_empty() { shorten(&text) } else { shown.join(" | ") }));
    }
    wrong
}

/// The list that an answer consists of, best or oldest first.
fn entries<'a>(tool: &str, data: &'a Value) -> Vec<&'a Value> {
    let list = |name: &str| data[name].as_array().into_iter().flatten().collect::<Vec<_>>();
    match tool {
        "recall" => list("hits"),
        "context" => list("items"),
        "timeline" => list("events"),
        "get" => list("records"),
        "forget" => list("forgotten").into_iter().chain(list("stale")).collect(),
        "explain" => list("given"),
        "owner/conflicts" => {
            list("conflicts").into_iter().flat_map(|open| open["sides"].as_array().into_iter().flatten()).collect()
        }
        _ => Vec::new(),
    }
}

/// Tells whether an entry is what a question means: by its id, or by words that it says.
fn is_meant(entry: &Value, wanted: &str) -> bool {
    entry["id"] == wanted || entry["text"].as_str().is_some_and(|text| text.contains(wanted))
}

/// `"*"` is anything that is there, null what is not there, `"…x"` a text with x in it.
fn is_like(found: &Value, expected: &Value) -> bool {
    match expected.as_str() {
        Some("*") => !found.is_null(),
        Some(text) if text.starts_with('…') => found.to_string().contains(text.trim_start_matches('…')),
        _ => found == expected,
    }
}

fn named(entry: &Value) -> String {
    let parts = ["what", "text", "valid_to", "at"].map(|field| entry[field].as_str().map(shorten));
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn shorten(text: &str) -> String {
    text.chars().take(70).collect()
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}
