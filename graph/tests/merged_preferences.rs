//! What is wanted by somebody who goes by two names: weighed together while the names are one, apart when they are not.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{about, open, world};
use hydra_graph::{Agent, Id, Kind, Memory, NewMemory, NewPreference, Standing};
use proptest::prelude::*;

const NAMES: [&str; 2] = ["Ada", "Ben"];

fn merge(memory: &Memory, keep: &str, other: &str) -> hydra_graph::Merged {
    memory.merge(keep, other, None, &Agent::owner()).unwrap()
}

/// What somebody is said to want: whose name, which drink, whether it is wanted, who says so (the owner, an agent, or an
/// agent who only concludes it), and in which conversation.
type Wish = (usize, usize, bool, usize, usize);

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    prop::collection::vec((0..2_usize, 0..3_usize, prop::bool::weighted(0.8), 0..3_usize, 0..3_usize), 1..10)
}

/// Tells a wish, of the holder of that name.
fn tell_wish(memory: &Memory, holder: &str, (_, drink, is_wanted, who, session): Wish) {
    let verb = if is_wanted { "prefers" } else { "avoids" };
    let preference =
        NewPreference { topic: Some("hot drinks".into()), is_inferred: who == 2, ..NewPreference::default() };
    let text = format!("{holder} {verb} {}", ["tea", "coffee", "cocoa"][drink]);
    let session = (who == 2).then(|| format!("talk {session}"));
    let new = NewMemory { kind: Kind::Preference, preference, session, ..NewMemory::new(text) };
    let agent = if who == 0 { Agent::owner() } else { Agent::named("claude") };
    memory.remember(new, &agent).unwrap();
}

/// Every preference but its holder's name: what is wanted, how that stands, how often it was said.
fn wanted(memory: &Memory) -> Vec<String> {
    let mut wanted: Vec<String> = world(memory)
        .iter()
        .filter_map(|line| {
            line.split_whitespace().next()?.strip_prefix("<urn:hydra:id:")?.strip_suffix('>')?.parse().ok()
        })
        .collect::<BTreeSet<Id>>()
        .into_iter()
        .filter_map(|id| memory.get(&[id], Default::default()).unwrap().remove(0).record)
        .filter_map(|record| {
            let it = record.preference?;
            let is_over = record.valid_to.is_some();
            Some(format!(
                "{} {:?} {:?} {} {} {is_over}",
                it.value, it.polarity, it.status, it.observations, it.times_seen
            ))
        })
        .collect();
    wanted.sort();
    wanted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn preferences_of_two_names_come_together_and_apart(wishes in wishes()) {
        let opened = open();
        let memory = &opened.memory;
        let helper = Agent::named("helper");
        for name in NAMES {
            about(memory, name, &format!("{name} is there"));
        }
        for wish in &wishes {
            tell_wish(memory, NAMES[wish.0], *wish);
        }
        let before = world(memory);
        let merged = memory.merge(NAMES[0], NAMES[1], None, &helper).unwrap();
        let together = world(memory);
        // Of what contradicts itself, one at most is in force.
        let in_force: Vec<String> = wanted(memory).into_iter().filter(|it| it.contains("For InForce") && it.ends_with("false")).collect();
        let drinks: BTreeSet<&str> = in_force.iter().map(|it| it.split(' ').next().unwrap()).collect();
        prop_assert!(drinks.len() <= 1, "{in_force:?}");
        memory.split(NAMES[1], &[], None, &helper).unwrap();
        let after = world(memory);
        let (more, less): (Vec<_>, Vec<_>) = (after.difference(&before).collect(), before.difference(&after).collect());
        prop_assert!(more.is_empty() && less.is_empty(), "more {more:#?}\nless {less:#?}");
        let again = memory.merge(NAMES[0], NAMES[1], None, &helper).unwrap();
        prop_assert_eq!(again.conflicts.len(), merged.conflicts.len());
        memory.undo(again.commit, &helper).unwrap();
        prop_assert_eq!(&world(memory), &before);
        prop_assert!(together.len() >= before.len());
        prop_assert!(memory.check(&mut |_| ()).unwrap().ok);
    }

    #[test]
    fn who_goes_by_two_names_is_weighed_as_one(wishes in wishes()) {
        let (opened, plain) = (open(), open());
        for name in NAMES {
            about(&opened.memory, name, &format!("{name} is there"));
            about(&plain.memory, NAMES[0], &format!("{name} is there"));
        }
        opened.memory.merge(NAMES[0], NAMES[1], None, &Agent::owner()).unwrap();
        for wish in &wishes {
            tell_wish(&opened.memory, NAMES[wish.0], *wish);
            tell_wish(&plain.memory, NAMES[0], *wish);
        }
        prop_assert_eq!(wanted(&opened.memory), wanted(&plain.memory));
        prop_assert_eq!(opened.memory.conflicts(&[]).unwrap().len(), plain.memory.conflicts(&[]).unwrap().len());
    }
}

#[test]
fn preferences_of_one_who_goes_by_two_names_are_weighed_together() {
    let opened = open();
    let memory = &opened.memory;
    let prefer = |text: &str, topic: &str, applies_to: Option<&str>| {
        let preference = NewPreference { topic: Some(topic.into()), ..NewPreference::default() };
        let applies_to = applies_to.map(str::to_owned);
        let new = NewMemory { kind: Kind::Preference, preference, applies_to, ..NewMemory::new(text) };
        memory.remember(new, &Agent::owner()).unwrap()
    };
    for name in ["Bob", "Robert", "Atlas", "Project Atlas", "Spirits", "Liquor"] {
        about(memory, name, &format!("{name} is known"));
    }
    let status =
        |id: Id| memory.get(&[id], Default::default()).unwrap().remove(0).record.unwrap().preference.unwrap().status;
    let (tea, coffee) =
        (prefer("Bob prefers tea", "drinks", None).id, prefer("Robert prefers coffee", "drinks", None).id);
    let merged = merge(memory, "Bob", "Robert");
    assert_eq!(merged.conflicts.len(), 1);
    assert_eq!((status(tea), status(coffee)), (Standing::Candidate, Standing::InForce), "what was said last");
    let sides: BTreeSet<Id> = memory.conflicts(&[]).unwrap()[0].sides.iter().map(|side| side.id).collect();
    assert_eq!(sides, BTreeSet::from([tea, coffee]));
    let split = memory.split("Robert", &[], None, &Agent::owner()).unwrap();
    assert_eq!(split.closed, merged.conflicts);
    assert_eq!((status(tea), status(coffee)), (Standing::InForce, Standing::InForce));
    assert!(memory.conflicts(&[]).unwrap().is_empty());
    // Where it applies, and what it is about, go by names too.
    for (one, other, first, second) in [
        (
            "Atlas",
            "Project Atlas",
            prefer("prefers tabs", "indents", Some("Atlas")),
            ("prefers spaces", "indents", Some("Project Atlas")),
        ),
        ("Spirits", "Liquor", prefer("prefers gin", "Spirits", None), ("prefers rum", "Liquor", None)),
    ] {
        let apart = prefer(second.0, second.1, second.2);
        assert!(apart.ended.is_empty());
        memory.undo(apart.commit, &Agent::owner()).unwrap();
        merge(memory, one, other);
        assert_eq!(prefer(second.0, second.1, second.2).ended, [first.id], "{one}");
    }
}
