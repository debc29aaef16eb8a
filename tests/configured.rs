//! Folders that the configuration names are watched as any others, and the file has the last word on them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use harness::{Client, Server, code, hydra, json, run, stderr, stdout, wait_until};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Home {
    root: PathBuf,
    data: PathBuf,
    _folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let data = root.join("data");
        fs::create_dir(&data).unwrap();
        Self { root, data, _folder: folder }
    }

    fn note(&self, name: &str, text: &str) -> PathBuf {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("{text}\n")).unwrap();
        path
    }

    fn path(&self, name: &str) -> String {
        self.root.join(name).display().to_string()
    }

    fn configure(&self, text: &str) -> PathBuf {
        let file = self.root.join("hydra.toml");
        fs::write(&file, text).unwrap();
        file
    }

    /// A server with what the configuration says now.
    fn serve(&self, text: &str) -> Server {
        let file = self.configure(text);
        let mut command = hydra(&self.data);
        command.arg("--config").arg(file);
        Server::start_with(command, &self.data)
    }
}

fn sources(client: &mut Client) -> Vec<Value> {
    client.ask("/v1/sources", &json!({}))["sources"].as_array().unwrap().clone()
}

fn source(client: &mut Client, path: &str) -> Value {
    sources(client).into_iter().find(|source| source["path"] == path).unwrap_or_else(|| panic!("{path} is no source"))
}

fn wait_for_state(client: &mut Client, path: &str, wanted: &str) -> Value {
    let mut last = Value::Null;
    wait_until(&format!("{path} to be {wanted}"), || {
        last = source(client, path);
        last["state"]["state"] == wanted
    });
    last
}

fn hits(client: &mut Client, word: &str) -> Vec<Value> {
    let answer = client.ask("/v1/recall", &json!({"query": word, "limit": 20}));
    let hits = answer["hits"].as_array().unwrap().iter();
    hits.filter(|hit| hit["text"].as_str().unwrap().contains(word)).cloned().collect()
}

fn wait_for(client: &mut Client, word: &str) {
    wait_until(word, || hits(client, word).len() == 1);
}

#[test]
fn what_the_configuration_names_is_watched_as_it_says() {
    let home = Home::new();
    home.note("notes/a.md", "The avocet stands in the notes.");
    home.note("notes/drafts/b.md", "The bittern stands in a draft.");
    home.note("work/c.md", "The curlew stands at work.");
    home.note("work/d.txt", "The dunlin stands at work too.");
    let (notes, work) = (home.path("notes"), home.path("work"));
    let text = format!(
        "[[sources]]\npath = {notes:?}\nexclude = [\"drafts/\"]\n\n[[sources]]\npath = {work:?}\nspace = \"work\"\n\
         include = [\"*.md\"]\n"
    );
    let server = home.serve(&text);
    let mut client = server.client();
    wait_for(&mut client, "avocet");
    wait_for(&mut client, "curlew");
    let now = wait_for_state(&mut client, &notes, "watching");
    let file = home.path("hydra.toml");
    assert_eq!(now["origin"], json!({"configured": file}));
    assert_eq!((hits(&mut client, "bittern"), hits(&mut client, "dunlin")), (vec![], vec![]));
    assert_eq!(wait_for_state(&mut client, &work, "watching")["space"], "work");
    home.note("notes/e.md", "The egret came later.");
    wait_for(&mut client, "egret");

    // No command changes what the file says again at the next start.
    for arguments in [&["pause", notes.as_str()][..], &["remove", &notes], &["remove", &notes, "--forget"]] {
        let output = run(&home.data, &[&["source"], arguments].concat());
        let told = stderr(&output);
        assert!(code(&output) == 2 && told.contains(&file) && told.contains("[[sources]]"), "{arguments:?}: {told}");
    }
    let added = run(&home.data, &["source", "add", &notes]);
    assert!(stderr(&added).contains("watched already") && stderr(&added).contains(&file), "{}", stderr(&added));
    let listed = stdout(&run(&home.data, &["source"]));
    assert!(listed.contains(&format!("  by {file}")), "{listed}");
    let ids: Vec<Value> = sources(&mut client).into_iter().map(|source| source["id"].clone()).collect();
    server.stop();

    // The same again is no commit, and each stays the source that it is.
    let head = |home: &Home| json(&home.data, &["status"])["head"].clone();
    let before = head(&home);
    let server = home.serve(&text);
    let mut client = server.client();
    wait_for_state(&mut client, &notes, "watching");
    assert_eq!(sources(&mut client).into_iter().map(|source| source["id"].clone()).collect::<Vec<_>>(), ids);
    server.stop();
    assert_eq!(head(&home), before);
    assert_eq!(json(&home.data, &["check"])["ok"], true);
}

