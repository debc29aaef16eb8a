//! Watched folders, and files that move: what is known of a file goes with it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, CollectionChange, CollectionKind, ErrorKind, ForgetMode, ForgetRequest, Id, Index, IndexQuery,
    MAX_COLLECTIONS, MAX_GLOB_BYTES, MAX_GLOBS, NewCollection, NewMemory, Question, Result, Scored, SourceMove, Update,
};

/// How long an index may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn folder(path: &str) -> NewCollection {
    NewCollection {
        path: PathBuf::from(path),
        kind: CollectionKind::Notes,
        space: "personal".into(),
        include: Vec::new(),
        exclude: vec!["drafts/".into()],
    }
}

#[test]
fn a_folder_is_watched_changed_and_removed_and_each_can_be_taken_back() {
    let opened = open();
    let (memory, owner) = (&opened.memory, Agent::owner());
    let (added, commit) = memory.add_collection(folder("/v/notes"), &owner).unwrap();
    assert_eq!(memory.collections().unwrap(), [added.clone()]);
    assert_eq!(memory.collection("/v/notes/").unwrap(), added);
    let pause = CollectionChange { paused: Some(true), ..CollectionChange::default() };
    let (paused, paused_in) = memory.change_collection("/v/notes", pause.clone(), &owner).unwrap();
    assert!(paused.paused && paused.exclude == ["drafts/"]);
    assert_eq!(memory.change_collection("/v/notes", pause, &owner).unwrap_err().kind(), ErrorKind::Conflict);
    memory.undo(paused_in, &owner).unwrap();
    assert_eq!(memory.collections().unwrap(), [added.clone()]);
    let (_, removed_in) = memory.remove_collection(&added.id.to_string(), &owner).unwrap();
    assert_eq!(memory.collections().unwrap(), []);
    // Where another is by now, it does not come back.
    let (above, above_in) = memory.add_collection(folder("/v"), &owner).unwrap();
    assert_eq!(memory.undo(removed_in, &owner).unwrap_err().kind(), ErrorKind::Conflict);
    memory.undo(above_in, &owner).unwrap();
    memory.undo(removed_in, &owner).unwrap();
    assert_eq!(memory.collections().unwrap(), [added]);
    assert_eq!(memory.collection(&above.id.to_string()).unwrap_err().kind(), ErrorKind::NotFound);
    memory.undo(commit, &owner).unwrap();
    assert_eq!(memory.collections().unwrap(), [], "all that came after its adding was taken back");
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_is_watched_is_apart_bounded_and_the_owners_to_say() {
    let opened = open();
    let (memory, owner) = (&opened.memory, Agent::owner());
    memory.add_collection(folder("/v/notes"), &owner).unwrap();
    for (path, words) in [("/v/notes", "watched already"), ("/v/notes/a", "lies in"), ("/v", "holds /v/notes")] {
        let error = memory.add_collection(folder(path), &owner).unwrap_err();
        assert!(error.kind() == ErrorKind::Conflict && error.message().contains(words), "{error}");
        assert!(error.next_step().is_some());
    }
    // A name that begins alike is another folder.
    memory.add_collection(folder("/v/notes-of-work"), &owner).unwrap();
    let agent = Agent::named("somebody");
    assert_eq!(memory.add_collection(folder("/x"), &agent).unwrap_err().kind(), ErrorKind::Conflict);
    let many = NewCollection { exclude: vec!["x".into(); MAX_GLOBS + 1], ..folder("/x") };
    assert_eq!(memory.add_collection(many, &owner).unwrap_err().kind(), ErrorKind::TooLarge);
    let long = NewCollection { include: vec!["x".repeat(MAX_GLOB_BYTES + 1)], ..folder("/x") };
    assert_eq!(memory.add_collection(long, &owner).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(memory.add_collection(folder("x"), &owner).unwrap_err().kind(), ErrorKind::Invalid);
    for number in 2..MAX_COLLECTIONS {
        memory.add_collection(folder(&format!("/w/{number}")), &owner).unwrap();
    }
    assert_eq!(memory.add_collection(folder("/x"), &owner).unwrap_err().kind(), ErrorKind::TooLarge);
}

/// Counts the texts that an index would have to embed.
#[derive(Default)]
struct Counter {
    texts: Mutex<Vec<Id>>,
    stamp: Mutex<Option<Id>>,
}

impl Index for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }
    fn stamp(&self) -> Option<Id> {
        *self.stamp.lock().unwrap()
    }
    fn apply(&self, updates: &[Update]) -> Result<()> {
        self.texts.lock().unwrap().extend(updates.iter().filter(|u| u.text.is_some()).map(|update| update.id));
        Ok(())
    }
    fn seal(&self, commit: Id) -> Result<()> {
        *self.stamp.lock().unwrap() = Some(commit);
        Ok(())
    }
    fn flush(&self) -> Result<()> {
        Ok(())
    }
    fn reset(&self) -> Result<()> {
        *self.stamp.lock().unwrap() = None;
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
        Ok(Vec::new())
    }
    fn degraded(&self) -> Option<String> {
        None
    }
}

/// Puts a note of which the title is its own, as with a heading.
fn put(opened: &Opened, path: &str, text: &str, links: &[&str]) -> Id {
    let mut document = note(path, text, links);
    document.title = "Its heading".into();
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap().id
}

