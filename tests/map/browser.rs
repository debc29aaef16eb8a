//! Node's packages and Chromium for what is looked at in a browser, brought once.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::harness::Server;

/// What is installed, side by side.
const PACKAGES: [&str; 2] = ["esbuild@0.28.2", "playwright-core@1.64.1"];
/// What these need at least.
const NODE_MAJOR: u32 = 18;
/// What the scripts share.
const SHARED: &str = "browser.mjs";

/// Runs a script beside this file with the packages, and reads what it printed.
pub fn run(packages: &Path, script: &str, server: &Server) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/map");
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    // Node looks for packages from where a script is.
    let placed = tempfile::tempdir_in(packages).expect("a folder beside the packages");
    for name in [script, SHARED] {
        std::fs::copy(folder.join(name), placed.path().join(name)).expect("a script is copied");
    }
    let mut node = Command::new("node");
    node.arg(placed.path().join(script)).arg(server.port().to_string()).arg(server.token()).arg(&ui);
    let output = node.output().expect("node runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{script} printed no JSON: {said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// Finds the packages, or brings them; `None`, having said why, where they or a browser can't be had.
pub fn packages() -> Option<PathBuf> {
    let skip = |why: &str| {
        eprintln!("skipped: {why}");
        None
    };
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    if !chromium.exists() {
        return skip("there is no Chromium; install it, or name one as CHROMIUM");
    }
    let node = Command::new("node").arg("--version").output().ok();
    let version = node.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR) {
        return skip(&format!("Node {NODE_MAJOR} or newer is needed, `{}` is there", version.trim()));
    }
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("hydra-build");
    let folder = cache.join(format!("map-{}", PACKAGES.join("+").replace(['@', '/'], "-")));
    if folder.join("node_modules/playwright-core/package.json").exists() {
        return Some(folder);
    }
    std::fs::create_dir_all(&cache).expect("a cache");
    // Moved to its place when it is whole.
    let unpacked = tempfile::tempdir_in(&cache).expect("room in the cache");
    let mut npm = Command::new("npm");
    npm.arg("install").arg("--prefix").arg(unpacked.path()).args(PACKAGES).current_dir(unpacked.path());
    npm.args(["--no-audit", "--no-fund", "--no-package-lock"]);
    let why = match npm.output() {
        Ok(output) if output.status.success() => {
            // Another test may have been quicker.
            let _ = std::fs::rename(unpacked.keep(), &folder);
            return Some(folder);
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(!why.contains("E404") && !why.contains("ETARGET"), "a package is not there: {why}");
    skip(&format!("npm can't be reached: {why}"))
}
