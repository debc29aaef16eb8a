//! What a context says besides blocks and what stands: open threads, facts of whom was spoken of, and what did not fit.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{Opened, note, open, open_at};
use hydra_graph::{
    Agent, BlockEdit, BlockOp, CUSTOMARY_BLOCKS, Context, ContextRequest, DEFAULT_BLOCK_BYTES, DEFAULT_CONTEXT_TOKENS,
    Evidence, Id, Kind, MAX_CONFLICTS_LOOKED_AT, MAX_COUNTED, MAX_DEFAULT_CONTEXT_TOKENS, MAX_FACTS_LOOKED_AT,
    MAX_HOT_ENTITIES, MAX_LATELY, MAX_NAMED_BLOCKS, MAX_OPEN_CONFLICTS, MAX_PROPOSALS, MAX_SAME_PREDICATE, MAX_TALKS,
    MAX_TURNS_COUNTED, MAX_WAITING_LOOKED_AT, MIN_SHOWN_BLOCK_BYTES, Memory, NewMemory, NewPreference, NewProposal,
    Remembered, Statement, Suggestion, ThreadKind, Timestamp, UpdateOp,
};

fn tell(opened: &Opened, new: NewMemory) -> Remembered {
    opened.memory.remember(new, &Agent::owner()).unwrap()
}

fn tell_all(opened: &Opened, all: impl IntoIterator<Item = NewMemory>) -> Vec<Remembered> {
    opened.memory.remember_all(all.into_iter().collect(), &Agent::owner()).unwrap()
}

fn fact(subject: &str, predicate: &str, object: &str) -> NewMemory {
    NewMemory::fact(Statement::new(subject, predicate, object))
}

fn lives(subject: &str, place: &str) -> NewMemory {
    NewMemory { valid_from: Some(day("2025-01-01")), ..fact(subject, "lives in", place) }
}

fn day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

fn context(memory: &Memory, about: Option<&str>) -> Context {
    asked(memory, &ContextRequest { about: about.map(str::to_owned), ..ContextRequest::default() })
}

/// Asks again until the index, which a busy machine may keep behind, is said to know all.
fn asked(memory: &Memory, request: &ContextRequest) -> Context {
    loop {
        let context = memory.context(request).unwrap();
        if context.degraded.is_empty() {
            return context;
        }
    }
}

/// The lines below a heading.
fn section(context: &Context, heading: &str) -> Vec<String> {
    let lines = context.text.lines().skip_while(|line| *line != format!("## {heading}")).skip(1);
    lines.take_while(|line| line.starts_with("- ")).map(str::to_owned).collect()
}

fn threads(context: &Context, kind: ThreadKind) -> Vec<String> {
    context.threads.iter().filter(|thread| thread.kind == kind).map(|thread| thread.text.clone()).collect()
}

/// Two facts that can't both be so, and the conflict.
fn dispute(opened: &Opened, subject: &str) -> (Id, Id, Id) {
    let (one, other) = (tell(opened, lives(subject, "Porto")), tell(opened, lives(subject, "Ghent")));
    (other.conflict.unwrap(), one.id, other.id)
}

fn candidate(text: &str) -> NewMemory {
    let preference = NewPreference { is_inferred: true, ..NewPreference::default() };
    NewMemory { kind: Kind::Preference, preference, ..NewMemory::new(text) }
}

fn propose(opened: &Opened, count: usize) -> Vec<Id> {
    let heard = tell(opened, NewMemory::new("Oskar asked for many kinds of tea")).id;
    let proposal = |number: usize| NewProposal {
        suggestion: Suggestion::Summary { text: format!("Oskar likes tea number {number}"), entities: Vec::new() },
        space: "personal".into(),
        evidence: vec![Evidence { id: heard, quote: None }],
        confidence: 0.8,
    };
    let all: Vec<NewProposal> = (0..count).map(proposal).collect();
    let some =
        all.chunks(MAX_PROPOSALS).map(|some| opened.memory.propose(some.to_vec(), None, &Agent::named("helper")));
    let mut ids: Vec<Id> = some.flat_map(|proposed| proposed.unwrap()).filter_map(|one| one.id).collect();
    ids.sort_unstable();
    assert_eq!(ids.len(), count);
    ids
}

