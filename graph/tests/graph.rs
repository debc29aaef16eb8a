//! What an entity is tied to: within bounds, of which spaces, and from which moment.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::history::{Dice, History, PEOPLE, day};
use common::{Opened, note, open};
use hydra_graph::{
    Agent, Document, Error, ErrorKind, GetView, GraphRequest, Id, MAX_GRAPH_DEPTH, MAX_GRAPH_EDGES, MAX_GRAPH_NODES,
    MAX_NEWEST_TEXTS, MAX_PATH_NODES, MAX_PATH_STEPS, MAX_PATHS, MAX_TIES_READ, Moment, Neighbourhood, NewMemory,
    Question, Statement, TieKind, Timestamp, UpdateOp,
};

fn told(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn fact(opened: &Opened, subject: &str, predicate: &str, object: &str) -> Id {
    told(opened, NewMemory::fact(Statement::new(subject, predicate, object)))
}

fn around(opened: &Opened, of: &str) -> Neighbourhood {
    opened.memory.graph(&GraphRequest::new(of)).unwrap()
}

fn moment(opened: &Opened) -> Timestamp {
    opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at()
}

fn sentences(found: &Neighbourhood) -> Vec<String> {
    found.edges.iter().map(|tie| format!("{} {} {}", tie.from_name, tie.predicate, tie.to_name)).collect()
}

fn household() -> Opened {
    let opened = open();
    fact(&opened, "Mirela", "works for", "Acme");
    fact(&opened, "Mirela", "knows", "Oskar");
    fact(&opened, "Oskar", "lives in", "Ghent");
    told(&opened, NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new("Mirela lent the ladder") });
    let text = "The boiler was mended by Mirela.";
    let boiler = Document { tags: vec!["house".into()], ..note("/v/Boiler.md", text, &["Mirela"]) };
    opened.memory.put_documents(vec![boiler], &Agent::ingest()).remove(0).unwrap();
    opened
}

#[test]
fn facts_links_and_tags_tie() {
    let opened = household();
    let mirela = around(&opened, "mirela");
    assert_eq!(sentences(&mirela), ["Mirela works for Acme", "Mirela knows Oskar", "Boiler links to Mirela"]);
    let root = &mirela.nodes[0];
    // The memory, and the passage that links.
    assert_eq!((root.distance, root.texts, mirela.nodes.len()), (0, Some(2), 4));
    assert_eq!(sentences(&around(&opened, "#house")), ["Boiler tag house"]);
    let far = opened.memory.graph(&GraphRequest { depth: 2, ..GraphRequest::new("Mirela") }).unwrap();
    let more = sentences(&far);
    assert!(more.contains(&"Oskar lives in Ghent".to_owned()) && more.contains(&"Boiler tag house".to_owned()));
    let only = |predicates: &[&str]| {
        let predicates = predicates.iter().map(|name| (*name).to_owned()).collect();
        opened.memory.graph(&GraphRequest { predicates, ..GraphRequest::new("Mirela") })
    };
    assert_eq!(sentences(&only(&["worksFor"]).unwrap()), ["Mirela works for Acme"]);
    assert_eq!(sentences(&only(&["links to"]).unwrap()), ["Boiler links to Mirela"]);
    let error = only(&["works near"]).unwrap_err();
    assert!(error.next_step().unwrap().contains("works for"), "{error:?}");
}

#[test]
fn a_path_leads_from_one_to_the_other_the_shortest_way() {
    let opened = household();
    let to = |from: &str, to: &str| {
        let request = GraphRequest { to: Some(to.to_owned()), ..GraphRequest::new(from) };
        opened.memory.graph(&request).unwrap().paths.unwrap()
    };
    let path = to("Boiler", "Ghent");
    assert_eq!(path.found.len(), 1);
    let names: Vec<&str> = path.found[0].iter().map(|tie| tie.predicate.as_str()).collect();
    assert_eq!(names, ["links to", "knows", "lives in"]);
    for town in 0..MAX_PATHS + 1 {
        fact(&opened, "Ines", "knows", &format!("Town {town}"));
        fact(&opened, "Tomas", "knows", &format!("Town {town}"));
    }
    let paths = to("Ines", "Tomas");
    assert!(paths.found.len() == MAX_PATHS && paths.found.iter().all(|path| path.len() == 2), "{paths:?}");
    for step in 0..=MAX_PATH_STEPS {
        fact(&opened, &format!("Link {step}"), "knows", &format!("Link {}", step + 1));
    }
    assert_eq!(to("Link 0", &format!("Link {MAX_PATH_STEPS}")).found[0].len(), MAX_PATH_STEPS);
    let further = to("Link 0", &format!("Link {}", MAX_PATH_STEPS + 1));
    assert!(further.found.is_empty() && !further.is_cut);
    assert!(to("Mirela", "Link 0").found.is_empty());
    assert!(to("Mirela", "Mirela").found.is_empty());
}

