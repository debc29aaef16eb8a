//! Erasing: nothing is left in any file, everything else is as it was, and it can't come back.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use common::{Opened, open, open_in};
use hydra_graph::{
    Agent, Answered, Choice, Document, ErrorKind, Evidence, ExportFormat, ForgetAnswer, ForgetMode, ForgetRequest,
    GetView, Id, Kind, NewDecision, NewMemory, NewProposal, QueryRequest, Question, RememberStatus, SEAL_KEYS_FILE,
    Statement, Suggestion, Timestamp, UpdateOp,
};

/// No word of any other text, and of nothing that the program writes itself.
const SECRET: &str = "zyxomorph";

fn erase(opened: &Opened, ids: &[Id]) -> hydra_graph::Result<hydra_graph::Erased> {
    let request = ForgetRequest { ids: ids.to_vec(), mode: ForgetMode::Erase, ..ForgetRequest::default() };
    match opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ())? {
        ForgetAnswer::Erased(erased) => Ok(erased),
        other => panic!("{other:?}"),
    }
}

/// A note that is known by a hash, as a real one is.
fn note(path: &str, text: &str, links: &[&str]) -> Document {
    Document { content_hash: text.len().to_string(), ..common::note(path, text, links) }
}

fn tell(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn found(opened: &Opened, question: &str) -> Vec<Id> {
    let hits = opened.memory.recall(&Question::new(question)).unwrap().hits;
    hits.into_iter().map(|hit| hit.id).collect()
}

/// The files that hold the secret in any spelling that is looked for.
fn holders(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(holders(&path));
        } else {
            // A store that was replaced may go while this looks.
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()).to_lowercase();
            // Inside base64, three spellings of the same bytes.
            let is_there = text.contains(SECRET)
                || (0..3).any(|skip| {
                    let whole = BASE64.encode(format!("{}{SECRET}", "x".repeat(skip)));
                    let (start, end) = ([0, 2, 3][skip], whole.len() - 4);
                    text.contains(&whole[start..end].to_lowercase())
                });
            if is_there {
                all.push(path.display().to_string());
            }
        }
    }
    all
}

/// The same without what was asked since: whoever asks with the word has it kept in the question, and nowhere else.
fn holders_but_questions(folder: &Path) -> Vec<String> {
    let traces = folder.join("traces.jsonl");
    let text = fs::read_to_string(&traces).unwrap();
    assert!(text.contains(SECRET), "the question is there");
    fs::write(&traces, text.replace(&format!("{{\"text\":\"{SECRET}\""), "{\"text\":\"\"")).unwrap();
    let all = holders(folder);
    fs::write(&traces, text).unwrap();
    all
}

/// The terms of the full-text index on disk that hold the secret, also of documents that are deleted and not yet gone.
fn terms(folder: &Path) -> Vec<String> {
    let index = tantivy::Index::open_in_dir(folder.join("index/text")).unwrap();
    let searcher = index.reader().unwrap().searcher();
    let mut found = Vec::new();
    for segment in searcher.segment_readers() {
        for (field, _) in index.schema().fields().filter(|(_, entry)| entry.field_type().is_indexed()) {
            let inverted = segment.inverted_index(field).unwrap();
            let mut terms = inverted.terms().stream().unwrap();
            while let Some((term, _)) = terms.next() {
                found.extend(Some(String::from_utf8_lossy(term).into_owned()).filter(|term| term.contains(SECRET)));
            }
        }
    }
    found
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
    text.to_lowercase()
}

