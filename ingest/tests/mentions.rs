//! Names in real notes that do not link them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hydra_graph::{MAX_MENTIONS, Memory, MentionRequest, QueryRequest, Timestamp};
use hydra_ingest::{Options, ingest};

/// Mentions that are printed of each vault.
const SAMPLE: usize = 25;

fn open(folder: &Path) -> Memory {
    let clock = Arc::new(|| Timestamp::from_millis(1_700_000_000_000));
    Memory::open(folder, hydra_graph::Options { clock, holder: "a test".into() }).unwrap()
}

fn read(memory: &Memory, path: &Path) {
    ingest(memory, &[PathBuf::from(path)], &Options::of("personal"), &mut |_| {}).unwrap();
}

fn named_in(memory: &Memory, of: &str) -> Vec<(String, Option<u32>)> {
    let request = MentionRequest { limit: MAX_MENTIONS, ..MentionRequest::new(of) };
    let mut found: Vec<(String, Option<u32>)> =
        memory.mentions(&request).unwrap().texts.into_iter().map(|mention| (mention.title, mention.line)).collect();
    found.sort();
    found
}

#[test]
fn a_file_that_comes_later_gives_a_name_to_what_was_read_before() {
    let temp = tempfile::tempdir().unwrap();
    let vault = temp.path().canonicalize().unwrap().join("vault");
    fs::create_dir(&vault).unwrap();
    let write = |name: &str, text: &str| fs::write(vault.join(name), text).unwrap();
    let memory = open(&temp.path().join("memory"));
    write(
        "Trip.md",
        "# Trip\n\nWe sailed with Anna Berg.\n\n## Card\n\nFor [Anna Berg](Anna%20Berg.md), `Anna Berg` too.\n",
    );
    write("2025-03-09.md", "- Anna Berg called\n- [[Someone]] wrote\n\n```\nAnna Berg\n```\n");
    read(&memory, &vault);
    write("Anna Berg.md", "---\naliases: [Skipper]\n---\nAnna Berg is a sailor.\n");
    write("More.md", "Then Skipper took over.\n");
    read(&memory, &vault);
    let expected = [("2025-03-09".to_owned(), Some(1)), ("More".to_owned(), Some(1)), ("Trip".to_owned(), Some(3))];
    assert_eq!(named_in(&memory, "Anna Berg"), expected);
    // Her note is gone, and the link to it: nobody of that name is known but by the link.
    fs::rename(vault.join("Anna Berg.md"), vault.join("Anna Bergman.md")).unwrap();
    write("Trip.md", "# Trip\n\nWe sailed with Anna Berg and Anna Bergman.\n");
    read(&memory, &vault);
    assert_eq!(named_in(&memory, "Anna Bergman"), [("More".to_owned(), Some(1)), ("Trip".to_owned(), Some(3))]);
}

#[test]
fn a_label_in_a_base_names_nobody() {
    let temp = tempfile::tempdir().unwrap();
    let vault = temp.path().canonicalize().unwrap().join("vault");
    fs::create_dir(&vault).unwrap();
    let write = |name: &str, text: &str| fs::write(vault.join(name), text).unwrap();
    let memory = open(&temp.path().join("memory"));
    let labels =
        "properties:\n  note.master:\n    displayName: Anna Berg\nviews:\n  - type: table\n    name: Anna Berg\n";
    write("Boats.base", labels);
    write("Boats as text.md", labels);
    write("Anna Berg.md", "Anna Berg is a sailor.\n");
    read(&memory, &vault);
    let named: Vec<String> = named_in(&memory, "Anna Berg").into_iter().map(|(title, _)| title).collect();
    assert_eq!(named, ["Boats as text"]);
}

/// Prints mentions of the visible vaults, to be judged by a person.
#[test]
#[ignore = "prints a sample for a person to judge"]
#[expect(clippy::print_stdout, reason = "that is what it is for")]
fn a_sample_of_mentions() {
    let Some(bench) = shared::bench_dir() else { return };
    for vault in ["obsidian-help-en", "kepano", "foam"] {
        let temp = tempfile::tempdir().unwrap();
        let memory = open(temp.path());
        read(&memory, &bench.join("vaults").join(vault));
        let entities = memory
            .query(&QueryRequest { limit: 10_000, ..QueryRequest::new("SELECT ?e { ?e a hy:Entity } ORDER BY ?e") });
        let mut found = Vec::new();
        for row in entities.unwrap().rows {
            let id = row[0].as_ref().unwrap().value.trim_start_matches("id:").to_owned();
            let mentioned =
                memory.mentions(&MentionRequest { limit: MAX_MENTIONS, ..MentionRequest::new(id) }).unwrap();
            found.extend(mentioned.texts.into_iter().map(|mention| (mentioned.of.clone(), mention)));
        }
        println!("{vault}: {} mentions", found.len());
        let step = (found.len() / SAMPLE).max(1);
        for (of, mention) in found.iter().step_by(step) {
            println!("  [{of}] {}:{} {}", mention.title, mention.line.unwrap_or_default(), mention.around);
        }
    }
}
