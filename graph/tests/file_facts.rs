//! Facts that files state: told when the file is read, ended when it says so no more, and never above anybody's word.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open, world};
use hydra_graph::{
    Agent, Datatype, Document, FileFact, ForgetMode, ForgetRequest, GetView, Id, MAX_FACT_VALUE_BYTES, MAX_FACTS_SHOWN,
    MAX_FILE_FACTS, MAX_FILE_SENTENCES, NewMemory, Property, QueryRequest, Question, RememberStatus, Statement, Target,
    Trust, UpdateOp,
};

const PATH: &str = "/v/Boiler.md";

/// A note that says such things of itself.
fn boiler(said: &[(&str, &str)]) -> Document {
    let lines: String = said.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let text = format!("---\n{lines}---\n\nIt hums, {}.", said.len());
    let property = |(name, value): &(&str, &str)| Property {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
        datatype: Datatype::of(value),
    };
    let properties: Vec<Property> = said.iter().map(property).collect();
    let facts = properties.iter().map(FileFact::of).collect();
    Document { properties, facts, content_hash: said.len().to_string(), ..note(PATH, &text, &[]) }
}

fn put(opened: &Opened, document: Document) -> Id {
    opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap().id
}

fn read(opened: &Opened, said: &[(&str, &str)]) -> Id {
    put(opened, boiler(said))
}

fn entity(opened: &Opened, name: &str) -> Id {
    opened.memory.graph(&hydra_graph::GraphRequest::new(name)).unwrap().id
}

/// What is said of the boiler now, by whom.
fn said(opened: &Opened) -> Vec<(String, Trust)> {
    let got = opened.memory.get(&[entity(opened, "Boiler")], GetView::Full).unwrap().remove(0);
    got.facts.iter().map(|tie| (format!("{} {}", tie.predicate, tie.to_name), tie.trust)).collect()
}

fn ingested(said: &[&str]) -> Vec<(String, Trust)> {
    said.iter().map(|said| ((*said).to_owned(), Trust::Ingested)).collect()
}

fn rows(opened: &Opened, pattern: &str) -> Vec<Vec<String>> {
    let answer = opened.memory.query(&QueryRequest::new(format!("SELECT ?v {{ {pattern} }} ORDER BY ?v"))).unwrap();
    answer.rows.iter().map(|row| row.iter().flatten().map(|cell| cell.value.clone()).collect()).collect()
}

fn tell(opened: &Opened, subject: &str, predicate: &str, object: &str) -> hydra_graph::Remembered {
    let new = NewMemory::fact(Statement::new(subject, predicate, object));
    opened.memory.remember(new, &Agent::owner()).unwrap()
}

fn fact_id(opened: &Opened, said: &str) -> Id {
    let got = opened.memory.get(&[entity(opened, "Boiler")], GetView::Full).unwrap().remove(0);
    got.facts.iter().find(|tie| format!("{} {}", tie.predicate, tie.to_name) == said).unwrap().fact.unwrap()
}

