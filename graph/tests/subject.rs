//! What belongs to an entity or a conversation.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::{Arc, Mutex};

use common::{Opened, note, open};
use hydra_graph::{Agent, ErrorKind, MAX_SUBJECT_TEXTS, NewMemory, Subject, SubjectKind};

fn about(name: &str, text: &str) -> NewMemory {
    NewMemory { entities: vec![name.into()], ..NewMemory::new(text) }
}

fn turn(text: &str) -> NewMemory {
    NewMemory { session: Some("Kitchen".into()), ..NewMemory::new(text) }
}

fn tell(opened: &Opened, memories: Vec<NewMemory>) -> Vec<hydra_graph::Id> {
    let told = opened.memory.remember_all(memories, &Agent::owner()).unwrap();
    told.into_iter().map(|told| told.id).collect()
}

fn texts(subject: &Subject) -> Vec<&str> {
    subject.texts.iter().map(|record| record.text.as_str()).collect()
}

#[test]
fn an_entity_has_what_is_said_about_it_by_name_and_by_id() {
    let opened = open();
    let notes = vec![
        note("/v/Boiler.md", "It stands in the cellar.\n\nIt hums.", &[]),
        note("/v/House.md", "A flat.\n\nWith a Boiler of its own.", &["Boiler"]),
    ];
    for receipt in opened.memory.put_documents(notes, &Agent::ingest()) {
        receipt.unwrap();
    }
    let ids =
        tell(&opened, vec![about("Boiler", "It was serviced"), about("Cat", "It sleeps"), about("boiler", "Gone")]);
    opened.memory.forget(&ids[2..], None, &Agent::owner()).unwrap();
    let subject = opened.memory.subject("boiler").unwrap();
    assert_eq!((subject.kind, subject.name.as_str(), subject.left_out), (SubjectKind::Entity, "Boiler", 0));
    assert_eq!(
        texts(&subject),
        ["It was serviced", "With a Boiler of its own.", "It stands in the cellar.", "It hums."]
    );
    assert_eq!(opened.memory.subject(&subject.id.to_string()).unwrap(), subject);
}

#[test]
fn a_conversation_has_its_turns_in_order() {
    let opened = open();
    let long = "One sentence more about the sink. ".repeat(100);
    let ids = tell(&opened, vec![turn("Who fixed the sink?"), turn("Oskar did."), turn(long.trim())]);
    let session = opened.memory.get(&ids[..1], Default::default()).unwrap()[0].record.clone().unwrap().part_of.unwrap();
    let subject = opened.memory.subject(&session.to_string()).unwrap();
    assert_eq!((subject.kind, subject.name.as_str()), (SubjectKind::Session, "Kitchen"));
    assert_eq!(texts(&subject), ["Who fixed the sink?", "Oskar did.", long.trim()]);
}

#[test]
fn the_newest_texts_are_kept_and_the_others_counted() {
    let opened = open();
    let many = MAX_SUBJECT_TEXTS + 3;
    tell(&opened, (0..many).map(|number| about("Log", &format!("Day {number}"))).collect());
    let turns = tell(&opened, (0..many).map(|number| turn(&format!("Turn {number}"))).collect());
    let session = opened.memory.get(&turns[..1], Default::default()).unwrap()[0].record.clone().unwrap().part_of;
    let log = opened.memory.subject("Log").unwrap();
    assert_eq!((log.texts.len(), log.left_out, texts(&log)[0]), (MAX_SUBJECT_TEXTS, 3, "Day 102"));
    let session = opened.memory.subject(&session.unwrap().to_string()).unwrap();
    assert_eq!((session.texts.len(), session.left_out), (MAX_SUBJECT_TEXTS, 3));
    assert_eq!((texts(&session)[0], texts(&session)[MAX_SUBJECT_TEXTS - 1]), ("Turn 3", "Turn 102"));
}

#[test]
fn what_is_neither_is_not_found() {
    let opened = open();
    let memory = tell(&opened, vec![about("Cat", "It sleeps")])[0].to_string();
    for reference in ["Dog", "", "0000000000000", memory.as_str()] {
        let error = opened.memory.subject(reference).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{reference}");
        assert!(error.next_step().is_some());
    }
}

#[test]
fn whoever_listens_hears_of_a_commit_before_it_is_acknowledged() {
    let opened = open();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    opened.memory.on_commit(move |commit| ear.lock().unwrap().push(commit));
    let told = opened.memory.remember(NewMemory::new("ash"), &Agent::owner()).unwrap();
    let undone = opened.memory.undo(told.commit, &Agent::owner()).unwrap();
    assert_eq!(*heard.lock().unwrap(), [told.commit, undone.commit]);
}
