//! Learnings: the same counts up, reports count, and the context begins with what did best.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{
    Agent, ContextRequest, ErrorKind, GetView, Id, Kind, Learned, MAX_EVIDENCE, MAX_LEARNING_EVIDENCE,
    MAX_LESSON_BYTES, MAX_PATH_BYTES, MAX_RANKED_LEARNINGS, MAX_TRIGGER_BYTES, NewLearning, NewMemory, Outcome,
    Question, Record, Report,
};

fn new(trigger: &str, lesson: &str) -> NewLearning {
    NewLearning {
        trigger: trigger.into(),
        lesson: lesson.into(),
        outcome: Outcome::Worked,
        evidence: Vec::new(),
        space: "personal".into(),
        entities: Vec::new(),
        path: None,
    }
}

fn learn(opened: &Opened, new: NewLearning) -> Learned {
    opened.memory.learn(new, &Agent::owner()).unwrap()
}

fn record(opened: &Opened, id: Id) -> Record {
    opened.memory.get(&[id], GetView::Full).unwrap().remove(0).record.unwrap()
}

fn context(opened: &Opened, spaces: &[&str]) -> Vec<String> {
    let spaces = spaces.iter().map(ToString::to_string).collect();
    let request = ContextRequest { spaces, budget_tokens: Some(1_200), ..ContextRequest::default() };
    opened.memory.context(&request).unwrap().items.into_iter().map(|item| item.text).collect()
}

