//! `graph` and `query` at the command line, over HTTP and as MCP tools.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::fs;
use std::path::Path;

use harness::{Server, code, json as run_json, run, stderr, stdout};
use serde_json::json;
use wire::{Door, said as text};

fn household(data: &Path) {
    for fact in [
        ["Mirela", "works for", "Acme", "2024-02-01"],
        ["Mirela", "works for", "Tern", "2025-09-01"],
        ["Tern", "is located in", "Ghent", "2020-01-01"],
    ] {
        let [subject, predicate, object, from] = fact;
        run_json(data, &["remember", "--fact", subject, predicate, object, "--valid-from", from]);
    }
    run_json(data, &["remember", "--fact", "Oskar", "knows", "Mirela", "--space", "work"]);
}

#[test]
fn what_is_tied_is_shown_at_the_command_line() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    household(data);
    let shown = stdout(&run(data, &["graph", "mirela"]));
    assert!(shown.contains("Mirela  works for  Tern") && shown.contains("owner, since 2025-09-01"), "{shown}");
    assert!(shown.contains("Oskar  knows  Mirela") && !shown.contains("Acme"), "{shown}");
    let then = stdout(&run(data, &["graph", "Mirela", "--as-of", "2024-06-01", "--space", "personal"]));
    assert!(then.contains("Acme") && !then.contains("Tern") && !then.contains("Oskar"), "{then}");
    let path = stdout(&run(data, &["graph", "Oskar", "--to", "Ghent"]));
    assert!(path.contains("1. 3 steps"), "{path}");
    let around = run_json(data, &["graph", "Mirela", "--depth", "2", "--predicate", "works for"]);
    assert_eq!(around["edges"].as_array().unwrap().len(), 1, "{around}");
    for (arguments, expected) in [
        (&["graph", "Nobody"][..], 1),
        (&["graph", "Mirela", "--as-of", "2001-01-01"], 1),
        (&["graph", "Mirela", "--known-at", "2001-01-01"], 2),
        (&["graph", "Mirela", "--depth", "3"], 2),
        (&["graph", "Mirela", "--predicate", "works near"], 2),
        (&["graph", "Acme", "--to", "Ghent", "--predicate", "knows"], 1),
    ] {
        assert_eq!(code(&run(data, arguments)), expected, "{arguments:?}");
    }
    assert!(stderr(&run(data, &["graph", "Mirela", "--predicate", "works near"])).contains("`works for`"));
}

#[test]
fn a_query_is_typed_read_from_a_file_and_written_for_other_programs() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    household(data);
    let employer = "SELECT ?who { ?x skos:prefLabel \"Mirela\" ; schema:worksFor / skos:prefLabel ?who }";
    assert_eq!(stdout(&run(data, &["query", employer])), "who\nTern\n");
    assert_eq!(stdout(&run(data, &["query", employer, "--as-of", "2024-06-01"])), "who\nAcme\n");
    let file = temp.path().join("who.rq");
    fs::write(&file, employer).unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(stdout(&run(data, &["query", file, "--format", "csv"])), "who\r\nTern\n");
    assert_eq!(stdout(&run(data, &["query", "ASK { ?m a hy:Memory }", "--space", "work"])), "yes\n");
    let rows = run_json(data, &["query", "SELECT ?m { ?m a hy:Memory } ORDER BY ?m", "--limit", "1"]);
    assert_eq!((rows["rows"].as_array().unwrap().len(), &rows["is_more"]), (1, &json!(true)));
    let id = rows["rows"][0][0]["value"].as_str().unwrap();
    assert_eq!(code(&run(data, &["get", id])), 0, "{id} can be got");
    let turtle = stdout(&run(data, &["query", &format!("DESCRIBE {id}"), "--format", "turtle"]));
    assert!(turtle.contains("@prefix hy:") && turtle.contains("hy:kind"), "{turtle}");
    for (arguments, expected) in [
        (&["query", "SELECT * { ?s schema:spouse ?o }"][..], 1),
        (&["query", "ASK { ?s schema:spouse ?o }"], 1),
        (&["query", "SELECT * { ?s "], 2),
        (&["query", "DELETE WHERE { ?s ?p ?o }"], 2),
        (&["query", employer, "--format", "turtle"], 2),
        (&["query", employer, "--known-at", "2001-01-01"], 2),
        (&["query", "nowhere.rq"], 1),
    ] {
        let done = run(data, arguments);
        assert_eq!(code(&done), expected, "{arguments:?}: {}", stderr(&done));
    }
    let broken = stderr(&run(data, &["query", "SELECT * { ?s "]));
    assert!(broken.contains("line 1, column 15"), "{broken}");
}

