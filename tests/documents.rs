//! What the documents name exists.

use std::path::Path;

/// Every path that ARCHITECTURE.md puts into backticks is there.
#[test]
fn the_paths_in_the_architecture_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let paths: Vec<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| {
            let top = code.split('/').next().unwrap_or_default();
            ["graph", "embed", "ingest", "mcp", "server", "schema", "tests", "data"].contains(&top)
                && code.contains('/')
        })
        .collect();
    assert!(paths.len() > 10, "the map is there");
    for path in paths {
        assert!(root.join(path).exists(), "{path} is named in ARCHITECTURE.md and does not exist");
    }
    assert!(text.lines().count() < 200, "ARCHITECTURE.md has {} lines", text.lines().count());
}

/// What every project has.
#[test]
fn the_documents_have_their_licence_and_parts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for name in ["README.md", "CHANGELOG.md", "BENCHMARKS.md", "LICENSE-MIT", "LICENSE-APACHE", "data/hydra.toml"] {
        assert!(root.join(name).exists(), "{name}");
    }
}
