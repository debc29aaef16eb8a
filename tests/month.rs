//! A month of one person's life: events as they were told, by the owner, by agents and in notes, and questions about them as
//! an agent asks them, through `hydra mcp` and with the real model. `tests/month/README.md` says how both files are written.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]
#![allow(clippy::print_stdout, reason = "it says of each question how it went")]

#[path = "month/check.rs"]
mod check;
mod harness;
#[path = "month/replay.rs"]
mod replay;
mod stdio;
#[path = "wire/mod.rs"]
mod wire;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use harness::{Server, model, wait_until};
use replay::Replay;
use serde_json::{Value, json};
use stdio::{Bridge, Data};
use wire::{call, initialize};

/// The group of what is not answered as it should be yet.
const GAP: &str = "gap";
/// How long the shortest-lived memory of the month lives, and a little.
const EXPIRED_AFTER: Duration = Duration::from_millis(2_500);
const LEAST_EVENTS: usize = 200;
const LEAST_QUESTIONS: usize = 60;

/// The lines of a file that take part, with their numbers.
fn lines(name: &str) -> Vec<(usize, Value)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/month").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| line.starts_with('{'));
    let lines = lines.map(|(number, line)| match serde_json::from_str::<Value>(line) {
        Ok(value) => (number + 1, value),
        Err(error) => panic!("{name}:{}: {error}", number + 1),
    });
    lines.filter(|(_, line)| line["group"] != GAP).collect()
}

fn ask(bridge: &mut Bridge, replay: &Replay, tool: &str, arguments: &Value) -> Result<Value, String> {
    if let Some(verb) = tool.strip_prefix("owner/") {
        return replay.ask_owner(verb, arguments);
    }
    if tool == "read" {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": arguments});
        let answer = bridge.ask(&request);
        let text = answer["result"]["contents"][0]["text"].clone();
        return if text.is_null() { Err(answer.to_string()) } else { Ok(json!({"content": [{"text": text}]})) };
    }
    let answer = bridge.ask(&call(1, tool, arguments.clone()));
    match answer["result"]["isError"] == true || answer["result"].is_null() {
        true => Err(answer["result"]["content"][0]["text"].as_str().unwrap_or(&answer.to_string()).to_owned()),
        false => Ok(answer["result"].clone()),
    }
}

#[test]
fn a_month_of_one_life_is_remembered() {
    if model().is_none() {
        println!("skipped: HYDRA_MODEL_DIR does not name the folder of a model");
        return;
    }
    let (events, questions) = (lines("events.jsonl"), lines("questions.jsonl"));
    assert!(events.len() >= LEAST_EVENTS, "{} events are no month", events.len());
    assert!(questions.len() >= LEAST_QUESTIONS, "{} questions are too few", questions.len());
    let data = Data::new();
    let _server = Server::start(&data.folder);
    let mut replay = Replay::new(&data.folder);
    let started = Instant::now();
    let mut failed = Vec::new();
    for (number, event) in &events {
        if let Err(said) = replay.tell(event) {
            failed.push(format!("events.jsonl:{number}: {said}"));
        }
    }
    println!("{} events in {:.1} s", events.len(), started.elapsed().as_secs_f32());
    failed.iter().for_each(|line| println!("FAILED {line}"));
    let mut bridge = Bridge::start(&data);
    bridge.ask(&initialize(1, "month"));
    bridge.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    wait_until("the indexes", || {
        let found = ask(&mut bridge, &replay, "recall", &json!({"query": "harbour"})).unwrap();
        found["structuredContent"]["degraded"].is_null()
    });
    std::thread::sleep(EXPIRED_AFTER);
    let mut seen = BTreeSet::new();
    for (number, question) in &questions {
        let id = question["id"].as_str().unwrap_or("?");
        let tool = question["tool"].as_str().unwrap_or("recall");
        let mut wrong = Vec::new();
        if !seen.insert(id) {
            wrong.push("another question is called so".to_owned());
        }
        match replay.resolve(question) {
            Err(said) => wrong.push(said),
            Ok(resolved) => {
                let result = ask(&mut bridge, &replay, tool, &resolved["with"]);
                wrong.extend(check::check(&resolved, tool, &result));
                if let (Some(label), Ok(answer)) = (question["as"].as_str(), result) {
                    replay.name(label, answer["structuredContent"].clone());
                }
            }
        }
        println!("{} {id} ({tool}) {}", if wrong.is_empty() { "passed" } else { "FAILED" }, wrong.join("; "));
        if !wrong.is_empty() {
            failed.push(format!("questions.jsonl:{number}: {id} {}: {}", question["with"], wrong.join("; ")));
        }
    }
    println!("{} questions, {:.1} s in all", questions.len(), started.elapsed().as_secs_f32());
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
