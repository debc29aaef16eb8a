//! A log and what the graph keeps of it agree, whatever happens to the log.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hydra_graph::{
    Agent, Document, ErrorKind, ForgetMode, ForgetRequest, GetView, Id, Kind, LogPart, LogState, Memory, QueryRequest,
    Question, Reading, Record, Timestamp, Trust,
};
use hydra_ingest::{
    Followed, LastRecord, LogOptions, LogReader, LogStep, MAX_EPISODES_AN_HOUR, MAX_LINE_BYTES, Options, Readings,
    Rules, STEP_BYTES, follow, ingest,
};
use jiff::tz::TimeZone;
use tempfile::TempDir;

struct Home {
    memory: Memory,
    log: PathBuf,
    clock: Arc<AtomicI64>,
    folder: TempDir,
}

const NOW: i64 = 1_796_900_000_000;

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().canonicalize().unwrap().join("logs/app.log");
        fs::create_dir(log.parent().unwrap()).unwrap();
        let clock = Arc::new(AtomicI64::new(NOW));
        Self { memory: open(&folder, &clock), log, clock, folder }
    }

    fn append(&self, text: impl AsRef<[u8]>) {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        file.write_all(text.as_ref()).unwrap();
    }

    fn reader(&self) -> LogReader {
        let options = LogOptions {
            space: "personal".into(),
            zone: TimeZone::UTC,
            agent: Agent::ingest(),
            last: LastRecord::Take,
        };
        LogReader::open(&self.memory, &self.log, options).unwrap()
    }

    /// Reads to the end with a reader that knows nothing but what the graph says.
    fn read(&self) -> LogStep {
        let mut all = LogStep::default();
        loop {
            let step = self.reader().read(&self.memory, Timestamp::from_millis(NOW)).unwrap();
            all.lines += step.lines;
            all.records += step.records;
            all.new_templates += step.new_templates;
            all.episodes += step.episodes;
            all.counted += step.counted;
            all.left_out += step.left_out;
            all.cut += step.cut;
            all.damaged += step.damaged;
            all.is_rotated |= step.is_rotated;
            if !step.is_more {
                return all;
            }
        }
    }

    fn state(&self) -> LogState {
        self.memory.log(&self.log).unwrap().unwrap()
    }

    /// Each template with how often it was seen.
    fn templates(&self) -> Vec<(String, usize)> {
        let templates = self.state().templates.into_iter();
        templates.map(|it| (it.pattern.template, it.pattern.seen.times)).collect()
    }

    /// Each episode with how often it was seen.
    fn episodes(&self) -> Vec<(String, usize)> {
        let mut episodes: Vec<_> =
            self.records().into_iter().map(|record| (record.text, record.seen.unwrap().times)).collect();
        episodes.sort();
        episodes
    }

    fn records(&self) -> Vec<Record> {
        let query = "SELECT ?m { ?m a hy:Memory }";
        let answer = self.memory.query(&QueryRequest::new(query)).unwrap();
        let ids: Vec<Id> = answer.rows.iter().map(|row| id(&row[0])).collect();
        let got = self.memory.get(&ids, GetView::Full).unwrap();
        got.into_iter().map(|got| got.record.unwrap()).collect()
    }

    fn readings(&self) -> Readings {
        let clock = Arc::clone(&self.clock);
        Readings::new(Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed))))
    }

    /// One look at the folder of the log, or at some of its logs.
    fn follow(&self, named: Option<&[PathBuf]>, readings: &mut Readings) -> Followed {
        let rules = Rules::new(self.log.parent().unwrap(), "personal", &[], &[]).unwrap();
        follow(&self.memory, &rules, named, &Options::of("personal"), readings, &mut || true).unwrap()
    }

    fn rename(&self, to: &str) {
        fs::rename(&self.log, self.log.with_file_name(to)).unwrap();
    }
}

fn id(value: &Option<hydra_graph::Value>) -> Id {
    value.as_ref().unwrap().value.trim_start_matches("id:").parse().unwrap()
}