#[test]
fn what_is_taken_out_is_left_alone_and_known_until_it_is_removed() {
    let home = Home::new();
    home.note("notes/a.md", "The avocet stands in the notes.");
    home.note("notes/sub/b.md", "The bittern stands below.");
    let (notes, sub) = (home.path("notes"), home.path("notes/sub"));
    let server = home.serve(&format!("[[sources]]\npath = {notes:?}\n"));
    let mut client = server.client();
    wait_for(&mut client, "avocet");
    wait_for(&mut client, "bittern");
    server.stop();

    // A part of it instead: the rest is left alone.
    let server = home.serve(&format!("[[sources]]\npath = {sub:?}\n"));
    let mut client = server.client();
    wait_for_state(&mut client, &sub, "watching");
    let left = wait_for_state(&mut client, &notes, "paused");
    assert_eq!(left["origin"], json!({"unlisted": home.path("hydra.toml")}));
    assert_eq!((&left["known"]["notes"], hits(&mut client, "avocet").len()), (&json!(1), 1));
    let listed = stdout(&run(&home.data, &["source"]));
    assert!(listed.contains("no longer in") && listed.contains("--forget"), "{listed}");
    home.note("notes/c.md", "The curlew is not read.");
    home.note("notes/sub/d.md", "The dunlin is read.");
    wait_for(&mut client, "dunlin");
    assert_eq!(hits(&mut client, "curlew"), Vec::<Value>::new());
    // Both at once would read the same files by turns.
    let resumed = run(&home.data, &["source", "resume", &notes]);
    assert!(stderr(&resumed).contains("which is watched already"), "{}", stderr(&resumed));
    // What belongs to the other is not forgotten with it, and is still watched.
    let removed = client.ask("/v1/remove_source", &json!({"source": notes, "notes": "forget"}));
    assert_eq!(removed["forgotten"], 1, "{removed}");
    wait_until("it to be forgotten", || hits(&mut client, "avocet").is_empty());
    assert_eq!((hits(&mut client, "bittern").len(), hits(&mut client, "dunlin").len()), (1, 1));
    home.note("notes/sub/e.md", "The egret is read.");
    wait_for(&mut client, "egret");
    server.stop();

    // Without any: it can be gone on with by hand, and is the owner's from then on.
    let server = home.serve("");
    let mut client = server.client();
    wait_for_state(&mut client, &sub, "paused");
    client.ask("/v1/change_source", &json!({"source": sub, "paused": false}));
    let mine = wait_for_state(&mut client, &sub, "watching");
    assert_eq!(mine["origin"], "added");
    server.stop();
    // And the file's again when the file names it, as it says.
    let server = home.serve(&format!("[[sources]]\npath = {sub:?}\npaused = true\n"));
    let mut client = server.client();
    let again = wait_for_state(&mut client, &sub, "paused");
    assert_eq!((&again["id"], &again["origin"]), (&mine["id"], &json!({"configured": home.path("hydra.toml")})));
    server.stop();
    assert_eq!(json(&home.data, &["check"])["ok"], true);
}

#[test]
fn what_cant_be_watched_is_told_and_the_rest_goes_on() {
    let home = Home::new();
    home.note("notes/a.md", "The avocet stands in the notes.");
    let file = home.note("b.md", "The bittern is a file.");
    let [notes, sub, later, link, own] = ["notes", "notes/sub", "later", "link", "data/inside"].map(|n| home.path(n));
    std::os::unix::fs::symlink(&later, &link).unwrap();
    let all = [&later, &notes, &sub, &notes, &link, &own, &file.display().to_string()];
    let text: String = all.iter().map(|path| format!("[[sources]]\npath = {path:?}\n")).collect();
    let server = home.serve(&text);
    let mut client = server.client();
    wait_for(&mut client, "avocet");
    let waits = wait_for_state(&mut client, &later, "gone");
    assert!(waits["state"]["error"].as_str().unwrap().contains("is not there"), "{waits}");
    let told = client.ask("/v1/sources", &json!({}));
    let refused: Vec<(&str, &str)> = told["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| (refused["path"].as_str().unwrap(), refused["reason"].as_str().unwrap()))
        .collect();
    for (path, words) in [
        (sub.as_str(), "lies in"),
        (&notes, "is named twice"),
        (&later, "is named twice"),
        (&own, "where the memory itself is"),
        (file.to_str().unwrap(), "is a file"),
    ] {
        assert!(refused.iter().any(|(at, why)| *at == path && why.contains(words)), "{path} {words}: {refused:?}");
    }
    assert_eq!((refused.len(), sources(&mut client).len()), (5, 2), "{told}");
    let output = run(&home.data, &["source"]);
    assert!(stderr(&output).contains(&format!("{sub} of the configuration is not watched")), "{}", stderr(&output));
    // It is read as soon as it is there.
    home.note("later/c.md", "The curlew came late.");
    wait_for(&mut client, "curlew");
    server.stop();
}

#[test]
fn a_wrong_entry_is_explained_before_anything_begins() {
    let home = Home::new();
    let many: String = (0..=64).map(|n| format!("[[sources]]\npath = \"/n/{n}\"\n")).collect();
    for (text, said) in [
        ("[[sources]]\nkind = \"notes\"", "path"),
        ("[[sources]]\npath = \"notes\"", "`notes`"),
        ("[[sources]]\npath = \"/n\"\nkind = \"sheep\"", "sheep"),
        ("[[sources]]\npath = \"/n\"\ninclude = [\"a[z-b]\"]", "a[z-b]"),
        ("[[sources]]\npath = \"/n\"\nexcludes = []", "`excludes` is not an option"),
        (&many, "64 are watched at most"),
    ] {
        let file = home.configure(text);
        let output = run(&home.data, &["--config", file.to_str().unwrap(), "status"]);
        let told = stderr(&output);
        assert!(code(&output) == 2 && told.contains(said) && told.contains("next:"), "{text}: {told}");
    }
}

#[test]
fn they_are_watched_without_a_server_too() {
    let home = Home::new();
    home.note("notes/a.md", "The avocet stands in the notes.");
    let file = home.configure(&format!("[[sources]]\npath = {:?}\n", home.path("notes")));
    let out = home.root.join("out");
    let mut child = hydra(&home.data)
        .args(["--config", file.to_str().unwrap(), "ingest", "--watch"])
        .stdout(fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the first note", || fs::read_to_string(&out).unwrap().contains("1 new"));
    assert!(std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(Path::new(&home.data).join("sources.json").exists());
}
