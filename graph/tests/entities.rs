//! Entities: names, merging two that are one, and telling them apart again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Opened, about, note, open, world};
use hydra_graph::{
    Agent, AliasOp, ErrorKind, Id, MAX_ENTITY_ALIASES, MAX_NAME_BYTES, MAX_RETOLD, MAX_TAKEN, Memory, Moment,
    NewLearning, NewMemory, Outcome, Property, Question, Remembered, Statement, TimelineRequest, Timestamp, UpdateOp,
};

fn stated(memory: &Memory, subject: &str, predicate: &str, object: &str) -> Remembered {
    memory.remember(NewMemory::fact(Statement::new(subject, predicate, object)), &Agent::owner()).unwrap()
}

fn texts(memory: &Memory, reference: &str) -> BTreeSet<String> {
    memory.subject(reference).unwrap().texts.into_iter().map(|record| record.text).collect()
}

fn id(memory: &Memory, reference: &str) -> Id {
    memory.entity(reference).unwrap().id
}

fn merge(memory: &Memory, keep: &str, other: &str) -> hydra_graph::Merged {
    memory.merge(keep, other, Some("they are one".into()), &Agent::owner()).unwrap()
}

fn put(opened: &Opened, notes: Vec<hydra_graph::Document>) {
    for receipt in opened.memory.put_documents(notes, &Agent::ingest()) {
        receipt.unwrap();
    }
}

/// A person who goes by two names, in every place where an entity can stand.
fn two_names(opened: &Opened) {
    let memory = &opened.memory;
    put(
        opened,
        vec![
            hydra_graph::Document {
                reading: hydra_graph::Reading::default(),
                aliases: vec!["Mimi".into()],
                properties: vec![Property {
                    name: "rating".into(),
                    value: "5".into(),
                    datatype: hydra_graph::Datatype::Text,
                }],
                ..note("/v/M. Kovac.md", "She sails.\n\nWith Oskar.", &["Oskar"])
            },
            note("/v/Trip.md", "We met Mirela.\n\nAnd M. Kovac, and Mirela again.", &["Mirela", "M. Kovac"]),
        ],
    );
    stated(memory, "Mirela", "works for", "Acme");
    stated(memory, "Mirela", "likes", "tea");
    stated(memory, "M. Kovac", "likes", "tea");
    stated(memory, "M. Kovac", "lives in", "Ghent");
    stated(memory, "Oskar", "is married to", "M. Kovac");
    about(memory, "M. Kovac", "She called on Monday");
    let lesson = NewLearning {
        trigger: "calling".into(),
        lesson: "ring twice".into(),
        outcome: Outcome::Worked,
        space: "personal".into(),
        path: None,
        entities: vec!["M. Kovac".into()],
        evidence: Vec::new(),
    };
    memory.learn(lesson, &Agent::owner()).unwrap();
}

