//! What happened to an entity, a memory or a file, in the order of time.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, ErrorKind, Happened, Id, MAX_EVENTS, MAX_TIMELINE_COMMITS, Moment, NewMemory, Statement, Timeline,
    TimelineRequest, Timestamp, UpdateOp,
};

fn lives(town: &str, from: Option<&str>) -> NewMemory {
    NewMemory { valid_from: from.map(day), ..NewMemory::fact(Statement::new("Mirela", "lives in", town)) }
}

fn about(text: &str) -> NewMemory {
    NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new(text) }
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn tell(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn ask(opened: &Opened, request: TimelineRequest) -> Timeline {
    opened.memory.timeline(&request).unwrap()
}

fn told(timeline: &Timeline) -> Vec<(Happened, &str)> {
    timeline.events.iter().map(|event| (event.what, event.text.as_str())).collect()
}

#[test]
fn an_entity_has_what_began_and_ended_and_what_was_said_retracted_forgotten_and_undone() {
    use Happened::{Began, Ended, Forgotten, Retracted, Said, Undone};
    let opened = open();
    tell(&opened, lives("Ghent", Some("2020-01-01")));
    tell(&opened, lives("Porto", Some("2022-01-01")));
    let wrong = tell(&opened, about("She plays the tuba"));
    opened.memory.update(wrong, UpdateOp::Retract, Some("it was a joke".into()), &Agent::owner()).unwrap();
    let secret = tell(&opened, about("She keeps a secret"));
    opened.memory.forget(&[secret], None, &Agent::owner()).unwrap();
    let taken_back = opened.memory.remember(about("She sails"), &Agent::named("helper")).unwrap();
    opened.memory.undo(taken_back.commit, &Agent::owner()).unwrap();
    tell(&opened, NewMemory { happened_at: Some(day("2023-05-03")), ..about("She called") });
    let whole = ask(&opened, TimelineRequest::new("mirela"));
    let (ghent, porto, tuba) = ("Mirela lives in Ghent", "Mirela lives in Porto", "She plays the tuba");
    assert_eq!(
        told(&whole),
        [
            (Began, ghent),
            (Ended, ghent),
            (Began, porto),
            (Said, "She called"),
            (Said, ghent),
            (Said, porto),
            (Said, tuba),
            (Retracted, tuba),
            (Said, ""),
            (Forgotten, ""),
            (Said, "She sails"),
            (Undone, "She sails"),
        ]
    );
    assert_eq!((whole.name.as_str(), whole.dropped), ("Mirela", 0));
    assert_eq!(whole.events[7].reason.as_deref(), Some("it was a joke"));
    assert_eq!((whole.events[10].who.as_str(), whole.events[10].commit), ("helper", taken_back.commit));

    let between = TimelineRequest {
        from: Some(day("2021-06-01")),
        to: Some(day("2023-01-01")),
        ..TimelineRequest::new("Mirela")
    };
    assert_eq!(told(&ask(&opened, between)), [(Ended, ghent), (Began, porto)]);
    let since = TimelineRequest { since: Some(whole.events[7].at), ..TimelineRequest::new("Mirela") };
    assert_eq!(told(&ask(&opened, since))[0], (Said, "She called"), "recorded since, whenever it happened");
    let few = ask(&opened, TimelineRequest { limit: 2, ..TimelineRequest::new("Mirela") });
    assert_eq!((told(&few), few.dropped), (vec![(Said, "She sails"), (Undone, "She sails")], 10));
    let elsewhere = TimelineRequest { spaces: vec!["work".into()], ..TimelineRequest::new("Mirela") };
    assert!(ask(&opened, elsewhere).events.is_empty());
    let by_id = ask(&opened, TimelineRequest::new(wrong.to_string()));
    assert_eq!(told(&by_id), [(Said, tuba), (Retracted, tuba)]);
}

#[test]
fn it_looks_from_another_moment() {
    use Happened::{Began, Said};
    let opened = open();
    tell(&opened, lives("Ghent", Some("2020-01-01")));
    let known = ask(&opened, TimelineRequest::new("Mirela")).events[1].at;
    tell(&opened, lives("Porto", Some("2022-01-01")));
    let at = |moment| ask(&opened, TimelineRequest { moment, ..TimelineRequest::new("Mirela") });
    let before = at(Moment { known_at: Some(known), true_at: None });
    assert_eq!(
        told(&before),
        [(Began, "Mirela lives in Ghent"), (Said, "Mirela lives in Ghent")],
        "no end is known yet"
    );
    let then = at(Moment { true_at: Some(day("2023-01-01")), known_at: None });
    assert_eq!(told(&then), [(Began, "Mirela lives in Porto"), (Said, "Mirela lives in Porto")]);
}

#[test]
fn a_file_has_its_versions_and_a_memory_its_successors() {
    use Happened::{Changed, Forgotten, Retracted, Said};
    let opened = open();
    for text in ["It hums.", "It hums and leaks."] {
        for receipt in opened.memory.put_documents(vec![note("/v/Boiler.md", text, &[])], &Agent::ingest()) {
            receipt.unwrap();
        }
    }
    let expected = [(Said, "It hums."), (Changed, "It hums and leaks.")];
    for name in ["/v/Boiler.md", "Boiler.md", "boiler"] {
        let timeline = ask(&opened, TimelineRequest::new(name));
        assert_eq!(told(&timeline), expected, "{name}");
        assert_eq!((timeline.events[0].who.as_str(), timeline.events[0].trust.as_str()), ("ingest", "ingested"));
    }
    let source = opened.memory.sources(None).unwrap()[0].id;
    opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    let gone = ask(&opened, TimelineRequest::new(source.to_string()));
    assert_eq!(gone.events.last().unwrap().what, Retracted);

    let old = tell(&opened, NewMemory::new("The ladder is in the garage"));
    let update = UpdateOp::Supersede("The ladder is in the cellar".into());
    let new = opened.memory.update(old, update, None, &Agent::owner()).unwrap().replaced_by.unwrap();
    let chain = ask(&opened, TimelineRequest::new(new.to_string()));
    let (garage, cellar) = ("The ladder is in the garage", "The ladder is in the cellar");
    assert_eq!(told(&chain), [(Said, garage), (Retracted, garage), (Said, cellar)]);
    opened.memory.forget(&[new], None, &Agent::owner()).unwrap();
    let last = ask(&opened, TimelineRequest::new(new.to_string()));
    assert_eq!((last.events.last().unwrap().what, last.name.as_str()), (Forgotten, ""));
}

#[test]
fn what_cannot_be_answered_is_refused_and_looking_back_ends_somewhere() {
    let opened = open();
    tell(&opened, about("She sails"));
    let request = || TimelineRequest::new("Mirela");
    for (bad, kind) in [
        (TimelineRequest::new("Nobody"), ErrorKind::NotFound),
        (TimelineRequest { limit: 0, ..request() }, ErrorKind::Invalid),
        (TimelineRequest { limit: MAX_EVENTS + 1, ..request() }, ErrorKind::Invalid),
        (
            TimelineRequest { from: Some(day("2021-01-01")), to: Some(day("2021-01-01")), ..request() },
            ErrorKind::Invalid,
        ),
        (
            TimelineRequest { moment: Moment { known_at: Some(day("2100-01-01")), true_at: None }, ..request() },
            ErrorKind::Invalid,
        ),
    ] {
        let error = opened.memory.timeline(&bad).unwrap_err();
        assert!(error.kind() == kind && error.next_step().is_some(), "{error}");
    }
    for number in 0..MAX_TIMELINE_COMMITS {
        tell(&opened, about(&format!("She sails day {number}")));
    }
    let most = ask(&opened, TimelineRequest { limit: MAX_EVENTS, ..request() });
    assert_eq!((most.events.len(), most.dropped), (MAX_EVENTS, MAX_TIMELINE_COMMITS - MAX_EVENTS + 1));
}
