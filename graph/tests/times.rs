//! Days and moments in texts: counted from the day that a note is of, and found by who asks for them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{Agent, Datatype, Document, GetView, Hit, Id, NewMemory, Property, Question, Timestamp};

const DAY_MS: i64 = 86_400_000;

fn put(opened: &Opened, document: Document) -> Vec<Id> {
    let title = document.title.clone();
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    let rows = hydra_graph::QueryRequest::new(format!(
        "SELECT ?p {{ ?s dcterms:title \"{title}\" . ?p hy:partOf ?s ; hy:position ?n }} ORDER BY ?n"
    ));
    let answer = opened.memory.query(&rows).unwrap();
    answer.rows.iter().map(|row| row[0].as_ref().unwrap().value.trim_start_matches("id:").parse().unwrap()).collect()
}

fn times(opened: &Opened, id: Id) -> Vec<String> {
    opened.memory.get(&[id], GetView::Full).unwrap().remove(0).times.iter().map(ToString::to_string).collect()
}

fn dated(path: &str, date: &str, text: &str) -> Document {
    let property = Property { name: "date".into(), value: date.into(), datatype: Datatype::Date };
    Document { properties: vec![property], ..note(path, text, &[]) }
}

fn changed(path: &str, text: &str, day: i64) -> Document {
    Document { modified_at: Some(Timestamp::from_millis(day * DAY_MS)), ..note(path, text, &[]) }
}

fn hit(opened: &Opened, question: &str, id: Id) -> Option<Hit> {
    opened.memory.recall(&Question::new(question)).unwrap().hits.into_iter().find(|hit| hit.id == id)
}

#[test]
fn yesterday_is_counted_from_the_day_that_a_note_is_of() {
    let opened = open();
    let by_name = put(&opened, note("/v/2025-03-09.md", "Oskar came yesterday.\n\nHe left at 14:30.", &[]));
    assert_eq!(times(&opened, by_name[0]), ["2025-03-08T00:00:00Z", "2025-03-09T00:00:00Z"]);
    assert_eq!(times(&opened, by_name[1]), ["2025-03-09T00:00:00Z", "2025-03-09T14:30:00Z"]);
    let by_date = put(&opened, dated("/v/Plan.md", "2025-04-01", "Due next Friday."));
    assert_eq!(times(&opened, by_date[0]), ["2025-04-01T00:00:00Z", "2025-04-04T00:00:00Z"]);
    let undated = put(&opened, changed("/v/Log.md", "The pump broke yesterday.\n\nNothing else.", 20_000));
    assert_eq!(times(&opened, undated[0]), ["2024-10-03T00:00:00Z"]);
    assert_eq!(times(&opened, undated[1]), Vec::<String>::new());
}

#[test]
fn what_was_said_in_a_note_without_a_date_stays_said_when_it_was() {
    let opened = open();
    let first = put(&opened, changed("/v/Log.md", "The pump broke yesterday.", 20_000));
    let second = put(&opened, changed("/v/Log.md", "The pump broke yesterday.\n\nIt runs since today.", 20_100));
    assert_eq!(second[0], first[0]);
    assert_eq!(times(&opened, second[0]), ["2024-10-03T00:00:00Z"], "the file was changed later");
    assert_eq!(times(&opened, second[1]), ["2025-01-12T00:00:00Z"]);
    let third = put(&opened, dated("/v/Log.md", "2025-05-05", "The pump broke yesterday.\n\nIt runs since today."));
    assert_eq!(
        times(&opened, third[0]),
        ["2025-05-04T00:00:00Z", "2025-05-05T00:00:00Z"],
        "now it says of which day it is"
    );
}

#[test]
fn who_asks_for_a_day_finds_what_names_it_in_other_words() {
    let opened = open();
    let came = put(&opened, note("/v/2025-03-09.md", "Oskar came yesterday.", &[]))[0];
    let other = put(&opened, note("/v/2024-03-09.md", "Mirela came yesterday.", &[]))[0];
    for number in 0..5 {
        put(&opened, note(&format!("/v/Note {number}.md"), &format!("Something about march, number {number}."), &[]));
    }
    let question = "what happened on 8 March 2025";
    assert!(hit(&opened, question, came).unwrap().why.time.is_some());
    assert!(hit(&opened, question, other).is_none_or(|hit| hit.why.time.is_none()));
    // The day changes without a word of the text.
    put(&opened, dated("/v/2025-03-09.md", "2023-07-07", "Oskar came yesterday."));
    assert!(hit(&opened, question, came).is_none_or(|hit| hit.why.time.is_none()));
    assert!(hit(&opened, "who was there on 6 July 2023", came).unwrap().why.time.is_some());
    opened.memory.forget(&[came], None, &Agent::owner()).unwrap();
    assert!(hit(&opened, "who was there on 6 July 2023", came).is_none());
}

#[test]
fn what_is_remembered_is_counted_from_when_it_happened() {
    let opened = open();
    let happened_at = Some(Timestamp::from_millis(20_000 * DAY_MS));
    let new = NewMemory { happened_at, ..NewMemory::new("We go sailing tomorrow.") };
    let told = opened.memory.remember(new, &Agent::owner()).unwrap().id;
    assert_eq!(times(&opened, told), ["2024-10-05T00:00:00Z"]);
    assert!(hit(&opened, "what was on 5 October 2024", told).unwrap().why.time.is_some());
}
