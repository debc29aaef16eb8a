//! GraphQL as its clients and its own audits speak it, against the real server: `graphql-http`'s server audits, and the
//! clients `graphql-ws` and `graphql-sse`. Needs npm; says so and skips where that can't be reached,
//! unless HYDRA_REQUIRE_CLIENTS is set.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod clients;
mod harness;
#[path = "node/needed.rs"]
mod needed;
mod node;
#[path = "wire/mod.rs"]
mod wire;

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::Server;
use serde_json::{Value, json};
use wire::Door;

/// What is installed, side by side.
const PACKAGES: [&str; 5] =
    ["graphql@16.15.0", "graphql-http@1.23.1", "graphql-sse@2.6.1", "graphql-ws@6.4.2", "ws@8.23.0"];
/// What these need at least.
const NODE_MAJOR: u32 = 20;
/// Audits that there are at least, so that a suite that does nothing does not pass.
const MIN_AUDITS: usize = 50;

#[test]
fn every_audit_that_must_or_should_pass_passes() {
    let Some(packages) = packages() else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let audits = run(&packages, "audits.mjs", &Door::of(&data));
    let audits = audits["audits"].as_array().unwrap();
    assert!(audits.len() >= MIN_AUDITS, "only {} audits ran", audits.len());
    for level in ["MUST", "SHOULD", "MAY"] {
        let of_level = || audits.iter().filter(|audit| audit["name"].as_str().unwrap().starts_with(level));
        let passed = of_level().filter(|audit| audit["status"] == "ok").count();
        clients::note(package("graphql-http"), &format!("audits that say {level}"), passed, of_level().count());
    }
    let failed: Vec<String> = audits
        .iter()
        .filter(|audit| audit["status"] != "ok" && !audit["name"].as_str().unwrap().starts_with("MAY"))
        .map(|audit| format!("{}: {}", audit["name"], audit["reason"]))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn clients_hear_what_is_told_over_sockets_and_events() {
    let Some(packages) = packages() else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    for (script, client) in [("ws.mjs", "graphql-ws"), ("sse.mjs", "graphql-sse")] {
        let heard = run(&packages, script, &Door::of(&data));
        assert_eq!(heard["query"], json!("ok"), "{script}: {heard}");
        assert_eq!(heard["texts"], json!(["one", "two", "three"]), "{script}: {heard}");
        assert_eq!(heard["refused"], json!("VALIDATION_FAILED"), "{script}: {heard}");
        clients::note(package(client), "a query, a subscription and a refusal", 3, 3);
    }
}

fn packages() -> Option<PathBuf> {
    needed::required(node::packages("graphql", &PACKAGES, NODE_MAJOR), clients::REQUIRED)
}

/// A package of that name, with its version.
fn package(name: &str) -> &'static str {
    PACKAGES.into_iter().find(|package| package.split('@').next() == Some(name)).unwrap()
}

/// Runs a script beside this file with the packages, and reads what it printed.
fn run(packages: &Path, script: &str, door: &Door) -> Value {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/graphql").join(script);
    // Node looks for packages from where a script is.
    let placed = packages.join(format!("{}-{script}", std::process::id()));
    std::fs::copy(source, &placed).unwrap();
    let output = Command::new("node").arg(&placed).arg(door.port.to_string()).arg(door.token.trim()).output().unwrap();
    std::fs::remove_file(&placed).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("{script} printed no JSON: {said}{}", String::from_utf8_lossy(&output.stderr)))
}
