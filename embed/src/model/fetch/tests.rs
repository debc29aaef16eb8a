//! Interrupted and failing runs, with a shell script in the place of Python.

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;

use super::*;

/// A script that is open for writing cannot be run, and whatever another test starts meanwhile has it open too.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs `fetch` with a stand-in for Python that does what `script` says.
fn check(script: &str, prepare: impl Fn(&Path)) -> (Error, tempfile::TempDir) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let home = tempfile::tempdir().unwrap();
    let python = home.path().join("python3");
    fs::write(&python, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let target = home.path().join("models/mini");
    prepare(&target);
    let error = fetch_with(&Python(&python), &target, &mut |_| {}).unwrap_err();
    (error, home)
}

/// Everything but the lock file, which stays on purpose: removing it would let two runs hold two locks.
fn left(home: &tempfile::TempDir) -> Vec<String> {
    let entries = fs::read_dir(home.path().join("models")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != ".mini.lock").collect()
}

#[test]
fn a_failed_download_says_why_and_leaves_nothing() {
    let (error, home) = check("echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES' >&2; exit 1", |_| {});
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    assert!(left(&home).is_empty());
}

#[test]
fn unpacked_files_are_checked_before_they_are_used() {
    let unpack = r#"[ "$1" = -c ] && for name in model.safetensors config.json; do echo wrong >"$4/$name"; done; true"#;
    let (error, home) = check(unpack, |_| {});
    assert!(error.to_string().contains("model.safetensors"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(left(&home).is_empty());
}

#[test]
fn what_an_interrupted_run_left_is_removed_and_a_wrong_model_stays_until_there_is_a_right_one() {
    let (error, home) = check("exit 1", |target| {
        fs::create_dir_all(target).unwrap();
        fs::write(target.join(CONFIG), "wrong").unwrap();
        fs::create_dir_all(target.with_file_name(".mini.fetching").join("model")).unwrap();
    });
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(left(&home), ["mini"]);
}

#[test]
fn a_second_run_at_the_same_time_is_told_so() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("mini");
    let _held = lock(&home.path().join(".mini.lock"), &target).unwrap();
    let error = fetch_with(&Python(Path::new("python3")), &target, &mut |_| {}).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
}
