//! A folder of notes and the graph say the same, whatever happens to the folder.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hydra_graph::{ErrorKind, GetView, GraphRequest, Memory, QueryRequest, Question, Timestamp};
use hydra_ingest::{MAX_NOTE_BYTES, MAX_VAULT_FILES, Options, Readings, Summary, ingest, reconcile};
use tempfile::TempDir;

struct Home {
    memory: Memory,
    vault: PathBuf,
    _folder: TempDir,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().canonicalize().unwrap().join("vault");
        fs::create_dir(&vault).unwrap();
        let options = hydra_graph::Options {
            clock: Arc::new(|| Timestamp::from_millis(1_700_000_000_000)),
            holder: "a test".into(),
        };
        let memory = Memory::open(&folder.path().join("memory"), options).unwrap();
        Self { memory, vault, _folder: folder }
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.vault.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn ingest(&self, paths: &[&Path]) -> hydra_graph::Result<Summary> {
        let paths: Vec<PathBuf> = paths.iter().map(|path| (*path).to_owned()).collect();
        ingest(&self.memory, &paths, &Options::of("personal"), &mut |_| {})
    }

    fn ingest_all(&self) -> Summary {
        self.ingest(&[&self.vault]).unwrap()
    }

    fn known(&self) -> Vec<String> {
        let sources = self.memory.sources(None).unwrap();
        sources.iter().map(|s| s.path.strip_prefix(&self.vault).unwrap().display().to_string()).collect()
    }
}

fn counts(summary: &Summary) -> [u64; 5] {
    [summary.files, summary.added, summary.changed, summary.unchanged, summary.removed]
}

fn reasons(summary: &Summary) -> Vec<(String, &str)> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut reasons: Vec<_> = summary.skipped.iter().map(|s| (name(&s.path), s.reason.as_str())).collect();
    reasons.sort();
    assert!(summary.skipped.iter().all(|skipped| !skipped.hint.is_empty()));
    reasons
}

#[test]
fn only_what_changed_is_read_again() {
    let home = Home::new();
    home.write("a.md", "# A\n\none [[b]] [[none]] #t");
    home.write("sub/b.md", "two");
    home.write("x.docx", "");
    let first = home.ingest_all();
    assert_eq!(counts(&first), [2, 2, 0, 0, 0]);
    assert_eq!((first.passages, first.links, first.unresolved, first.tags), (2, 2, 1, 1));
    assert_eq!(first.not_read_yet.get("docx"), Some(&1));
    assert_eq!(counts(&home.ingest_all()), [2, 0, 0, 2, 0]);
    home.write("a.md", "changed");
    home.write("c.md", "new");
    fs::remove_file(home.vault.join("sub/b.md")).unwrap();
    assert_eq!(counts(&home.ingest_all()), [2, 1, 1, 0, 1]);
    assert_eq!(home.known(), ["a.md", "c.md"]);
    assert_eq!(counts(&home.ingest_all()), [2, 0, 0, 2, 0]);
}

