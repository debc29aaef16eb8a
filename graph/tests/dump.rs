//! An export holds everything, and an import brings all of it back or nothing.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{note, open, open_in};
use hydra_graph::{
    Agent, ErrorKind, ExportFormat, GetView, Id, Imported, Memory, NewMemory, Question, Result, Timestamp,
};

fn export(memory: &Memory, format: ExportFormat) -> String {
    let mut bytes = Vec::new();
    let exported = memory.export(format, &mut bytes, &mut |_, _| ()).unwrap();
    assert_eq!(exported.bytes, bytes.len() as u64);
    String::from_utf8(bytes).unwrap()
}

fn nquads(memory: &Memory) -> String {
    export(memory, ExportFormat::NQuads)
}

fn import(folder: &Path, text: &str) -> Result<Imported> {
    Memory::import(folder, "a test", &mut text.as_bytes(), &mut |_, _| ())
}

/// Some of everything: notes that changed, links, a conversation, a long text, something forgotten and an undo.
fn fill(memory: &Memory) {
    let owner = Agent::owner();
    memory.put_documents(vec![note("/v/Pier.md", "The pier is rotten, ask Ferry.", &["Ferry"])], &Agent::ingest());
    memory.put_documents(vec![note("/v/Pier.md", "The pier is new.\n\nAsk Ferry.", &["Ferry"])], &Agent::ingest());
    for text in ["Where is the ladder?", "Behind the \"garage\".\n\tOr so \\ 日本 \u{7f}."] {
        let said = NewMemory {
            session: Some("call".into()),
            speaker: Some("Mirela".into()),
            happened_at: Some(Timestamp::from_millis(1_700_000_000_120)),
            entities: vec!["Oskar".into()],
            ..NewMemory::new(text)
        };
        memory.remember(said, &owner).unwrap();
    }
    memory.remember(NewMemory::new("A long walk along the shore. ".repeat(200)), &Agent::named("scribe")).unwrap();
    let joke = memory.remember(NewMemory::new("The moon is cheese"), &owner).unwrap();
    memory.forget(&[joke.id], Some("a joke".into()), &owner).unwrap();
    let slip = memory.remember(NewMemory::new("A slip of the tongue"), &owner).unwrap();
    memory.undo(slip.commit, &owner).unwrap();
}

#[test]
fn an_import_restores_ids_history_and_every_byte() {
    let opened = open();
    fill(&opened.memory);
    let text = nquads(&opened.memory);
    assert_eq!(text, nquads(&opened.memory), "the same graph gives the same bytes");
    let statements: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(statements.is_sorted() && statements.len() > 100, "{}", statements.len());

    let folder = tempfile::tempdir().unwrap();
    let imported = import(folder.path(), &text).unwrap();
    assert_eq!(imported.statements, statements.len() as u64);
    assert_eq!(imported.head, opened.memory.status().unwrap().head);
    let memory = open_in(folder.path());
    assert_eq!(nquads(&memory), text);
    let report = memory.check(&mut |_| ()).unwrap();
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!(report.commits, imported.commits);

    let garage = &memory.recall(&Question::new("garage")).unwrap().hits[0];
    assert_eq!(garage.speaker.as_deref(), Some("Mirela"));
    assert_eq!(
        memory.get(&[garage.id], GetView::Full).unwrap(),
        opened.memory.get(&[garage.id], GetView::Full).unwrap()
    );
    assert!(memory.recall(&Question::new("moon cheese")).unwrap().hits.iter().all(|hit| !hit.text.contains("moon")));
    let told = memory.remember(NewMemory::new("What was told afterwards"), &Agent::owner()).unwrap();
    assert!(told.id > imported.head.unwrap(), "new ids come after those that were imported");
    memory.undo(told.commit, &Agent::owner()).unwrap();
    let forgetting = opened.memory.get(&[garage.id], GetView::History).unwrap()[0].commits[0].id;
    memory.undo(forgetting, &Agent::owner()).unwrap();
    assert!(memory.recall(&Question::new("garage")).unwrap().hits.iter().all(|hit| hit.id != garage.id));
}

