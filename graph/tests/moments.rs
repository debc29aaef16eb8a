//! Looking from another moment: what was known then, and what was true then.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Opened, note, open, open_at};
use hydra_graph::{
    Agent, ErrorKind, GetView, Id, Moment, NewMemory, Question, Record, Statement, TimelineRequest, Timestamp, UpdateOp,
};

const PEOPLE: [&str; 3] = ["Mirela", "Oskar", "Ines"];
const TOWNS: [&str; 4] = ["Ghent", "Porto", "Lucca", "Bergen"];

/// Numbers that look random and are the same every time (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

fn lives(person: &str, town: &str) -> NewMemory {
    NewMemory::fact(Statement::new(person, "lives in", town))
}

fn ask(opened: &Opened, text: &str, moment: Moment) -> BTreeMap<Id, String> {
    let question = Question { limit: 200, moment, ..Question::new(text) };
    let hits = opened.memory.recall(&question).unwrap().hits;
    // What only a walk over links brings in depends on how much there is to walk on.
    hits.into_iter().filter(|hit| hit.why.lexical.is_some()).map(|hit| (hit.id, hit.text)).collect()
}

/// What each word finds.
type Recalled = BTreeMap<String, BTreeMap<Id, String>>;

/// Everything that can be asked at one moment.
#[derive(Debug, PartialEq)]
struct Seen {
    recalled: Recalled,
    records: BTreeMap<Id, Option<Record>>,
}

fn look(opened: &Opened, ids: &BTreeSet<Id>, known_at: Option<Timestamp>) -> Seen {
    let moment = Moment { known_at, true_at: None };
    let words = PEOPLE.iter().chain(&TOWNS).chain(&["note", "ladder"]);
    let recalled = words.map(|word| ((*word).to_owned(), ask(opened, word, moment))).collect();
    let ids: Vec<Id> = ids.iter().copied().collect();
    let got = match known_at {
        Some(at) => opened.memory.get_at(&ids, GetView::Full, at),
        None => opened.memory.get(&ids, GetView::Full),
    };
    let records = got.unwrap().into_iter().map(|got| (got.id, got.record)).collect();
    Seen { recalled, records }
}

/// Leaves out what was forgotten since: it is never recalled again, also not from a moment when it was known.
fn without_forgotten(opened: &Opened, then: &Recalled) -> Recalled {
    // Also of a passage that its file has lost since; only the timeline still tells, by not naming it.
    let is_forgotten = |id: &Id| opened.memory.timeline(&TimelineRequest::new(id.to_string())).unwrap().name.is_empty();
    let kept = |texts: &BTreeMap<Id, String>| {
        texts.iter().filter(|(id, _)| !is_forgotten(id)).map(|(id, text)| (*id, text.clone())).collect()
    };
    then.iter().map(|(words, texts)| (words.clone(), kept(texts))).collect()
}

/// Does something at random. Much of it is refused, as it should be.
fn act(opened: &Opened, dice: &mut Dice, ids: &mut BTreeSet<Id>, commits: &mut Vec<Id>) {
    let memory = &opened.memory;
    let owner = Agent::owner();
    let (person, town) = (PEOPLE[dice.roll(3)], TOWNS[dice.roll(4)]);
    let known: Vec<Id> = ids.iter().copied().collect();
    let any = known.get(dice.roll(known.len().max(1))).copied();
    let path = format!("/v/{}.md", dice.roll(3));
    match (dice.roll(9), any) {
        (0 | 1, _) => {
            let told = memory.remember(lives(person, town), &owner).unwrap();
            ids.insert(told.id);
            commits.push(told.commit);
        }
        (2, _) => {
            let text = format!("{person} lent the ladder number {} to somebody in {town}", dice.roll(50));
            let told =
                memory.remember(NewMemory { session: Some("call".into()), ..NewMemory::new(text) }, &owner).unwrap();
            ids.insert(told.id);
            commits.push(told.commit);
        }
        (3, _) => {
            let text = format!("A note on {person}.\n\nIt is about {town}, version {}.", dice.roll(5));
            memory.put_documents(vec![note(&path, &text, &[])], &Agent::ingest()).remove(0).unwrap();
            for source in memory.sources(None).unwrap() {
                ids.insert(source.id);
            }
        }
        (4, _) => {
            let gone: Vec<Id> = memory.sources(None).unwrap().into_iter().map(|source| source.id).take(1).collect();
            memory.remove_sources(&gone, &Agent::ingest());
        }
        (5, Some(id)) => commits.extend(memory.forget(&[id], None, &owner).ok().and_then(|done| done.commit)),
        (6, Some(id)) => commits.extend(memory.update(id, UpdateOp::Retract, None, &owner).map(|done| done.commit)),
        (7, Some(id)) => {
            let text = format!("{person} says better that it is {town}");
            if let Ok(done) = memory.update(id, UpdateOp::Supersede(text), None, &owner) {
                ids.extend(done.replaced_by);
                commits.push(done.commit);
            }
        }
        (_, _) => {
            let commit = commits.get(dice.roll(commits.len().max(1))).copied();
            commits.extend(commit.and_then(|commit| memory.undo(commit, &owner).ok()).map(|done| done.commit));
        }
    }
}

