//! A watched folder and the graph say the same, whatever happens to the folder, the server or both.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use harness::{Client, Server, hydra, json, run, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Home {
    data: PathBuf,
    vault: PathBuf,
    _folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let home = Self { data: root.join("data"), vault: root.join("vault"), _folder: folder };
        fs::create_dir(&home.data).unwrap();
        fs::create_dir(&home.vault).unwrap();
        home
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.vault.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn note(&self, name: &str, words: &str) -> PathBuf {
        self.write(name, &note(words))
    }

    fn add(&self, client: &mut Client) -> String {
        client.ask("/v1/add_source", &json!({"path": self.vault}))["source"]["id"].as_str().unwrap().to_owned()
    }
}

/// A note long enough to be known by its bytes, with a heading so that its title is not that of the file.
fn note(words: &str) -> String {
    format!("# About {words}\n\nThe keeper of the lighthouse wrote in the evening of {words}, at length and in ink.\n")
}

fn state(client: &mut Client) -> Value {
    client.ask("/v1/sources", &json!({}))["sources"][0].clone()
}

fn wait_for_state(client: &mut Client, wanted: &str) -> Value {
    let mut last = Value::Null;
    wait_until(wanted, || {
        last = state(client);
        last["state"]["state"] == wanted
    });
    last
}

/// What is recalled by a word, as text and path.
fn found(client: &mut Client, word: &str) -> Vec<(String, String)> {
    let answer = client.ask("/v1/recall", &json!({"query": word, "limit": 20}));
    let hits = answer["hits"].as_array().unwrap().iter();
    hits.filter(|hit| hit["text"].as_str().unwrap().contains(word))
        .map(|hit| (hit["id"].as_str().unwrap().to_owned(), hit["source"]["path"].as_str().unwrap_or("").to_owned()))
        .collect()
}

fn wait_for_one(client: &mut Client, word: &str, path: &Path) -> String {
    let mut id = String::new();
    wait_until(&format!("{word} to be found in {}", path.display()), || match found(client, word).as_slice() {
        [(only, there)] if Path::new(there) == path => {
            id.clone_from(only);
            true
        }
        _ => false,
    });
    id
}

fn wait_for_none(client: &mut Client, word: &str) {
    wait_until(&format!("{word} to be found no more"), || found(client, word).is_empty());
}

/// The graph's notes by path, each with its id.
fn known(client: &mut Client) -> BTreeMap<String, String> {
    let query = "SELECT ?path ?source { ?source a hy:Source ; hy:path ?path }";
    let answer = client.ask("/v1/query", &json!({"query": query, "limit": 10_000}));
    let rows = answer["rows"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let cell = |value: &Value| value.as_str().or_else(|| value["value"].as_str()).unwrap_or_default().to_owned();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = match row {
                Value::Array(cells) => cells.iter().map(cell).collect(),
                other => vec![cell(&other["path"]), cell(&other["source"])],
            };
            (cells[0].clone(), cells[1].clone())
        })
        .collect()
}