/// More than goes into the store at once, and lines longer than the parser's own buffer of 16 MiB.
#[test]
fn long_texts_go_round() {
    const TEXT_BYTES: usize = 18 * 1024 * 1024;
    let opened = open();
    let text: String = (0u64..)
        .flat_map(|n| blake3::hash(&n.to_le_bytes()).to_hex().to_string().into_bytes())
        .map(char::from)
        .take(TEXT_BYTES)
        .collect();
    opened.memory.put_documents(vec![note("/v/Long.md", &text, &[])], &Agent::ingest()).remove(0).unwrap();
    fill(&opened.memory);
    let exported = nquads(&opened.memory);
    assert!(exported.lines().map(str::len).max().unwrap() > TEXT_BYTES);
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), &exported).unwrap();
    assert!(nquads(&open_in(folder.path())) == exported);
}

#[test]
fn an_empty_memory_goes_round_too() {
    let opened = open();
    let text = nquads(&opened.memory);
    assert_eq!(text.lines().count(), 2);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(import(folder.path(), &text).unwrap(), Imported { statements: 0, commits: 0, head: None, sealed: 0 });
    assert_eq!(nquads(&open_in(folder.path())), text);
}

#[test]
fn a_memory_that_is_not_empty_keeps_what_it_has() {
    let opened = open();
    fill(&opened.memory);
    let text = nquads(&opened.memory);
    let told = open();
    told.memory.remember(NewMemory::new("Mine"), &Agent::owner()).unwrap();
    let locked = import(told.folder.path(), &text).unwrap_err();
    assert_eq!(locked.kind(), ErrorKind::Locked);
    drop(told.memory);
    let refused = import(told.folder.path(), &text).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert!(refused.next_step().unwrap().contains("--data-dir"), "{refused}");
    // What only the redo log knows counts as well.
    let crashed = tempfile::tempdir().unwrap();
    std::fs::create_dir(crashed.path().join("log")).unwrap();
    for segment in std::fs::read_dir(opened.folder.path().join("log")).unwrap().map(|entry| entry.unwrap()) {
        std::fs::copy(segment.path(), crashed.path().join("log").join(segment.file_name())).unwrap();
    }
    assert_eq!(import(crashed.path(), &text).unwrap_err().kind(), ErrorKind::Conflict);
}

/// Writes the first and last line again, so that only what stands between them is wrong.
fn resealed(text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let count = lines.len() - 2;
    let statements = lines[0].rsplit_once(", ").unwrap().0.to_owned();
    lines[0] = format!("{statements}, {count} statements");
    lines.pop();
    let body = lines.join("\n") + "\n";
    format!("{body}# end: {count} statements, BLAKE3 {}\n", blake3::hash(body.as_bytes()).to_hex())
}

