//! Facts: what is stated, since when and until when, what ends what, what contradicts what, and what rests on what.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open};
use hydra_graph::{
    Agent, ErrorKind, Evidence, GetView, Id, Kind, MAX_ALIASES, MAX_EVIDENCE, MAX_NAME_BYTES, MAX_QUOTE_BYTES,
    NewMemory, PredicateInfo, Question, Record, RememberStatus, Remembered, Statement, Timestamp, UpdateOp,
};

fn fact(subject: &str, predicate: &str, object: &str) -> NewMemory {
    NewMemory::fact(Statement::new(subject, predicate, object))
}

fn tell(opened: &Opened, new: NewMemory) -> Remembered {
    opened.memory.remember(new, &Agent::owner()).unwrap()
}

fn record(opened: &Opened, id: Id) -> Record {
    opened.memory.get(&[id], GetView::Full).unwrap().remove(0).record.unwrap()
}

fn recalled(opened: &Opened, question: &str) -> Vec<String> {
    opened.memory.recall(&Question::new(question)).unwrap().hits.into_iter().map(|hit| hit.text).collect()
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn refused(opened: &Opened, new: NewMemory) -> (ErrorKind, String) {
    let error = opened.memory.remember(new, &Agent::owner()).unwrap_err();
    assert!(error.next_step().is_some(), "{error}");
    (error.kind(), error.message().to_owned())
}

#[test]
fn a_fact_is_found_by_its_words_and_says_what_it_states() {
    let opened = open();
    let told = tell(&opened, fact("Mirela", "worksFor", "Acme Labs"));
    let hit = opened.memory.recall(&Question::new("who does Mirela work for")).unwrap().hits.remove(0);
    assert_eq!((hit.id, hit.kind, hit.text.as_str()), (told.id, Kind::Fact, "Mirela works for Acme Labs"));
    assert_eq!(hit.statement, Some(Statement::new("Mirela", "works for", "Acme Labs")));
    let sentence = tell(&opened, NewMemory { kind: Kind::Fact, ..NewMemory::new("Oskar is allergic to nuts.") });
    assert_eq!(record(&opened, sentence.id).statement, Some(Statement::new("Oskar", "is allergic to", "nuts")));
    let plain = tell(&opened, NewMemory { kind: Kind::Fact, ..NewMemory::new("Water boils earlier on mountains") });
    assert_eq!(record(&opened, plain.id).statement, None, "no plain statement is still a fact in words");
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn a_newer_fact_ends_the_one_before_it_and_undo_brings_it_back() {
    let opened = open();
    let acme = tell(&opened, fact("Mirela", "works for", "Acme"));
    let beta = tell(&opened, NewMemory { valid_from: Some(day("2025-09-01")), ..fact("Mirela", "works for", "Beta") });
    assert_eq!((beta.status, beta.ended.as_slice()), (RememberStatus::Superseded, &[acme.id][..]));
    assert_eq!(record(&opened, acme.id).valid_to, Some(day("2025-09-01")));
    assert_eq!(recalled(&opened, "Mirela works"), ["Mirela works for Acme", "Mirela works for Beta"], "not ended yet");

    let gamma = tell(&opened, NewMemory { valid_from: Some(day("2024-01-01")), ..fact("Oskar", "lives in", "Ghent") });
    let porto = tell(&opened, fact("Oskar", "lives in", "Porto"));
    assert_eq!(porto.ended, [gamma.id]);
    assert_eq!(recalled(&opened, "Oskar lives"), ["Oskar lives in Porto"]);
    opened.memory.undo(porto.commit, &Agent::owner()).unwrap();
    assert_eq!(recalled(&opened, "Oskar lives"), ["Oskar lives in Ghent"]);
    assert_eq!(record(&opened, gamma.id).valid_to, None);
}

#[test]
fn many_facts_of_one_batch_see_each_other() {
    let opened = open();
    let said = |object: &str, at: &str| NewMemory { happened_at: Some(day(at)), ..fact("Mirela", "lives in", object) };
    let all = vec![said("Ghent", "2020-01-01"), said("Porto", "2022-01-01"), said("Ghent", "2024-01-01")];
    let told = opened.memory.remember_all(all, &Agent::owner()).unwrap();
    let lives: Vec<_> = told.iter().map(|told| record(&opened, told.id)).map(|r| (r.valid_from, r.valid_to)).collect();
    let (porto, back) = (Some(day("2022-01-01")), Some(day("2024-01-01")));
    assert_eq!(lives, [(None, porto), (porto, back), (back, None)]);
    assert_eq!(recalled(&opened, "where does Mirela live"), ["Mirela lives in Ghent"]);
}

#[test]
fn what_is_trusted_less_contradicts_and_the_owner_settles_it() {
    let opened = open();
    let own = tell(&opened, fact("Mirela", "works for", "Acme"));
    let agent = Agent::named("helper");
    let other = opened.memory.remember(fact("Mirela", "works for", "Beta"), &agent).unwrap();
    assert_eq!((other.status, other.ended.len()), (RememberStatus::Conflict, 0));
    let third = opened.memory.remember(fact("Mirela", "works for", "Gamma"), &agent).unwrap();
    assert_eq!(third.conflict, other.conflict, "one question, one conflict");
    assert_eq!(recalled(&opened, "Mirela works").len(), 3, "all sides stay");
    let open = opened.memory.conflicts(&[]).unwrap();
    let sides: Vec<Id> = open[0].sides.iter().map(|side| side.id).collect();
    assert_eq!((open.len(), sides), (1, vec![own.id, other.id, third.id]));
    assert!(opened.memory.conflicts(&["project/atlas".into()]).unwrap().is_empty());

    let conflict = other.conflict.unwrap();
    let error = opened.memory.update(conflict, UpdateOp::Settle(other.id), None, &agent).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "an agent does not overrule the owner: {error}");
    let wrong = opened.memory.update(conflict, UpdateOp::Settle(conflict), None, &Agent::owner()).unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::Invalid);
    let settled = opened.memory.update(conflict, UpdateOp::Settle(other.id), None, &Agent::owner()).unwrap();
    assert_eq!(recalled(&opened, "Mirela works"), ["Mirela works for Beta"]);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
    opened.memory.undo(settled.commit, &Agent::owner()).unwrap();
    assert_eq!((opened.memory.conflicts(&[]).unwrap().len(), recalled(&opened, "Mirela works").len()), (1, 3));
    opened.memory.update(conflict, UpdateOp::KeepAll, None, &Agent::owner()).unwrap();
    assert_eq!((opened.memory.conflicts(&[]).unwrap().len(), recalled(&opened, "Mirela works").len()), (0, 3));
}

