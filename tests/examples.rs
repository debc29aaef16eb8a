//! The examples for programs in README do what is shown, as they stand there: against the sample vault, with the packages
//! that they name.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod python;
#[path = "wire/mod.rs"]
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Server, stderr, stdout, succeeds};
use wire::Door;

/// The part of README that has them.
const HEADING: &str = "## From programs";
/// Where README has a server, and here is another.
const PORT: &str = "7717";
const PACKAGES: [&str; 4] = ["SPARQLWrapper==2.0.0", "gql==4.4.0", "requests==2.34.2", "requests-toolbelt==1.0.0"];

/// A block of README: how it is marked, and what is in it.
struct Block {
    mark: String,
    text: String,
}

/// A home whose memory is where README has it.
struct Home {
    folder: tempfile::TempDir,
    _server: Server,
    port: u16,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join(".local/share/hydra");
        succeeds(&data, &["ingest", "--space", "sample", root().join("data/sample-vault").to_str().unwrap()]);
        let server = Server::start(&data);
        let port = Door::of(&data).port;
        Self { folder, _server: server, port }
    }

    /// Runs a program as README has it, and returns what it says.
    fn run(&self, program: &Path, ending: &str, text: &str) -> String {
        let file = self.folder.path().join(format!("example.{ending}"));
        std::fs::write(&file, text.replace(PORT, &self.port.to_string())).unwrap();
        let output = Command::new(program).arg(&file).env("HOME", self.folder.path()).output().unwrap();
        assert!(output.status.success(), "{text}\n{}", stderr(&output));
        stdout(&output)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The blocks of the part, in their order.
fn blocks() -> Vec<Block> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let part = readme.split_once(HEADING).unwrap().1.split("\n## ").next().unwrap();
    let pieces: Vec<&str> = part.split("```").collect();
    let fenced = pieces.iter().skip(1).step_by(2).map(|piece| piece.split_once('\n').unwrap());
    fenced.map(|(mark, text)| Block { mark: mark.to_owned(), text: text.to_owned() }).collect()
}

/// Programs of a kind, each with what it should say: the block after it.
fn programs(mark: &str) -> Vec<(String, String)> {
    let blocks = blocks();
    let pairs = blocks.windows(2).filter(|pair| pair[0].mark == mark);
    pairs
        .map(|pair| {
            assert_eq!(pair[1].mark, "text", "what it says comes after a program");
            (pair[0].text.clone(), pair[1].text.clone())
        })
        .collect()
}

#[test]
fn commands_say_what_is_shown() {
    let home = Home::new();
    let mut ran = 0;
    for block in blocks().into_iter().filter(|block| block.mark == "console") {
        // Commands of one block run in one shell, each followed by what it should say.
        let mut script = String::new();
        let mut expected = String::new();
        let mut is_command = false;
        for line in block.text.lines() {
            match line.strip_prefix("$ ") {
                Some(command) => (is_command, script) = (true, format!("{script}{command}\n")),
                None if is_command && line.starts_with("    ") => script.push_str(&format!("{line}\n")),
                None => (is_command, expected) = (false, format!("{expected}{line}\n")),
            }
        }
        assert_eq!(home.run(Path::new("bash"), "sh", &script), expected, "{script}");
        ran += 1;
    }
    assert!(ran > 0, "README has none");
}

#[test]
fn python_says_what_is_shown() {
    let Some(python) = python::python(&PACKAGES) else { return };
    let home = Home::new();
    let programs = programs("python");
    assert!(programs.len() >= 2, "README has {}", programs.len());
    for (program, expected) in programs {
        assert_eq!(home.run(&python, "py", &program), expected, "{program}");
    }
}

#[test]
fn javascript_says_what_is_shown() {
    if Command::new("node").arg("--version").output().is_err() {
        return eprintln!("skipped: there is no node");
    }
    let home = Home::new();
    let programs = programs("js");
    assert!(!programs.is_empty(), "README has none");
    for (program, expected) in programs {
        assert_eq!(home.run(Path::new("node"), "mjs", &program), expected, "{program}");
    }
}