#[test]
fn a_broken_export_is_refused_with_its_line_and_leaves_an_empty_memory() {
    let opened = open();
    fill(&opened.memory);
    let text = nquads(&opened.memory);
    assert_eq!(resealed(&text), text);
    let lines: Vec<&str> = text.lines().collect();
    let with = |at: usize, line: &str| {
        let mut changed = lines.clone();
        changed[at] = line;
        changed.join("\n") + "\n"
    };
    let without = |part: &str| -> String {
        let kept: Vec<&str> = lines.iter().filter(|line| !line.contains(part)).copied().collect();
        assert!(kept.len() < lines.len(), "{part}");
        resealed(&(kept.join("\n") + "\n"))
    };
    let last = lines.len();
    let head = opened.memory.status().unwrap().head.unwrap();
    let previous = "<urn:hydra:ns#previous>";
    let chain = lines.iter().find(|line| line.contains(previous)).unwrap();
    let cut = resealed(&text.replace(chain, &chain.replace(previous, "<urn:hydra:ns#reason>")));
    let newer = format!("<{}> <urn:hydra:ns#key> \"x\" <urn:hydra:ns#g/memory> .", Id(head.0 + 1).iri());
    for (broken, line, said) in [
        (String::new(), "line 1:", "empty"),
        (with(0, "{\"type\": \"entity\"}"), "line 1:", "not what"),
        (with(1, "<urn:a> <urn:b>"), "line 2:", "N-Quads"),
        (with(4, "a text in between"), "line 5:", "N-Quads"),
        (with(2, ""), "line 3:", "no statement"),
        (with(2, "# a remark"), "line 3:", "no statement"),
        (with(2, "<urn:a> <urn:b> <urn:c> ."), "line 3:", "no graph"),
        (with(2, "<urn:a> <urn:b> <urn:c> _:g ."), "line 3:", "none of Hydra's"),
        (with(2, "<urn:a> <urn:hydra:ns#trust> <urn:c> <http://example.org/> ."), "line 3:", "only Hydra says"),
        (with(2, "_:a <urn:b> <urn:c> <urn:hydra:g> ."), "line 3:", "without a name"),
        (with(2, "<urn:a> <urn:b> <urn:c> <urn:hydra:ns#g/memory> ."), &format!("line {last}:"), "changed after"),
        (lines[..last - 1].join("\n") + "\n", &format!("line {last}:"), "whole"),
        (text[..text.len() - 1].to_owned(), &format!("line {last}:"), "middle"),
        (text[..text.len() / 2].to_owned(), "line ", "middle"),
        (text.replace(&format!("{}\n", lines[3]), ""), &format!("line {}:", last - 1), "statements were exported"),
        (format!("{text}more\n"), &format!("line {}:", last + 1), "follows"),
        (resealed(&with(3, lines[2])), "twice", "1 of"),
        (resealed(&with(2, &newer)), "newer", "newest commit"),
        (cut, "way from the newest", "not on"),
        (without("<http://schema.org/text> \"Where is the ladder?\""), "schema.org/text", "needs 1"),
        (without("ns#order"), "newest commit", "newer"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = import(folder.path(), &broken).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{said}: {error}");
        assert!(error.message().contains(line) && error.message().contains(said), "{line} {said}: {error}");
        assert!(error.next_step().is_some(), "{error}");
        assert!(!folder.path().join("store.import").exists(), "{said}");
        assert_eq!(open_in(folder.path()).status().unwrap().head, None, "{said}");
    }
}

#[test]
fn what_a_killed_import_leaves_is_thrown_away() {
    let opened = open();
    fill(&opened.memory);
    let text = nquads(&opened.memory);
    let folder = tempfile::tempdir().unwrap();
    // As if it had been killed before the rename: the whole store is there, under the other name.
    import(folder.path(), &text).unwrap();
    std::fs::rename(folder.path().join("store"), folder.path().join("store.import")).unwrap();
    assert_eq!(open_in(folder.path()).status().unwrap().memories, 0);
    assert!(!folder.path().join("store.import").exists());
    import(folder.path(), &text).unwrap();
    assert_eq!(nquads(&open_in(folder.path())), text);
}

#[test]
fn trig_says_the_same_and_is_not_imported() {
    let opened = open();
    fill(&opened.memory);
    let text = export(&opened.memory, ExportFormat::TriG);
    assert_eq!(text, export(&opened.memory, ExportFormat::TriG));
    assert!(text.contains("@prefix hy: <urn:hydra:ns#>") && text.contains("Where is the ladder?"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let error = import(folder.path(), &text).unwrap_err();
    assert!(error.message().contains("TriG") && error.next_step().unwrap().contains("--format"), "{error}");

    let quads = |text: &str, format| {
        let parser = oxigraph::io::RdfParser::from_format(format).for_slice(text.as_bytes());
        parser.map(|quad| quad.unwrap().to_string()).collect::<std::collections::BTreeSet<String>>()
    };
    let same = quads(&nquads(&opened.memory), oxigraph::io::RdfFormat::NQuads);
    assert_eq!(quads(&text, oxigraph::io::RdfFormat::TriG), same);
}

#[test]
fn an_export_that_nobody_reads_ends_as_cancelled() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = open().memory.export(ExportFormat::NQuads, &mut Closed, &mut |_, _| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}