#[test]
fn what_is_unsettled_or_waits_is_said_until_it_is_decided() {
    let opened = open();
    assert!(context(&opened.memory, None).threads.is_empty() && context(&opened.memory, None).text.is_empty());
    let (conflict, one, other) = dispute(&opened, "Mirela");
    let proposed = propose(&opened, 2);
    let tabs = tell(&opened, candidate("Never use tabs")).id;
    let shown = context(&opened.memory, None);
    assert!(shown.text.starts_with("## Open threads\n- conflict "), "{}", shown.text);
    let open = threads(&shown, ThreadKind::Conflict);
    for said in [conflict, one, other].map(|id| id.to_string()) {
        assert!(open[0].contains(&said), "{open:?}");
    }
    assert!(open[0].contains("op settle"), "{open:?}");
    let waiting = threads(&shown, ThreadKind::Proposals);
    assert!(waiting[0].starts_with(&format!("2 proposals wait for the user's word, the newest {}", proposed[1])));
    let candidates = threads(&shown, ThreadKind::Candidates);
    assert!(candidates[0].starts_with("1 preference is not in force") && candidates[0].contains(&tabs.to_string()));
    assert!(!shown.text.contains("Never use tabs"), "what is not in force is not said");
    assert!(section(&shown, "Facts").is_empty(), "a side of a conflict is said once: {}", shown.text);

    opened.memory.update(conflict, UpdateOp::Settle(one), None, &Agent::owner()).unwrap();
    opened.memory.accept(&proposed[..1], None, &Agent::owner()).unwrap();
    opened.memory.reject(&proposed[1..], None, &Agent::owner()).unwrap();
    opened.memory.forget(&[tabs], None, &Agent::owner()).unwrap();
    let shown = context(&opened.memory, None);
    assert!(shown.threads.is_empty(), "{}", shown.text);
    assert_eq!(shown.items.iter().filter(|item| item.id == one).count(), 1);
    assert!(!shown.text.contains("Ghent"), "{}", shown.text);
}

#[test]
fn a_conflict_with_a_forgotten_side_is_none_and_a_proposal_that_fell_does_not_wait() {
    let opened = open();
    let (_, _, other) = dispute(&opened, "Mirela");
    let heard = tell(&opened, NewMemory::new("Oskar asked for tea")).id;
    let proposal = NewProposal {
        suggestion: Suggestion::Summary { text: "Oskar likes tea".into(), entities: Vec::new() },
        space: "personal".into(),
        evidence: vec![Evidence { id: heard, quote: None }],
        confidence: 0.8,
    };
    opened.memory.propose(vec![proposal], None, &Agent::named("helper")).unwrap();
    assert_eq!(context(&opened.memory, None).threads.len(), 2);
    opened.memory.forget(&[other, heard], None, &Agent::owner()).unwrap();
    let shown = context(&opened.memory, None);
    assert!(shown.threads.is_empty() && !shown.text.contains("Ghent"), "{}", shown.text);
}

#[test]
fn a_conflict_with_a_side_that_expired_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let start = 1_750_000_000_000;
    let memory = common::open_at(folder.path(), start);
    let opened = Opened { memory, folder: tempfile::tempdir().unwrap() };
    let said = |place: &str, expires_at| NewMemory { expires_at, ..lives("Mirela", place) };
    tell(&opened, NewMemory { valid_from: Some(day("2020-01-01")), ..said("Porto", None) });
    let told = opened.memory.remember(
        NewMemory {
            valid_from: Some(day("2020-01-01")),
            ..said("Ghent", Some(Timestamp::from_millis(start + 3_600_000)))
        },
        &Agent::named("claude"),
    );
    assert!(told.unwrap().conflict.is_some());
    assert_eq!(threads(&context(&opened.memory, None), ThreadKind::Conflict).len(), 1);
    opened.memory.close().unwrap();
    drop(opened);
    let memory = common::open_at(folder.path(), start + 7_200_000);
    let shown = context(&memory, None);
    assert!(shown.threads.is_empty() && !shown.text.contains("Ghent"), "{}", shown.text);
}

