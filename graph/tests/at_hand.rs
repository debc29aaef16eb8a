//! What is at hand before something is done: what applies to it, what it names, what was rejected; and nothing of other places.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use common::{Opened, open};
use hydra_graph::{
    Agent, AtHand, Choice, Deed, Fit, Kind, MAX_WORDED, NewDecision, NewLearning, NewMemory, Outcome, UpdateOp,
};

fn learn(opened: &Opened, trigger: &str, path: Option<&str>) {
    let new = NewLearning {
        trigger: trigger.into(),
        lesson: "look twice".into(),
        outcome: Outcome::Worked,
        evidence: Vec::new(),
        space: "personal".into(),
        entities: Vec::new(),
        path: path.map(str::to_owned),
    };
    opened.memory.learn(new, &Agent::owner()).unwrap();
}

fn decide(opened: &Opened, text: &str, rejected: &str, applies_to: Option<&str>) -> hydra_graph::Id {
    let decision = NewDecision { options: vec![Choice::parse(rejected)], ..NewDecision::default() };
    let new =
        NewMemory { kind: Kind::Decision, decision, applies_to: applies_to.map(str::to_owned), ..NewMemory::new(text) };
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn edit(path: &str, words: &str) -> Deed {
    let name = path.rsplit('/').next().unwrap().to_owned();
    Deed { paths: vec![path.into()], names: vec![name], words: words.into(), ..Deed::default() }
}

/// Asks once the index has what was told: nobody waits for that before a tool runs.
fn at_hand(opened: &Opened, deed: &Deed) -> Vec<AtHand> {
    assert!(opened.memory.wait_for_indexes(Duration::from_secs(60)));
    opened.memory.at_hand(deed).unwrap()
}

fn texts(opened: &Opened, deed: &Deed) -> Vec<String> {
    let first_line = |text: &str| text.lines().next().unwrap().to_owned();
    at_hand(opened, deed).iter().map(|found| first_line(&found.record.text)).collect()
}

#[test]
fn what_applies_to_a_path_is_at_hand_however_the_path_is_spelled() {
    let opened = open();
    for (trigger, path) in [
        ("a", "/w/atlas/src/parser.rs"),
        ("b", "/w/atlas/src/"),
        ("c", "src/parser.rs"),
        ("d", "./src"),
        ("e", "parser.rs"),
        ("f", "/w/kestrel/src"),
        ("g", "src/lexer.rs"),
    ] {
        learn(&opened, trigger, Some(path));
    }
    let mut found = texts(&opened, &edit("/w/atlas/src/parser.rs", ""));
    found.sort();
    assert_eq!(found, ["When a:", "When b:", "When c:", "When d:", "When e:"]);
    assert_eq!(texts(&opened, &edit("/w/other/main.rs", "")), Vec::<String>::new());
}

#[test]
fn a_rejected_option_is_at_hand_where_it_is_about_to_be_done() {
    let opened = open();
    let id = decide(&opened, "Dates go through date-fns", "moment: too large", Some("atlas"));
    let deed = edit("/w/atlas/web/month.ts", "import moment from 'moment'");
    let found = at_hand(&opened, &deed);
    assert_eq!((found[0].record.id, &found[0].fit), (id, &Fit::Rejected("moment".into())));
    assert!(texts(&opened, &edit("/w/atlas/web/month.ts", "import momentum")).is_empty(), "another word");
    assert!(texts(&opened, &edit("/w/kestrel/month.ts", "import moment")).is_empty(), "another project");
    let command = Deed { words: "npm install moment".into(), folder: Some("/w/atlas".into()), ..Deed::default() };
    assert_eq!(texts(&opened, &command).len(), 1);
    let elsewhere = Deed { folder: Some("/w/kestrel".into()), ..command.clone() };
    assert!(texts(&opened, &elsewhere).is_empty());
    opened.memory.update(id, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    assert!(texts(&opened, &command).is_empty(), "it holds no more");
}

#[test]
fn what_names_a_command_or_is_triggered_by_an_error_is_at_hand() {
    let opened = open();
    learn(&opened, "cargo bench hangs", None);
    learn(&opened, "the linker is killed", None);
    let command = Deed { names: vec!["cargo bench".into()], words: "cargo bench -q".into(), ..Deed::default() };
    let found = at_hand(&opened, &command);
    assert_eq!((found.len(), &found[0].fit), (1, &Fit::Names("cargo bench".into())));
    let error = Deed { error: "error: the linker was killed by signal 9".into(), ..Deed::default() };
    let found = at_hand(&opened, &error);
    assert!(matches!(found[0].fit, Fit::Trigger(covered) if covered.share > 0.99), "{found:?}");
    let before = Deed { words: error.error, ..Deed::default() };
    assert!(texts(&opened, &before).is_empty(), "nothing went wrong yet");
}

#[test]
fn notes_with_the_same_words_do_not_crowd_out_what_was_learned() {
    let opened = open();
    learn(&opened, "the harbour crane stalls in the cold", None);
    let notes = (0..4 * MAX_WORDED).map(|n| NewMemory::new(format!("the harbour crane stalls in the cold {n}")));
    opened.memory.remember_all(notes.collect(), &Agent::owner()).unwrap();
    let deed = Deed { error: "harbour crane stalls".into(), ..Deed::default() };
    assert_eq!(texts(&opened, &deed), ["When the harbour crane stalls in the cold:"]);
    let other = Deed { spaces: vec!["work".into()], ..deed };
    assert!(texts(&opened, &other).is_empty());
}

#[test]
fn a_long_memory_is_at_hand_as_a_whole() {
    let opened = open();
    let trigger = format!("the harbour crane stalls {}", "in the cold and the wind ".repeat(20));
    let lesson = "warm the oil first and wait for the light ".repeat(60);
    let new = NewLearning {
        trigger,
        lesson: format!("run oil heat\n{lesson}"),
        outcome: Outcome::Worked,
        evidence: Vec::new(),
        space: "personal".into(),
        entities: Vec::new(),
        path: None,
    };
    let id = opened.memory.learn(new, &Agent::owner()).unwrap().id;
    let error = Deed { error: "harbour crane stalls in the cold wind".into(), ..Deed::default() };
    let command = Deed { names: vec!["oil heat".into()], ..Deed::default() };
    for deed in [error, command] {
        let found = at_hand(&opened, &deed);
        assert_eq!(found.iter().map(|found| found.record.id).collect::<Vec<_>>(), [id], "{deed:?}");
    }
    let elsewhere = |words: &str| opened.memory.elsewhere(&[id], "/w/atlas", words).unwrap();
    assert!(elsewhere("").is_empty(), "it applies everywhere");
}

#[test]
fn what_applies_to_other_places_is_elsewhere() {
    let opened = open();
    let is_elsewhere = |scope: &str, folder: &str, words: &str| {
        let id = decide(&opened, &format!("Keep to {scope}"), "x: y", Some(scope));
        !opened.memory.elsewhere(&[id], folder, words).unwrap().is_empty()
    };
    for (scope, folder, words, expected) in [
        ("/w/kestrel", "/w/atlas", "", true),
        ("/w/kestrel", "", "", false),
        ("/w/kestrel/src", "/w/kestrel", "", false),
        ("/w", "/w/atlas", "", false),
        ("/w/kestrel", "/w/atlas", "why does /w/kestrel/a.rs fail?", false),
        ("src/parser.rs", "/w/atlas", "", false),
        ("Kestrel", "/w/atlas", "the tests", true),
        ("Kestrel", "/w/kestrel", "the tests", false),
        ("Kestrel", "/w/atlas", "how does kestrel do it?", false),
    ] {
        assert_eq!(is_elsewhere(scope, folder, words), expected, "{scope} {folder} {words}");
    }
}
