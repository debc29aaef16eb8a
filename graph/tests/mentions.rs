//! Names in texts that do not link them: found whatever came first, kept nowhere, and gone with the text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Opened, note, open, world};
use hydra_graph::{
    Agent, Document, Error, ErrorKind, GetView, GraphRequest, Id, Index, IndexQuery, MAX_MENTIONS, MAX_MENTIONS_SHOWN,
    MentionRequest, Moment, NewMemory, Question, Result, Scored, Statement, TieKind, TimelineRequest, Update,
};
use parking_lot::Mutex;

fn put(opened: &Opened, document: Document) -> Id {
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap().id
}

fn person(opened: &Opened, name: &str) -> Id {
    put(opened, note(&format!("/v/{name}.md"), "Who this is.", &[]))
}

/// The words around each place where something is named, in the order of words.
fn named(opened: &Opened, of: &str) -> Vec<String> {
    let mentioned = opened.memory.mentions(&MentionRequest::new(of)).unwrap();
    let mut around: Vec<String> = mentioned.texts.into_iter().map(|mention| mention.around).collect();
    around.sort();
    around
}

fn refused(opened: &Opened, of: &str) -> Error {
    opened.memory.mentions(&MentionRequest::new(of)).unwrap_err()
}

#[test]
fn a_note_that_names_somebody_without_a_link_is_found_by_that() {
    let opened = open();
    person(&opened, "Anna Berg");
    put(&opened, note("/v/Trip.md", "We sailed with Anna Berg.\n\nIt rained.", &[]));
    put(&opened, note("/v/Linked.md", "Anna Berg came along.", &["Anna Berg"]));
    assert_eq!(named(&opened, "anna berg"), ["We sailed with Anna Berg."], "a link is more than a mention");

    let around = opened.memory.graph(&GraphRequest::new("Anna Berg")).unwrap();
    let ties: Vec<(TieKind, &str, &str)> =
        around.edges.iter().map(|tie| (tie.kind, tie.from_name.as_str(), tie.predicate.as_str())).collect();
    assert_eq!(ties, [(TieKind::Link, "Linked", "links to"), (TieKind::Mention, "Trip", "mentions")]);
    assert_eq!(around.nodes[0].texts, Some(2));
    let only = GraphRequest { predicates: vec!["links to".into()], ..GraphRequest::new("Anna Berg") };
    assert_eq!(opened.memory.graph(&only).unwrap().edges.len(), 1);
    let from_trip = opened.memory.graph(&GraphRequest::new("Trip")).unwrap().edges;
    assert_eq!(from_trip.iter().map(|tie| tie.to_name.as_str()).collect::<Vec<_>>(), ["Anna Berg"]);

    let got = opened.memory.get(&[around.id], GetView::Full).unwrap().remove(0);
    assert_eq!(got.named_in.iter().map(|mention| mention.title.as_str()).collect::<Vec<_>>(), ["Trip"]);
    let passage = opened.memory.get(&[got.named_in[0].id], GetView::Full).unwrap().remove(0);
    assert_eq!((passage.mentions, passage.entities), (vec!["Anna Berg".to_owned()], Vec::new()));

    let recalled = opened.memory.recall(&Question::new("where was Anna Berg")).unwrap().hits;
    let why = |title: &str| recalled.iter().find(|hit| hit.title == title).unwrap().why.clone();
    assert_eq!(why("Trip").mentions, ["Anna Berg"]);
    assert_eq!((why("Linked").mentions.len(), why("Linked").entities.len()), (0, 1));
    let about = Question { entity: Some("Anna Berg".into()), ..Question::new("rain or sailing") };
    let titles: Vec<String> = opened.memory.recall(&about).unwrap().hits.into_iter().map(|hit| hit.title).collect();
    assert!(titles.contains(&"Trip".to_owned()), "{titles:?}");
}

#[test]
fn a_walk_leads_from_whom_the_question_names_to_what_names_them_less_than_to_what_links() {
    let opened = open();
    person(&opened, "Anna Berg");
    put(&opened, note("/v/Boat.md", "The skipper was Anna Berg.", &[]));
    put(&opened, note("/v/Ship.md", "The captain was Anna Berg.", &["Anna Berg"]));
    let hits = opened.memory.recall(&Question::new("Anna Berg")).unwrap().hits;
    let share = |title: &str| hits.iter().find(|hit| hit.title == title).unwrap().why.graph.unwrap().score;
    assert!(share("Ship") > share("Boat") && share("Boat") > 0.0, "{} {}", share("Ship"), share("Boat"));
}

