//! The verbs, through the facade, on a real store in a temporary folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{Agent, ErrorKind, GetView, Kind, NewMemory, Question, RememberStatus};

fn found(opened: &Opened, question: &str) -> Vec<String> {
    let recalled = opened.memory.recall(&Question::new(question)).unwrap();
    recalled.hits.into_iter().map(|hit| hit.text).collect()
}

#[test]
fn what_is_remembered_is_found_by_the_next_recall() {
    let opened = open();
    for n in 0..50 {
        let text = format!("The {n}th lighthouse keeper is called Ingrid{n}");
        opened.memory.remember(NewMemory::new(&text), &Agent::owner()).unwrap();
        assert_eq!(found(&opened, &format!("who is Ingrid{n}")).first(), Some(&text));
    }
}

#[test]
fn the_same_text_is_one_memory() {
    let opened = open();
    let first = opened.memory.remember(NewMemory::new("The spare key is under the fern"), &Agent::owner()).unwrap();
    let again = opened.memory.remember(NewMemory::new("The spare key is under the fern"), &Agent::owner()).unwrap();
    assert_eq!((first.status, again.status), (RememberStatus::Inserted, RememberStatus::Duplicate));
    assert_eq!((first.id, first.commit), (again.id, again.commit));
    let other = NewMemory { space: "project/atlas".into(), ..NewMemory::new("The spare key is under the fern") };
    assert_eq!(opened.memory.remember(other, &Agent::owner()).unwrap().status, RememberStatus::Inserted);
}

#[test]
fn an_idempotency_key_makes_a_retry_the_same_memory() {
    let opened = open();
    let keyed = |text: &str| NewMemory { idempotency_key: Some("turn-7".into()), ..NewMemory::new(text) };
    let first = opened.memory.remember(keyed("The boiler was serviced"), &Agent::owner()).unwrap();
    let retry = opened.memory.remember(keyed("The boiler was serviced today"), &Agent::owner()).unwrap();
    assert_eq!((retry.id, retry.status), (first.id, RememberStatus::Duplicate));
}

#[test]
fn forgotten_is_never_recalled_and_undo_brings_it_back_again_and_again() {
    let opened = open();
    let kept = opened.memory.remember(NewMemory::new("The violin teacher moved to Ghent"), &Agent::owner()).unwrap();
    let forgotten = opened.memory.forget(&[kept.id], Some("wrong".into()), &Agent::owner()).unwrap();
    assert!(found(&opened, "violin teacher").is_empty());
    let undone = opened.memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(found(&opened, "violin teacher").len(), 1);
    let redone = opened.memory.undo(undone.commit, &Agent::owner()).unwrap();
    assert!(found(&opened, "violin teacher").is_empty());
    opened.memory.undo(redone.commit, &Agent::owner()).unwrap();
    assert_eq!(found(&opened, "violin teacher").len(), 1);
    let history = opened.memory.get(&[kept.id], GetView::History).unwrap().remove(0).commits;
    let verbs: Vec<&str> = history.iter().map(|commit| commit.verb.as_str()).collect();
    assert_eq!(verbs, ["remember", "forget", "undo", "undo", "undo"]);
}

#[test]
fn undo_of_remember_takes_it_back_and_refuses_what_is_built_upon() {
    let opened = open();
    let kept = opened.memory.remember(NewMemory::new("The canoe is in the boathouse"), &Agent::owner()).unwrap();
    let forgotten = opened.memory.forget(&[kept.id], None, &Agent::owner()).unwrap();
    let refused = opened.memory.undo(kept.commit, &Agent::owner()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.to_string().contains(&forgotten.commit.unwrap().to_string()));
    opened.memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    opened.memory.undo(kept.commit, &Agent::owner()).unwrap();
    assert!(found(&opened, "canoe boathouse").is_empty());
    assert_eq!(opened.memory.undo(kept.commit, &Agent::owner()).unwrap_err().kind(), ErrorKind::Conflict);
}

