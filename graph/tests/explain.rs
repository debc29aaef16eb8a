//! Why something was recalled, and why something else was not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{Agent, Answered, ErrorKind, Explanation, Id, Kind, MAX_LEFT_OUT, NewMemory, Question};

fn tell(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn why_not(opened: &Opened, question: Question, id: Id) -> String {
    let explained = opened.memory.explain(Answered::Now(question), Some(id)).unwrap();
    assert_eq!((explained.rank, explained.given.len()), (None, 0), "{explained:?}");
    explained.verdict.unwrap()
}

#[test]
fn what_was_given_says_its_place_and_reasons() {
    let opened = open();
    let near = tell(&opened, NewMemory::new("The tall ladder is in the shed"));
    tell(&opened, NewMemory::new("A ladder costs money"));
    let trace = opened.memory.recall(&Question::new("where is the tall ladder in the shed")).unwrap().trace_id;
    let Explanation { question, rank, verdict, given, .. } =
        opened.memory.explain(Answered::Before(trace), Some(near)).unwrap();
    assert_eq!((question.as_str(), rank), ("where is the tall ladder in the shed", Some(1)));
    assert!(verdict.unwrap().contains("place 1") && given[0].why.lexical.is_some());
    let whole = opened.memory.explain(Answered::Before(trace), None).unwrap();
    assert_eq!((whole.given.len(), whole.left_out.len(), whole.verdict), (2, 0, None));
    let error = opened.memory.explain(Answered::Before(Id(7)), None).unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.next_step().is_some());
}

#[test]
fn what_was_not_given_says_why_not() {
    let opened = open();
    let ladder = tell(&opened, NewMemory::new("The tall ladder is in the shed"));
    let other = tell(&opened, NewMemory { space: "project/atlas".into(), ..NewMemory::new("The ladder is borrowed") });
    let far = tell(&opened, NewMemory::new("The ferry leaves at nine"));
    let said = |speaker: &str| NewMemory { speaker: Some(speaker.into()), ..NewMemory::new("Rain again") };
    tell(&opened, said("Ines"));
    let ask = || Question::new("where is the tall ladder");
    let in_space = || Question { spaces: vec!["personal".into()], ..ask() };
    assert!(why_not(&opened, in_space(), other).contains("another space"));
    assert!(why_not(&opened, Question { kinds: vec![Kind::Fact], ..ask() }, ladder).contains("another kind"));
    assert!(why_not(&opened, Question { limit: 1, ..ask() }, other).contains("limit"));
    let budget = Question { budget_tokens: Some(1), ..ask() };
    assert!(why_not(&opened, budget, other).contains("budget"));
    assert!(why_not(&opened, ask(), far).contains("no word of the question"));
    assert!(why_not(&opened, Question { entity: Some("Oskar".into()), ..ask() }, ladder).contains("something else"));
    opened.memory.forget(&[ladder], None, &Agent::owner()).unwrap();
    assert!(why_not(&opened, ask(), ladder).contains("forgotten"));
    let error = opened.memory.explain(Answered::Now(ask()), Some(Id(7))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_trace_keeps_so_many_reasons() {
    let opened = open();
    let all = (0..MAX_LEFT_OUT + 5).map(|n| NewMemory::new(format!("Ladder number {n}"))).collect();
    opened.memory.remember_all(all, &Agent::owner()).unwrap();
    let question = Question { limit: 1, ..Question::new("ladder") };
    let whole = opened.memory.explain(Answered::Now(question), None).unwrap();
    assert_eq!((whole.given.len(), whole.left_out.len()), (1, MAX_LEFT_OUT));
}
