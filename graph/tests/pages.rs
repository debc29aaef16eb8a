//! Pages of memories, of neighbours and of commits: each thing once, in an order that stays.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, ChangesRequest, ErrorKind, Id, Kind, ListRequest, Listed, MAX_CHANGES, MAX_LISTED, MAX_LISTED_LOOKED_AT,
    MAX_NEIGHBOURS, MAX_TIES_NAMED, MAX_TOUCHED_NAMED, Moment, Neighbours, NeighboursRequest, NewMemory, PredicateInfo,
    Statement, UpdateOp,
};

fn told(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn fact(opened: &Opened, subject: &str, predicate: &str, object: &str) -> Id {
    told(opened, NewMemory::fact(Statement::new(subject, predicate, object)))
}

fn listed(opened: &Opened, request: &ListRequest) -> Listed {
    opened.memory.list(request).unwrap()
}

/// All pages of a list.
fn all(opened: &Opened, mut request: ListRequest) -> Vec<Id> {
    let mut ids = Vec::new();
    loop {
        let page = listed(opened, &request);
        assert!(page.records.len() <= request.first);
        ids.extend(page.records.iter().map(|record| record.id));
        request.after = page.next;
        if page.next.is_none() {
            return ids;
        }
    }
}

#[test]
fn memories_of_a_kind_are_listed_newest_first_each_once() {
    let opened = open();
    let mut episodes: Vec<Id> =
        (0..25).map(|n| told(&opened, NewMemory::new(format!("it rained {n} times")))).collect();
    let gone = episodes.remove(7);
    opened.memory.forget(&[gone], None, &Agent::owner()).unwrap();
    let work = NewMemory { space: "work".into(), ..NewMemory::new("the meeting was moved") };
    let at_work = told(&opened, work);
    fact(&opened, "Mirela", "lives in", "Ghent");
    let request = ListRequest { first: 4, spaces: vec!["personal".into()], ..ListRequest::new(Kind::Episode) };
    episodes.reverse();
    assert_eq!(all(&opened, request.clone()), episodes);
    assert_eq!(all(&opened, ListRequest { spaces: vec!["work".into()], ..request.clone() }), [at_work]);
    assert_eq!(all(&opened, ListRequest { spaces: Vec::new(), ..request }).len(), episodes.len() + 1);
}

#[test]
fn facts_of_a_subject_are_those_that_say_something_of_it_then() {
    let opened = open();
    let porto = fact(&opened, "Mirela", "lives in", "Porto");
    let knows = fact(&opened, "Oskar", "knows", "Mirela");
    let before = opened.memory.changes(&ChangesRequest { first: 1, ..ChangesRequest::default() }).unwrap();
    let before = before.newest.unwrap().minted_at();
    let ghent = opened
        .memory
        .update(porto, UpdateOp::Correct(Statement::new("Mirela", "lives in", "Ghent")), None, &Agent::owner())
        .unwrap()
        .replaced_by
        .unwrap();
    let of = |about: &str, moment: Moment| {
        all(&opened, ListRequest { about: Some(about.into()), moment, ..ListRequest::new(Kind::Fact) })
    };
    assert_eq!(of("Mirela", Moment::default()), [ghent]);
    assert_eq!(of("Oskar", Moment::default()), [knows]);
    assert_eq!(of("Mirela", Moment { known_at: Some(before), true_at: None }), [porto]);
    let unknown = ListRequest { about: Some("Nobody".into()), ..ListRequest::new(Kind::Fact) };
    assert_eq!(opened.memory.list(&unknown).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn pages_have_bounds() {
    let opened = open();
    let refused = |first: usize| {
        let list = ListRequest { first, ..ListRequest::new(Kind::Fact) };
        let error = opened.memory.list(&list).unwrap_err();
        assert!(error.next_step().is_some());
        error.kind()
    };
    assert_eq!((refused(0), refused(MAX_LISTED + 1)), (ErrorKind::Invalid, ErrorKind::Invalid));
    assert_eq!(opened.memory.list(&ListRequest::new(Kind::Passage)).unwrap_err().kind(), ErrorKind::Invalid);
    for first in [0, MAX_NEIGHBOURS + 1] {
        let request = NeighboursRequest { first, ..NeighboursRequest::new("Mirela") };
        assert_eq!(opened.memory.neighbours(&request).unwrap_err().kind(), ErrorKind::Invalid);
    }
    for first in [0, MAX_CHANGES + 1] {
        let request = ChangesRequest { first, ..ChangesRequest::default() };
        assert_eq!(opened.memory.changes(&request).unwrap_err().kind(), ErrorKind::Invalid);
    }
    assert_eq!("1.2".parse::<hydra_graph::Rank>().unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_page_reads_so_many_and_then_says_where_to_go_on() {
    let opened = open();
    let wanted = told(&opened, NewMemory { space: "work".into(), ..NewMemory::new("the meeting was moved") });
    let others = (0..=MAX_LISTED_LOOKED_AT).map(|n| NewMemory::new(format!("it rained {n} times"))).collect();
    opened.memory.remember_all(others, &Agent::owner()).unwrap();
    let request = ListRequest { spaces: vec!["work".into()], ..ListRequest::new(Kind::Episode) };
    let first = listed(&opened, &request);
    assert!(first.records.is_empty() && first.next.is_some());
    assert_eq!(all(&opened, request), [wanted]);
}

#[test]
fn neighbours_are_ranked_and_each_comes_once() {
    let opened = open();
    fact(&opened, "Mirela", "knows", "Oskar");
    fact(&opened, "Oskar", "is a friend of", "Mirela");
    fact(&opened, "Mirela", "works for", "Tern");
    for n in 0..30 {
        let document = note(&format!("/v/Note {n}.md"), "About Mirela.", &["Mirela"]);
        opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    let page = |first: usize, after| -> Neighbours {
        opened.memory.neighbours(&NeighboursRequest { first, after, ..NeighboursRequest::new("Mirela") }).unwrap()
    };
    let whole = page(MAX_NEIGHBOURS, None);
    assert_eq!((whole.total, whole.is_more, whole.unread), (32, false, 0));
    let names: Vec<&str> = whole.neighbours.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(&names[..3], ["Oskar", "Tern", "Note 0"]);
    assert_eq!(whole.neighbours[0].rank.counts(), (2, 0, 0));
    assert_eq!(whole.neighbours[2].rank.counts(), (0, 1, 0));
    let (mut after, mut met) = (None, Vec::new());
    loop {
        let page = page(7, after);
        after = page.neighbours.last().map(|last| last.rank.to_string().parse().unwrap());
        met.extend(page.neighbours.iter().map(|one| one.id));
        if !page.is_more {
            break;
        }
    }
    assert_eq!(met, whole.neighbours.iter().map(|one| one.id).collect::<Vec<_>>());
    assert_eq!(met.iter().collect::<BTreeSet<_>>().len(), 32);
}

#[test]
fn as_many_ties_of_a_neighbour_are_named_as_fit() {
    let opened = open();
    for n in 0..=MAX_TIES_NAMED {
        let label = format!("is known by sign {n} to");
        let sign = PredicateInfo {
            label: label.clone(),
            aliases: Vec::new(),
            functional: false,
            symmetric: false,
            entities: true,
            iri: String::new(),
        };
        opened.memory.declare(sign, &Agent::owner()).unwrap();
        fact(&opened, "Mirela", &label, "Oskar");
    }
    let found = opened.memory.neighbours(&NeighboursRequest::new("Mirela")).unwrap();
    assert_eq!(found.neighbours[0].rank.counts(), (MAX_TIES_NAMED + 1, 0, 0));
    assert_eq!(found.neighbours[0].ties.len(), MAX_TIES_NAMED);
}

#[test]
fn commits_are_told_in_order_and_none_twice() {
    let opened = open();
    let first = opened.memory.remember(NewMemory::new("one"), &Agent::owner()).unwrap();
    let told: Vec<_> =
        (0..9).map(|n| opened.memory.remember(NewMemory::new(format!("more {n}")), &Agent::owner()).unwrap()).collect();
    let (mut after, mut met) = (first.commit, Vec::new());
    loop {
        let request = ChangesRequest { after: Some(after), first: 4, ..ChangesRequest::default() };
        let page = opened.memory.changes(&request).unwrap();
        after = page.newest.unwrap();
        met.extend(page.commits.iter().map(|changed| (changed.commit.id, changed.touched.clone())));
        if !page.is_more {
            break;
        }
    }
    assert_eq!(met, told.iter().map(|told| (told.commit, vec![told.id])).collect::<Vec<_>>());
    let none = opened.memory.changes(&ChangesRequest { after: Some(after), first: 4, ..ChangesRequest::default() });
    assert_eq!(none.unwrap().newest, Some(after));
    let unknown = ChangesRequest { after: Some(first.id), first: 4, ..ChangesRequest::default() };
    assert_eq!(opened.memory.changes(&unknown).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn commits_are_gone_back_through_by_what_they_did() {
    let opened = open();
    let told: Vec<_> =
        (0..7).map(|n| opened.memory.remember(NewMemory::new(format!("more {n}")), &Agent::owner()).unwrap()).collect();
    let forget = |id| opened.memory.forget(&[id], None, &Agent::owner()).unwrap().commit.unwrap();
    let forgotten: Vec<_> = told.iter().take(5).map(|told| forget(told.id)).collect();
    let (mut before, mut met) = (None, Vec::new());
    loop {
        let request = ChangesRequest { before, verbs: vec!["forget".into()], first: 2, ..ChangesRequest::default() };
        let page = opened.memory.changes(&request).unwrap();
        before = page.commits.first().map(|changed| changed.commit.id);
        met.extend(page.commits.iter().rev().map(|changed| changed.commit.id));
        if !page.is_more {
            break;
        }
    }
    assert_eq!(met, forgotten.iter().rev().copied().collect::<Vec<_>>());
    let (after, before) = (Some(told[0].commit), Some(forgotten[0]));
    let both = ChangesRequest { after, before, first: 2, ..ChangesRequest::default() };
    assert_eq!(opened.memory.changes(&both).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn a_space_hears_of_its_own_commits_alone() {
    let opened = open();
    let here = opened.memory.remember(NewMemory::new("at home"), &Agent::owner()).unwrap();
    let there = NewMemory { space: "work".into(), ..NewMemory::new("at work") };
    let there = opened.memory.remember(there, &Agent::owner()).unwrap();
    let of = |space: &str| {
        let request = ChangesRequest { spaces: vec![space.into()], first: 10, ..ChangesRequest::default() };
        let page = opened.memory.changes(&request).unwrap();
        assert_eq!(page.newest, Some(there.commit), "whoever goes on from there misses nothing");
        page.commits.into_iter().map(|changed| changed.commit.id).collect::<Vec<_>>()
    };
    assert_eq!((of("personal"), of("work")), (vec![here.commit], vec![there.commit]));
}

#[test]
fn as_many_touched_are_named_as_fit() {
    let opened = open();
    let paragraphs: Vec<String> = (0..=MAX_TOUCHED_NAMED).map(|n| format!("Paragraph number {n}.")).collect();
    let document = note("/v/Long.md", &paragraphs.join("\n\n"), &[]);
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    let page = opened.memory.changes(&ChangesRequest { first: 1, ..ChangesRequest::default() }).unwrap();
    assert!(page.commits[0].commit.touched > MAX_TOUCHED_NAMED);
    assert_eq!(page.commits[0].touched.len(), MAX_TOUCHED_NAMED);
}
