//! `hydra doctor`: finds what is wrong, says what to do, mends what is safe, and shows nothing that is nobody's business.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::{binary, code, stderr, stdout};
use serde_json::Value;

struct Home {
    temp: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        fs::create_dir_all(temp.path().join(".claude")).unwrap();
        Self { temp }
    }

    fn data(&self) -> PathBuf {
        self.temp.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.env_clear().env("HOME", self.temp.path()).env("PATH", "/usr/bin:/bin").env("HYDRA_PORT", "0");
        command.env("HYDRA_DATA_DIR", self.data()).stdin(Stdio::null()).args(arguments);
        if let Some(model) = harness::model() {
            command.env("HYDRA_MODEL_DIR", model);
        }
        command
    }

    fn hydra(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.hydra(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Runs the doctor; returns the exit code and what it found.
    fn doctor(&self, arguments: &[&str]) -> (i32, Report) {
        let output = self.hydra(&[&["--json", "doctor"], arguments].concat());
        let report =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(&output)));
        (code(&output), Report(report))
    }

    fn processes(&self) -> usize {
        let ours = |entry: &fs::DirEntry| {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            let home = format!("HOME={}", self.temp.path().display());
            environment.split(|byte| *byte == 0).any(|line| line == home.as_bytes())
        };
        fs::read_dir("/proc").unwrap().flatten().filter(ours).count()
    }
}

struct Report(Value);

impl Report {
    fn check(&self, name: &str) -> &Value {
        let checks = self.0["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{name} is not in {}", self.0))
    }

    fn state(&self, name: &str) -> &str {
        self.check(name)["state"].as_str().unwrap()
    }

    fn said(&self, name: &str) -> &str {
        self.check(name)["said"].as_str().unwrap()
    }
}

#[test]
fn without_a_memory_it_says_how_to_begin_and_makes_none() {
    let home = Home::new();
    let (code, report) = home.doctor(&["--fix"]);
    assert_eq!((code, report.state("folder")), (0, "warn"), "{}", report.0);
    assert!(report.check("folder")["next"].as_str().unwrap().contains("hydra remember"));
    assert_eq!(report.state("server"), "ok");
    assert!(!home.data().exists());
    // An agent, and still no memory: nothing is started, since that would begin one.
    home.succeeds(&["install", "claude-code", "--yes"]);
    let (code, report) = home.doctor(&[]);
    assert_eq!((code, report.state("agent"), report.state("program")), (0, "ok", "ok"), "{}", report.0);
    assert!(!home.data().join("format.json").exists());
}

#[test]
fn everything_that_works_is_said_to_work() {
    let home = Home::new();
    home.succeeds(&["remember", "The spare key hangs behind the water meter"]);
    home.succeeds(&["export", home.temp.path().join("backup.nq").to_str().unwrap()]);
    home.succeeds(&["install", "claude-code", "--yes"]);
    let (code, report) = home.doctor(&[]);
    assert_eq!(code, 0, "{}", report.0);
    for name in
        ["configuration", "folder", "server", "port", "store", "agreement", "backup", "agent", "program", "bridge"]
    {
        assert_eq!(report.state(name), "ok", "{}", report.0);
    }
    // On a busy machine they may be slow.
    assert!(report.state("hooks") != "fail" && report.said("hooks").starts_with("9 answer"), "{}", report.0);
    assert_eq!(report.state("model"), if harness::model().is_some() { "ok" } else { "warn" });
    assert_eq!(home.processes(), 0, "the server that the bridge started is gone");
    let shown = home.succeeds(&["doctor"]);
    assert!(shown.starts_with("ok    configuration") && !shown.contains("FAIL"), "{shown}");
}