#[test]
fn agents_look_at_the_graph_and_ask_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    household(data);
    let _server = Server::start(data);
    let door = Door::of(data);
    let around = door.tool("graph", json!({"name": "Mirela", "hops": "1", "relations": "works for"}));
    assert_eq!(around["structuredContent"]["edges"][0]["to"], "Tern", "{around}");
    assert!(text(&around).contains("> Mirela -[works for]-> Tern"), "{}", text(&around));
    let path = door.tool("graph", json!({"entity": "Oskar", "to": "Ghent"}));
    assert_eq!(path["structuredContent"]["paths"][0].as_array().unwrap().len(), 3);
    let names = "SELECT ?n { ?x skos:prefLabel ?n } ORDER BY ?n";
    let rows = door.tool("query", json!({"sparql": names, "space": "work"}));
    assert_eq!(rows["structuredContent"]["rows"], json!([["Mirela"], ["Oskar"]]));
    assert_eq!(text(&rows), "n\n> Mirela\n> Oskar");
    let yes = door.tool("query", json!({"query": "ASK { ?m a hy:Memory }", "colour": "red"}));
    assert!(text(&yes).starts_with("yes") && text(&yes).contains("no parameter `colour`"), "{}", text(&yes));
    for (tool, arguments, said) in [
        ("graph", json!({}), "nothing was named"),
        ("graph", json!({"entity": "Nobody"}), "nothing is known"),
        ("graph", json!({"entity": "Mirela", "depth": 3}), "1 to 2"),
        ("graph", json!({"entity": "Mirela", "predicates": ["works near"]}), "`works for`"),
        ("query", json!({}), "empty"),
        ("query", json!({"query": "SELECT * { ?s "}), "line 1, column 15"),
        ("query", json!({"query": "CLEAR ALL"}), "an update"),
        ("query", json!({"query": "ASK {}", "known_at": "2100-01-01"}), "has not come"),
        ("query", json!({"query": "ASK {}", "limit": 10_001}), "1 to 10000"),
    ] {
        let result = door.tool(tool, arguments);
        assert_eq!(result["isError"], true, "{tool}: {result}");
        assert!(text(&result).contains(said) && text(&result).contains("Next:"), "{tool}: {}", text(&result));
    }
}

#[test]
fn answers_to_agents_keep_their_budget() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let door = Door::of(data);
    for number in 0..90 {
        let fact = json!({"subject": "Hub", "predicate": "knows", "object": format!("Person {number}")});
        let told = door.tool("remember", fact);
        assert_ne!(told["isError"], true, "{told}");
    }
    for (tool, arguments, dropped) in [
        ("graph", json!({"entity": "Hub"}), "edges_dropped"),
        ("query", json!({"query": "SELECT * { ?s ?p ?o }", "limit": 1000}), "dropped"),
    ] {
        let result = door.tool(tool, arguments);
        for form in [result["structuredContent"].to_string(), text(&result).to_owned()] {
            assert!(form.len() / 4 < 2_000, "{tool} costs {} tokens", form.len() / 4);
        }
        assert!(result["structuredContent"][dropped].as_u64().unwrap() > 0, "{tool}: {result}");
        assert!(text(&result).contains("did not fit"), "{tool}");
    }
}

#[test]
fn every_door_says_whether_it_was_true_then_and_refuses_the_same_moments() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    household(data);
    let acme =
        run_json(data, &["recall", "who does Mirela work for", "--as-of", "2024-06-01"])["hits"][0]["id"].clone();
    let acme = acme.as_str().unwrap();
    let why = "it held from 2024-02-01T00:00:00Z to 2025-09-01T00:00:00Z, superseded by ";
    let shown = run(data, &["get", acme, "--as-of", "2025-10-01"]);
    assert_eq!(code(&shown), 0, "whoever names an id gets what it is");
    let not_then = format!("as of not true at 2025-10-01T00:00:00Z: {why}");
    assert!(stdout(&shown).contains(&not_then) && stdout(&shown).contains("Acme"), "{}", stdout(&shown));
    let shown = stdout(&run(data, &["get", acme, "--as-of", "2025-01-01"]));
    assert!(shown.contains("as of true at 2025-01-01T00:00:00Z"), "{shown}");

    let _server = Server::start(data);
    let door = Door::of(data);
    let got = door.post("/v1/get", &[], &json!({"ids": [acme], "as_of": "2025-10-01"})).json();
    let then = &got["records"][0]["then"];
    assert!(then["held"] == false && then["why_not"].as_str().unwrap().starts_with(why), "{then}");
    let got = door.tool("get", json!({"ids": acme, "valid_at": "2025-10-01", "page": 2}));
    let then = got["structuredContent"]["records"][0]["then"].as_str().unwrap();
    assert!(then.starts_with(&format!("not true at 2025-10-01T00:00:00Z: {why}")), "{then}");
    assert!(text(&got).contains(then) && text(&got).contains("has no parameter `page`"), "{}", text(&got));
    assert_eq!(text(&got).matches("\nuntil ").count(), 1, "{}", text(&got));

    for (moment, said) in [("2100-01-01", "has not come yet"), ("2001-01-01", "the first commit is of")] {
        for (verb, named) in [
            ("recall", "query"),
            ("explain", "query"),
            ("get", "ids"),
            ("timeline", "of"),
            ("graph", "entity"),
            ("query", "query"),
        ] {
            let asked = match verb {
                "get" => json!([acme]),
                "query" => json!("ASK { ?m a hy:Memory }"),
                _ => json!("Mirela"),
            };
            let request = json!({named: asked, "known_at": moment});
            let answer = door.tool(verb, request.clone());
            assert!(answer["isError"] == true && text(&answer).contains(said), "{verb}: {}", text(&answer));
            let answer = door.post(&format!("/v1/{verb}"), &[], &request);
            assert_eq!(answer.status, 400, "{verb}");
            let message = answer.json()["error"].clone();
            assert!(message["message"].as_str().unwrap().contains(said) && message["hint"].is_string(), "{message}");
            let words = request[named].as_str().unwrap_or(acme);
            let typed = run(data, &[verb, words, "--known-at", moment]);
            assert!(code(&typed) == 2 && stderr(&typed).contains(said), "{verb}: {}", stderr(&typed));
        }
    }
    let trace = door.tool("recall", json!({"query": "Mirela"}))["structuredContent"]["trace_id"].clone();
    let answer = door.tool("explain", json!({"trace_id": trace, "as_of": "2025-01-01"}));
    assert!(answer["isError"] == true && text(&answer).contains("a moment of its own"), "{}", text(&answer));
    let why = door.tool("explain", json!({"query": "who does Mirela work for", "as_of": "2025-10-01", "id": acme}));
    assert!(text(&why).contains("it ended"), "{}", text(&why));
}
