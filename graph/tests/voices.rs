//! Copies of one source are one voice: they promote nothing, add no support and take no second place in an answer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, Evidence, Exclusion, GetView, Id, Kind, MAX_COPIES, MAX_EVIDENCE, MAX_ROOTS_LOOKED_AT, MAX_VOICES,
    NewLearning, NewMemory, NewPreference, Outcome, Question, RememberStatus, Remembered, Standing, Statement,
};

fn tell(opened: &Opened, new: NewMemory) -> Remembered {
    opened.memory.remember(new, &Agent::named("claude")).unwrap()
}

fn said(opened: &Opened, text: &str, session: Option<&str>) -> Id {
    tell(opened, NewMemory { session: session.map(str::to_owned), ..NewMemory::new(text) }).id
}

fn evidence(ids: &[Id]) -> Vec<Evidence> {
    ids.iter().map(|id| Evidence { id: *id, quote: None }).collect()
}

fn voices(opened: &Opened, id: Id) -> usize {
    opened.memory.get(&[id], GetView::Full).unwrap()[0].voices.unwrap()
}

/// Reads a note, and returns its only passage.
fn passage(opened: &Opened, path: &str, text: &str) -> Id {
    opened.memory.put_documents(vec![note(path, text, &[])], &Agent::ingest()).remove(0).unwrap();
    let hits = opened.memory.recall(&Question { limit: 200, ..Question::new(text) }).unwrap().hits;
    let is_it = |source: &hydra_graph::Source| source.path.as_deref().is_some_and(|at| at.ends_with(path));
    let copies = hits.iter().flat_map(|hit| hit.also_in.iter().map(|copy| (copy.id, &copy.source)));
    let mut all = hits.iter().map(|hit| (hit.id, &hit.source)).chain(copies);
    all.find(|(_, source)| is_it(source)).unwrap().0
}

const CLAIM: &str = "The boiler was serviced in March by the man from Ghent.";

/// Pairs of evidence, and whether they are independent.
fn pairs(opened: &Opened) -> Vec<(&'static str, Id, Id, bool)> {
    let original = passage(opened, "/notes/a.md", CLAIM);
    let copy = passage(opened, "/notes/copy.md", &CLAIM.to_uppercase());
    let quoting = passage(opened, "/notes/quote.md", &format!("Somebody wrote: {CLAIM} So it was."));
    let other = passage(opened, "/notes/b.md", "The invoice of the boiler service came on 3 March.");
    let (one, two) = (said(opened, "It was in March", Some("Monday")), said(opened, "Ghent, he said", Some("Monday")));
    let three = said(opened, "A man came", Some("Friday"));
    let summary = NewMemory { evidence: evidence(&[original]), ..NewMemory::new("Boiler: done") };
    let summary = tell(opened, summary).id;
    let above = tell(opened, NewMemory { evidence: evidence(&[summary]), ..NewMemory::new("House: all done") }).id;
    let by = |text: &str, who: &str| NewMemory { said_by: Some(who.into()), ..NewMemory::new(text) };
    let (ann, again, bob) = (by("He came", "Ann"), by("I saw him", " ann"), by("I paid him", "Bob"));
    let [ann, again, bob] = [ann, again, bob].map(|new| tell(opened, new).id);
    vec![
        ("the same text", original, copy, false),
        ("a quote", original, quoting, false),
        ("another note", original, other, true),
        ("one conversation", one, two, false),
        ("two conversations", one, three, true),
        ("derived, twice over", original, above, false),
        ("derived from another", other, above, true),
        ("the same person", ann, again, false),
        ("two persons", ann, bob, true),
        ("itself", three, three, false),
    ]
}

#[test]
fn only_independent_evidence_promotes_in_either_order() {
    let opened = open();
    for (number, (name, one, two, is_independent)) in pairs(&opened).into_iter().enumerate() {
        for (turn, order) in [[one, two], [two, one]].into_iter().enumerate() {
            let preference = NewPreference { is_inferred: true, ..NewPreference::default() };
            let text = format!("I like thing {number} {turn}");
            let guess = |id| NewMemory {
                kind: Kind::Preference,
                evidence: evidence(&[id]),
                preference: preference.clone(),
                ..NewMemory::new(&text)
            };
            tell(&opened, guess(order[0]));
            let known = tell(&opened, guess(order[1])).preference.unwrap();
            let expected = if is_independent { (Standing::InForce, 2) } else { (Standing::Candidate, 1) };
            assert_eq!((known.status, known.observations, known.times_seen), (expected.0, expected.1, 2), "{name}");
        }
    }
}

