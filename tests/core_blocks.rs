//! Core blocks from end to end: what one client writes, every other one reads at the start.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use harness::{Server, json as run_json, run, succeeds};
use serde_json::json;
use wire::{Door, said, stateless};

const CORE: &str = "hydra://core";

#[test]
fn what_one_client_writes_into_a_block_is_in_the_context_of_another() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let (one, other) = (Door::of(&data), Door::of(&data));
    succeeds(&data, &["block", "set", "human", "Lives in Ghent."]);
    let listen = json!({"notifications": {"resourceSubscriptions": [CORE]}});
    let mut news = other.stream(&stateless(7, "subscriptions/listen", listen));
    assert_eq!(news.next().unwrap()["method"], "notifications/subscriptions/acknowledged");

    let context = one.tool("context", json!({}));
    let block = &context["structuredContent"]["blocks"][0];
    assert_eq!((&block["name"], &block["trust"], &block["size_bytes"]), (&json!("human"), &json!("owner"), &json!(15)));
    let base = block["commit"].clone();
    let edit = json!({"op": "edit_block", "block": "human", "old": "Ghent", "new": "Porto", "based_on": base});
    let refused = one.tool("update", edit.clone());
    assert!(refused["isError"] == true && said(&refused).contains("without a reason"), "{refused}");
    let mut edit = edit;
    edit["reason"] = json!("moved house");
    let edited = one.tool("update", edit.clone());
    assert!(said(&edited).starts_with("human has 15/1600 bytes now"), "{edited}");
    let again = other.tool("update", edit);
    assert!(again["isError"] == true && said(&again).contains("changed it in"), "{again}");

    let context = other.tool("context", json!({"for": "moving"}));
    assert!(said(&context).contains("agent 15/1600 bytes]\n> Lives in Porto."), "{context}");
    let core = std::iter::from_fn(|| news.next()).find(|news| news["params"]["uri"] == CORE).unwrap();
    assert_eq!(core["method"], "notifications/resources/updated");
    assert!(other.read(CORE).starts_with("# What always applies\n\n## Core blocks\n### human ["));
    let id = edited["structuredContent"]["id"].as_str().unwrap();
    let got = other.tool("get", json!({"ids": [id], "view": "history"}));
    assert!(said(&got).contains("> Lives in Porto.") && said(&got).contains("because: moved house"), "{got}");

    succeeds(&data, &["undo", edited["structuredContent"]["commit"].as_str().unwrap()]);
    assert!(said(&other.tool("context", json!({}))).contains("owner 15/1600 bytes]\n> Lives in Ghent."));
}

#[test]
fn the_core_has_all_blocks_however_full() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    for name in ["persona", "human", "system", "projects", "preferences"] {
        succeeds(&data, &["block", "set", name, &format!("{name} {}", "word ".repeat(310))]);
    }
    door.tool("remember", json!({"text": "Anna prefers green tea", "kind": "preference"}));
    let core = door.read(CORE);
    assert!(core.contains("> preferences word") && core.contains("- Anna prefers green tea"), "{core}");
    let context = door.tool("context", json!({}));
    let text = said(&context);
    let cut = "cut: persona, human, system, projects, preferences";
    assert!(text.contains(&format!("(blocks that did not fit; {cut}; raise budget_tokens)")), "{text}");
    assert!(text.contains("> preferences word") && text.contains("- Anna prefers green tea"), "{text}");
    let data = &context["structuredContent"];
    assert!(data["note"].as_str().unwrap().contains(&format!("blocks {cut}")), "{data}");
    assert!(data["blocks"][0]["is_cut"] == true && data["items"][0]["kind"] == "preference", "{data}");
    for form in [data.to_string(), text.to_owned()] {
        assert!(form.len() / 4 < 2_000, "it costs {} tokens", form.len() / 4);
    }
}

#[test]
fn a_context_is_the_same_from_another_process_and_after_a_rebuild() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let contexts = || {
        let _server = Server::start(&data);
        let door = Door::of(&data);
        let about = [json!({}), json!({"for": "Mirela"}), json!({"for": "why did the boiler stop"})];
        about.map(|arguments| said(&door.tool("context", arguments)).to_owned())
    };
    for number in 0..20 {
        let text = format!("The boiler stopped with F{number} on a cold morning");
        succeeds(&data, &["remember", "--session", "May", "--speaker", "Mirela", &text]);
    }
    for place in ["Porto", "Ghent"] {
        succeeds(&data, &["remember", "--fact", "Mirela", "lives in", place, "--valid-from", "2025-01-01"]);
    }
    succeeds(&data, &["remember", "--fact", "Mirela", "works for", "Tern"]);
    let first = contexts();
    for wanted in
        ["## Open threads\n- conflict ", "- conversation `May`", "20 turns", "## Facts\n- Mirela works for Tern"]
    {
        assert!(first[0].contains(wanted), "{wanted}: {}", first[0]);
    }
    assert!(first[2].contains("## About why did the boiler stop\n- Mirela: The boiler"), "{}", first[2]);
    assert_eq!(contexts(), first, "from another process");
    succeeds(&data, &["rebuild"]);
    assert_eq!(contexts(), first, "after a rebuild");
}

#[test]
fn the_command_lists_shows_and_changes_blocks() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let code = |arguments: &[&str]| run(data, arguments).status.code().unwrap();
    succeeds(data, &["remember", "A memory without blocks"]);
    assert_eq!((code(&["block", "list"]), code(&["block", "show", "human"])), (1, 1));
    let commit = succeeds(data, &["block", "set", "human", "Lives in Ghent.", "--reason", "so that you know"]);
    let commit = commit.trim();
    succeeds(data, &["block", "append", "human", "Drinks tea.", "--based-on", commit]);
    assert_eq!(code(&["block", "append", "human", "Sings.", "--based-on", commit]), 2);
    succeeds(data, &["block", "replace", "human", "tea", "coffee"]);
    assert_eq!(succeeds(data, &["block", "show", "human"]), "Lives in Ghent.\nDrinks coffee.\n");
    let history = succeeds(data, &["block", "history", "human"]);
    assert!(history.contains("owner: edit_block, so that you know\n    Lives in Ghent.\n"), "{history}");
    assert_eq!(history.matches("edit_block").count(), 3, "{history}");
    succeeds(data, &["block", "limit", "human", "31"]);
    assert_eq!(code(&["block", "append", "human", "x"]), 2);
    succeeds(data, &["block", "set", "persona", "Terse.", "--space", "project/atlas"]);

    let list = run_json(data, &["block", "list", "--space", "personal"]);
    let block = &list["blocks"][0];
    let fields: Vec<&str> = block.as_object().unwrap().keys().map(String::as_str).collect();
    let stable = ["agent", "changed_at", "commit", "id", "limit_bytes", "name", "size_bytes", "space", "text", "trust"];
    assert_eq!((list["blocks"].as_array().unwrap().len(), fields), (1, stable.to_vec()));
    let versions = run_json(data, &["block", "history", "human"])["versions"].take();
    let first = versions[3]["block"]["changed_at"].as_str().unwrap();
    let then = run_json(data, &["block", "show", "human", "--known-at", first]);
    assert_eq!(then["block"]["text"], "Lives in Ghent.");
    assert_eq!(code(&["block", "show", "human", "--known-at", "2020-01-01"]), 2, "before the first commit");
}