#[test]
fn a_claim_that_is_trusted_less_does_not_keep_the_owner_from_going_on() {
    let opened = open();
    let since = |town, from| NewMemory { valid_from: Some(day(from)), ..fact("Mirela", "lives in", town) };
    let ghent = tell(&opened, since("Ghent", "2021-01-01"));
    let mail = Agent::named("mail");
    let claimed = opened.memory.remember(since("Nowhere", "2025-03-01"), &mail).unwrap();
    assert_eq!(claimed.status, RememberStatus::Conflict);
    let again = opened.memory.remember(since("Elsewhere", "2025-03-05"), &mail).unwrap();
    assert_eq!(
        (again.status, again.ended.len()),
        (RememberStatus::Conflict, 0),
        "agents among themselves decide nothing"
    );
    let moved = tell(&opened, since("Porto", "2025-03-22"));
    assert_eq!((moved.status, moved.ended), (RememberStatus::Superseded, vec![ghent.id, claimed.id, again.id]));
    assert_eq!(recalled(&opened, "where does Mirela live"), ["Mirela lives in Porto"]);
    assert_eq!(record(&opened, ghent.id).valid_to, Some(day("2025-03-22")));
}

#[test]
fn a_conflict_is_over_when_all_but_one_side_are_retracted() {
    let opened = open();
    let own = tell(&opened, fact("Mirela", "works for", "Acme"));
    let agent = Agent::named("helper");
    let told = ["Beta", "Gamma"].map(|firm| opened.memory.remember(fact("Mirela", "works for", firm), &agent).unwrap());
    let retract = |id: Id| opened.memory.update(id, UpdateOp::Retract, None, &agent).unwrap().commit;
    retract(told[0].id);
    assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), 1, "two sides still disagree");
    let last = retract(told[1].id);
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
    opened.memory.undo(last, &Agent::owner()).unwrap();
    assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), 1);
    assert_eq!(record(&opened, own.id).retracted_at, None);
}

