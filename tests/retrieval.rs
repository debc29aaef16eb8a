//! Recall stays as good as it was: a small sample of each public set must not fall below its floor.
//!
//! The sets are not part of this project: `HYDRA_BENCH_DIR` says where they are. `make eval` measures them whole.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "--nocapture shows what was measured")]

mod harness;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use harness::{Server, bench_data, json, model};
use serde_json::Value;

struct Sample {
    set: &'static str,
    /// Haystacks taken.
    haystacks: usize,
    /// Questions taken of each.
    questions: usize,
    /// Documents taken of each besides those that answer them.
    others: usize,
    /// R@10, all@10 and nDCG@10: a little under what was reached.
    floors: [f64; 3],
}

const SAMPLES: [Sample; 8] = [
    Sample { set: "locomo", haystacks: 1, questions: 60, others: 500, floors: [0.71, 0.61, 0.56] },
    Sample { set: "beam_100k", haystacks: 1, questions: 20, others: 60, floors: [0.64, 0.5, 0.49] },
    Sample { set: "beam_500k", haystacks: 1, questions: 20, others: 60, floors: [0.74, 0.58, 0.67] },
    Sample { set: "longmemeval_s_cut20", haystacks: 4, questions: 1, others: 25, floors: [1.0, 1.0, 0.9] },
    Sample { set: "hotpotqa100", haystacks: 1, questions: 25, others: 250, floors: [0.96, 0.92, 0.93] },
    Sample { set: "musique100", haystacks: 1, questions: 25, others: 300, floors: [0.86, 0.7, 0.84] },
    Sample { set: "2wiki101", haystacks: 1, questions: 25, others: 400, floors: [0.92, 0.86, 0.91] },
    Sample { set: "vaswani", haystacks: 1, questions: 10, others: 400, floors: [0.5, 0.1, 0.74] },
];

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn write(path: &Path, lines: &[&Value]) {
    fs::write(path, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
}

/// Copies of each haystack the first questions, what answers them, and documents spread evenly over the rest, in their
/// order.
fn take(sample: &Sample, from: &Path, to: &Path) {
    let mut haystacks: Vec<_> = fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()).collect();
    haystacks.sort();
    for haystack in haystacks.iter().take(sample.haystacks) {
        take_of(sample, haystack, &to.join(sample.set).join(haystack.file_name().unwrap()));
    }
}

fn take_of(sample: &Sample, from: &Path, to: &Path) {
    let (documents, questions) = (lines(&from.join("corpus.jsonl")), lines(&from.join("queries.jsonl")));
    let has_answer = |question: &&Value| question["gold"].as_array().is_some_and(|gold| !gold.is_empty());
    let questions: Vec<&Value> = questions.iter().filter(has_answer).take(sample.questions).collect();
    let gold: BTreeSet<&str> = questions
        .iter()
        .flat_map(|question| question["gold"].as_array().unwrap())
        .map(|id| id.as_str().unwrap())
        .collect();
    let step = documents.len().div_ceil(sample.others).max(1);
    let is_taken = |(at, document): &(usize, &Value)| at % step == 0 || gold.contains(document["id"].as_str().unwrap());
    let documents: Vec<&Value> = documents.iter().enumerate().filter(is_taken).map(|(_, document)| document).collect();
    fs::create_dir_all(to).unwrap();
    write(&to.join("corpus.jsonl"), &documents);
    write(&to.join("queries.jsonl"), &questions);
}

#[test]
fn a_sample_of_each_set_does_not_fall_below_its_floor() {
    let Some(bench) = bench_data().filter(|_| model().is_some()) else {
        eprintln!("skipped: HYDRA_BENCH_DIR does not name the public sets, or there is no model");
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let sets = home.path().join("sets");
    for sample in &SAMPLES {
        take(sample, &bench.join("retrieval").join(sample.set), &sets);
    }
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let runs = path(&home.path().join("runs"));
    let report = json(&home.path().join("data"), &["eval", "retrieval", &path(&sets), "--out", &runs]);
    let mut fallen = Vec::new();
    for sample in &SAMPLES {
        let set = report["sets"].as_array().unwrap().iter().find(|set| set["set"] == sample.set).unwrap();
        assert_eq!(set["degraded"].as_array().map_or(0, Vec::len), 0, "{set}");
        let figures = ["R@10", "all@10", "nDCG@10"].map(|name| set["all"][name].as_f64().unwrap());
        println!("{}: {figures:.3?}", sample.set);
        if figures.iter().zip(sample.floors).any(|(figure, floor)| *figure < floor) {
            fallen.push(format!("{}: {figures:.3?} is below {:?}", sample.set, sample.floors));
        }
    }
    assert!(fallen.is_empty(), "{}", fallen.join("\n"));
}

/// The model knows English only; what is in another language must be found by its words all the same.
#[test]
fn notes_in_other_languages_are_found_by_their_own_words() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = Server::start(&data);
    let mut client = server.client();
    let notes = [
        ("Der Schlüssel zum Gartenhaus liegt unter dem blauen Blumentopf.", "wo liegt der Schlüssel zum Gartenhaus"),
        ("Am Montag kommt der Schornsteinfeger um halb neun.", "wann kommt der Schornsteinfeger"),
        ("来週の火曜日に歯医者の予約があります。", "歯医者の予約はいつですか"),
        ("祖母の味噌汁には必ず椎茸が入っている。", "味噌汁に椎茸"),
        ("مفتاح المستودع معلق خلف الباب الأزرق", "أين مفتاح المستودع"),
        ("موعد طبيب الأسنان يوم الثلاثاء القادم", "موعد طبيب الأسنان"),
    ];
    let english = ["The ferry leaves at nine.", "Ink is in the cupboard.", "The violin teacher moved to Ghent."];
    for text in notes.iter().map(|(text, _)| text).chain(&english) {
        client.ask("/v1/remember", &serde_json::json!({"text": text}));
    }
    for (text, question) in notes {
        let found = client.ask("/v1/recall", &serde_json::json!({"query": question, "limit": 3}));
        assert_eq!(found["hits"][0]["text"], text, "{question}");
    }
    server.stop();
}