#[test]
fn what_is_known_of_either_is_known_of_the_one_that_stays_and_split_takes_it_back_exactly() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let (keep, other) = (id(memory, "Mirela"), id(memory, "M. Kovac"));
    let (before, of_keep, of_other) = (world(memory), texts(memory, "Mirela"), texts(memory, "M. Kovac"));
    let merged = merge(memory, "Mirela", "M. Kovac");
    assert_eq!((merged.id, merged.merged, merged.conflicts.as_slice()), (keep, other, [].as_slice()));
    for reference in ["Mirela", "M. Kovac", "Mimi", &keep.to_string(), &other.to_string()] {
        assert_eq!(texts(memory, reference), &of_keep | &of_other, "{reference}");
        let question = Question { entity: Some(reference.into()), ..Question::new("who called?") };
        assert_eq!(memory.recall(&question).unwrap().hits[0].text, "She called on Monday", "{reference}");
    }
    let subject = memory.subject(&other.to_string()).unwrap();
    assert_eq!((subject.id, subject.merged.unwrap().id), (keep, other));
    let got = memory.get(&[other], Default::default()).unwrap().remove(0);
    assert_eq!((got.entity.as_deref(), got.replaced_by), (Some("Mirela"), Some(keep)));
    let shown = memory.entity("Mirela").unwrap();
    assert_eq!(shown.aliases, ["M. Kovac", "Mimi"]);
    assert_eq!(shown.stands_for[0].id, other);
    assert_eq!(
        (shown.notes.as_slice(), shown.linked_from, shown.links_to),
        (["/v/M. Kovac.md".to_owned()].as_slice(), 1, 1)
    );
    assert_eq!(shown.facts, BTreeMap::from([("likes".into(), 2), ("lives in".into(), 1), ("works for".into(), 1)]));
    let old = format!("urn:hydra:id:{other}");
    let still: Vec<String> = world(memory).into_iter().filter(|line| line.contains(&old)).collect();
    let of_names = [
        "#key>",
        "#type>",
        "#prefLabel>",
        "#altLabel>",
        "isReplacedBy>",
        "#trust>",
        "#toldOf>",
        "#toldAs>",
        "mainEntity",
    ];
    assert!(still.iter().all(|line| of_names.iter().any(|name| line.contains(name))), "{still:#?}");
    memory.split("M. Kovac", &[], None, &Agent::named("helper")).unwrap_err();
    let split = memory.split(&other.to_string(), &[], None, &Agent::owner()).unwrap();
    assert_eq!((split.id, split.from), (other, keep));
    let apart: Vec<String> = world(memory).difference(&before).cloned().collect();
    assert_eq!(apart.len(), 1, "{apart:?}");
    assert!(apart[0].contains("differentFrom"));
    assert!(before.is_subset(&world(memory)), "nothing is lost");
    memory.undo(split.commit, &Agent::owner()).unwrap();
    memory.undo(merged.commit, &Agent::owner()).unwrap();
    assert_eq!(world(memory), before);
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn looking_back_shows_them_apart() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let (keep, other) = (id(memory, "Mirela"), id(memory, "M. Kovac"));
    let then = about(memory, "Oskar", "A moment").minted_at();
    merge(memory, "Mirela", "M. Kovac");
    let timeline = |id: Id, known_at: Option<Timestamp>| {
        let request =
            TimelineRequest { moment: Moment { known_at, true_at: None }, ..TimelineRequest::new(id.to_string()) };
        memory.timeline(&request).unwrap()
    };
    let said = |id: Id, known_at| -> BTreeSet<String> {
        timeline(id, known_at).events.into_iter().map(|event| event.text).collect()
    };
    assert!(said(keep, Some(then)).contains("Mirela works for Acme"));
    assert!(!said(keep, Some(then)).contains("M. Kovac lives in Ghent"));
    assert!(said(other, Some(then)).contains("M. Kovac lives in Ghent"));
    assert!(!said(other, Some(then)).contains("Mirela works for Acme"));
    assert_eq!((timeline(other, None).id, timeline(other, Some(then)).id), (keep, other));
    assert_eq!(timeline(other, None).merged.unwrap().id, other);
    let got = memory.get_at(&[other], Default::default(), then).unwrap().remove(0);
    assert_eq!((got.entity.as_deref(), got.replaced_by), (Some("M. Kovac"), None));
    memory.split(&other.to_string(), &[], None, &Agent::owner()).unwrap();
    assert!(!said(keep, None).contains("M. Kovac lives in Ghent"), "that was never told of this one");
}

