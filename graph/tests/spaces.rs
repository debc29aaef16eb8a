//! What is asked of one space says nothing of another, whichever verb is asked and whatever happened before.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Debug;

use common::history::{Dice, History, PEOPLE};
use common::{Opened, note, open};
use hydra_graph::{
    Agent, Answered, Choice, ContextRequest, Document, Evidence, ForgetMode, ForgetRequest, GetRequest, GetView,
    GraphRequest, Id, Kind, Mode, Moment, NewDecision, NewLearning, NewMemory, NewPreference, NewProposal, Outcome,
    QueryRequest, Question, Statement, Suggestion, ThreadKind, TimelineRequest, Timestamp, UpdateOp,
};

/// What is told in a space, and named in it, has the last part of its name somewhere.
const SPACES: [&str; 4] = ["personal", "project/quokka", "project/numbat", "agent/bilby"];
const SEEDS: [u64; 2] = [0x1234_5678_9abc_def1, 0x0bad_cafe_dead_beef];
const STEPS: usize = 160;

fn marker(space: &str) -> &str {
    space.rsplit('/').next().unwrap()
}

/// Does what [`History::act`] does not: the other kinds of memories, what waits and what disagrees. `anywhere` are ids of
/// every space.
fn act(history: &mut History, opened: &Opened, dice: &mut Dice, anywhere: &[Id]) {
    let (memory, space) = (&opened.memory, history.space.clone());
    let mark = marker(&space);
    let name = format!("{}{}", mark[..1].to_uppercase(), &mark[1..]);
    let (owner, helper) = (Agent::owner(), Agent::named("helper"));
    let (person, number) = (PEOPLE[dice.roll(4)], dice.roll(4));
    let new = |text: String| NewMemory { space: space.clone(), ..NewMemory::new(text) };
    let told = match dice.roll(11) {
        0 => {
            let preference = NewPreference { topic: Some(format!("{mark} paper")), ..NewPreference::default() };
            let text = format!("{person} likes {mark} paper number {number}");
            memory.remember(NewMemory { kind: Kind::Preference, preference, ..new(text) }, &owner)
        }
        1 => {
            let options =
                vec![Choice::parse(&format!("{mark} plan {number}: cheap")).chosen(), Choice::parse("Nothing")];
            let known: Vec<Id> = history.ids.iter().copied().collect();
            let supersedes = known.get(dice.roll(known.len().max(1))).copied().filter(|_| number > 0);
            let decision = NewDecision { options, reasons: vec![format!("{mark} says {person}")], supersedes };
            let text = format!("We take the {mark} plan {number}");
            let new = NewMemory { kind: Kind::Decision, decision, ..new(text) };
            let alone = NewDecision { supersedes: None, ..new.decision.clone() };
            memory
                .remember(new.clone(), &owner)
                .or_else(|_| memory.remember(NewMemory { decision: alone, ..new }, &owner))
        }
        2 => {
            let new = NewLearning {
                trigger: format!("the {mark} press jams, part {number}"),
                lesson: format!("ask {person} of {mark}"),
                outcome: Outcome::Worked,
                evidence: Vec::new(),
                space: space.clone(),
                entities: vec![person.to_owned(), format!("{name} Press")],
                path: None,
            };
            if let Ok(learned) = memory.learn(new, &owner) {
                history.ids.insert(learned.id);
            }
            return;
        }
        3 => {
            let evidence: Vec<Evidence> =
                history.ids.iter().next_back().map(|id| Evidence { id: *id, quote: None }).into_iter().collect();
            let suggestion = match number {
                0 => Suggestion::Alias { entity: person.into(), alias: format!("{name} the {number}") },
                1 => Suggestion::Merge { keep: format!("{name} Press"), other: format!("{mark} ladder") },
                2 => Suggestion::Summary { text: format!("{mark} in short, {}", dice.roll(9)), entities: Vec::new() },
                _ => Suggestion::Fact {
                    subject: person.into(),
                    predicate: "works for".into(),
                    object: format!("{name} Limited"),
                    valid_from: None,
                    valid_to: None,
                },
            };
            let new = NewProposal { suggestion, space: space.clone(), evidence, confidence: 0.7 };
            memory.propose(vec![new], None, &helper).unwrap();
            return;
        }
        // Nobody knows who is right.
        4 => {
            let stated = Statement::new(person, "lives in", format!("{name} Harbour {number}"));
            memory.remember(NewMemory { statement: Some(stated), kind: Kind::Fact, ..new(String::new()) }, &helper)
        }
        // Word for word the same in every space.
        5 => {
            let text = format!("{person} keeps the long ladder");
            memory.remember(NewMemory { said_by: Some(format!("the {mark} book")), ..new(text) }, &owner)
        }
        6 => {
            let said = NewMemory {
                session: Some(format!("{mark} talk {number}")),
                speaker: Some(if number == 0 { person.into() } else { format!("{name} Smith") }),
                entities: vec![person.into()],
                ..new(format!("I saw {person} and {name} Smith at the pier, {number}"))
            };
            memory.remember(said, &owner)
        }
        // What rests on another space.
        7 => {
            let evidence = anywhere.get(dice.roll(anywhere.len().max(1))).map(|id| Evidence { id: *id, quote: None });
            let text = format!("{name} Smith concludes of {person}: {number}");
            memory.remember(NewMemory { evidence: evidence.into_iter().collect(), ..new(text) }, &owner)
        }
        8 => {
            let document = Document {
                space: space.clone(),
                aliases: vec![format!("{name} page {number}")],
                tags: vec![format!("{mark}/topic"), "shared".into()],
                ..note(
                    &format!("/w/{mark}/{mark}.md"),
                    &format!("{person} keeps the long ladder\n\n{name} Smith met {person}, {number}."),
                    &[person],
                )
            };
            memory.put_documents(vec![document], &Agent::ingest()).remove(0).unwrap();
            return;
        }
        // Of two spaces at once, and says so.
        9 => {
            let own = history.ids.iter().next_back().copied();
            let ids: Vec<Id> = own.into_iter().chain(anywhere.get(dice.roll(anywhere.len().max(1))).copied()).collect();
            // Of what was forgotten before, nothing would be said of its own.
            let got = memory.get(&ids, GetView::Index).unwrap();
            let first = got.first().and_then(|got| got.record.as_ref());
            if own.is_some() && first.is_some_and(|record| record.forgotten_at.is_none()) {
                let _ = memory.forget(&ids, Some(format!("{mark} is over, {number}")), &owner);
            }
            return;
        }
        _ => {
            history.act(opened, dice);
            return;
        }
    };
    if let Ok(told) = told {
        history.ids.insert(told.id);
    }
}