#[test]
fn undo_leaves_an_entity_that_others_use() {
    let opened = open();
    let about = |text: &str| NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new(text) };
    let first = opened.memory.remember(about("She plays chess"), &Agent::owner()).unwrap();
    opened.memory.remember(about("She lives in Porto"), &Agent::owner()).unwrap();
    opened.memory.undo(first.commit, &Agent::owner()).unwrap();
    let recalled = opened.memory.recall(&Question::new("where does Mirela live")).unwrap();
    assert_eq!(recalled.hits[0].text, "She lives in Porto");
    assert_eq!(recalled.hits[0].why.entities, ["Mirela"]);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn a_long_memory_is_found_by_any_part_of_it() {
    let opened = open();
    let mut text = "Minutes of the garden club.\n\n".to_owned();
    for n in 0..60 {
        text.push_str(&format!("Point {n}: somebody spoke about hedges, ponds and paths for quite a while.\n\n"));
    }
    text.push_str("Last point: the walnut tree must be felled in October.");
    opened.memory.remember(NewMemory::new(&text), &Agent::owner()).unwrap();
    let hit = opened.memory.recall(&Question::new("walnut tree felled")).unwrap().hits.remove(0);
    assert_eq!(hit.kind, Kind::Passage);
    assert!(hit.text.contains("walnut") && hit.text.len() < 1_200);
}

#[test]
fn reading_a_file_again_replaces_only_what_changed() {
    let opened = open();
    let put = |text: &str| {
        opened.memory.put_documents(vec![note("/v/Boat.md", text, &[])], &Agent::ingest()).remove(0).unwrap()
    };
    let first = put("The mast is oak.\n\nThe sail is red.");
    assert!(first.added);
    let before = opened.memory.recall(&Question::new("mast oak")).unwrap().hits.remove(0);
    let second = put("New beginning.\n\nThe mast is oak.\n\nThe sail is blue.");
    assert_eq!((second.added, second.id), (false, first.id));
    let after = opened.memory.recall(&Question::new("mast oak")).unwrap().hits.remove(0);
    assert_eq!(before.id, after.id, "a passage that only moved is the same memory");
    assert_ne!(before.source.span, after.source.span);
    assert!(found(&opened, "sail red").iter().all(|text| !text.contains("red")));
    opened.memory.undo(second.commit.unwrap(), &Agent::owner()).unwrap();
    assert!(found(&opened, "sail red")[0].contains("red"));
    assert_eq!(put("The mast is oak.\n\nThe sail is red.").commit, None, "nothing to change");
}

#[test]
fn a_link_written_before_its_note_leads_to_it() {
    let opened = open();
    let (a, b) = (
        note("/v/A.md", "Ask the harbour master about [[Quay]].", &["Quay"]),
        note("/v/Quay.md", "Berth nine is free.", &[]),
    );
    for document in [a, b] {
        opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    let hits = opened.memory.recall(&Question::new("harbour master")).unwrap().hits;
    let quay = hits.iter().find(|hit| hit.text.starts_with("Berth")).expect("one link away");
    assert!(quay.why.lexical.is_none() && quay.why.graph.is_some());
}

#[test]
fn a_removed_file_is_gone_and_undo_brings_it_back() {
    let opened = open();
    let put =
        opened.memory.put_documents(vec![note("/v/Kiln.md", "The kiln fires at cone six.", &[])], &Agent::ingest());
    let removed = opened.memory.remove_sources(&[put[0].as_ref().unwrap().id], &Agent::ingest()).remove(0).unwrap();
    assert!(found(&opened, "kiln cone").is_empty());
    assert!(opened.memory.sources(None).unwrap().is_empty());
    opened.memory.undo(removed.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(found(&opened, "kiln cone").len(), 1);
}

#[test]
fn a_forgotten_file_stays_forgotten_when_it_is_read_again() {
    let opened = open();
    let first = opened
        .memory
        .put_documents(vec![note("/v/Diary.md", "A secret picnic.", &[])], &Agent::ingest())
        .remove(0)
        .unwrap();
    opened.memory.forget(&[first.id], None, &Agent::owner()).unwrap();
    opened
        .memory
        .put_documents(vec![note("/v/Diary.md", "A secret picnic by the lake.", &[])], &Agent::ingest())
        .remove(0)
        .unwrap();
    assert!(found(&opened, "secret picnic lake").is_empty());
}

#[test]
fn a_space_filters_recall() {
    let opened = open();
    let in_space = |space: &str| NewMemory { space: space.into(), ..NewMemory::new("The launch is on Friday") };
    opened.memory.remember(in_space("project/atlas"), &Agent::owner()).unwrap();
    opened.memory.remember(in_space("personal"), &Agent::owner()).unwrap();
    let question = Question { spaces: vec!["project/atlas".into()], ..Question::new("launch") };
    let hits = opened.memory.recall(&question).unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.space.as_str()).collect::<Vec<_>>(), ["project/atlas"]);
}

