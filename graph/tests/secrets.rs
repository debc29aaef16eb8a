//! Secrets are masked before they are kept, and what was kept before there was a rule is masked everywhere.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use common::{Opened, open};
use hydra_graph::{
    Agent, AliasOp, BlockEdit, BlockOp, Document, ErrorKind, ExportFormat, FileFact, GetView, Kind, Memory, NewMemory,
    Property, Question, Statement, Target, Timestamp, UpdateOp,
};

/// What must be nowhere.
const SECRET: &str = "Zyxo77morph";

/// A note that is known by a hash, as a real one is.
fn note(path: &str, text: &str) -> Document {
    Document { content_hash: blake3::hash(text.as_bytes()).to_hex().to_string(), ..common::note(path, text, &[]) }
}

/// Everything the graph says, the differences of its commits unpacked.
fn everything(opened: &Opened) -> String {
    let mut export = Vec::new();
    opened.memory.export(ExportFormat::NQuads, &mut export, &mut |_, _| ()).unwrap();
    let mut text = String::from_utf8(export).unwrap();
    let packed: Vec<String> = text
        .lines()
        .filter(|line| line.contains("urn:hydra:ns#difference"))
        .map(|line| line.split('"').nth(1).unwrap().to_owned())
        .collect();
    for packed in packed {
        let bytes = lz4_flex::decompress_size_prepended(&BASE64.decode(packed).unwrap()).unwrap();
        text.push_str(&String::from_utf8(bytes).unwrap());
    }
    text
}

/// An export whose texts say something else, also in the differences of commits.
fn said_otherwise(export: &str, replaced: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for line in export.lines().filter(|line| !line.starts_with("# end: ")) {
        let packed = line.contains("urn:hydra:ns#difference").then(|| line.split('"').nth(1).unwrap());
        let line = match packed {
            Some(packed) => {
                let bytes = lz4_flex::decompress_size_prepended(&BASE64.decode(packed).unwrap()).unwrap();
                let difference = replaced(&String::from_utf8(bytes).unwrap());
                line.replace(packed, &BASE64.encode(lz4_flex::compress_prepend_size(difference.as_bytes())))
            }
            None => replaced(line),
        };
        text.push_str(&line);
        text.push('\n');
    }
    let statements = text.lines().filter(|line| !line.starts_with('#')).count();
    let hash = blake3::hash(text.as_bytes()).to_hex();
    format!("{text}# end: {statements} statements, BLAKE3 {hash}\n")
}

/// Files that hold it.
fn holders(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(holders(&path));
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).to_lowercase();
            if text.contains(&SECRET.to_lowercase()) {
                all.push(path.display().to_string());
            }
        }
    }
    all
}

fn password() -> String {
    format!("The router is in the hall.\npassword: {SECRET}\nIt is grey.")
}

#[test]
fn whatever_is_told_is_masked_before_it_is_kept() {
    let opened = open();
    let owner = Agent::owner();
    let told = opened.memory.remember(NewMemory::new(password()), &owner).unwrap();
    assert!(told.note.as_deref().unwrap().contains("password"), "{told:?}");
    let kept = opened.memory.get(&[told.id], GetView::Full).unwrap().remove(0).record.unwrap();
    assert_eq!(kept.text, password().replace(SECRET, "[redacted]*"), "byte for byte");
    let again = opened.memory.remember(NewMemory::new(password()), &owner).unwrap();
    assert_eq!(again.id, told.id, "it is the same again");

    let fact = NewMemory::fact(Statement::new("the router", "password", SECRET));
    let predicate = opened.memory.remember(fact, &owner);
    assert!(predicate.is_err() || predicate.unwrap().note.is_some());
    opened.memory.remember(NewMemory { kind: Kind::Preference, ..NewMemory::new(password()) }, &owner).unwrap();
    let edit = BlockEdit {
        space: "personal".into(),
        name: "human".into(),
        op: BlockOp::Set(password()),
        based_on: None,
        reason: Some(password()),
    };
    opened.memory.edit_block(edit, &owner).unwrap();
    opened
        .memory
        .update(told.id, UpdateOp::Supersede(format!("{} Or so.", password())), Some(password()), &owner)
        .unwrap();
    let mut document = note("/v/Router.md", &password());
    document.title = format!("password: {SECRET}");
    document.properties =
        vec![Property { name: "password".into(), value: SECRET.into(), datatype: hydra_graph::Datatype::Text }];
    let put = opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    assert_eq!(put.redactions, 1, "in its text, of which title and front matter are parts");
    assert_eq!(opened.memory.sources(None).unwrap()[0].reading.redactions, 1);
    opened.memory.recall(&Question::new(format!("whose password: {SECRET} is it?"))).unwrap();

    assert!(!everything(&opened).contains(SECRET));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    opened.memory.close().unwrap();
    assert_eq!(holders(opened.folder.path()), Vec::<String>::new());
}

