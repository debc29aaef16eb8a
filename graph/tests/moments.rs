//! Looking from another moment: what was known then, and what was true then.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Opened, note, open, open_at};
use hydra_graph::{
    Agent, Answered, ChainLink, ErrorKind, GetRequest, GetView, Got, GraphRequest, Id, Moment, NewMemory, QueryRequest,
    Question, Record, Statement, Then, TimelineRequest, Timestamp, UpdateOp,
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

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
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
    records: BTreeMap<Id, Shown>,
}

/// What get says of an id: a record, whether it was true at some moment, its commits, names and chain.
#[derive(Debug, PartialEq)]
struct Shown {
    record: Option<Record>,
    then: Option<Then>,
    commits: Vec<Id>,
    entities: Vec<String>,
    chain: Vec<ChainLink>,
}

impl From<Got> for Shown {
    fn from(got: Got) -> Self {
        let Got { record, then, commits, entities, chain, .. } = got;
        Self { record, then, commits: commits.into_iter().map(|commit| commit.id).collect(), entities, chain }
    }
}

/// Tells by the plain rule whether a record was true: believed, begun, neither ended nor expired.
fn was_true(record: &Record, at: Timestamp) -> bool {
    let begins = record.valid_from.or(record.happened_at).unwrap_or(record.recorded_at);
    let is_believed = record.forgotten_at.is_none() && record.retracted_at.is_none();
    let ends = [record.valid_to, record.expires_at].into_iter().flatten().min();
    is_believed && begins <= at && ends.is_none_or(|end| at < end)
}

fn look(opened: &Opened, ids: &BTreeSet<Id>, true_at: Timestamp, known_at: Option<Timestamp>) -> Seen {
    let moment = Moment { known_at, true_at: None };
    let words = PEOPLE.iter().chain(&TOWNS).chain(&["note", "ladder"]);
    let recalled = words.map(|word| ((*word).to_owned(), ask(opened, word, moment))).collect();
    let ids: Vec<Id> = ids.iter().copied().collect();
    let moment = Moment { known_at, true_at: Some(true_at) };
    let request = GetRequest { ids, view: GetView::History, moment, spaces: Vec::new() };
    let got = opened.memory.get_as(&request).unwrap().into_iter();
    let records: BTreeMap<Id, Shown> = got.map(|got| (got.id, got.into())).collect();
    for Shown { record, then, .. } in records.values() {
        let held = record.as_ref().map(|record| was_true(record, true_at));
        assert_eq!(then.as_ref().map(|then| then.held), held, "true at {true_at}, known at {known_at:?}: {record:?}");
        assert!(then.as_ref().is_none_or(|then| then.held == then.why_not.is_empty()), "{then:?}");
    }
    Seen { recalled, records }
}

/// What each word finds, without what was forgotten since, which is never recalled again, also not from a moment when it was
/// known. Of equal texts one is given, whichever ranks first; so texts are compared, and a forgotten one's copies are let be.
fn texts(found: &Recalled, forgotten: &BTreeSet<&str>) -> BTreeMap<String, BTreeSet<String>> {
    let left = |texts: &BTreeMap<Id, String>| {
        texts.values().filter(|text| !forgotten.contains(text.as_str())).cloned().collect::<BTreeSet<_>>()
    };
    found.iter().map(|(words, texts)| (words.clone(), left(texts))).collect()
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
            let valid_from = [None, Some(day("2020-01-01")), Some(day("2022-01-01"))][dice.roll(3)];
            let told = memory.remember(NewMemory { valid_from, ..lives(person, town) }, &owner).unwrap();
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
            let seen = look(&opened, &ids, day("2021-01-01"), None);
            let at = opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at();
            moments.push((at, seen));
        }
    }
    let compare = |opened: &Opened| {
        for (at, then) in &moments {
            let ids: BTreeSet<Id> = then.records.keys().copied().collect();
            let again = look(opened, &ids, day("2021-01-01"), Some(*at));
            // Also of a passage that its file has lost since; only the timeline still tells, by not naming it.
            let name = |id: &Id| opened.memory.timeline(&TimelineRequest::new(id.to_string())).unwrap().name;
            let forgotten = |seen: &Recalled| -> Vec<String> {
                let found = seen.values().flatten().filter(|(id, _)| name(id).is_empty());
                found.map(|(_, text)| text.clone()).collect()
            };
            assert_eq!(forgotten(&again.recalled), [""; 0], "as known at {at}");
            let forgotten = forgotten(&then.recalled);
            let forgotten = forgotten.iter().map(String::as_str).collect();
            let [now, then_found] = [&again.recalled, &then.recalled].map(|found| texts(found, &forgotten));
            assert_eq!(now, then_found, "as known at {at}");
            assert_eq!(again.records, then.records, "as known at {at}");
        }
    };
    let answers = |held| {
        let then = moments.iter().flat_map(|(_, seen)| seen.records.values().filter_map(|shown| shown.then.as_ref()));
        then.filter(|then| then.held == held).count()
    };
    assert!(answers(true) > 10 && answers(false) > 10, "{} held, {} did not", answers(true), answers(false));
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
fn get_says_whether_it_was_true_then_and_why_not() {
    let opened = open();
    let owner = Agent::owner();
    let keep = |new: NewMemory| opened.memory.remember(new, &owner).unwrap().id;
    let ghent = keep(NewMemory { valid_from: Some(day("2020-01-01")), ..lives("Mirela", "Ghent") });
    let porto = keep(NewMemory { valid_from: Some(day("2023-01-01")), ..lives("Mirela", "Porto") });
    let over = keep(NewMemory { valid_to: Some(day("2021-01-01")), ..NewMemory::new("The old boiler was a Vaillant") });
    let said = keep(NewMemory::new("The ladder is in the shed"));
    let fair = keep(NewMemory { happened_at: Some(day("2024-05-01")), ..NewMemory::new("There was a fair") });
    let brief = keep(NewMemory {
        valid_from: Some(day("2020-01-01")),
        expires_at: Some(day("2027-01-01")),
        ..NewMemory::new("The code of the gate is 12")
    });
    let wrong = keep(NewMemory { valid_from: Some(day("2020-01-01")), ..lives("Oskar", "Lucca") });
    opened.memory.update(wrong, UpdateOp::Retract, None, &owner).unwrap();
    let entity = opened.memory.entity("Mirela").unwrap().id;
    let got = |id: Id, at: &str| {
        let moment = Moment { true_at: Some(day(at)), known_at: None };
        let request = GetRequest { ids: vec![id], moment, ..GetRequest::default() };
        opened.memory.get_as(&request).unwrap().remove(0)
    };
    let then = |id, at: &str| {
        let Got { record, then, .. } = got(id, at);
        assert_eq!(record.unwrap().id, id, "who names an id gets what it is");
        then.unwrap().why_not
    };
    assert_eq!(then(ghent, "2021-01-01"), "");
    let ended = format!("it held from 2020-01-01T00:00:00Z to 2023-01-01T00:00:00Z, superseded by {porto}");
    assert_eq!(then(ghent, "2023-01-01"), ended);
    assert_eq!(then(ghent, "2019-01-01"), "it holds from 2020-01-01T00:00:00Z to 2023-01-01T00:00:00Z");
    assert_eq!(then(porto, "2022-12-31"), "it holds from 2023-01-01T00:00:00Z");
    assert_eq!(then(over, "2022-01-01"), "it held until 2021-01-01T00:00:00Z");
    assert!(then(said, "2019-01-01").ends_with("and not since when it holds"));
    assert_eq!(then(fair, "2024-04-30"), "it happened at 2024-05-01T00:00:00Z");
    assert_eq!(then(fair, "2024-05-02"), "");
    assert_eq!(then(brief, "2021-01-01"), "");
    assert!(then(wrong, "2021-01-01").starts_with("it was wrong, and retracted at "));
    assert_eq!((got(entity, "2021-01-01").then, got(ghent, "2021-01-01").then.unwrap().held), (None, true));
    assert_eq!(opened.memory.get(&[ghent], GetView::Full).unwrap()[0].then, None, "unless it is asked");
}