fn open(folder: &TempDir, clock: &Arc<AtomicI64>) -> Memory {
    let clock = Arc::clone(clock);
    let options = hydra_graph::Options {
        clock: Arc::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed))),
        holder: "a test".into(),
    };
    Memory::open(&folder.path().join("memory"), options).unwrap()
}

/// A line of a minute of the tenth of December, or after.
fn line(minute: usize, text: &str) -> String {
    let (day, hour, minute) = (10 + minute / (24 * 60), minute / 60 % 24, minute % 60);
    format!("2026-12-{day} {hour:02}:{minute:02}:00 {text}\n")
}

fn seen(pairs: &[(&str, usize)]) -> Vec<(String, usize)> {
    pairs.iter().map(|(text, times)| ((*text).to_owned(), *times)).collect()
}

#[test]
fn a_log_is_read_on_and_never_twice() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in") + &line(2, "ERROR disk sda broke\n  at io"));
    let first = home.read();
    assert_eq!((first.lines, first.records, first.new_templates, first.episodes), (3, 2, 2, 1));
    assert_eq!(home.read(), LogStep::default());
    home.append(line(3, "INFO user 2 logged in"));
    assert_eq!((home.read().lines, home.read().lines), (1, 0));
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 2), ("disk sda broke", 1)]));
    assert_eq!(home.episodes(), seen(&[("2026-12-10 00:02:00 ERROR disk sda broke\n  at io", 1)]));
    let episode = home.records().remove(0);
    assert_eq!((episode.kind, episode.trust.as_str()), (Kind::Episode, Trust::Ingested.as_str()));
    assert_eq!(episode.happened_at.unwrap().to_string(), "2026-12-10T00:02:00Z");
    assert_eq!(episode.source.said_by.as_deref(), Some("app.log:2"));
}

#[test]
fn counting_up_touches_no_text_that_is_indexed() {
    let home = Home::new();
    home.append(line(1, "ERROR disk 1 broke") + &line(2, "INFO user 1 logged in"));
    home.read();
    let before = home.memory.status().unwrap();
    home.append(line(3, "ERROR disk 2 broke") + &line(4, "INFO user 2 logged in"));
    assert_eq!(home.read().counted, 1);
    let source = home.state().id;
    let touched = "SELECT ?t { GRAPH <urn:hydra:ns#g/journal> { ?c hy:touched ?t ; hy:order ?o } } ORDER BY ?o LIMIT 1";
    let answer = home.memory.query(&QueryRequest::new(touched)).unwrap();
    assert_eq!(id(&answer.rows[0][0]), source, "only the log itself");
    let count = "SELECT (COUNT(?t) AS ?n) { GRAPH <urn:hydra:ns#g/journal> { ?c hy:touched ?t } }";
    let count = |home: &Home| home.memory.query(&QueryRequest::new(count)).unwrap().rows[0][0].clone().unwrap().value;
    let touched_before: usize = count(&home).parse().unwrap();
    home.append(line(5, "ERROR disk 3 broke"));
    home.read();
    assert_eq!(count(&home).parse::<usize>().unwrap(), touched_before + 1);
    assert_eq!(home.templates(), seen(&[("disk <*> broke", 3), ("user <*> logged in", 2)]));
    assert_eq!(home.episodes()[0].1, 3);
    assert!(before.memories > 0);
}

#[test]
fn a_template_keeps_its_id_while_it_gets_more_general() {
    let home = Home::new();
    home.append(line(1, "INFO hello dear anna today"));
    home.read();
    let id = |home: &Home| {
        let recalled = home.memory.recall(&Question::new("hello dear")).unwrap();
        recalled.hits.iter().find(|hit| hit.kind == Kind::Passage).map(|hit| (hit.id, hit.seen.unwrap().times)).unwrap()
    };
    let (first, _) = id(&home);
    home.append(line(2, "INFO hello dear oskar today"));
    home.read();
    assert_eq!(id(&home), (first, 2));
    assert_eq!(home.templates(), seen(&[("hello dear <*> today", 2)]));
    home.append(line(3, "INFO hello dear mirela today") + &line(4, "INFO something else"));
    home.read();
    assert_eq!(
        home.state().templates.iter().map(|it| it.block.as_str()).collect::<Vec<_>>(),
        ["template-0", "template-1"]
    );
}

