//! Whoever goes wrong is told so, and what to do next: in words for people, in fields for programs.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use harness::{Server, code, hydra, json, run, stderr, stdout, succeeds, wait_until};
use serde_json::Value;

fn told(data: &Path, text: &str) -> String {
    json(data, &["remember", text])["id"].as_str().unwrap().to_owned()
}

fn piped(data: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = hydra(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever has read enough closes its end.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn says(output: &Output, expected: i32, parts: &[&str]) {
    let said = stderr(output);
    assert_eq!(code(output), expected, "{said}");
    for part in parts {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

#[test]
fn what_only_reads_makes_no_memory() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("mistyped");
    let id = "0000000000000";
    for arguments in [
        &["recall", "x"][..],
        &["get", id],
        &["status"],
        &["timeline", "x"],
        &["graph", "x"],
        &["query", "ASK { ?a ?b ?c }"],
        &["explain", "x", "--id", id],
        &["export"],
        &["conflicts"],
        &["block", "show", "human"],
        &["predicate", "list"],
        &["entity", "show", "x"],
        &["proposals"],
        &["check"],
        &["rebuild"],
        &["forget", id],
        &["undo", id],
        &["update", id, "--retract"],
    ] {
        says(&run(data, arguments), 3, &["there is no memory at", "mistyped", "hydra --data-dir"]);
        assert!(!data.exists(), "{arguments:?} made a folder");
    }
    told(data, "x");
    assert_eq!(code(&run(data, &["recall", "x"])), 0);
}

#[test]
fn a_server_is_stopped_and_a_second_one_is_told_of_the_first() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    says(&run(data, &["stop"]), 0, &["no server is running"]);
    assert!(!data.exists());
    let server = Server::start(data);
    let pid = server.pid().to_string();
    says(&run(data, &["serve"]), 3, &["already running at http://127.0.0.1:", &format!("(pid {pid})"), "stop`"]);
    let stopped = json(data, &["stop"]);
    assert_eq!((&stopped["stopped"], &stopped["pid"]), (&true.into(), &server.pid().into()));
    assert!(!data.join("server.json").exists());
    assert_eq!(json(data, &["stop"])["stopped"], false);
    assert!(!server.stderr().contains("ERROR"), "{}", server.stderr());
    assert_eq!(json(data, &["check"])["ok"], true, "and the memory is free");
}

#[test]
fn a_mistyped_command_line_is_json_when_asked() {
    let temp = tempfile::tempdir().unwrap();
    for arguments in [&["--json", "recall", "x", "--frobnicate"][..], &["frobnicate", "--json"], &["--json", "get"]] {
        let output = run(temp.path(), arguments);
        assert_eq!(code(&output), 2);
        let error: Value = serde_json::from_str(&stderr(&output)).unwrap();
        assert_eq!(error["error"]["kind"], "invalid", "{error}");
        assert!(!error["error"]["message"].as_str().unwrap().starts_with("error"), "{error}");
        assert!(error["error"]["hint"].is_string(), "{error}");
    }
}

#[test]
fn proposals_that_come_to_nothing_say_so_with_their_exit_code() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let id = told(data, "Oskar asked for black tea again");
    let fact = |predicate: &str| {
        let line = serde_json::json!({"kind": "fact", "subject": "Oskar", "predicate": predicate, "object": "black tea",
            "evidence": [id]});
        piped(data, &["propose", "-"], line.to_string().as_bytes())
    };
    says(&fact("zorks"), 1, &["refused", "hydra --data-dir"]);
    let queued = fact("likes");
    says(&queued, 0, &[]);
    let proposal = stdout(&queued).split_whitespace().next().unwrap().to_owned();
    says(&run(data, &["propose", "/nowhere.jsonl"]), 1, &["/nowhere.jsonl does not exist"]);
    says(&piped(data, &["propose", "-"], b"{\"kind\":\"fact\""), 2, &["line 1 is not JSON", "\"kind\":\"alias\""]);
    let unknown = "0000000000000";
    for what in ["accept", "reject"] {
        says(&run(data, &["proposals", what, unknown]), 1, &["is not a proposal"]);
    }
    says(&run(data, &["proposals", "accept", &proposal]), 0, &[]);
    let again = run(data, &["proposals", "accept", &proposal]);
    says(&again, 2, &["was accepted already"]);
    assert_eq!(stderr(&again).matches(&proposal).count(), 1, "{}", stderr(&again));
}

#[test]
fn advice_names_the_folder_that_was_named() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("my data");
    let output = run(data, &["remember", "The ladder is blue"]);
    let undo = stderr(&output);
    let undo = undo.split("take it back with: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(undo.split(" undo ").next().unwrap(), format!("hydra --data-dir '{}'", data.display()));
    // What was advised does it, as a shell reads it.
    let script = undo.replacen("hydra", harness::binary().to_str().unwrap(), 1);
    let done = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    says(&done, 0, &["took back a remember of 1"]);
    let declared = run(data, &["predicate", "add", "sings for"]);
    let commit = stderr(&declared).trim().rsplit(' ').next().unwrap().to_owned();
    let undone = run(data, &["undo", &commit]);
    assert!(!stderr(&undone).contains("of 0"), "{}", stderr(&undone));
}

#[test]
fn a_space_that_holds_nothing_is_named_with_those_that_do() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    succeeds(data, &["remember", "The ladder is blue", "--entity", "Ladder", "--space", "project/shed"]);
    for (arguments, expected) in [
        (&["recall", "ladder"][..], 1),
        (&["timeline", "Ladder"], 1),
        (&["graph", "Ladder"], 1),
        (&["query", "SELECT ?m { ?m a hy:Memory }"], 1),
    ] {
        let output = run(data, &[arguments, &["--space", "projekt/shed"]].concat());
        says(&output, expected, &["no memory is in space projekt/shed", "there are: project/shed"]);
        assert!(!stderr(&run(data, &[arguments, &["--space", "project/shed"]].concat())).contains("no memory is in"));
    }
}