#[test]
fn a_fact_is_supported_by_independent_voices_only() {
    let opened = open();
    for (number, (name, one, two, is_independent)) in pairs(&opened).into_iter().enumerate() {
        let fact = |id| NewMemory {
            evidence: evidence(&[id]),
            ..NewMemory::fact(Statement::new(format!("Person {number}"), "works for", "Acme"))
        };
        let first = tell(&opened, fact(one));
        let second = tell(&opened, fact(two));
        assert_eq!((second.id, second.status), (first.id, RememberStatus::Duplicate), "{name}");
        assert_eq!(voices(&opened, first.id), 1 + usize::from(is_independent), "{name}");
        assert_eq!(second.commit != first.commit, is_independent, "{name}: a copy writes nothing");
        let rests_on = opened.memory.get(&[first.id], GetView::Full).unwrap()[0].record.clone().unwrap().derived_from;
        assert_eq!(rests_on.contains(&two), is_independent || one == two, "{name}");
    }
}

#[test]
fn voices_without_evidence_count_by_where_they_come_from() {
    let opened = open();
    let fact = || NewMemory::fact(Statement::new("Mirela", "works for", "Acme"));
    let first = tell(&opened, fact());
    assert_eq!(voices(&opened, first.id), 1);
    for (new, agent, expected) in [
        (fact(), Agent::named("claude"), 1),
        (NewMemory { session: Some("Monday".into()), ..fact() }, Agent::named("claude"), 1),
        (NewMemory { session: Some("Monday".into()), ..fact() }, Agent::named("other"), 1),
        (NewMemory { said_by: Some("Ann".into()), ..fact() }, Agent::named("claude"), 2),
        (fact(), Agent::owner(), 3),
        (fact(), Agent::owner(), 3),
    ] {
        let told = opened.memory.remember(new, &agent).unwrap();
        assert_eq!((told.id, voices(&opened, first.id)), (first.id, expected));
    }
    // The same within one batch.
    let other = |session: &str| NewMemory {
        session: Some(session.into()),
        ..NewMemory::fact(Statement::new("Anselm", "works for", "Beta"))
    };
    let all = opened.memory.remember_all(vec![other("one"), other("two"), other("two")], &Agent::owner()).unwrap();
    assert_eq!(voices(&opened, all[0].id), 2);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn ten_copies_do_not_outvote_one_word_of_the_owner() {
    let opened = open();
    let typed = |n: usize| format!("{}{}", CLAIM[..n + 10].to_uppercase(), &CLAIM[n + 10..]);
    let copies: Vec<Id> = (0..10).map(|n| passage(&opened, &format!("/notes/{n}.md"), &typed(n))).collect();
    let fact = |object: &str| NewMemory::fact(Statement::new("Boiler", "is located in", object));
    let owner = opened.memory.remember(fact("Cellar"), &Agent::owner()).unwrap();
    let mut others = Vec::new();
    for copy in copies {
        others.push(tell(&opened, NewMemory { evidence: evidence(&[copy]), ..fact("Attic") }));
    }
    let apart: Vec<Id> = ["He wrote", "She wrote"]
        .map(|who| {
            let new =
                NewMemory { said_by: Some(who.into()), ..NewMemory::new(format!("{who} that it is in the attic")) };
            tell(&opened, new).id
        })
        .into();
    assert_eq!(voices(&opened, others[0].id), 1);
    let conflict = opened.memory.conflicts(&[]).unwrap().remove(0);
    assert_eq!((conflict.sides[0].id, &conflict.voices), (owner.id, &vec![1, 1]));
    for id in apart {
        tell(&opened, NewMemory { evidence: evidence(&[id]), ..fact("Attic") });
    }
    let conflict = opened.memory.conflicts(&[]).unwrap().remove(0);
    assert_eq!((conflict.sides[0].id, &conflict.voices), (owner.id, &vec![1, 3]), "trust decides before number");
}

#[test]
fn no_more_voices_are_kept_than_there_is_room_for() {
    let opened = open();
    let fact = |n: usize| NewMemory {
        said_by: Some(format!("person {n}")),
        ..NewMemory::fact(Statement::new("Mirela", "works for", "Acme"))
    };
    let all = opened.memory.remember_all((0..=MAX_VOICES).map(fact).collect(), &Agent::owner()).unwrap();
    assert_eq!(voices(&opened, all[0].id), MAX_VOICES);
}

#[test]
fn the_way_to_the_roots_is_looked_at_only_so_far() {
    let opened = open();
    let all = |new: Vec<NewMemory>| -> Vec<Id> {
        let told = opened.memory.remember_all(new, &Agent::named("claude")).unwrap();
        told.into_iter().map(|told| told.id).collect()
    };
    let resting = |text: String, on: &[Id]| NewMemory { evidence: evidence(on), ..NewMemory::new(text) };
    let leaves = all((0..MAX_EVIDENCE * MAX_EVIDENCE).map(|n| NewMemory::new(format!("Leaf {n}"))).collect());
    let branches = leaves.chunks(MAX_EVIDENCE).enumerate();
    let branches = all(branches.map(|(n, leaves)| resting(format!("Branch {n}"), leaves)).collect());
    let top = all(vec![resting("Top".into(), &branches)])[0];
    let nodes = 1 + branches.len() + leaves.len();
    assert!(nodes > MAX_ROOTS_LOOKED_AT);
    let fact = |id: Id| NewMemory {
        evidence: evidence(&[id]),
        ..NewMemory::fact(Statement::new("Mirela", "works for", "Acme"))
    };
    let facts = all([top].iter().chain(&leaves).map(|id| fact(*id)).collect());
    // One branch of those that were too many was not looked at either.
    assert_eq!(voices(&opened, facts[0]), 1 + nodes - MAX_ROOTS_LOOKED_AT - 1);
}

#[test]
fn a_learning_seen_in_one_place_was_seen_once() {
    let opened = open();
    let (one, two) = (said(&opened, "The linker died", Some("a")), said(&opened, "It died again", Some("b")));
    let learn = |evidence: &[Id], outcome| {
        let new = NewLearning {
            trigger: "the linker is killed".into(),
            lesson: "Build with one job".into(),
            outcome,
            evidence: evidence.to_vec(),
            space: "personal".into(),
            entities: Vec::new(),
            path: None,
        };
        opened.memory.learn(new, &Agent::owner()).unwrap().learning.times_seen
    };
    let copy = said(&opened, "the LINKER died!", None);
    assert_eq!(learn(&[one], Outcome::Worked), 1);
    assert_eq!(learn(&[one], Outcome::Worked), 1, "the same report");
    assert_eq!(learn(&[copy], Outcome::Worked), 1, "a copy of it");
    assert_eq!(learn(&[two], Outcome::Worked), 2, "it happened again");
    assert_eq!(learn(&[one], Outcome::Failed), 3, "it went otherwise");
    assert_eq!(learn(&[], Outcome::Mixed), 4, "nobody says where");
}

#[test]
fn copies_are_one_hit_that_names_the_others() {
    let opened = open();
    let count = MAX_COPIES + 2;
    for n in 0..count {
        let document = note(&format!("/notes/{n}.md"), CLAIM, &[]);
        opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    let recalled = opened.memory.recall(&Question::new("who serviced the boiler")).unwrap();
    assert_eq!(recalled.hits.len(), 1);
    let hit = &recalled.hits[0];
    assert_eq!(hit.also_in.len(), MAX_COPIES);
    assert!(hit.also_in.iter().all(|copy| copy.id != hit.id && copy.source.path.is_some()));
    let explained = opened.memory.explain(hydra_graph::Answered::Before(recalled.trace_id), None).unwrap();
    assert_eq!(explained.left_out.iter().filter(|left| left.reason == Exclusion::Twin(hit.id)).count(), count - 1);
    let one = opened.memory.recall(&Question { limit: 1, ..Question::new("who serviced the boiler") }).unwrap();
    assert_eq!(one.hits[0].also_in.len(), MAX_COPIES, "also where the limit is reached");
}

#[test]
fn one_who_goes_by_two_names_is_one_voice_until_they_are_split() {
    let opened = open();
    let memory = &opened.memory;
    for name in ["Bob", "Robert"] {
        tell(&opened, NewMemory { entities: vec![name.into()], ..NewMemory::new(format!("{name} called")) });
    }
    let by = |new: NewMemory, who: &str| tell(&opened, NewMemory { said_by: Some(who.into()), ..new });
    let fact = |object: &str| NewMemory::fact(Statement::new("Ann", "knows", object));
    let guess = |thing: &str| {
        let preference = NewPreference { is_inferred: true, ..NewPreference::default() };
        NewMemory { kind: Kind::Preference, preference, ..NewMemory::new(format!("I like {thing}")) }
    };
    let [told, liked] = [fact("Oskar"), guess("jazz")].map(|new| {
        by(new.clone(), "Bob");
        by(new, "robert")
    });
    assert_eq!(voices(&opened, told.id), 2);
    assert_eq!(liked.preference.unwrap().status, Standing::InForce);
    let standing = || {
        let known = memory.get(&[liked.id], GetView::Full).unwrap().remove(0).record.unwrap().preference.unwrap();
        (known.status, known.observations)
    };
    memory.merge("Bob", "Robert", None, &Agent::owner()).unwrap();
    assert_eq!((voices(&opened, told.id), standing()), (1, (Standing::Candidate, 1)), "it was one person");
    let [fresh, rock] = [fact("Mirela"), guess("rock")].map(|new| {
        by(new.clone(), "Bob");
        by(new, "Robert")
    });
    assert_eq!((voices(&opened, fresh.id), rock.preference.unwrap().status), (1, Standing::Candidate));
    memory.split("Robert", &[], None, &Agent::owner()).unwrap();
    assert_eq!((voices(&opened, told.id), standing()), (2, (Standing::InForce, 2)));
}
