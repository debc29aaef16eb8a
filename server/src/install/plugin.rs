//! The plugin folder says the same as an installation. What of it can be, is written from the same table: run these tests
//! with `UPDATE_SNAPSHOTS=1`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::document::Document;
use super::hook_groups;
use super::program::Invocation;
use super::server;

/// The program by its name: a plugin knows nothing of the machine that it will be on.
const PROGRAM: &str = "hydra";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/claude-code-plugin")
}

fn check(file: &str, put: impl Fn(&Document, &Invocation)) {
    let document = Document::read(b"{}\n", Path::new(file)).unwrap();
    put(&document, &Invocation::new(PROGRAM, &[]));
    let path = folder().join(file);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, document.bytes()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    let expected = String::from_utf8(document.bytes()).unwrap();
    assert_eq!(written, expected, "{file}: if this is meant, run the test with UPDATE_SNAPSHOTS=1");
}

#[test]
fn the_plugin_has_the_same_hooks_and_server() {
    check("hooks/hooks.json", |document, invocation| hook_groups::put(document, invocation).unwrap());
    check(".mcp.json", |document, invocation| drop(server::put(document, invocation).unwrap()));
}

#[test]
fn the_plugin_is_of_this_version() {
    let text = std::fs::read(folder().join(".claude-plugin/plugin.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((&manifest["name"], &manifest["version"]), (&"hydra".into(), &env!("CARGO_PKG_VERSION").into()));
    for skill in ["using-memory", "ending-a-session"] {
        let text = std::fs::read_to_string(folder().join("skills").join(skill).join("SKILL.md")).unwrap();
        assert!(text.starts_with(&format!("---\nname: {skill}\ndescription: ")), "{text}");
    }
}
