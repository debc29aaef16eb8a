//! The description of what can be called over HTTP is sound, and the server answers as it says.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod python;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;
use std::process::Command;

use harness::Server;
use wire::Door;

const PACKAGES: [&str; 2] = ["openapi-spec-validator==0.9.0", "requests==2.34.2"];

#[test]
fn what_is_described_is_what_is_answered() {
    let Some(python) = python::python(&PACKAGES) else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    harness::vault(&notes, 3);
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/openapi.py");
    let mut command = Command::new(python);
    command.arg(script).arg(door.port.to_string()).arg(&door.token).arg(&notes);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "ok");
}
