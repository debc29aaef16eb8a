//! Conversations: who said what, when, and after what.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Opened, open, open_in};
use hydra_graph::{
    Agent, BATCH_MEMORIES, ErrorKind, GetView, Hit, Id, Index, IndexQuery, IndexText, MAX_NAME_BYTES, Memory,
    NewMemory, Question, Record, RememberStatus, Remembered, Result, Scored, Timestamp, Update,
};

/// How long an index may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn turn(session: &str, speaker: &str, text: &str) -> NewMemory {
    NewMemory { session: Some(session.into()), speaker: Some(speaker.into()), ..NewMemory::new(text) }
}

fn tell(memory: &Memory, turns: Vec<NewMemory>) -> Vec<Remembered> {
    memory.remember_all(turns, &Agent::owner()).unwrap()
}

fn record(memory: &Memory, id: Id) -> Record {
    memory.get(&[id], GetView::Full).unwrap().remove(0).record.unwrap()
}

fn hits(memory: &Memory, question: &str) -> Vec<Hit> {
    memory.recall(&Question::new(question)).unwrap().hits
}

/// Keeps what an index is given.
#[derive(Default)]
struct Listener {
    texts: Mutex<Vec<(Id, IndexText)>>,
    stamp: Mutex<Option<Id>>,
}

impl Listener {
    fn attach(opened: &Opened) -> Arc<Self> {
        let listener = Arc::new(Self::default());
        opened.memory.attach(Arc::clone(&listener) as _, PATIENCE);
        assert!(opened.memory.wait_for_indexes(PATIENCE));
        listener
    }

    fn text_of(&self, id: Id) -> IndexText {
        let texts = self.texts.lock().unwrap();
        texts.iter().rev().find(|(known, _)| *known == id).unwrap().1.clone()
    }
}

impl Index for Listener {
    fn name(&self) -> &'static str {
        "listener"
    }
    fn stamp(&self) -> Option<Id> {
        *self.stamp.lock().unwrap()
    }
    fn apply(&self, updates: &[Update]) -> Result<()> {
        let texts = updates.iter().filter_map(|update| Some((update.id, update.text.clone()?)));
        self.texts.lock().unwrap().extend(texts);
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

    fn search(&self, _query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        Ok(Vec::new())
    }
    fn scores(&self, _query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        Ok(vec![None; ids.len()])
    }
    fn ids(&self) -> Result<Vec<Id>> {
        Ok(Vec::new())
    }
    fn degraded(&self) -> Option<String> {
        None
    }
}

#[test]
fn a_conversation_is_remembered_in_order_with_speakers_and_times() {
    let opened = open();
    let at: Timestamp = "2026-05-08T13:56:00Z".parse().unwrap();
    let first = NewMemory { happened_at: Some(at), ..turn("Monday call", "Mirela", "Who has the tall ladder?") };
    let told = tell(
        &opened.memory,
        vec![first, turn("Monday call", "Oskar", "It leans behind my garage."), turn("other", "Oskar", "Good night.")],
    );
    assert!(told.windows(2).all(|pair| pair[0].id < pair[1].id && pair[0].commit == pair[1].commit));
    let hit = hits(&opened.memory, "garage").remove(0);
    let session = hit.part_of.unwrap();
    assert_eq!((hit.id, hit.speaker.as_deref(), hit.happened_at), (told[1].id, Some("Oskar"), None));
    let first = record(&opened.memory, told[0].id);
    assert_eq!((first.part_of, first.session.as_deref()), (Some(session), Some("Monday call")));
    assert_eq!((first.happened_at, first.title.as_str()), (Some(at), ""));
    assert_ne!(record(&opened.memory, told[2].id).part_of, Some(session));
    assert_eq!(hits(&opened.memory, "Mirela")[0].id, told[0].id, "a speaker is found by name");
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);

    let listener = Listener::attach(&opened);
    let before = |position: usize| listener.text_of(told[position].id).before;
    assert_eq!(before(1), "Mirela: Who has the tall ladder?");
    assert_eq!((before(0), before(2)), (String::new(), String::new()), "another conversation is another");
    assert_eq!(listener.text_of(told[1].id).speaker, "Oskar");
}