#[test]
fn so_many_conflicts_are_shown_the_subject_s_first() {
    let opened = open();
    let people: Vec<String> = (0..MAX_OPEN_CONFLICTS + 2).map(|n| format!("Person{n}")).collect();
    for person in &people {
        dispute(&opened, person);
    }
    let plain = threads(&context(&opened.memory, None), ThreadKind::Conflict);
    assert_eq!(plain.len(), MAX_OPEN_CONFLICTS);
    assert!(plain[0].contains(people.last().unwrap()), "the newest first: {plain:?}");
    assert!(plain.last().unwrap().ends_with("; 2 more: hydra conflicts"), "{plain:?}");
    let about = threads(&context(&opened.memory, Some("where does Person0 live?")), ThreadKind::Conflict);
    assert!(about[0].contains("Person0 lives in Porto"), "{about:?}");
}

#[test]
fn so_many_conflicts_are_looked_at() {
    for (newer, is_seen) in [(MAX_CONFLICTS_LOOKED_AT - 1, true), (MAX_CONFLICTS_LOOKED_AT, false)] {
        let opened = open();
        let (conflict, ..) = dispute(&opened, "Mirela");
        for number in 0..newer {
            let (settled, one, _) = dispute(&opened, &format!("Person{number}"));
            opened.memory.update(settled, UpdateOp::Settle(one), None, &Agent::owner()).unwrap();
        }
        let open = threads(&context(&opened.memory, None), ThreadKind::Conflict);
        assert_eq!(open.iter().any(|text| text.contains(&conflict.to_string())), is_seen, "behind {newer}");
    }
}

#[test]
fn what_waits_is_counted_so_far() {
    for (count, said) in
        [(MAX_COUNTED, format!("{MAX_COUNTED} p")), (MAX_COUNTED + 1, format!("more than {MAX_COUNTED} p"))]
    {
        let opened = open();
        propose(&opened, count);
        for number in 0..count {
            tell(&opened, candidate(&format!("Never use tool number {number}")));
        }
        let shown = context(&opened.memory, None);
        for kind in [ThreadKind::Proposals, ThreadKind::Candidates] {
            assert!(threads(&shown, kind)[0].starts_with(&said), "{:?}", shown.threads);
        }
    }
}

#[test]
fn so_much_of_what_was_decided_is_looked_past() {
    for (decided, is_seen) in [(MAX_WAITING_LOOKED_AT - 1, true), (MAX_WAITING_LOOKED_AT, false)] {
        let opened = open();
        let ids = propose(&opened, decided + 1);
        opened.memory.reject(&ids[1..], None, &Agent::owner()).unwrap();
        tell(&opened, candidate("Never use tabs"));
        let later = (0..decided).map(|number| candidate(&format!("Never use tool number {number}")));
        let later: Vec<Id> = tell_all(&opened, later).into_iter().map(|told| told.id).collect();
        opened.memory.forget(&later, None, &Agent::owner()).unwrap();
        let shown = context(&opened.memory, None);
        for kind in [ThreadKind::Proposals, ThreadKind::Candidates] {
            assert_eq!(threads(&shown, kind).len(), usize::from(is_seen), "behind {decided}: {:?}", shown.threads);
        }
    }
}

fn turn(session: &str, text: &str) -> NewMemory {
    NewMemory { session: Some(session.into()), speaker: Some("Mirela".into()), ..NewMemory::new(text) }
}