#[test]
fn what_was_not_known_yet_says_so() {
    let opened = open();
    opened.memory.remember(NewMemory::new("The first of all"), &Agent::owner()).unwrap();
    let known_at = opened.memory.recall(&Question::new("now")).unwrap().trace_id.minted_at();
    let later = opened.memory.remember(lives("Mirela", "Ghent"), &Agent::owner()).unwrap();
    let moment = Moment { known_at: Some(known_at), true_at: None };
    for id in [later.id, later.commit, opened.memory.entity("Mirela").unwrap().id] {
        let got = opened.memory.get_at(&[id], GetView::History, known_at).unwrap().remove(0);
        let error = got.error.as_ref().unwrap();
        assert!(error.contains("not known yet") && got.commits.is_empty() && got.record.is_none(), "{got:?}");
    }
    let question = Question { moment, ..Question::new("where does Mirela live") };
    let verdict = opened.memory.explain(Answered::Now(question), Some(later.id)).unwrap().verdict.unwrap();
    assert!(verdict.contains("not known yet"), "{verdict}");
}

#[test]
fn a_moment_that_has_not_come_or_before_the_first_commit_is_refused_by_every_verb() {
    let opened = open();
    let id = opened.memory.remember(lives("Mirela", "Ghent"), &Agent::owner()).unwrap().id;
    let at = |text| Some(day(text));
    for moment in [
        Moment { true_at: at("2100-01-01"), known_at: None },
        Moment { true_at: None, known_at: at("2100-01-01") },
        Moment { true_at: None, known_at: at("2001-01-01") },
    ] {
        let memory = &opened.memory;
        let question = Question { moment, ..Question::new("anything") };
        let get = GetRequest { ids: vec![id], moment, ..GetRequest::default() };
        let query = QueryRequest { moment, ..QueryRequest::new("ASK { ?m a hy:Memory }") };
        let refused = [
            ("recall", memory.recall(&question).map(drop)),
            ("explain", memory.explain(Answered::Now(question), None).map(drop)),
            ("get", memory.get_as(&get).map(drop)),
            ("timeline", memory.timeline(&TimelineRequest { moment, ..TimelineRequest::new("Mirela") }).map(drop)),
            ("graph", memory.graph(&GraphRequest { moment, ..GraphRequest::new("Mirela") }).map(drop)),
            ("query", memory.query(&query).map(drop)),
        ];
        let expected = if moment.known_at == at("2001-01-01") { "; the first commit is of 20" } else { "not come yet" };
        for (verb, refused) in refused {
            let error = refused.expect_err(verb);
            assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some(), "{verb}: {error}");
            assert!(error.message().contains(expected), "{verb}: {error}");
        }
        let trace = memory.recall(&Question::new("anything")).unwrap().trace_id;
        let error = Answered::given(Some(trace), None, &[], moment).unwrap_err();
        assert!(error.message().contains(&trace.to_string()) && error.next_step().is_some(), "{error}");
    }
    let long_ago = Moment { true_at: at("1970-01-01"), known_at: None };
    assert!(ask(&opened, "Mirela", long_ago).is_empty(), "what was true before anything was known can be asked");
}