#[test]
fn what_was_kept_before_there_was_a_rule_is_masked_everywhere() {
    // As it is brought in from an export of a version without rules.
    let before = open();
    let owner = Agent::owner();
    let word = "Qqqqqqqqqqq";
    assert_eq!(word.len(), SECRET.len());
    let plain = password().replace("password:", "password_").replace(SECRET, word);
    let told = before.memory.remember(NewMemory::new(&plain), &owner).unwrap().id;
    before.memory.remember(NewMemory { session: Some("call".into()), ..NewMemory::new(&plain) }, &owner).unwrap();
    before.memory.put_documents(vec![note("/v/Router.md", &plain)], &Agent::ingest()).remove(0).unwrap();
    before.memory.put_documents(vec![note("/v/Router.md", "Nothing is left.")], &Agent::ingest()).remove(0).unwrap();
    before.memory.remember(NewMemory::new("Something else"), &owner).unwrap();
    let mut export = Vec::new();
    before.memory.export(ExportFormat::NQuads, &mut export, &mut |_, _| ()).unwrap();
    let export = said_otherwise(&String::from_utf8(export).unwrap(), &|text| {
        text.replace("password_", "password:").replace(word, SECRET)
    });

    let folder = tempfile::tempdir().unwrap();
    Memory::import(folder.path(), "a test", &mut export.as_bytes(), &mut |_, _| ()).unwrap();
    let opened = Opened { memory: common::open_at(folder.path(), 1_760_000_000_000), folder };
    assert!(everything(&opened).contains(SECRET), "an export is brought in as it is");
    let found = opened.memory.redact(true, &owner, &mut |_, _| ()).unwrap();
    assert_eq!((found.commit, found.found.values().sum::<usize>()), (None, 2), "{found:?}");
    assert!(found.commits >= 3 && found.places.iter().any(|place| place.id == told), "{found:?}");
    assert!(everything(&opened).contains(SECRET), "nothing was written");
    let error = opened.memory.redact(false, &Agent::named("claude"), &mut |_, _| ()).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some());

    let done = opened.memory.redact(false, &owner, &mut |_, _| ()).unwrap();
    assert!(done.commit.is_some() && done.removed.iter().all(|removal| removal.is_done), "{done:?}");
    let left: Vec<String> =
        everything(&opened).lines().filter(|line| line.contains(SECRET)).map(str::to_owned).collect();
    assert!(left.is_empty(), "{left:#?}");
    let kept = opened.memory.get(&[told], GetView::Full).unwrap().remove(0).record.unwrap();
    assert_eq!(kept.text, password().replace(SECRET, "[redacted]*"));
    let hits = opened.memory.recall(&Question::new("router grey hall")).unwrap().hits;
    assert!(hits.iter().any(|hit| hit.id == told) && !format!("{hits:?}").contains(SECRET));
    let again = opened.memory.redact(false, &owner, &mut |_, _| ()).unwrap();
    assert_eq!((again.commit, again.all_places, again.commits), (None, 0, 0));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    let error = opened.memory.undo(done.commit.unwrap(), &owner).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some(), "{error}");
    let forgotten = opened.memory.forget(&[told], None, &owner).unwrap().commit.unwrap();
    opened.memory.undo(forgotten, &owner).unwrap();
    // What was masked stays so whatever is taken back, and the past says the same.
    let then = Timestamp::from_millis(1_750_000_000_900);
    let was = opened.memory.get_at(&[told], GetView::History, then).unwrap();
    assert!(!format!("{was:?}").contains(SECRET), "{was:?}");
    opened.memory.close().unwrap();
    assert_eq!(holders(opened.folder.path()), Vec::<String>::new());
}

#[test]
fn names_and_the_keys_made_of_them_are_masked_too() {
    let opened = open();
    let owner = Agent::owner();
    let named = format!("password: {SECRET}");
    let said = |text: &str| NewMemory {
        session: Some(named.clone()),
        speaker: Some(named.clone()),
        entities: vec![named.clone()],
        ..NewMemory::new(text)
    };
    opened.memory.remember(said("The hall is grey"), &owner).unwrap();
    opened.memory.remember(said("The hall is cold"), &owner).unwrap();
    opened.memory.remember(NewMemory { entities: vec!["Router".into()], ..NewMemory::new("It hums") }, &owner).unwrap();
    // A verb that masks nothing itself.
    opened.memory.alias("Router", &format!("the hall's {named}"), AliasOp::Add, None, &owner).unwrap();
    let text = format!("See {named} for more.");
    let mut document = Document { content_hash: "1".into(), ..common::note("/v/Hall.md", &text, &[&named]) };
    document.facts = vec![FileFact {
        name: "password".into(),
        value: format!("[{SECRET}](/v/{SECRET}.md)"),
        datatype: hydra_graph::Datatype::Text,
        target: Some(Target::Name(SECRET.into())),
        label: Some(SECRET.into()),
    }];
    document.links[0].fragment = Some(named.clone());
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    let key = NewMemory { idempotency_key: Some(named.clone()), ..NewMemory::new("The hall is dark") };
    let error = opened.memory.remember(key, &owner).unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.next_step().is_some() && !error.to_string().contains(SECRET));

    let all = everything(&opened).to_lowercase();
    let left: Vec<&str> = all.lines().filter(|line| line.contains(&SECRET.to_lowercase())).collect();
    assert!(left.is_empty(), "{left:#?}");
    // By the name as it is kept, each is found again.
    let kept = named.replace(SECRET, "[redacted]*");
    let entity = opened.memory.entity(&kept).unwrap();
    assert_eq!(entity.name, kept);
    let alias = format!("the hall's {kept}");
    assert_eq!(opened.memory.entity(&alias).unwrap().aliases, [alias]);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