#[test]
fn what_was_derived_from_something_that_fell_is_stale_however_far_down() {
    let opened = open();
    let source = tell(&opened, fact("Mirela", "lives in", "Ghent"));
    let resting_on =
        |text: &str, id: Id| NewMemory { evidence: vec![Evidence { id, quote: None }], ..NewMemory::new(text) };
    let near = tell(&opened, resting_on("Send the invitation to Ghent", source.id));
    let far = tell(&opened, resting_on("The stamp costs two euros", near.id));
    let stale = |id: Id| record(&opened, id).stale;
    assert!(stale(far.id).is_empty());
    let moved = tell(&opened, fact("Mirela", "lives in", "Porto"));
    assert_eq!((stale(near.id), stale(far.id)), (vec![source.id], vec![source.id]));
    let hit = opened.memory.recall(&Question::new("stamp euros")).unwrap().hits.remove(0);
    assert_eq!(hit.stale, [source.id], "it says so when it is recalled");
    let late = tell(&opened, resting_on("Ask her parents in Ghent", source.id));
    assert_eq!(stale(late.id), [source.id], "what is derived from the fallen is stale from the start");
    opened.memory.undo(moved.commit, &Agent::owner()).unwrap();
    assert!(stale(far.id).is_empty() && stale(late.id).is_empty(), "what was told meanwhile stands again too");
    let update = |id, op| opened.memory.update(id, op, Some("checked".into()), &Agent::owner());
    update(source.id, UpdateOp::End(Timestamp::from_millis(1_749_999_000_000))).unwrap();
    assert_eq!(stale(near.id), [source.id]);
    assert_eq!(update(source.id, UpdateOp::Restore).unwrap().fresh, [near.id, far.id, late.id]);
    assert!(stale(far.id).is_empty());
    let forgotten = opened.memory.forget(&[source.id], None, &Agent::owner()).unwrap();
    assert_eq!((stale(far.id), forgotten.passages), (vec![source.id], 1));
    opened.memory.undo(forgotten.commit.unwrap(), &Agent::owner()).unwrap();
    assert!(stale(far.id).is_empty());
    assert_eq!(update(near.id, UpdateOp::Retract).unwrap().stale, [far.id]);
    assert_eq!(stale(far.id), [near.id]);
}

#[test]
fn what_rests_on_a_passage_is_stale_when_the_file_no_longer_says_it() {
    let opened = open();
    let write = |text: &str| {
        opened.memory.put_documents(vec![note("/v/a.md", text, &[])], &Agent::ingest()).remove(0).unwrap();
    };
    write("The ferry leaves at nine.\n\nThe pier is old.");
    let passage = opened.memory.recall(&Question::new("ferry leaves")).unwrap().hits.remove(0).id;
    let evidence = vec![Evidence { id: passage, quote: None }];
    let told = tell(&opened, NewMemory { evidence, ..NewMemory::new("Be at the pier before nine") });
    write("The ferry leaves at nine.\n\nThe pier is new.");
    assert!(record(&opened, told.id).stale.is_empty(), "that passage is as it was");
    write("The ferry leaves at ten.\n\nThe pier is new.");
    assert_eq!(record(&opened, told.id).stale, [passage]);
}

