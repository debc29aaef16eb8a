//! Entities from end to end: merged by a person or an agent, seen by every client, and told apart again.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;

use harness::{Server, json as run_json, run, succeeds};
use serde_json::json;
use wire::{Door, said};

fn tell(data: &Path) {
    succeeds(data, &["remember", "--fact", "Mirela", "works for", "Acme"]);
    succeeds(data, &["remember", "--fact", "M. Kovac", "works for", "Beta"]);
    succeeds(data, &["remember", "--fact", "M. Kovac", "speaks", "Arabic"]);
    succeeds(data, &["remember", "She rows on Sundays", "--entity", "M. Kovac"]);
}

#[test]
fn a_merge_on_the_command_line_and_what_everybody_sees_of_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    tell(&data);
    let other = run_json(&data, &["entity", "show", "M. Kovac"])["id"].as_str().unwrap().to_owned();
    let merged = succeeds(&data, &["entity", "merge", "Mirela", "M. Kovac", "--reason", "the same person"]);
    let shown = succeeds(&data, &["entity", "show", &other]);
    for line in ["name Mirela", "also M. Kovac", "asked for M. Kovac", "speaks 1, works for 2", "fact 3"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(succeeds(&data, &["conflicts"]).contains("M. Kovac works for Beta"));
    assert!(succeeds(&data, &["get", &other]).contains("replaced_by"));
    assert!(succeeds(&data, &["timeline", &other]).contains("Mirela works for Acme"));
    assert!(succeeds(&data, &["recall", "who rows?", "--entity", &other]).contains("rows on Sundays"));
    let history = succeeds(&data, &["get", &other, "--view", "history"]);
    assert!(history.contains("merge, the same person"), "{history}");
    let again = run(&data, &["entity", "merge", "Mirela", &other]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("entity split"));
    succeeds(&data, &["entity", "split", &other]);
    assert_eq!(run(&data, &["conflicts"]).status.code(), Some(1), "the merge made it");
    let shown = succeeds(&data, &["entity", "show", "Mirela"]);
    assert!(shown.contains("is not M. Kovac") && shown.contains("fact 1"), "{shown}");
    assert!(!run(&data, &["undo", merged.trim()]).status.success(), "the split came after it");
    succeeds(&data, &["entity", "alias", "Mirela", "Miri"]);
    assert!(succeeds(&data, &["entity", "show", "miri"]).contains("name Mirela"));
    succeeds(&data, &["entity", "alias", "Mirela", "Miri", "--remove"]);
    assert!(!run(&data, &["entity", "show", "Miri"]).status.success());
}

#[test]
fn an_agent_merges_splits_and_names_but_not_against_the_user() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    tell(&data);
    let door = Door::of(&data);
    let merge = json!({"op": "merge", "id": "M. Kovac", "into": "Mirela", "reason": "both row"});
    let merged = door.tool("update", merge.clone());
    assert!(said(&merged).starts_with("Mirela (") && said(&merged).contains("they disagree"), "{merged}");
    let other = run_json(&data, &["entity", "show", "M. Kovac"])["merged"]["id"].as_str().unwrap().to_owned();
    let page = door.read(&format!("hydra://entity/{other}"));
    assert!(page.starts_with("# Mirela\n") && page.contains("is merged into it") && page.contains("rows"), "{page}");
    assert!(said(&door.tool("get", json!({"ids": [other]}))).contains("stands for it now"));
    assert!(said(&door.tool("timeline", json!({"of": other}))).contains("(was M. Kovac)"));
    let split = door.tool("update", json!({"op": "split", "id": other}));
    assert!(said(&split).contains("told apart from Mirela"), "{split}");
    let named = door.tool("update", json!({"op": "alias", "id": "Mirela", "alias": "Miri"}));
    assert!(said(&named).contains("goes by Miri too"), "{named}");
    for (wrong, what) in [
        (json!({"op": "merge", "id": "Mirela"}), "`into`"),
        (json!({"op": "alias", "id": "Mirela"}), "`alias`"),
        (json!({"op": "merge", "id": "Mirela", "into": "mirela"}), "itself"),
    ] {
        let refused = door.tool("update", wrong);
        assert!(refused["isError"] == true && said(&refused).contains(what), "{refused}");
    }
    succeeds(&data, &["entity", "merge", "Mirela", "M. Kovac"]);
    let refused = door.tool("update", json!({"op": "split", "id": other}));
    assert!(refused["isError"] == true && said(&refused).contains("trusted more"), "{refused}");
    succeeds(&data, &["entity", "split", &other]);
    let refused = door.tool("update", merge);
    assert!(refused["isError"] == true && said(&refused).contains("the user told"), "{refused}");
}

#[test]
fn what_an_agent_proposes_waits_for_the_user() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    tell(&data);
    let door = Door::of(&data);
    let source = succeeds(&data, &["remember", "The ferry crew greeted her, and she steered."]);
    let source = source.trim();
    assert!(door.read("hydra://enrichment").contains("she steered"));
    let fact = json!({"kind": "fact", "subject": "Mirela", "predicate": "plays", "object": "helmsman",
        "evidence": [{"id": source, "quote": "she steered"}], "confidence": 0.7});
    let bad = json!({"kind": "fact", "subject": "Mirela", "predicate": "frobs", "object": "x", "evidence": [source]});
    let answer = door.tool("update", json!({"op": "propose", "proposals": [fact, bad]}));
    let all = &answer["structuredContent"]["proposals"];
    assert_eq!((&all[0]["status"], &all[1]["status"]), (&json!("queued"), &json!("refused")), "{answer}");
    let page = door.read("hydra://enrichment");
    assert!(page.starts_with("# Waiting for the user: 1") && !page.contains("> The ferry crew"), "{page}");
    let id = all[0]["id"].as_str().unwrap();
    for op in ["accept", "reject"] {
        let refused = door.tool("update", json!({"op": op, "id": id}));
        assert!(refused["isError"] == true && said(&refused).contains("hydra proposals"), "{refused}");
    }
    let listed = succeeds(&data, &["proposals"]);
    assert!(listed.contains("Mirela plays helmsman") && listed.contains("would be kept"), "{listed}");
    let commit = succeeds(&data, &["proposals", "accept", id]);
    assert_eq!(run(&data, &["proposals"]).status.code(), Some(1));
    assert!(succeeds(&data, &["recall", "who plays helmsman?"]).contains("Mirela plays helmsman"));
    succeeds(&data, &["undo", commit.trim()]);
    succeeds(&data, &["proposals", "reject", id, "--reason", "a joke"]);
    let lines = temp.path().join("lines.jsonl");
    std::fs::write(&lines, "{\"kind\":\"alias\",\"entity\":\"Mirela\",\"alias\":\"Miri\"}\n").unwrap();
    let queued = succeeds(&data, &["propose", lines.to_str().unwrap(), "--by", "a-model"]);
    assert!(queued.contains("queued: Mirela"), "{queued}");
    std::fs::write(&lines, "{\"kind\":\"rumour\"}\n").unwrap();
    let refused = run(&data, &["propose", lines.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 1"));
}
