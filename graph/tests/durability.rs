//! What was acknowledged survives; what is derived comes back by itself.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{note, open, open_in};
use hydra_graph::{Agent, ErrorKind, Memory, NewMemory, Options, Question, Timestamp};

fn texts(memory: &Memory, question: &str) -> Vec<String> {
    memory.recall(&Question::new(question)).unwrap().hits.into_iter().map(|hit| hit.text).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        match fs::copy(entry.path(), target) {
            // An index at work removes files of its own.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            other => drop(other.unwrap()),
        }
    }
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.join("log")).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "redo"));
    paths.sort();
    paths
}

/// A power cut: RocksDB's own log was never fsynced, so all that is left of the store is what it was at the start.
#[test]
fn the_redo_log_alone_brings_back_every_acknowledged_commit() {
    let opened = open();
    let before = tempfile::tempdir().unwrap();
    opened.memory.remember(NewMemory::new("The first thing ever told"), &Agent::owner()).unwrap();
    opened.memory.close().unwrap();
    drop(opened.memory);
    copy(&opened.folder.path().join("store"), before.path());

    let memory = open_in(opened.folder.path());
    for n in 0..40 {
        memory.remember(NewMemory::new(format!("Acknowledged number{n}")), &Agent::owner()).unwrap();
    }
    memory.put_documents(vec![note("/v/Pier.md", "The pier is rotten.", &[])], &Agent::ingest()).remove(0).unwrap();
    // The folder as it is on the medium now, with the store as it was when it was last flushed.
    let after = tempfile::tempdir().unwrap();
    copy(opened.folder.path(), after.path());
    fs::remove_dir_all(after.path().join("store")).unwrap();
    copy(before.path(), &after.path().join("store"));

    let recovered = open_in(after.path());
    for n in 0..40 {
        assert_eq!(texts(&recovered, &format!("number{n}"))[0], format!("Acknowledged number{n}"));
    }
    assert_eq!(texts(&recovered, "rotten pier").len(), 1);
    let report = recovered.check(&mut |_| ()).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.commits, 42);
}

#[test]
fn a_torn_end_of_the_log_is_cut_and_damage_before_it_is_refused() {
    let opened = open();
    for n in 0..3 {
        opened.memory.remember(NewMemory::new(format!("Record {n}")), &Agent::owner()).unwrap();
    }
    let copy_of = |change: &dyn Fn(&mut Vec<u8>)| {
        let folder = tempfile::tempdir().unwrap();
        copy(opened.folder.path(), folder.path());
        let segment = segments(folder.path()).pop().unwrap();
        let mut bytes = fs::read(&segment).unwrap();
        change(&mut bytes);
        fs::write(&segment, bytes).unwrap();
        folder
    };
    for cut in [1, 7, 9, 40] {
        let folder = copy_of(&|bytes| bytes.truncate(bytes.len() - cut));
        let memory = open_in(folder.path());
        assert!(!texts(&memory, "record").is_empty());
        memory.remember(NewMemory::new("After the cut"), &Agent::owner()).unwrap();
        drop(memory);
        assert_eq!(texts(&open_in(folder.path()), "after cut")[0], "After the cut");
    }
    let folder = copy_of(&|bytes| bytes.extend_from_slice(&[0; 4096]));
    assert_eq!(texts(&open_in(folder.path()), "record").len(), 3, "zeros behind the end are no commit");

    let folder = copy_of(&|bytes| bytes[20] ^= 1);
    let options = Options { clock: std::sync::Arc::new(|| Timestamp::from_millis(0)), holder: "a test".into() };
    let error = Memory::open(folder.path(), options).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(error.to_string().contains(".redo") && error.next_step().is_some(), "{error}");
}