#[test]
fn a_renamed_log_is_read_to_its_end_and_the_new_one_from_its_beginning() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    home.read();
    home.append(line(2, "INFO user 2 logged in"));
    home.rename("app.log.1");
    home.append(line(3, "INFO user 3 logged in"));
    let step = home.read();
    assert_eq!((step.lines, step.is_rotated), (2, true));
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 3)]));
    later(&home, "app.log.1", 0);
    // Another log, and no part of this one.
    fs::write(home.log.with_file_name("app-error.log"), line(3, "INFO user 9 logged in")).unwrap();
    // Twice renamed in between: what was never read under its own name is read too.
    home.append(line(4, "INFO user 4 logged in"));
    home.rename("app.log.2");
    home.append(line(5, "INFO user 5 logged in"));
    later(&home, "app.log.2", 10);
    home.rename("app.log.3");
    later(&home, "app.log.3", 20);
    home.append(line(6, "INFO user 6 logged in"));
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 6)]));
    assert_eq!(home.read(), LogStep::default());
}

#[test]
fn what_was_renamed_after_it_was_read_whole_or_empty_hides_nothing_that_came_next() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    home.read();
    // Nothing more came before it was renamed; then three more, one of them empty, while nobody read.
    home.rename("app.log.1");
    later(&home, "app.log.1", 0);
    home.append(line(2, "INFO user 2 logged in"));
    home.rename("app.log.2");
    later(&home, "app.log.2", 10);
    home.append("");
    home.rename("app.log.3");
    later(&home, "app.log.3", 20);
    home.append(line(3, "INFO user 3 logged in"));
    home.rename("app.log.4");
    later(&home, "app.log.4", 30);
    home.append(line(4, "INFO user 4 logged in"));
    assert!(home.read().is_rotated);
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 4)]));
    assert_eq!(home.read(), LogStep::default());
}

#[test]
fn what_is_renamed_or_copied_away_before_anything_of_it_was_read_is_read_too() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    home.read();
    home.rename("app.log.1");
    later(&home, "app.log.1", 0);
    home.append("");
    assert!(home.read().is_rotated);
    // The log is there and empty when it is looked at; whoever writes has not noticed yet that it was renamed.
    fs::write(
        home.log.with_file_name("app.log.1"),
        line(1, "INFO user 1 logged in") + &line(2, "INFO user 2 logged in"),
    )
    .unwrap();
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 2)]));
    assert_eq!(home.read(), LogStep::default());
    later(&home, "app.log.1", 5);
    home.append(line(3, "INFO user 3 logged in"));
    home.rename("app.log.2");
    later(&home, "app.log.2", 10);
    home.append(line(4, "INFO user 4 logged in"));
    fs::copy(&home.log, home.log.with_extension("log.3")).unwrap();
    OpenOptions::new().write(true).truncate(true).open(&home.log).unwrap();
    later(&home, "app.log.3", 20);
    home.append(line(5, "INFO user 5 logged in"));
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 5)]));
    assert_eq!(home.read(), LogStep::default());
}

#[test]
fn a_held_line_is_found_where_its_log_was_renamed_to() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    let mut reader = home.reader();
    reader.set_last(LastRecord::Hold);
    assert_eq!(reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap().records, 0);
    home.rename("app.log.1");
    later(&home, "app.log.1", 0);
    home.append(line(2, "INFO user 2 logged in"));
    home.rename("app.log.2");
    later(&home, "app.log.2", 10);
    home.append(line(3, "INFO user 3 logged in"));
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 3)]));
}

#[test]
fn a_copy_that_was_read_is_not_what_came_after_a_log_of_the_same_tick() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    home.read();
    fs::copy(&home.log, home.log.with_extension("log.1")).unwrap();
    OpenOptions::new().write(true).truncate(true).open(&home.log).unwrap();
    home.append(line(2, "INFO user 2 logged in"));
    home.read();
    home.rename("app.log.2");
    for name in ["app.log.1", "app.log.2"] {
        let file = OpenOptions::new().append(true).open(home.log.with_file_name(name)).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000)).unwrap();
    }
    home.append(line(3, "INFO user 3 logged in"));
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 3)]));
}

