//! Watched folders: how soon a change is known, and what watching costs.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::corpus::{Random, write_vault};
use crate::harness::{Client, Server, wait_until};
use crate::measure::{Times, timed, usage};
use crate::report::Report;

/// Notes of the watched folder.
const NOTES: usize = 5_000;
/// Words of each.
const WORDS: usize = 40;
/// Single edits of which the time until they are found is measured.
pub const EDITS: usize = 30;
/// Edits after which nothing may have grown.
const MANY_EDITS: usize = 10_000;
/// After which a server that nobody asks has nothing left to do.
const SETTLED: Duration = Duration::from_secs(75);
/// How long an idle server is watched.
const IDLE: Duration = Duration::from_secs(60);

/// Measures all of it on one folder.
pub fn daemon(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("it is there");
    let (data, vault) = (root.join("data"), root.join("vault"));
    std::fs::create_dir(&data).expect("a folder");
    write_vault(&vault, NOTES, 1, WORDS);
    let server = Server::start(&data);
    let mut client = server.client();
    client.ask("/v1/add_source", &json!({"path": vault}));
    let (first, ()) = timed(|| wait_for_notes(&mut client, NOTES as u64));
    report
        .told(&format!("first reading of a watched folder of {NOTES} notes"), format!("{:.1} s", first.as_secs_f64()));
    let (embedded, ()) = timed(|| wait_for_indexes(&mut client));
    report.told("until all of it is embedded too", format!("{:.1} s", (first + embedded).as_secs_f64()));
    server.stop();

    let server = Server::start(&data);
    let mut client = server.client();
    reconcile(report, &mut client, &vault, NOTES);
    let edited: Vec<PathBuf> = (0..20).map(|note| vault.join(format!("shelf-{note}/note-{note}.md"))).collect();
    edit_some(report, &mut client, &edited);
    idle(report, &server);
    change_all(report, &server, &vault);
    grow(report, &server, &edited, MANY_EDITS);
    server.stop();
}

/// Looks at a folder that did not change, when the server starts and while it runs; `vault` is written to so that it is
/// looked at.
pub fn reconcile(report: &mut Report, client: &mut Client, vault: &Path, notes: usize) {
    let state = wait_for_look(client, None);
    report.below(
        &format!("the look at {notes} unchanged notes when the server starts"),
        state["scan_ms"].as_f64().unwrap_or(f64::MAX),
        1000.0,
        "ms",
    );
    let mut looks = Vec::new();
    for _ in 0..10 {
        let before = look(client)["scanned_at"].clone();
        std::fs::write(vault.join(".hydraignore"), "nothing/\n").expect("a file");
        let state = wait_for_look(client, Some(before));
        looks.push(Duration::from_millis(state["scan_ms"].as_u64().unwrap_or(0)));
    }
    report.below("the same while it runs, p50 of 10", Times::of(looks).percentile(50), 1000.0, "ms");
    wait_for_indexes(client);
}

/// Saves one note after the other, each until it is found.
pub fn edit_some(report: &mut Report, client: &mut Client, notes: &[PathBuf]) {
    let found = (0..EDITS).map(|number| edit(client, &notes[number % notes.len()], number)).collect();
    let found = Times::of(found);
    report.below("a note is saved until it is found by words, p95 of 30", found.percentile(95), 1500.0, "ms");
    report.told("the same, p50", format!("{:.0} ms", found.percentile(50)));
    wait_for_indexes(client);
}

/// Watches a server that has nothing to do.
pub fn idle(report: &mut Report, server: &Server) {
    // Vectors that came in are written down once, within a minute.
    std::thread::sleep(SETTLED);
    let (before, _) = usage(server.pid());
    std::thread::sleep(IDLE);
    let (after, _) = usage(server.pid());
    report.below("one core of an idle server that watches", (after - before) / IDLE.as_secs_f64() * 100.0, 0.5, "%");
}

/// Waits until everything is found, however long the model takes for it on a machine that does other things too.
pub fn wait_for_indexes(client: &mut Client) {
    // Asking counts all that there is, which the server's processor seconds would be full of.
    loop {
        let status = client.ask("/v1/status", &json!({}));
        if status["indexes"].as_array().is_some_and(|all| all.iter().all(|index| index["behind"] == false)) {
            return;
        }
        std::thread::sleep(Duration::from_secs(5));
    }
}