#[test]
fn a_deleted_or_damaged_text_index_comes_back_with_the_same_answers() {
    let opened = open();
    for n in 0..300 {
        opened
            .memory
            .remember(NewMemory::new(format!("Parcel {n}th went to warehouse {}", n % 7)), &Agent::owner())
            .unwrap();
    }
    opened.memory.close().unwrap();
    drop(opened.memory);
    let index = opened.folder.path().join("index/text");
    let answers = |memory: &Memory| {
        assert!(memory.wait_for_indexes(std::time::Duration::from_secs(20)));
        // The best answer of each: what comes behind it is equally good, and in no order.
        let answer: Vec<String> =
            (0..300).step_by(17).map(|n| texts(memory, &format!("parcel {n}th")).remove(0)).collect();
        assert!(memory.check(&mut |_| ()).unwrap().ok);
        answer
    };
    let memory = open_in(opened.folder.path());
    let expected = answers(&memory);
    assert_eq!(expected[1], "Parcel 17th went to warehouse 3");
    memory.close().unwrap();
    drop(memory);

    let mut files: Vec<PathBuf> = fs::read_dir(&index).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|path| !path.to_string_lossy().ends_with(".lock"));
    assert!(files.len() > 3);
    let damages: Vec<Box<dyn Fn()>> = vec![
        Box::new({
            let index = index.clone();
            move || fs::remove_dir_all(&index).unwrap()
        }),
        Box::new({
            let index = index.clone();
            move || {
                for entry in fs::read_dir(&index).unwrap().map(Result::unwrap) {
                    fs::OpenOptions::new().write(true).open(entry.path()).unwrap().set_len(10).unwrap();
                }
            }
        }),
        Box::new({
            let index = index.clone();
            move || {
                for entry in fs::read_dir(&index).unwrap().map(Result::unwrap) {
                    if entry.path().extension().is_some_and(|e| e == "term") {
                        let mut bytes = fs::read(entry.path()).unwrap();
                        bytes[0] ^= 0xff;
                        fs::write(entry.path(), bytes).unwrap();
                    }
                }
            }
        }),
    ];
    for damage in damages {
        damage();
        let memory = open_in(opened.folder.path());
        assert_eq!(answers(&memory), expected);
        memory.close().unwrap();
    }
}

#[test]
fn a_second_opener_hears_who_holds_it_and_a_newer_store_is_left_alone() {
    let opened = open();
    let options = || Options { clock: std::sync::Arc::new(|| Timestamp::from_millis(0)), holder: "another".into() };
    let error = Memory::open(opened.folder.path(), options()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    assert!(error.message().contains("a test (pid"), "{error}");
    drop(opened.memory);
    let format = opened.folder.path().join("format.json");
    fs::write(&format, format!(r#"{{"format":{},"program":"9.9.9"}}"#, hydra_graph::FORMAT + 1)).unwrap();
    let error = Memory::open(opened.folder.path(), options()).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Newer);
    assert!(error.message().contains("9.9.9"), "{error}");
}

#[test]
fn many_writers_at_once_lose_nothing_and_tell_nothing_twice() {
    let opened = open();
    let ids: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|writer| {
                let memory = opened.memory.clone();
                scope.spawn(move || {
                    (0..50)
                        .map(|n| {
                            // Every writer tells its own and one that all tell.
                            memory.remember(NewMemory::new(format!("w{writer} n{n}")), &Agent::owner()).unwrap();
                            memory.remember(NewMemory::new(format!("shared n{n}")), &Agent::owner()).unwrap().id
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "one memory for one text, whoever told it first");
    let status = opened.memory.status().unwrap();
    assert_eq!(status.memories, 8 * 50 + 50);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn a_text_index_deleted_while_it_is_open_comes_back_too() {
    let opened = open();
    let tell = |text: &str| opened.memory.remember(NewMemory::new(text), &Agent::owner()).unwrap();
    tell("The anvil is in the smithy");
    assert!(opened.memory.wait_for_indexes(std::time::Duration::from_secs(20)));
    fs::rename(opened.folder.path().join("index/text"), opened.folder.path().join("gone")).unwrap();
    tell("The bellows are in the smithy");
    // Written at the next chance, which fails; then everything is sent again.
    let started = std::time::Instant::now();
    while !opened.folder.path().join("index/text/meta.json").exists() {
        assert!(started.elapsed().as_secs() < 60, "the index was not made again");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    tell("The tongs are in the smithy");
    assert!(opened.memory.wait_for_indexes(std::time::Duration::from_secs(20)));
    assert_eq!(texts(&opened.memory, "smithy").len(), 3);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}