#[test]
fn the_last_conversations_are_named_with_their_last_words() {
    let opened = open();
    for number in 0..=MAX_TALKS {
        tell(
            &opened,
            turn(&format!("call {number}"), &format!("We talked of boat {number}, at {}", "length ".repeat(30))),
        );
    }
    let last = tell(&opened, turn("call 1", "Where were we?")).id;
    let shown = threads(&context(&opened.memory, None), ThreadKind::Session);
    assert_eq!(shown.len(), MAX_TALKS, "{shown:?}");
    assert!(shown[0].starts_with("conversation `call 1` [") && shown[0].contains("2 turns"), "{shown:?}");
    assert!(shown[0].ends_with(&format!("\"Mirela: Where were we?\" [{last} owner]")), "{shown:?}");
    assert!(shown[1].contains("1 turn,") && shown[1].contains("length…\""), "{shown:?}");
    assert!(!shown.iter().any(|text| text.contains("call 0")), "{shown:?}");
    let about = threads(&context(&opened.memory, Some("go on with call 0")), ThreadKind::Session);
    assert!(about[0].contains("call 0"), "what the subject names comes first: {about:?}");
    opened.memory.forget(&[last], None, &Agent::owner()).unwrap();
    let shown = threads(&context(&opened.memory, None), ThreadKind::Session).join("\n");
    assert!(!shown.contains("Where were we") && !shown.contains("2 turns"), "{shown}");
}

#[test]
fn turns_are_counted_so_far() {
    for (count, said) in [(MAX_TURNS_COUNTED, "50 turns"), (MAX_TURNS_COUNTED + 1, "more than 50 turns")] {
        let opened = open();
        tell_all(&opened, (0..count).map(|number| turn("call", &format!("This is said {number}"))));
        let shown = threads(&context(&opened.memory, None), ThreadKind::Session);
        assert!(shown[0].contains(&format!(", {said}, ")), "{shown:?}");
    }
}

#[test]
fn facts_of_whom_was_spoken_of_are_those_that_hold() {
    let opened = open();
    let heard = tell(&opened, NewMemory::new("Oskar said so")).id;
    let of_heard = vec![Evidence { id: heard, quote: None }];
    tell(&opened, NewMemory { valid_from: Some(day("2020-01-01")), ..fact("Mirela", "works for", "Acme") });
    tell(&opened, NewMemory { valid_from: Some(day("2021-01-01")), ..fact("Mirela", "works for", "Tern") });
    tell(&opened, NewMemory { valid_from: Some(day("2099-01-01")), ..fact("Mirela", "lives in", "Ghent") });
    let gone = tell(&opened, fact("Mirela", "likes", "sailing")).id;
    tell(&opened, NewMemory { evidence: of_heard, ..fact("Mirela", "likes", "rowing") });
    tell(&opened, fact("Anna", "likes", "chess"));
    opened.memory.forget(&[gone, heard], None, &Agent::owner()).unwrap();
    // Nothing of that is recent any more.
    tell_all(
        &opened,
        (0..MAX_LATELY).map(|n| NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new(format!("She {n}")) }),
    );
    let facts = section(&context(&opened.memory, None), "Facts").join("\n");
    assert!(facts.contains("Mirela works for Tern"), "{facts}");
    for ended in ["Acme", "Ghent", "sailing", "rowing", "chess"] {
        assert!(!facts.contains(ended), "{facts}");
    }
    let of_anna = section(&context(&opened.memory, Some("a present for Anna")), "Facts");
    assert!(of_anna[0].contains("Anna likes chess") && of_anna[1].contains("Tern"), "{of_anna:?}");
}

#[test]
fn who_is_spoken_of_most_comes_first_and_only_so_many_do() {
    let opened = open();
    let people: Vec<String> = (0..=MAX_HOT_ENTITIES).map(|n| format!("Person{n}")).collect();
    tell_all(&opened, people.iter().map(|person| fact(person, "likes", "chess")));
    tell_all(&opened, (0..MAX_LATELY).map(|n| NewMemory::new(format!("Something else {n}"))));
    for (number, person) in people.iter().enumerate() {
        let about = |n| NewMemory { entities: vec![person.clone()], ..NewMemory::new(format!("{person} again {n}")) };
        tell_all(&opened, (0..=number).map(about));
    }
    let facts = section(&context(&opened.memory, None), "Facts");
    let named: Vec<String> = facts.iter().map(|line| line[2..9].to_owned()).collect();
    let expected: Vec<String> = people.iter().rev().take(MAX_HOT_ENTITIES).cloned().collect();
    assert_eq!(named, expected);
    // One more memory, and what came before the window is not heard of.
    let before = |newer: usize| {
        let opened = open();
        tell(&opened, fact("Anna", "likes", "chess"));
        tell_all(&opened, (0..newer).map(|n| NewMemory::new(format!("Something else {n}"))));
        section(&context(&opened.memory, None), "Facts").len()
    };
    assert_eq!((before(MAX_LATELY - 1), before(MAX_LATELY)), (1, 0));
}

