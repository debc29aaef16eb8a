//! Events, told one after the other as whoever they happened to would: the owner over HTTP, agents over MCP, notes as files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::wire::{Door, call};

/// Who tells an event that says nothing else.
const OWNER: &str = "owner";
/// Long enough that nothing is recorded in the millisecond of a mark.
const BESIDE_A_MARK: Duration = Duration::from_millis(5);

/// The life so far, and what the answers to its events are called.
pub struct Replay {
    door: Door,
    data: PathBuf,
    notes: PathBuf,
    labels: BTreeMap<String, Value>,
}

impl Replay {
    /// Nothing has happened to the memory in a folder; notes will be written beside it.
    pub fn new(data: &Path) -> Self {
        let notes = data.with_file_name("notes");
        fs::create_dir_all(&notes).unwrap();
        Self { door: Door::of(data), data: data.to_owned(), notes, labels: BTreeMap::new() }
    }

    /// Lets one event happen.
    ///
    /// # Errors
    /// What was answered, when it is not what the event says.
    pub fn tell(&mut self, event: &Value) -> Result<(), String> {
        let mut arguments = event.as_object().cloned().ok_or("not an object")?;
        let mut control = |name: &str| arguments.remove(name);
        let (day, label) = (control("day").unwrap_or_default(), control("as"));
        let who = control("who").unwrap_or_else(|| json!(OWNER));
        let what = control("do").unwrap_or_else(|| json!("remember"));
        let (gives, fails) = (control("gives"), control("fails"));
        control("group");
        let (who, what) = (who.as_str().unwrap_or_default(), what.as_str().unwrap_or_default());
        if what == "remember" {
            arguments.entry("happened_at").or_insert(day);
        }
        let arguments = self.resolve(&Value::Object(arguments))?;
        let answer = match what {
            "mark" => Ok(mark()),
            "write" | "delete" => self.note(what, &arguments),
            "ingest" => Ok(crate::harness::json(&self.data, &["ingest", &self.notes.to_string_lossy()])),
            _ if who == OWNER => self.ask_owner(what, &arguments),
            _ => self.ask_agent(who, what, &arguments),
        };
        let mut answer = match (answer, fails.as_ref().and_then(Value::as_str)) {
            (Err(said), Some(expected)) if said.contains(expected) => return Ok(()),
            (answer, Some(expected)) => return Err(format!("it should fail with `{expected}`: {answer:?}")),
            (answer, None) => answer?,
        };
        // What was said better is called by what takes its place; what it took the place of has a name already.
        if let Some(new) = answer.get("replaced_by").filter(|new| !new.is_null()).cloned() {
            answer["id"] = new;
        }
        if let Some(Value::String(label)) = label
            && self.labels.insert(label.clone(), answer.clone()).is_some()
        {
            return Err(format!("there are two @{label}"));
        }
        for (field, expected) in gives.iter().filter_map(Value::as_object).flatten() {
            let expected = self.resolve(expected)?;
            if answer[field] != expected {
                return Err(format!("{field} is {}, not {expected}", answer[field]));
            }
        }
        Ok(())
    }

    /// Puts what is meant in the place of every `@label` and `@label.field`.
    ///
    /// # Errors
    /// When nothing is called so.
    pub fn resolve(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => match text.split_once(' ') {
                None if text.starts_with('@') => self.named(text),
                // Of an event: what happened to whom.
                Some((what, whom)) if whom.starts_with('@') => Ok(json!(format!("{what} {}", self.text_of(whom)?))),
                _ => Ok(value.clone()),
            },
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(fields) => {
                let resolved = |(name, value): (&String, &Value)| Ok((self.text_of(name)?, self.resolve(value)?));
                fields.iter().map(resolved).collect::<Result<Map<_, _>, String>>().map(Value::Object)
            }
            other => Ok(other.clone()),
        }
    }

    /// Names an answer that is no event's.
    pub fn name(&mut self, label: &str, answer: Value) {
        self.labels.insert(label.to_owned(), answer);
    }

    fn text_of(&self, text: &str) -> Result<String, String> {
        if !text.starts_with('@') {
            return Ok(text.to_owned());
        }
        self.named(text).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn named(&self, reference: &str) -> Result<Value, String> {
        let mut parts = reference[1..].split('.');
        let label = parts.next().unwrap_or_default();
        let answer = self.labels.get(label).ok_or(format!("nothing is called @{label}"))?;
        let field = parts.next().unwrap_or("id");
        let value = parts.fold(&answer[field], |value, part| match part.parse::<usize>() {
            Ok(position) => &value[position],
            Err(_) => &value[part],
        });
        if value.is_null() { Err(format!("{reference} is nothing: {answer}")) } else { Ok(value.clone()) }
    }

    /// Asks as the owner does, who holds the token.
    pub fn ask_owner(&self, verb: &str, arguments: &Value) -> Result<Value, String> {
        let answer = self.door.post(&format!("/v1/{verb}"), &[], &as_owner(arguments));
        if answer.status != 200 {
            return Err(format!("{}: {}", answer.status, answer.body));
        }
        let mut answer = answer.json();
        if let Some(block) = answer.get("block").filter(|block| block.is_object()) {
            answer["id"] = block["id"].clone();
        }
        Ok(answer)
    }

    fn ask_agent(&self, name: &str, tool: &str, arguments: &Value) -> Result<Value, String> {
        let headers = [
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2025-11-25"),
            ("hydra-client", name),
        ];
        let answer = self.door.post("/mcp", &headers, &call(1, tool, arguments.clone())).json();
        let result = &answer["result"];
        match result["structuredContent"].is_object() && result["isError"] != true {
            true => Ok(result["structuredContent"].clone()),
            false => Err(result["content"][0]["text"].as_str().unwrap_or(&answer.to_string()).to_owned()),
        }
    }

    fn note(&self, what: &str, arguments: &Value) -> Result<Value, String> {
        let path = self.notes.join(arguments["path"].as_str().ok_or("a note without a path")?);
        if what == "delete" {
            fs::remove_file(&path).map_err(|error| error.to_string())?;
        } else {
            let lines = arguments["lines"].as_array().ok_or("a note without lines")?;
            let text: String = lines.iter().filter_map(Value::as_str).map(|line| format!("{line}\n")).collect();
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).map_err(|error| error.to_string())?;
        }
        Ok(json!({"id": path}))
    }
}

/// The moment, which lies between what was told before and what is told after.
fn mark() -> Value {
    thread::sleep(BESIDE_A_MARK);
    let now = jiff::Timestamp::from_millisecond(jiff::Timestamp::now().as_millisecond()).unwrap();
    thread::sleep(BESIDE_A_MARK);
    json!({"id": now.to_string()})
}

/// The arguments of a tool as the same verb over HTTP takes them.
fn as_owner(arguments: &Value) -> Value {
    let mut arguments = arguments.as_object().cloned().unwrap_or_default();
    if let Some(entity) = arguments.remove("entity") {
        let entities = if entity.is_array() { entity } else { json!([entity]) };
        arguments.insert("entities".to_owned(), entities);
    }
    if let Some(subject) = arguments.remove("subject") {
        let (predicate, object) = (arguments.remove("predicate"), arguments.remove("object"));
        arguments.insert("statement".to_owned(), json!([subject, predicate, object]));
    }
    Value::Object(arguments)
}
