//! `hydra eval` on a set small enough to be checked by hand.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use harness::{json, run};
use serde_json::{Value, json};

/// Ten documents of one household: a conversation, one long report, and single notes.
fn corpus() -> Vec<Value> {
    let mut report = String::new();
    for point in 1..=30 {
        report.push_str(&format!("Point {point}: the beekeepers spoke of frames, wax and smoke for a good while.\n\n"));
    }
    report.push_str("Last point: the quince tree by the gate must be grafted in February.");
    let turn = |id: &str, speaker: &str, text: &str| {
        let text = format!("{speaker}: {text}");
        json!({"id": id, "text": text, "session": "call", "speaker": speaker, "ts": "1:56 pm on 8 May, 2023"})
    };
    let note = |id: &str, text: &str| json!({"id": id, "text": text, "session": "", "speaker": "", "ts": null});
    vec![
        turn("d1", "Mirela", "Where did you leave the tall ladder?"),
        turn("d2", "Oskar", "It leans behind the garage."),
        turn("d3", "Mirela", "Thanks, I will fetch it on Sunday."),
        note("d4", &report),
        note("d5", "The ferry to the island leaves at nine in the morning."),
        note("d6", "Ink for the printer is in the blue cupboard."),
        note("d7", "The violin teacher moved to Ghent."),
        note("d8", "Sourdough rises best at twenty-six degrees."),
        json!({"id": "d9", "text": "The spare key hangs behind the water meter.", "ts": "once upon a time"}),
        note("d10", "The violin was repaired by a luthier in Bruges."),
    ]
}

fn queries() -> Vec<Value> {
    vec![
        json!({"id": "q1", "text": "when is the quince tree grafted", "category": "long", "gold": ["d4"]}),
        json!({"id": "q2", "text": "Oskar garage", "category": "talk", "gold": ["d2", "nowhere"]}),
        json!({"id": "q3", "text": "who is the violin teacher", "category": "adversarial", "gold": ["d7"]}),
    ]
}

fn write(folder: &Path, name: &str, lines: &[Value]) {
    fs::create_dir_all(folder).unwrap();
    let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(folder.join(name), lines.concat()).unwrap();
}

/// Writes the set `tiny` with its one haystack; returns the set.
fn tiny(place: &Path) -> PathBuf {
    let set = place.join("sets/tiny");
    write(&set.join("home"), "corpus.jsonl", &corpus());
    write(&set.join("home"), "queries.jsonl", &queries());
    set
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rankings(path: &Path) -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(path).unwrap();
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["haystack"], "home");
        (line["id"].as_str().unwrap().to_owned(), serde_json::from_value(line["ranked"].clone()).unwrap())
    };
    text.lines().map(read).collect()
}