fn moves(opened: &Opened, pairs: &[(Id, &str, &str)]) -> Vec<PathBuf> {
    let moves = pairs.iter().map(|(id, from, to)| SourceMove { id: *id, from: from.into(), to: to.into() }).collect();
    opened.memory.move_sources(moves, &Agent::ingest()).unwrap().to_read
}

fn places(opened: &Opened) -> Vec<(String, Id)> {
    let sources = opened.memory.sources(None).unwrap();
    sources.into_iter().map(|source| (source.path.display().to_string(), source.id)).collect()
}

#[test]
fn a_file_that_moves_keeps_ids_and_nothing_is_embedded_again() {
    let opened = open();
    let text = "The ladder leans behind the garage.\n\nThe boiler is from 2009.";
    let id = put(&opened, "/v/Old name.md", text, &[]);
    put(&opened, "/v/other.md", "See Old name for more.", &["Old name"]);
    let passages: Vec<Id> =
        opened.memory.recall(&Question::new("ladder boiler")).unwrap().hits.iter().map(|h| h.id).collect();
    let told = NewMemory { entities: vec!["Old name".into()], ..NewMemory::new("It was painted green") };
    opened.memory.remember(told, &Agent::owner()).unwrap();
    let counter = Arc::new(Counter::default());
    opened.memory.attach(Arc::clone(&counter) as _, PATIENCE);
    assert!(opened.memory.wait_for_indexes(PATIENCE));
    counter.texts.lock().unwrap().clear();

    assert_eq!(moves(&opened, &[(id, "/v/Old name.md", "/v/sub/New name.md")]), Vec::<PathBuf>::new());
    let state = opened.memory.sources(None).unwrap().into_iter().find(|source| source.id == id).unwrap();
    assert_eq!(state.path, PathBuf::from("/v/sub/New name.md"));
    assert!(state.content_hash != text && state.read_hash() == text, "it is to be read again, also after a crash");
    assert_eq!(put(&opened, "/v/sub/New name.md", text, &[]), id);
    assert!(opened.memory.wait_for_indexes(PATIENCE));
    assert_eq!(*counter.texts.lock().unwrap(), [], "no text is other than it was");
    let hits = opened.memory.recall(&Question::new("ladder boiler")).unwrap().hits;
    assert!(passages.iter().all(|id| hits.iter().any(|hit| hit.id == *id)), "its passages are the same");
    let entity = opened.memory.entity("New name").unwrap();
    assert_eq!(entity.name, "New name");
    assert_eq!(opened.memory.entity("Old name").unwrap().id, entity.id, "links by the old name go on leading there");
    // What is not where it was said to be is left alone.
    moves(&opened, &[(id, "/v/Old name.md", "/v/third.md")]);
    assert_eq!(places(&opened)[1], ("/v/sub/New name.md".into(), id));
}

#[test]
fn files_that_change_places_do_so_in_one_commit() {
    let opened = open();
    let a = put(&opened, "/v/a.md", "Apples are in the cellar.", &[]);
    let b = put(&opened, "/v/b.md", "Bread is in the kitchen.", &[]);
    let linking = put(&opened, "/v/linking.md", "Look at [[a]].", &["a"]);
    let entity = |name: &str| opened.memory.entity(name).unwrap();
    let before = (entity("a").id, entity("b").id);
    let to_read = moves(&opened, &[(a, "/v/a.md", "/v/b.md"), (b, "/v/b.md", "/v/a.md")]);
    assert_eq!(places(&opened), [("/v/a.md".into(), b), ("/v/b.md".into(), a), ("/v/linking.md".into(), linking)]);
    assert_eq!(to_read, [PathBuf::from("/v/linking.md")], "its link means another file now");
    assert_eq!((entity("b").id, entity("a").id), before);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    // A place that stays taken is not taken, and a chain needs its end.
    moves(&opened, &[(a, "/v/b.md", "/v/linking.md")]);
    assert_eq!(places(&opened)[1], ("/v/b.md".into(), a));
    moves(&opened, &[(a, "/v/b.md", "/v/c.md"), (b, "/v/a.md", "/v/b.md")]);
    assert_eq!(places(&opened), [("/v/b.md".into(), b), ("/v/c.md".into(), a), ("/v/linking.md".into(), linking)]);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_was_forgotten_or_erased_stays_so_where_the_file_is_now() {
    let opened = open();
    let text = "The password is swordfish here.\n\nThe cat is called Biscuit.\n\nThe dog is called Pepper.";
    let id = put(&opened, "/v/a.md", text, &[]);
    let passage = |words: &str| opened.memory.recall(&Question::new(words)).unwrap().hits[0].id;
    let (cat, password) = (passage("cat Biscuit"), passage("password swordfish"));
    opened.memory.forget(&[cat], None, &Agent::owner()).unwrap();
    let erase = ForgetRequest { ids: vec![password], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    opened.memory.forget_as(&erase, &Agent::owner(), &mut |_, _| ()).unwrap();
    moves(&opened, &[(id, "/v/a.md", "/v/b.md")]);
    put(&opened, "/v/b.md", text, &[]);
    let found = |words: &str| {
        let hits = opened.memory.recall(&Question::new(words)).unwrap().hits;
        hits.into_iter().any(|hit| hit.text.contains(words))
    };
    assert!(!found("swordfish") && !found("Biscuit") && found("Pepper"));
    // Also when the file went away in between, so that only its place tells.
    opened.memory.remove_sources(&[id], &Agent::ingest()).remove(0).unwrap();
    put(&opened, "/v/b.md", text, &[]);
    assert!(!found("swordfish") && !found("Biscuit") && found("Pepper"));
}