/// Says when a file was changed.
fn later(home: &Home, name: &str, seconds: u64) {
    let file = OpenOptions::new().append(true).open(home.log.with_file_name(name)).unwrap();
    let at = std::time::SystemTime::now() - std::time::Duration::from_secs(60 - seconds);
    file.set_modified(at).unwrap();
}

#[test]
fn a_log_that_is_copied_and_cut_is_read_to_its_end_too() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in"));
    home.read();
    home.append(line(2, "ERROR disk broke"));
    fs::copy(&home.log, home.log.with_extension("log.1")).unwrap();
    OpenOptions::new().write(true).truncate(true).open(&home.log).unwrap();
    home.append(line(3, "INFO user 3 logged in"));
    assert!(home.read().is_rotated);
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 2), ("disk broke", 1)]));
    assert_eq!(home.episodes().len(), 1);
}

#[test]
fn a_log_that_is_written_anew_is_read_from_its_beginning() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in").repeat(3));
    home.read();
    // Longer than before, so that only its bytes tell.
    fs::write(&home.log, line(9, "INFO job 1 is done").repeat(9)).unwrap();
    assert!(home.read().is_rotated);
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 3), ("job <*> is done", 9)]));
    fs::write(&home.log, "").unwrap();
    assert_eq!(home.read().lines, 0);
    home.append(line(9, "INFO job 2 is done"));
    home.read();
    assert_eq!(home.templates()[1].1, 10);
}

#[test]
fn a_log_that_begins_as_the_one_before_is_told_from_it_by_what_comes_then() {
    let home = Home::new();
    home.append("Program 1.0 says hello\n".to_owned() + &line(1, "INFO user 1 logged in"));
    home.read();
    fs::write(&home.log, "Program 1.0 says hello\n".to_owned() + &line(2, "INFO job 1 is done").repeat(9)).unwrap();
    assert!(home.read().is_rotated);
    assert_eq!(home.templates()[2], ("job <*> is done".to_owned(), 9));
}

#[test]
fn a_log_that_comes_back_or_is_read_under_another_name_tells_nothing_twice() {
    let home = Home::new();
    // Without a time, its file's is taken, which is another for each copy.
    home.append("panic: no bus\n".to_owned() + &line(1, "ERROR disk broke") + &line(2, "ERROR fan broke"));
    later(&home, "app.log", 0);
    home.read();
    let copy = home.log.with_file_name("saved.log");
    fs::copy(&home.log, &copy).unwrap();
    let paths = [copy];
    let summary = ingest(&home.memory, &paths, &Options::of("personal"), &mut |_| {}).unwrap();
    assert_eq!((summary.logs.files, summary.logs.lines), (1, 3));
    assert_eq!(home.episodes().len(), 3, "the same file, the same place, the same words");
    home.memory.remove_sources(&[home.state().id], &Agent::ingest()).pop().unwrap().unwrap();
    assert_eq!(home.read().lines, 3);
    assert_eq!(home.episodes().len(), 3);
}

#[test]
fn a_kill_between_two_steps_loses_and_doubles_nothing() {
    let mut home = Home::new();
    let mut reader = home.reader();
    for n in 0..5 {
        home.append(line(n, &format!("ERROR disk {n} broke")));
        reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap();
        home.append(line(n, &format!("INFO user {n} logged in")));
        // Nothing that a reader knows outlives this but what is in the graph.
        home.memory.close().unwrap();
        drop(reader);
        let Home { memory, log, clock, folder } = home;
        drop(memory);
        home = Home { memory: open(&folder, &clock), log, clock, folder };
        reader = home.reader();
        assert_eq!(reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap().lines, 1);
    }
    assert_eq!(home.templates(), seen(&[("disk <*> broke", 5), ("user <*> logged in", 5)]));
    assert_eq!(home.episodes(), seen(&[("2026-12-10 00:00:00 ERROR disk 0 broke", 5)]));
}

