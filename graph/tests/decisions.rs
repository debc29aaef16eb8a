//! Decisions: what was decided, from which options, why, and what it replaced.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, open};
use hydra_graph::{
    Agent, Answered, Choice, ContextRequest, ErrorKind, Evidence, GetView, Got, Id, Kind, MAX_OPTION_BYTES,
    MAX_OPTIONS, MAX_REASONS, MAX_TEXT_BYTES, Moment, NewDecision, NewMemory, Question, RememberStatus, Remembered,
    TimelineRequest, Timestamp, UpdateOp, Verdict,
};

fn decision(text: &str, options: &[&str], supersedes: Option<Id>) -> NewMemory {
    let options = options.iter().map(|text| Choice::parse(text)).collect();
    let decision = NewDecision { options, reasons: Vec::new(), supersedes };
    NewMemory { kind: Kind::Decision, decision, ..NewMemory::new(text) }
}

fn tell(opened: &Opened, new: NewMemory) -> Remembered {
    opened.memory.remember(new, &Agent::owner()).unwrap()
}

fn get(opened: &Opened, id: Id) -> Got {
    opened.memory.get(&[id], GetView::Full).unwrap().remove(0)
}

fn context(opened: &Opened, about: Option<&str>) -> String {
    let request =
        ContextRequest { about: about.map(str::to_owned), budget_tokens: Some(1_200), ..ContextRequest::default() };
    opened.memory.context(&request).unwrap().text
}

