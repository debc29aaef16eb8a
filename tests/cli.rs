//! The command line keeps its word: exit codes, JSON, streams, and clear refusals.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{code, hydra, json, run, stderr, stdout, vault, wait_until};
use serde_json::Value;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn exit_codes_say_what_came_of_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    assert_eq!(code(&run(data, &["remember", "The barometer hangs in the hall"])), 0);
    let long = "barometer ".repeat(10_000);
    for (arguments, expected) in [
        (&["recall", "barometer"][..], 0),
        (&["recall", "barometer", "--space", "elsewhere"], 1),
        (&["recall", ""], 2),
        (&["recall", "   "], 2),
        (&["recall", &long], 2),
        (&["recall", "barometer", "--kind", "thing"], 2),
        (&["recall", "barometer", "--since", "some day"], 2),
        (&["recall", "--frobnicate", "x"], 2),
        (&["remember", ""], 2),
        (&["remember", "x", "--ttl", "soon"], 2),
        (&["get", "0000000000000"], 1),
        (&["get", "not-a-name"], 1),
        (&["forget", "0000000000000"], 1),
        (&["undo", "0000000000000"], 1),
        (&["ingest", "/nowhere/at/all"], 1),
        (&["status"], 0),
        (&["check"], 0),
        (&["rebuild", "--index", "text"], 0),
        (&["redact"], 0),
        (&["--version"], 0),
        (&["--help"], 0),
        (&["frobnicate"], 2),
    ] {
        let output = run(data, arguments);
        let shown: Vec<String> = arguments.iter().map(|a| a.chars().take(30).collect()).collect();
        assert_eq!(code(&output), expected, "{shown:?}: {}", stderr(&output));
        if expected != 0 {
            assert!(!stderr(&output).is_empty(), "{shown:?} says nothing");
            assert!(stdout(&output).is_empty(), "{shown:?} prints to standard output");
        }
    }
}

#[test]
fn json_has_the_promised_fields() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let told = json(data, &["remember", "Use tabs in Go code", "--kind", "preference", "--entity", "Go"]);
    assert_eq!(keys(&told), ["commit", "id", "preference", "status"]);
    assert_eq!(told["status"], "inserted");
    let again = json(data, &["remember", "Use tabs in Go code", "--kind", "preference"]);
    assert_eq!((&again["id"], &again["status"]), (&told["id"], &"duplicate".into()));

    let found = json(data, &["recall", "tabs or spaces in Go"]);
    for field in ["hits", "degraded", "trace_id", "took_ms", "dropped"] {
        assert!(found.get(field).is_some(), "{field} is missing in {found}");
    }
    let hit = &found["hits"][0];
    for field in ["id", "kind", "text", "title", "source", "score", "why"] {
        assert!(hit.get(field).is_some(), "{field} is missing in {hit}");
    }
    assert_eq!((&hit["id"], &hit["kind"]), (&told["id"], &"preference".into()));
    for field in ["path", "heading", "span"] {
        assert!(hit["source"].get(field).is_some(), "{field} is missing in {hit}");
    }
    assert!(found["degraded"].is_array() && found["took_ms"].is_number());
    assert_eq!(json(data, &["recall", "tabs", "--space", "elsewhere"])["hits"], serde_json::json!([]));

    let id = told["id"].as_str().unwrap();
    assert_eq!(json(data, &["get", id])["records"][0]["record"]["text"], "Use tabs in Go code");
    let forgotten = json(data, &["forget", id, "--reason", "moved to Rust"]);
    assert_eq!(run(data, &["recall", "tabs"]).status.code(), Some(1));
    let undone = json(data, &["undo", forgotten["commit"].as_str().unwrap()]);
    assert_eq!(undone["verb"], "forget");
    assert_eq!(json(data, &["recall", "tabs"])["hits"][0]["id"], told["id"]);
    let history = json(data, &["get", id, "--view", "history"]);
    let verbs: Vec<&str> =
        history["records"][0]["commits"].as_array().unwrap().iter().map(|c| c["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["remember", "remember", "forget", "undo"]);
    assert_eq!(json(data, &["status"])["memories"], 1);
    assert_eq!(json(data, &["check"])["ok"], true);
}

#[test]
fn a_conversation_is_told_turn_by_turn() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let say = |speaker: &str, text: &str| {
        json(data, &["remember", text, "--session", "call", "--speaker", speaker, "--at", "2023-05-08"])
    };
    let told = [say("Mirela", "Where is the ladder?"), say("Oskar", "Behind the garage.")];
    let found = json(data, &["recall", "garage"]);
    let hit = &found["hits"][0];
    assert_eq!((&hit["id"], &hit["speaker"]), (&told[1]["id"], &"Oskar".into()));
    assert_eq!(hit["happened_at"], "2023-05-08T00:00:00Z");
    let record = &json(data, &["get", told[0]["id"].as_str().unwrap()])["records"][0]["record"];
    assert_eq!((&record["session"], &record["part_of"]), (&"call".into(), &hit["part_of"]));
    let shown = stdout(&run(data, &["recall", "garage"]));
    assert!(shown.contains("Oskar") && shown.contains("2023-05-08"), "{shown}");
    assert_eq!(code(&run(data, &["remember", "x", "--session", " "])), 2);
}