#[test]
fn an_open_line_and_a_held_record_wait() {
    let home = Home::new();
    home.append(line(1, "INFO user 1 logged in") + "2026-12-10 00:02:00 ERR");
    assert_eq!(home.read().lines, 1);
    home.append("OR disk broke\n");
    assert_eq!(home.read().episodes, 1);
    home.append(line(3, "ERROR fan broke"));
    let mut reader = home.reader();
    reader.set_last(LastRecord::Hold);
    assert_eq!(reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap().records, 0);
    home.append("  at cooling\n");
    assert_eq!(reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap().records, 0);
    reader.set_last(LastRecord::Take);
    assert_eq!(reader.read(&home.memory, Timestamp::from_millis(NOW)).unwrap().records, 1);
    assert_eq!(home.episodes()[1].0, "2026-12-10 00:03:00 ERROR fan broke\n  at cooling");
}

#[test]
fn an_hour_makes_so_many_memories_and_says_how_many_it_left_out() {
    let home = Home::new();
    let name = |n: usize| format!("{}{}", char::from(b'a' + (n % 26) as u8), "q".repeat(n / 26 + 1));
    let all = MAX_EPISODES_AN_HOUR + 7;
    let lines: String = (0..all).map(|n| line(n % 60, &format!("ERROR {} {} {n}", name(n), name(n + 1)))).collect();
    home.append(&lines);
    let step = home.read();
    assert_eq!((step.episodes, step.left_out), (MAX_EPISODES_AN_HOUR as u64, 7));
    let told = |home: &Home| home.episodes().into_iter().find(|(text, _)| text.starts_with("More errors")).unwrap().1;
    assert_eq!((home.episodes().len(), told(&home)), (MAX_EPISODES_AN_HOUR + 1, 7));
    home.append(line(59, "ERROR one more of them all"));
    home.read();
    assert_eq!((home.episodes().len(), told(&home)), (MAX_EPISODES_AN_HOUR + 1, 8));
    assert_eq!(home.templates().len(), all + 1, "all are counted");
    home.append(line(60, "ERROR in the next hour again"));
    assert_eq!(home.read().episodes, 1);
}

#[test]
fn an_unusual_hour_is_noted_once() {
    let home = Home::new();
    let a_day = 24 * 60;
    let quiet: String = (0..a_day).step_by(30).map(|minute| line(minute, "INFO retry 1 of upload")).collect();
    home.append(quiet);
    assert_eq!(home.read().episodes, 0);
    for n in 0..3 {
        home.append(line(a_day + n, "INFO retry 2 of upload").repeat(50));
        home.read();
    }
    let episodes = home.episodes();
    assert_eq!(episodes.len(), 1);
    let expected = "Unusually many in app.log: 51 within the hour from 2026-12-11T00:00:00Z, about 2.0 an hour before.";
    assert!(episodes[0].0.starts_with(expected), "{episodes:?}");
}

#[test]
fn what_comes_again_within_the_hour_is_counted_and_a_clock_set_back_is_no_way_around() {
    let home = Home::new();
    home.append(line(10, "ERROR disk broke") + &line(69, "ERROR disk broke") + &line(5, "ERROR disk broke"));
    home.read();
    assert_eq!(home.episodes().iter().map(|(_, times)| *times).collect::<Vec<_>>(), [3]);
    home.append(line(70, "ERROR disk broke"));
    home.read();
    assert_eq!(home.episodes().iter().map(|(_, times)| *times).collect::<Vec<_>>(), [3, 1]);
    home.clock.store(NOW - 86_400_000, Ordering::Relaxed);
    home.append(line(71, "INFO on"));
    assert_eq!(home.read().lines, 1);
    assert_eq!(home.templates(), seen(&[("disk broke", 4), ("on", 1)]));
}

