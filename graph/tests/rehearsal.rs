//! What is rehearsed is decided as it would be, and writes nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, AliasOp, BlockEdit, BlockOp, CollectionChange, CollectionKind, ErrorKind, ExportFormat, ForgetMode,
    ForgetRequest, GetView, Id, Interrupt, Memory, NewCollection, NewLearning, NewMemory, NewProposal, Outcome,
    PredicateInfo, ProposeStatus, Question, RememberStatus, Report, Result, SparqlUpdate, Statement, Suggestion,
    UpdateOp,
};

/// Everything, journal and all.
fn bytes(memory: &Memory) -> Vec<u8> {
    let mut out = Vec::new();
    memory.export(ExportFormat::NQuads, &mut out, &mut |_, _| ()).unwrap();
    out
}

/// Rehearses something, and sees to it that nothing came of it.
fn rehearsed<T>(opened: &Opened, work: impl FnOnce(&Memory) -> Result<T>) -> Result<T> {
    let (before, head) = (bytes(&opened.memory), opened.memory.status().unwrap().head);
    let answer = opened.memory.rehearse(work);
    assert_eq!(opened.memory.status().unwrap().head, head);
    assert!(bytes(&opened.memory) == before, "something was written");
    answer
}

fn fact(subject: &str, predicate: &str, object: &str) -> NewMemory {
    NewMemory::fact(Statement::new(subject, predicate, object))
}

