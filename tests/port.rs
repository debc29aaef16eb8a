//! A memory leaves as text and comes back exactly, with and without a server, whole or not at all.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use harness::{Server, hydra, json, model, run, wait_until};
use serde_json::{Value, json};

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn sample_vault() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/sample-vault");
    folder.canonicalize().unwrap().display().to_string()
}

/// A memory of notes, turns of a conversation, something forgotten and something undone; returns an id that is recalled.
fn fill(data: &Path) -> String {
    json(data, &["ingest", "--no-wait", &sample_vault()]);
    let told = json(data, &["remember", "The kettle whistles in G sharp", "--session", "tea", "--speaker", "Mirela"]);
    let joke = json(data, &["remember", "The moon is made of cheese"]);
    json(data, &["forget", joke["id"].as_str().unwrap(), "--reason", "a joke"]);
    let slip = json(data, &["remember", "A slip of the tongue"]);
    json(data, &["undo", slip["commit"].as_str().unwrap()]);
    told["id"].as_str().unwrap().to_owned()
}

fn export(data: &Path) -> Vec<u8> {
    let output = run(data, &["export"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    output.stdout
}

/// Starts `hydra import -`, to be fed by the test.
fn import_from_pipe(data: &Path) -> Child {
    let mut command = hydra(data);
    command.args(["import", "-", "--no-wait"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn an_export_comes_back_exactly_and_lives_on() {
    let temp = tempfile::tempdir().unwrap();
    let (old, new, file) = (temp.path().join("old"), temp.path().join("new"), temp.path().join("backup.nq"));
    let kettle = fill(&old);
    let exported = json(&old, &["export", file.to_str().unwrap()]);
    let mut fields: Vec<&str> = exported.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    assert_eq!(fields, ["blake3", "bytes", "format", "path", "statements", "took_ms"]);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!((bytes.len() as u64, &bytes), (exported["bytes"].as_u64().unwrap(), &export(&old)));
    assert_eq!(
        file.metadata().map(|m| std::os::unix::fs::PermissionsExt::mode(&m.permissions()) & 0o777).unwrap(),
        0o600
    );

    let imported = json(&new, &["import", file.to_str().unwrap()]);
    for field in ["statements", "commits", "head", "indexed", "degraded", "took_ms"] {
        assert!(imported.get(field).is_some(), "{field} is missing in {imported}");
    }
    assert_eq!(imported["statements"], exported["statements"]);
    assert_eq!(imported["indexed"], model().is_some());
    assert!(export(&new) == bytes, "a second export is the same");
    let checked = json(&new, &["check"]);
    assert_eq!(checked["ok"], true, "{checked}");
    let (before, after) = (json(&old, &["status"]), json(&new, &["status"]));
    for count in ["head", "sources", "passages", "memories", "entities", "links"] {
        assert_eq!(before[count], after[count], "{count}");
    }
    let hit = &json(&new, &["recall", "kettle"])["hits"][0];
    assert_eq!((&hit["id"], &hit["speaker"]), (&json!(kettle), &json!("Mirela")));
    let history = ["get", &kettle, "--view", "history"];
    assert_eq!(json(&new, &history), json(&old, &history));

    let told = json(&new, &["remember", "The first thing told afterwards"]);
    assert!(told["id"].as_str().unwrap() > imported["head"].as_str().unwrap(), "{told}");
    let commit = &json(&new, &history)["records"][0]["commits"][0]["id"];
    assert_eq!(json(&new, &["undo", commit.as_str().unwrap()])["verb"], "remember");
    assert_eq!(json(&new, &["ingest", &sample_vault()])["added"], 0, "its notes are known");
}

#[test]
fn a_server_streams_an_export_and_keeps_its_memory_to_itself() {
    let temp = tempfile::tempdir().unwrap();
    let (data, file) = (temp.path().join("data"), temp.path().join("backup.nq"));
    fill(&data);
    let without = export(&data);
    let server = Server::start(&data);
    assert!(export(&data) == without, "with and without a server");
    std::fs::write(&file, "an older backup").unwrap();
    assert_eq!(code(&run(&data, &["export", file.to_str().unwrap()])), 0);
    assert!(std::fs::read(&file).unwrap() == without);
    let trig = run(&data, &["export", "--format", "trig"]);
    assert!(String::from_utf8(trig.stdout).unwrap().contains("@prefix hy:"));

    let refused = run(&data, &["import", file.to_str().unwrap()]);
    assert_eq!(code(&refused), 3);
    let said = stderr(&refused);
    assert!(said.contains(&server.pid().to_string()) && said.contains("stop that server"), "{said}");
    server.stop();
    let refused = run(&data, &["import", file.to_str().unwrap()]);
    assert_eq!(code(&refused), 2);
    assert!(
        stderr(&refused).contains("is not empty") && stderr(&refused).contains("--data-dir"),
        "{}",
        stderr(&refused)
    );
    assert!(export(&data) == without, "nothing was changed");
}

#[test]
fn a_reader_that_has_seen_enough_of_an_export_ends_it_quietly() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    fill(&data);
    let script = format!("{} --data-dir {} export | head -1", harness::binary().display(), data.display());
    let output =
        std::process::Command::new("bash").args(["-c", &format!("set -o pipefail; {script}")]).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("# Hydra export"));
    assert_eq!(json(&data, &["check"])["ok"], true);
}

#[test]
fn what_is_no_whole_export_is_refused_with_its_line() {
    let temp = tempfile::tempdir().unwrap();
    let (old, file) = (temp.path().join("old"), temp.path().join("backup.nq"));
    json(&old, &["remember", "The barometer hangs in the hall", "--entity", "Barometer"]);
    let text = String::from_utf8(export(&old)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (broken, line) in [
        (text.replace("barometer hangs", "thermometer hangs"), lines.len()),
        (text.replacen("<urn:hydra:ns#kind> \"", "<urn:hydra:ns#kind> ", 1), 0),
        (text[..text.len() - 20].to_owned(), lines.len()),
        (lines[..3].join("\n") + "\n", 4),
        ("{\"type\":\"entity\"}\n".to_owned(), 1),
    ] {
        std::fs::write(&file, &broken).unwrap();
        let new = temp.path().join("new");
        let output = run(&new, &["--json", "import", file.to_str().unwrap()]);
        assert_eq!(code(&output), 2, "{line}: {}", stderr(&output));
        let error: Value = serde_json::from_str(stderr(&output).trim()).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        let line = if line > 0 { format!("line {line}:") } else { "it is not N-Quads".to_owned() };
        assert!(message.contains(&line) && error["error"]["hint"].is_string(), "{line} {error}");
        assert_eq!(json(&new, &["status"])["head"], Value::Null, "nothing was written");
    }
    assert_eq!(code(&run(&temp.path().join("new"), &["import", "/nowhere/at/all"])), 1);
    std::fs::write(&file, &text).unwrap();
    assert_eq!(json(&temp.path().join("new"), &["import", file.to_str().unwrap()])["commits"], 1);
}

#[test]
fn an_import_that_is_killed_leaves_an_empty_memory() {
    let temp = tempfile::tempdir().unwrap();
    let (old, new) = (temp.path().join("old"), temp.path().join("new"));
    fill(&old);
    let bytes = export(&old);
    // Killed after half of it, and after all but the last byte: everything is in the store beside by then.
    for sent in [bytes.len() / 2, bytes.len() - 1] {
        let mut child = import_from_pipe(&new);
        child.stdin.as_mut().unwrap().write_all(&bytes[..sent]).unwrap();
        wait_until("the store beside", || new.join("store.import").is_dir());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(json(&new, &["status"])["head"], Value::Null);
        assert!(!new.join("store.import").exists(), "what was begun is gone");
    }
    let mut child = import_from_pipe(&new);
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(export(&new) == bytes);
}

#[test]
fn an_import_that_is_killed_at_any_moment_is_whole_or_not_at_all() {
    let temp = tempfile::tempdir().unwrap();
    let old = temp.path().join("old");
    fill(&old);
    let bytes = export(&old);
    let file: PathBuf = temp.path().join("backup.nq");
    std::fs::write(&file, &bytes).unwrap();
    let mut seen = (0, 0);
    for round in 0..12 {
        let new = temp.path().join(round.to_string());
        let mut command = hydra(&new);
        command.args(["import", file.to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // The later rounds fall behind the rename, into the catching up of the indexes.
        std::thread::sleep(std::time::Duration::from_millis(20 + 40 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        // Killed before anything was made, there is no memory at all.
        let is_nothing = code(&run(&new, &["status"])) == 3 || json(&new, &["status"])["head"] == Value::Null;
        if is_nothing {
            seen.0 += 1;
            assert_eq!(code(&run(&new, &["import", "--no-wait", file.to_str().unwrap()])), 0);
        } else {
            seen.1 += 1;
        }
        assert!(export(&new) == bytes, "round {round}");
        assert_eq!(json(&new, &["check"])["ok"], true, "round {round}");
    }
    eprintln!("{} killed imports left nothing, {} everything", seen.0, seen.1);
}
