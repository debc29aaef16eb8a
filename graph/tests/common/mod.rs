//! A memory in a temporary folder, with a clock that the test moves.

#[allow(dead_code, reason = "not every test needs a random history")]
pub mod history;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use hydra_graph::{
    Agent, Document, ExportFormat, Id, Link, LinkKind, Memory, NewMemory, Options, Passage, Target, Timestamp,
};

/// An open memory and its folder.
pub struct Opened {
    pub memory: Memory,
    #[allow(dead_code, reason = "not every test looks into the folder")]
    pub folder: tempfile::TempDir,
}

/// Opens a new memory.
pub fn open() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    Opened { memory: open_in(folder.path()), folder }
}

/// Opens the memory of a folder.
pub fn open_in(folder: &Path) -> Memory {
    open_at(folder, 1_750_000_000_000)
}

/// Opens the memory of a folder at a moment, in milliseconds since 1970.
#[allow(dead_code, reason = "most tests begin at the same moment")]
pub fn open_at(folder: &Path, millis: i64) -> Memory {
    let now = AtomicI64::new(millis);
    let clock = Arc::new(move || Timestamp::from_millis(now.fetch_add(1, Ordering::Relaxed)));
    Memory::open(folder, Options { clock, holder: "a test".into() }).unwrap()
}

/// A note whose passages are its paragraphs and whose links are the named notes beside it.
#[allow(dead_code, reason = "not every test reads notes")]
pub fn note(path: &str, text: &str, links: &[&str]) -> Document {
    let mut passages = Vec::new();
    let mut start = 0;
    for paragraph in text.split("\n\n") {
        let span = start..start + paragraph.len();
        start = span.end + 2;
        passages.push(Passage { span, line: 1, headings: Vec::new(), block: None, pattern: None });
    }
    Document {
        reading: hydra_graph::Reading::default(),
        path: PathBuf::from(path),
        root: Path::new(path).parent().unwrap().to_owned(),
        space: "personal".into(),
        title: Path::new(path).file_stem().unwrap().to_string_lossy().into_owned(),
        aliases: Vec::new(),
        tags: Vec::new(),
        properties: Vec::new(),
        facts: Vec::new(),
        text: text.to_owned(),
        content_hash: text.to_owned(),
        modified_at: None,
        passages,
        links: links
            .iter()
            .map(|name| {
                let at = text.find(name).unwrap();
                Link {
                    span: at..at + name.len(),
                    kind: LinkKind::Wikilink,
                    target: Target::Name((*name).to_owned()),
                    fragment: None,
                    label: None,
                }
            })
            .collect(),
        log: None,
    }
}

/// Tells a memory that is about an entity.
#[allow(dead_code, reason = "not every test tells of entities")]
pub fn about(memory: &Memory, name: &str, text: &str) -> Id {
    let told = NewMemory { entities: vec![name.into()], ..NewMemory::new(text) };
    memory.remember(told, &Agent::owner()).unwrap().id
}

/// Everything but the journal, statement by statement.
#[allow(dead_code, reason = "not every test compares whole memories")]
pub fn world(memory: &Memory) -> BTreeSet<String> {
    let mut out = Vec::new();
    memory.export(ExportFormat::NQuads, &mut out, &mut |_, _| ()).unwrap();
    let text = String::from_utf8(out).unwrap();
    let is_fact = |line: &&str| !line.starts_with('#') && !line.ends_with("<urn:hydra:ns#g/journal> .");
    text.lines().filter(is_fact).map(str::to_owned).collect()
}