#[test]
fn of_one_entity_so_many_facts_are_looked_at_and_shown() {
    let opened = open();
    let likes = |range: std::ops::Range<usize>| range.map(|n| fact("Mirela", "likes", &format!("thing {n}")));
    tell_all(&opened, likes(0..100));
    tell(&opened, fact("Mirela", "works for", "Tern"));
    let away =
        (0..MAX_LATELY).map(|n| NewMemory { entities: vec!["Oskar".into()], ..NewMemory::new(format!("Away {n}")) });
    tell_all(&opened, away);
    let facts = section(&context(&opened.memory, Some("Mirela")), "Facts");
    assert_eq!(facts.iter().filter(|line| line.contains("likes")).count(), MAX_SAME_PREDICATE, "{facts:?}");
    assert!(facts.iter().any(|line| line.contains("works for Tern")), "thousands of likes hide nothing: {facts:?}");
    // What is recent comes first, and hides nothing either.
    tell_all(&opened, likes(100..100 + MAX_FACTS_LOOKED_AT + 1));
    let facts = section(&context(&opened.memory, Some("Mirela")), "Facts");
    let newest = (100..100 + MAX_FACTS_LOOKED_AT + 1).rev().take(MAX_SAME_PREDICATE);
    let expected: Vec<String> =
        newest.map(|n| format!("- Mirela likes thing {n} ")).chain(["- Mirela works".into()]).collect();
    assert_eq!(facts.len(), expected.len(), "{facts:?}");
    assert!(facts.iter().zip(&expected).all(|(line, start)| line.starts_with(start)), "{facts:?}");
    // Of many kinds of facts so many are looked at.
    let predicates: Vec<String> = opened.memory.predicates().unwrap().into_iter().map(|known| known.label).collect();
    assert!(predicates.len() > MAX_FACTS_LOOKED_AT);
    for predicate in &predicates {
        let _ = opened.memory.remember(fact("Anna", predicate, "Something"), &Agent::owner());
    }
    tell_all(&opened, (0..MAX_LATELY).map(|n| NewMemory::new(format!("Something else {n}"))));
    let facts = section(&context(&opened.memory, Some("Anna")), "Facts");
    assert_eq!(facts.iter().filter(|line| line.contains("Anna")).count(), MAX_FACTS_LOOKED_AT, "{facts:?}");
}

#[test]
fn more_voices_and_more_trust_come_first() {
    let opened = open();
    let sources: Vec<Id> = ["The first book says so", "A letter says that"]
        .map(|text| tell(&opened, NewMemory { said_by: Some(text.into()), ..NewMemory::new(text) }).id)
        .into();
    for source in sources {
        let evidence = vec![Evidence { id: source, quote: None }];
        tell(&opened, NewMemory { evidence, ..fact("Mirela", "likes", "tea") });
    }
    let helper = Agent::named("helper");
    tell(&opened, fact("Mirela", "likes", "rowing"));
    opened.memory.remember(fact("Mirela", "likes", "chess"), &helper).unwrap();
    let facts = section(&context(&opened.memory, None), "Facts");
    // The newest is trusted least, and two of a kind are enough.
    let is_in_order = ["tea", "rowing"].iter().zip(&facts).all(|(what, line)| line.contains(what));
    assert!(is_in_order && facts.len() == MAX_SAME_PREDICATE, "{facts:?}");
}

