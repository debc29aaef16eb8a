//! A watched folder in which everything happens at random for as long as `HYDRA_SOAK` says (minutes), while somebody reads and
//! the server is killed every minute: at the end the graph is what is on disk, and nothing is there twice.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use harness::{Client, Server, json, wait_until};
use serde_json::{Value, json};

/// Notes at the start.
const NOTES: usize = 400;
/// How long a server lives.
const LIFE: Duration = Duration::from_secs(60);
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
    random: Random,
    made: usize,
}

impl Vault {
    fn text(&mut self) -> String {
        self.made += 1;
        let made = self.made;
        let mut text = format!("# Note made{made}\n");
        for part in 0..1 + self.random.below(4) {
            let (link, word) = (self.random.below(NOTES), self.random.below(1_000_000));
            text += &format!(
                "\n## Part {part}\n\nWhat happened on day {word} is in [[{link}]] and in the log of the keeper.\n"
            );
        }
        text
    }

    fn place(&mut self) -> PathBuf {
        let (folder, name) = (self.random.below(12), self.random.below(NOTES * 2));
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

    fn step(&mut self) {
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
            80..92 if notes.len() > NOTES / 2 => fs::remove_file(pick(&mut self.random)).unwrap(),
            92..95 => {
                let (from, to) = (self.random.below(12), self.random.below(12));
                let (from, to) =
                    (self.root.join(format!("f{from}")), self.root.join(format!("f{to}/sub{}", self.made)));
                if from.is_dir() && !to.starts_with(&from) && to.parent().is_some_and(Path::is_dir) {
                    fs::rename(from, to).unwrap();
                }
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

fn sources(client: &mut Client) -> Vec<(String, String, String)> {
    let query = "SELECT ?path ?source ?hash { ?source a hy:Source ; hy:path ?path ; hy:contentHash ?hash }";
    let answer = client.ask("/v1/query", &json!({"query": query, "limit": 10_000}));
    let text = |cell: &Value| cell.as_str().or_else(|| cell["value"].as_str()).unwrap_or_default().to_owned();
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| (text(&row[0]), text(&row[1]), text(&row[2]))).collect()
}

#[test]
fn graph_and_disk_agree_after_everything_happened() {
    let Some(minutes) = std::env::var("HYDRA_SOAK").ok().and_then(|minutes| minutes.parse::<u64>().ok()) else {
        eprintln!("skipped: HYDRA_SOAK does not say for how many minutes");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let data = root.join("data");
    fs::create_dir(&data).unwrap();
    let mut vault = Vault { root: root.join("vault"), random: Random(42), made: 0 };
    for number in 0..NOTES {
        let path = vault.root.join(format!("f{}/{number}.md", number % 12));
        vault.write(&path);
    }
    json(&data, &["source", "add", vault.root.to_str().unwrap()]);
    let ends = Instant::now() + Duration::from_secs(minutes * 60);
    let (asked, mut steps, mut kills) = (AtomicU64::new(0), 0_u64, 0);
    while Instant::now() < ends {
        let server = Server::start(&data);
        let dies = ends.min(Instant::now() + LIFE);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (server, stop, asked) = (&server, &stop, &asked);
            scope.spawn(move || {
                let mut client = server.client();
                while !stop.load(Ordering::Relaxed) {
                    let question = json!({"query": "what happened in the log of the keeper", "limit": 5});
                    let Ok((status, _)) = client.post("/v1/recall", &question) else { return };
                    assert_eq!(status, 200);
                    asked.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(50));
                }
            });
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
        let known: BTreeMap<String, String> = last.iter().map(|(path, _, hash)| (path.clone(), hash.clone())).collect();
        known == on_disk && known.len() == last.len()
    });
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
        "{steps} steps, {kills} kills, {} answers, {} notes at the end",
        asked.load(Ordering::Relaxed),
        on_disk.len()
    );
}
