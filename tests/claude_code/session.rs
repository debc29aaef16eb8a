//! A real Claude Code in a home of its own, with a key that is none and a model that is a script.
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;

use serde_json::{Value, json};

use super::model::Model;
use crate::harness::{self, binary};

/// Pinned: another one may have other hooks.
const PACKAGE: &str = "@anthropic-ai/claude-code@2.1.332";
/// Says to the test that it runs where only loopback is.
const ISOLATED: &str = "HYDRA_TEST_ISOLATED";
/// How long one run may take, in seconds, on a busy machine.
const PATIENCE_S: &str = "240";

/// A home with Claude Code's and Hydra's files, and a project.
pub struct Home {
    temp: tempfile::TempDir,
    claude: PathBuf,
    model_port: u16,
    servers: Mutex<Vec<Child>>,
}

impl Home {
    /// Makes one; `None`, and says so, when Claude Code can't be brought.
    pub fn new(model: &Model) -> Option<Self> {
        let claude = claude_code()?;
        let temp = tempfile::tempdir().unwrap();
        for folder in ["home/tmp", "home/.claude", "project"] {
            std::fs::create_dir_all(temp.path().join(folder)).unwrap();
        }
        let home = Self { temp, claude, model_port: model.port, servers: Mutex::default() };
        let git = Command::new("git").args(["init", "-q", "-b", "main"]).current_dir(home.project()).status();
        assert!(git.is_ok_and(|status| status.success()), "git is there");
        Some(home)
    }

    pub fn path(&self) -> PathBuf {
        self.temp.path().join("home")
    }

    pub fn project(&self) -> PathBuf {
        self.temp.path().join("project")
    }

    /// The folder of the memory.
    pub fn data(&self) -> PathBuf {
        self.path().join(".local/share/hydra")
    }

    pub fn settings(&self) -> PathBuf {
        self.path().join(".claude/settings.json")
    }

    /// A program as everything here runs: nothing of the caller's own home, key or network.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.arg("--kill-after=5").arg(PATIENCE_S).arg(program);
        command.env_clear().current_dir(self.project()).stdin(Stdio::null());
        let bin = binary();
        let path = [bin.parent().unwrap(), Path::new("/usr/local/bin"), Path::new("/usr/bin"), Path::new("/bin")];
        command.env("PATH", std::env::join_paths(path).unwrap());
        command.env("HOME", self.path()).env("TMPDIR", self.path().join("tmp"));
        command.env("ANTHROPIC_BASE_URL", format!("http://127.0.0.1:{}", self.model_port));
        command.env("ANTHROPIC_API_KEY", "no-key").env("HYDRA_PORT", "0");
        for (name, value) in [("TERM", "dumb"), ("LANG", "C.UTF-8"), ("GIT_CONFIG_NOSYSTEM", "1")] {
            command.env(name, value);
        }
        for name in ["NONESSENTIAL_TRAFFIC", "TERMINAL_TITLE"] {
            command.env(format!("CLAUDE_CODE_DISABLE_{name}"), "1");
        }
        for name in ["AUTOUPDATER", "TELEMETRY", "ERROR_REPORTING"] {
            command.env(format!("DISABLE_{name}"), "1");
        }
        if let Some(model) = harness::model() {
            command.env("HYDRA_MODEL_DIR", model);
        }
        command
    }

    /// Runs Hydra.
    pub fn hydra(&self, arguments: &[&str]) -> Output {
        self.command(&binary()).args(arguments).output().unwrap()
    }

    /// Runs Hydra, which succeeds, and returns what it printed.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.hydra(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", harness::stderr(&output));
        harness::stdout(&output)
    }

    /// Runs Hydra with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.hydra(&[&["--json"], arguments].concat());
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", harness::stderr(&output)))
    }

    /// Starts the server and waits until it answers: what starts with a session may come too late for its first hook.
    pub fn serve(&self) {
        let mut command = self.command(&binary());
        let server = command.arg("serve").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.servers.lock().unwrap().push(server);
        harness::wait_until("the server", || self.data().join("server.json").exists());
    }

    /// Claude Code with some arguments.
    pub fn claude(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.claude);
        command.args(arguments);
        command
    }

    /// One session that is told one thing.
    pub fn prompt(&self, text: &str, arguments: &[&str]) -> Vec<Value> {
        let mut command = self.claude(&["-p", text, "--output-format", "stream-json", "--verbose"]);
        events(&command.args(arguments).output().unwrap())
    }

    /// One session that is told several things, one after the other.
    pub fn conversation(&self, prompts: &[&str], arguments: &[&str]) -> Vec<Value> {
        let mut command =
            self.claude(&["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose"]);
        let mut child = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        for prompt in prompts {
            let message = json!({"type": "user", "message": {"role": "user", "content": prompt}});
            input.write_all(format!("{message}\n").as_bytes()).unwrap();
        }
        drop(input);
        events(&child.wait_with_output().unwrap())
    }

    /// Every live process that runs the binary under test in this home.
    pub fn processes(&self) -> Vec<u32> {
        let home = format!("HOME={}", self.path().display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let is_ours = std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == binary());
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            if is_ours && environment.split(|byte| *byte == 0).any(|line| line == home.as_bytes()) {
                found.push(pid);
            }
        }
        found
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        for pid in self.processes() {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
        for mut server in self.servers.lock().unwrap().drain(..) {
            let _ = server.wait();
        }
    }
}