#[test]
fn nothing_of_what_was_erased_is_left_in_any_file_and_the_rest_is_as_it_was() {
    let mut opened = open();
    let memory = &opened.memory;
    let said = |text: &str| NewMemory { session: Some("a chat".into()), ..NewMemory::new(text) };
    let before = tell(&opened, said("Shall we talk about the safe?"));
    let code = tell(&opened, said("The code of the safe is Zyxomorph."));
    let after = tell(&opened, said("Good, I will open it tomorrow."));
    let stated = Statement::new("Mirela", "lives in", "Zyxomorphville");
    let home = tell(&opened, NewMemory { kind: Kind::Fact, statement: Some(stated), ..NewMemory::new("") });
    let quote = Evidence { id: code, quote: Some("code of the safe".into()) };
    let derived = tell(&opened, NewMemory { evidence: vec![quote], ..NewMemory::new("The safe can be opened") });
    let wrong = tell(&opened, NewMemory::new("The spare key is under the zyxomorph pot"));
    let right = memory.update(wrong, UpdateOp::Supersede("The spare key is with Oskar".into()), None, &Agent::owner());
    let right = right.unwrap().replaced_by.unwrap();
    let choice = Choice::parse("Zyxomorph lock: too dear");
    let decision = NewDecision { options: vec![choice], reasons: vec!["zyxomorph prices".into()], supersedes: None };
    let bought =
        tell(&opened, NewMemory { kind: Kind::Decision, decision, ..NewMemory::new("A plain lock was bought") });
    let wanted = tell(&opened, NewMemory { kind: Kind::Preference, ..NewMemory::new("I prefer zyxomorph over tea") });
    let fact = |object: &str| Suggestion::Fact {
        subject: "Mirela".into(),
        predicate: "likes".into(),
        object: object.into(),
        valid_from: None,
        valid_to: None,
    };
    let rests = |id| vec![Evidence { id, quote: None }];
    let proposals = [(code, fact("zyxomorph codes")), (before, fact("safes"))].map(|(id, suggestion)| NewProposal {
        suggestion,
        space: "personal".into(),
        evidence: rests(id),
        confidence: 0.5,
    });
    memory.propose(proposals.into(), None, &Agent::named("helper")).unwrap();
    let garden = note("/notes/garden.md", "The zyxomorph needs water.\n\nThe [[Rose]] needs none.", &["Rose"]);
    let diary = note("/notes/diary.md", "A day without anything.\n\nI met Zyxomorph Jones.", &[]);
    for document in [&garden, &diary] {
        memory.put_documents(vec![document.clone()], &Agent::ingest()).remove(0).unwrap();
    }
    let changed = note("/notes/diary.md", "A day without anything.\n\nI met nobody.", &[]);
    memory.put_documents(vec![changed.clone()], &Agent::ingest()).remove(0).unwrap();
    let undone = memory.remember(NewMemory::new("A zyxomorph that was taken back"), &Agent::owner()).unwrap();
    memory.undo(undone.commit, &Agent::owner()).unwrap();
    let known_at = memory.recall(&Question::new("zyxomorph water")).unwrap();
    let gone_with_the_day =
        known_at.hits.iter().find(|hit| hit.text.contains("needs water")).expect("it is found while it is there").id;
    let diary_source = memory.sources(None).unwrap().into_iter().find(|s| s.path.ends_with("diary.md")).unwrap().id;
    // Some of it in the index's and the store's own files, some in the log and not yet there.
    memory.close().unwrap();
    opened.memory = open_in(tempfile::tempdir().unwrap().path());
    opened.memory = open_in(opened.folder.path());
    let memory = &opened.memory;
    let log = tell(&opened, NewMemory::new("The zyxomorph hums"));
    let before_it = holders(opened.folder.path()).join(" ");
    assert!(["/log/", "/store/", "/traces.jsonl"].iter().all(|place| before_it.contains(place)), "{before_it}");
    assert_ne!(terms(opened.folder.path()), [""; 0]);
    memory.recall(&Question::new("zyxomorph water")).unwrap();
    assert!(everything(&opened).matches(SECRET).count() > 10);
    let texts = memory.texts().unwrap();
    let traces = memory.recall(&Question::new("zyxomorph hums")).unwrap().trace_id;

    let erased =
        erase(&opened, &[code, home, wrong, log, bought, wanted, undone.id, gone_with_the_day, diary_source]).unwrap();
    assert!(erased.removed.iter().all(|removal| removal.is_done), "{:?}", erased.removed);
    assert_eq!(erased.stale, [derived]);
    let left: Vec<&str> = everything(&opened).lines().filter(|line| line.contains(SECRET)).map(|_| "").collect();
    assert_eq!(left.len(), 0, "{:?}", everything(&opened).lines().find(|line| line.contains(SECRET)));
    assert_eq!(holders(opened.folder.path()), [""; 0], "also while it is open");
    assert_eq!(terms(opened.folder.path()), [""; 0]);

    assert!(memory.explain(Answered::Before(traces), None).is_err(), "nor in what was asked");
    assert_eq!(memory.proposals(&[]).unwrap().len(), 1, "what rested on it said the same");
    // The rest stands, and says so.
    assert_eq!(found(&opened, "zyxomorph"), [] as [Id; 0]);
    assert_eq!(found(&opened, "talk about the safe").first(), Some(&before));
    assert_eq!(found(&opened, "spare key").first(), Some(&right));
    assert!(found(&opened, "open it tomorrow").contains(&after));
    assert_eq!(found(&opened, "needs none").len(), 1, "the other passage of the note");
    assert_eq!(
        memory.texts().unwrap(),
        texts - 8,
        "the log, the code, the home, what was bought and wanted, two of the diary, one of the garden"
    );
    let got = memory.get(&[code], GetView::Full).unwrap().remove(0);
    assert!(got.record.is_none() && got.error.as_ref().unwrap().contains("erased"), "{:?}", got.error);
    for commit in [undone.commit, erased.commit] {
        let error = memory.undo(commit, &Agent::owner()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    assert!(memory.subject("Zyxomorphville").is_err(), "a name that nothing speaks of");
    assert!(memory.subject("Mirela").is_err(), "neither of her");
    let report = memory.check(&mut |_| ()).unwrap();
    assert!(report.ok, "{:?}", report.findings);

    // Files that still hold it are not read for it again.
    for document in [garden, changed] {
        memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
    }
    assert_eq!(found(&opened, "zyxomorph"), [] as [Id; 0]);
    assert_eq!(found(&opened, "met nobody"), [] as [Id; 0]);
    memory.wait_for_indexes(Duration::from_secs(30));
    assert_eq!(terms(opened.folder.path()), [""; 0]);
    assert_eq!(holders_but_questions(opened.folder.path()), [""; 0]);
    assert_eq!(erase(&opened, &[code]).unwrap_err().kind(), ErrorKind::NotFound);

    let Opened { memory, folder } = opened;
    memory.close().unwrap();
    drop(memory);
    let memory = open_in(folder.path());
    assert!(memory.check(&mut |_| ()).unwrap().ok);
    assert_eq!(memory.recall(&Question::new("spare key")).unwrap().hits[0].id, right);
    assert_eq!(holders_but_questions(folder.path()), [""; 0]);
}

#[test]
fn what_is_written_and_read_while_something_is_erased_is_all_there() {
    let opened = open();
    let ids: Vec<Id> = (0..300).map(|n| tell(&opened, NewMemory::new(format!("older thing number {n}")))).collect();
    let memory = opened.memory.clone();
    let writer = std::thread::spawn(move || {
        for n in 0..200 {
            memory.remember(NewMemory::new(format!("newer thing number {n}")), &Agent::owner()).unwrap();
            assert!(!memory.recall(&Question::new("older thing number 299")).unwrap().hits.is_empty());
        }
    });
    for id in &ids[..5] {
        erase(&opened, &[*id]).unwrap();
    }
    writer.join().unwrap();
    assert_eq!(opened.memory.texts().unwrap(), 300 - 5 + 200);
    opened.memory.close().unwrap();
    let Opened { memory, folder } = opened;
    drop(memory);
    let stores = || {
        fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("store"))
            .count()
    };
    assert_eq!(stores(), 1, "one took the place of the other");
    // What a kill leaves behind.
    fs::create_dir(folder.path().join("store.99")).unwrap();
    let memory = open_in(folder.path());
    assert_eq!((memory.texts().unwrap(), stores()), (495, 1));
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn an_erasure_that_was_cut_short_is_finished() {
    let opened = open();
    let kept = tell(&opened, NewMemory::new("The kettle is blue"));
    let gone = tell(&opened, NewMemory::new("The zyxomorph is red"));
    erase(&opened, &[gone]).unwrap();
    let marker = opened.folder.path().join("erasing");
    assert!(!marker.exists());
    fs::write(&marker, "").unwrap();
    opened.memory.finish_erasing().unwrap();
    assert!(!marker.exists());
    assert_eq!(found(&opened, "kettle"), [kept]);
    opened.memory.finish_erasing().unwrap();
}

#[test]
fn only_the_owner_erases_and_sees_first_what_goes() {
    let opened = open();
    let agent = Agent::named("helper");
    let id = opened.memory.remember(NewMemory::new("A guess of mine"), &agent).unwrap().id;
    let rests = tell(&opened, NewMemory { evidence: vec![Evidence { id, quote: None }], ..NewMemory::new("A plan") });
    let request = ForgetRequest { ids: vec![id], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    let error = opened.memory.forget_as(&request, &agent, &mut |_, _| ()).unwrap_err();
    assert!(error.next_step().unwrap().contains(&format!("hydra forget --erase {id}")), "{error:?}");
    let dry = ForgetRequest { is_dry_run: true, ..request };
    let ForgetAnswer::Preview(shown) = opened.memory.forget_as(&dry, &agent, &mut |_, _| ()).unwrap() else {
        panic!("a dry run writes nothing")
    };
    assert_eq!((shown.forgotten[0].id, shown.stale[0].id), (id, rests));
    assert_eq!(found(&opened, "guess"), [id]);
    // Also what was forgotten before, which is where most look for it.
    opened.memory.forget(&[id], None, &Agent::owner()).unwrap();
    assert_eq!(erase(&opened, &[id]).unwrap().passages, 1);
    let nothing = erase(&opened, &[Id(1)]).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NotFound);
    assert!(!opened.folder.path().join("erasing").exists(), "nothing is owed for what was refused");
}

#[test]
fn what_is_tied_to_what_goes_stays_right() {
    let opened = open();
    let memory = &opened.memory;
    let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let works = |from, to| NewMemory {
        kind: Kind::Fact,
        statement: Some(Statement::new("Ann", "works for", "Acme")),
        valid_from: at(from),
        valid_to: to,
        ..NewMemory::new("")
    };
    tell(&opened, works("2010-01-01T00:00:00Z", at("2015-01-01T00:00:00Z")));
    let now = tell(&opened, works("2020-01-01T00:00:00Z", None));
    let ask = QueryRequest::new("ASK { ?who schema:worksFor ?firm }");
    assert_eq!(memory.query(&ask).unwrap().holds, Some(true));
    erase(&opened, &[now]).unwrap();
    assert_eq!(memory.query(&ask).unwrap().holds, Some(false), "only the one that ended says it");

    let lives = |place: &str| {
        let stated = Statement::new("Ann", "lives in", place);
        let told = NewMemory { kind: Kind::Fact, statement: Some(stated), ..NewMemory::new("") };
        tell(&opened, NewMemory { valid_from: at("2025-01-01T00:00:00Z"), ..told })
    };
    let sides = ["Ghent", "Porto", "Turku"].map(lives);
    erase(&opened, &sides[..1]).unwrap();
    let open = memory.conflicts(&[]).unwrap();
    assert_eq!((open.len(), open[0].sides.len()), (1, 2), "two still disagree");
    erase(&opened, &sides[1..2]).unwrap();
    assert_eq!(memory.conflicts(&[]).unwrap().len(), 0);

    let rests = tell(&opened, NewMemory::new("Three calls about the roof"));
    let suggestion = Suggestion::Summary { text: "The roof is zyxomorph".into(), entities: Vec::new() };
    let evidence = vec![Evidence { id: rests, quote: None }];
    let new = NewProposal { suggestion, space: "personal".into(), evidence, confidence: 0.5 };
    memory.propose(vec![new], None, &Agent::named("helper")).unwrap();
    let waiting = memory.proposals(&[]).unwrap()[0].id;
    memory.accept(&[waiting], None, &Agent::owner()).unwrap();
    let summary = found(&opened, "zyxomorph roof")[0];
    erase(&opened, &[summary]).unwrap();
    assert!(!everything(&opened).contains(SECRET));

    // A turn is indexed with the end of the long one before it.
    let long = format!("{} The end of it is zyxomorph.", "A sentence about very little. ".repeat(120));
    let said = |text: &str| NewMemory { session: Some("a call".into()), ..NewMemory::new(text) };
    tell(&opened, said(&long));
    let next = tell(&opened, said("Is that so?"));
    let last = memory.recall(&Question::new("the end of it is zyxomorph")).unwrap().hits;
    let last = last.iter().find(|hit| hit.text.contains("zyxomorph")).unwrap().id;
    erase(&opened, &[last]).unwrap();
    assert_eq!(terms(opened.folder.path()), [""; 0]);
    assert_eq!(holders(opened.folder.path()), [""; 0]);
    assert!(found(&opened, "is that so").contains(&next));
    assert!(memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_another_system_kept_does_not_come_back_when_it_is_imported_again() {
    let opened = open();
    let import = |new: &NewMemory| opened.memory.remember(new.clone(), &Agent::import()).unwrap();
    let kept = NewMemory { idempotency_key: Some("mem0:1".into()), ..NewMemory::new("The zyxomorph key") };
    let text_alone = NewMemory::new("A zyxomorph without a key");
    let fact = NewMemory {
        idempotency_key: Some("mem0:2".into()),
        ..NewMemory::fact(Statement::new("Mirela", "likes", "zyxomorphs"))
    };
    for new in [&kept, &text_alone, &fact] {
        let first = import(new);
        erase(&opened, &[first.id]).unwrap();
        let again = import(new);
        assert_eq!((again.status, again.id), (RememberStatus::Refused, first.id), "{new:?}");
        assert!(again.note.as_ref().is_some_and(|note| note.contains("erased")), "{again:?}");
    }
    let moved = NewMemory { idempotency_key: Some("mem0:7".into()), ..kept.clone() };
    assert_eq!(import(&moved).status, RememberStatus::Refused, "word for word the same, from elsewhere");
    assert_eq!(found(&opened, "zyxomorph"), [] as [Id; 0]);
    assert_eq!(holders_but_questions(opened.folder.path()), [""; 0]);
    // What somebody says is theirs to say.
    let said = opened.memory.remember(text_alone.clone(), &Agent::owner()).unwrap();
    assert_eq!(said.status, RememberStatus::Inserted);
}

#[test]
fn what_is_kept_of_the_erased_tells_nothing_to_whoever_guesses() {
    let opened = open();
    let line = "The zyxomorph is under the floor.";
    let garden = note("/notes/garden.md", &format!("{line}\n\nThe rose needs none."), &[]);
    let put = |opened: &Opened| opened.memory.put_documents(vec![garden.clone()], &Agent::ingest()).remove(0).unwrap();
    put(&opened);
    let id = found(&opened, "zyxomorph floor")[0];
    // Forgotten first: a tombstone is recognised by a plain hash, which must go with the text.
    opened.memory.forget(&[id], None, &Agent::owner()).unwrap();
    erase(&opened, &[id]).unwrap();
    let guess = blake3::hash(line.as_bytes()).to_hex().to_string();
    assert!(!everything(&opened).contains(&guess), "a guess can be tested");
    let keys = opened.folder.path().join(SEAL_KEYS_FILE);
    let secret = fs::read_to_string(&keys).unwrap();
    assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!everything(&opened).contains(secret.trim()));
    let read_again = |opened: &mut Opened, path: &Path| {
        opened.memory.close().unwrap();
        opened.memory = open_in(tempfile::tempdir().unwrap().path());
        opened.memory = open_in(path);
        let changed = note("/notes/garden.md", &format!("New.\n\n{line}\n\nThe rose needs none."), &[]);
        opened.memory.put_documents(vec![changed], &Agent::ingest()).remove(0).unwrap();
        let hits = opened.memory.recall(&Question::new("zyxomorph floor")).unwrap().hits;
        hits.iter().filter(|hit| hit.text.contains(SECRET)).count()
    };
    // An export holds no secret; with the old one beside its own, a restored memory recognises it too.
    let mut export = Vec::new();
    opened.memory.export(ExportFormat::NQuads, &mut export, &mut |_, _| ()).unwrap();
    for (has_secret, comes_back) in [(true, 0), (false, 1)] {
        let elsewhere = tempfile::tempdir().unwrap();
        let imported =
            hydra_graph::Memory::import(elsewhere.path(), "a test", &mut export.as_slice(), &mut |_, _| ()).unwrap();
        assert_eq!(imported.sealed, 2, "a line, and the file that it stood in");
        if has_secret {
            fs::write(elsewhere.path().join(SEAL_KEYS_FILE), format!("{}\n{secret}", "ab".repeat(32))).unwrap();
        }
        let mut restored = Opened { memory: open_in(elsewhere.path()), folder: tempfile::tempdir().unwrap() };
        assert_eq!(read_again(&mut restored, elsewhere.path()), comes_back, "{has_secret}");
    }
    let mut opened = opened;
    let own = opened.folder.path().to_owned();
    assert_eq!(read_again(&mut opened, &own), 0);
    fs::write(&keys, "no secret\n").unwrap();
    opened.memory.close().unwrap();
    opened.memory = open_in(tempfile::tempdir().unwrap().path());
    let options = hydra_graph::Options { clock: std::sync::Arc::new(|| Timestamp::from_millis(1)), holder: "x".into() };
    let error = hydra_graph::Memory::open(&own, options).err().unwrap();
    assert!(error.kind() == ErrorKind::Corrupt && error.message().contains("line 1"), "{error}");
}

#[test]
fn a_file_that_was_forgotten_first_keeps_no_name_either() {
    let opened = open();
    let path = format!("/notes/{SECRET}.md");
    let put = opened.memory.put_documents(vec![note(&path, "about nothing much", &[])], &Agent::ingest());
    let source = put.into_iter().next().unwrap().unwrap().id;
    opened.memory.forget(&[source], None, &Agent::owner()).unwrap();
    assert!(everything(&opened).contains(SECRET), "so that reading it again brings nothing back");
    erase(&opened, &[source]).unwrap();
    assert!(!everything(&opened).contains(SECRET));
    opened.memory.close().unwrap();
    assert_eq!(holders(opened.folder.path()), Vec::<String>::new());
}
