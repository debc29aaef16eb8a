//! Two that seem to be one: proposed once with what speaks for it, never merged.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open, world};
use hydra_graph::{Agent, Document, Evidence, MAX_SHARING, MAX_SUGGESTED, NewMemory, ProposalInfo, Statement};

fn put(opened: &Opened, document: Document) {
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
}

fn tell(opened: &Opened, subject: &str, predicate: &str, object: &str) {
    let new = NewMemory::fact(Statement::new(subject, predicate, object));
    opened.memory.remember(new, &Agent::owner()).unwrap();
}

fn waiting(opened: &Opened) -> Vec<ProposalInfo> {
    opened.memory.proposals(&[]).unwrap()
}

fn suggested(opened: &Opened) -> Vec<String> {
    opened.memory.suggest_merges().unwrap().into_iter().map(|one| one.text).collect()
}

#[test]
fn an_address_in_common_proposes_a_merge_and_merges_nothing() {
    let opened = open();
    tell(&opened, "Anna Berg", "has the email address", "anna@example.org");
    tell(&opened, "Skipper", "has the email address", "Anna@Example.org");
    tell(&opened, "Pelle", "has the email address", "pelle@example.org");
    assert_eq!(suggested(&opened), ["Skipper is the same as Anna Berg"]);
    let one = waiting(&opened).remove(0);
    assert_eq!(
        (one.kind.as_str(), one.agent.as_str(), one.trust.as_str(), one.evidence.len()),
        ("merge", "hydra", "ingested", 2)
    );
    assert!(opened.memory.entity("Skipper").unwrap().stands_for.is_empty());
    let before = world(&opened.memory);
    assert_eq!(suggested(&opened), Vec::<String>::new());
    assert_eq!(world(&opened.memory), before, "the same again is not even counted");
    opened.memory.reject(&[one.id], None, &Agent::owner()).unwrap();
    assert_eq!(suggested(&opened), Vec::<String>::new(), "rejected is rejected");
}

#[test]
fn a_name_alone_is_too_little_and_something_shared_is_enough() {
    let opened = open();
    put(&opened, note("/v/Anna Berg.md", "She sails.", &[]));
    put(&opened, note("/v/Card.md", "From A. Berg.", &["A. Berg"]));
    assert_eq!(suggested(&opened), Vec::<String>::new());
    put(&opened, note("/v/Boat.md", "Anna Berg owns it.", &["Anna Berg"]));
    put(&opened, note("/v/Boat.md", "Anna Berg owns it, A. Berg signed.", &["Anna Berg", "A. Berg"]));
    assert_eq!(suggested(&opened), ["A. Berg is the same as Anna Berg"]);
    let one = waiting(&opened).remove(0);
    assert!(!one.evidence.is_empty() && one.problem.is_none(), "{one:?}");
    let Evidence { id, .. } = one.evidence[0].clone();
    let said = opened.memory.get(&[id], Default::default()).unwrap().remove(0).record.unwrap().text;
    assert!(said.contains("signed"), "{said}");
    opened.memory.accept(&[one.id], None, &Agent::owner()).unwrap();
    assert_eq!(opened.memory.entity("A. Berg").unwrap().name, "Anna Berg");
    opened.memory.split("A. Berg", &[], None, &Agent::owner()).unwrap();
    assert_eq!(suggested(&opened), Vec::<String>::new(), "who was told apart is not one");
}

#[test]
fn an_initial_of_two_is_nobodys_and_an_alias_of_two_is_asked_about() {
    let opened = open();
    for name in ["Anna Berg", "Arne Berg"] {
        put(&opened, note(&format!("/v/{name}.md"), "A person.", &[]));
    }
    put(&opened, note("/v/Boat.md", "Anna Berg, Arne Berg, A. Berg.", &["Anna Berg", "Arne Berg", "A. Berg"]));
    assert_eq!(suggested(&opened), Vec::<String>::new());
    for (name, number) in [("Storm", 1), ("Gale", 2)] {
        let text = format!("Wind {number} in Harbour.");
        put(&opened, Document { aliases: vec!["Blow".into()], ..note(&format!("/v/{name}.md"), &text, &["Harbour"]) });
    }
    assert_eq!(suggested(&opened), ["Gale is the same as Storm"]);
}

#[test]
fn a_run_proposes_so_many_and_what_many_share_says_nothing() {
    let opened = open();
    for number in 0..=MAX_SUGGESTED {
        for side in ["Left", "Right"] {
            tell(&opened, &format!("{side}{number}"), "has the email address", &format!("n{number}@example.org"));
        }
    }
    for number in 0..=MAX_SHARING {
        tell(&opened, &format!("Desk{number}"), "has the email address", "office@example.org");
    }
    assert_eq!((suggested(&opened).len(), suggested(&opened).len(), suggested(&opened).len()), (MAX_SUGGESTED, 1, 0));
}

#[test]
fn what_only_another_space_knows_speaks_for_nothing() {
    let opened = open();
    for (space, name) in [("a", "Anna Berg"), ("b", "Skipper")] {
        let fact = NewMemory::fact(Statement::new(name, "has the email address", "anna@example.org"));
        opened.memory.remember(NewMemory { space: space.into(), ..fact }, &Agent::owner()).unwrap();
    }
    assert_eq!(suggested(&opened), Vec::<String>::new());
}
