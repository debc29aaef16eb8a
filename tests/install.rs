//! `hydra install` and `hydra uninstall` on the settings of people: the real binary, a home of its own.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::{binary, code, stderr, stdout};
use serde_json::{Value, json};

/// A home, a project, and the binary under a path of its own.
struct Home {
    temp: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        for folder in ["home/.claude", "project", "bin", "opt/1"] {
            fs::create_dir_all(temp.path().join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(binary(), temp.path().join("opt/1/hydra")).unwrap();
        std::os::unix::fs::symlink("../opt/1/hydra", temp.path().join("bin/hydra")).unwrap();
        Self { temp }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.temp.path().join(path)
    }

    fn settings(&self) -> PathBuf {
        self.at("home/.claude/settings.json")
    }

    fn write(&self, text: &str) {
        fs::write(self.settings(), text).unwrap();
    }

    fn read(&self) -> String {
        fs::read_to_string(self.settings()).unwrap()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("HOME", self.at("home")).env("PATH", self.at("bin")).env("HYDRA_PORT", "0");
        command.current_dir(self.at("project")).stdin(Stdio::null());
        command
    }

    /// Typed by its name, as people do.
    fn hydra(&self, arguments: &[&str]) -> Output {
        self.command(&self.at("bin/hydra")).args(arguments).output().unwrap()
    }

    fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.hydra(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        stdout(&output) + &stderr(&output)
    }

    /// Everything in the home and the project, with its bytes.
    fn files(&self) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.at("home"), self.at("project")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().flatten() {
                let is_folder = entry.file_type().unwrap().is_dir();
                found.push((entry.path(), (!is_folder).then(|| fs::read(entry.path()).unwrap_or_default())));
                if is_folder {
                    folders.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }
}

const SETTINGS: &str = "{\n  \"model\": \"opus\",\n  \"hooks\": {\n    \"Stop\": [\n      {\"hooks\": [{\"type\": \"command\", \
                        \"command\": \"say done\"}]}\n    ]\n  }\n}\n";

#[test]
fn a_change_is_shown_written_kept_and_taken_back() {
    let home = Home::new();
    home.write(SETTINGS);
    fs::set_permissions(home.settings(), fs::Permissions::from_mode(0o644)).unwrap();
    let before = home.files();
    let shown = home.succeeds(&["install", "claude-code", "--dry-run"]);
    assert_eq!(home.files(), before, "a dry run writes nothing");
    let path = home.settings().display().to_string();
    assert!(shown.contains(&format!("--- {path}\n+++ {path}\n")) && shown.contains("--- /dev/null"), "{shown}");
    assert!(shown.contains("+            \"command\": ") && shown.contains("nothing was written"), "{shown}");
    let taken = shown.lines().filter(|line| line.starts_with('-') && !line.starts_with("---"));
    for line in taken {
        assert!(shown.contains(&format!("+{},", &line[1..])), "a line that was there gets a comma at most: {line}");
    }

    let refused = home.hydra(&["install", "claude-code"]);
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("add --yes"), "{}", stderr(&refused));
    assert_eq!(home.files(), before, "nobody was there to be asked");

    home.succeeds(&["install", "claude-code", "--yes"]);
    let settings: Value = serde_json::from_str(&home.read()).unwrap();
    assert_eq!((&settings["model"], settings["hooks"].as_object().unwrap().len()), (&json!("opus"), 9));
    let program = home.at("bin/hydra").display().to_string();
    assert_eq!(settings["hooks"]["Stop"][1]["hooks"][0]["command"], program, "by the path that it was called by");
    assert_eq!(fs::metadata(home.settings()).unwrap().mode() & 0o777, 0o644);
    let servers = fs::read(home.at("home/.claude.json")).unwrap();
    let servers: Value = serde_json::from_slice(&servers).unwrap();
    let entry = json!({"type": "stdio", "command": program, "args": ["mcp"], "env": {}});
    assert_eq!(servers, json!({"mcpServers": {"hydra": entry}}));
    assert_eq!(fs::metadata(home.at("home/.claude.json")).unwrap().mode() & 0o777, 0o600);

    let installed = home.files();
    assert!(home.succeeds(&["install", "claude-code"]).contains("already"), "and nobody is asked");
    let again = home.files();
    let same = |files: &[(PathBuf, Option<Vec<u8>>)]| -> Vec<_> {
        files.iter().filter(|(path, _)| !path.ends_with("agents.json")).cloned().collect()
    };
    assert_eq!(same(&installed), same(&again));
    let copies = fs::read_dir(home.at("home/.local/share/hydra/backups")).unwrap().flatten();
    let copies: Vec<_> = copies.map(|copy| fs::read_to_string(copy.path()).unwrap()).collect();
    assert_eq!(copies, [SETTINGS]);

    assert!(home.succeeds(&["uninstall", "claude-code", "--dry-run"]).contains("+++ /dev/null"));
    assert_eq!(home.files(), again);
    home.succeeds(&["uninstall", "claude-code", "--yes"]);
    let left: Vec<_> = home.files().into_iter().filter(|(path, _)| !path.starts_with(home.at("home/.local"))).collect();
    assert_eq!(left, before);
    assert!(home.succeeds(&["uninstall", "claude-code", "--yes"]).contains("nothing of Hydra"));
}

#[test]
fn the_same_memory_is_used_that_was_named() {
    let home = Home::new();
    let data = home.at("home/my memory").display().to_string();
    home.succeeds(&["--data-dir", &data, "--port", "7800", "install", "claude-code", "--yes"]);
    let settings: Value = serde_json::from_str(&home.read()).unwrap();
    let arguments = &settings["hooks"]["SessionStart"][0]["hooks"][0]["args"];
    assert_eq!(*arguments, json!(["hook", "SessionStart", "--data-dir", data, "--port", "7800"]));
    assert!(Path::new(&data).join("agents.json").exists());
    home.succeeds(&["--data-dir", &data, "uninstall", "claude-code", "--yes"]);
    assert!(!home.settings().exists());
}

#[test]
fn a_project_has_its_own() {
    let home = Home::new();
    home.succeeds(&["install", "claude-code", "--scope", "project", "--yes"]);
    assert!(!home.settings().exists());
    let servers = fs::read_to_string(home.at("project/.mcp.json")).unwrap();
    assert!(servers.contains("\"hydra\""), "{servers}");
    assert!(home.at("project/.claude/settings.json").exists());
    home.succeeds(&["install", "claude-code", "--yes"]);
    home.succeeds(&["uninstall", "claude-code", "--scope", "project", "--yes"]);
    assert_eq!(fs::read_dir(home.at("project")).unwrap().count(), 0, "the folder that was made is gone too");
    assert!(home.settings().exists(), "the user's own stays");
    let moved = home.at("home/elsewhere");
    let mut command = home.command(&home.at("bin/hydra"));
    command.env("CLAUDE_CONFIG_DIR", &moved).args(["install", "claude-code", "--yes"]);
    assert!(command.status().unwrap().success());
    assert!(moved.join("settings.json").exists() && moved.join(".claude.json").exists());
}

#[test]
fn a_program_that_moved_is_followed_and_a_new_version_needs_nothing() {
    let home = Home::new();
    home.write(SETTINGS);
    home.succeeds(&["install", "claude-code", "--yes"]);
    let installed = home.read();
    // A new version in the same place: the link leads elsewhere.
    fs::create_dir_all(home.at("opt/2")).unwrap();
    std::os::unix::fs::symlink(binary(), home.at("opt/2/hydra")).unwrap();
    fs::remove_file(home.at("bin/hydra")).unwrap();
    std::os::unix::fs::symlink("../opt/2/hydra", home.at("bin/hydra")).unwrap();
    fs::remove_file(home.at("opt/1/hydra")).unwrap();
    assert!(home.succeeds(&["install", "claude-code", "--yes"]).contains("already"));
    assert_eq!(home.read(), installed);
    // Another place.
    let other = home.at("opt/2/hydra");
    let output = home.command(&other).args(["install", "claude-code", "--yes"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let added: Vec<String> = stdout(&output)
        .lines()
        .filter(|line| line.starts_with('+') && !line.starts_with("+++"))
        .map(str::to_owned)
        .collect();
    assert_eq!(added.len(), 10, "nine hooks and the server: {added:?}");
    assert!(added.iter().all(|line| line.contains(&other.display().to_string())), "{added:?}");
    home.succeeds(&["uninstall", "claude-code", "--yes"]);
    assert_eq!(home.read(), SETTINGS);
}

#[test]
fn what_can_not_be_changed_says_why_and_what_to_do() {
    let check = |prepare: &dyn Fn(&Home), said: &str, next: &str| {
        let home = Home::new();
        home.write(SETTINGS);
        prepare(&home);
        let before = home.files();
        let refused = home.hydra(&["install", "claude-code", "--yes"]);
        assert_eq!(code(&refused), 2, "{}", stderr(&refused));
        let told = stderr(&refused);
        assert!(told.contains(said) && told.contains(next), "{told}");
        assert_eq!(home.files(), before, "{said}");
    };
    check(&|home| home.write("{\n  \"model\": \"opus\",\n  oops\n}\n"), "is not JSON", "at line 3");
    check(&|home| home.write("[]"), "no object", "mend it");
    check(&|home| fs::write(home.at("home/.claude.json"), "{").unwrap(), ".claude.json is not JSON", "mend it");
    check(
        &|home| fs::set_permissions(home.settings(), fs::Permissions::from_mode(0o400)).unwrap(),
        "is read-only",
        "chmod u+w",
    );
    check(
        &|home| {
            fs::remove_file(home.settings()).unwrap();
            std::os::unix::fs::symlink("nowhere.json", home.settings()).unwrap();
        },
        "is a link that leads nowhere",
        "remove the link",
    );
    check(
        &|home| {
            fs::remove_file(home.settings()).unwrap();
            fs::create_dir(home.settings()).unwrap();
        },
        "is not a file",
        "move it away",
    );
    check(&|home| home.write(&" ".repeat(8 * 1024 * 1024 + 1)), "bytes, and 8388608 is the most", "make it smaller");
    let taken = r#"{"mcpServers": {"hydra": {"command": "/usr/bin/other"}}}"#;
    check(
        &|home| fs::write(home.at("home/.claude.json"), taken).unwrap(),
        "another MCP server is called `hydra`",
        "rename",
    );
}

#[test]
fn a_link_stays_and_a_secret_is_not_shown() {
    let home = Home::new();
    let real = home.at("home/dotfiles.json");
    let text =
        "\u{feff}{\r\n\t\"env\": {\"ANTHROPIC_API_KEY\": \"sk-ant-api03-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4\"}\r\n}";
    fs::write(&real, text).unwrap();
    std::os::unix::fs::symlink("../dotfiles.json", home.settings()).unwrap();
    let shown = home.succeeds(&["install", "claude-code", "--yes"]);
    assert!(!shown.contains("Zm9vYmFy"), "{shown}");
    assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());
    let installed = fs::read_to_string(&real).unwrap();
    assert!(installed.starts_with('\u{feff}') && installed.contains("Zm9vYmFy"), "{installed}");
    assert!(!installed.replace("\r\n", "").contains('\n'), "every line ends as it did");
    home.succeeds(&["uninstall", "claude-code", "--yes"]);
    assert_eq!(fs::read_to_string(&real).unwrap(), text);
    assert!(fs::symlink_metadata(home.settings()).unwrap().is_symlink());
}

#[test]
fn settings_that_claude_code_would_not_read_are_named() {
    let home = Home::new();
    home.write("{\n  // mine\n  \"model\": \"opus\"\n}\n");
    assert!(home.succeeds(&["install", "claude-code", "--yes"]).contains("leaves such a file out as a whole"));
    assert!(home.read().contains("// mine"));
    home.succeeds(&["uninstall", "claude-code", "--yes"]);
    assert_eq!(home.read(), "{\n  // mine\n  \"model\": \"opus\"\n}\n");
}

#[test]
fn an_agent_that_writes_its_settings_all_the_time_loses_nothing() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let home = Home::new();
    let servers = home.at("home/.claude.json");
    fs::write(&servers, r#"{"startups": 0}"#).unwrap();
    let (stop, written) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        // Reads, counts up and renames, as Claude Code does; it loses what came between its own read and write, and says so.
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let read = fs::read(&servers).unwrap();
                let mut value: Value = serde_json::from_slice(&read).expect("never half a file");
                let number = value["startups"].as_u64().unwrap() + 1;
                value["startups"] = json!(number);
                let new = servers.with_extension("tmp");
                fs::write(&new, value.to_string()).unwrap();
                if fs::read(&servers).unwrap() == read {
                    fs::rename(&new, &servers).unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        for _ in 0..5 {
            for verb in ["install", "uninstall"] {
                let output = home.hydra(&[verb, "claude-code", "--yes"]);
                assert!(
                    output.status.success() || stderr(&output).contains("was changed by somebody else"),
                    "{}",
                    stderr(&output)
                );
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let left: Value = serde_json::from_slice(&fs::read(&servers).unwrap()).unwrap();
    let (counted, written) = (left["startups"].as_u64().unwrap() as usize, written.load(Ordering::Relaxed));
    // The other's own two steps are not one: what it read may be what stood there for the blink of an exchange.
    assert!(written > 0 && counted <= written && counted > 0, "{counted} of {written}");
}