#[test]
fn any_moment_of_a_random_history_looks_as_it_did_then() {
    let opened = open();
    let (mut dice, mut ids, mut commits) = (Dice(0x9e37_79b9_7f4a_7c15), BTreeSet::new(), Vec::new());
    let mut moments: Vec<(Timestamp, Seen)> = Vec::new();
    for step in 0..150 {
        act(&opened, &mut dice, &mut ids, &mut commits);
        let passages = ask(&opened, "note", Moment::default());
        ids.extend(passages.keys());
        if step % 10 == 9 {
            // The clock of the test moves with every question: this one is between the last change and the next.
            let seen = look(&opened, &ids, None);
            let at = opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at();
            moments.push((at, seen));
        }
    }
    let compare = |opened: &Opened| {
        for (at, then) in &moments {
            let ids: BTreeSet<Id> = then.records.keys().copied().collect();
            let again = look(opened, &ids, Some(*at));
            assert_eq!(again.recalled, without_forgotten(opened, &then.recalled), "as known at {at}");
            assert_eq!(again.records, then.records, "as known at {at}");
        }
    };
    let faces = |words: &str| moments.iter().map(|(_, seen)| &seen.recalled[words]).collect::<BTreeSet<_>>().len();
    assert!(faces("Mirela") > 3 && faces("note") > 3, "{} and {} looks", faces("Mirela"), faces("note"));
    compare(&opened);
    opened.memory.rebuild(None, &mut |_, _, _| ()).unwrap();
    compare(&opened);
    opened.memory.close().unwrap();
    let folder = opened.folder;
    drop(opened.memory);
    let opened = Opened { memory: open_at(folder.path(), 1_760_000_000_000), folder };
    compare(&opened);
    let report = opened.memory.check(&mut |_| ()).unwrap();
    assert!(report.ok, "{:?}", report.findings);
}

#[test]
fn what_was_forgotten_is_not_recalled_from_a_moment_when_it_was_known() {
    let opened = open();
    let code = NewMemory { entities: vec!["Locker".into()], ..NewMemory::new("The code of the locker is 7-21-34") };
    let code = opened.memory.remember(code, &Agent::owner()).unwrap().id;
    let known_at = Some(opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at());
    let moment = Moment { known_at, true_at: None };
    let request = TimelineRequest { moment, ..TimelineRequest::new("Locker") };
    let said = |opened: &Opened| opened.memory.timeline(&request).unwrap().events.remove(0).text;
    assert_eq!((ask(&opened, "locker", moment).len(), said(&opened).is_empty()), (1, false));
    let forgotten = opened.memory.forget(&[code], None, &Agent::owner()).unwrap().commit.unwrap();
    assert_eq!((ask(&opened, "locker", moment).len(), said(&opened).is_empty()), (0, true));
    opened.memory.undo(forgotten, &Agent::owner()).unwrap();
    assert_eq!((ask(&opened, "locker", moment).len(), said(&opened).is_empty()), (1, false));
}

#[test]
fn what_was_true_then_is_not_what_was_known_then() {
    let opened = open();
    let day = |text: &str| -> Timestamp { format!("{text}T00:00:00Z").parse().unwrap() };
    let since = |town, from| NewMemory { valid_from: Some(day(from)), ..lives("Mirela", town) };
    opened.memory.remember(since("Ghent", "2020-01-01"), &Agent::owner()).unwrap();
    opened.memory.remember(since("Porto", "2023-06-01"), &Agent::owner()).unwrap();
    let between = opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at();
    // Told late: there was a year in between.
    opened.memory.remember(since("Lucca", "2022-06-01"), &Agent::owner()).unwrap();
    let texts = |moment| ask(&opened, "where does Mirela live", moment).into_values().collect::<Vec<_>>();
    let true_at = |at| Moment { true_at: Some(day(at)), known_at: None };
    for (at, town) in
        [("2020-01-01", "Ghent"), ("2022-05-31", "Ghent"), ("2022-06-01", "Lucca"), ("2023-06-01", "Porto")]
    {
        assert_eq!(texts(true_at(at)), [format!("Mirela lives in {town}")], "{at}");
    }
    assert!(texts(true_at("2019-12-31")).is_empty());
    let then = Moment { known_at: Some(between), ..true_at("2022-12-01") };
    assert_eq!(texts(then), ["Mirela lives in Ghent"], "as was believed before the year in Lucca was told");
    assert_eq!(texts(Moment::default()), ["Mirela lives in Porto"]);
}

#[test]
fn a_moment_that_has_not_come_is_refused() {
    let opened = open();
    let future: Timestamp = "2100-01-01T00:00:00Z".parse().unwrap();
    for moment in [Moment { true_at: Some(future), known_at: None }, Moment { true_at: None, known_at: Some(future) }] {
        let question = Question { moment, ..Question::new("anything") };
        let error = opened.memory.recall(&question).unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some(), "{error}");
    }
    assert_eq!(opened.memory.get_at(&[Id(1)], GetView::Full, future).unwrap_err().kind(), ErrorKind::Invalid);
}
