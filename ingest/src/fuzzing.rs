//! Doors for `fuzz/`, which hands whatever it makes up to the readers behind them and looks whether what they promise holds.

use std::path::Path;

use hydra_graph::Timestamp;

use crate::note::Note;
use crate::vault::Vault;
use crate::{Origin, foreign, format, transcript};

/// Reads a file of this name with these bytes.
///
/// # Panics
/// When a promise is broken.
pub fn file(name: &str, bytes: &[u8]) {
    let vault = Vault::of("/vault", ["Boiler.md", "House/Boiler.md", "pages/a___b.md", "a.png", name]);
    let Ok(parsed) = format::read(&Path::new("/vault").join(name), Note::of(bytes), "personal", &vault) else { return };
    let document = parsed.document;
    let mut end = 0;
    for passage in &document.passages {
        assert!(passage.span.start >= end && !passage.span.is_empty(), "{passage:?}");
        assert!(document.text.get(passage.span.clone()).is_some(), "{passage:?}");
        end = passage.span.end;
    }
}

/// Reads a line of a transcript, and what may be learned of what is said in it.
pub fn transcript_line(line: &[u8]) {
    let _ = transcript::Entry::parse(line);
    if let Ok(text) = std::str::from_utf8(line) {
        let _ = transcript::candidates(text);
        let _ = transcript::error_signature(text);
        let stripped = transcript::strip_injected(text);
        assert!(stripped.len() <= text.len());
    }
}

/// Reads what another memory system wrote, as each of them.
///
/// # Panics
/// When a promise is broken.
pub fn foreign(bytes: &[u8]) {
    let now = Timestamp::from_millis(1_790_000_000_000);
    for origin in [Origin::McpMemory, Origin::Mem0, Origin::BasicMemory] {
        let found = foreign::of_bytes(origin, bytes, now);
        for memory in &found.memories {
            assert!(memory.check(now).is_ok() && memory.idempotency_key.is_some(), "{memory:?}");
        }
        assert!(found.broken.iter().all(|broken| !broken.reason.is_empty() && !broken.hint.is_empty()));
    }
}

/// Reads a log.
///
/// # Panics
/// When a promise is broken.
pub fn log(bytes: &[u8]) {
    let mined = crate::mine(bytes, Timestamp::from_millis(1_790_000_000_000)).expect("bytes can be read");
    assert!(mined.records.iter().all(|(_, template)| *template < mined.templates.len()));
}

/// Takes a text apart.
///
/// # Panics
/// When a promise is broken.
pub fn tree(text: &str) {
    fn depth(nodes: &serde_json::Value) -> usize {
        let nodes = nodes.as_array().map_or(&[][..], Vec::as_slice);
        nodes.iter().map(|node| 1 + depth(&node["children"])).max().unwrap_or(0)
    }
    if let Some(nodes) = crate::tree(text) {
        let nodes = serde_json::to_value(nodes).expect("a tree is JSON");
        assert!(depth(&nodes) <= crate::MAX_TREE_DEPTH + 2);
    }
}