#[test]
fn bad_questions_and_texts_are_refused_with_the_next_step() {
    let opened = open();
    let ask = |text: &str| opened.memory.recall(&Question::new(text)).unwrap_err();
    let tell = |new: NewMemory| opened.memory.remember(new, &Agent::owner()).unwrap_err();
    let cases = [
        (ask("  "), ErrorKind::Invalid),
        (ask(&"x".repeat(hydra_graph::MAX_QUERY_BYTES + 1)), ErrorKind::TooLarge),
        (
            opened.memory.recall(&Question { limit: hydra_graph::MAX_HITS + 1, ..Question::new("x") }).unwrap_err(),
            ErrorKind::Invalid,
        ),
        (tell(NewMemory::new("\n")), ErrorKind::Invalid),
        (tell(NewMemory::new("x".repeat(hydra_graph::MAX_TEXT_BYTES + 1))), ErrorKind::TooLarge),
        (tell(NewMemory { space: "no spaces".into(), ..NewMemory::new("x") }), ErrorKind::Invalid),
        (tell(NewMemory { entities: vec!["e".into(); 33], ..NewMemory::new("x") }), ErrorKind::Invalid),
        (tell(NewMemory { said_by: Some("s".repeat(513)), ..NewMemory::new("x") }), ErrorKind::TooLarge),
        (opened.memory.forget(&[hydra_graph::Id(7)], None, &Agent::owner()).unwrap_err(), ErrorKind::NotFound),
        (opened.memory.undo(hydra_graph::Id(7), &Agent::owner()).unwrap_err(), ErrorKind::NotFound),
    ];
    for (error, kind) in cases {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.next_step().is_some(), "{error}");
    }
}

#[test]
fn a_trace_shows_the_answer_again() {
    let opened = open();
    opened.memory.remember(NewMemory::new("Tomatoes need lime"), &Agent::owner()).unwrap();
    let recalled = opened.memory.recall(&Question::new("tomatoes")).unwrap();
    let got = opened.memory.get(&[recalled.trace_id], GetView::Full).unwrap().remove(0);
    assert_eq!(got.question.as_deref(), Some("tomatoes"));
    assert_eq!(got.recalled, Some(recalled));
}

#[test]
fn what_was_forgotten_from_a_file_stays_forgotten_wherever_it_turns_up_in_it() {
    let opened = open();
    let put = |document| opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    let under = |heading: &str, text: &str| {
        let mut document = note("/v/Diary.md", text, &[]);
        document.passages.iter_mut().for_each(|passage| passage.headings = vec![heading.to_owned()]);
        document
    };
    put(under("May", "A secret picnic.\n\nRain all day."));
    let id = opened.memory.recall(&Question::new("secret picnic")).unwrap().hits[0].id;
    let forgotten = opened.memory.forget(&[id], None, &Agent::owner()).unwrap();
    put(under("June", "A secret picnic.\n\nRain all day."));
    assert!(found(&opened, "secret picnic").iter().all(|text| !text.contains("picnic")), "under another heading");
    put(under("June", "Rain all day."));
    put(under("June", "Rain all day.\n\nA secret picnic."));
    assert!(found(&opened, "secret picnic").iter().all(|text| !text.contains("picnic")), "cut and pasted back");
    opened.memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(found(&opened, "secret picnic")[0], "A secret picnic.", "however often the file changed since");
}