fn set(memory: &Memory, name: &str, text: &str) {
    let op = BlockOp::Set(text.to_owned());
    let edit = BlockEdit { space: "personal".into(), name: name.into(), op, based_on: None, reason: None };
    memory.edit_block(edit, &Agent::owner()).unwrap();
}

#[test]
fn full_blocks_are_cut_alike_and_named_and_starve_nothing() {
    let opened = open();
    for name in CUSTOMARY_BLOCKS {
        let text = format!("{name} begins. {}", "more ".repeat(400));
        set(&opened.memory, name, &text[..DEFAULT_BLOCK_BYTES]);
    }
    set(&opened.memory, "short", "Short and whole.");
    tell(&opened, NewMemory { kind: Kind::Preference, ..NewMemory::new("Prefers green tea") });
    tell(&opened, NewMemory { kind: Kind::Decision, ..NewMemory::new("We use PostgreSQL") });
    tell(&opened, fact("Mirela", "works for", "Tern"));
    let shown = context(&opened.memory, None);
    assert!(shown.text.len() <= MAX_DEFAULT_CONTEXT_TOKENS * 4, "{}", shown.text.len());
    assert!(shown.text.len() > DEFAULT_CONTEXT_TOKENS * 3, "{}", shown.text.len());
    assert_eq!((shown.cut.len(), shown.left_out.len(), shown.blocks.len()), (CUSTOMARY_BLOCKS.len(), 0, 6));
    for name in CUSTOMARY_BLOCKS {
        assert!(shown.text.contains(&format!("> {name} begins.")), "{}", shown.text);
    }
    let note = format!("(blocks that did not fit; cut: {}; raise budget_tokens)", CUSTOMARY_BLOCKS.join(", "));
    assert!(shown.text.contains(&note), "{}", shown.text);
    let marker = format!("bytes more; get {} before you rewrite it)", shown.blocks[0].id);
    assert!(shown.text.contains(&marker) && shown.text.contains("> Short and whole.\n("), "{}", shown.text);
    for said in ["Prefers green tea", "We use PostgreSQL", "Mirela works for Tern"] {
        assert!(shown.text.contains(said), "{said}: {}", shown.text);
    }
    let whole = ContextRequest { budget_tokens: Some(4_000), ..ContextRequest::default() };
    let whole = opened.memory.context(&whole).unwrap();
    assert!(whole.cut.is_empty() && !whole.text.contains("did not fit"), "{}", whole.text);
}

#[test]
fn blocks_of_which_too_little_would_be_seen_are_named_instead() {
    let opened = open();
    let count = MAX_NAMED_BLOCKS + 4;
    for number in 0..count {
        set(&opened.memory, &format!("block{number:02}"), &"word ".repeat(150));
    }
    let request = |budget_tokens| ContextRequest { budget_tokens: Some(budget_tokens), ..ContextRequest::default() };
    let mut names = 0;
    for budget in 1..800 {
        let shown = opened.memory.context(&request(budget)).unwrap();
        assert!(shown.text.len() <= budget * 4, "{budget}: {}", shown.text);
        assert_eq!(shown.blocks.len() + shown.left_out.len(), count, "{budget}");
        assert!(shown.blocks.iter().all(|block| block.markdown().len() + 80 >= MIN_SHOWN_BLOCK_BYTES), "{budget}");
        if shown.left_out.len() > MAX_NAMED_BLOCKS && shown.text.contains("raise budget_tokens") {
            let more = shown.left_out.len() - MAX_NAMED_BLOCKS;
            assert!(shown.text.contains(&format!("{} and {more} more", shown.left_out[MAX_NAMED_BLOCKS - 1])));
            names += 1;
        }
    }
    assert!(names > 10, "{names}");
}