#[test]
fn a_decision_keeps_its_options_and_reasons_and_a_rejected_one_is_found_as_such() {
    let opened = open();
    let mut new = decision("Keep the ledger in PostgreSQL", &["SQLite: one writer only", "Files"], None);
    new.decision.options.insert(0, Choice::parse("PostgreSQL: transactions").chosen());
    new.decision.reasons = vec!["two programs write to it".into(), "it is there already".into()];
    new.applies_to = Some("src/ledger".into());
    let told = tell(&opened, new.clone());
    let record = get(&opened, told.id).record.unwrap();
    assert_eq!(
        record.text,
        "Keep the ledger in PostgreSQL\nBecause: two programs write to it\nBecause: it is there already\n\
         Chosen: PostgreSQL: transactions\nRejected: SQLite: one writer only\nConsidered: Files"
    );
    let kept = record.decision.unwrap();
    assert_eq!((kept.decided.as_str(), &kept.options), ("Keep the ledger in PostgreSQL", &new.decision.options));
    assert_eq!((&kept.reasons, kept.applies_to.as_deref()), (&new.decision.reasons, Some("src/ledger")));
    assert_eq!(kept.options[1].verdict, Verdict::Rejected);
    let hits = opened.memory.recall(&Question::new("SQLite")).unwrap().hits;
    assert!(hits[0].id == told.id && hits[0].text.contains("Rejected: SQLite: one writer only"));
    assert_eq!(tell(&opened, new).status, RememberStatus::Duplicate);
    assert!(context(&opened, Some("src/ledger/main.rs")).contains("PostgreSQL"));
    assert!(!context(&opened, Some("src/other")).contains("PostgreSQL"));
    let op = UpdateOp::Supersede("Keep the ledger in PostgreSQL 17".into());
    let edited = opened.memory.update(told.id, op, None, &Agent::owner()).unwrap().replaced_by.unwrap();
    let edited = get(&opened, edited).record.unwrap().decision.unwrap();
    assert_eq!((edited.options, edited.applies_to.is_some()), (kept.options, true));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn superseding_ends_the_earlier_one_and_the_chain_shows_both_ways() {
    let opened = open();
    let first = tell(&opened, decision("Keep the ledger in files", &["SQLite: unknown then"], None));
    let second = tell(&opened, decision("Keep the ledger in SQLite", &[], Some(first.id)));
    let third = tell(&opened, decision("Keep the ledger in PostgreSQL", &["Files: slow"], Some(second.id)));
    assert_eq!((second.status, &third.ended), (RememberStatus::Superseded, &vec![second.id]));
    for id in [first.id, second.id, third.id] {
        let chain = get(&opened, id).chain;
        let links: Vec<(Id, Option<Id>)> = chain.iter().map(|link| (link.id, link.superseded_by)).collect();
        assert_eq!(links, [(first.id, Some(second.id)), (second.id, Some(third.id)), (third.id, None)]);
        let events = opened.memory.timeline(&TimelineRequest::new(id.to_string())).unwrap().events;
        assert!([first.id, second.id, third.id].iter().all(|one| events.iter().any(|event| event.id == *one)));
    }
    let shown = context(&opened, None);
    assert!(shown.contains("PostgreSQL") && !shown.contains("ledger in files"), "{shown}");
    let hits = opened.memory.recall(&Question::new("ledger in files")).unwrap().hits;
    let old = hits.iter().find(|hit| hit.id == first.id).unwrap();
    assert_eq!(old.superseded_by, Some(second.id), "what was decided before is found, and says that it is over");
    let newest = hits.iter().find(|hit| hit.id == third.id).unwrap();
    assert_eq!((newest.superseded_by, newest.supersedes), (None, Some(second.id)));
    let explained = opened.memory.explain(Answered::Now(Question::new("ledger in files")), Some(first.id)).unwrap();
    assert_eq!(explained.given[0].superseded_by, Some(second.id));
    let then = Timestamp::from_millis(get(&opened, second.id).record.unwrap().recorded_at.as_millis() - 1);
    let moment = Moment { known_at: Some(then), true_at: None };
    let hits = opened.memory.recall(&Question { moment, ..Question::new("ledger in files") }).unwrap().hits;
    assert_eq!((hits[0].id, hits[0].superseded_by), (first.id, None), "nobody knew then");
    opened.memory.undo(third.commit, &Agent::owner()).unwrap();
    assert_eq!(get(&opened, second.id).record.unwrap().ended_by, None);
    assert_eq!(get(&opened, first.id).chain.len(), 2);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_is_decided_now_comes_before_what_was() {
    let opened = open();
    let first = tell(&opened, decision("The cottage is heated with the wood stove", &[], None));
    let second = tell(&opened, decision("There will be a heat pump in the cottage", &[], Some(first.id)));
    let third = tell(&opened, decision("A boiler for pellets it is", &[], Some(second.id)));
    for number in 0..5 {
        tell(&opened, NewMemory::new(format!("The cottage is cold in week {number}, heated or not")));
    }
    let hits = opened.memory.recall(&Question::new("how is the cottage heated with the wood stove")).unwrap().hits;
    let place = |id| hits.iter().position(|hit| hit.id == id);
    assert_eq!((place(second.id), place(first.id)), (Some(0), Some(1)), "though the words fit the old one better");
    assert!(hits[0].score >= hits[1].score);
    let boiler = opened.memory.recall(&Question::new("pellets or a heat pump in the cottage")).unwrap().hits;
    assert_eq!(boiler[0].id, third.id);
}

#[test]
fn what_can_not_be_superseded_is_refused_and_nothing_is_half_done() {
    let opened = open();
    let fact = tell(&opened, NewMemory { kind: Kind::Fact, ..NewMemory::new("The shed is green") });
    let first = tell(&opened, decision("Paint the shed", &[], None));
    let second = tell(&opened, decision("Paint it green", &[], Some(first.id)));
    let third = tell(&opened, decision("Paint it blue", &[], Some(second.id)));
    let gone = tell(&opened, decision("Sell the shed", &[], None));
    opened.memory.forget(&[gone.id], None, &Agent::owner()).unwrap();
    let keyed = NewMemory { idempotency_key: Some("roof".into()), ..decision("Tile the roof", &[], None) };
    let roof = tell(&opened, keyed.clone());
    let thatch = tell(&opened, decision("Thatch the roof", &[], Some(roof.id)));
    let before = opened.memory.status().unwrap().head;
    let looped = NewMemory { decision: NewDecision { supersedes: Some(thatch.id), ..NewDecision::default() }, ..keyed };
    for (new, kind, part) in [
        (decision("Paint it red", &[], Some(fact.id)), ErrorKind::Invalid, "fact is its kind".to_owned()),
        (decision("Paint it red", &[], Some(Id(7))), ErrorKind::NotFound, "nothing has".to_owned()),
        (decision("Paint it red", &[], Some(first.id)), ErrorKind::Conflict, second.id.to_string()),
        (decision("Paint it red", &[], Some(gone.id)), ErrorKind::Conflict, "was forgotten".to_owned()),
        (decision("Paint it blue", &[], Some(third.id)), ErrorKind::Invalid, "before itself".to_owned()),
        (looped, ErrorKind::Invalid, "before itself".to_owned()),
    ] {
        let error = opened.memory.remember(new, &Agent::owner()).unwrap_err();
        assert!(error.kind() == kind && error.message().contains(&part) && error.next_step().is_some(), "{error}");
    }
    let error = opened.memory.remember(decision("Paint it red", &[], Some(first.id)), &Agent::owner()).unwrap_err();
    assert!(error.next_step().unwrap().contains(&third.id.to_string()), "{error}");
    let agents = opened.memory.remember(decision("Paint it red", &[], Some(third.id)), &Agent::named("claude"));
    assert!(agents.unwrap_err().message().contains("trusted more"));
    assert_eq!(opened.memory.status().unwrap().head, before, "nothing was written");
    // A retry of the same is no second step, and what is known may still say what it replaces.
    let again = tell(&opened, decision("Paint it blue", &[], Some(second.id)));
    assert_eq!((again.id, again.status), (third.id, RememberStatus::Duplicate));
    let late = tell(&opened, decision("Burn the shed", &[], None));
    let linked = tell(&opened, decision("Burn the shed", &[], Some(third.id)));
    assert_eq!((linked.id, linked.status, linked.ended), (late.id, RememberStatus::Superseded, vec![third.id]));
}

#[test]
fn a_decision_has_limits() {
    let opened = open();
    let with = |options: usize, reasons: usize, bytes: usize| {
        let mut new = decision(&format!("Decide {options} {reasons} {bytes}"), &[], None);
        let choice = |n: usize| Choice { option: format!("{n}{}", "x".repeat(bytes - 1)), ..Choice::default() };
        new.decision.options = (0..options).map(|n| choice(n % 10)).collect();
        new.decision.reasons = (0..reasons).map(|n| format!("reason {n}")).collect();
        new
    };
    for (fits, too_much, part) in [
        (with(MAX_OPTIONS, 0, 9), with(MAX_OPTIONS + 1, 0, 9), "17 options"),
        (with(0, MAX_REASONS, 1), with(0, MAX_REASONS + 1, 1), "17 reasons"),
        (with(1, 0, MAX_OPTION_BYTES), with(1, 0, MAX_OPTION_BYTES + 1), "1025 bytes"),
    ] {
        tell(&opened, fits);
        let error = opened.memory.remember(too_much, &Agent::owner()).unwrap_err();
        assert!(error.kind() == ErrorKind::TooLarge && error.message().contains(part), "{error}");
    }
    let blank = decision("Decide", &[" "], None);
    assert_eq!(opened.memory.remember(blank, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
    let wrong = NewMemory { kind: Kind::Episode, ..decision("Decide", &["x: y"], None) };
    assert_eq!(opened.memory.remember(wrong, &Agent::owner()).unwrap_err().kind(), ErrorKind::Invalid);
    let long = decision(&"x".repeat(MAX_TEXT_BYTES - 5), &["x: y"], None);
    assert_eq!(opened.memory.remember(long, &Agent::owner()).unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn what_is_gone_is_not_offered_to_be_superseded() {
    for is_erased in [false, true] {
        let opened = open();
        let decide = |text: &str, supersedes: Option<Id>| {
            let decision = NewDecision { supersedes, ..NewDecision::default() };
            let new = NewMemory { kind: Kind::Decision, decision, ..NewMemory::new(text) };
            opened.memory.remember(new, &Agent::owner())
        };
        let first = decide("We use Postgres", None).unwrap().id;
        let second = decide("We use SQLite", Some(first)).unwrap().id;
        let error = decide("We use files", Some(first)).unwrap_err();
        assert!(error.next_step().unwrap().contains(&second.to_string()));
        let mode = if is_erased { hydra_graph::ForgetMode::Erase } else { hydra_graph::ForgetMode::Tombstone };
        let request = hydra_graph::ForgetRequest { ids: vec![second], mode, ..Default::default() };
        opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap();
        let error = decide("We use files", Some(first)).unwrap_err();
        let next = error.next_step().unwrap();
        assert!(next.contains(&format!("hydra update {first} --restore")), "{error:?}");
        // The hint can be followed.
        opened.memory.update(first, hydra_graph::UpdateOp::Restore, None, &Agent::owner()).unwrap();
        assert_eq!(decide("We use files", Some(first)).unwrap().ended, [first]);
    }
}

#[test]
fn a_decision_that_was_said_once_is_confirmed_by_another_conversation_or_somebody_trusted_more() {
    let opened = open();
    let said = |session: &str| {
        let turn = NewMemory { session: Some(session.into()), ..NewMemory::new(format!("Let us keep it, {session}")) };
        opened.memory.remember(turn, &Agent::ingest()).unwrap().id
    };
    let of = |text: &str, turn: Id, agent: &Agent| {
        let evidence = vec![Evidence { id: turn, quote: None }];
        let new = NewMemory { evidence, ..decision(text, &["PostgreSQL: too much"], None) };
        opened.memory.remember(new, agent).unwrap()
    };
    let standing = |id: Id| get(&opened, id).record.unwrap().standing();
    let once = "said once, not confirmed";
    let first = said("s1");
    let told = of("Keep the ledger in SQLite", first, &Agent::ingest());
    assert_eq!(standing(told.id), once);
    // The same conversation again is no other voice.
    assert_eq!(of("Keep the ledger in SQLite", said("s1"), &Agent::ingest()).status, RememberStatus::Duplicate);
    assert_eq!(standing(told.id), once);
    let again = of("Keep the ledger in SQLite", said("s2"), &Agent::ingest());
    assert_eq!((again.id, standing(told.id).as_str()), (told.id, ""));
    assert_eq!(get(&opened, told.id).record.unwrap().derived_from.len(), 2);

    let other = of("Keep the log in files", first, &Agent::ingest()).id;
    assert_eq!(standing(other), once);
    let text = context(&opened, None);
    let (settled, unconfirmed) = text.split_once("## Said once in a conversation, not confirmed").unwrap();
    assert!(settled.contains("SQLite") && unconfirmed.contains("log in files"), "{text}");
    // An agent that rests on the same words adds nothing; the owner's own word does.
    of("Keep the log in files", first, &Agent::named("agent:x"));
    assert_eq!(standing(other), once);
    let owned = tell(&opened, decision("Keep the log in files", &["PostgreSQL: too much"], None));
    assert_eq!((owned.id, standing(other).as_str()), (other, ""));
    assert_eq!(get(&opened, other).record.unwrap().trust, "owner");
    assert!(!context(&opened, None).contains("Said once"));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}