#[test]
fn a_memory_is_corrected_ended_and_restored_without_loss() {
    let opened = open();
    let old = tell(&opened, NewMemory { valid_from: Some(day("2025-01-01")), ..fact("Mirela", "lives in", "Gent") });
    let update = |id, op| opened.memory.update(id, op, None, &Agent::owner());
    let right = UpdateOp::Correct(Statement::new("Mirela", "lives in", "Ghent"));
    let new = update(old.id, right).unwrap().replaced_by.unwrap();
    let after = record(&opened, new);
    assert_eq!((after.valid_from, after.revision_of), (Some(day("2025-01-01")), Some(old.id)));
    assert!(record(&opened, old.id).retracted_at.is_some());
    assert_eq!(recalled(&opened, "Mirela lives"), ["Mirela lives in Ghent"]);

    let early = update(new, UpdateOp::End(day("2024-01-01"))).unwrap_err();
    assert!(early.message().contains("before it begins"), "{early}");
    update(new, UpdateOp::End(day("2025-03-01"))).unwrap();
    assert!(recalled(&opened, "Mirela lives").is_empty());
    assert_eq!(update(new, UpdateOp::Retract).unwrap_err().kind(), ErrorKind::Conflict, "it ended");
    update(new, UpdateOp::Restore).unwrap();
    assert_eq!(recalled(&opened, "Mirela lives"), ["Mirela lives in Ghent"]);

    let text = tell(&opened, NewMemory::new("The ladder is in the shed"));
    let said = update(text.id, UpdateOp::Supersede("The ladder is in the cellar".into())).unwrap();
    assert_eq!(recalled(&opened, "where is the ladder"), ["The ladder is in the cellar"]);
    opened.memory.undo(said.commit, &Agent::owner()).unwrap();
    assert_eq!(recalled(&opened, "where is the ladder"), ["The ladder is in the shed"]);
    let same = update(text.id, UpdateOp::Supersede("The ladder is in the shed".into())).unwrap_err();
    assert_eq!(same.kind(), ErrorKind::Conflict);
    assert_eq!(
        opened.memory.update(text.id, UpdateOp::Retract, None, &Agent::named("x")).unwrap_err().kind(),
        ErrorKind::Conflict
    );
}