#[test]
fn whom_a_name_means_does_not_depend_on_what_was_read_first() {
    let notes = || {
        [
            note("/v/Anna Berg.md", "She lives by the sea.", &[]),
            note("/v/Trip.md", "We sailed with Anna Berg and Pelle.", &[]),
            note("/v/Pelle.md", "He is a friend of Anna Berg.", &[]),
            note("/w/Pelle.md", "Another of that name.", &[]),
        ]
    };
    let mut seen = Vec::new();
    for order in 0..24 {
        let opened = open();
        let mut left = notes().to_vec();
        let mut number = order;
        for size in (1..=4).rev() {
            put(&opened, left.remove(number % size));
            number /= size;
        }
        assert_eq!(refused(&opened, "Pelle").kind(), ErrorKind::Conflict, "two go by it");
        let of_trip: Vec<String> =
            opened.memory.graph(&GraphRequest::new("Trip")).unwrap().edges.into_iter().map(|tie| tie.to_name).collect();
        seen.push((named(&opened, "Anna Berg"), of_trip));
    }
    let expected = (
        vec!["He is a friend of Anna Berg.".to_owned(), "We sailed with Anna Berg and Pelle.".to_owned()],
        vec!["Anna Berg".to_owned()],
    );
    assert!(seen.iter().all(|found| *found == expected), "{seen:?}");
}

/// An index that only remembers what it was sent.
#[derive(Default)]
struct Sent {
    ids: Mutex<Vec<Id>>,
    stamp: Mutex<Option<Id>>,
}

impl Index for Sent {
    fn name(&self) -> &'static str {
        "sent"
    }
    fn stamp(&self) -> Option<Id> {
        *self.stamp.lock()
    }
    fn apply(&self, updates: &[Update]) -> Result<()> {
        self.ids.lock().extend(updates.iter().map(|update| update.id));
        Ok(())
    }
    fn seal(&self, commit: Id) -> Result<()> {
        *self.stamp.lock() = Some(commit);
        Ok(())
    }
    fn flush(&self) -> Result<()> {
        Ok(())
    }
    fn reset(&self) -> Result<()> {
        *self.stamp.lock() = None;
        Ok(())
    }
    fn purge(&self, _: &[Id]) -> Result<()> {
        Ok(())
    }
    fn search(&self, _: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        Ok(Vec::new())
    }
    fn scores(&self, _: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        Ok(vec![None; ids.len()])
    }
    fn ids(&self) -> Result<Vec<Id>> {
        Ok(self.ids.lock().clone())
    }
    fn degraded(&self) -> Option<String> {
        None
    }
}

#[test]
fn a_new_name_changes_nothing_that_was_read_before() {
    let opened = open();
    let sent = Arc::new(Sent::default());
    opened.memory.attach(Arc::clone(&sent) as _, Duration::from_secs(60));
    put(&opened, note("/v/Trip.md", "We sailed with Anna Berg.", &[]));
    assert!(opened.memory.wait_for_indexes(Duration::from_secs(60)));
    let (before, first) = (world(&opened.memory), sent.ids.lock().clone());
    assert_eq!(refused(&opened, "Anna Berg").kind(), ErrorKind::NotFound);
    person(&opened, "Anna Berg");
    assert!(opened.memory.wait_for_indexes(Duration::from_secs(60)));
    assert_eq!(named(&opened, "Anna Berg"), ["We sailed with Anna Berg."]);
    assert!(before.is_subset(&world(&opened.memory)));
    let again: Vec<Id> = sent.ids.lock().iter().skip(first.len()).filter(|id| first.contains(id)).copied().collect();
    assert!(!first.is_empty() && again.is_empty(), "no text is embedded again: {again:?}");
    let asked = world(&opened.memory);
    opened.memory.recall(&Question::new("Anna Berg")).unwrap();
    assert_eq!(world(&opened.memory), asked, "nothing of it is kept");
}