#[test]
fn what_a_note_says_of_itself_is_a_fact_until_it_says_so_no_more() {
    let opened = open();
    let source = read(&opened, &[("cost", "1200"), ("status", "fine")]);
    assert_eq!(said(&opened), ingested(&["cost 1200", "has the status fine"]));
    assert_eq!(rows(&opened, "?b prop:cost ?v FILTER(?v > 1000)"), [["1200"]]);
    assert_eq!(rows(&opened, "?b hy:status ?v"), [["fine"]]);
    let first = fact_id(&opened, "cost 1200");
    let record = opened.memory.get(&[first], GetView::Full).unwrap().remove(0).record.unwrap();
    assert_eq!((record.derived_from.as_slice(), record.trust.as_str()), (&[source][..], "ingested"));
    let commits = opened.memory.get(&[first], GetView::History).unwrap().remove(0).commits;
    let of_source = opened.memory.get(&[source], GetView::History).unwrap().remove(0).commits;
    assert_eq!((commits.len(), &commits[0].id), (1, &of_source[0].id), "one commit with the note");

    read(&opened, &[("cost", "1300"), ("status", "broken")]);
    assert_eq!(said(&opened), ingested(&["cost 1300", "has the status broken"]));
    let ended = opened.memory.get(&[first], GetView::Full).unwrap().remove(0).record.unwrap();
    assert!(ended.valid_to.is_some() && ended.retracted_at.is_none());
    assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), 0, "a note does not contradict itself");

    read(&opened, &[("status", "broken")]);
    assert_eq!(said(&opened), ingested(&["has the status broken"]));
    opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    assert_eq!(said(&opened), []);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn reading_the_same_again_changes_nothing_and_undo_takes_it_back() {
    let opened = open();
    read(&opened, &[("cost", "1200")]);
    let before = world(&opened.memory);
    let document = boiler(&[("cost", "1300"), ("due", "2026-01-01")]);
    let receipt = opened.memory.put_documents(vec![document.clone()], &Agent::ingest()).remove(0).unwrap();
    let after = world(&opened.memory);
    assert!(opened.memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap().commit.is_none());
    assert_eq!(world(&opened.memory), after);
    opened.memory.undo(receipt.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(world(&opened.memory), before);
}

#[test]
fn a_link_is_the_entity_it_points_at() {
    let opened = open();
    let mut document = boiler(&[("owner", "[[Mirela]]"), ("works_for", "Acme")]);
    document.facts[0].target = Some(Target::Name("Mirela".into()));
    document.facts[0].label = Some("Mirela".into());
    put(&opened, document);
    assert_eq!(said(&opened), ingested(&["owner Mirela", "works for Acme"]));
    let mirela = entity(&opened, "Mirela");
    assert_eq!(rows(&opened, "?b prop:owner ?v FILTER(isIRI(?v))"), [[format!("id:{mirela}")]]);
    assert!(entity(&opened, "Acme") != mirela);
}

#[test]
fn nobody_who_is_trusted_more_is_ended_or_outvoted() {
    let opened = open();
    let told = tell(&opened, "Boiler", "has the status", "broken");
    read(&opened, &[("status", "fine")]);
    let owners = opened.memory.get(&[told.id], GetView::Full).unwrap().remove(0).record.unwrap();
    assert!(owners.valid_to.is_none());
    let conflicts = opened.memory.conflicts(&[]).unwrap();
    assert_eq!(conflicts.len(), 1, "both are shown");
    // Another line of the note changes: nothing new is said of this one.
    read(&opened, &[("status", "fine"), ("cost", "5")]);
    assert_eq!(opened.memory.conflicts(&[]).unwrap(), conflicts);
    // The note gives in.
    read(&opened, &[("status", "broken")]);
    assert_eq!(opened.memory.conflicts(&[]).unwrap(), Vec::new());
    assert_eq!(said(&opened), [("has the status broken".to_owned(), Trust::Owner)]);
    let voices = opened.memory.get(&[told.id], GetView::Full).unwrap().remove(0).voices;
    assert_eq!(voices, Some(2), "the note says so too");
    // And is gone: what the owner said stays, and is not stale.
    let source = opened.memory.sources(None).unwrap()[0].id;
    opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    let owners = opened.memory.get(&[told.id], GetView::Full).unwrap().remove(0).record.unwrap();
    assert!(owners.valid_to.is_none() && owners.stale.is_empty(), "{owners:?}");
}

#[test]
fn what_somebody_ended_or_forgot_is_not_said_again_by_the_next_edit() {
    let opened = open();
    read(&opened, &[("status", "fine"), ("cost", "5")]);
    let newer = tell(&opened, "Boiler", "has the status", "broken");
    assert_eq!(newer.status, RememberStatus::Superseded, "the owner's word ends a note's");
    let cost = fact_id(&opened, "cost 5");
    opened.memory.forget(&[cost], None, &Agent::owner()).unwrap();
    read(&opened, &[("status", "fine"), ("cost", "5"), ("room", "cellar")]);
    let expected = [("has the status broken".to_owned(), Trust::Owner), ("room cellar".to_owned(), Trust::Ingested)];
    assert_eq!(said(&opened), expected);
    read(&opened, &[("room", "cellar")]);
    read(&opened, &[("cost", "5"), ("room", "cellar")]);
    assert_eq!(said(&opened), expected, "forgotten is forgotten");
}

#[test]
fn an_update_of_what_a_note_says_is_kept() {
    let opened = open();
    read(&opened, &[("cost", "5")]);
    let cost = fact_id(&opened, "cost 5");
    opened.memory.update(cost, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    read(&opened, &[("cost", "5"), ("room", "cellar")]);
    assert_eq!(said(&opened), ingested(&["room cellar"]));
}

#[test]
fn facts_go_with_the_file_that_states_them() {
    for mode in [ForgetMode::Tombstone, ForgetMode::Erase] {
        let opened = open();
        let source = read(&opened, &[("cost", "1234567")]);
        let request = ForgetRequest { ids: vec![source], mode, ..ForgetRequest::default() };
        opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap();
        assert_eq!(rows(&opened, "?b prop:cost ?v"), Vec::<Vec<String>>::new());
        read(&opened, &[("cost", "1234567"), ("room", "cellar")]);
        assert_eq!(rows(&opened, "?b prop:cost ?v"), Vec::<Vec<String>>::new());
        if mode == ForgetMode::Erase {
            assert_eq!(world(&opened.memory).into_iter().find(|line| line.contains("1234567")), None);
        }
        assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
    }
}

#[test]
fn facts_go_with_the_passage_that_says_them() {
    let opened = open();
    read(&opened, &[("cost", "1234567"), ("room", "cellar")]);
    let hit = opened.memory.recall(&Question::new("cost 1234567")).unwrap().hits.remove(0);
    let request = ForgetRequest { ids: vec![hit.id], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    opened.memory.forget_as(&request, &Agent::owner(), &mut |_, _| ()).unwrap();
    assert_eq!(world(&opened.memory).into_iter().find(|line| line.contains("1234567")), None);
    read(&opened, &[("cost", "1234567"), ("room", "cellar"), ("age", "7")]);
    assert!(!world(&opened.memory).iter().any(|line| line.contains("1234567")), "it is known again");
}

#[test]
fn a_name_with_several_values_is_the_notes_own_word() {
    let opened = open();
    read(&opened, &[("status", "fine"), ("status", "loud")]);
    assert_eq!(said(&opened), ingested(&["status fine", "status loud"]));
    assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), 0);
}

#[test]
fn as_many_are_facts_as_may_be_and_the_rest_are_properties() {
    let opened = open();
    let names: Vec<String> = (0..MAX_FILE_FACTS + 1).map(|number| format!("n{number:03}")).collect();
    let all: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "1")).collect();
    read(&opened, &all);
    let got = opened.memory.get(&[entity(&opened, "Boiler")], GetView::Full).unwrap().remove(0);
    assert_eq!(got.facts.len() + got.facts_left_out, MAX_FILE_FACTS);
    assert_eq!(got.facts.len(), MAX_FACTS_SHOWN);
    assert_eq!(rows(&opened, &format!("?b prop:n{MAX_FILE_FACTS:03} ?v")), [["1"]]);
    let (fits, is_longer) = ("x".repeat(MAX_FACT_VALUE_BYTES), "y".repeat(MAX_FACT_VALUE_BYTES + 1));
    read(&opened, &[("a", &fits), ("b", &is_longer)]);
    assert_eq!(said(&opened), ingested(&[&format!("a {fits}")]));
}

