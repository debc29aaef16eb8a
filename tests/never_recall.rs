//! A memory that its owner keeps to themselves, from outside: no command, hook or agent is given it, and its page shows it.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use harness::{Server, hydra, json as run_json, run, stderr, succeeds};
use serde_json::json;
use wire::{Door, said};

const WORD: &str = "behind the painting";

/// What a prompt is given.
fn prompted(data: &Path) -> String {
    let mut command = hydra(data);
    command.args(["hook", "UserPromptSubmit"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let told = json!({
        "session_id": "s", "cwd": "/w", "hook_event_name": "UserPromptSubmit", "prompt": "where is the safe with the passports?",
    });
    child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn what_is_never_recalled_is_given_to_nobody_and_shown_to_its_owner() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let told = run_json(&data, &["remember", "The safe with the passports is behind the painting", "--kind", "fact"]);
    let id = told["id"].as_str().unwrap();
    let door = Door::of(&data);
    let asked = || said(&door.tool("recall", json!({"query": "where is the safe with the passports"}))).to_owned();
    assert!(succeeds(&data, &["recall", "safe passports"]).contains(WORD) && asked().contains(WORD));
    assert!(succeeds(&data, &["context"]).contains(WORD));

    // An agent can't decide it.
    let refused = door.tool("update", json!({"op": "never_recall", "id": id}));
    assert!(refused["isError"] == true && said(&refused).contains("hydra update"), "{refused}");
    let commit = succeeds(&data, &["update", id, "--never-recall", "--reason", "nobody's business"]);
    assert!(!asked().contains(WORD), "{}", asked());
    for arguments in [&["recall", "safe passports"][..], &["context"], &["context", "--about", "the safe"]] {
        let output = run(&data, arguments);
        assert!(!harness::stdout(&output).contains(WORD), "{arguments:?}: {}", harness::stdout(&output));
    }
    assert!(!prompted(&data).contains(WORD));
    let why = run(&data, &["explain", "safe passports", "--id", id]);
    assert!(
        harness::stdout(&why).contains("the owner wants it never recalled"),
        "{}{}",
        harness::stdout(&why),
        stderr(&why)
    );
    let shown = succeeds(&data, &["get", id]);
    assert!(shown.contains(WORD) && shown.contains("withheld_at"), "{shown}");
    let query = json!({"query": format!("{{ memory(id: \"{id}\") {{ text withheldAt }} }}")});
    let got = door.post("/graphql", &[], &query).json();
    assert!(got["data"]["memory"]["withheldAt"].is_string(), "{got}");

    succeeds(&data, &["undo", commit.trim()]);
    assert!(asked().contains(WORD));
    let again = format!("mutation {{ update(id: \"{id}\", op: NEVER_RECALL) {{ undo }} }}");
    assert!(door.post("/graphql", &[], &json!({"query": again})).json()["data"]["update"]["undo"].is_string());
    succeeds(&data, &["update", id, "--recall-again"]);
    assert!(asked().contains(WORD));
}
