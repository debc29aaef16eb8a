//! Why something was recalled, and why something else was not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use common::{Opened, note, open, open_at};
use hydra_graph::{
    Agent, Answered, ErrorKind, Exclusion, Explanation, GetView, Id, Kind, MAX_LEFT_OUT, MAX_PAST_ANSWERS,
    MAX_TRACE_AGE_DAYS, MAX_TRACE_BYTES, MAX_TRACES, Memory, NewMemory, Options, PastAnswersRequest, Question,
    Recalled, Statement, Timestamp,
};

fn tell(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn why_not(opened: &Opened, question: Question, id: Id) -> String {
    let explained = opened.memory.explain(Answered::Now(question), Some(id)).unwrap();
    assert_eq!((explained.rank, explained.given.len()), (None, 0), "{explained:?}");
    explained.verdict.unwrap()
}

#[test]
fn what_was_given_says_its_place_and_reasons() {
    let opened = open();
    let near = tell(&opened, NewMemory::new("The tall ladder is in the shed"));
    tell(&opened, NewMemory::new("A ladder costs money"));
    let trace = opened.memory.recall(&Question::new("where is the tall ladder in the shed")).unwrap().trace_id;
    let Explanation { question, rank, verdict, given, .. } =
        opened.memory.explain(Answered::Before(trace), Some(near)).unwrap();
    assert_eq!((question.as_str(), rank), ("where is the tall ladder in the shed", Some(1)));
    assert!(verdict.unwrap().contains("place 1") && given[0].why.lexical.is_some());
    let whole = opened.memory.explain(Answered::Before(trace), None).unwrap();
    assert_eq!((whole.given.len(), whole.left_out.len(), whole.verdict), (2, 0, None));
    let error = opened.memory.explain(Answered::Before(Id(7)), None).unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.next_step().is_some());
}

#[test]
fn of_an_answer_that_was_put_before_somebody_in_part_the_rest_is_left_out() {
    let opened = open();
    let near = tell(&opened, NewMemory::new("The tall ladder is in the shed"));
    let other = tell(&opened, NewMemory::new("A ladder costs money"));
    let (recalled, answer) =
        opened.memory.recall_unkept(&Question::new("where is the tall ladder in the shed")).unwrap();
    let trace = recalled.trace_id;
    assert_eq!((recalled.hits.len(), answer.id()), (2, trace));
    let listed = || opened.memory.past_answers(&PastAnswersRequest { first: 10, ..Default::default() }).unwrap();
    assert!(listed().is_empty(), "it is kept once, when it is known what of it was used");
    opened.memory.keep_answer(answer, &[near]);
    let whole = opened.memory.explain(Answered::Before(trace), None).unwrap();
    assert_eq!(whole.given.iter().map(|hit| hit.id).collect::<Vec<_>>(), [near]);
    let left_out: Vec<_> = whole.left_out.iter().map(|left| (left.id, left.reason)).collect();
    assert_eq!(left_out, [(other, Exclusion::Unused)]);
    assert_eq!(listed().iter().map(|answer| (answer.given, answer.left_out)).collect::<Vec<_>>(), [(1, 1)]);
}

