//! Other people's clients: none is left out where that is asked, and what came of each is noted for `make conformance`.

use std::fs::OpenOptions;
use std::io::Write as _;

use serde_json::json;

/// Set where a client that can't be had must not pass for one that works.
pub const REQUIRED: &str = "HYDRA_REQUIRE_CLIENTS";
/// Names the file to which `report.py` has what came out added, one line each.
const REPORT: &str = "HYDRA_CLIENTS_REPORT";

/// Notes how many of its checks a client, named as npm or PyPI names it with its version, has passed.
pub fn note(client: &str, checks: &str, passed: usize, of: usize) {
    let Some(file) = std::env::var_os(REPORT).filter(|file| !file.is_empty()) else { return };
    let line = format!("{}\n", json!({"client": client, "checks": checks, "passed": passed, "of": of}));
    // Other tests write to it at the same time: each line at once.
    let written =
        OpenOptions::new().create(true).append(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
    written.expect("the report is written");
}
