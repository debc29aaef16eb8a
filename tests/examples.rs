//! The examples in README of both query languages and for programs do what is shown, as they stand there: against the
//! sample vault, with the packages that they name.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod python;
#[path = "wire/mod.rs"]
mod wire;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Server, binary, json, model, stderr, stdout, succeeds, wait_until};
use serde_json::Value;
use wire::Door;

/// The parts of README that have them.
const FOR_PROGRAMS: &str = "\n## From programs\n";
const SPARQL: &str = "\n## The graph itself\n";
const GRAPHQL: &str = "\n## GraphQL\n";
/// Letters of an id.
const ID_LENGTH: usize = 13;
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
        // README told it of her before.
        succeeds(&data, &["remember", "--fact", "Mirela", "works for", "Acme Labs", "--valid-from", "2024-02-01"]);
        let server = Server::start(&data);
        let port = Door::of(&data).port;
        Self { folder, _server: server, port }
    }

    /// Waits until everything is found by its meaning, too.
    fn settled(self) -> Self {
        let data = self.folder.path().join(".local/share/hydra");
        wait_until("the indexes to have everything", || {
            json(&data, &["status"])["indexes"].as_array().unwrap().iter().all(|index| index["behind"] == false)
        });
        self
    }

    /// Runs a program as README has it, and returns what it says.
    fn run(&self, program: &Path, ending: &str, text: &str) -> String {
        let file = self.folder.path().join(format!("example.{ending}"));
        std::fs::write(&file, text.replace(PORT, &self.port.to_string())).unwrap();
        let own = binary().parent().unwrap().to_owned();
        let path =
            std::env::join_paths([own].into_iter().chain(std::env::split_paths(&std::env::var("PATH").unwrap())));
        let mut command = Command::new(program);
        command.arg(&file).env("HOME", self.folder.path()).env("PATH", path.unwrap());
        command.env_remove("XDG_DATA_HOME").env_remove("HYDRA_DATA_DIR").env("XDG_CONFIG_HOME", self.folder.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{text}\n{}", stderr(&output));
        stdout(&output)
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The blocks of a part, in their order.
fn blocks(heading: &str) -> Vec<Block> {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let part = readme.split_once(heading).unwrap().1.split("\n## ").next().unwrap();
    let pieces: Vec<&str> = part.split("```").collect();
    let fenced = pieces.iter().skip(1).step_by(2).map(|piece| piece.split_once('\n').unwrap());
    fenced.map(|(mark, text)| Block { mark: mark.to_owned(), text: text.to_owned() }).collect()
}

/// Programs of a kind, each with what it should say: the block after it.
fn programs(mark: &str) -> Vec<(String, String)> {
    let blocks = blocks(FOR_PROGRAMS);
    let pairs = blocks.windows(2).filter(|pair| pair[0].mark == mark);
    pairs
        .map(|pair| {
            assert_eq!(pair[1].mark, "text", "what it says comes after a program");
            (pair[0].text.clone(), pair[1].text.clone())
        })
        .collect()
}

/// Runs the commands of a part and compares what they say with what is shown; `stable` leaves what is the same each time.
/// Commands of one block run in one shell, each followed by what it should say; what one sets is known to the next, too.
fn check_commands<T: PartialEq + Debug>(home: &Home, heading: &str, least: usize, stable: impl Fn(&str) -> T) {
    let mut set = String::new();
    let mut ran = 0;
    for block in blocks(heading).into_iter().filter(|block| block.mark == "console") {
        let (mut script, mut expected) = (set.clone(), String::new());
        let (mut is_command, mut goes_on) = (false, false);
        for line in block.text.lines() {
            let command = line.strip_prefix("$ ");
            is_command = command.is_some() || is_command && (goes_on || line.starts_with("    "));
            goes_on = line.ends_with('\\');
            if let Some(setting) = command.filter(|command| command.starts_with("token=")) {
                set.push_str(&format!("{setting}\n"));
            }
            let text = if is_command { &mut script } else { &mut expected };
            text.push_str(&format!("{}\n", command.unwrap_or(line)));
            ran += usize::from(command.is_some());
        }
        let said = home.run(Path::new("bash"), "sh", &script);
        assert_eq!(stable(&said), stable(&expected), "{script}{said}");
    }
    assert!(ran >= least, "README has only {ran} commands");
}

/// What was said, without line ends that a format has of its own, and the blank lines between commands.
fn plain(said: &str) -> String {
    said.lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

/// A line with the names of a list at its end in the order of their letters: a group is put together in any.
fn listed(line: &str) -> String {
    let Some((before, list)) = line.strip_suffix('"').and_then(|line| line.rsplit_once('"')) else {
        return line.to_owned();
    };
    let mut names: Vec<&str> = list.split(", ").collect();
    names.sort_unstable();
    format!("{before}\"{}\"", names.join(", "))
}

/// As [`plain`], with ids and how well something fits, which is another number with every memory, by their place alone.
fn without_numbers(said: &str) -> String {
    let is_letter = |c: char| c.is_ascii_digit() || c.is_ascii_lowercase() || c == '.';
    let mut stable = String::new();
    let mut rest = said;
    while let Some(first) = rest.chars().next() {
        let word = &rest[..rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len())];
        let end = if word.is_empty() { first.len_utf8() } else { word.len() };
        stable.push_str(match word {
            id if id.len() == ID_LENGTH && id.starts_with("03") => "ID",
            fit if fit.starts_with("0.") && fit.parse::<f64>().is_ok() => "FIT",
            _ => &rest[..end],
        });
        rest = &rest[end..];
    }
    plain(&stable).lines().map(listed).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_varies_is_left_out_and_nothing_else() {
    let shown = "note,fit\r\nBoiler,0.4495,\"038hf58972000\" 12 0.x\n";
    assert_eq!(without_numbers(shown), "note,fit\nBoiler,FIT,\"ID\" 12 0.x");
    assert_eq!(without_numbers("a,\"c, b\"\nd,0.5,e\n"), "a,\"b, c\"\nd,FIT,e");
}

#[test]
fn sparql_says_what_is_shown() {
    if model().is_none() {
        return eprintln!("skipped: HYDRA_MODEL_DIR names no model, by which README found what it shows");
    }
    check_commands(&Home::new().settled(), SPARQL, 5, without_numbers);
}

#[test]
fn graphql_says_what_is_shown() {
    // Fields of one object are answered in the order in which they are done.
    let answers =
        |said: &str| plain(said).lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>().unwrap();
    check_commands(&Home::new(), GRAPHQL, 2, answers);
}

#[test]
fn commands_say_what_is_shown() {
    check_commands(&Home::new(), FOR_PROGRAMS, 2, plain);
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