#[test]
fn what_was_so_then_is_what_the_note_said_then() {
    let opened = open();
    read(&opened, &[("cost", "1200")]);
    let then = opened.memory.remember(NewMemory::new("between"), &Agent::owner()).unwrap().id.minted_at();
    read(&opened, &[("cost", "1300")]);
    let moment = hydra_graph::Moment { true_at: Some(then), known_at: None };
    let query = QueryRequest { moment, ..QueryRequest::new("SELECT ?v { ?b prop:cost ?v }") };
    let answer = opened.memory.query(&query).unwrap();
    let values: Vec<&str> = answer.rows.iter().flatten().flatten().map(|cell| cell.value.as_str()).collect();
    assert_eq!(values, ["1200"]);
}

#[test]
fn what_an_agent_tells_with_a_note_as_evidence_keeps_it() {
    let opened = open();
    let source = read(&opened, &[("cost", "5")]);
    let evidence = vec![hydra_graph::Evidence { id: source, quote: None }];
    let new = NewMemory { evidence, ..NewMemory::fact(Statement::new("Boiler", "was made by", "Vulcan")) };
    let told = opened.memory.remember(new, &Agent::owner()).unwrap().id;
    read(&opened, &[("cost", "6")]);
    let record = |id: Id| opened.memory.get(&[id], GetView::Full).unwrap().remove(0).record.unwrap();
    assert_eq!(record(told).derived_from, [source]);
    opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    assert_eq!((record(told).stale, record(told).valid_to), (vec![source], None));
}