#[test]
fn a_mention_goes_with_its_text_and_comes_back_with_it() {
    let opened = open();
    person(&opened, "Anna Berg");
    let trip = |text: &str| {
        opened.memory.put_documents(vec![note("/v/Trip.md", text, &[])], &Agent::ingest()).remove(0).unwrap()
    };
    trip("We sailed with Anna Berg.\n\nIt rained.");
    let edit = trip("It rained.");
    assert_eq!(named(&opened, "Anna Berg"), Vec::<String>::new());
    opened.memory.undo(edit.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(named(&opened, "Anna Berg"), ["We sailed with Anna Berg."]);
    let then = opened.memory.remember(NewMemory::new("between"), &Agent::owner()).unwrap().id.minted_at();
    let passage = opened.memory.mentions(&MentionRequest::new("Anna Berg")).unwrap().texts[0].id;
    put(&opened, note("/v/Trip.md", "We sailed alone.", &[]));
    assert_eq!(named(&opened, "Anna Berg"), Vec::<String>::new());
    let moment = Moment { known_at: Some(then), true_at: None };
    let before = MentionRequest { moment, ..MentionRequest::new("Anna Berg") };
    assert_eq!(opened.memory.mentions(&before).unwrap().texts.len(), 1, "as it was known then");
    trip("We sailed with Anna Berg.");
    let again = opened.memory.mentions(&MentionRequest::new("Anna Berg")).unwrap().texts[0].id;
    assert_ne!(again, passage);
    let since = opened.memory.remember(NewMemory::new("after"), &Agent::owner()).unwrap().id.minted_at();
    opened.memory.forget(&[again], None, &Agent::owner()).unwrap();
    assert_eq!(named(&opened, "Anna Berg"), Vec::<String>::new());
    let moment = Moment { known_at: Some(since), true_at: None };
    let then = MentionRequest { moment, ..MentionRequest::new("Anna Berg") };
    assert!(opened.memory.mentions(&then).unwrap().texts.is_empty(), "forgotten is forgotten of then, too");
    put(&opened, note("/v/Later.md", "Anna Berg is late.", &[]));
    opened.memory.remove_sources(&[edit.id], &Agent::ingest()).remove(0).unwrap();
    assert_eq!(named(&opened, "Anna Berg"), ["Anna Berg is late."]);
}

#[test]
fn who_stands_for_another_is_meant_by_either_name() {
    let opened = open();
    person(&opened, "Anna Berg");
    person(&opened, "Annika B");
    put(&opened, note("/v/Trip.md", "We sailed with Annika B.\n\nAnna Berg rowed.", &[]));
    opened.memory.merge("Anna Berg", "Annika B", None, &Agent::owner()).unwrap();
    assert_eq!(named(&opened, "Anna Berg").len(), 2);
    opened.memory.split("Annika B", &[], None, &Agent::owner()).unwrap();
    assert_eq!((named(&opened, "Anna Berg").len(), named(&opened, "Annika B").len()), (1, 1));
}

#[test]
fn what_is_remembered_names_too_and_an_alias_is_a_name() {
    let opened = open();
    let mut page = note("/v/Anna Berg.md", "Who this is.", &[]);
    page.aliases.push("Captain Anna".into());
    put(&opened, page);
    let told = opened.memory.remember(NewMemory::new("The harbour asked for Captain Anna."), &Agent::owner()).unwrap();
    let mentioned = opened.memory.mentions(&MentionRequest::new("Anna Berg")).unwrap();
    assert_eq!(mentioned.texts.iter().map(|mention| mention.id).collect::<Vec<_>>(), [told.id]);
    assert_eq!(mentioned.texts[0].trust, "owner");
}

#[test]
fn a_space_hears_of_no_other() {
    let opened = open();
    let secret = Document { space: "b".into(), ..note("/b/Wilhelmina Prat.md", "Hers.", &[]) };
    put(&opened, secret);
    put(&opened, Document { space: "a".into(), ..note("/a/Trip.md", "With Wilhelmina Prat.", &[]) });
    let ask = |space: &str| {
        let spaces = vec![space.to_owned()];
        opened.memory.mentions(&MentionRequest { spaces, ..MentionRequest::new("Wilhelmina Prat") })
    };
    assert_eq!(ask("a").unwrap_err().kind(), ErrorKind::NotFound, "nobody of that name is known there");
    assert_eq!(ask("b").unwrap().texts.len(), 0);
    assert_eq!(named(&opened, "Wilhelmina Prat").len(), 1);
    let spaces = vec!["a".to_owned()];
    let around = opened.memory.graph(&GraphRequest { spaces, ..GraphRequest::new("Trip") }).unwrap();
    assert!(around.edges.is_empty(), "{:?}", around.edges);
}

#[test]
fn an_answer_has_as_many_texts_as_are_asked_for() {
    let opened = open();
    person(&opened, "Anna Berg");
    for number in 0..=MAX_MENTIONS_SHOWN {
        put(&opened, note(&format!("/v/{number:02} x.md"), &format!("With Anna Berg for {number} hours."), &[]));
    }
    let ask = |limit: usize| opened.memory.mentions(&MentionRequest { limit, ..MentionRequest::new("Anna Berg") });
    let some = ask(2).unwrap();
    assert_eq!((some.texts.len(), some.left_out), (2, MAX_MENTIONS_SHOWN - 1));
    assert_eq!(some.texts[0].around, format!("With Anna Berg for {MAX_MENTIONS_SHOWN} hours."), "the newest first");
    let got = opened.memory.get(&[some.id.unwrap()], GetView::Full).unwrap().remove(0);
    assert_eq!((got.named_in.len(), got.named_in_left_out), (MAX_MENTIONS_SHOWN, 1));
    for limit in [0, MAX_MENTIONS + 1] {
        assert_eq!(ask(limit).unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert!(ask(MAX_MENTIONS).is_ok());
}

#[test]
fn who_asks_for_an_address_gets_the_texts_that_give_exactly_that() {
    let opened = open();
    let text = "Write to Someone@Example.org, please.\n\nNot to someone@example.org.uk nor at example.org.\n\n\
                Fixed #12 in 9f2c1ab, see src/main.rs and https://example.org/a/.\n\n```\n#12\n```\n\nCall retry_count twice.";
    put(&opened, note("/v/Mail.md", text, &[]));
    opened.memory.remember(NewMemory::new("someone@example.org wrote again"), &Agent::owner()).unwrap();
    for (of, kind, count) in [
        ("someone@example.org", "email", 2),
        ("SOMEONE@example.org", "email", 2),
        ("#12", "issue", 1),
        ("9f2c1ab", "commit", 1),
        ("src/main.rs", "path", 1),
        ("https://example.org/a", "url", 1),
        ("retry_count", "identifier", 1),
        ("nobody@example.org", "email", 0),
        ("#1", "issue", 0),
        ("main.rs", "path", 0),
    ] {
        let found = opened.memory.mentions(&MentionRequest::new(of)).unwrap();
        assert_eq!((found.kind.as_str(), found.texts.len(), found.id), (kind, count, None), "{of}");
    }
    assert_eq!(refused(&opened, "no such thing").kind(), ErrorKind::NotFound);
    let timeline = opened.memory.timeline(&TimelineRequest::new("someone@example.org")).unwrap();
    assert_eq!((timeline.name.as_str(), timeline.events.len()), ("someone@example.org", 2));
    assert!(opened.memory.timeline(&TimelineRequest::new("nobody@example.org")).is_err());
    let third = opened.memory.mentions(&MentionRequest::new("#12")).unwrap().texts[0].id;
    let references = opened.memory.get(&[third], GetView::Full).unwrap().remove(0).references;
    let values: Vec<&str> = references.iter().map(|reference| reference.value.as_str()).collect();
    assert_eq!(values, ["#12", "9f2c1ab", "src/main.rs", "https://example.org/a"]);
}

#[test]
fn an_address_leads_to_whom_it_belongs() {
    let opened = open();
    let fact = NewMemory::fact(Statement::new("Anna Berg", "has the email address", "anna@example.org"));
    opened.memory.remember(fact, &Agent::owner()).unwrap();
    let around = opened.memory.graph(&GraphRequest::new("Anna@example.org")).unwrap();
    assert_eq!(around.name, "Anna Berg");
    let error = opened.memory.graph(&GraphRequest::new("bo@example.org")).unwrap_err();
    assert!(error.next_step().unwrap().contains("get"), "{error:?}");
}