#[test]
fn errors_are_json_too_when_asked() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    json(data, &["remember", "x"]);
    let output = run(data, &["--json", "recall", ""]);
    let error: Value = serde_json::from_str(stderr(&output).trim()).unwrap();
    assert_eq!(error["error"]["kind"], "invalid");
    assert!(error["error"]["hint"].is_string());
}

#[test]
fn text_comes_from_standard_input() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let mut child = hydra(data)
        .args(["remember", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("Der Schlüssel liegt unter dem Stein\n".as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let found = json(data, &["recall", "Schlüssel"]);
    assert_eq!(found["hits"][0]["text"], "Der Schlüssel liegt unter dem Stein");
}

#[test]
fn a_vault_goes_in_and_comes_out() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    vault(&notes, 30);
    std::fs::write(notes.join("broken.md"), b"\xff\xfe\x00 not text \x80").unwrap();
    let output = run(data, &["ingest", notes.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("30 new"), "{}", stdout(&output));
    let again = json(data, &["ingest", notes.to_str().unwrap()]);
    assert_eq!(again["added"], 0);
    assert_eq!(again["unchanged"].as_u64().unwrap() + again["skipped"].as_array().unwrap().len() as u64, 31);
    let hit = &json(data, &["recall", "number17"])["hits"][0];
    assert!(hit["source"]["path"].as_str().unwrap().ends_with("note 17.md"), "{hit}");
    assert_eq!((&hit["title"], &hit["trust"]), (&"Note 17".into(), &"ingested".into()));
    let shown = stdout(&run(data, &["recall", "number17"]));
    assert!(shown.contains("note 17.md:") && shown.contains("Note 17") && !shown.contains('\x1b'), "{shown}");
}

#[test]
fn an_interrupted_ingest_goes_on_where_it_stopped() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    vault(&notes, 3_000);
    let child = hydra(data)
        .args(["ingest", "--no-wait", "--json", notes.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first commits are in the redo log: the run is in the middle.
    let has_begun = || {
        let logs =
            std::fs::read_dir(data.join("log")).map(|logs| logs.flatten().collect::<Vec<_>>()).unwrap_or_default();
        logs.iter().any(|log| log.metadata().is_ok_and(|m| m.len() > 10_000))
    };
    wait_until("the first commits", has_begun);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let stopped: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(stopped["cancelled"], true);
    assert!(stopped["added"].as_u64().unwrap() < 3_000);
    let rest = json(data, &["ingest", "--no-wait", notes.to_str().unwrap()]);
    assert_eq!(rest["unchanged"], stopped["added"], "what was read is kept");
    assert_eq!(json(data, &["status"])["sources"], 3_000);
}

#[test]
fn a_broken_configuration_is_explained() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let file = temp.path().join("hydra.toml");
    for (text, said) in [
        ("prot = 1", "`prot` is not an option"),
        ("port = \"many\"", "port"),
        ("port = 70000", "port"),
        ("log_level = \"loud\"", "`loud` is not a value"),
        ("port = = 1", "hydra.toml"),
        ("embed_threads = 0", "embed_threads"),
        ("allowed_origins = [\"evil\"]", "evil"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = run(&data, &["--config", file.to_str().unwrap(), "status"]);
        assert_eq!(code(&output), 2, "{text}");
        let told = stderr(&output);
        assert!(told.contains(said) && told.contains("next:"), "{text}: {told}");
    }
    assert!(!data.exists(), "nothing was begun");
    let output = run(&data, &["--config", "/nowhere.toml", "status"]);
    assert_eq!(code(&output), 2);
    let mut command = hydra(&data);
    let output = command.env("HYDRA_PORT", "eleven").arg("status").output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("HYDRA_PORT"), "{}", stderr(&output));
}

#[test]
fn options_come_from_file_environment_and_flags_in_this_order() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let file = temp.path().join("hydra.toml");
    std::fs::write(&file, "default_space = \"from-file\"").unwrap();
    let space_of = |configure: &dyn Fn(&mut Command), text: &str| -> String {
        let mut command = hydra(&data);
        configure(&mut command);
        let output = command.args(["remember", text]).output().unwrap();
        let id = stdout(&output).trim().to_owned();
        json(&data, &["get", &id])["records"][0]["record"]["space"].as_str().unwrap().to_owned()
    };
    let path = file.to_str().unwrap();
    assert_eq!(space_of(&|_| {}, "one"), "personal");
    assert_eq!(space_of(&|command| _ = command.env("HYDRA_CONFIG", path), "two"), "from-file");
    let both = |command: &mut Command| {
        command.args(["--config", path]).env("HYDRA_DEFAULT_SPACE", "from-environment");
    };
    assert_eq!(space_of(&both, "three"), "from-environment");
    let output = hydra(&data)
        .args(["--config", path, "remember", "four", "--space", "from-flag", "--json"])
        .env("HYDRA_DEFAULT_SPACE", "from-environment")
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let got = json(&data, &["get", told["id"].as_str().unwrap()]);
    assert_eq!(got["records"][0]["record"]["space"], "from-flag");
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    run(&data, &["remember", "a line"]);
    let binary = harness::binary();
    for arguments in ["completions bash", "recall line", "--help", "status"] {
        let script = format!("{} --data-dir {} {arguments} | true", binary.display(), data.display());
        let output = Command::new("bash").args(["-c", &format!("set -o pipefail; {script}")]).output().unwrap();
        assert!(!stderr(&output).contains("error") && !stderr(&output).contains("panick"), "{}", stderr(&output));
        assert_eq!(code(&output), 0, "{arguments}: {}", stderr(&output));
    }
}

#[test]
fn the_same_is_learned_once_and_reports_count() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let seen = json(data, &["remember", "The linker was killed"]);
    let evidence = seen["id"].as_str().unwrap();
    let learn = ["learn", "--when", "the linker is killed", "Build with one job", "--evidence", evidence];
    let first = json(data, &learn);
    assert_eq!(json(data, &[&learn[..], &["--outcome", "failed"]].concat())["outcome"], "mixed");
    let id = first["id"].as_str().unwrap();
    let helped = json(data, &["learn", "--helped", id]);
    assert_eq!((&helped["id"], &helped["times_seen"], &helped["times_helped"]), (&first["id"], &2.into(), &1.into()));
    let record = &json(data, &["get", id])["records"][0]["record"];
    assert_eq!(
        (&record["learning"]["trigger"], &record["derived_from"][0]),
        (&"the linker is killed".into(), &seen["id"])
    );
    for wrong in [&["learn", "x"][..], &["learn", "--when", "x"], &["learn", "--helped", id, "--hurt", id]] {
        assert_eq!(code(&run(data, wrong)), 2, "{wrong:?}");
    }
}