fn near(value: &Value, expected: f64) {
    assert!((value.as_f64().unwrap() - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn a_set_is_asked_and_measured() {
    assert!(harness::model().is_some(), "HYDRA_MODEL_DIR names no model; run the tests with `make test`");
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let (set, out, keep) = (tiny(temp.path()), temp.path().join("run.jsonl"), temp.path().join("keep"));
    let [set, out_text, keep_text] = [&set, &out, &keep].map(|path| path.to_str().unwrap());
    let arguments = ["eval", "retrieval", set, "--out", out_text, "--keep", keep_text, "--by-category"];
    let report = json(data, &arguments);

    let found = rankings(&out);
    let asked: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(asked, ["q1", "q2", "q3"]);
    assert_eq!(found[0].1[0], "d4", "passages stand for their document");
    assert_eq!(found[1].1[0], "d2");
    for (_, ranked) in &found {
        assert!(ranked.iter().all(|id| ranked.iter().filter(|other| *other == id).count() == 1), "{ranked:?}");
    }
    let measured = &report["sets"][0];
    assert_eq!(
        (&measured["set"], &measured["haystacks"], &measured["documents"]),
        (&json!("tiny"), &json!(1), &json!(10))
    );
    assert_eq!((&measured["undated"], &measured["blank"]), (&json!(1), &json!(0)));
    assert!(measured["passages"].as_u64().unwrap() > 10 && measured["ingest_seconds"].as_f64().unwrap() > 0.0);
    // q1 is perfect; q2 finds one of two, at the first place; q3 does not count.
    let all = &measured["all"];
    assert_eq!(all["queries"], 2);
    for (name, expected) in [("R@5", 0.75), ("R@10", 0.75), ("all@10", 0.5), ("MRR", 1.0)] {
        near(&all[name], expected);
    }
    near(&all["nDCG@10"], (1.0 + 1.0 / (1.0 + 1.0 / 3f64.log2())) / 2.0);
    let categories: Vec<&str> =
        measured["categories"].as_array().unwrap().iter().map(|row| row["category"].as_str().unwrap()).collect();
    assert_eq!(categories, ["adversarial", "long", "talk"]);

    let before = fs::read(&out).unwrap();
    let again = json(data, &arguments);
    assert_eq!(again["sets"][0]["ingest_seconds"], Value::Null, "a kept memory is not filled again");
    assert_eq!((&again["sets"][0]["all"], &again["sets"][0]["passages"]), (all, &measured["passages"]));
    assert_eq!(fs::read(&out).unwrap(), before, "the same questions have the same answers");

    // Another corpus is another memory.
    write(&Path::new(set).join("home"), "corpus.jsonl", &corpus()[..9]);
    let changed = json(data, &arguments);
    assert_eq!((&changed["sets"][0]["documents"], &changed["sets"][0]["undated"]), (&json!(9), &json!(1)));
    assert!(changed["sets"][0]["ingest_seconds"].is_number());
    assert!(!data.join("format.json").exists(), "the owner's own memory is not touched");
}

#[test]
fn a_folder_of_sets_is_one_table() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let set = tiny(temp.path());
    let other = set.with_file_name("other");
    write(&other.join("home"), "corpus.jsonl", &corpus()[..3]);
    write(&other.join("home"), "queries.jsonl", &queries()[1..2]);
    let out = temp.path().join("runs");
    let sets = set.parent().unwrap().to_str().unwrap();
    let output = run(data, &["eval", "retrieval", sets, "--out", out.to_str().unwrap(), "--words-only", "-k", "5"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let table = String::from_utf8(output.stdout.clone()).unwrap();
    let rows: Vec<&str> = table.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(rows, ["set", "other", "tiny"]);
    assert!(stderr(&output).contains("tiny: 1 times did not read"), "{}", stderr(&output));
    assert_eq!(rankings(&out.join("other.jsonl")).len(), 1);
    assert!(rankings(&out.join("tiny.jsonl")).iter().all(|(_, ranked)| ranked.len() <= 5));
}

#[test]
fn what_is_wrong_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let set = tiny(temp.path());
    let out = temp.path().join("run.jsonl");
    let (set_text, out) = (set.to_str().unwrap(), out.to_str().unwrap());
    let refused = |arguments: &[&str]| {
        let output = run(data, &[&["eval", "retrieval"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    let (code, said) = refused(&[set_text, "--out", out, "--words-only", "--k", "201"]);
    assert!(code == Some(2) && said.contains("1 to 200"), "{said}");
    let (code, said) = refused(&[temp.path().to_str().unwrap(), "--out", out, "--words-only"]);
    assert!(code == Some(2) && said.contains("holds no haystack") && said.contains("corpus.jsonl"), "{said}");
    let mut command = harness::hydra(data);
    let output =
        command.env("HYDRA_MODEL_DIR", temp.path()).args(["eval", "retrieval", set_text, "--out", out]).output();
    let output = output.unwrap();
    assert!(output.status.code() == Some(3) && stderr(&output).contains("--words-only"), "{}", stderr(&output));

    let keep = temp.path().join("keep/tiny/home");
    fs::create_dir_all(&keep).unwrap();
    fs::write(keep.join("thesis.tex"), "x").unwrap();
    let keep_text = temp.path().join("keep");
    let (code, said) = refused(&[set_text, "--out", out, "--words-only", "--keep", keep_text.to_str().unwrap()]);
    assert!(code == Some(2) && said.contains("thesis.tex") && keep.join("thesis.tex").exists(), "{said}");

    let corpus = set.join("home/corpus.jsonl");
    let mut text = fs::read_to_string(&corpus).unwrap();
    text.push_str("\n{\"id\": \"d11\"\n");
    fs::write(&corpus, text).unwrap();
    let (code, said) = refused(&[set_text, "--out", out, "--words-only"]);
    assert!(code == Some(2) && said.contains("corpus.jsonl:12:"), "{said}");
}
