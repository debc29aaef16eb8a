//! What its owner puts off: it still waits, and says until when they are not to be asked.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{
    Agent, ContextRequest, ErrorKind, Evidence, Id, Kind, ListRequest, NewMemory, NewPreference, NewProposal,
    Suggestion, ThreadKind, Timestamp, UpdateOp,
};

/// When a test's memory is opened, and a day.
const START_MS: i64 = 1_750_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn snooze(opened: &Opened, id: Id, days: i64) -> hydra_graph::Result<Id> {
    let until = Timestamp::from_millis(START_MS + days * DAY_MS);
    opened.memory.update(id, UpdateOp::Snooze(until), None, &Agent::owner()).map(|done| done.commit)
}

/// What an agent is told to wait for its owner's word.
fn waiting(opened: &Opened) -> usize {
    let context = opened.memory.context(&ContextRequest::default()).unwrap();
    let waits = |kind| matches!(kind, ThreadKind::Proposals | ThreadKind::Candidates);
    context.threads.iter().filter(|thread| waits(thread.kind)).count()
}

fn tell(opened: &Opened, text: &str) -> Id {
    opened.memory.remember(NewMemory { kind: Kind::Fact, ..NewMemory::new(text) }, &Agent::owner()).unwrap().id
}

fn propose(opened: &Opened, source: Id) -> Id {
    let suggestion = Suggestion::Fact {
        subject: "Mirela".into(),
        predicate: "works for".into(),
        object: "Acme".into(),
        valid_from: None,
        valid_to: None,
    };
    let evidence = vec![Evidence { id: source, quote: None }];
    let new = NewProposal { suggestion, space: "personal".into(), evidence, confidence: 0.8 };
    opened.memory.propose(vec![new], None, &Agent::named("agent:m")).unwrap().remove(0).id.unwrap()
}

#[test]
fn a_proposal_is_put_off_and_waits_on() {
    let opened = open();
    let source = tell(&opened, "We saw Mirela at the pier");
    let id = propose(&opened, source);
    let until = || opened.memory.proposals(&[]).unwrap()[0].snoozed_until;
    assert_eq!(until(), None);
    assert_eq!(waiting(&opened), 1);
    snooze(&opened, id, 1).unwrap();
    assert_eq!(waiting(&opened), 0, "no agent reminds of it sooner");
    let first = until().unwrap();
    snooze(&opened, id, 7).unwrap();
    assert!(until().unwrap() > first, "the later day counts, and is the only one");
    // Whoever proposes the same again asks no sooner.
    assert_eq!(propose(&opened, source), id);
    assert!(until().unwrap() > first);
    opened.memory.accept(&[id], None, &Agent::owner()).unwrap();
    assert_eq!(snooze(&opened, id, 1).unwrap_err().kind(), ErrorKind::Invalid, "it waits no longer");
}

#[test]
fn so_are_conflicts_and_candidates() {
    let opened = open();
    let agent = Agent::named("agent:helper");
    let fact = |text: &str, agent: &Agent| {
        opened.memory.remember(NewMemory { kind: Kind::Fact, ..NewMemory::new(text) }, agent).unwrap()
    };
    fact("Mirela lives in Split", &Agent::owner());
    let conflict = fact("Mirela lives in Ghent", &agent).conflict.unwrap();
    let commit = snooze(&opened, conflict, 1).unwrap();
    assert!(opened.memory.conflicts(&[]).unwrap()[0].snoozed_until.is_some());
    opened.memory.undo(commit, &Agent::owner()).unwrap();
    assert!(opened.memory.conflicts(&[]).unwrap()[0].snoozed_until.is_none());

    let guess = NewPreference { is_inferred: true, ..NewPreference::default() };
    let new = NewMemory { kind: Kind::Preference, preference: guess, ..NewMemory::new("prefers tea over coffee") };
    let candidate = opened.memory.remember(new, &agent).unwrap().id;
    assert_eq!(waiting(&opened), 1);
    snooze(&opened, candidate, 1).unwrap();
    assert_eq!(waiting(&opened), 0);
    let listed = opened.memory.list(&ListRequest::new(Kind::Preference)).unwrap();
    assert!(listed.records[0].snoozed_until.is_some());
}

#[test]
fn only_the_owner_puts_off_only_what_waits_and_only_to_a_day_to_come() {
    let opened = open();
    let told = tell(&opened, "The ferry leaves at nine");
    assert_eq!(snooze(&opened, told, 1).unwrap_err().kind(), ErrorKind::Invalid);
    let id = propose(&opened, told);
    assert_eq!(snooze(&opened, id, 0).unwrap_err().kind(), ErrorKind::Invalid);
    let later = Timestamp::from_millis(START_MS + DAY_MS);
    let refused = opened.memory.update(id, UpdateOp::Snooze(later), None, &Agent::named("agent:m")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
}