#[test]
fn a_line_of_ten_megabytes_and_bytes_that_are_no_text_cost_a_bound() {
    let home = Home::new();
    home.append(line(1, &format!("ERROR {}", "x ".repeat(5 * 1024 * 1024))));
    home.append(line(2, "INFO on"));
    home.append(b"2026-12-10 00:03:00 ERROR caf\xe9 \0 broke\n");
    let step = home.read();
    assert_eq!((step.records, step.cut, step.damaged), (3, 1, 1));
    assert!(step.lines == 3 && 10 * 1024 * 1024 > STEP_BYTES, "longer than a step, and counted once");
    assert!(home.episodes().iter().all(|(text, _)| text.len() <= MAX_LINE_BYTES));
    assert!(home.episodes().iter().any(|(text, _)| text.ends_with("caf\u{fffd} \u{fffd} broke")));
    assert_eq!(home.read(), LogStep::default());
}

#[test]
fn what_is_no_log_is_refused_by_name_and_the_rest_goes_on() {
    let home = Home::new();
    let binary = home.log.with_file_name("binary.log");
    fs::write(&binary, (0..=255).cycle().take(5_000).map(|byte| byte % 20).collect::<Vec<u8>>()).unwrap();
    home.append(line(1, "INFO on"));
    let missing = home.log.with_file_name("gone.log");
    let paths = [binary.clone(), home.log.clone(), missing.clone()];
    let summary = ingest(&home.memory, &paths, &Options::of("personal"), &mut |_| {}).unwrap();
    assert_eq!((summary.logs.files, summary.skipped.len()), (1, 2));
    assert!(summary.skipped[0].reason.starts_with("is not text") && summary.skipped[1].reason == "is not there now");
    let error = ingest(&home.memory, &[missing], &Options::of("personal"), &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let paths = [home.log.clone(), home.log.with_file_name("gone.md")];
    let summary = ingest(&home.memory, &paths, &Options::of("personal"), &mut |_| {}).unwrap();
    assert_eq!(
        (summary.logs.files, summary.skipped.len()),
        (1, 1),
        "a note that is not there keeps no log from being read"
    );
    assert_eq!(home.memory.sources(None).unwrap().len(), 1, "nothing half read");
}

#[test]
fn a_place_that_does_not_read_back_keeps_no_other_log_from_being_read() {
    let home = Home::new();
    let bad = home.log.with_file_name("a-bad.log");
    fs::write(&bad, line(1, "INFO on")).unwrap();
    home.append(line(1, "INFO on"));
    // As an import may say it.
    let document = Document {
        path: bad.clone(),
        root: bad.parent().unwrap().to_owned(),
        space: "personal".into(),
        title: "a-bad.log".into(),
        aliases: Vec::new(),
        tags: Vec::new(),
        properties: Vec::new(),
        facts: Vec::new(),
        text: String::new(),
        content_hash: "0".into(),
        modified_at: None,
        passages: Vec::new(),
        links: Vec::new(),
        reading: Reading::default(),
        log: Some(LogPart { tail: "{".into(), occurrences: Vec::new() }),
    };
    home.memory.put_documents(vec![document], &Agent::ingest()).pop().unwrap().unwrap();
    let followed = home.follow(None, &mut home.readings());
    assert_eq!((followed.summary.logs.lines, followed.summary.skipped.len()), (1, 1));
    let skipped = &followed.summary.skipped[0];
    assert!(skipped.path == bad && skipped.reason.contains("does not read back"), "{skipped:?}");
}

#[test]
fn what_the_machine_met_is_tried_again_and_what_a_log_is_stays() {
    let home = Home::new();
    // Reading the memory of a process where it has none fails as a disk does.
    let failing = home.log.with_file_name("failing.log");
    std::os::unix::fs::symlink("/proc/self/mem", &failing).unwrap();
    let binary = home.log.with_file_name("binary.log");
    fs::write(&binary, [1; 100]).unwrap();
    let mut readings = home.readings();
    let reason = |followed: Followed| {
        assert_eq!(followed.summary.skipped.len(), 1, "{followed:?}");
        followed.summary.skipped[0].reason.clone()
    };
    let met = reason(home.follow(Some(std::slice::from_ref(&failing)), &mut readings));
    assert!(met.contains("os error 5"), "{met}");
    assert_eq!(readings.len(), 0, "that it failed says nothing of the log");
    let met = reason(home.follow(Some(std::slice::from_ref(&binary)), &mut readings));
    assert!(met.starts_with("is not text"), "{met}");
    assert_eq!(readings.len(), 1);
}

#[test]
fn a_long_log_gives_way_to_the_others() {
    let home = Home::new();
    let long = home.log.with_file_name("a.log");
    let filler = line(1, &"x".repeat(1_000));
    let lines = 3 * STEP_BYTES as usize / filler.len();
    fs::write(&long, filler.repeat(lines)).unwrap();
    home.append(line(1, "INFO on"));
    let mut readings = home.readings();
    let first = home.follow(None, &mut readings);
    assert_eq!(first.left, [home.log.clone(), long.clone()], "what is not read to its end comes last");
    assert!(first.summary.logs.bytes <= 2 * STEP_BYTES && !first.summary.cancelled);
    let second = home.follow(Some(&first.left), &mut readings);
    assert!(second.left.is_empty(), "{:?}", second.left);
    assert_eq!(first.summary.logs.lines + second.summary.logs.lines, lines as u64 + 1);
    assert_eq!(home.follow(None, &mut readings).summary.logs.lines, 0);
}

#[test]
fn notes_beside_a_log_leave_it_alone() {
    let home = Home::new();
    home.append(line(1, "INFO on"));
    home.read();
    fs::write(home.log.with_file_name("note.md"), "# A note\n\nwords").unwrap();
    let folder = home.log.parent().unwrap().to_owned();
    let options = Options::of("personal");
    let summary = ingest(&home.memory, std::slice::from_ref(&folder), &options, &mut |_| {}).unwrap();
    assert_eq!((summary.files, summary.removed), (1, 0));
    assert_eq!(home.templates().len(), 1);
    let options = Options { kind: hydra_ingest::Kind::Log, ..options };
    home.append(line(2, "INFO off"));
    let summary = ingest(&home.memory, &[folder], &options, &mut |_| {}).unwrap();
    assert_eq!((summary.files, summary.logs.files, summary.logs.lines), (0, 1, 1));
}

#[test]
fn journald_is_read_from_its_json() {
    let home = Home::new();
    let entry = |n: i64, priority: u8, message: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"{}\",\"PRIORITY\":\"{priority}\",\"_SYSTEMD_UNIT\":\"cron.service\",\"MESSAGE\":{message}}}\n",
            1_796_800_000_000_000 + n * 1_000_000
        )
    };
    home.append(
        entry(0, 6, "\"job 1 done\"") + &entry(1, 3, "\"disk 2 is broken\\nhere\"") + &entry(2, 6, "[104,105]"),
    );
    assert_eq!(home.read().records, 3);
    assert_eq!(
        home.templates(),
        seen(&[("cron.service: job <*> done", 1), ("cron.service: disk <*> is broken", 1), ("cron.service: hi", 1)])
    );
    assert_eq!(home.episodes(), seen(&[("cron.service: disk 2 is broken\nhere", 1)]));
}

#[test]
fn what_was_erased_of_a_log_is_not_said_by_its_next_records() {
    let home = Home::new();
    home.append(line(1, "INFO marzipan is hidden here") + &line(2, "INFO user 1 logged in"));
    home.read();
    let recalled = home.memory.recall(&Question::new("marzipan")).unwrap();
    let request = ForgetRequest { ids: vec![recalled.hits[0].id], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    home.memory.forget_as(&request, &Agent::owner(), &mut |_, _| {}).unwrap();
    home.append(line(3, "INFO marzipan is hidden here") + &line(4, "INFO user 2 logged in"));
    home.read();
    assert_eq!(home.templates(), seen(&[("user <*> logged in", 2)]));
    let said = "SELECT ?o { ?s ?p ?o FILTER(CONTAINS(STR(?o), \"marzipan\")) }";
    assert!(home.memory.query(&QueryRequest::new(said)).unwrap().rows.is_empty());
    home.append(line(5, "INFO something new"));
    home.read();
    let blocks: Vec<String> = home.state().templates.into_iter().map(|it| it.block).collect();
    assert_eq!(blocks, ["template-1", "template-3"], "no name is used twice");
}