#[test]
fn what_was_not_given_says_why_not() {
    let opened = open();
    let ladder = tell(&opened, NewMemory::new("The tall ladder is in the shed"));
    let other = tell(&opened, NewMemory { space: "project/atlas".into(), ..NewMemory::new("The ladder is borrowed") });
    let far = tell(&opened, NewMemory::new("The ferry leaves at nine"));
    let said = |speaker: &str| NewMemory { speaker: Some(speaker.into()), ..NewMemory::new("Rain again") };
    tell(&opened, said("Ines"));
    let ask = || Question::new("where is the tall ladder");
    let in_space = || Question { spaces: vec!["personal".into()], ..ask() };
    assert!(why_not(&opened, in_space(), other).contains("another space"));
    assert!(why_not(&opened, Question { kinds: vec![Kind::Fact], ..ask() }, ladder).contains("another kind"));
    assert!(why_not(&opened, Question { limit: 1, ..ask() }, other).contains("limit"));
    let budget = Question { budget_tokens: Some(1), ..ask() };
    assert!(why_not(&opened, budget, other).contains("budget"));
    assert!(why_not(&opened, ask(), far).contains("no word of the question"));
    assert!(why_not(&opened, Question { entity: Some("Oskar".into()), ..ask() }, ladder).contains("something else"));
    opened.memory.forget(&[ladder], None, &Agent::owner()).unwrap();
    assert!(why_not(&opened, ask(), ladder).contains("forgotten"));
    let error = opened.memory.explain(Answered::Now(ask()), Some(Id(7))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn a_trace_keeps_so_many_reasons() {
    let opened = open();
    let all = (0..MAX_LEFT_OUT + 5).map(|n| NewMemory::new(format!("Ladder number {n}"))).collect();
    opened.memory.remember_all(all, &Agent::owner()).unwrap();
    let question = Question { limit: 1, ..Question::new("ladder") };
    let whole = opened.memory.explain(Answered::Now(question), None).unwrap();
    assert_eq!((whole.given.len(), whole.left_out.len()), (1, MAX_LEFT_OUT));
}

/// When a test's memory is first opened, and a day, in milliseconds.
const START: i64 = 1_750_000_000_000;
const DAY: i64 = 24 * 60 * 60 * 1_000;

fn file(opened: &Opened) -> PathBuf {
    opened.folder.path().join("traces.jsonl")
}

fn lines(opened: &Opened) -> usize {
    fs::read_to_string(file(opened)).unwrap().lines().count()
}

/// Closes the memory and opens it again, so many days after it was first opened.
fn reopened(opened: Opened, days: i64) -> Opened {
    let Opened { memory, folder } = opened;
    memory.close().unwrap();
    drop(memory);
    Opened { memory: open_at(folder.path(), START + days * DAY), folder }
}

fn asked(opened: &Opened, text: &str) -> Recalled {
    opened.memory.recall(&Question::new(text)).unwrap()
}

/// The answer of a trace, if it is still known.
fn answer(opened: &Opened, trace: Id) -> Option<Recalled> {
    opened.memory.get(&[trace], GetView::Full).unwrap().remove(0).recalled
}

#[test]
fn an_answer_reads_the_same_after_a_restart_whatever_became_of_its_texts() {
    let opened = open();
    let said =
        |text: &str| NewMemory { session: Some("a call".into()), speaker: Some("Ines".into()), ..NewMemory::new(text) };
    tell(&opened, said("Mirela keeps the tall ladder"));
    tell(&opened, said("It is behind the shed, says Mirela"));
    let home = tell(&opened, NewMemory::fact(Statement::new("Mirela", "lives in", "Ghent")));
    for path in ["/v/one.md", "/v/two.md"] {
        let document = note(path, "The tall ladder of Mirela is blue.\n\nIt was lent to Oskar.", &["Mirela"]);
        opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    let questions = ["who keeps the tall ladder", "where does Mirela live", "what did Ines say of Mirela"];
    let answers: Vec<Recalled> = questions.iter().map(|text| asked(&opened, text)).collect();
    assert!(answers.iter().flat_map(|answer| &answer.hits).any(|hit| !hit.also_in.is_empty()));
    let changed = note("/v/one.md", "The tall ladder is gone.", &[]);
    opened.memory.put_documents(vec![changed], &Agent::ingest()).remove(0).unwrap();
    tell(&opened, NewMemory::fact(Statement::new("Mirela", "lives in", "Porto")));
    assert!(opened.memory.get(&[home], GetView::Full).unwrap()[0].record.as_ref().unwrap().valid_to.is_some());
    let check = |opened: &Opened| {
        for given in &answers {
            assert_eq!(answer(opened, given.trace_id).as_ref(), Some(given));
        }
    };
    check(&opened);
    let opened = reopened(opened, 1);
    check(&opened);
    let explained = opened.memory.explain(Answered::Before(answers[0].trace_id), None).unwrap();
    assert_eq!((explained.question.as_str(), &explained.given), (questions[0], &answers[0].hits));
    assert_eq!(fs::metadata(file(&opened)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_was_forgotten_since_is_not_shown() {
    let opened = open();
    let told = tell(&opened, NewMemory::new("The spare key is under the blue pot"));
    let other = tell(&opened, NewMemory::new("The spare key of the shed is lost"));
    let trace = asked(&opened, "where under the pot is the spare key").trace_id;
    let place = opened.memory.explain(Answered::Before(trace), Some(other)).unwrap().rank;
    assert_eq!(place, Some(2));
    let forgotten = opened.memory.forget(&[told], None, &Agent::owner()).unwrap().commit.unwrap();
    let check = |opened: &Opened| {
        let hits = answer(opened, trace).unwrap().hits;
        assert_eq!(hits.iter().map(|hit| hit.id).collect::<Vec<_>>(), [other]);
        let all = opened.memory.explain(Answered::Before(trace), None).unwrap();
        assert!(!format!("{all:?}").contains("blue"), "{all:?}");
        assert_eq!((all.left_out[0].id, all.left_out[0].reason), (told, Exclusion::Forgotten));
        let verdict = opened.memory.explain(Answered::Before(trace), Some(told)).unwrap().verdict.unwrap();
        assert!(verdict.contains("place 1, and was forgotten since"), "{verdict}");
        let kept = opened.memory.explain(Answered::Before(trace), Some(other)).unwrap();
        assert_eq!(kept.rank, Some(2), "its place was and is the second");
    };
    check(&opened);
    let opened = reopened(opened, 1);
    check(&opened);
    opened.memory.undo(forgotten, &Agent::owner()).unwrap();
    assert_eq!(answer(&opened, trace).unwrap().hits.len(), 2, "when it stands again it is shown again");
}

#[test]
fn so_many_traces_are_kept_and_the_file_stays_short() {
    let opened = open();
    tell(&opened, NewMemory::new("The ladder is in the shed"));
    let traces: Vec<Id> = (0..2 * MAX_TRACES + 20).map(|_| asked(&opened, "ladder").trace_id).collect();
    let (first, kept) = (traces.len() - MAX_TRACES - 1, traces.len() - MAX_TRACES);
    let check = |opened: &Opened| {
        assert!(answer(opened, traces[first]).is_none() && answer(opened, traces[kept]).is_some());
        assert!(answer(opened, *traces.last().unwrap()).is_some());
        assert!(lines(opened) < 2 * MAX_TRACES, "{}", lines(opened));
    };
    check(&opened);
    check(&reopened(opened, 1));
}

#[test]
fn a_trace_is_kept_so_many_days() {
    let opened = open();
    tell(&opened, NewMemory::new("The ladder is in the shed"));
    let early = asked(&opened, "ladder").trace_id;
    let opened = reopened(opened, MAX_TRACE_AGE_DAYS - 1);
    let late = asked(&opened, "shed").trace_id;
    assert!(answer(&opened, early).is_some());
    let opened = reopened(opened, MAX_TRACE_AGE_DAYS + 2);
    assert!(answer(&opened, early).is_none() && answer(&opened, late).is_some());
    asked(&opened, "anything");
    let text = fs::read_to_string(file(&opened)).unwrap();
    assert!(!text.contains(&early.to_string()) && text.contains(&late.to_string()), "the file forgets it too");
}

#[test]
fn what_does_not_read_back_is_left_out() {
    let opened = open();
    tell(&opened, NewMemory::new("The ladder is in the shed"));
    let whole = asked(&opened, "ladder").trace_id;
    let torn = asked(&opened, "shed").trace_id;
    let mut text = fs::read_to_string(file(&opened)).unwrap();
    text.truncate(text.len() - 9);
    // What a kill in the middle leaves, and what never was a trace.
    let (first, last) = text.split_once('\n').unwrap();
    let broken = Id(whole.0 + 1);
    let bytes =
        [first.as_bytes(), b"\n\xff\xfe\n\n{}\n", format!("{{\"id\":\"{broken}\"}}\n{last}").as_bytes()].concat();
    fs::write(file(&opened), bytes).unwrap();
    let opened = reopened(opened, 1);
    let next = asked(&opened, "ladder again").trace_id;
    let check = |opened: &Opened| {
        let found = [whole, broken, torn, next].map(|trace| answer(opened, trace).is_some());
        assert_eq!(found, [true, false, false, true]);
    };
    check(&opened);
    check(&reopened(opened, 2));
}

#[test]
fn a_file_that_is_too_large_is_cut_to_the_newest() {
    let opened = open();
    tell(&opened, NewMemory::new("The ladder is in the shed"));
    let first = asked(&opened, "ladder").trace_id;
    let line = fs::read_to_string(file(&opened)).unwrap();
    let long = line.replace("ladder", &"ladder ".repeat(5_000));
    let count = MAX_TRACE_BYTES / long.len() + 2;
    let all = (0..count).map(|n| long.replace(&first.to_string(), &Id(first.0 + n as u64).to_string()));
    fs::write(file(&opened), all.collect::<String>()).unwrap();
    assert!(fs::metadata(file(&opened)).unwrap().len() > MAX_TRACE_BYTES as u64);
    let opened = reopened(opened, 1);
    let next = asked(&opened, "shed").trace_id;
    let size = fs::metadata(file(&opened)).unwrap().len();
    assert!((MAX_TRACE_BYTES as u64 / 3..=MAX_TRACE_BYTES as u64 / 2).contains(&size), "{size}");
    let newest = Id(first.0 + count as u64 - 1);
    assert_eq!([first, newest, next].map(|trace| answer(&opened, trace).is_some()), [false, true, true]);
}

#[test]
fn recall_goes_on_when_traces_can_not_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(START));
    let clock = Arc::clone(&now);
    let clock = Arc::new(move || Timestamp::from_millis(clock.fetch_add(1, Ordering::Relaxed)));
    let memory = Memory::open(folder.path(), Options { clock, holder: "a test".into() }).unwrap();
    let opened = Opened { memory, folder };
    tell(&opened, NewMemory::new("The ladder is in the shed"));
    fs::create_dir(file(&opened)).unwrap();
    let trace = asked(&opened, "ladder").trace_id;
    assert!(answer(&opened, trace).is_some(), "it is known until the end");
    // What was in the way is gone: after a while later answers are kept again, and those of meanwhile too.
    fs::remove_dir(file(&opened)).unwrap();
    let meanwhile = asked(&opened, "shed").trace_id;
    assert!(!file(&opened).exists());
    now.fetch_add(DAY, Ordering::Relaxed);
    asked(&opened, "ladder");
    let opened = reopened(opened, 2);
    assert!(answer(&opened, trace).is_some() && answer(&opened, meanwhile).is_some());
}

#[test]
fn answers_are_listed_newest_first_and_by_what_they_gave() {
    let opened = open();
    let key = opened.memory.remember(NewMemory::new("The spare key is under the pot"), &Agent::owner()).unwrap().id;
    let cat = opened.memory.remember(NewMemory::new("The cat sleeps on the stove"), &Agent::owner()).unwrap().id;
    let asked: Vec<_> = ["spare key", "cat", "spare key pot"].map(|words| asked(&opened, words).trace_id).into();
    let list = |request: PastAnswersRequest| -> Vec<Id> {
        opened.memory.past_answers(&request).unwrap().into_iter().map(|answer| answer.id).collect()
    };
    let page = |first| PastAnswersRequest { first, ..PastAnswersRequest::default() };
    assert_eq!(list(page(10)), [asked[2], asked[1], asked[0]]);
    assert_eq!(list(page(1)), [asked[2]]);
    assert_eq!(list(PastAnswersRequest { before: Some(asked[2]), ..page(10) }), [asked[1], asked[0]]);
    assert!(list(PastAnswersRequest { gave: Some(cat), ..page(10) }).contains(&asked[1]));
    assert!(list(PastAnswersRequest { gave: Some(key), ..page(10) }).contains(&asked[0]));
    assert_eq!(list(PastAnswersRequest { gave: Some(Id(1)), ..page(10) }), []);
    assert_eq!(list(PastAnswersRequest { spaces: vec!["work".into()], ..page(10) }), []);
    let newest = &opened.memory.past_answers(&page(1)).unwrap()[0];
    assert_eq!(newest.question, "spare key pot");
    for first in [0, MAX_PAST_ANSWERS + 1] {
        assert_eq!(opened.memory.past_answers(&page(first)).unwrap_err().kind(), ErrorKind::Invalid);
    }
}