#[test]
fn a_mistyped_query_is_told_where() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    succeeds(data, &["remember", "--fact", "Mirela", "works for", "Acme"]);
    let query = |text: &str| run(data, &["query", text]);
    says(
        &query("SELECT ?x {\n ?x foof:name \"Mirela\" }"),
        2,
        &["`foof:` is no known prefix, at line 2", "known prefixes are hy, id"],
    );
    says(&query("SELECT ?x { ?x skos:prefLabel \"Mirela\" "), 2, &["line 1, column", "after `\"Mirela\"`", "next:"]);
    says(&query("SELECT ?x { ?x schema:worksFour ?y }"), 1, &["nothing in the graph is called schema:worksFour"]);
    says(&query("ASK { ?x a hy:Memmory }"), 1, &["hy:Memmory"]);
    let empty = query("SELECT ?x { ?x schema:worksFor ?y ; skos:prefLabel \"Nobody\" }");
    assert_eq!((code(&empty), stderr(&empty)), (1, String::new()), "every name is known");
}

#[test]
fn an_update_of_the_wrong_thing_says_what_it_is() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let old = json(data, &["remember", "--fact", "Mirela", "lives in", "Porto"])["id"].as_str().unwrap().to_owned();
    let update = |id: &str, op: &[&str]| run(data, &[&["update", id], op].concat());
    let entity = json(data, &["entity", "show", "Mirela"])["id"].as_str().unwrap().to_owned();
    says(&update(&entity, &["--retract"]), 2, &["is an entity (Mirela)", "merge, split or alias"]);
    let corrected = update(&old, &["--correct", "Mirela", "lives in", "Ghent"]);
    let new = stdout(&corrected).trim().to_owned();
    says(&update(&old, &["--retract"]), 2, &[&format!("{new} took its place"), &format!("update {new} instead")]);
    let history = succeeds(data, &["get", &old, "--view", "history"]);
    assert!(history.contains("owner: update (superseded)"), "{history}");
    says(&update(&new, &["--retract"]), 0, &[]);
    says(&update(&new, &["--restore"]), 0, &[]);
    let history = succeeds(data, &["get", &new, "--view", "history"]);
    assert!(history.contains("update (retracted)") && history.contains("update (restored)"), "{history}");
}

#[test]
fn a_file_is_forgotten_by_its_path() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    harness::vault(&notes, 3);
    succeeds(data, &["ingest", notes.to_str().unwrap()]);
    let note = notes.join("note 1.md");
    let note = note.to_str().unwrap();
    says(&run(data, &["forget", "--dry-run", note]), 0, &["nothing was written"]);
    assert_eq!(code(&run(data, &["recall", "number1"])), 0);
    says(&run(data, &["forget", note]), 0, &["take it back with"]);
    let found = json(data, &["recall", "number1"]);
    let paths = found["hits"].as_array().unwrap().iter().map(|hit| hit["source"]["path"].as_str().unwrap());
    assert!(paths.into_iter().all(|path| path != note), "{found}");
    says(&run(data, &["forget", "nowhere/at all.md"]), 1, &["nowhere/at all.md"]);
    says(&run(data, &["forget", "not-an-id"]), 2, &["is not an id"]);
}

#[test]
fn what_is_not_over_is_not_told_as_past_and_one_is_one() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    succeeds(data, &["remember", "--fact", "Mirela", "works for", "Umbra", "--valid-to", "2999-01-01"]);
    let found = succeeds(data, &["recall", "Mirela Umbra"]);
    assert!(found.contains("holds until 2999-01-01") && !found.contains("held"), "{found}");
    let status = succeeds(data, &["status"]);
    assert!(status.contains("1 memory, 0 notes in 0 passages"), "{status}");
    succeeds(data, &["remember", "The ladder is blue", "--entity", "Ladder"]);
    says(&run(data, &["graph", "Mirela", "--to", "Ladder"]), 1, &["no path of at most", "graph NAME`"]);
    let limit = run(data, &["block", "limit", "nosuch", "500"]);
    says(&limit, 0, &["has no text yet"]);
}

#[test]
fn what_is_too_long_is_not_counted_to_its_end() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    says(&piped(data, &["remember", "-"], &[b'a'; 300_000]), 2, &["more than 102400 bytes"]);
}

#[test]
fn a_recall_without_a_server_waits_for_indexes_that_were_deleted() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    harness::vault(&notes, 200);
    succeeds(data, &["ingest", "--no-wait", notes.to_str().unwrap()]);
    std::fs::remove_dir_all(data.join("index")).unwrap();
    wait_until("the last note", || {
        let found = json(data, &["recall", "number199"]);
        let is_told = found["degraded"].as_array().unwrap().iter().any(|why| why.as_str().unwrap().contains("rebuild"));
        let is_found = found["hits"][0]["source"]["path"].as_str().is_some_and(|path| path.ends_with("note 199.md"));
        assert!(is_found || is_told, "{found}");
        is_found
    });
}
