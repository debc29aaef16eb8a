//! What other memory systems wrote comes in once, as data, all of it or what is not broken.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use harness::{Server, hydra, json, run};
use serde_json::{Value, json};

fn fixture(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures").join(name);
    path.canonicalize().unwrap().display().to_string()
}

fn import(data: &Path, from: &str, file: &str, more: &[&str]) -> Value {
    json(data, &[&["import", "--no-wait", "--from", from, file], more].concat())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The best hit and the names of what it is about.
fn found(data: &Path, question: &str) -> (Value, Vec<String>) {
    let hit = json(data, &["recall", question])["hits"][0].clone();
    let got = &json(data, &["get", hit["id"].as_str().unwrap()])["records"][0];
    let names = got["entities"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
    (hit, names.collect())
}

#[test]
fn each_format_comes_in_once_as_data_about_its_entities() {
    type Asked = (&'static str, &'static str, &'static [&'static str]);
    let cases: [(&str, &str, u64, [Asked; 2]); 3] = [
        (
            "mcp-memory",
            "mcp-memory.jsonl",
            6,
            [
                ("walnuts", "Henrike Olsen (person): Is allergic to walnuts", &["Henrike Olsen"]),
                ("works_at boatyard", "Henrike Olsen works_at Skerry Boatyard", &["Henrike Olsen", "Skerry Boatyard"]),
            ],
        ),
        (
            "basic-memory",
            "basic-memory",
            6,
            [
                (
                    "dough half hour",
                    "Sourdough Bread (method): Fold the dough every half hour for three hours #folding (in a cool kitchen)",
                    &["Sourdough Bread", "baking", "folding", "kitchen"],
                ),
                (
                    "taught harbour bakery",
                    "Sourdough Bread was taught by Henrike Olsen (at the harbour bakery)",
                    &["Henrike Olsen", "Sourdough Bread"],
                ),
            ],
        ),
        (
            "mem0",
            "mem0.json",
            4,
            [
                ("paint boathouse", "Plans to paint the boathouse dark green in June", &["henrike", "house", "plans"]),
                ("owns anchor", "henrike owns spare anchor", &["henrike", "spare anchor"]),
            ],
        ),
    ];
    for (from, file, count, asked) in cases {
        let temp = tempfile::tempdir().unwrap();
        let data = &temp.path().join("data");
        let imported = import(data, from, &fixture(file), &["--space", "work"]);
        let mut fields: Vec<&str> = imported.as_object().unwrap().keys().map(String::as_str).collect();
        fields.sort_unstable();
        assert_eq!(
            fields.join(" "),
            "added broken cancelled commits degraded found from indexed known path refused took_ms"
        );
        assert_eq!((&imported["added"], &imported["broken"]), (&json!(count), &json!([])), "{from}");
        for (question, text, about) in asked {
            let (hit, mut names) = found(data, question);
            names.sort_unstable();
            assert_eq!((hit["text"].as_str().unwrap(), names.join(", ")), (text, about.join(", ")));
            assert_eq!((&hit["trust"], &hit["space"]), (&json!("ingested"), &json!("work")));
            let said_by = hit["source"]["said_by"].as_str().unwrap();
            assert!(said_by.contains(&format!("({from})")), "{said_by}");
        }
        let again = import(data, from, &fixture(file), &["--space", "work"]);
        assert_eq!((&again["added"], &again["known"], &again["commits"]), (&json!(0), &json!(count), &json!([])));
        // What was forgotten does not come back with the next import.
        let (hit, _) = found(data, asked[0].0);
        let forgotten = json(data, &["forget", hit["id"].as_str().unwrap()]);
        assert_eq!(import(data, from, &fixture(file), &["--space", "work"])["added"], 0);
        assert_eq!(json(data, &["check"])["ok"], true);
        json(data, &["undo", forgotten["commit"].as_str().unwrap()]);
        assert_eq!(json(data, &["undo", imported["commits"][0].as_str().unwrap()])["verb"], "remember");
        assert_eq!(json(data, &["status"])["memories"], 0);
    }
}

#[test]
fn times_come_with_the_memories() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    import(data, "mem0", &fixture("mem0.json"), &[]);
    import(data, "basic-memory", &fixture("basic-memory"), &[]);
    assert_eq!(found(data, "boathouse").0["happened_at"], "2025-04-11T16:30:00.104Z");
    assert_eq!(found(data, "anchor bench").0["happened_at"], "2025-02-20T07:00:00Z");
    assert_eq!(found(data, "rye flour starter").0["happened_at"], "2025-05-01T08:00:00Z");
    assert_eq!(found(data, "rye flour starter").0["kind"], "decision");
}