#[test]
fn what_happens_in_a_watched_folder_is_known_at_once() {
    let home = Home::new();
    let first = home.note("first.md", "aardvarks");
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_for_one(&mut client, "aardvarks", &first);
    let watching = wait_for_state(&mut client, "watching");
    assert_eq!((&watching["known"]["notes"], &watching["state"]["left_out"]), (&json!(1), &json!(0)));

    let second = home.note("deep/er/second.md", "badgers");
    wait_for_one(&mut client, "badgers", &second);
    fs::write(&first, note("camels")).unwrap();
    wait_for_one(&mut client, "camels", &first);
    assert_eq!(found(&mut client, "aardvarks"), []);
    // As editors do: beside it, then over it.
    let beside = home.vault.join("first.md.tmp");
    fs::write(&beside, note("dormice")).unwrap();
    fs::rename(&beside, &first).unwrap();
    wait_for_one(&mut client, "dormice", &first);
    fs::remove_file(&second).unwrap();
    wait_for_none(&mut client, "badgers");
    fs::remove_dir_all(home.vault.join("deep")).unwrap();
    let back = home.note("deep/er/second.md", "badgers");
    wait_for_one(&mut client, "badgers", &back);
    fs::remove_dir_all(home.vault.join("deep")).unwrap();
    wait_for_none(&mut client, "badgers");
    server.stop();
    let report = json(&home.data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn a_note_that_moves_stays_the_same_note() {
    let home = Home::new();
    let (left, right) = (home.note("left.md", "herons"), home.note("right.md", "ibises"));
    for number in 0..150 {
        home.note(&format!("shelf/{number}.md"), &format!("shelved{number}"));
    }
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_for_state(&mut client, "watching");
    let heron = wait_for_one(&mut client, "herons", &left);
    let ibis = wait_for_one(&mut client, "ibises", &right);
    let told = json!({"text": "The left note is about birds", "entities": ["left"]});
    client.ask("/v1/remember", &told);
    let before = known(&mut client);

    let renamed = home.vault.join("renamed.md");
    fs::rename(&left, &renamed).unwrap();
    assert_eq!(wait_for_one(&mut client, "herons", &renamed), heron, "its passage is the same");
    // With an edit in the same moment: the inode tells.
    let again = home.vault.join("sub/again.md");
    fs::create_dir(home.vault.join("sub")).unwrap();
    fs::rename(&renamed, &again).unwrap();
    fs::write(&again, note("herons") + "\nAnd one more line, about lapwings.\n").unwrap();
    wait_for_one(&mut client, "lapwings", &again);
    fs::rename(&again, &left).unwrap();
    wait_until("it to be back", || found(&mut client, "herons").iter().any(|(_, path)| Path::new(path) == left));

    // Two that change places.
    let aside = home.vault.join("aside.tmp");
    fs::rename(&left, &aside).unwrap();
    fs::rename(&right, &left).unwrap();
    fs::rename(&aside, &right).unwrap();
    assert_eq!(wait_for_one(&mut client, "ibises", &left), ibis);
    wait_until("the other", || found(&mut client, "herons").iter().all(|(_, path)| Path::new(path) == right));

    // A chain, and a folder of many.
    let third = home.vault.join("third.md");
    fs::rename(&left, &third).unwrap();
    fs::rename(&right, &left).unwrap();
    fs::rename(home.vault.join("shelf"), home.vault.join("rack")).unwrap();
    assert_eq!(wait_for_one(&mut client, "ibises", &third), ibis);
    let rack = home.vault.join("rack/149.md");
    wait_for_one(&mut client, "shelved149", &rack);
    wait_until("all to be where they are", || {
        let now = known(&mut client);
        now.len() == 152 && now.keys().all(|path| Path::new(path).exists())
    });
    let after = known(&mut client);
    let ids = |map: &BTreeMap<String, String>| {
        let mut ids: Vec<String> = map.values().cloned().collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&after), ids(&before), "every note is the source that it was");
    let place = |name: &str| home.vault.join(name).display().to_string();
    assert_eq!(after[&place("left.md")], before[&place("left.md")]);
    assert_eq!(after[&place("rack/7.md")], before[&place("shelf/7.md")]);
    // What was said of it is said of it under its name of now.
    let entity = json(&home.data, &["entity", "show", "left"]);
    assert_eq!(entity["name"], "left", "{entity}");
    server.stop();
    let report = json(&home.data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn a_note_that_was_copied_and_deleted_is_the_same_note() {
    let home = Home::new();
    let first = home.note("first.md", "egrets");
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_for_state(&mut client, "watching");
    let passage = wait_for_one(&mut client, "egrets", &first);
    let source = known(&mut client)[first.to_str().unwrap()].clone();
    // As from one disk to another: of the file only its text is left.
    let second = home.vault.join("second.md");
    fs::copy(&first, &second).unwrap();
    fs::remove_file(&first).unwrap();
    assert_eq!(wait_for_one(&mut client, "egrets", &second), passage, "its passage is the same");
    assert_eq!(known(&mut client), BTreeMap::from([(second.display().to_string(), source.clone())]));
    // And while nobody looks.
    server.kill();
    fs::copy(&second, &first).unwrap();
    fs::remove_file(&second).unwrap();
    let server = Server::start(&home.data);
    let mut client = server.client();
    assert_eq!(wait_for_one(&mut client, "egrets", &first), passage);
    assert_eq!(known(&mut client), BTreeMap::from([(first.display().to_string(), source)]));
    server.stop();
}

/// How many events the system keeps for a process that does not take them.
fn most_events() -> Option<usize> {
    fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").ok()?.trim().parse().ok()
}

#[test]
fn events_that_the_system_lost_lose_no_note() {
    /// More than these take too long to be made.
    const MOST: usize = 100_000;
    let Some(most) = most_events().filter(|most| *most <= MOST) else {
        return eprintln!("skipped: the system keeps more than {MOST} events");
    };
    let home = Home::new();
    let (first, second) = (home.note("first.md", "finches"), home.note("second.md", "grebes"));
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_for_one(&mut client, "finches", &first);
    wait_for_state(&mut client, "watching");
    let signal = |name: &str| {
        let pid = server.pid().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    // By turns, since the same event twice is one; all about notes that stay as they are, and few enough to be kept.
    for _ in 0..=most / 2 {
        for path in [&first, &second] {
            drop(fs::OpenOptions::new().append(true).open(path).unwrap());
        }
    }
    let third = home.note("third.md", "hoopoes");
    signal("-CONT");
    wait_for_one(&mut client, "hoopoes", &third);
    server.stop();
}

#[test]
fn sources_are_a_table_for_people() {
    let home = Home::new();
    home.note("a.md", "jays");
    home.note("b.md", "knots");
    fs::write(home.vault.join("binary.md"), [0xff, 0xfe, 0, 1, 2]).unwrap();
    let (logs, paused) = (home.data.with_file_name("logs"), home.data.with_file_name("paused"));
    for folder in [&logs, &paused] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(logs.join("boiler.log"), "2026-12-10 06:00:00 INFO pump - zone 1 is warm\n").unwrap();
    let server = Server::start(&home.data);
    let mut client = server.client();
    let id = home.add(&mut client);
    client.ask("/v1/add_source", &json!({"path": logs, "kind": "log", "space": "house"}));
    let other = client.ask("/v1/add_source", &json!({"path": paused}))["source"]["id"].clone();
    client.ask("/v1/change_source", &json!({"source": other, "paused": true}));
    let rows = |home: &Home| table(&harness::succeeds(&home.data, &["sources"]));
    let mut now = Vec::new();
    wait_until("all to be looked at", || {
        now = rows(&home);
        let states: Vec<&str> = now.iter().map(|row| row["STATE"].as_str()).collect();
        states == ["watching", "paused", "watching"] && now[0]["PASSAGES"] == "1"
    });
    let cells = |row: &BTreeMap<&'static str, String>| {
        ["KIND", "SPACE", "FILES", "PASSAGES", "FOLDER"].map(|column| row[column].clone())
    };
    assert_eq!(cells(&now[0]), ["log", "house", "1", "1", logs.to_str().unwrap()]);
    assert_eq!(cells(&now[1]), ["notes", "personal", "0", "0", paused.to_str().unwrap()]);
    assert_eq!(cells(&now[2]), ["notes", "personal", "2", "2", home.vault.to_str().unwrap()]);
    assert_eq!(now[2]["ID"], id);
    let scanned = client.ask("/v1/sources", &json!({}))["sources"][2]["state"]["scanned_at"].clone();
    assert_eq!(Some(now[2]["LOOKED AT"].as_str()), scanned.as_str().map(|at| &at[..19]));
    let shown = harness::succeeds(&home.data, &["sources"]);
    assert!(
        shown.contains("  left out ") && shown.contains("binary.md: "),
        "what is wrong stands below its row: {shown}"
    );
    server.stop();
    let states: Vec<String> = rows(&home).into_iter().map(|row| row["STATE"].clone()).collect();
    assert_eq!(states, ["waiting", "paused", "waiting"], "no server runs");
}

/// The rows of a table by their columns; each cell begins where the name of its column does.
fn table(shown: &str) -> Vec<BTreeMap<&'static str, String>> {
    const COLUMNS: [&str; 8] = ["ID", "STATE", "KIND", "SPACE", "FILES", "PASSAGES", "LOOKED AT", "FOLDER"];
    let mut lines = shown.lines();
    let header = lines.next().unwrap();
    let mut after = 0;
    let starts: Vec<usize> = COLUMNS
        .iter()
        .map(|column| {
            let at = after + header[after..].find(column).unwrap_or_else(|| panic!("no {column} in `{header}`"));
            after = at + column.len();
            at
        })
        .collect();
    // What is said of a row stands below it, further in.
    lines
        .filter(|line| !line.starts_with(' '))
        .map(|line| {
            let cell = |at: usize| {
                let end = starts.get(at + 1).map_or(line.len(), |end| *end);
                line.get(starts[at]..end)
                    .unwrap_or_else(|| panic!("`{line}` is not as wide as `{header}`"))
                    .trim()
                    .to_owned()
            };
            COLUMNS.iter().enumerate().map(|(at, column)| (*column, cell(at))).collect()
        })
        .collect()
}

#[test]
fn pausing_removing_and_taking_back() {
    let home = Home::new();
    let note_path = home.note("a.md", "ospreys");
    let server = Server::start(&home.data);
    let mut client = server.client();
    let id = home.add(&mut client);
    wait_for_one(&mut client, "ospreys", &note_path);
    client.ask("/v1/change_source", &json!({"source": id, "paused": true}));
    wait_for_state(&mut client, "paused");
    home.note("b.md", "pelicans");
    client.ask("/v1/change_source", &json!({"source": id, "paused": false}));
    wait_for_one(&mut client, "pelicans", &home.vault.join("b.md"));

    let would = client.ask("/v1/remove_source", &json!({"source": id, "notes": "forget", "dry_run": true}));
    assert_eq!((&would["known"]["notes"], &would["known"]["passages"]), (&json!(2), &json!(2)));
    assert_eq!(found(&mut client, "ospreys").len(), 1, "nothing was written");
    let removed = client.ask("/v1/remove_source", &json!({"source": id, "notes": "forget"}));
    assert_eq!(removed["forgotten"], 2);
    wait_for_none(&mut client, "ospreys");
    assert_eq!(client.ask("/v1/sources", &json!({}))["sources"], json!([]));
    client.ask("/v1/undo", &json!({"commit": removed["commit"]}));
    wait_for_one(&mut client, "ospreys", &note_path);
    // What was only watched is kept.
    client.ask("/v1/remove_source", &json!({"source": id}));
    assert_eq!(found(&mut client, "ospreys").len(), 1);
    let (status, _) = client.post("/v1/change_source", &json!({"source": id, "paused": true})).unwrap();
    assert_eq!(status, 404);
    server.stop();
}

#[test]
fn what_cant_be_watched_is_said_clearly() {
    let home = Home::new();
    let file = home.note("in/a.md", "terns");
    let vault = home.vault.display().to_string();
    let refused = |arguments: &[&str], words: &str| {
        let output = run(&home.data, &[&["source"], arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words), "{arguments:?}: {said}");
    };
    let inside = home.vault.join("in");
    json(&home.data, &["source", "add", inside.to_str().unwrap()]);
    refused(&["add", inside.to_str().unwrap()], "is watched already");
    refused(&["add", &vault], "remove that one first");
    fs::create_dir(inside.join("deeper")).unwrap();
    refused(&["add", inside.join("deeper").to_str().unwrap()], "lies in");
    refused(&["add", file.to_str().unwrap()], "is a file");
    refused(&["add", "/nowhere/at/all"], "does not exist");
    refused(&["add", home.data.to_str().unwrap()], "memory itself");
    refused(&["add", &vault, "--exclude", "a[z-b]"], "is no glob");
    refused(&["pause", "/nowhere"], "is not watched");
    let listed = json(&home.data, &["sources"]);
    assert_eq!(listed["sources"][0]["state"]["state"], "waiting", "no server runs: {listed}");
}

#[test]
fn what_is_left_out_and_what_is_wrong_is_told() {
    let home = Home::new();
    home.write(".gitignore", "private/\n/log.md\n");
    home.write(".hydraignore", "!/log.md\n");
    home.note("private/p.md", "ravens");
    let log = home.note("log.md", "swifts");
    home.note("drafts/d.md", "toucans");
    home.note("a.sync-conflict-20260101-101112-ABCDEFG.md", "vultures");
    fs::write(home.vault.join("binary.md"), [0xff, 0xfe, 0, 1, 2]).unwrap();
    std::os::unix::fs::symlink(&home.vault, home.vault.join("loop")).unwrap();
    let server = Server::start(&home.data);
    let mut client = server.client();
    client.ask("/v1/add_source", &json!({"path": home.vault, "exclude": ["drafts/"]}));
    wait_for_one(&mut client, "swifts", &log);
    let now = wait_for_state(&mut client, "watching");
    for word in ["ravens", "toucans", "vultures"] {
        assert_eq!(found(&mut client, word), [], "{word}");
    }
    assert_eq!(now["state"]["conflict_copies"], 1, "{now}");
    let named: Vec<&str> =
        now["state"]["named"].as_array().unwrap().iter().map(|s| s["path"].as_str().unwrap()).collect();
    assert_eq!(named.len(), 3, "{named:?}");
    // The rules change, and with them what is known.
    home.write(".gitignore", "");
    wait_for_one(&mut client, "ravens", &home.vault.join("private/p.md"));
    client.ask("/v1/change_source", &json!({"source": home.vault, "exclude": ["private/"]}));
    wait_for_none(&mut client, "ravens");
    wait_for_one(&mut client, "toucans", &home.vault.join("drafts/d.md"));
    // Read once by its path, it is read by the same rules.
    run(&home.data, &["ingest", home.vault.to_str().unwrap()]);
    assert_eq!(found(&mut client, "ravens"), []);
    server.stop();
}

#[test]
fn a_folder_that_vanishes_keeps_what_is_known_and_comes_back() {
    let home = Home::new();
    let path = home.note("a.md", "waxwings");
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_for_state(&mut client, "watching");
    let away = home.vault.with_extension("away");
    fs::rename(&home.vault, &away).unwrap();
    let gone = wait_for_state(&mut client, "gone");
    assert!(gone["state"]["error"].as_str().unwrap().contains("is not there"), "{gone}");
    assert_eq!(found(&mut client, "waxwings").len(), 1);
    fs::write(away.join("b.md"), note("yaffles")).unwrap();
    fs::rename(&away, &home.vault).unwrap();
    wait_for_one(&mut client, "yaffles", &home.vault.join("b.md"));
    wait_for_one(&mut client, "waxwings", &path);
    home.note("c.md", "zebras");
    wait_for_one(&mut client, "zebras", &home.vault.join("c.md"));
    server.stop();
}

#[test]
fn a_server_that_is_killed_finds_out_what_happened() {
    let home = Home::new();
    for number in 0..300 {
        home.note(&format!("{}/{number}.md", number % 7), &format!("numbered{number}"));
    }
    let server = Server::start(&home.data);
    let mut client = server.client();
    home.add(&mut client);
    wait_until("some of it to be read", || known(&mut client).len() > 20);
    server.kill();
    fs::remove_file(home.vault.join("0/0.md")).unwrap();
    fs::rename(home.vault.join("1/1.md"), home.vault.join("1/one.md")).unwrap();
    let edited = home.note("2/2.md", "quails");

    let server = Server::start(&home.data);
    let mut client = server.client();
    wait_for_one(&mut client, "quails", &edited);
    let expected: Vec<String> = {
        let mut paths: Vec<String> = Vec::new();
        for folder in 0..7 {
            let entries = fs::read_dir(home.vault.join(folder.to_string())).unwrap();
            paths.extend(entries.map(|entry| entry.unwrap().path().display().to_string()));
        }
        paths.sort();
        paths
    };
    wait_until("the graph to be what is on disk", || known(&mut client).into_keys().eq(expected.iter().cloned()));
    server.stop();
    let report = json(&home.data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn ingest_watches_without_a_server() {
    let home = Home::new();
    home.note("a.md", "wombats");
    let out = home.data.with_extension("out");
    let mut child = hydra(&home.data)
        .args(["ingest", "--watch", home.vault.to_str().unwrap()])
        .stdout(fs::File::create(&out).unwrap())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let lines = || fs::read_to_string(&out).unwrap();
    wait_until("the first note", || lines().contains("1 new"));
    fs::rename(home.vault.join("a.md"), home.vault.join("b.md")).unwrap();
    wait_until("the move", || lines().contains("1 moved"));
    let stopped = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(stopped.success() && child.wait().unwrap().success());
    let server = Server::start(&home.data);
    wait_for_one(&mut server.client(), "wombats", &home.vault.join("b.md"));
    let refused = run(&home.data, &["ingest", "--watch", home.vault.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("hydra source add"));
    server.stop();
}

/// A folder of logs whose lines are numbered, so that nothing is like anything else.
struct Logs {
    log: PathBuf,
    written: usize,
}

impl Logs {
    fn write(&mut self, lines: usize) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(&self.log).unwrap();
        for _ in 0..lines {
            self.written += 1;
            writeln!(file, "2026-12-10 06:00:00 INFO pump - zone {} is warm", self.written).unwrap();
        }
    }

    fn rotate(&self, to: &str) {
        fs::rename(&self.log, self.log.with_file_name(to)).unwrap();
    }
}

/// How many records of logs were counted.
fn counted(client: &mut Client) -> usize {
    let query = "SELECT ?times { ?template a hy:Passage ; hy:timesSeen ?times }";
    let answer = client.ask("/v1/query", &json!({"query": query, "limit": 10_000}));
    let number = |row: &Value| {
        let cell = if row.is_array() { &row[0] } else { &row["times"] };
        let cell = if cell.is_object() { &cell["value"] } else { cell };
        cell.as_u64().or_else(|| cell.as_str()?.parse().ok()).unwrap_or_else(|| panic!("{row}")) as usize
    };
    answer["rows"].as_array().unwrap().iter().map(number).sum()
}

#[test]
fn every_line_of_a_watched_log_counts_once_however_it_is_rotated() {
    let home = Home::new();
    // It is logs that git leaves alone.
    home.write(".gitignore", "*.log\n");
    let mut logs = Logs { log: home.vault.join("boiler.log"), written: 0 };
    logs.write(5);
    let server = Server::start(&home.data);
    let mut client = server.client();
    client.ask("/v1/add_source", &json!({"path": home.vault, "kind": "log"}));
    let wait_for = |client: &mut Client, lines: usize| {
        let mut last = 0;
        wait_until(&format!("{lines} lines"), || {
            last = counted(client);
            assert!(last <= lines, "{last} of {lines}");
            last == lines
        });
    };
    wait_for(&mut client, 5);
    logs.write(3);
    wait_for(&mut client, 8);

    // Renamed with lines that nobody read yet, and another file in its place.
    logs.write(2);
    logs.rotate("boiler.log.1");
    logs.write(3);
    wait_for(&mut client, 13);
    // Copied, and cut to nothing.
    logs.write(2);
    fs::copy(&logs.log, home.vault.join("boiler.log-20261210")).unwrap();
    fs::OpenOptions::new().write(true).open(&logs.log).unwrap().set_len(0).unwrap();
    logs.write(1);
    wait_for(&mut client, 16);
    // It is not there for a while, and what it was has a name that a log has too.
    logs.rotate("boiler-1.log");
    wait_until("that it is gone", || !state(&mut client)["state"]["named"].as_array().unwrap().is_empty());
    logs.write(4);
    wait_for(&mut client, 20);

    // Nobody looks, and it is rotated twice.
    server.kill();
    // Both within one tick of the clock: which came first is told by when each was begun.
    let then = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
    for (lines, to) in [(1, "boiler.log.2"), (2, "boiler.log.3")] {
        logs.write(lines);
        fs::File::open(&logs.log).unwrap().set_modified(then).unwrap();
        logs.rotate(to);
    }
    logs.write(3);
    let server = Server::start(&home.data);
    let mut client = server.client();
    wait_for(&mut client, 26);
    // A deleted log stays known, and what is written in its place counts.
    fs::remove_file(&logs.log).unwrap();
    logs.write(1);
    wait_for(&mut client, 27);
    let now = wait_for_state(&mut client, "watching");
    assert_eq!((&now["kind"], &now["known"]["notes"]), (&json!("log"), &json!(1)), "{now}");
    // What has more lines than are there yet waits for them.
    let mut file = fs::OpenOptions::new().append(true).open(&logs.log).unwrap();
    writeln!(file, "2026-12-10 06:31:00 ERROR pump - the impeller broke").unwrap();
    writeln!(file, "  at wheel 7").unwrap();
    wait_until("the error", || {
        let hits = client.ask("/v1/recall", &json!({"query": "impeller broke", "kinds": ["episode"]}));
        hits["hits"][0]["text"].as_str().is_some_and(|text| text.ends_with("at wheel 7"))
    });
    server.stop();
    let report = json(&home.data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
}

#[test]
fn a_long_log_keeps_no_note_waiting() {
    let home = Home::new();
    let logs = home.data.with_file_name("logs");
    fs::create_dir(&logs).unwrap();
    let lines = 200_000;
    let mut file = std::io::BufWriter::new(fs::File::create(logs.join("long.log")).unwrap());
    for number in 0..lines {
        writeln!(file, "2026-12-10 06:00:00 INFO pump - zone {number} is warm, and {}", "so on and on ".repeat(15))
            .unwrap();
    }
    file.into_inner().unwrap();
    let server = Server::start(&home.data);
    let mut client = server.client();
    client.ask("/v1/add_source", &json!({"path": logs, "kind": "log"}));
    home.add(&mut client);
    let read = |client: &mut Client| {
        let all = client.ask("/v1/sources", &json!({}))["sources"].as_array().unwrap().clone();
        let log = all.iter().find(|source| source["kind"] == "log").unwrap();
        (log["state"]["lines"].as_u64().unwrap(), log["state"]["state"].clone())
    };
    wait_until("some lines", || read(&mut client).0 > 0);
    let path = home.note("a.md", "linnets");
    wait_for_one(&mut client, "linnets", &path);
    let (then, state) = read(&mut client);
    assert!(then < lines && state == "reading", "the note came first: {then} lines, {state}");
    wait_until("all lines, once", || read(&mut client) == (lines, json!("watching")));
    server.stop();
}

#[test]
fn a_log_in_a_folder_of_notes_stays_when_notes_move() {
    let home = Home::new();
    let mut logs = Logs { log: home.vault.join("boiler.log"), written: 0 };
    logs.write(4);
    let path = home.note("a.md", "avocets");
    let server = Server::start(&home.data);
    let mut client = server.client();
    run(&home.data, &["ingest", "--no-wait", logs.log.to_str().unwrap()]);
    home.add(&mut client);
    wait_for_one(&mut client, "avocets", &path);
    let moved = home.vault.join("b.md");
    fs::rename(&path, &moved).unwrap();
    wait_for_one(&mut client, "avocets", &moved);
    home.note("c.md", "bitterns");
    wait_for_one(&mut client, "bitterns", &home.vault.join("c.md"));
    assert_eq!(counted(&mut client), 4);
    server.stop();
}

#[test]
fn logs_of_other_names_are_included_and_watched_without_a_server() {
    let home = Home::new();
    let mut logs = Logs { log: home.vault.join("messages"), written: 0 };
    logs.write(3);
    let mut server = Some(Server::start(&home.data));
    let mut client = server.as_ref().unwrap().client();
    client.ask("/v1/add_source", &json!({"path": home.vault, "kind": "log", "include": ["messages*"]}));
    wait_until("three", || counted(&mut client) == 3);
    server.take().unwrap().stop();
    let out = home.data.with_extension("out");
    let mut child = hydra(&home.data)
        .args(["ingest", "--watch"])
        .stdout(fs::File::create(&out).unwrap())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    logs.rotate("messages.1");
    logs.write(2);
    // The last record waits for more lines, so it may come by itself.
    wait_until("the lines", || {
        let said = fs::read_to_string(&out).unwrap();
        let lines = said.lines().filter_map(|line| line.rsplit(": ").next()?.strip_suffix(" new lines"));
        lines.map(|lines| lines.parse::<usize>().unwrap()).sum::<usize>() == 2
    });
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let server = Server::start(&home.data);
    assert_eq!(counted(&mut server.client()), 5);
    server.stop();
}