/// What was said where it should not be: the verb, and a piece of what it said.
#[derive(Default)]
struct Leaks(BTreeSet<String>);

impl Leaks {
    fn look<T: Debug>(&mut self, verb: &str, space: &str, answer: hydra_graph::Result<T>) -> Option<T> {
        let (said, answer) = match answer {
            Ok(answer) => (format!("{answer:?}"), Some(answer)),
            Err(error) => (format!("{error:?}"), None),
        };
        let said = said.to_lowercase();
        for other in SPACES.iter().filter(|other| **other != space) {
            if let Some(at) = said.find(marker(other)) {
                let around: String = said[..at + 40.min(said.len() - at)].chars().rev().take(160).collect();
                self.0.insert(format!("{verb} of {space}: …{}", around.chars().rev().collect::<String>()));
            }
        }
        answer
    }
}

#[test]
fn whatever_is_asked_of_a_space_says_nothing_of_another() {
    for seed in SEEDS {
        let opened = open();
        let memory = &opened.memory;
        let mut dice = Dice(seed);
        let mut histories = SPACES.map(History::of);
        let mut moments = Vec::new();
        for step in 0..STEPS {
            let anywhere: Vec<Id> = histories.iter().flat_map(|history| history.ids.iter().copied()).collect();
            let turn = dice.roll(SPACES.len());
            if dice.roll(2) == 0 {
                histories[turn].act(&opened, &mut dice);
            } else {
                act(&mut histories[turn], &opened, &mut dice, &anywhere);
            }
            if step % 40 == 20 {
                moments.push(memory.recall(&Question::new("now")).unwrap().trace_id.minted_at());
                // People are everybody's; whom they stand for too.
                let _ = memory.merge(PEOPLE[dice.roll(4)], PEOPLE[dice.roll(4)], None, &Agent::owner());
            }
        }
        let anywhere: Vec<Id> = histories.iter().flat_map(|history| history.ids.iter().copied()).collect();
        let mut leaks = Leaks::default();
        for (turn, space) in SPACES.iter().enumerate() {
            look_at(&opened, &mut leaks, space, &histories[turn].ids, &anywhere, &moments);
        }
        let all: Vec<&String> = leaks.0.iter().take(40).collect();
        assert!(all.is_empty(), "{} leaks with {seed:x}, as in\n{all:#?}", leaks.0.len());
    }
}