#[test]
fn what_was_told_since_stays_but_for_what_was_told_under_the_other_name() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let other = id(memory, "M. Kovac");
    merge(memory, "Mirela", "M. Kovac");
    let stays = about(memory, "Mirela", "She has a cold");
    about(memory, "Mimi", "She has a boat");
    let taken = about(memory, "Mirela", "She has a dog");
    let ended = stated(memory, "Mirela", "lives in", "Porto");
    assert_eq!(ended.ended.len(), 1, "one who moved");
    put(
        &opened,
        vec![note("/v/Trip.md", "We met M. Kovac alone.", &["M. Kovac"]), note("/v/New.md", "Ask Mimi.", &["Mimi"])],
    );
    let unrelated = about(memory, "Oskar", "He snores");
    let error = memory.split("M. Kovac", &[unrelated], None, &Agent::owner()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let error = memory.split("M. Kovac", &[taken; MAX_TAKEN + 1], None, &Agent::owner()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    memory.split("M. Kovac", &[taken], None, &Agent::owner()).unwrap();
    let (mine, theirs) = (texts(memory, "Mirela"), texts(memory, &other.to_string()));
    assert!(mine.contains("She has a cold") && mine.contains("Mirela lives in Porto"), "{mine:?}");
    assert!(!mine.contains("She has a boat") && !mine.contains("She has a dog") && !mine.contains("Ask Mimi."));
    for text in ["She has a boat", "She has a dog", "We met M. Kovac alone.", "Ask Mimi.", "She sails."] {
        assert!(theirs.contains(text), "{text} {theirs:?}");
    }
    let lived = memory.get(&ended.ended, Default::default()).unwrap()[0].record.clone().unwrap();
    assert_eq!(lived.statement.unwrap().subject, "M. Kovac");
    assert!(lived.valid_to.is_some(), "it ended meanwhile");
    assert_eq!(memory.get(&[stays], Default::default()).unwrap()[0].entities, ["Mirela"]);
}

#[test]
fn a_file_that_is_read_again_does_not_bring_the_other_back() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let before = world(memory);
    let merged = merge(memory, "Mirela", "M. Kovac");
    let trip = "We met Mirela.\n\nAnd M. Kovac, and Mirela again.";
    put(&opened, vec![note("/v/Trip.md", &format!("{trip} Late."), &["Mirela", "M. Kovac"])]);
    assert!(texts(memory, "Mirela").iter().any(|text| text.ends_with("Late.")));
    assert_eq!(id(memory, "M. Kovac"), merged.id);
    let error = memory.undo(merged.commit, &Agent::owner()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    put(&opened, vec![note("/v/Trip.md", trip, &["Mirela", "M. Kovac"])]);
    let split = memory.split("M. Kovac", &[], None, &Agent::owner()).unwrap();
    let after: BTreeSet<String> = world(memory).into_iter().filter(|line| !line.contains("differentFrom")).collect();
    let plain = |world: &BTreeSet<String>| -> BTreeSet<String> {
        // Read again, links and passages have other ids.
        world.iter().filter(|line| line.contains("linksTo") && !line.contains("reifies")).cloned().collect()
    };
    assert_eq!(plain(&after).len(), plain(&before).len(), "{split:?}");
    put(&opened, vec![note("/v/After.md", "M. Kovac left.", &["M. Kovac"])]);
    assert!(texts(memory, &split.id.to_string()).contains("M. Kovac left."));
    assert!(!texts(memory, "Mirela").contains("M. Kovac left."));
}

#[test]
fn two_values_of_one_time_become_a_conflict_that_the_split_closes() {
    let opened = open();
    let memory = &opened.memory;
    let ours = stated(memory, "Mirela", "works for", "Acme");
    let theirs = stated(memory, "M. Kovac", "works for", "Beta");
    stated(memory, "Mirela", "likes", "tea");
    stated(memory, "M. Kovac", "likes", "rum");
    let before = world(memory);
    let merged = merge(memory, "Mirela", "M. Kovac");
    let conflicts = memory.conflicts(&[]).unwrap();
    assert_eq!((conflicts.len(), merged.conflicts.as_slice()), (1, [conflicts[0].id].as_slice()));
    assert_eq!(conflicts[0].sides.iter().map(|side| side.id).collect::<Vec<_>>(), [ours.id, theirs.id]);
    assert!(conflicts[0].sides.iter().all(|side| side.valid_to.is_none()), "nothing ended");
    let split = memory.split("M. Kovac", &[], None, &Agent::owner()).unwrap();
    assert_eq!(split.closed, merged.conflicts);
    assert!(memory.conflicts(&[]).unwrap().is_empty());
    assert!(before.is_subset(&world(memory)));
    // Settled while they were one, it stays settled.
    let merged = merge(memory, "Mirela", "M. Kovac");
    memory.update(merged.conflicts[0], UpdateOp::Settle(ours.id), None, &Agent::owner()).unwrap();
    memory.split("M. Kovac", &[], None, &Agent::owner()).unwrap();
    let side = memory.get(&[theirs.id], Default::default()).unwrap()[0].record.clone().unwrap();
    assert!(side.retracted_at.is_some());
    assert_eq!(side.statement.unwrap().subject, "M. Kovac");
}

#[test]
fn a_conflict_that_was_there_before_outlives_merge_and_split() {
    let opened = open();
    let memory = &opened.memory;
    let at = |millis| Some(Timestamp::from_millis(millis));
    let told = |who: &str, what: &str| {
        let fact = NewMemory { valid_from: at(1_000), ..NewMemory::fact(Statement::new(who, "works for", what)) };
        memory.remember(fact, &Agent::owner()).unwrap()
    };
    told("Mirela", "Acme");
    told("Mirela", "Beta");
    told("M. Kovac", "Gamma");
    told("M. Kovac", "Delta");
    let before = world(memory);
    assert_eq!(memory.conflicts(&[]).unwrap().len(), 2);
    merge(memory, "Mirela", "M. Kovac");
    assert_eq!(memory.conflicts(&[]).unwrap().len(), 3);
    memory.split("M. Kovac", &[], None, &Agent::owner()).unwrap();
    let after: BTreeSet<String> = world(memory).into_iter().filter(|line| !line.contains("differentFrom")).collect();
    assert_eq!(after, before);
}

#[test]
fn what_is_no_pair_is_refused_and_nothing_is_half_done() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    put(&opened, vec![hydra_graph::Document { tags: vec!["sea".into()], ..note("/v/Tagged.md", "A note.", &[]) }]);
    let turn = NewMemory { session: Some("Monday".into()), ..NewMemory::new("Yes.") };
    let turn = memory.remember(turn, &Agent::owner()).unwrap().id;
    let session = memory.get(&[turn], Default::default()).unwrap()[0].record.clone().unwrap().part_of.unwrap();
    let tag = world(memory).into_iter().find(|line| line.contains("\"tag:sea\"")).unwrap();
    let tag = tag.split(['<', '>']).nth(1).unwrap().to_owned();
    let friend = stated(memory, "Anna", "knows", "Bea");
    let before = world(memory);
    let refused = |keep: &str, other: &str, who: &Agent| {
        let error = memory.merge(keep, other, None, who).unwrap_err();
        assert!(error.next_step().is_some(), "{error}");
        assert_eq!(world(memory), before, "{error}");
        (error.kind(), error.message().to_owned())
    };
    let owner = Agent::owner();
    let (kind, message) = refused("Mirela", "mirela", &owner);
    assert!(kind == ErrorKind::Invalid && message.contains("itself"), "{message}");
    for (wrong, what) in [(session.to_string(), "a conversation"), (turn.to_string(), "a memory"), (tag, "a tag")] {
        let (kind, message) = refused("Mirela", &wrong, &owner);
        assert!(kind == ErrorKind::Invalid && message.contains(what), "{message}");
        assert_eq!(refused(&wrong, "Mirela", &owner).0, ErrorKind::Invalid);
    }
    assert_eq!(refused("Mirela", "Nobody", &owner).0, ErrorKind::NotFound);
    assert_eq!(refused("Mirela", "01kgy3v5q2w8e", &owner).0, ErrorKind::NotFound);
    let (_, message) = refused("Anna", "Bea", &owner);
    assert!(message.contains(&friend.id.to_string()), "{message}");
    merge(memory, "Mirela", "M. Kovac");
    let other = memory.entity("Mirela").unwrap().stands_for[0].id.to_string();
    for (keep, gone) in [("Mirela", "M. Kovac"), ("Mirela", &other), ("Oskar", &other), (&other, "Oskar")] {
        let error = memory.merge(keep, gone, None, &owner).unwrap_err();
        assert!([ErrorKind::Conflict, ErrorKind::Invalid].contains(&error.kind()), "{error}");
    }
    let error = memory.split("Mirela", &[], None, &owner).unwrap_err();
    assert!(error.next_step().unwrap().contains(&other), "{error:?}");
    memory.split(&other, &[], None, &owner).unwrap();
    assert_eq!(memory.split(&other, &[], None, &owner).unwrap_err().kind(), ErrorKind::Conflict);
    let error = memory.merge("M. Kovac", "Mirela", None, &Agent::named("helper")).unwrap_err();
    assert!(error.message().contains("told") && error.kind() == ErrorKind::Conflict, "{error}");
    merge(memory, "M. Kovac", "Mirela");
}