#[test]
fn what_a_retracted_fact_had_ended_goes_on() {
    let opened = open();
    let owner = Agent::owner();
    let lives = |town, from| NewMemory { valid_from: Some(day(from)), ..fact("Mirela", "lives in", town) };
    let home = |question: &str| recalled(&opened, question);
    let ghent = tell(&opened, lives("Ghent", "2021-01-01"));
    let near = NewMemory {
        evidence: vec![Evidence { id: ghent.id, quote: None }],
        ..NewMemory::new("The tram stops at the door")
    };
    let tram = tell(&opened, near);
    let rumour = tell(&opened, lives("Porto", "2025-03-22"));
    assert_eq!(record(&opened, ghent.id).valid_to, Some(day("2025-03-22")));
    let retracted = opened.memory.update(rumour.id, UpdateOp::Retract, None, &owner).unwrap();
    assert_eq!((record(&opened, ghent.id).valid_to, &retracted.fresh), (None, &vec![tram.id]));
    assert_eq!(home("where does Mirela live"), ["Mirela lives in Ghent"]);
    // And ends when the right day is told, or when it turns out to have been no rumour.
    let moved = tell(&opened, lives("Porto", "2025-03-23"));
    assert_eq!(record(&opened, ghent.id).valid_to, Some(day("2025-03-23")));
    opened.memory.undo(moved.commit, &owner).unwrap();
    opened.memory.update(rumour.id, UpdateOp::Restore, None, &owner).unwrap();
    assert_eq!(record(&opened, ghent.id).valid_to, Some(day("2025-03-22")));
    assert_eq!(home("where does Mirela live"), ["Mirela lives in Porto"]);
    let lucca = tell(&opened, lives("Lucca", "2025-06-01"));
    opened.memory.update(rumour.id, UpdateOp::Retract, None, &owner).unwrap_err();
    opened.memory.undo(lucca.commit, &owner).unwrap();
    let corrected = UpdateOp::Correct(Statement::new("Mirela", "lives in", "Braga"));
    let braga = opened.memory.update(rumour.id, corrected, None, &owner).unwrap().replaced_by.unwrap();
    assert_eq!(record(&opened, ghent.id).valid_to, Some(day("2025-03-22")), "what takes its place ends it too");
    opened.memory.update(braga, UpdateOp::Retract, None, &owner).unwrap();
    assert_eq!(home("where does Mirela live"), ["Mirela lives in Ghent"]);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_was_told_late_goes_on_when_the_next_was_wrong() {
    let opened = open();
    let works = |firm, from| NewMemory { valid_from: Some(day(from)), ..fact("Mirela", "works for", firm) };
    let rumour = tell(&opened, works("Beta", "2025-03-10"));
    let acme = tell(&opened, works("Acme", "2015-01-01"));
    assert_eq!(record(&opened, acme.id).valid_to, Some(day("2025-03-10")));
    let gamma = tell(&opened, works("Gamma", "2025-04-01"));
    assert_eq!(gamma.ended, [rumour.id]);
    let beta = opened.memory.update(rumour.id, UpdateOp::Retract, None, &Agent::owner());
    assert_eq!(beta.unwrap_err().kind(), ErrorKind::Conflict, "it ended");
    opened.memory.undo(gamma.commit, &Agent::owner()).unwrap();
    let retracted = opened.memory.update(rumour.id, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    assert_eq!(record(&opened, acme.id).valid_to, None);
    opened.memory.undo(retracted.commit, &Agent::owner()).unwrap();
    assert_eq!(record(&opened, acme.id).valid_to, Some(day("2025-03-10")));
    let between = tell(&opened, works("Delta", "2020-01-01"));
    assert_eq!(
        (between.ended.as_slice(), record(&opened, between.id).valid_to),
        (&[acme.id][..], Some(day("2025-03-10")))
    );
}

#[test]
fn two_people_with_one_name_are_told_apart() {
    let opened = open();
    tell(&opened, fact("Anna (sister)", "lives in", "Ghent"));
    tell(&opened, fact("Anna (colleague)", "lives in", "Porto"));
    let (kind, message) = refused(&opened, fact("Anna", "works for", "Acme"));
    assert_eq!(kind, ErrorKind::Conflict);
    assert!(message.contains("Anna (sister)") && message.contains("Anna (colleague)"), "{message}");
    let told = tell(&opened, fact("anna (Sister)", "works for", "Acme"));
    assert_eq!(record(&opened, told.id).statement.unwrap().subject, "Anna (sister)");
    let text = tell(&opened, NewMemory { kind: Kind::Fact, ..NewMemory::new("Anna speaks Dutch") });
    assert_eq!(record(&opened, text.id).statement, None, "a sentence that may mean two people stays a sentence");
}

#[test]
fn the_same_fact_again_adds_its_evidence_and_no_trust() {
    let opened = open();
    let file =
        opened.memory.put_documents(vec![note("/v/a.md", "Mirela moved to Porto in May.", &[])], &Agent::ingest());
    file.into_iter().next().unwrap().unwrap();
    let passage = opened.memory.recall(&Question::new("Mirela moved")).unwrap().hits.remove(0);
    let quoted = Evidence { id: passage.id, quote: Some("moved to Porto".into()) };
    let rests = NewMemory { evidence: vec![quoted.clone()], ..fact("Mirela", "lives in", "Porto") };
    let told = opened.memory.remember(rests, &Agent::named("helper")).unwrap();
    assert_eq!(record(&opened, told.id).trust, "ingested", "no more than what it rests on");
    let wrong = Evidence { quote: Some("moved to Ghent".into()), ..quoted.clone() };
    let (kind, message) = refused(&opened, NewMemory { evidence: vec![wrong], ..fact("Mirela", "lives in", "Ghent") });
    assert!(kind == ErrorKind::Invalid && message.contains("moved to Ghent"), "{message}");

    let episode = tell(&opened, NewMemory::new("Mirela told me that she lives in Porto now"));
    let again = NewMemory {
        text: "Mirela now lives in Porto".into(),
        evidence: vec![Evidence { id: episode.id, quote: None }],
        ..fact("Mirela", "lives in", "Porto")
    };
    let again = tell(&opened, again);
    assert_eq!((again.id, again.status), (told.id, RememberStatus::Duplicate));
    let mut rests_on = [passage.id, episode.id];
    rests_on.sort_unstable();
    assert_eq!(record(&opened, told.id).derived_from, rests_on);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_no_fact_can_be_is_refused() {
    let opened = open();
    let good = || fact("Mirela", "lives in", "Ghent");
    let from_to = |from, to| NewMemory { valid_from: Some(day(from)), valid_to: Some(day(to)), ..good() };
    assert!(refused(&opened, from_to("2025-02-01", "2025-02-01")).1.contains("before it begins"));
    assert!(refused(&opened, fact("Mirela", "frobnicates", "Ghent")).1.contains("frobnicates"));
    assert!(refused(&opened, fact("Mirela", "lives in", " ")).1.contains("without object"));
    assert!(refused(&opened, fact("Mirela", "lives in", "mirela")).1.contains("itself"));
    assert!(refused(&opened, NewMemory { confidence: Some(1.01), ..good() }).1.contains("1.01"));
    assert!(refused(&opened, NewMemory { kind: Kind::Episode, ..good() }).1.contains("states nothing"));
    let ids = |count| NewMemory { evidence: vec![Evidence { id: Id(1), quote: None }; count], ..good() };
    assert!(refused(&opened, ids(MAX_EVIDENCE + 1)).1.contains(&MAX_EVIDENCE.to_string()));
    assert_eq!(refused(&opened, ids(MAX_EVIDENCE)).0, ErrorKind::NotFound);
    let quote = |bytes| NewMemory { evidence: vec![Evidence { id: Id(1), quote: Some("q".repeat(bytes)) }], ..good() };
    assert_eq!(refused(&opened, quote(MAX_QUOTE_BYTES + 1)).0, ErrorKind::TooLarge);
    assert_eq!(refused(&opened, quote(MAX_QUOTE_BYTES)).0, ErrorKind::NotFound);
    assert_eq!(opened.memory.status().unwrap().memories, 0, "nothing is half done");
    assert_eq!(opened.memory.status().unwrap().entities, 0);
}

#[test]
fn an_unsure_fact_says_so() {
    let opened = open();
    let told = tell(&opened, NewMemory { confidence: Some(0.25), ..fact("Mirela", "knows", "Oskar") });
    assert_eq!(record(&opened, told.id).confidence, Some(0.25));
}

#[test]
fn the_owner_declares_what_facts_can_say() {
    let opened = open();
    let new = |label: &str| PredicateInfo {
        label: label.into(),
        aliases: vec!["is coached by".into()],
        functional: true,
        entities: true,
        ..PredicateInfo::default()
    };
    let declare = |new, agent: &Agent| opened.memory.declare(new, agent).map_err(|error| error.kind());
    assert_eq!(declare(new("trains with"), &Agent::named("helper")), Err(ErrorKind::Conflict));
    assert_eq!(declare(new(" "), &Agent::owner()), Err(ErrorKind::Invalid));
    assert_eq!(declare(new("works for"), &Agent::owner()), Err(ErrorKind::Conflict), "that is known");
    let aliases =
        |count| PredicateInfo { aliases: (0..count).map(|n| format!("says {n}")).collect(), ..new("says so") };
    assert_eq!(declare(aliases(MAX_ALIASES + 1), &Agent::owner()), Err(ErrorKind::Invalid));
    assert_eq!(
        declare(PredicateInfo { label: "x".repeat(MAX_NAME_BYTES + 1), ..new("x") }, &Agent::owner()),
        Err(ErrorKind::Invalid)
    );
    declare(aliases(MAX_ALIASES), &Agent::owner()).unwrap();
    let (declared, commit) = opened.memory.declare(new("trains with"), &Agent::owner()).unwrap();
    assert_eq!(declared.iri, "urn:hydra:property:trains_with");
    let told = tell(&opened, NewMemory { kind: Kind::Fact, ..NewMemory::new("Mirela is coached by Ines") });
    assert_eq!(record(&opened, told.id).statement, Some(Statement::new("Mirela", "trains with", "Ines")));
    assert_eq!(tell(&opened, fact("Mirela", "trains with", "Jon")).ended, [told.id]);
    opened.memory.undo(commit, &Agent::owner()).unwrap();
    assert!(refused(&opened, fact("Mirela", "trains with", "Kim")).1.contains("trains with"));
}

#[test]
fn what_a_fact_had_ended_goes_on_however_that_fact_falls() {
    for is_erased in [false, true] {
        let opened = open();
        let acme = tell(&opened, fact("Mirela", "works for", "Acme"));
        let beta = tell(&opened, fact("Mirela", "works for", "Beta"));
        let gamma = tell(&opened, fact("Mirela", "works for", "Gamma"));
        let asked = |firm: &str| {
            let text = format!("ASK {{ ?who schema:worksFor ?firm . ?firm skos:prefLabel \"{firm}\" }}");
            opened.memory.query(&hydra_graph::QueryRequest::new(text)).unwrap().holds.unwrap()
        };
        let fall = |id: Id| {
            let mode = if is_erased { hydra_graph::ForgetMode::Erase } else { hydra_graph::ForgetMode::Tombstone };
            let request = hydra_graph::ForgetRequest { ids: vec![id], mode, ..Default::default() };
            opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap()
        };
        fall(beta.id);
        let now = record(&opened, acme.id);
        assert_eq!(now.ended_by, Some(gamma.id), "it goes on until the next begins");
        let answer = fall(gamma.id);
        let now = record(&opened, acme.id);
        assert_eq!((now.valid_to, now.ended_by), (None, None), "erased: {is_erased}");
        assert!(asked("Acme"));
        assert_eq!(recalled(&opened, "who does Mirela work for"), ["Mirela works for Acme"]);
        if let hydra_graph::ForgetAnswer::Done(done) = answer {
            opened.memory.undo(done.commit.unwrap(), &Agent::owner()).unwrap();
            assert_eq!(record(&opened, acme.id).ended_by, Some(gamma.id));
            assert!(asked("Gamma") && !asked("Acme"));
        } else {
            let error = opened.memory.undo(beta.commit, &Agent::owner()).unwrap_err();
            assert!(!error.next_step().unwrap().starts_with("undo "), "{error:?}");
        }
        assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    }
}

#[test]
fn nobody_is_told_to_undo_an_erasure() {
    let opened = open();
    let acme = tell(&opened, fact("Mirela", "works for", "Acme"));
    let end = opened.memory.update(acme.id, UpdateOp::End(day("2026-01-01")), None, &Agent::owner()).unwrap();
    let note =
        tell(&opened, NewMemory { evidence: vec![Evidence { id: acme.id, quote: None }], ..NewMemory::new("A plan") });
    let both = opened
        .memory
        .remember(
            NewMemory { evidence: vec![Evidence { id: note.id, quote: None }], ..NewMemory::new("A trip") },
            &Agent::owner(),
        )
        .unwrap();
    let retracted = opened.memory.update(note.id, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    assert!(retracted.stale.contains(&both.id));
    let request =
        hydra_graph::ForgetRequest { ids: vec![acme.id], mode: hydra_graph::ForgetMode::Erase, ..Default::default() };
    opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap();
    for commit in [end.commit, retracted.commit] {
        let error = opened.memory.undo(commit, &Agent::owner()).unwrap_err();
        let next = error.next_step().unwrap();
        assert!(next.contains("can't be undone") && !next.starts_with("undo "), "{error:?}");
    }
}

#[test]
fn a_text_that_says_otherwise_than_its_statement_is_said_to() {
    let opened = open();
    let both = |text: &str, object: &str| NewMemory { text: text.into(), ..fact("Mirela", "lives in", object) };
    let told = tell(&opened, both("Mirela lives in Lisbon", "Porto"));
    let note = told.note.expect("both were told");
    assert!(note.contains("Lisbon") && note.contains("lives in Porto"), "{note}");
    assert_eq!(record(&opened, told.id).statement.unwrap().object, "Porto");
    assert!(tell(&opened, both("mirela lives in Lisbon.", "Porto")).note.is_some(), "and when it is known");
    for (text, object) in
        [("Mirela lives in porto", "Porto"), ("Oskar lives in Lisbon", "Porto"), ("She has moved", "Porto")]
    {
        assert_eq!(tell(&opened, both(text, object)).note, None, "{text}");
    }
    let likes = NewMemory { text: "Mirela likes tea".into(), ..fact("Mirela", "likes", "coffee") };
    assert_eq!(tell(&opened, likes).note, None, "both may be so");
}