#[test]
fn an_image_is_found_by_its_name_and_takes_no_notes_name() {
    let home = Home::new();
    home.write("img/boiler-valve.png", [0x89, b'P', b'N', b'G']);
    home.write("img/Boiler.png", [0x89, b'P', b'N', b'G', 1]);
    home.write("Boiler.md", "It leaks.\n");
    home.write("Log.md", "![[Boiler.png|the cellar]] of the [[Boiler]]\n");
    let mut readings = Readings::new(Arc::new(|| Timestamp::from_millis(1_700_000_000_000)));
    let mut look = || {
        let options = Options::of("personal");
        reconcile(&home.memory, std::slice::from_ref(&home.vault), &options, &mut readings, &mut |_| {}).unwrap()
    };
    let first = look();
    assert_eq!((counts(&first), first.unresolved), ([4, 4, 0, 0, 0], 0));
    let found = |words: &str| {
        let hits = home.memory.recall(&Question::new(words)).unwrap().hits;
        hits.into_iter().map(|hit| hit.title).collect::<Vec<_>>()
    };
    assert_eq!(found("valve"), ["boiler-valve.png"]);
    // Who asks for the boiler gets its note, not a picture that is called alike.
    let linked = |name: &str| {
        let query = format!(r#"SELECT ?path {{ ?e hy:key "name:{name}" . ?s schema:mainEntity ?e ; hy:path ?path }}"#);
        home.memory.query(&QueryRequest::new(query)).unwrap().rows.len()
    };
    assert_eq!((linked("boiler"), linked("boiler.png")), (1, 1));
    // It goes elsewhere and keeps its name; what links to it by its ending does not change what the note is called.
    let known = home.memory.sources(None).unwrap();
    let id = known.iter().find(|source| source.path.ends_with("Boiler.png")).unwrap().id;
    fs::rename(home.vault.join("img/Boiler.png"), home.vault.join("Kettle.png")).unwrap();
    assert_eq!(look().moved, 1);
    let known = home.memory.sources(None).unwrap();
    assert_eq!(known.iter().find(|source| source.path.ends_with("Kettle.png")).unwrap().id, id);
    assert_eq!((linked("boiler"), linked("kettle.png")), (1, 1));
}

#[test]
fn a_watcher_may_name_any_path() {
    let home = Home::new();
    let (a, b) = (home.write("a.md", "one"), home.write("sub/b.md", "two"));
    home.write("sub/deep/c.md", "three");
    home.ingest_all();
    fs::write(&a, "one more").unwrap();
    assert_eq!(counts(&home.ingest(&[&a]).unwrap()), [1, 0, 1, 0, 0]);
    // The root that the folder was read under stays, also for a single file: nothing is read again.
    assert_eq!(counts(&home.ingest_all()), [3, 0, 0, 3, 0]);
    fs::remove_file(&b).unwrap();
    assert_eq!(counts(&home.ingest(&[&b]).unwrap()), [0, 0, 0, 0, 1]);
    fs::remove_dir_all(home.vault.join("sub")).unwrap();
    assert_eq!(counts(&home.ingest(&[&home.vault.join("sub")]).unwrap()), [0, 0, 0, 0, 1]);
    assert_eq!(home.known(), ["a.md"]);
    // Named twice, by itself and with its folder, it is read once.
    assert_eq!(counts(&home.ingest(&[&a, &home.vault]).unwrap()), [1, 0, 0, 1, 0]);
}

#[test]
fn a_run_that_was_stopped_goes_on() {
    let home = Home::new();
    for number in 0..200 {
        home.write(&format!("{number}.md"), format!("note {number}"));
    }
    let options = Options::of("personal");
    let cancel = Arc::clone(&options.cancel);
    let mut told = Vec::new();
    let stopped = ingest(&home.memory, std::slice::from_ref(&home.vault), &options, &mut |progress| {
        if progress.files_done == 100 {
            cancel.store(true, Ordering::Relaxed);
        }
        told.push(progress.files_done);
        assert_eq!(progress.files_total, 200);
    })
    .unwrap();
    // The note that it was told of is finished.
    assert_eq!((stopped.added, stopped.cancelled, stopped.removed), (101, true, 0));
    assert!(told.is_sorted());
    let resumed = home.ingest_all();
    assert_eq!((counts(&resumed), resumed.cancelled), ([200, 99, 0, 101, 0], false));
}

#[test]
fn a_disk_that_is_not_there_removes_nothing() {
    let home = Home::new();
    home.write("a.md", "one");
    home.write("b.md", "two");
    home.ingest_all();
    let away = home.vault.with_extension("away");
    fs::rename(&home.vault, &away).unwrap();
    let gone = home.ingest_all();
    assert_eq!((gone.removed, gone.kept, gone.warnings.len()), (0, 2, 1));
    fs::create_dir(&home.vault).unwrap();
    let empty = home.ingest_all();
    assert_eq!((empty.removed, empty.kept, empty.warnings.len()), (0, 2, 1));
    assert!(empty.warnings[0].message.contains("shows no files"), "{:?}", empty.warnings);
    fs::remove_dir(&home.vault).unwrap();
    fs::rename(&away, &home.vault).unwrap();
    assert_eq!(counts(&home.ingest_all()), [2, 0, 0, 2, 0]);
}

#[test]
fn what_is_left_where_a_disk_was_mounted_takes_no_note_with_it() {
    let home = Home::new();
    let (a, b) = (home.write("a.md", "one"), home.write("disk/b.md", "two"));
    home.write("disk/c.md", "three");
    let clock: hydra_graph::Clock = Arc::new(|| Timestamp::from_millis(1_700_000_000_000));
    let mut readings = Readings::new(Arc::clone(&clock));
    let look = |readings: &mut Readings| {
        let options = Options::of("personal");
        reconcile(&home.memory, std::slice::from_ref(&home.vault), &options, readings, &mut |_| {}).unwrap()
    };
    assert_eq!(look(&mut readings).added, 3);
    // As if these two had been read from a disk of their own.
    let mut json: serde_json::Value = serde_json::from_slice(&readings.to_json().unwrap()).unwrap();
    for name in ["disk/b.md", "disk/c.md"] {
        json[home.vault.join(name).to_str().unwrap()]["disk"] = 1.into();
    }
    let mut readings = Readings::from_json(&serde_json::to_vec(&json).unwrap(), clock);
    for name in ["disk/b.md", "disk/c.md"] {
        fs::remove_file(home.vault.join(name)).unwrap();
    }
    home.write("disk/stray.md", "It lies in the folder, not on the disk.");
    let summary = look(&mut readings);
    assert_eq!((summary.added, summary.removed, summary.kept, summary.warnings.len()), (1, 0, 2, 1));
    let warning = &summary.warnings[0];
    assert_eq!(warning.path, home.vault.join("disk"));
    assert!(warning.message.contains("2 notes") && warning.hint.contains("mount"), "{warning:?}");
    // It is back, and one of them was deleted while it is there.
    fs::write(&b, "two").unwrap();
    let summary = look(&mut readings);
    assert_eq!((summary.removed, summary.kept), (0, 1));
    fs::remove_file(&b).unwrap();
    fs::remove_file(&a).unwrap();
    assert_eq!(look(&mut readings).removed, 2, "both were on the disk that is there");
}

#[test]
fn what_cannot_be_looked_through_says_why_and_loses_nothing() {
    let home = Home::new();
    let known = home.write("a.md", "one");
    home.ingest_all();
    for name in 0..=MAX_VAULT_FILES {
        fs::File::create(home.vault.join(format!("{name}"))).unwrap();
    }
    let fresh = home.write("b.md", "two");
    // Whether the graph knows the note or not, it is the folder that is too much.
    for path in [&home.vault, &known, &fresh] {
        let error = home.ingest(&[path]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
        assert!(error.message().contains("holds more than") && error.next_step().unwrap().contains(".hydraignore"));
    }
    assert_eq!(home.known(), ["a.md"]);
}

#[test]
fn one_bad_file_does_not_stop_the_rest() {
    let home = Home::new();
    home.write("good.md", "good");
    home.write("latin.md", b"Gr\xFC\xDFe");
    home.write("utf16.md", b"\xFF\xFEh\0i\0");
    home.write("nul.md", b"one\0two three");
    home.write("yaml.md", "---\na: [\n---\nbody");
    home.write("bom.md", "\u{feff}---\r\ntags: x\r\n---\r\nbody\r\n");
    home.write("empty.md", "");
    let long = fs::File::create(home.vault.join("long.md")).unwrap();
    long.set_len(MAX_NOTE_BYTES + 1).unwrap();
    let summary = home.ingest_all();
    assert_eq!(counts(&summary), [8, 5, 0, 0, 0]);
    assert_eq!(
        reasons(&summary),
        [
            ("latin.md".to_owned(), "is not UTF-8: byte 2, in line 1, does not fit"),
            ("long.md".to_owned(), "is 16777217 bytes, more than 16777216"),
            ("utf16.md".to_owned(), "is UTF-16, not UTF-8"),
        ]
    );
    let mut warned: Vec<_> = summary.warnings.iter().map(|w| (w.path.file_name().unwrap(), w.line)).collect();
    warned.sort();
    assert_eq!(warned, [("nul.md".as_ref(), None), ("yaml.md".as_ref(), Some(2))]);
    assert_eq!(summary.tags, 1);
    // What could not be read is tried again, and what was read before is kept when it turns bad.
    home.write("good.md", b"\xFF");
    let again = home.ingest_all();
    assert_eq!((counts(&again), again.skipped.len()), ([8, 0, 0, 4, 0], 4));
    assert!(home.known().contains(&"good.md".to_owned()));
}

#[test]
fn wrong_paths_are_named() {
    let home = Home::new();
    let (good, letter) = (home.write("a.md", "one"), home.write("b.docx", ""));
    let missing = home.vault.join("gone.md");
    let summary = home.ingest(&[&missing, &good, &letter]).unwrap();
    assert_eq!(summary.added, 1);
    assert_eq!(
        reasons(&summary),
        [("b.docx".to_owned(), "is of a kind that is not read"), ("gone.md".to_owned(), "does not exist")]
    );
    let error = home.ingest(&[&missing]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().ends_with("gone.md: does not exist") && error.next_step().is_some(), "{error}");
    assert_eq!(home.ingest(&[&letter]).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(home.ingest(&[]).unwrap_err().kind(), ErrorKind::Invalid);
}

#[test]
fn what_is_hidden_or_ignored_is_not_read_and_not_kept() {
    let home = Home::new();
    home.write("a.md", "one");
    let (private, trashed) = (home.write("private/p.md", "two"), home.write(".trash/t.md", "three"));
    assert_eq!(home.ingest_all().added, 2);
    home.write(".hydraignore", "private/\n");
    // As a watcher would say it.
    let summary = home.ingest(&[&private, &trashed, &home.vault.join("a.md")]).unwrap();
    let reason = "is hidden or left out by .hydraignore";
    assert_eq!(reasons(&summary), [("p.md".to_owned(), reason), ("t.md".to_owned(), reason)]);
    assert_eq!(counts(&summary), [1, 0, 0, 1, 1]);
    assert_eq!(home.known(), ["a.md"]);
}

#[test]
fn a_vault_in_a_vault_is_read_under_one_root() {
    let home = Home::new();
    home.write("a.md", "[[b]]");
    home.write("inner/b.md", "[[a]]");
    home.write("inner/.obsidian/app.json", "{}");
    let inner = home.vault.join("inner");
    assert_eq!(counts(&home.ingest(&[&home.vault, &inner]).unwrap()), [2, 2, 0, 0, 0]);
    assert_eq!(counts(&home.ingest(&[&inner]).unwrap()), [1, 0, 0, 1, 0]);
    let roots: Vec<_> = home.memory.sources(None).unwrap().into_iter().map(|source| source.root).collect();
    assert_eq!(roots, [home.vault.clone(), home.vault.clone()]);
}

#[cfg(unix)]
#[test]
fn a_folder_without_permission_removes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write("open.md", "one");
    home.write("shut/secret.md", "two");
    home.ingest_all();
    let shut = home.vault.join("shut");
    let set_mode = |mode| fs::set_permissions(&shut, fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o000);
    // The superuser may read it all the same; then there is nothing to see here.
    let is_shut = fs::read_dir(&shut).is_err();
    let summary = home.ingest_all();
    set_mode(0o755);
    assert_eq!(summary.removed, 0);
    if is_shut {
        assert_eq!(reasons(&summary), [("shut".to_owned(), "no permission to read it")]);
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let home = Home::new();
    home.write("a.md", "one");
    let made = std::process::Command::new("mkfifo").arg(home.vault.join("pipe.md")).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(counts(&home.ingest_all()), [1, 1, 0, 0, 0]);
        let error = home.ingest(&[&home.vault.join("pipe.md")]).unwrap_err();
        assert!(error.message().ends_with("pipe.md: is not a plain file"), "{error}");
    }
}

#[test]
fn a_thousand_unchanged_notes_cost_no_more_than_their_hash() {
    let home = Home::new();
    for number in 0..1_000 {
        let text = format!(
            "# Note {number}\n\n{}\n\n[[Note {}]] #tag{}",
            "some words here ".repeat(60),
            number / 2,
            number % 7
        );
        home.write(&format!("{}/{number}.md", number % 10), text);
    }
    assert_eq!(home.ingest_all().added, 1_000);
    let again = home.ingest_all();
    assert_eq!(again.unchanged, 1_000);
    // Work is what counts: nothing is parsed or put again.
    assert_eq!((again.passages, again.links), (0, 0));
}

#[test]
fn a_name_that_is_not_utf_8_does_not_take_the_report_with_it() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    home.write("good.md", "A note.");
    fs::write(home.vault.join(std::ffi::OsStr::from_bytes(b"caf\xe9.md")), "Another note.").unwrap();
    let summary = home.ingest(&[&home.vault]).unwrap();
    assert_eq!(summary.added + summary.skipped.len() as u64, 2, "{summary:?}");
    let json = serde_json::to_value(&summary).unwrap();
    assert!(json["skipped"][0]["path"].as_str().unwrap().contains("caf\u{fffd}.md"), "{json}");
    assert!(!summary.skipped[0].hint.is_empty());
}

#[test]
fn every_kind_is_read_by_its_name_and_counted() {
    let home = Home::new();
    home.write("note.md", "See [[plan.txt]] and [[old]].");
    home.write("plan.txt", "Plan\n====\n\nThe boiler is replaced in May, see [[note]].");
    home.write("old.txt", b"Gr\xFC\xDFe aus K\xF6ln");
    home.write("wide.txt", b"\xFF\xFEh\0i\0");
    home.write("program.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0");
    let summary = home.ingest_all();
    assert_eq!(counts(&summary), [5, 4, 0, 0, 0]);
    let formats: Vec<_> = summary.formats.iter().map(|(format, count)| (format.as_str(), *count)).collect();
    assert_eq!(formats, [("Markdown", 1), ("text", 3)]);
    assert_eq!(reasons(&summary).len(), 1);
    assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
    // A link that names the file means it; one without its ending is not a text's name, as in Obsidian.
    assert_eq!((summary.links, summary.unresolved), (3, 1));
    assert_eq!(counts(&home.ingest_all()), [5, 0, 0, 4, 0]);
}

#[test]
fn what_is_wrong_is_said_at_each_run_until_it_is_put_right() {
    let home = Home::new();
    home.write("a.md", "---\nup: [\n---\nbody");
    let first = home.ingest_all();
    assert_eq!((first.added, first.warnings.len(), first.warnings[0].line), (1, 1, Some(2)));
    let again = home.ingest_all();
    assert_eq!((again.unchanged, &again.warnings), (1, &first.warnings));
    home.write("a.md", "---\nup: []\n---\nbody");
    assert_eq!(home.ingest_all().warnings, []);
    assert_eq!(home.ingest_all().warnings, []);
}

fn rows(home: &Home, query: &str) -> Vec<String> {
    let query = hydra_graph::QueryRequest::new(query);
    let answer = home.memory.query(&query).unwrap();
    answer.rows.iter().map(|row| format!("{row:?}")).collect()
}

#[test]
fn a_title_is_a_name_that_links_find_whichever_came_first() {
    for (first, second) in [("x.md", "link.md"), ("link.md", "x.md")] {
        let home = Home::new();
        let text = |name: &str| match name {
            "x.md" => "---\ntitle: The old boiler\nrating: 5\nbought: 2019-03-01\n---\nIt leaks.",
            _ => "See [[The old boiler]].",
        };
        for name in [first, second] {
            let path = home.write(name, text(name));
            home.ingest(&[&path]).unwrap();
        }
        let found = rows(
            &home,
            "SELECT ?rating ?bought { ?a hy:linksTo ?b . ?b prop:rating ?rating ; prop:bought ?bought FILTER(?rating > 4 && ?bought < xsd:date('2020-01-01')) }",
        );
        assert!(found.concat().contains("2019-03-01"), "{first} first: {found:?}");
    }
}

#[test]
fn pages_canvases_and_records_are_read_and_bombs_left_out() {
    let home = Home::new();
    home.write("note.md", "The boiler.");
    home.write("page.html", "<title>Page</title><p>See <a href='note.md'>the note</a>.");
    home.write("board.canvas", r#"{"nodes":[{"id":"a","type":"file","file":"note.md"}],"edges":[]}"#);
    home.write("open.base", "filters: file.hasLink(\"note\")\n");
    home.write("data.jsonl", "{\"text\":\"one\"}\n{broken\n{\"text\":\"two\"}\n");
    let nested = "[".repeat(1_000_000);
    for bad in ["deep.canvas", "deep.jsonl", "fake.pdf"] {
        home.write(bad, &nested);
    }
    home.write("binary.html", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    for (long, bytes) in [("long.jsonl", MAX_NOTE_BYTES + 1), ("long.pdf", hydra_ingest::MAX_PDF_BYTES + 1)] {
        fs::File::create(home.vault.join(long)).unwrap().set_len(bytes).unwrap();
    }
    let summary = home.ingest_all();
    assert_eq!((summary.added, summary.skipped.len(), summary.warnings.len()), (5, 6, 1), "{summary:#?}");
    let kinds: Vec<&str> = summary.formats.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["HTML", "JSON lines", "Markdown", "base", "canvas"]);
    assert!(summary.warnings[0].message.ends_with("not JSON: 2") && summary.warnings[0].line == Some(2));
    assert_eq!((summary.links, summary.unresolved), (3, 0));
    let links = rows(
        &home,
        "SELECT ?from { ?from hy:linksTo ?to . ?source schema:mainEntity ?to FILTER EXISTS { ?source a hy:Source } }",
    );
    assert!(!links.is_empty());
    assert_eq!(counts(&home.ingest_all()), [11, 0, 0, 5, 0]);
}

#[test]
fn what_a_note_says_of_itself_becomes_facts() {
    let home = Home::new();
    home.write("Mirela.md", "# Mirela");
    home.write(
        "Boiler.md",
        "---\ntitle: Boiler\ntags: [house]\ncreated: 2024-01-01\ncost: 1200\nbought: 2019-03-01\nowner: \"[[Mirela]]\"\n\
         leaks: false\nparts: [pump, valve]\n---\n\nIt hums.\n\nserviced by:: [[Oskar]], [[Mirela|M.]]\n",
    );
    home.ingest_all();
    let facts = |name: &str| -> Vec<String> {
        let id = home.memory.graph(&GraphRequest::new(name)).unwrap().id;
        let got = home.memory.get(&[id], GetView::Full).unwrap().remove(0);
        let mut facts: Vec<String> = got.facts.iter().map(|tie| format!("{} {}", tie.predicate, tie.to_name)).collect();
        facts.sort();
        facts
    };
    let expected = [
        "bought 2019-03-01",
        "cost 1200",
        "leaks false",
        "owner Mirela",
        "parts pump",
        "parts valve",
        "serviced by Mirela",
        "serviced by Oskar",
    ];
    assert_eq!(facts("Boiler"), expected);
    let query = "SELECT ?b { ?b prop:bought ?day ; prop:leaks false ; prop:owner ?who . ?who skos:prefLabel \"Mirela\" \
                 FILTER(?day < \"2020-01-01\"^^xsd:date) }";
    assert_eq!(home.memory.query(&QueryRequest::new(query)).unwrap().rows.len(), 1);
    home.write("Boiler.md", "---\ncost: 1300\n---\n\nIt hums.\n");
    home.ingest_all();
    assert_eq!(facts("Boiler"), ["cost 1300"]);
}