#[test]
fn a_dry_run_writes_nothing_and_the_timeline_tells_what_happened() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let told = json(data, &["remember", "The barometer fell", "--entity", "Barometer"]);
    let id = told["id"].as_str().unwrap();
    let rest = json(data, &["remember", "A storm is coming", "--evidence", id]);
    let dry = json(data, &["forget", "--dry-run", id]);
    assert_eq!((&dry["forgotten"][0]["id"], &dry["stale"][0]["id"]), (&told["id"], &rest["id"]));
    assert_eq!(json(data, &["forget", "--query", "barometer"])["forgotten"][0]["id"], told["id"]);
    assert_eq!(json(data, &["recall", "barometer"])["hits"][0]["id"], told["id"]);
    json(data, &["forget", id, "--reason", "it rose again"]);
    let timeline = json(data, &["timeline", "barometer"]);
    let what: Vec<&str> =
        timeline["events"].as_array().unwrap().iter().map(|event| event["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["said", "forgotten"]);
    for (arguments, expected) in [
        (&["timeline", "barometer", "--to", "2020-01-01"][..], 1),
        (&["timeline", "Nobody"], 1),
        (&["timeline", "barometer", "--from", "some day"], 2),
        (&["forget", id, "--query", "x"], 2),
        (&["forget"], 2),
    ] {
        assert_eq!(code(&run(data, arguments)), expected, "{arguments:?}");
    }
    assert!(stdout(&run(data, &["timeline", "barometer"])).contains("it rose again"));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let temp = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(temp.path(), &["completions", shell]);
        assert_eq!(code(&output), 0, "{shell}");
        assert!(stdout(&output).contains("remember"), "{shell}");
    }
}

#[test]
fn help_is_as_written_down() {
    let temp = tempfile::tempdir().unwrap();
    let commands = [
        "",
        "serve",
        "stop",
        "mcp",
        "install",
        "uninstall",
        "ingest",
        "recall",
        "remember",
        "decide",
        "learn",
        "forget",
        "undo",
        "block",
        "block set",
        "conflicts",
        "entity",
        "entity alias",
        "entity merge",
        "entity split",
        "explain",
        "source",
        "source add",
        "source remove",
        "predicate add",
        "propose",
        "proposals",
        "enrich",
        "update",
        "timeline",
        "graph",
        "query",
        "get",
        "open",
        "token",
        "token create",
        "token list",
        "token revoke",
        "token refused",
        "status",
        "doctor",
        "check",
        "rebuild",
        "redact",
        "export",
        "import",
        "eval",
        "eval retrieval",
        "models",
        "completions",
    ];
    let mut help = String::new();
    for command in commands {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("--help");
        let output = Command::new(harness::binary()).args(&arguments).env("COLUMNS", "100").output().unwrap();
        assert_eq!(code(&output), 0);
        help.push_str(&format!("$ hydra {}\n{}\n", arguments.join(" "), stdout(&output)));
    }
    drop(temp);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/snapshots/help.txt");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &help).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(help, written, "if this is meant, run the test with UPDATE_SNAPSHOTS=1");
}
