//! What a person sees on a terminal while something goes on: `script`, which Debian always has, makes one.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::path::Path;
use std::process::{Command, Stdio};

use harness::{hydra, stderr, vault};

/// So many that reading them is seen to go on.
const FILES: usize = 2_000;

/// Runs a command of Hydra's on a terminal, and returns all that was written there.
fn on_terminal(data: &Path, arguments: &[&str]) -> String {
    let command = hydra(data);
    let words = command.get_args().map(|word| word.to_str().unwrap()).chain(arguments.iter().copied());
    let words = std::iter::once(command.get_program().to_str().unwrap()).chain(words);
    let line: Vec<String> = words.map(|word| format!("'{word}'")).collect();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &line.join(" "), "/dev/null"])
        .env_remove("HYDRA_DATA_DIR")
        .envs([("XDG_CONFIG_HOME", data.to_str().unwrap()), ("TERM", "xterm"), ("COLUMNS", "120")])
        // Embedding would take most of the time.
        .env("HYDRA_MODEL_DIR", data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// The numbers of a bar: done, all.
fn counted(line: &str) -> Option<(u64, u64)> {
    let (_, behind) = line.split_once("] ")?;
    let (count, rest) = behind.split_once(", ")?;
    let (done, all) = count.split_once('/')?;
    let is_whole = rest.contains("/s, ") && rest.contains(" so far, ") && rest.contains(" to go");
    is_whole.then_some((done.parse().ok()?, all.parse().ok()?))
}

#[test]
fn reading_shows_a_bar_with_its_rate_and_how_long_it_will_take() {
    let temp = tempfile::tempdir().unwrap();
    let notes = temp.path().join("notes");
    vault(&notes, FILES);
    let notes = notes.to_str().unwrap();
    let shown = on_terminal(&temp.path().join("seen"), &["ingest", notes]);
    let bars: Vec<(u64, u64)> = shown.split('\r').filter_map(counted).collect();
    assert!(bars.iter().any(|(done, all)| *all == FILES as u64 && (1..*all).contains(done)), "{bars:?}: {shown}");
    let said = format!("{FILES} notes: {FILES} new, ");
    assert!(shown.lines().any(|line| line.contains(&said)), "what it did stands at the end: {shown}");
    // Where there is no terminal there is no bar, whatever the command.
    let mut piped = hydra(&temp.path().join("piped"));
    let piped =
        piped.args(["ingest", notes]).env("HYDRA_MODEL_DIR", temp.path()).stdin(Stdio::null()).output().unwrap();
    assert!(piped.status.success() && !stderr(&piped).contains('\u{1b}') && !stderr(&piped).contains("to go"));
    let quiet = on_terminal(&temp.path().join("quiet"), &["--quiet", "ingest", notes]);
    assert!(!quiet.contains("to go"), "{quiet}");
}