#[test]
fn a_report_can_be_shown_to_others() {
    let home = Home::new();
    let secrets = ["The heron nests at Tolland", "xylophone"];
    home.succeeds(&["remember", secrets[0]]);
    home.succeeds(&["block", "set", "human", secrets[1]]);
    home.succeeds(&["install", "claude-code", "--yes"]);
    let settings = home.temp.path().join(".claude/settings.json");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text.replacen('{', "{\n  \"env\": {\"KEY\": \"quokka\"},", 1)).unwrap();
    let mut server = home.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Not asked before it is there: a command would open the memory itself, and be in its way.
    harness::wait_until("the server", || home.data().join("server.json").exists());
    let token = fs::read_to_string(home.data().join("token")).unwrap();
    for arguments in [&["doctor"][..], &["--json", "doctor", "--fix"], &["-v", "doctor"]] {
        let output = home.hydra(arguments);
        let all = stdout(&output) + &stderr(&output);
        for word in ["heron", "Tolland", "xylophone", "quokka", token.trim()] {
            assert!(!all.contains(word), "{word}: {all}");
        }
    }
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn what_is_safe_to_mend_is_mended_when_asked() {
    let home = Home::new();
    home.succeeds(&["remember", "x"]);
    let data = home.data();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let gone =
        r#"{"pid":1,"port":1,"bind":"127.0.0.1","started_at":"2026-01-01T00:00:00Z","instance":"x","version":"0"}"#;
    fs::write(data.join("server.json"), gone).unwrap();
    let (code, report) = home.doctor(&[]);
    assert_eq!((code, report.state("server")), (0, "warn"), "{}", report.0);
    // Opening the memory closes its folder already.
    assert!(["warn", "ok"].contains(&report.state("folder")));
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    let (code, report) = home.doctor(&["--fix"]);
    assert_eq!((code, &report.check("server")["fixed"]), (0, &Value::Bool(true)), "{}", report.0);
    assert_eq!(report.check("folder")["fixed"], true);
    assert!(!data.join("server.json").exists());
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    let (_, report) = home.doctor(&["--fix"]);
    assert!(report.0["checks"].as_array().unwrap().iter().all(|check| check["fixed"] == false), "{}", report.0);
}

#[test]
fn an_agent_that_runs_what_is_gone_is_found_and_mended() {
    let home = Home::new();
    home.succeeds(&["remember", "x"]);
    home.succeeds(&["install", "claude-code", "--yes"]);
    let settings = home.temp.path().join(".claude/settings.json");
    let own = binary().display().to_string();
    let installed = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, installed.replace(&own, "/old/place/hydra")).unwrap();
    let (code, report) = home.doctor(&[]);
    assert_eq!((code, report.state("agent")), (2, "fail"), "{}", report.0);
    assert!(report.said("agent").contains("/old/place/hydra"));
    assert!(report.check("agent")["next"].as_str().unwrap().contains("hydra install claude-code"));
    let (code, report) = home.doctor(&["--fix"]);
    assert_eq!((code, &report.check("agent")["fixed"]), (0, &Value::Bool(true)), "{}", report.0);
    assert_eq!(fs::read_to_string(&settings).unwrap(), installed);
    // What somebody took out is only told of.
    fs::write(&settings, "{}").unwrap();
    let (code, report) = home.doctor(&["--fix"]);
    assert_eq!((code, report.state("agent")), (2, "fail"), "{}", report.0);
    assert!(report.said("agent").contains("lacks SessionStart"), "{}", report.0);
    assert_eq!(fs::read_to_string(&settings).unwrap(), "{}");
    fs::write(&settings, "{ // mine\n}").unwrap();
    assert!(home.doctor(&[]).1.said("agent").contains("leaves it out as a whole"));
}

#[test]
fn a_memory_that_somebody_holds_is_said_to_be_held() {
    let home = Home::new();
    home.succeeds(&["remember", "x"]);
    let lock = fs::File::options().write(true).open(home.data().join("lock")).unwrap();
    lock.lock().unwrap();
    let (code, report) = home.doctor(&[]);
    assert_eq!((code, report.state("server"), report.state("store")), (3, "fail", "fail"), "{}", report.0);
    assert!(report.said("server").contains("held by"), "{}", report.0);
}

#[test]
fn a_configuration_that_does_not_read_is_a_finding_too() {
    let home = Home::new();
    let file = home.temp.path().join("hydra.toml");
    fs::write(&file, "prot = 1\n").unwrap();
    let file = file.to_str().unwrap();
    let (code, report) = home.doctor(&["--config", file]);
    assert_eq!((code, report.state("configuration")), (2, "fail"));
    assert!(report.said("configuration").contains("prot"), "{}", report.0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, report) = home.doctor(&["--port", &port]);
    assert_eq!((code, report.state("port")), (2, "fail"), "{}", report.0);
}

#[test]
fn an_index_that_lost_something_is_built_again() {
    let home = Home::new();
    for number in 0..3 {
        home.succeeds(&["remember", &format!("memory {number}")]);
    }
    home.succeeds(&["rebuild"]);
    assert_eq!(home.doctor(&[]).1.state("agreement"), "ok");
    damage(&home.data().join("index/text"));
    // Whatever opens it builds it again by itself; the doctor must not call that broken.
    let (code, report) = home.doctor(&["--fix"]);
    assert_eq!((code, report.state("agreement")), (0, "ok"), "{}", report.0);
}

fn damage(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten().filter(|entry| entry.file_type().unwrap().is_file()) {
        fs::write(entry.path(), b"x").unwrap();
    }
}