#[test]
fn a_conversation_goes_on_in_a_later_batch_and_after_a_restart() {
    let opened = open();
    let one = tell(&opened.memory, vec![turn("s", "Ann", "one")]).remove(0);
    let two = tell(&opened.memory, vec![turn(" S ", "Bo", "two"), turn("s", "Ann", "three")]);
    let session = record(&opened.memory, one.id).part_of;
    let folder = opened.folder;
    opened.memory.close().unwrap();
    drop(opened.memory);
    let opened = Opened { memory: open_in(folder.path()), folder };
    let four = opened.memory.remember(turn("s", "Bo", "four"), &Agent::owner()).unwrap();
    let listener = Listener::attach(&opened);
    let chain = [one.id, two[0].id, two[1].id, four.id].map(|id| listener.text_of(id).before);
    assert_eq!(chain, ["", "Ann: one", "Bo: two", "Ann: three"]);
    assert!([two[0].id, two[1].id, four.id].into_iter().all(|id| record(&opened.memory, id).part_of == session));
    opened.memory.undo(four.commit, &Agent::owner()).unwrap();
    let instead = opened.memory.remember(turn("s", "Cy", "instead"), &Agent::owner()).unwrap();
    assert!(opened.memory.wait_for_indexes(PATIENCE));
    assert_eq!(listener.text_of(instead.id).before, "Ann: three", "what was undone is not followed");
    let elsewhere = NewMemory { space: "project/atlas".into(), ..turn("s", "Bo", "five") };
    let elsewhere = opened.memory.remember(elsewhere, &Agent::owner()).unwrap();
    assert_ne!(record(&opened.memory, elsewhere.id).part_of, session);
}

#[test]
fn what_was_forgotten_is_not_found_by_what_came_after() {
    let opened = open();
    let told = tell(&opened.memory, vec![turn("s", "Ann", "The password is Rumpel"), turn("s", "Bo", "Noted.")]);
    opened.memory.forget(&[told[0].id], None, &Agent::owner()).unwrap();
    let listener = Listener::attach(&opened);
    assert_eq!(listener.text_of(told[1].id).before, "");
}

#[test]
fn passages_of_a_long_turn_know_speaker_and_session() {
    let opened = open();
    let at: Timestamp = "2026-05-08T13:56:00Z".parse().unwrap();
    let mut long = String::new();
    for point in 0..60 {
        long.push_str(&format!("Point {point}: somebody spoke of hedges, ponds and paths for a while.\n\n"));
    }
    long.push_str("At last the walnut tree.");
    let long = NewMemory { happened_at: Some(at), ..turn("garden club", "Ines", &long) };
    let told = tell(&opened.memory, vec![turn("garden club", "Theo", "Please report."), long]);
    let hit = hits(&opened.memory, "walnut tree").remove(0);
    assert_eq!((hit.part_of, hit.speaker.as_deref(), hit.happened_at), (Some(told[1].id), Some("Ines"), Some(at)));
    let passage = record(&opened.memory, hit.id);
    assert_eq!((passage.session.as_deref(), passage.space.as_str()), (Some("garden club"), "personal"));
    assert_eq!((passage.title.as_str(), passage.source.path), ("", None));
    let listener = Listener::attach(&opened);
    let last = listener.text_of(hit.id);
    assert!(last.before.starts_with("Ines: ") && last.before.len() <= 300, "{}", last.before);
    let first = hits(&opened.memory, "point hedges 0").into_iter().find(|hit| hit.text.starts_with("Point 0:"));
    assert_eq!(listener.text_of(first.unwrap().id).before, "Theo: Please report.");
}