/// Asks every verb of one space, with the words and ids of all.
fn look_at(
    opened: &Opened,
    leaks: &mut Leaks,
    space: &str,
    own: &BTreeSet<Id>,
    anywhere: &[Id],
    moments: &[Timestamp],
) {
    let memory = &opened.memory;
    let spaces = vec![space.to_owned()];
    let texts = memory
        .query(&QueryRequest {
            spaces: spaces.clone(),
            limit: hydra_graph::MAX_ROWS,
            ..QueryRequest::new("SELECT ?t { { ?t a hy:Memory } UNION { ?t a hy:Passage } }")
        })
        .unwrap()
        .rows
        .len();
    assert!(texts > 10, "{space} has {texts} texts");
    let mut names: Vec<String> = PEOPLE.iter().map(|name| (*name).to_owned()).collect();
    for other in SPACES {
        let mark = marker(other);
        names.extend([
            format!("{mark} ladder"),
            format!("{mark} smith"),
            format!("{mark} talk 1"),
            format!("{mark} press"),
        ]);
    }
    let mut at: Vec<Moment> = vec![Moment::default()];
    at.extend(moments.iter().map(|at| Moment { known_at: Some(*at), true_at: None }));
    at.push(Moment { true_at: Some(common::history::day("2024-01-01")), known_at: None });
    for name in &names {
        for (moment, mode) in at.iter().flat_map(|moment| [(moment, Mode::Fast), (moment, Mode::Deep)]) {
            let plain = Question { spaces: spaces.clone(), mode, moment: *moment, ..Question::new(name.as_str()) };
            let about = Question { entity: Some(name.clone()), text: "who keeps the ladder".into(), ..plain.clone() };
            let few = Question { limit: 1, kinds: vec![Kind::Fact, Kind::Passage, Kind::Episode], ..plain.clone() };
            for question in [plain, about, few] {
                let Some(recalled) = leaks.look("recall", space, memory.recall(&question)) else { continue };
                if recalled.hits.len() + recalled.dropped > texts && moment.is_now() {
                    leaks.0.insert(format!("recall of {space} counts {} of {texts}", recalled.dropped));
                }
                // The question is the asker's own.
                let explained = memory.explain(Answered::Before(recalled.trace_id), None).map(|explained| {
                    for left in &explained.left_out {
                        if anywhere.contains(&left.id) && !own.contains(&left.id) {
                            leaks.0.insert(format!("explain of {space} names {}: {}", left.id, left.reason));
                        }
                    }
                    (explained.given, explained.left_out, explained.degraded)
                });
                leaks.look("explain", space, explained);
            }
        }
        let request = ContextRequest {
            about: Some(name.clone()),
            spaces: spaces.clone(),
            budget_tokens: Some(4_000),
            ..ContextRequest::default()
        };
        let context = memory.context(&request).map(|mut context| {
            context.text = context.text.replace(&format!("About {name}"), "");
            context
        });
        leaks.look("context", space, context);
        let request = ForgetRequest { query: Some(name.clone()), spaces: spaces.clone(), ..ForgetRequest::default() };
        let shown = memory.forget_as(&request, &Agent::owner(), &mut |_, _| ());
        leaks.look("forget", space, shown);
    }
    let request = ContextRequest { spaces: spaces.clone(), budget_tokens: Some(4_000), ..ContextRequest::default() };
    let context = leaks.look("context", space, memory.context(&request)).unwrap();
    let of_own = |id: &Id| own.contains(id) || !anywhere.contains(id);
    for id in context.items.iter().map(|item| item.id).chain(context.threads.iter().map(|thread| thread.id)) {
        if !of_own(&id) {
            leaks.0.insert(format!("context of {space} names {id}"));
        }
    }
    // What waits is counted as the verbs that list it count it.
    let count = |kind| context.threads.iter().filter(|thread| thread.kind == kind).count();
    let conflicts = memory.conflicts(&spaces).unwrap();
    assert!(count(ThreadKind::Conflict) <= conflicts.len(), "{:?}", context.threads);
    let waiting = memory.proposals(&spaces).unwrap().len();
    let thread = context.threads.iter().find(|thread| thread.kind == ThreadKind::Proposals);
    let said = thread.map_or(0, |thread| thread.text.split(' ').next().unwrap().parse().unwrap_or(waiting));
    assert!(context.dropped > 0 || said == waiting, "{waiting} wait in {space}: {:?}", context.threads);
    let mut references: Vec<String> = names.clone();
    references.extend(anywhere.iter().map(Id::to_string));
    references.extend(
        SPACES.iter().flat_map(|other| [format!("/w/{0}/{0}.md", marker(other)), format!("{0}/{0}1.md", other)]),
    );
    references.extend(
        memory
            .query(&QueryRequest::new("SELECT ?s { ?s a ?c FILTER(?c = hy:Session || ?c = hy:Entity) }"))
            .unwrap()
            .rows
            .iter()
            .map(|row| row[0].as_ref().unwrap().value.clone()),
    );
    for of in &references {
        let is_asked = |text: &str| text.to_lowercase().contains(&of.to_lowercase());
        for moment in [Moment::default(), at[1]] {
            let request = TimelineRequest { spaces: spaces.clone(), moment, ..TimelineRequest::new(of.as_str()) };
            let told = memory.timeline(&request).map(|mut told| {
                if is_asked(&told.name) {
                    told.name.clear();
                }
                told
            });
            leaks.look("timeline", space, told.map_err(|error| blank(error, of)));
            let request = GraphRequest { spaces: spaces.clone(), depth: 2, moment, ..GraphRequest::new(of.as_str()) };
            leaks.look("graph", space, memory.graph(&request).map_err(|error| blank(error, of)));
        }
    }
    // Whose are names, conversations, commits, traces and everything else that has an id.
    let nodes = memory.query(&QueryRequest {
        limit: hydra_graph::MAX_ROWS,
        ..QueryRequest::new("SELECT DISTINCT ?s { { ?s a ?c } UNION { GRAPH ?g { ?s hy:verb ?v } } FILTER(ISIRI(?s)) }")
    });
    let mut ids: Vec<Id> = nodes.unwrap().rows.iter().filter_map(|row| row[0].as_ref()?.value.parse().ok()).collect();
    for other in SPACES {
        let question = Question { spaces: vec![other.into()], ..Question::new(format!("{} ladder", marker(other))) };
        ids.push(memory.recall(&question).unwrap().trace_id);
    }
    ids.push(memory.recall(&Question::new("who keeps the ladder")).unwrap().trace_id);
    let mut shown = 0;
    for id in ids {
        for view in [GetView::Full, GetView::Provenance, GetView::History] {
            for moment in [at[0], at[1], at[at.len() - 1]] {
                let request = GetRequest { ids: vec![id], view, spaces: spaces.clone(), moment };
                let got = leaks.look("get", space, memory.get_as(&request)).unwrap().remove(0);
                shown += usize::from(got.error.is_none());
                assert!(!own.contains(&id) || got.record.is_some() || got.error.is_some() || !got.commits.is_empty());
            }
        }
        leaks.look("explain", space, memory.explain_in(&spaces, Answered::Before(id), None));
    }
    assert!(shown > own.len(), "what is its own is shown");
    for id in anywhere.iter().filter(|id| !own.contains(id)) {
        let refused = memory.update_in(&spaces, *id, UpdateOp::Retract, None, &Agent::owner()).unwrap_err();
        // What was taken back is nowhere any more.
        let is_there = memory.get(&[*id], GetView::Index).unwrap()[0].record.is_some();
        assert!(refused.next_step().is_some(), "{refused}");
        assert_eq!(refused.message().contains(space), is_there, "{refused}");
    }
    for id in anywhere {
        for mode in [ForgetMode::Tombstone, ForgetMode::Erase] {
            let request = ForgetRequest {
                ids: vec![*id],
                spaces: spaces.clone(),
                mode,
                is_dry_run: true,
                ..ForgetRequest::default()
            };
            let shown = memory.forget_as(&request, &Agent::owner(), &mut |_, _| ());
            leaks.look("forget", space, shown);
        }
    }
    leaks.look(
        "query",
        space,
        memory.query(&QueryRequest {
            spaces: spaces.clone(),
            limit: hydra_graph::MAX_ROWS,
            ..QueryRequest::new("SELECT * { ?s ?p ?o }")
        }),
    );
    leaks.look("blocks", space, memory.blocks(&spaces));
    leaks.look("conflicts", space, memory.conflicts(&spaces));
    leaks.look("proposals", space, memory.proposals(&spaces));
    leaks.look("enrichment", space, memory.enrichment(&spaces));
}

/// A message that says what was asked says nothing new.
fn blank(error: hydra_graph::Error, asked: &str) -> hydra_graph::Error {
    let without = |text: &str| text.to_lowercase().replace(&asked.to_lowercase(), "");
    let message = without(error.message());
    match error.next_step().map(without) {
        Some(hint) => hydra_graph::Error::new(error.kind(), message).hint(hint),
        None => hydra_graph::Error::new(error.kind(), message),
    }
}