#[test]
fn a_short_budget_is_shared() {
    let opened = open();
    for number in 0..40 {
        for kind in [Kind::Preference, Kind::Decision, Kind::Episode] {
            let text = format!("{} number {number} says something of some length", kind.as_str());
            tell(&opened, NewMemory { kind, ..NewMemory::new(text) });
        }
    }
    tell(&opened, fact("Mirela", "works for", "Tern"));
    let shown = context(&opened.memory, None);
    for heading in ["Preferences", "Decisions", "Facts", "Recently"] {
        assert!(!section(&shown, heading).is_empty(), "{heading}: {}", shown.text);
    }
    assert!(shown.text.len() > DEFAULT_CONTEXT_TOKENS * 4 - 120, "what others leave is used: {}", shown.text.len());
    assert!(shown.dropped > 0);
}

#[test]
fn the_same_state_gives_the_same_bytes_also_after_opening_and_rebuilding() {
    let folder = tempfile::tempdir().unwrap();
    let texts = |memory: &Memory| {
        let about =
            [None, Some("Mirela"), Some("the boiler shows F28 again"), Some("call of May"), Some("src/main.rs")];
        about.map(|about| context(memory, about).text)
    };
    let opened = Opened { memory: open_at(folder.path(), 1_750_000_000_000), folder: tempfile::tempdir().unwrap() };
    let memory = &opened.memory;
    let mut forgotten = Vec::new();
    for number in 0..60 {
        let told = tell(&opened, NewMemory::new(format!("The boiler showed F{number} and was reset by Mirela")));
        if number % 3 == 0 {
            forgotten.push(told.id);
        } else if number % 3 == 1 {
            let text = format!("The boiler showed F{number}, and somebody else did not reset it");
            memory.update(told.id, UpdateOp::Supersede(text), None, &Agent::owner()).unwrap();
        }
    }
    for number in 0..4 {
        let text = format!("The boiler is old.\n\nIt shows F28, version {number}.\n\nMirela knows.");
        let put = memory.put_documents(vec![note("/w/Boiler.md", &text, &["Mirela"])], &Agent::ingest());
        put.into_iter().for_each(|put| assert!(put.is_ok()));
    }
    dispute(&opened, "Mirela");
    tell(&opened, turn("call of May", "Is the boiler fixed?"));
    tell(&opened, fact("Mirela", "works for", "Tern"));
    set(memory, "human", "Lives in Ghent.");
    memory.forget(&forgotten, None, &Agent::owner()).unwrap();
    let first = texts(memory);
    assert!(first[2].contains("version 3") && first[2].contains("## About the boiler"), "{}", first[2]);
    assert_eq!(first, texts(memory));
    memory.rebuild(None, &mut |_, _, _| ()).unwrap();
    assert_eq!(first, texts(memory), "after a rebuild");
    memory.close().unwrap();
    drop(opened);
    assert_eq!(first, texts(&open_at(folder.path(), 1_750_000_900_000)), "after opening it again");
}

#[test]
fn another_space_moves_nothing_in_a_context() {
    let of_space = |space: &str, new: NewMemory| NewMemory { space: space.into(), ..new };
    let act = |opened: &Opened, with_other: bool| {
        for number in 0..30 {
            if with_other {
                for new in [
                    lives("Mirela", &format!("Harbour {number}")),
                    candidate(&format!("Never use oar {number}")),
                    turn("secret", "Nobody may know"),
                    fact("Mirela", "likes", "secrets"),
                ] {
                    opened.memory.remember(of_space("project/other", new), &Agent::owner()).unwrap();
                }
            }
            tell(
                opened,
                NewMemory { entities: vec!["Oskar".into()], ..NewMemory::new(format!("Oskar came {number}")) },
            );
        }
        tell(opened, fact("Mirela", "works for", "Tern"));
        let request = |about: Option<&str>| ContextRequest {
            about: about.map(str::to_owned),
            spaces: vec!["personal".into()],
            ..ContextRequest::default()
        };
        // Ids and times differ; what is said does not.
        let said = |context: Context| {
            let texts = context.items.into_iter().map(|item| item.text);
            (texts.collect::<Vec<_>>(), context.threads.len(), context.dropped)
        };
        [None, Some("Mirela"), Some("what Oskar likes")].map(|about| said(asked(&opened.memory, &request(about))))
    };
    assert_eq!(act(&open(), true), act(&open(), false));
}
