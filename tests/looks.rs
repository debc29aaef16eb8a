//! `graph` and `query` at the command line, over HTTP and as MCP tools.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::fs;
use std::path::Path;
use std::process::Output;

use harness::{Server, json as run_json, run};
use serde_json::{Value, json};
use wire::Door;

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn text(result: &Value) -> String {
    result["content"][0]["text"].as_str().unwrap().to_owned()
}

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
        for form in [result["structuredContent"].to_string(), text(&result)] {
            assert!(form.len() / 4 < 2_000, "{tool} costs {} tokens", form.len() / 4);
        }
        assert!(result["structuredContent"][dropped].as_u64().unwrap() > 0, "{tool}: {result}");
        assert!(text(&result).contains("did not fit"), "{tool}");
    }
}
