//! The crates depend on each other as a star: server on the spokes, the spokes on graph, graph on none of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Reads which of our crates a manifest depends on, in whatever section it says so.
fn ours(manifest: &str) -> BTreeSet<String> {
    manifest
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#') && !line.starts_with("name"))
        .filter_map(|line| {
            let at = line.find("hydra-")?;
            let name: String =
                line[at + "hydra-".len()..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
            Some(name)
        })
        .collect()
}

#[test]
fn the_crates_are_a_star() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("graph", &[][..]),
        ("embed", &["graph"][..]),
        ("ingest", &["graph"][..]),
        ("mcp", &["graph"][..]),
        ("server", &["graph", "embed", "ingest", "mcp"][..]),
    ]);
    for (name, allowed) in &allowed {
        let manifest = std::fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        let mut found = ours(&manifest);
        // A crate's own tests may turn on a feature of it.
        found.remove(*name);
        let allowed: BTreeSet<String> = allowed.iter().map(|s| (*s).to_owned()).collect();
        assert_eq!(found, allowed, "{name}/Cargo.toml");
    }
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for name in allowed.keys() {
        assert!(workspace.contains(&format!("\"{name}\"")), "{name} is not a member");
    }
}

#[test]
fn another_arrow_would_be_seen() {
    assert_eq!(ours("[dependencies]\nhydra-embed.workspace = true\n"), BTreeSet::from(["embed".to_owned()]));
    assert_eq!(ours("[dev-dependencies.x]\npackage = \"hydra-mcp\"\n"), BTreeSet::from(["mcp".to_owned()]));
}
