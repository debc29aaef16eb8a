//! What its owner wants never recalled: kept and shown, and in no answer, no context and at no deed.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{
    Agent, Answered, ContextRequest, Deed, ErrorKind, GetView, Id, Kind, Moment, NewMemory, Question, Timestamp,
    UpdateOp,
};

const QUESTION: &str = "where is the tall ladder";

fn tell(opened: &Opened, kind: Kind, text: &str) -> Id {
    opened.memory.remember(NewMemory { kind, ..NewMemory::new(text) }, &Agent::owner()).unwrap().id
}

fn update(opened: &Opened, id: Id, op: UpdateOp) -> hydra_graph::Result<hydra_graph::Updated> {
    opened.memory.update(id, op, None, &Agent::owner())
}

fn found(opened: &Opened, question: Question) -> Vec<Id> {
    opened.memory.recall(&question).unwrap().hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn what_is_withheld_is_shown_and_never_given() {
    let opened = open();
    let ladder = tell(&opened, Kind::Episode, "The tall ladder is in the shed");
    let other = tell(&opened, Kind::Episode, "A tall ladder costs money");
    assert_eq!(found(&opened, Question::new(QUESTION)).len(), 2);
    let then = opened.memory.get(&[ladder], GetView::Full).unwrap()[0].record.clone().unwrap().recorded_at;
    let done = update(&opened, ladder, UpdateOp::NeverRecall).unwrap();
    assert_eq!(found(&opened, Question::new(QUESTION)), [other]);
    // Of the past too: who asks what was known then gets it no more than who asks now.
    let moment = Moment { known_at: Some(Timestamp::from_millis(then.as_millis() + 1)), ..Moment::default() };
    assert_eq!(found(&opened, Question { moment, ..Question::new(QUESTION) }), Vec::<Id>::new());
    let why = opened.memory.explain(Answered::Now(Question::new(QUESTION)), Some(ladder)).unwrap();
    assert!(why.verdict.unwrap().contains("the owner wants it never recalled"));
    let got = opened.memory.get(&[ladder], GetView::History).unwrap().remove(0);
    assert_eq!(got.commits.last().unwrap().change, Some("never recalled"));
    let record = opened.memory.get(&[ladder], GetView::Full).unwrap()[0].record.clone().unwrap();
    assert_eq!((record.text.as_str(), record.withheld_at.is_some()), ("The tall ladder is in the shed", true));

    opened.memory.undo(done.commit, &Agent::owner()).unwrap();
    assert_eq!(found(&opened, Question::new(QUESTION)).len(), 2);
    update(&opened, ladder, UpdateOp::NeverRecall).unwrap();
    update(&opened, ladder, UpdateOp::RecallAgain).unwrap();
    assert_eq!(found(&opened, Question::new(QUESTION)).len(), 2);
}

#[test]
fn it_is_in_no_context_and_at_no_deed() {
    let opened = open();
    let kept = tell(&opened, Kind::Preference, "I prefer tea to coffee");
    let decided = NewMemory {
        kind: Kind::Decision,
        applies_to: Some("/work/atlas".into()),
        ..NewMemory::new("Use RocksDB for the store")
    };
    let id = opened.memory.remember(decided, &Agent::owner()).unwrap().id;
    let context = || {
        opened
            .memory
            .context(&ContextRequest { folder: Some("/work/atlas".into()), ..Default::default() })
            .unwrap()
            .text
    };
    let deed = Deed { paths: vec!["/work/atlas/src/store.rs".into()], ..Deed::default() };
    let at_hand = || opened.memory.at_hand(&deed).unwrap().len();
    assert!(context().contains("RocksDB") && context().contains("tea"));
    assert_eq!(at_hand(), 1);
    update(&opened, id, UpdateOp::NeverRecall).unwrap();
    assert!(!context().contains("RocksDB") && context().contains("tea"), "{}", context());
    assert_eq!(at_hand(), 0);
    update(&opened, kept, UpdateOp::NeverRecall).unwrap();
    assert!(!context().contains("tea"));
}

#[test]
fn it_stays_so_in_other_words_and_in_all_pieces() {
    let opened = open();
    let id = tell(&opened, Kind::Episode, "The tall ladder is in the shed");
    update(&opened, id, UpdateOp::NeverRecall).unwrap();
    let new = update(&opened, id, UpdateOp::Supersede("The tall ladder is in the cellar".into())).unwrap();
    assert_eq!(found(&opened, Question::new(QUESTION)), []);
    assert!(
        opened.memory.get(&[new.replaced_by.unwrap()], GetView::Full).unwrap()[0]
            .record
            .as_ref()
            .unwrap()
            .withheld_at
            .is_some()
    );
    let long = tell(&opened, Kind::Episode, &"The tall ladder was painted once more. ".repeat(400));
    assert!(!found(&opened, Question::new(QUESTION)).is_empty());
    update(&opened, long, UpdateOp::NeverRecall).unwrap();
    assert_eq!(found(&opened, Question::new(QUESTION)), []);
    // Told again it is the same memory, which its owner decided of.
    tell(&opened, Kind::Episode, "The tall ladder is in the cellar");
    assert_eq!(found(&opened, Question::new(QUESTION)), []);
}

#[test]
fn only_the_owner_says_so_and_only_once() {
    let opened = open();
    let agent = Agent::named("agent:helper");
    let id = opened.memory.remember(NewMemory::new("The ferry leaves at nine"), &agent).unwrap().id;
    for op in [UpdateOp::NeverRecall, UpdateOp::RecallAgain] {
        let refused = opened.memory.update(id, op, None, &agent).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Conflict);
        assert!(refused.next_step().unwrap().contains("never-recall"));
    }
    assert_eq!(update(&opened, id, UpdateOp::RecallAgain).unwrap_err().kind(), ErrorKind::Conflict);
    update(&opened, id, UpdateOp::NeverRecall).unwrap();
    assert_eq!(update(&opened, id, UpdateOp::NeverRecall).unwrap_err().kind(), ErrorKind::Conflict);
}
