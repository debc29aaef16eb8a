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
    let chromium = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("/usr/bin/chromium"), PathBuf::from);
    if !chromium.exists() {
        eprintln!("skipped: there is no Chromium; install it, or name one as CHROMIUM");
        return None;
    }
    crate::node::packages("map", &PACKAGES, NODE_MAJOR)
}
