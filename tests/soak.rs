//! Watched folders of notes and of logs in which everything happens at random, while somebody reads and the server is killed
//! again and again: at the end the graph is what is on disk, and nothing is there twice. It takes some seconds; where
//! `HYDRA_SOAK` says for how many minutes, it is so long with a kill every minute.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Client, PATIENCE, Server, json, wait_until};
use serde_json::{Value, json};
use wire::{Door, Stream, stateless};

/// How long it all takes, how long a server lives, and how many notes there are at the start.
struct Length {
    all: Duration,
    life: Duration,
    notes: usize,
}

impl Length {
    fn of_environment() -> Self {
        let minutes = std::env::var("HYDRA_SOAK").ok().map(|minutes| minutes.parse::<u64>().unwrap());
        match minutes {
            Some(minutes) => Self { all: Duration::from_secs(minutes * 60), life: Duration::from_secs(60), notes: 400 },
            None => Self { all: Duration::from_secs(8), life: Duration::from_secs(2), notes: 60 },
        }
    }
}

/// Logs of the watched folder of logs.
const LOGS: usize = 3;
/// Texts that are compared at the end are asked for so many at once.
const BATCH: usize = 100;

/// A small generator (Steele et al. 2014, SplitMix64), so that a failing run can be repeated.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// A folder of notes and what was done to it.
struct Vault {
    root: PathBuf,
    logs: PathBuf,
    random: Random,
    notes: usize,
    made: usize,
    lines: [usize; LOGS],
    rotations: usize,
}

impl Vault {
    fn text(&mut self) -> String {
        self.made += 1;
        let made = self.made;
        let mut text = format!("# Note made{made}\n");
        for part in 0..1 + self.random.below(4) {
            let (link, word) = (self.random.below(self.notes), self.random.below(1_000_000));
            text += &format!(
                "\n## Part {part}\n\nWhat happened on day {word} is in [[{link}]] and in the log of the keeper.\n"
            );
        }
        text
    }

    fn place(&mut self) -> PathBuf {
        let (folder, name) = (self.random.below(12), self.random.below(self.notes * 2));
        self.root.join(format!("f{folder}")).join(format!("{name}.md"))
    }

    fn notes(&self) -> Vec<PathBuf> {
        let mut notes = Vec::new();
        let mut folders = vec![self.root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    notes.push(path);
                }
            }
        }
        notes.sort();
        notes
    }

    fn write(&mut self, path: &Path) {
        let text = self.text();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if self.random.below(2) == 0 {
            let beside = path.with_extension("md.tmp");
            fs::write(&beside, text).unwrap();
            fs::rename(beside, path).unwrap();
        } else {
            fs::write(path, text).unwrap();
        }
    }

    fn write_line(&mut self, log: usize) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.logs.join(name_of(log))).unwrap();
        self.lines[log] += 1;
        writeln!(file, "2026-12-10 06:00:00 INFO lamp - turn {} of the lamp is done", self.lines[log]).unwrap();
    }

    /// A log goes on, and sometimes elsewhere.
    fn log(&mut self) {
        let number = self.random.below(LOGS);
        let log = self.logs.join(name_of(number));
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        for _ in 0..1 + self.random.below(20) {
            self.lines[number] += 1;
            let turn = self.lines[number];
            writeln!(file, "2026-12-10 06:00:00 INFO lamp - turn {turn} of the lamp is done").unwrap();
        }
        let rotated = log.with_extension(format!("log.{}", self.rotations));
        match self.random.below(25) {
            0 => fs::rename(&log, rotated).unwrap(),
            1 => {
                fs::copy(&log, rotated).unwrap();
                file.set_len(0).unwrap();
            }
            _ => return,
        }
        self.rotations += 1;
        // Which was written first is told by their times, which count in ticks.
        std::thread::sleep(Duration::from_millis(10));
    }

    fn step(&mut self) {
        if self.random.below(6) == 0 {
            return self.log();
        }
        let notes = self.notes();
        let pick = |random: &mut Random| notes[random.below(notes.len())].clone();
        match self.random.below(100) {
            0..45 => {
                let path = pick(&mut self.random);
                self.write(&path);
            }
            45..60 => {
                let path = self.place();
                self.write(&path);
            }
            60..75 => {
                let (from, to) = (pick(&mut self.random), self.place());
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::rename(from, to).unwrap();
            }
            75..80 => {
                let (a, b) = (pick(&mut self.random), pick(&mut self.random));
                let aside = self.root.join("aside.tmp");
                if a != b {
                    fs::rename(&a, &aside).unwrap();
                    fs::rename(&b, &a).unwrap();
                    fs::rename(&aside, &b).unwrap();
                }
            }
            80..92 if notes.len() > self.notes / 2 => fs::remove_file(pick(&mut self.random)).unwrap(),
            92..95 => {
                let (from, to) = (self.random.below(12), self.random.below(12));
                let (from, to) =
                    (self.root.join(format!("f{from}")), self.root.join(format!("f{to}/sub{}", self.made)));
                if from.is_dir() && !to.starts_with(&from) && to.parent().is_some_and(Path::is_dir) {
                    fs::rename(from, to).unwrap();
                }
            }
            95 if notes.len() > self.notes => {
                fs::remove_dir_all(notes[self.random.below(notes.len())].parent().unwrap()).unwrap();
                fs::create_dir_all(self.root.join("f0")).unwrap();
            }
            95..97 => {
                for _ in 0..60 {
                    let path = self.place();
                    self.write(&path);
                }
            }
            _ => fs::write(self.root.join("half.md.swp"), "x").unwrap(),
        }
    }
}