#[test]
fn a_session_is_never_a_hit() {
    let opened = open();
    let told =
        tell(&opened.memory, vec![turn("zeppelin", "Ann", "We flew over the lake."), turn("zeppelin", "Bo", "Yes.")]);
    let session = record(&opened.memory, told[0].id).part_of.unwrap();
    assert!(hits(&opened.memory, "zeppelin").is_empty());
    assert!(hits(&opened.memory, "lake").iter().all(|hit| hit.id != session));
    let got = opened.memory.get(&[session], GetView::Full).unwrap().remove(0);
    assert_eq!((got.record, got.entity.as_deref()), (None, Some("zeppelin")));
    let refused = opened.memory.forget(&[session], None, &Agent::owner()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    opened.memory.undo(told[0].commit, &Agent::owner()).unwrap();
    assert!(hits(&opened.memory, "lake").is_empty());
    let again = tell(&opened.memory, vec![turn("zeppelin", "Ann", "We flew over the lake.")]).remove(0);
    assert_eq!(record(&opened.memory, again.id).part_of, Some(session), "its name stays");
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn the_same_words_of_others_are_another_memory() {
    let opened = open();
    let later = NewMemory { happened_at: Some(Timestamp::from_millis(0)), ..turn("s", "Ann", "Yes.") };
    let all = vec![
        NewMemory::new("Yes."),
        turn("s", "Ann", "Yes."),
        turn("s", "Bo", "Yes."),
        turn("t", "Ann", "Yes."),
        later,
        turn("s", "ann", "Yes."),
        NewMemory::new("Yes."),
    ];
    let told = tell(&opened.memory, all.clone());
    let is_new: Vec<bool> = told.iter().map(|told| told.status == RememberStatus::Inserted).collect();
    assert_eq!(is_new, [true, true, true, true, true, false, false]);
    assert_eq!((told[5].id, told[6].id), (told[1].id, told[0].id));
    assert_eq!(told[6].commit, told[0].commit);
    let again = tell(&opened.memory, all);
    assert!(again.iter().all(|told| told.status == RememberStatus::Duplicate));
    assert!(again.iter().zip(&told).all(|(again, told)| (again.id, again.commit) == (told.id, told.commit)));
    let keyed = |text: &str| NewMemory { idempotency_key: Some("turn-7".into()), ..NewMemory::new(text) };
    let retried = tell(&opened.memory, vec![keyed("It rains"), keyed("It rains again")]);
    assert_eq!((retried[1].id, retried[1].status), (retried[0].id, RememberStatus::Duplicate));
}

#[test]
fn many_are_told_in_few_commits_and_none_when_one_is_wrong() {
    let opened = open();
    let turns = |count: usize| (0..count).map(|n| turn("long", "Ann", &format!("turn number{n}"))).collect::<Vec<_>>();
    let mut wrong = turns(BATCH_MEMORIES + 2);
    wrong[BATCH_MEMORIES + 1].text = " ".into();
    let error = opened.memory.remember_all(wrong, &Agent::owner()).unwrap_err();
    assert!(error.message().starts_with("memory 258 of 258: "), "{error}");
    assert_eq!(opened.memory.status().unwrap().memories, 0);
    assert!(tell(&opened.memory, Vec::new()).is_empty());

    let told = tell(&opened.memory, turns(BATCH_MEMORIES + 1));
    assert!(told.windows(2).all(|pair| pair[0].id < pair[1].id));
    let commits: std::collections::BTreeSet<Id> = told.iter().map(|told| told.commit).collect();
    assert_eq!(commits.len(), 2);
    let listener = Listener::attach(&opened);
    assert_eq!(listener.text_of(told[BATCH_MEMORIES].id).before, "Ann: turn number255");
    let context = hydra_graph::ContextRequest { budget_tokens: Some(20_000), ..Default::default() };
    let context = opened.memory.context(&context).unwrap();
    assert_eq!(context.items[0].id, told[BATCH_MEMORIES].id, "the newest first");
    assert_eq!(context.items.len(), 200, "not all that hundreds of turns say");
}

#[test]
fn names_are_checked() {
    let opened = open();
    let refused = |new: NewMemory| opened.memory.remember(new, &Agent::owner()).unwrap_err().kind();
    let longest = "n".repeat(MAX_NAME_BYTES);
    tell(&opened.memory, vec![turn(&longest, &longest, "x")]);
    assert_eq!(refused(turn(&format!("{longest}n"), "Ann", "y")), ErrorKind::TooLarge);
    assert_eq!(refused(turn("s", &format!("{longest}n"), "y")), ErrorKind::TooLarge);
    assert_eq!(refused(turn(" ", "Ann", "y")), ErrorKind::Invalid);
    assert_eq!(refused(turn("s", "", "y")), ErrorKind::Invalid);
}