#[test]
fn the_same_counts_up_and_takes_in_what_is_new() {
    let opened = open();
    let tell = |text: &str| opened.memory.remember(NewMemory::new(text), &Agent::owner()).unwrap().id;
    let (one, two) = (tell("The linker ran out of memory"), tell("It did again"));
    let first =
        learn(&opened, NewLearning { evidence: vec![one], ..new("the linker is killed", "Build with one job") });
    assert_eq!(first.learning.times_seen, 1);
    let again = NewLearning {
        outcome: Outcome::Failed,
        evidence: vec![one, two],
        entities: vec!["Linker".into()],
        path: Some("/src/atlas".into()),
        ..new("The linker  is killed", "build with one job.")
    };
    let second = learn(&opened, again);
    assert_eq!((second.id, second.learning.times_seen), (first.id, 2));
    let after = record(&opened, first.id);
    let learning = after.learning.unwrap();
    assert_eq!((after.kind, after.derived_from, after.entities.len()), (Kind::Learning, vec![one, two], 1));
    assert_eq!(after.text, "When the linker is killed:\nBuild with one job");
    assert_eq!((learning.outcome, learning.paths), (Outcome::Mixed, vec!["/src/atlas".to_owned()]));
    let found = opened.memory.recall(&Question::new("linker killed")).unwrap().hits;
    assert!(found.iter().any(|hit| hit.id == first.id));
    let elsewhere =
        learn(&opened, NewLearning { space: "work".into(), ..new("the linker is killed", "Build with one job") });
    assert_ne!(elsewhere.id, first.id, "a space has its own");
    opened.memory.undo(second.commit, &Agent::owner()).unwrap();
    let back = record(&opened, first.id);
    assert_eq!((back.learning.unwrap().times_seen, back.derived_from), (1, vec![one]));
    opened.memory.forget(&[first.id], None, &Agent::owner()).unwrap();
    let anew = learn(&opened, new("the linker is killed", "Build with one job"));
    assert!(anew.id != first.id && anew.learning.times_seen == 1, "what was forgotten is learned anew");
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_was_remembered_in_the_same_words_becomes_the_learning() {
    let opened = open();
    let plain = NewMemory { kind: Kind::Learning, ..NewMemory::new("When it rains:\nClose the roof") };
    let id = opened.memory.remember(plain, &Agent::owner()).unwrap().id;
    assert_eq!(learn(&opened, new("it rains", "Close the roof")).id, id);
}

#[test]
fn the_context_begins_with_what_did_best() {
    let opened = open();
    let [hurt, plain, seen, helped] = ["hurts", "is plain", "is seen", "helps"]
        .map(|what| learn(&opened, new("packing", &format!("This {what}"))).id);
    learn(&opened, new("packing", "This is seen"));
    let report = |id, report| opened.memory.report(id, report, Some("tried".into()), &Agent::named("helper")).unwrap();
    report(hurt, Report::Hurt);
    assert_eq!(report(helped, Report::Helped).learning.times_helped, 1);
    learn(&opened, NewLearning { space: "work".into(), ..new("packing", "This is elsewhere") });
    let expected = ["helps", "is seen", "is plain", "hurts"].map(|what| format!("When packing:\nThis {what}"));
    assert_eq!(context(&opened, &["personal"]), expected);
    assert_eq!(context(&opened, &["work"]), ["When packing:\nThis is elsewhere"]);
    let again = report(seen, Report::Hurt);
    report(seen, Report::Hurt);
    assert_eq!((again.learning.times_seen, again.learning.times_hurt), (2, 1));
    assert_eq!(context(&opened, &["personal"]).last().unwrap(), "When packing:\nThis is seen");

    let memory = NewMemory { kind: Kind::Learning, ..NewMemory::new("Fold the shirts") };
    let unlearned = opened.memory.remember(memory, &Agent::owner()).unwrap().id;
    opened.memory.forget(&[plain], None, &Agent::owner()).unwrap();
    for (id, kind) in [(unlearned, ErrorKind::Invalid), (plain, ErrorKind::Conflict), (Id(7), ErrorKind::NotFound)] {
        let error = opened.memory.report(id, Report::Helped, None, &Agent::owner()).unwrap_err();
        assert!(error.kind() == kind && error.next_step().is_some(), "{error}");
    }
}

#[test]
fn only_the_newest_learnings_are_ranked() {
    let opened = open();
    let best = learn(&opened, new("packing", "Roll the shirts")).id;
    opened.memory.report(best, Report::Helped, None, &Agent::owner()).unwrap();
    let told = |number| NewMemory { kind: Kind::Learning, ..NewMemory::new(format!("Lesson {number}")) };
    let tell = |from, to| opened.memory.remember_all((from..to).map(told).collect(), &Agent::owner()).unwrap();
    tell(1, MAX_RANKED_LEARNINGS);
    assert_eq!(context(&opened, &[])[0], "When packing:\nRoll the shirts");
    tell(MAX_RANKED_LEARNINGS, MAX_RANKED_LEARNINGS + 1);
    assert!(!context(&opened, &[]).contains(&"When packing:\nRoll the shirts".to_owned()));
}

#[test]
fn limits_are_kept_and_named() {
    let opened = open();
    let long = |bytes| "x".repeat(bytes + 1);
    for (bad, kind, said) in [
        (new(" ", "y"), ErrorKind::Invalid, "trigger"),
        (new("x", "\n"), ErrorKind::Invalid, "lesson"),
        (NewLearning { path: Some(" ".into()), ..new("x", "y") }, ErrorKind::Invalid, "path"),
        (new(&long(MAX_TRIGGER_BYTES), "y"), ErrorKind::TooLarge, "1024"),
        (new("x", &long(MAX_LESSON_BYTES)), ErrorKind::TooLarge, "4096"),
        (NewLearning { path: Some(long(MAX_PATH_BYTES)), ..new("x", "y") }, ErrorKind::TooLarge, "4096"),
        (NewLearning { evidence: vec![Id(7); MAX_EVIDENCE + 1], ..new("x", "y") }, ErrorKind::Invalid, "16"),
        (NewLearning { evidence: vec![Id(7)], ..new("x", "y") }, ErrorKind::NotFound, "id"),
        (NewLearning { space: "a b".into(), ..new("x", "y") }, ErrorKind::Invalid, "space"),
    ] {
        let error = opened.memory.learn(bad, &Agent::owner()).unwrap_err();
        assert!(error.kind() == kind && error.message().contains(said) && error.next_step().is_some(), "{error}");
    }
    let ids: Vec<Id> = (0..=MAX_LEARNING_EVIDENCE)
        .map(|number| opened.memory.remember(NewMemory::new(format!("Seen {number}")), &Agent::owner()).unwrap().id)
        .collect();
    let mut last = learn(&opened, new("x", "y"));
    for some in ids.chunks(MAX_EVIDENCE) {
        last = learn(&opened, NewLearning { evidence: some.to_vec(), ..new("x", "y") });
    }
    assert_eq!((last.evidence_left_out, last.learning.times_seen), (1, 6));
    assert_eq!(record(&opened, last.id).derived_from, ids[..MAX_LEARNING_EVIDENCE]);
}