fn look(client: &mut Client) -> Value {
    client.ask("/v1/sources", &json!({}))["sources"][0]["state"].clone()
}

/// Waits until all of a folder is read.
pub fn wait_for_notes(client: &mut Client, notes: u64) {
    wait_until("the notes to be read", || {
        let source = client.ask("/v1/sources", &json!({}))["sources"][0].clone();
        source["state"]["state"] == "watching" && source["known"]["notes"] == notes
    });
}

/// Waits for a look at everything after the one that is known.
fn wait_for_look(client: &mut Client, before: Option<Value>) -> Value {
    let mut state = Value::Null;
    let started_at = client.ask("/v1/status", &json!({}))["server"]["started_at"].clone();
    wait_until("a look at everything", || {
        state = look(client);
        let is_new = match &before {
            Some(before) => state["scanned_at"] != *before,
            None => state["scanned_at"].as_str() > started_at.as_str(),
        };
        is_new && state["state"] == "watching"
    });
    state
}

/// Saves a note with a word of its own, and returns how long it takes until that finds it.
fn edit(client: &mut Client, note: &Path, number: usize) -> Duration {
    let word = format!("brandnew{number}word");
    std::fs::write(note, format!("# Note\n\nThe {word} stands here beside the harbour.\n")).expect("a note");
    let started = Instant::now();
    wait_until("the edit", || {
        let answer = client.ask("/v1/recall", &json!({"query": word, "limit": 1}));
        answer["hits"][0]["text"].as_str().is_some_and(|text| text.contains(&word))
    });
    started.elapsed()
}

/// Asks while every note changes at once, as when another branch is checked out.
fn change_all(report: &mut Report, server: &Server, vault: &Path) {
    let mut client = server.client();
    let mut random = Random::new(11);
    let mut ask = |client: &mut Client| {
        let question = json!({"query": random.sentence(7), "limit": 10});
        timed(|| client.ask("/v1/recall", &question)).0
    };
    let calm = Times::of((0..200).map(|_| ask(&mut client)).collect());
    for note in 0..NOTES {
        let path = vault.join(format!("shelf-{}/note-{note}.md", note % 20));
        let mut text = std::fs::read_to_string(&path).unwrap_or_default();
        text.push_str("\nThe lighthouse was painted anew.\n");
        std::fs::write(path, text).expect("a note");
    }
    let started = Instant::now();
    let mut times = Vec::new();
    let mut checked = Instant::now();
    loop {
        times.push(ask(&mut client));
        std::thread::sleep(Duration::from_millis(20));
        if checked.elapsed() > Duration::from_secs(2) {
            checked = Instant::now();
            let taken_in = look(&mut client)["taken_in"].as_u64().unwrap_or(0);
            if taken_in >= (NOTES + EDITS) as u64 && look(&mut client)["state"] == "watching" {
                break;
            }
        }
    }
    let busy = Times::of(times);
    report.told(
        &format!("{NOTES} notes changed at once are read in"),
        format!("{:.1} s", started.elapsed().as_secs_f64()),
    );
    report.told("recall before that, p95", format!("{:.1} ms", calm.percentile(95)));
    report.below(&format!("recall meanwhile, p95 of {}", busy.len()), busy.percentile(95), 100.0, "ms");
    wait_for_indexes(&mut client);
}

/// Edits again and again, and looks at what the process holds.
pub fn grow(report: &mut Report, server: &Server, notes: &[PathBuf], edits: usize) {
    let mut client = server.client();
    let descriptors = || std::fs::read_dir(format!("/proc/{}/fd", server.pid())).map_or(0, Iterator::count);
    let mut write = |edits: std::ops::Range<usize>| {
        for number in edits {
            let note = &notes[number % notes.len()];
            std::fs::write(note, format!("# Note\n\nEdit {number} of the log of the harbour.\n")).expect("a note");
            std::thread::sleep(Duration::from_millis(3));
        }
        wait_for_indexes(&mut client);
    };
    // Once around first: caches that fill are no growth.
    write(0..edits / 10);
    let ((_, resident), open) = (usage(server.pid()), descriptors());
    write(edits / 10..edits + edits / 10);
    let ((_, resident_after), open_after) = (usage(server.pid()), descriptors());
    report.told(&format!("open files before and after {edits} edits"), format!("{open} and {open_after}"));
    report.below("resident memory that they add", resident_after - resident, 50.0, "MB");
}