#[test]
fn evidence_stays_though_the_note_says_that_word_too() {
    let opened = open();
    let source = read(&opened, &[("maker", "Vulcan"), ("cost", "5")]);
    let evidence = vec![hydra_graph::Evidence { id: source, quote: None }];
    let new = NewMemory { evidence, ..NewMemory::fact(Statement::new("Boiler", "was made by", "Vulcan")) };
    let told = opened.memory.remember(new, &Agent::owner()).unwrap().id;
    for said in [&[("maker", "Vulcan"), ("cost", "6")][..], &[("maker", "Saturn")]] {
        read(&opened, said);
        let record = opened.memory.get(&[told], GetView::Full).unwrap().remove(0).record.unwrap();
        assert_eq!((record.derived_from, record.valid_to), (vec![source], None), "{said:?}");
    }
}

#[test]
fn a_sentence_that_goes_takes_its_voice_along() {
    let opened = open();
    let told = tell(&opened, "Mirela", "works for", "Acme Labs").id;
    let voices = || {
        let got = opened.memory.get(&[told], GetView::Full).unwrap().remove(0);
        let record = got.record.unwrap();
        (got.voices, record.derived_from.len(), record.stale.len())
    };
    assert_eq!(voices(), (Some(1), 0, 0));
    let says = "[[Mirela]] works for [[Acme Labs]].";
    let before = world(&opened.memory);
    let source = put(&opened, linked(PATH, says, 1_000));
    assert_eq!(voices(), (Some(2), 1, 0));
    put(&opened, linked(PATH, &format!("{says}\n\nShe is kind."), 2_000));
    assert_eq!(voices(), (Some(2), 1, 0), "another sentence came");
    put(&opened, linked(PATH, "She is kind.", 3_000));
    assert_eq!(voices(), (Some(1), 0, 0));
    put(&opened, linked(PATH, says, 4_000));
    assert_eq!(voices(), (Some(2), 1, 0), "and comes back");
    let receipt = opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    assert_eq!(voices(), (Some(1), 0, 0), "what the owner said is not stale");
    assert!(before.is_subset(&world(&opened.memory)));
    opened.memory.undo(receipt.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(voices(), (Some(2), 1, 0));
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn what_two_notes_say_ends_with_the_last_of_them() {
    let opened = open();
    let says = "[[Mirela]] works for [[Acme Labs]].";
    put(&opened, linked("/v/One.md", says, 1_000));
    let other = put(&opened, linked("/v/Two.md", says, 2_000));
    put(&opened, linked("/v/One.md", "Nothing.", 3_000));
    assert_eq!(sentences(&opened), ["Mirela works for Acme Labs"]);
    put(&opened, linked("/v/Two.md", "Nothing.", 4_000));
    assert_eq!(sentences(&opened), Vec::<String>::new());
    let ended = rows(&opened, "?f hy:kind \"fact\" ; prov:wasDerivedFrom ?v");
    assert_eq!(ended, [[format!("id:{other}")]], "where it comes from is still told");
}

#[test]
fn a_day_or_a_number_is_no_name() {
    let opened = open();
    read(&opened, &[("bought", "2019-03-01"), ("joined", "Acme")]);
    assert_eq!(said(&opened), ingested(&["bought 2019-03-01", "works for Acme"]));
}

#[test]
fn a_page_that_another_stands_for_goes_on_saying_what_it_says() {
    let opened = open();
    let owner = Agent::owner();
    read(&opened, &[("cost", "5")]);
    let cost = fact_id(&opened, "cost 5");
    tell(&opened, "Kettle", "has the status", "new");
    opened.memory.merge("Kettle", "Boiler", None, &owner).unwrap();
    read(&opened, &[("cost", "5"), ("room", "cellar")]);
    assert_eq!(fact_id(&opened, "cost 5"), cost);
    let of = |name: &str| -> Vec<String> {
        let got = opened.memory.get(&[entity(&opened, name)], GetView::Full).unwrap().remove(0);
        got.facts.iter().map(|tie| format!("{} {}", tie.predicate, tie.to_name)).collect()
    };
    assert_eq!(of("Kettle"), ["cost 5", "has the status new", "room cellar"]);
    opened.memory.split("Boiler", &[], None, &owner).unwrap();
    assert_eq!(
        (of("Kettle"), of("Boiler")),
        (vec!["has the status new".into()], vec!["cost 5".into(), "room cellar".into()])
    );
    read(&opened, &[("room", "cellar")]);
    assert_eq!(of("Boiler"), ["room cellar"]);
    assert!(opened.memory.check(&mut |_| ()).unwrap().ok);
}

#[test]
fn a_file_that_comes_back_by_undo_says_again_what_it_said() {
    let opened = open();
    let source = read(&opened, &[("cost", "5")]);
    let before = world(&opened.memory);
    let receipt = opened.memory.remove_sources(&[source], &Agent::ingest()).remove(0).unwrap();
    opened.memory.undo(receipt.commit.unwrap(), &Agent::owner()).unwrap();
    assert_eq!(world(&opened.memory), before);
}

/// A note in which the names in double brackets are links.
fn linked(path: &str, text: &str, changed_at: i64) -> Document {
    let mut document = note(path, text, &[]);
    for (at, _) in text.match_indices("[[") {
        let end = at + text[at..].find("]]").unwrap() + 2;
        let target = Target::Name(text[at + 2..end - 2].split('|').next().unwrap().to_owned());
        let kind = hydra_graph::LinkKind::Wikilink;
        document.links.push(hydra_graph::Link { span: at..end, kind, target, fragment: None, label: None });
    }
    document.modified_at = Some(hydra_graph::Timestamp::from_millis(changed_at));
    document
}

fn sentences(opened: &Opened) -> Vec<String> {
    rows(opened, "?f hy:kind \"fact\" ; schema:text ?v FILTER NOT EXISTS { ?f hy:validTo ?end }").concat()
}

#[test]
fn a_sentence_about_a_link_or_the_note_itself_is_a_fact() {
    let opened = open();
    let text = "[[Mirela]] works for [[Acme Labs|Acme]]. She is kind.\n- Boiler depends on Pump\n- it uses water\n\
                > [[Oskar]] lives in [[Ghent]]\n- [ ] [[Oskar]] owns [[Boat]]\nDoes [[Oskar]] own [[Boat]]?\n\
                Oskar lives in Porto.\n[[Oskar]] lives in [[Ghent]], maybe.\n[[Oskar]] uses a hammer";
    put(&opened, linked(PATH, text, 1_000));
    assert_eq!(sentences(&opened), ["Boiler depends on Pump", "Mirela works for Acme"]);
    let acme = entity(&opened, "Acme Labs");
    assert_eq!(rows(&opened, "?m schema:worksFor ?v"), [[format!("id:{acme}")]]);
    put(&opened, linked(PATH, "[[Mirela]] works for [[Acme Labs|Acme]].", 2_000));
    assert_eq!(sentences(&opened), ["Mirela works for Acme"]);
    let code = "```\n[[Mirela]] works for [[Acme Labs]]\n```";
    put(&opened, linked(PATH, code, 3_000));
    assert_eq!(sentences(&opened), Vec::<String>::new());
}

#[test]
fn what_is_code_from_an_earlier_passage_on_is_no_sentence() {
    let opened = open();
    let text = "```\nfirst\n\n[[Mirela]] works for [[Acme]]\n```\n\nShe sings.  [[Oskar]] lives in [[Ghent]].";
    put(&opened, linked(PATH, text, 1_000));
    assert_eq!(sentences(&opened), ["Oskar lives in Ghent"], "and two blanks part sentences, too");
}

#[test]
fn what_is_decided_preferred_owned_and_part_of_what_is_said() {
    let opened = open();
    let text = "[[Oskar]] prefers tea.\n[[Oskar]] decided to sell the boat.\n[[Pump]] is a part of [[Boiler]].\n\
                [[Oskar]] owns [[Boat]].\n[[Boiler]] relies on [[Pump]].\n[[Mirela]] works at [[Acme]].";
    put(&opened, linked("/v/All.md", text, 1_000));
    let told = [
        "Boiler depends on Pump",
        "Mirela works for Acme",
        "Oskar decided to sell the boat",
        "Oskar owns Boat",
        "Oskar prefers tea",
        "Pump is part of Boiler",
    ];
    assert_eq!(sentences(&opened), told);
    let sure = rows(&opened, "?f hy:kind \"fact\" ; hy:confidence ?v");
    assert_eq!(sure.len(), told.len(), "none is certain");
}

#[test]
fn the_note_that_was_changed_last_says_what_is_so_in_whatever_order_they_are_read() {
    for is_first in [true, false] {
        let opened = open();
        let (old, new) = (
            linked("/v/2019.md", "[[Mirela]] lives in [[Ghent]].", 1_000),
            linked("/v/2024.md", "[[Mirela]] lives in [[Porto]].", 2_000),
        );
        let order = if is_first { [old, new] } else { [new, old] };
        for document in order {
            put(&opened, document);
        }
        assert_eq!(sentences(&opened), ["Mirela lives in Porto"], "{is_first}");
        assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
    }
}

#[test]
fn a_sentence_disputes_nobody() {
    let opened = open();
    tell(&opened, "Mirela", "lives in", "Lucca");
    put(&opened, linked(PATH, "[[Mirela]] lives in [[Porto]].", 1_000));
    let told = sentences(&opened);
    assert_eq!(told, ["Mirela lives in Lucca"]);
    put(&opened, Document { modified_at: None, ..linked("/v/Now.md", "[[Mirela]] lives in [[Ghent]].", 0) });
    assert_eq!(sentences(&opened), told, "not even when it is said later");
    assert!(opened.memory.conflicts(&[]).unwrap().is_empty());
}

#[test]
fn as_many_sentences_are_taken_apart_as_may_be() {
    let opened = open();
    let text: String = (0..=MAX_FILE_SENTENCES).map(|number| format!("Boiler uses Part{number:02}.\n")).collect();
    put(&opened, linked(PATH, &text, 1_000));
    let told = sentences(&opened);
    assert_eq!((told.len(), told.last().unwrap().as_str()), (MAX_FILE_SENTENCES, "Boiler uses Part31"));
}
