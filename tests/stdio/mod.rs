//! `hydra mcp` as an agent runs it: a process with a pipe at each end.
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::harness::hydra;

/// A data folder whose server, which a bridge started, is stopped at the end.
pub struct Data {
    pub folder: PathBuf,
    _temp: tempfile::TempDir,
}

impl Data {
    pub fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        Self { folder: temp.path().join("data"), _temp: temp }
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        for pid in processes(&self.folder) {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
    }
}

/// Every live process that was started on this data folder.
pub fn processes(folder: &Path) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let words = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let is_ours = words.split(|byte| *byte == 0).any(|word| word == folder.as_os_str().as_encoded_bytes());
        if is_ours {
            found.push(pid);
        }
    }
    found
}

/// A bridge; its server stays when it ends.
pub struct Bridge {
    pub child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Bridge {
    pub fn start(data: &Data) -> Self {
        let mut command = hydra(&data.folder);
        command.args(["--port", "0"]);
        Self::start_with(command)
    }

    /// As [`Bridge::start`], with whatever the command says so far.
    pub fn start_with(mut command: Command) -> Self {
        let mut child =
            command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    pub fn send(&mut self, message: &Value) {
        self.line(&message.to_string());
    }

    pub fn line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
        input.flush().unwrap();
    }

    pub fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}`"))
    }

    pub fn ask(&mut self, message: &Value) -> Value {
        self.send(message);
        let answer = self.receive();
        assert_eq!(answer["id"], message["id"], "{answer}");
        answer
    }

    /// Ends the input and waits for the end; returns the exit code and what is left in the output.
    pub fn end(mut self) -> (Option<i32>, Vec<Value>) {
        drop(self.input.take());
        let rest = (&mut self.output).lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        (self.child.wait().unwrap().code(), rest)
    }
}