/// Reads what Claude Code printed.
fn events(output: &Output) -> Vec<Value> {
    let said = harness::stdout(output);
    assert!(output.status.success(), "{}{}", harness::stderr(output), said);
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a test where there is no other network than loopback, so that nothing can leave; where the system does not allow
/// that, it runs as it is, with a key that is none and an address on loopback.
pub fn isolated(name: &str, test: impl FnOnce()) {
    if std::env::var_os(ISOLATED).is_some() {
        return test();
    }
    // Brought from where there is a network.
    if claude_code().is_none() {
        return;
    }
    let is_root = harness::stdout(&Command::new("id").arg("-u").output().unwrap()).trim() == "0";
    let alone: &[&str] = if is_root { &["--net"] } else { &["--net", "--map-root-user"] };
    let up = "ip link set lo up";
    let can = Command::new("unshare").args(alone).args(["--", "sh", "-c", up]).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        return test();
    }
    let mut command = Command::new("unshare");
    command.args(alone).args(["--", "sh", "-c", &format!("{up}; exec \"$@\""), "sh"]);
    command.arg(std::env::current_exe().unwrap()).args(["--exact", name, "--nocapture"]).env(ISOLATED, "1");
    // Claude Code would else take the terminal's signals for its own.
    let status = command.process_group(0).stdin(Stdio::null()).status().unwrap();
    assert!(status.success(), "{name} failed where only loopback is; what it said is above");
}

/// Finds Claude Code, or brings it; says so when that can't be.
pub fn claude_code() -> Option<PathBuf> {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("hydra-build/claude-code");
    let folder = cache.join(PACKAGE.rsplit('@').next().unwrap());
    let program = |folder: &Path| {
        let packages = std::fs::read_dir(folder.join("node_modules/@anthropic-ai")).ok()?;
        let own = packages.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with("claude-code-"))?;
        Some(own.path().join("claude")).filter(|program| program.is_file())
    };
    if let Some(found) = program(&folder) {
        return Some(found);
    }
    std::fs::create_dir_all(&cache).unwrap();
    // Moved to its place when it is whole; of two that bring it at once, the second finds the first's.
    let unpacked = tempfile::tempdir_in(&cache).unwrap();
    let mut npm = Command::new("npm");
    npm.arg("install").arg("--prefix").arg(unpacked.path()).arg(PACKAGE);
    npm.args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]).current_dir(unpacked.path());
    match npm.output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let why = harness::stderr(&output);
            assert!(!why.contains("E404") && !why.contains("ETARGET"), "{PACKAGE} is not there: {why}");
            eprintln!("skipped: {PACKAGE} can't be installed: {why}");
            return None;
        }
        Err(error) => {
            eprintln!("skipped: {PACKAGE} can't be installed: npm: {error}");
            return None;
        }
    }
    if program(unpacked.path()).is_none() {
        eprintln!("skipped: {PACKAGE} has no program for this machine");
        return None;
    }
    let _ = std::fs::rename(unpacked.path(), &folder);
    program(&folder)
}