fn told(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

#[test]
fn every_verb_that_writes_can_be_rehearsed() {
    let opened = open();
    let owner = Agent::owner();
    let tern = told(&opened, fact("Mirela", "works for", "Tern"));
    let quote = told(&opened, NewMemory { entities: vec!["Oskar".into()], ..NewMemory::new("Oskar likes tea") });
    let lesson = |lesson: &str| NewLearning {
        trigger: "the linker is killed".into(),
        lesson: lesson.into(),
        outcome: Outcome::Worked,
        evidence: Vec::new(),
        space: "personal".into(),
        entities: Vec::new(),
        path: None,
    };
    let learned = opened.memory.learn(lesson("Build with one job"), &owner).unwrap();
    let block = |text: &str| BlockEdit {
        space: "personal".into(),
        name: "human".into(),
        op: BlockOp::Set(text.into()),
        based_on: None,
        reason: None,
    };

    let told_now = rehearsed(&opened, |memory| memory.remember(fact("Mirela", "works for", "Acme"), &owner)).unwrap();
    assert_eq!((told_now.status, told_now.ended), (RememberStatus::Superseded, vec![tern]));
    let known = rehearsed(&opened, |memory| memory.remember(fact("Mirela", "works for", "Tern"), &owner)).unwrap();
    assert_eq!((known.status, known.id), (RememberStatus::Duplicate, tern));
    let liked = rehearsed(&opened, |memory| memory.remember(NewMemory::new("I prefer tea to coffee"), &owner));
    assert_eq!(liked.unwrap().status, RememberStatus::Inserted);
    let new = rehearsed(&opened, |memory| memory.learn(lesson("Use another linker"), &owner)).unwrap();
    assert_eq!((new.learning.lesson.as_str(), new.learning.times_seen), ("Use another linker", 1));
    let again = rehearsed(&opened, |memory| memory.learn(lesson("Build with one job"), &owner)).unwrap();
    assert_eq!((again.id, again.learning.times_seen), (learned.id, 2));
    let helped = rehearsed(&opened, |memory| memory.report(learned.id, Report::Helped, None, &owner)).unwrap();
    assert_eq!(helped.learning.times_helped, 1);
    let updated = rehearsed(&opened, |memory| memory.update(tern, UpdateOp::Retract, None, &owner)).unwrap();
    assert_eq!(updated.id, tern);
    let forgotten = rehearsed(&opened, |memory| memory.forget(&[tern], None, &owner)).unwrap();
    assert!(forgotten.commit.is_some());
    let edited = rehearsed(&opened, |memory| memory.edit_block(block("Lives in Ghent"), &owner)).unwrap();
    assert_eq!(edited.text, "Lives in Ghent");
    let merged = rehearsed(&opened, |memory| memory.merge("Mirela", "Oskar", None, &owner)).unwrap();
    assert_eq!((merged.name.as_str(), merged.memories), ("Mirela", 1));
    let aliased = rehearsed(&opened, |memory| memory.alias("Mirela", "Miri", AliasOp::Add, None, &owner)).unwrap();
    assert!(aliased.commit.is_some());
    let commit = learned.commit;
    let undone = rehearsed(&opened, |memory| memory.undo(commit, &owner)).unwrap();
    assert_eq!((undone.undone, undone.verb.as_str()), (commit, "learn"));
    let plays = PredicateInfo {
        label: "plays for".into(),
        aliases: Vec::new(),
        functional: true,
        symmetric: false,
        entities: true,
        iri: String::new(),
    };
    assert_eq!(rehearsed(&opened, |memory| memory.declare(plays, &owner)).unwrap().0.label, "plays for");
    let likes = Suggestion::Fact {
        subject: "Oskar".into(),
        predicate: "likes".into(),
        object: "tea".into(),
        valid_from: None,
        valid_to: None,
    };
    let evidence = vec![hydra_graph::Evidence { id: quote, quote: None }];
    let proposal = NewProposal { suggestion: likes, space: "personal".into(), evidence, confidence: 0.8 };
    let proposed = rehearsed(&opened, |memory| memory.propose(vec![proposal], None, &Agent::named("model"))).unwrap();
    assert_eq!(proposed[0].status, ProposeStatus::Queued);
    let folder = NewCollection {
        path: opened.folder.path().to_owned(),
        kind: CollectionKind::Notes,
        space: "personal".into(),
        include: Vec::new(),
        exclude: Vec::new(),
    };
    assert!(!rehearsed(&opened, |memory| memory.add_collection(folder, &owner)).unwrap().0.paused);
    let change = |is_dry_run| {
        let text = "INSERT DATA { <urn:a> <urn:b> 1 }".into();
        let update = SparqlUpdate { text, is_dry_run, ..SparqlUpdate::default() };
        move |memory: &Memory| memory.sparql_update(&update, &Agent::owner(), &Interrupt::new())
    };
    assert_eq!(rehearsed(&opened, change(false)).unwrap().added, 1);
    assert_eq!(rehearsed(&opened, change(true)).unwrap().added, 1);
    let (before, tried) = (bytes(&opened.memory), change(true)(&opened.memory).unwrap());
    assert_eq!((tried.added, tried.commit), (1, None), "it says so by itself");
    assert!(bytes(&opened.memory) == before);
    assert!(change(false)(&opened.memory).unwrap().commit.is_some());
}

#[test]
fn what_follows_in_a_rehearsal_knows_what_came_before() {
    let opened = open();
    let owner = Agent::owner();
    let seen = rehearsed(&opened, |memory| {
        let told = memory.remember(fact("Mirela", "lives in", "Porto"), &owner)?;
        let text = memory.get(&[told.id], GetView::Full)?.remove(0).record.unwrap().text;
        let again = memory.remember(fact("Mirela", "lives in", "Porto"), &owner)?;
        let undone = memory.undo(told.commit, &owner)?;
        let folder = NewCollection {
            path: opened.folder.path().to_owned(),
            kind: CollectionKind::Notes,
            space: "personal".into(),
            include: Vec::new(),
            exclude: Vec::new(),
        };
        let (folder, _) = memory.add_collection(folder, &owner)?;
        let pause = CollectionChange { paused: Some(true), ..CollectionChange::default() };
        let (folder, _) = memory.change_collection(&folder.id.to_string(), pause, &owner)?;
        let put = memory.put_documents(vec![note("/v/Boiler.md", "It leaks.", &[])], &Agent::ingest()).remove(0)?;
        let removed = memory.remove_sources(&[put.id], &Agent::ingest()).remove(0);
        Ok((text, again.status, undone.verb, folder.paused, removed.is_ok(), memory.sources(None)?.len()))
    });
    let expected =
        ("Mirela lives in Porto".to_owned(), RememberStatus::Duplicate, "remember".to_owned(), true, true, 0);
    assert_eq!(seen.unwrap(), expected);
    // What was rehearsed is forgotten with it.
    assert_eq!(
        opened.memory.remember(fact("Mirela", "lives in", "Porto"), &owner).unwrap().status,
        RememberStatus::Inserted
    );
}

#[test]
fn it_is_refused_what_would_be_refused_and_what_cannot_be_tried() {
    let opened = open();
    let owner = Agent::owner();
    let id = told(&opened, NewMemory::new("The spare key hangs behind the water meter"));
    let refused = rehearsed(&opened, |memory| memory.update(id, UpdateOp::Restore, None, &owner)).unwrap_err();
    assert_eq!(refused, opened.memory.update(id, UpdateOp::Restore, None, &owner).unwrap_err());
    let erase = ForgetRequest { ids: vec![id], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    let erased = rehearsed(&opened, |memory| memory.forget_as(&erase, &owner, &mut |_, _| ()));
    assert_eq!(erased.unwrap_err().kind(), ErrorKind::Invalid);
    assert!(!opened.memory.is_erasing());
    // A rehearsal that ends in the middle leaves nothing behind either.
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        opened.memory.rehearse(|memory| -> Result<()> {
            memory.remember(NewMemory::new("never said"), &owner)?;
            panic!("in the middle")
        })
    }));
    assert!(panicked.is_err());
    told(&opened, NewMemory::new("said after it"));
    let found = opened.memory.recall(&Question::new("said")).unwrap();
    assert_eq!(found.hits.iter().filter(|hit| hit.text.starts_with("never")).count(), 0);
}