#[test]
fn a_forgotten_file_stays_forgotten_when_it_goes_and_returns() {
    let opened = open();
    let put = || {
        opened
            .memory
            .put_documents(vec![note("/v/Diary.md", "A secret picnic.", &[])], &Agent::ingest())
            .remove(0)
            .unwrap()
    };
    let first = put();
    opened.memory.forget(&[first.id], None, &Agent::owner()).unwrap();
    opened.memory.remove_sources(&[first.id], &Agent::ingest()).remove(0).unwrap();
    assert_eq!(put().id, first.id);
    assert!(found(&opened, "secret picnic").is_empty());
}

#[test]
fn undo_of_a_first_reading_leaves_nothing_of_the_file_and_a_twin_is_refused() {
    let opened = open();
    let put = || {
        opened
            .memory
            .put_documents(vec![note("/v/A.md", "Ask about [[Quay]].", &["Quay"])], &Agent::ingest())
            .remove(0)
            .unwrap()
    };
    let first = put();
    opened.memory.undo(first.commit.unwrap(), &Agent::owner()).unwrap();
    let status = opened.memory.status().unwrap();
    assert_eq!((status.sources, status.passages, status.links), (0, 0, 0));

    let second = put();
    let removed = opened.memory.remove_sources(&[second.id], &Agent::ingest()).remove(0).unwrap();
    put();
    let error = opened.memory.undo(removed.commit.unwrap(), &Agent::owner()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!(opened.memory.status().unwrap().sources, 1);
}

#[test]
fn reading_an_unchanged_note_with_links_commits_nothing() {
    let opened = open();
    let put = || {
        opened
            .memory
            .put_documents(vec![note("/v/A.md", "Ask about [[Quay]].", &["Quay"])], &Agent::ingest())
            .remove(0)
            .unwrap()
    };
    assert!(put().commit.is_some());
    assert_eq!(put().commit, None);
}

#[test]
fn many_expired_or_filtered_memories_do_not_hide_one_that_fits() {
    let opened = open();
    let soon = hydra_graph::Timestamp::from_millis(1_750_000_000_000 + 5_000);
    for n in 0..300 {
        let new = NewMemory { expires_at: Some(soon), ..NewMemory::new(format!("Build status build status {n}")) };
        opened.memory.remember(new, &Agent::owner()).unwrap();
    }
    let decision = NewMemory {
        kind: Kind::Decision,
        ..NewMemory::new("We decided, after some weeks of talk, that the build runs at night and its status is mailed")
    };
    opened.memory.remember(decision, &Agent::owner()).unwrap();
    let question = Question { kinds: vec![Kind::Decision], ..Question::new("build status") };
    assert_eq!(opened.memory.recall(&question).unwrap().hits.len(), 1);
    // Each look at the clock moves it by a millisecond.
    while opened.memory.recall(&Question::new("build status 7")).unwrap().hits.len() > 1 {}
    assert_eq!(opened.memory.recall(&Question::new("build status")).unwrap().hits[0].kind, Kind::Decision);
}

#[test]
fn a_memory_that_outlasts_an_equal_one_is_new_and_a_shorter_one_is_not() {
    let opened = open();
    let until = |seconds: i64| NewMemory {
        expires_at: Some(hydra_graph::Timestamp::from_millis(1_750_000_000_000 + seconds * 1_000)),
        ..NewMemory::new("The road is closed")
    };
    let tell = |new: NewMemory| opened.memory.remember(new, &Agent::owner()).unwrap().status;
    assert_eq!(tell(until(1_000)), RememberStatus::Inserted);
    assert_eq!(tell(until(1_000)), RememberStatus::Duplicate);
    assert_eq!(tell(until(500)), RememberStatus::Duplicate);
    assert_eq!(tell(NewMemory::new("The road is closed")), RememberStatus::Inserted);
}