/// What a memory in words alone is known by.
fn hash(text: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in ["episode", "personal", text] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[test]
fn what_lies_across_passages_and_what_is_told_again_is_known() {
    let before = open();
    let owner = Agent::owner();
    let word = "Qqqqqqqqqqq";
    let plain = password().replace("password:", "password_").replace(SECRET, word);
    let told = before.memory.remember(NewMemory::new(&plain), &owner).unwrap().id;
    // The second passage of the note is of a key, and nothing in it says so.
    let key = |secret: &str| {
        format!("{}{secret}AAKCAQEAvmDY4kLqPw\n-----END PRIVATE KEY-----", "MIIEowIBAAKCAQEAvmDY4kLqPwz3\n\n")
    };
    let note_text = format!("-----BEGIN PRIVATE_KEY-----\n{}", key(word));
    before.memory.put_documents(vec![note("/v/Key.md", &note_text)], &Agent::ingest()).remove(0).unwrap();
    let mut export = Vec::new();
    before.memory.export(ExportFormat::NQuads, &mut export, &mut |_, _| ()).unwrap();
    let export = said_otherwise(&String::from_utf8(export).unwrap(), &|text| {
        text.replace("password_", "password:")
            .replace(word, SECRET)
            .replace("PRIVATE_KEY", "PRIVATE KEY")
            .replace(&hash(&plain), &hash(&password()))
    });
    let folder = tempfile::tempdir().unwrap();
    Memory::import(folder.path(), "a test", &mut export.as_bytes(), &mut |_, _| ()).unwrap();
    let opened = Opened { memory: common::open_at(folder.path(), 1_760_000_000_000), folder };
    assert!(everything(&opened).contains(SECRET));
    let done = opened.memory.redact(false, &owner, &mut |_, _| ()).unwrap();
    assert!(done.removed.iter().all(|removal| removal.is_done), "{done:?}");
    assert_eq!(done.found.values().sum::<usize>(), 2, "a password and a key: {done:?}");
    let left: Vec<String> =
        everything(&opened).lines().filter(|line| line.contains(SECRET)).map(str::to_owned).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(opened.memory.remember(NewMemory::new(password()), &owner).unwrap().id, told, "it is the same again");
    // Taking back that it was told takes all of it.
    let record = opened.memory.get(&[told], GetView::History).unwrap().remove(0);
    let commit = record.commits[0].id;
    opened.memory.undo(commit, &owner).unwrap();
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    opened.memory.close().unwrap();
    assert_eq!(holders(opened.folder.path()), Vec::<String>::new());
}

#[test]
fn questions_that_were_asked_before_there_was_a_rule_are_dropped() {
    let opened = open();
    let owner = Agent::owner();
    opened.memory.remember(NewMemory::new("The router is in the hall"), &owner).unwrap();
    opened.memory.recall(&Question::new("whose password_ Qqqqqqqqqqq is it?")).unwrap();
    opened.memory.close().unwrap();
    let path = opened.folder.path().join("traces.jsonl");
    let kept = fs::read_to_string(&path).unwrap().replace("password_ Qqqqqqqqqqq", &format!("password: {SECRET}"));
    fs::write(&path, kept).unwrap();
    let folder = opened.folder;
    drop(opened.memory);
    let opened = Opened { memory: common::open_at(folder.path(), 1_750_000_001_000), folder };
    let found = opened.memory.redact(true, &owner, &mut |_, _| ()).unwrap();
    assert_eq!((found.traces, found.all_places, found.commits), (1, 0, 0), "{found:?}");
    assert!(path.exists(), "nothing was written");
    let done = opened.memory.redact(false, &owner, &mut |_, _| ()).unwrap();
    assert!(done.commit.is_none() && done.removed.len() == 1 && done.removed[0].is_done, "{done:?}");
    assert_eq!(opened.memory.redact(true, &owner, &mut |_, _| ()).unwrap().traces, 0);
    opened.memory.close().unwrap();
    assert_eq!(holders(opened.folder.path()), Vec::<String>::new());
}