/// Asks again and again until the server is gone; no answer has anything twice.
fn read(client: &mut Client, stop: &AtomicBool, asked: &AtomicU64) {
    while !stop.load(Ordering::Relaxed) {
        let question = json!({"query": "what happened in the log of the keeper", "limit": 5});
        let Ok((status, answer)) = client.post("/v1/recall", &question) else { return };
        assert_eq!(status, 200, "{answer}");
        let hits = answer["hits"].as_array().unwrap();
        let ids: BTreeSet<&str> = hits.iter().map(|hit| hit["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), hits.len(), "{answer}");
        asked.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What changes with every note of which nothing is known but its words.
const WATCHED: &str = "hydra://enrichment";

/// Begins to watch a resource, as a client of MCP does.
fn watch(data: &Path) -> Stream {
    let listen = json!({"notifications": {"resourceSubscriptions": [WATCHED]}});
    let mut news = Door::of(data).stream(&stateless(7, "subscriptions/listen", listen));
    assert_eq!(news.next().unwrap()["method"], "notifications/subscriptions/acknowledged");
    news
}

/// Hears of changes until the server is gone, and reads again what changed.
fn follow(news: &mut Stream, client: &mut Client, heard: &AtomicU64) {
    while let Some(message) = news.next() {
        assert_eq!(
            (&message["method"], &message["params"]["uri"]),
            (&json!("notifications/resources/updated"), &json!(WATCHED))
        );
        let Ok((status, answer)) = client.post("/v1/enrichment", &json!({})) else { return };
        assert_eq!(status, 200, "{answer}");
        let texts = answer["bare"].as_array().unwrap();
        let ids: BTreeSet<&str> = texts.iter().map(|text| text["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), texts.len(), "{answer}");
        heard.fetch_add(1, Ordering::Relaxed);
    }
}

fn sources(client: &mut Client) -> Vec<(String, String, String)> {
    let query = "SELECT ?path ?source ?hash { ?source a hy:Source ; hy:path ?path ; hy:contentHash ?hash }";
    let answer = client.ask("/v1/query", &json!({"query": query, "limit": 10_000}));
    let text = |cell: &Value| cell.as_str().or_else(|| cell["value"].as_str()).unwrap_or_default().to_owned();
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect()
}

/// How many lines of each log were counted.
fn counted(client: &mut Client) -> [usize; LOGS] {
    let query = "SELECT ?times ?path { ?template a hy:Passage ; hy:timesSeen ?times ; hy:partOf/hy:path ?path }";
    let answer = client.ask("/v1/query", &json!({"query": query, "limit": 10_000}));
    let number = |cell: &Value| {
        let cell = if cell.is_object() { &cell["value"] } else { cell };
        cell.as_u64().or_else(|| cell.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{cell}")) as usize
    };
    let mut lines = [0; LOGS];
    for row in answer["rows"].as_array().unwrap() {
        let path = row[1].as_str().or_else(|| row[1]["value"].as_str()).unwrap();
        let log = (0..LOGS).find(|log| path.ends_with(&name_of(*log))).unwrap();
        lines[log] += number(&row[0]);
    }
    lines
}

fn name_of(log: usize) -> String {
    format!("keeper{log}.log")
}

#[test]
fn graph_and_disk_agree_after_everything_happened() {
    let length = Length::of_environment();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let data = root.join("data");
    fs::create_dir(&data).unwrap();
    let (notes, logs) = (length.notes, root.join("logs"));
    let mut vault =
        Vault { root: root.join("vault"), logs, random: Random(42), notes, made: 0, lines: [0; LOGS], rotations: 0 };
    fs::create_dir(&vault.logs).unwrap();
    for number in 0..notes {
        let path = vault.root.join(format!("f{}/{number}.md", number % 12));
        vault.write(&path);
    }
    json(&data, &["source", "add", vault.root.to_str().unwrap()]);
    json(&data, &["source", "add", vault.logs.to_str().unwrap(), "--kind", "log"]);
    // What is rotated away before it was ever read is nobody's log.
    (0..LOGS).for_each(|log| vault.write_line(log));
    let server = Server::start(&data);
    wait_until("the logs to be known", || counted(&mut server.client()) == vault.lines);
    server.kill();
    let ends = Instant::now() + length.all;
    let (asked, heard, mut steps, mut kills) = (AtomicU64::new(0), AtomicU64::new(0), 0_u64, 0);
    while Instant::now() < ends {
        let server = Server::start(&data);
        let dies = ends.min(Instant::now() + length.life);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (stop, asked, heard) = (&stop, &asked, &heard);
            let (mut reading, mut watching, mut news) = (server.client(), server.client(), watch(&data));
            scope.spawn(move || read(&mut reading, stop, asked));
            scope.spawn(move || follow(&mut news, &mut watching, heard));
            while Instant::now() < dies {
                vault.step();
                steps += 1;
                std::thread::sleep(Duration::from_millis(vault.random.below(120) as u64));
            }
            std::process::Command::new("kill").args(["-9", &server.pid().to_string()]).status().unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        kills += 1;
    }

    let server = Server::start(&data);
    let mut client = server.client();
    let on_disk: BTreeMap<String, String> = vault
        .notes()
        .into_iter()
        .map(|path| (path.display().to_string(), blake3::hash(&fs::read(&path).unwrap()).to_hex().to_string()))
        .collect();
    let mut last = Vec::new();
    wait_until("the graph to be what is on disk", || {
        last = sources(&mut client);
        last.retain(|(path, ..)| Path::new(path).starts_with(&vault.root));
        let known: BTreeMap<String, String> = last.iter().map(|(path, _, hash)| (path.clone(), hash.clone())).collect();
        known == on_disk && known.len() == last.len()
    });
    // What was renamed away and has no successor is read when it has one.
    (0..LOGS).for_each(|log| vault.write_line(log));
    let waiting = Instant::now();
    wait_until("every line to be counted", || {
        let lines = counted(&mut client);
        let is_double = lines.iter().zip(&vault.lines).any(|(counted, written)| counted > written);
        let is_over = waiting.elapsed() > PATIENCE * 4 && lines != vault.lines;
        let (written, rotations) = (vault.lines, vault.rotations);
        assert!(!is_double && !is_over, "{lines:?} of {written:?} lines, {rotations} rotations");
        lines == vault.lines
    });
    let lines: usize = vault.lines.iter().sum();
    // Each text is once in the graph, and as it is on disk.
    let ids: Vec<String> = last.iter().map(|(_, id, _)| id.trim_start_matches("id:").to_owned()).collect();
    for batch in ids.chunks(BATCH) {
        let got = client.ask("/v1/get", &json!({"ids": batch}));
        for record in got["records"].as_array().unwrap() {
            let record = &record["record"];
            let path = record["source"]["path"].as_str().unwrap();
            assert_eq!(record["text"].as_str().unwrap(), fs::read_to_string(path).unwrap(), "{path}");
        }
    }
    let twice = "SELECT ?source ?start { ?passage hy:partOf ?source ; hy:start ?start . ?other hy:partOf ?source ; \
                 hy:start ?start FILTER(?passage != ?other) } LIMIT 10";
    let twice = client.ask("/v1/query", &json!({"query": twice}));
    assert_eq!(twice["rows"], json!([]), "a place of a note has two passages");
    // A server that lives for two seconds on a busy machine may have nothing to tell yet.
    let is_short = length.life < Duration::from_secs(60);
    assert!(is_short || heard.load(Ordering::Relaxed) > 0, "whoever watched heard nothing");
    // The model may be far behind on a busy machine; what counts is that it gets there.
    loop {
        let status = client.ask("/v1/status", &json!({}));
        if status["indexes"]
            .as_array()
            .unwrap()
            .iter()
            .all(|index| index["behind"] == false || index["degraded"].is_string())
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    server.stop();
    let report = json(&data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
    eprintln!(
        "{steps} steps, {kills} kills, {} answers, {} changes heard of, {} notes and {lines} lines in {} rotations at the end",
        asked.load(Ordering::Relaxed),
        heard.load(Ordering::Relaxed),
        on_disk.len(),
        vault.rotations
    );
}