#[test]
fn a_tie_says_what_a_fact_is_worth() {
    let opened = open();
    let source = told(&opened, NewMemory::new("heard in the lift"));
    let evidence = vec![hydra_graph::Evidence { id: source, quote: None }];
    let rumour = NewMemory {
        confidence: Some(0.5),
        evidence,
        valid_from: Some(day("2024-01-01")),
        ..NewMemory::fact(Statement::new("Mirela", "lives in", "Porto"))
    };
    told(&opened, rumour);
    let other = NewMemory {
        valid_from: Some(day("2024-01-01")),
        ..NewMemory::fact(Statement::new("Mirela", "lives in", "Ghent"))
    };
    told(&opened, other);
    opened.memory.update(source, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    let ties = around(&opened, "Mirela").edges;
    assert_eq!(ties.len(), 2);
    assert!(ties[0].is_disputed && ties[0].is_stale && ties[0].confidence == Some(0.5), "{:?}", ties[0]);
    assert!(ties[1].is_disputed && !ties[1].is_stale && ties[1].confidence.is_none());
    assert_eq!(ties[1].valid_from, Some(day("2024-01-01")));
}

#[test]
fn bounds_are_kept_and_what_is_left_out_is_told() {
    let opened = open();
    let facts =
        (0..MAX_GRAPH_NODES + 5).map(|n| NewMemory::fact(Statement::new("Hub", "knows", format!("Person {n}"))));
    opened.memory.remember_all(facts.collect(), &Agent::owner()).unwrap();
    let hub = around(&opened, "Hub");
    assert_eq!((hub.nodes.len(), hub.nodes_left_out), (MAX_GRAPH_NODES, 6));
    let likes = (0..MAX_GRAPH_EDGES + 7).map(|n| NewMemory::fact(Statement::new("Fan", "likes", format!("thing {n}"))));
    opened.memory.remember_all(likes.collect(), &Agent::owner()).unwrap();
    let fan = around(&opened, "Fan");
    assert_eq!((fan.edges.len(), fan.edges_left_out), (MAX_GRAPH_EDGES, 7));
    for number in 0..=MAX_NEWEST_TEXTS {
        told(&opened, NewMemory { entities: vec!["Fan".into()], ..NewMemory::new(format!("Fan said {number}")) });
    }
    let fan = around(&opened, "Fan");
    assert_eq!((fan.nodes[0].texts, fan.nodes[0].newest_texts.len()), (Some(MAX_NEWEST_TEXTS + 1), MAX_NEWEST_TEXTS));
    for depth in [0, MAX_GRAPH_DEPTH + 1] {
        let error = opened.memory.graph(&GraphRequest { depth, ..GraphRequest::new("Hub") }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}

#[test]
fn who_is_meant_must_be_plain() {
    let opened = household();
    fact(&opened, "Anna (sister)", "lives in", "Ghent");
    fact(&opened, "Anna (colleague)", "lives in", "Porto");
    let refused = |of: &str| -> Error { opened.memory.graph(&GraphRequest::new(of)).unwrap_err() };
    let error = refused("Anna");
    assert!(error.kind() == ErrorKind::Conflict && error.message().contains("Anna (sister)"), "{error}");
    assert_eq!(sentences(&around(&opened, "anna (sister)")), ["Anna (sister) lives in Ghent"]);
    let id = around(&opened, "Anna (sister)").id;
    assert_eq!(around(&opened, &format!("id:{id}")).id, id);
    assert_eq!(refused("Nobody").kind(), ErrorKind::NotFound);
    let memory = told(&opened, NewMemory::new("a text"));
    assert!(refused(&memory.to_string()).message().contains("is a text"));
    for at in ["2001-01-01", "2100-01-01"] {
        let moment = Moment { known_at: Some(day(at)), true_at: None };
        let error = opened.memory.graph(&GraphRequest { moment, ..GraphRequest::new("Mirela") }).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
    }
}

#[test]
fn reading_has_an_end() {
    let opened = open();
    let facts = (0..=MAX_PATH_NODES).map(|n| NewMemory::fact(Statement::new("Hub", "knows", format!("Person {n}"))));
    opened.memory.remember_all(facts.collect(), &Agent::owner()).unwrap();
    fact(&opened, "Ines", "lives in", "Ghent");
    let to = |from: &str, to: &str| {
        let request = GraphRequest { to: Some(to.to_owned()), ..GraphRequest::new(from) };
        opened.memory.graph(&request).unwrap().paths.unwrap()
    };
    assert!(to("Hub", "Ghent").is_cut && !to("Ghent", "Hub").is_cut);
    assert_eq!(to("Hub", &format!("Person {MAX_PATH_NODES}")).found.len(), 1);
    let texts = (0..MAX_TIES_READ + 2)
        .map(|n| NewMemory { entities: vec!["Chronicle".into()], ..NewMemory::new(format!("entry {n}")) });
    opened.memory.remember_all(texts.collect(), &Agent::owner()).unwrap();
    let read = around(&opened, "Chronicle");
    assert_eq!((read.nodes[0].texts, read.edges_left_out), (Some(MAX_TIES_READ), 2));
}

/// Everybody, two steps around, and the way from the first to the last.
fn look(opened: &Opened, spaces: &[&str], moment: Moment) -> Vec<Result<Neighbourhood, ErrorKind>> {
    let spaces: Vec<String> = spaces.iter().map(|space| (*space).to_owned()).collect();
    let ask = |of: &str, to: Option<&str>| {
        let to = to.map(str::to_owned);
        let request = GraphRequest { depth: 2, to, spaces: spaces.clone(), moment, ..GraphRequest::new(of) };
        opened.memory.graph(&request).map_err(|error| error.kind())
    };
    let each = PEOPLE.iter().map(|person| ask(person, None));
    each.chain([ask(PEOPLE[0], Some(PEOPLE[3])), ask("alder0", Some("Lucca alder")), ask("aldertag1", None)]).collect()
}

#[test]
fn any_moment_of_a_random_history_is_tied_as_it_was_then() {
    let opened = open();
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut histories = ["alder", "birch"].map(History::of);
    let spaces: [&[&str]; 3] = [&[], &["alder"], &["birch"]];
    let mut moments = Vec::new();
    for step in 0..200 {
        let turn = dice.roll(2);
        histories[turn].act(&opened, &mut dice);
        if step % 12 == 11 {
            let seen = spaces.map(|spaces| look(&opened, spaces, Moment::default()));
            moments.push((moment(&opened), seen));
        }
    }
    for (at, then) in &moments {
        for (spaces, then) in spaces.iter().zip(then) {
            let again = look(&opened, spaces, Moment { known_at: Some(*at), true_at: None });
            assert_eq!(&again, then, "as {spaces:?} knew at {at}");
        }
    }
    let kinds: BTreeSet<TieKind> =
        moments.iter().flat_map(|(_, seen)| &seen[0]).flatten().flat_map(|n| &n.edges).map(|tie| tie.kind).collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    for (space, other) in [("alder", "birch"), ("birch", "alder")] {
        for found in look(&opened, &[space], Moment::default()).into_iter().flatten() {
            assert!(!format!("{found:?}").contains(other), "{space} reads of {other}: {found:?}");
        }
    }

    // What was true: each fact that is believed and held, as the records tell.
    let ids: Vec<Id> = histories.iter().flat_map(|history| history.ids.iter().copied()).collect();
    let mut stated = 0;
    for known_at in [None, Some(moments[5].0), Some(moments[11].0)] {
        for (true_at, person) in ["2019-12-31", "2020-01-01", "2022-01-01", "2024-01-01", "2025-03-01"]
            .map(day)
            .into_iter()
            .flat_map(|at| PEOPLE.map(|person| (at, person)))
        {
            let got = match known_at {
                Some(at) => opened.memory.get_at(&ids, GetView::Full, at),
                None => opened.memory.get(&ids, GetView::Full),
            };
            let held: BTreeSet<(Id, String)> = got
                .unwrap()
                .into_iter()
                .filter_map(|got| got.record)
                .filter(|record| record.forgotten_at.is_none() && record.retracted_at.is_none())
                .filter(|record| record.valid_from.or(record.happened_at).unwrap_or(record.recorded_at) <= true_at)
                .filter(|record| record.valid_to.is_none_or(|end| true_at < end))
                .filter_map(|record| Some((record.id, record.statement?)))
                .filter(|(_, statement)| [&statement.subject, &statement.object].iter().any(|name| *name == person))
                .map(|(id, statement)| (id, statement.sentence()))
                .collect();
            let moment = Moment { known_at, true_at: Some(true_at) };
            let found = opened.memory.graph(&GraphRequest { moment, ..GraphRequest::new(person) });
            let found: BTreeSet<(Id, String)> = found
                .map(|found| sentences(&found).into_iter().zip(found.edges).collect::<Vec<_>>())
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(sentence, tie)| Some((tie.fact?, sentence)))
                .collect();
            stated += held.len();
            assert_eq!(found, held, "true at {true_at}, known at {known_at:?}");
        }
    }
    assert!(stated > 5, "{stated}");
}