#[test]
fn broken_lines_are_all_listed_and_nothing_is_written_unless_they_are_skipped() {
    let temp = tempfile::tempdir().unwrap();
    let (data, file) = (&temp.path().join("data"), temp.path().join("memory.jsonl"));
    let mut lines = std::fs::read_to_string(fixture("mcp-memory.jsonl")).unwrap();
    lines.insert_str(0, "not a line\n");
    lines.push_str("{\"type\":\"entity\",\"name\":\"x\"}\n");
    std::fs::write(&file, &lines).unwrap();
    let file = file.to_str().unwrap();

    let refused = run(data, &["import", "--from", "mcp-memory", file]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    let said = stderr(&refused);
    for part in ["memory.jsonl:1: ", "memory.jsonl:7: ", "entityType", "nothing was written", "--skip-broken"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(json(data, &["status"])["memories"], 0);
    let refused = import(data, "mcp-memory", file, &[]);
    assert_eq!((&refused["refused"], &refused["found"], &refused["added"]), (&json!(true), &json!(6), &json!(0)));
    let lines: Vec<&Value> = refused["broken"].as_array().unwrap().iter().map(|broken| &broken["line"]).collect();
    assert_eq!(lines, [&json!(1), &json!(7)]);

    let skipped = run(data, &["import", "--from", "mcp-memory", file, "--skip-broken"]);
    assert_eq!(skipped.status.code(), Some(0), "{}", stderr(&skipped));
    let said = String::from_utf8(skipped.stdout).unwrap();
    assert!(said.contains("6 added") && said.contains("2 left out"), "{said}");
    assert_eq!(json(data, &["status"])["memories"], 6);
}

#[test]
fn a_hundred_broken_lines_are_shown_and_json_has_all() {
    let temp = tempfile::tempdir().unwrap();
    let (data, file) = (&temp.path().join("data"), temp.path().join("memory.jsonl"));
    std::fs::write(&file, "broken\n".repeat(101)).unwrap();
    let said = stderr(&run(data, &["import", "--from", "mcp-memory", file.to_str().unwrap()]));
    assert!(said.contains("jsonl:100:") && !said.contains("jsonl:101:") && said.contains("1 more"), "{said}");
    let all = import(data, "mcp-memory", file.to_str().unwrap(), &["--skip-broken"]);
    assert_eq!(all["broken"].as_array().map(Vec::len), Some(101));
}

#[test]
fn what_can_not_be_read_has_its_exit_code() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let empty = temp.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let (empty, notes, lines) = (empty.to_str().unwrap(), fixture("basic-memory"), fixture("mcp-memory.jsonl"));
    let long = temp.path().join("long.json");
    std::fs::write(&long, json!([{"memory": "x".repeat(200 * 1024)}]).to_string()).unwrap();
    for (from, file, expected, said) in [
        ("mcp-memory", "/nowhere/at/all", 1, "does not exist"),
        ("basic-memory", "/nowhere/at/all", 1, "does not exist"),
        ("mcp-memory", &notes, 2, "not a plain file"),
        ("basic-memory", &lines, 2, "is a file"),
        ("mem0", &lines, 2, "not JSON"),
        ("mem0", long.to_str().unwrap(), 2, "item 1"),
        ("mcp-memory", empty, 1, ""),
        ("notion", empty, 2, "possible values"),
    ] {
        let output = run(data, &["import", "--from", from, file]);
        assert_eq!(output.status.code(), Some(expected), "{from} {file}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{from} {file}: {}", stderr(&output));
    }
    let output = run(data, &["import", "--skip-broken", empty]);
    assert!(stderr(&output).contains("--from"), "{}", stderr(&output));
}

#[test]
fn a_server_imports_too_and_from_a_pipe() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let mut command = hydra(data);
    command.args(["--json", "import", "--from", "mcp-memory", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(fixture("mcp-memory.jsonl")).unwrap()).unwrap();
    let imported: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&imported["added"], &imported["from"]), (&json!(6), &json!("mcp-memory")));
    let (hit, _) = found(data, "walnuts");
    assert_eq!(hit["source"]["said_by"], "standard input line 1 (mcp-memory)");
    assert_eq!(import(data, "mcp-memory", &fixture("mcp-memory.jsonl"), &[])["known"], 6, "wherever it comes from");
    server.stop();
}
