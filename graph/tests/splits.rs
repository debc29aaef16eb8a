//! Whatever is merged, in any order, is told apart again: as if it had never been merged.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{about, note, open, world};
use hydra_graph::{Agent, Id, Memory, NewMemory, Remembered, Statement, UpdateOp};
use proptest::prelude::*;

const NAMES: [&str; 5] = ["Ada", "Ben", "Cleo", "Dov", "Eve"];

#[derive(Clone, Debug)]
enum Step {
    Fact(usize, bool, usize),
    About(usize, usize),
    Note(usize, usize, usize),
    End(usize),
    Merge(usize, usize),
    Split(usize),
    Undo,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = || 0..NAMES.len();
    let step = prop_oneof![
        3 => (name(), any::<bool>(), name()).prop_map(|(who, known, whom)| Step::Fact(who, known, whom)),
        2 => (name(), name()).prop_map(|(one, other)| Step::About(one, other)),
        2 => (0..3_usize, name(), name()).prop_map(|(file, one, other)| Step::Note(file, one, other)),
        1 => (0..20_usize).prop_map(Step::End),
        3 => (name(), name()).prop_map(|(keep, other)| Step::Merge(keep, other)),
        2 => name().prop_map(Step::Split),
        1 => Just(Step::Undo),
    ];
    prop::collection::vec(step, 1..28)
}

/// Plays the steps, with merges or without; what says nothing by itself names whom it means, so that it can be played again.
fn play(memory: &Memory, steps: &[Step], with_merges: bool, skipped: &mut BTreeSet<usize>) -> Vec<Option<Id>> {
    let (owner, helper) = (Agent::owner(), Agent::named("helper"));
    let mut told = Vec::new();
    let mut last_merge = None;
    for name in NAMES {
        told.push(Some(about(memory, name, &format!("{name} is there"))));
    }
    for (at, step) in steps.iter().enumerate() {
        let is_skipped = skipped.contains(&at);
        match step {
            Step::Fact(who, is_known, whom) => {
                let statement = match is_known {
                    true => Statement::new(NAMES[*who], "knows", NAMES[*whom]),
                    false => Statement::new(NAMES[*who], "likes", format!("thing {at}")),
                };
                // Of one who is both nothing can be said.
                let answer = (!is_skipped).then(|| memory.remember(NewMemory::fact(statement), &owner));
                let is_new = |told: &Remembered| told.status != hydra_graph::RememberStatus::Duplicate;
                let id = answer.and_then(Result::ok).filter(is_new).map(|told| told.id);
                if id.is_none() {
                    skipped.insert(at);
                }
                told.push(id);
            }
            Step::About(one, other) => {
                let new = NewMemory {
                    entities: vec![NAMES[*one].into(), NAMES[*other].into()],
                    ..NewMemory::new(format!("memory {at}"))
                };
                told.push(Some(memory.remember(new, &owner).unwrap().id));
            }
            Step::Note(file, one, other) => {
                let text = format!("Note {at}.\n\nSee {} and {}.", NAMES[*one], NAMES[*other]);
                let file = match file {
                    0 => "/v/Ada.md".to_owned(),
                    file => format!("/v/{file}.md"),
                };
                let note = note(&file, &text, &[NAMES[*one], NAMES[*other]]);
                memory.put_documents(vec![note], &Agent::ingest()).remove(0).unwrap();
            }
            Step::End(which) => {
                if let Some(Some(id)) = told.get(*which).copied() {
                    let _ = memory.update(id, UpdateOp::Retract, None, &owner);
                }
            }
            Step::Merge(keep, other) if with_merges => {
                if let Ok(merged) = memory.merge(NAMES[*keep], NAMES[*other], None, &helper) {
                    last_merge = Some(merged.commit);
                }
            }
            Step::Split(which) if with_merges => drop(memory.split(NAMES[*which], &[], None, &helper)),
            Step::Undo if with_merges => drop(last_merge.take().map(|commit| memory.undo(commit, &helper))),
            Step::Merge(..) | Step::Split(_) | Step::Undo => {}
        }
    }
    told
}

/// The world with names that do not depend on when something was told, and without times.
fn nameless(memory: &Memory) -> BTreeSet<String> {
    let lines = world(memory);
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for line in &lines {
        let subject = line.split_whitespace().next().unwrap().to_owned();
        for label in ["#prefLabel>", "schema.org/text>", "hydra:ns#path>"] {
            if line.contains(&format!("{label} \"")) && subject.contains("hydra:id") {
                names.insert(subject.clone(), line.split('"').nth(1).unwrap().to_owned());
            }
        }
    }
    let is_id = |word: &str| word.trim_start_matches("<<(").starts_with("<urn:hydra:id:");
    let spell = |line: &String| -> String {
        line.split_whitespace()
            .map(|word| match word {
                word if word.contains("XMLSchema#dateTime") => "TIME".to_owned(),
                word if is_id(word) => names.get(word).cloned().unwrap_or_else(|| "SOME".to_owned()),
                // A slot's key names its subject by id.
                word if word.starts_with("\"slot:") => {
                    let id = format!("<urn:hydra:id:{}>", word.trim_start_matches("\"slot:"));
                    format!("slot:{}", names.get(&id).cloned().unwrap_or(id))
                }
                word => word.to_owned(),
            })
            .collect::<Vec<_>>()
            .join(" ")
    };
    lines.iter().map(spell).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_merged_is_told_apart_again(steps in steps(), order in Just(NAMES.to_vec()).prop_shuffle()) {
        let (opened, plain) = (open(), open());
        let mut skipped = BTreeSet::new();
        let told = play(&opened.memory, &steps, true, &mut skipped);
        for round in 0..NAMES.len() {
            for name in &order {
                let _ = opened.memory.split(name, &[], None, &Agent::named(format!("helper {round}")));
            }
        }
        for name in NAMES {
            prop_assert!(opened.memory.entity(name).unwrap().stands_for.is_empty());
        }
        let again = play(&plain.memory, &steps, false, &mut skipped);
        prop_assert_eq!(told.len(), again.len());
        let (is, should) = (nameless(&opened.memory), nameless(&plain.memory));
        let more: Vec<_> = is.difference(&should).collect();
        let less: Vec<_> = should.difference(&is).collect();
        prop_assert!(more.is_empty() && less.is_empty(), "more {more:#?}\nless {less:#?}");
    }
}