#[test]
fn an_agent_merges_and_splits_what_it_merged() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let before = world(memory);
    let helper = Agent::named("helper");
    memory.merge("Mirela", "M. Kovac", None, &helper).unwrap();
    memory.split("M. Kovac", &[], None, &helper).unwrap();
    assert_eq!(world(memory), before, "an agent's split is no standing word of the owner");
}

#[test]
fn more_than_a_merge_moves_is_refused() {
    let opened = open();
    let memory = &opened.memory;
    about(memory, "Hub", "It is there");
    about(memory, "Anna", "She is there");
    let mut hub = note("/v/Many.md", "Anna", &["Anna"]);
    hub.links = vec![hub.links[0].clone(); MAX_RETOLD];
    put(&opened, vec![hub]);
    let before = world(memory);
    let error = memory.merge("Hub", "Anna", None, &Agent::owner()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(world(memory), before);
    merge(memory, "Anna", "Hub");
}

#[test]
fn a_chain_is_taken_apart_in_any_order() {
    for order in [["A", "B"], ["B", "A"]] {
        let opened = open();
        let memory = &opened.memory;
        for name in ["A", "B", "C"] {
            about(memory, name, &format!("of {name}"));
            stated(memory, name, "works for", &format!("{name} Inc"));
        }
        stated(memory, "A", "knows", "Dora");
        let (before, helper) = (world(memory), Agent::named("helper"));
        memory.merge("B", "A", None, &helper).unwrap();
        memory.merge("C", "B", None, &helper).unwrap();
        assert_eq!(memory.entity("A").unwrap().name, "C");
        assert_eq!(memory.entity("C").unwrap().stands_for.len(), 2);
        memory.split(order[0], &[], None, &helper).unwrap();
        let of_b = texts(memory, "B");
        assert_eq!(of_b.contains("of A"), order[0] == "B", "{of_b:?}");
        memory.split(order[1], &[], None, &helper).unwrap();
        assert_eq!(world(memory), before, "{order:?}");
    }
}

#[test]
fn an_alias_is_a_name() {
    let opened = open();
    let memory = &opened.memory;
    two_names(&opened);
    let owner = Agent::owner();
    let alias = |name: &str, alias: &str, op| memory.alias(name, alias, op, None, &owner);
    let given = alias("Mirela", "  Miri ", AliasOp::Add).unwrap();
    assert_eq!((given.alias.as_str(), given.shared_with.len()), ("Miri", 0));
    about(memory, "miri", "She plays the oud");
    assert!(texts(memory, "Mirela").contains("She plays the oud"));
    assert_eq!(memory.entity("Miri").unwrap().aliases, ["Miri"]);
    assert!(alias("Mirela", "MIRI", AliasOp::Add).unwrap().commit.is_none(), "it has it");
    assert_eq!(alias("Mirela", "Mimi", AliasOp::Add).unwrap().shared_with, [id(memory, "M. Kovac")]);
    let error = alias("M. Kovac", "Mimi", AliasOp::Remove).unwrap_err();
    assert!(error.message().contains("note"), "{error}");
    assert_eq!(alias("Mirela", "mirela", AliasOp::Remove).unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(alias("Mirela", "Nobody", AliasOp::Remove).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(alias("Mirela", " ", AliasOp::Add).unwrap_err().kind(), ErrorKind::Invalid);
    let long = "x".repeat(MAX_NAME_BYTES + 1);
    assert_eq!(alias("Mirela", &long, AliasOp::Add).unwrap_err().kind(), ErrorKind::TooLarge);
    let error = memory.alias("Mirela", "Miri", AliasOp::Remove, None, &Agent::named("helper")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let gone = alias("Mirela", "miri", AliasOp::Remove).unwrap();
    assert_eq!(memory.entity("Miri").unwrap_err().kind(), ErrorKind::NotFound);
    memory.undo(gone.commit.unwrap(), &owner).unwrap();
    assert_eq!(id(memory, "Miri"), id(memory, "Mirela"));
    for number in 2..MAX_ENTITY_ALIASES {
        alias("Mirela", &format!("Name {number}"), AliasOp::Add).unwrap();
    }
    assert_eq!(alias("Mirela", "One more", AliasOp::Add).unwrap_err().kind(), ErrorKind::TooLarge);
}
