//! The map shows what stands and how it is tied, and nothing of what was forgotten; read bit by bit it is what it is read whole.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::history::{Dice, History};
use common::{Opened, note, open};
use hydra_graph::{
    Agent, Atlas, Datatype, Document, ErrorKind, ForgetMode, ForgetRequest, Id, Kind, MAX_MAP_LABELS, MAX_PINS,
    MapGraph, MapKind, MapMarks, MapNode, NEVER, NewMemory, Placement, Property, Timestamp, UpdateOp,
};

const ALL: usize = usize::MAX;

fn drawn(opened: &Opened) -> MapGraph {
    let mut atlas = Atlas::default();
    opened.memory.refresh_atlas(&mut atlas).unwrap();
    atlas.graph(&[], ALL, ALL)
}

fn node(graph: &MapGraph, id: Id) -> Option<MapNode> {
    graph.nodes.iter().find(|node| node.id == id).copied()
}

/// What is tied, by ids.
fn ties(graph: &MapGraph) -> BTreeSet<(Id, Id)> {
    let id = |place: u32| graph.nodes[place as usize].id;
    graph.links.iter().map(|(a, b)| (id(*a).min(id(*b)), id(*a).max(id(*b)))).collect()
}

fn named(opened: &Opened, name: &str) -> Id {
    opened.memory.entity(name).unwrap().id
}

fn tell(opened: &Opened, new: NewMemory) -> Id {
    opened.memory.remember(new, &Agent::owner()).unwrap().id
}

fn fact(text: &str) -> NewMemory {
    NewMemory { kind: Kind::Fact, ..NewMemory::new(text) }
}

#[test]
fn memories_notes_names_and_tags_are_dots_and_what_ties_them_are_links() {
    let opened = open();
    let property = Property { name: "type".into(), value: "Project".into(), datatype: Datatype::Text };
    let atlas = Document {
        tags: vec!["maps".into()],
        properties: vec![property],
        ..note("/v/Atlas.md", "Drawn for Mirela with care.", &["Mirela"])
    };
    opened.memory.put_documents(vec![atlas], &Agent::ingest()).remove(0).unwrap();
    let lives = tell(&opened, fact("Mirela lives in Split"));
    let graph = drawn(&opened);
    let (mirela, split, page) = (named(&opened, "Mirela"), named(&opened, "Split"), named(&opened, "Atlas"));
    let tag = graph.nodes.iter().find(|node| node.kind == MapKind::Tag).unwrap().id;
    let kinds: BTreeMap<Id, MapKind> = graph.nodes.iter().map(|node| (node.id, node.kind)).collect();
    assert_eq!(
        kinds,
        BTreeMap::from([
            (mirela, MapKind::Entity),
            (split, MapKind::Entity),
            (page, MapKind::Project),
            (tag, MapKind::Tag),
            (lives, MapKind::Fact),
        ])
    );
    let pair = |a: Id, b: Id| (a.min(b), a.max(b));
    let wanted = [pair(lives, mirela), pair(lives, split), pair(page, mirela), pair(page, tag)];
    assert_eq!(ties(&graph), BTreeSet::from(wanted));
    assert_eq!(node(&graph, mirela).unwrap().degree, 2);
    assert_eq!((graph.total_nodes, graph.total_links), (5, 4));
}

#[test]
fn both_times_are_told() {
    let opened = open();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let first = NewMemory { valid_from: Some(at("2020-03-01T00:00:00Z")), ..fact("Mirela works for Acme") };
    let first = tell(&opened, first);
    let second = NewMemory { valid_from: Some(at("2023-05-01T00:00:00Z")), ..fact("Mirela works for Globex") };
    let second = tell(&opened, second);
    let wrong = tell(&opened, fact("Mirela lives in Graz"));
    opened.memory.update(wrong, UpdateOp::Retract, None, &Agent::owner()).unwrap();
    let ended = tell(&opened, NewMemory { valid_from: Some(at("2021-01-01T00:00:00Z")), ..fact("Mirela owns a boat") });
    opened.memory.update(ended, UpdateOp::End(at("2022-01-01T00:00:00Z")), None, &Agent::owner()).unwrap();
    let graph = drawn(&opened);
    let seconds = |text: &str| u32::try_from(at(text).as_millis() / 1_000).unwrap();
    let first = node(&graph, first).unwrap();
    assert_eq!((first.valid_from, first.valid_to), (seconds("2020-03-01T00:00:00Z"), seconds("2023-05-01T00:00:00Z")));
    assert_eq!(first.end_known, u32::try_from(second.minted_at().as_millis() / 1_000).unwrap());
    let second = node(&graph, second).unwrap();
    assert_eq!((second.valid_to, second.end_known, second.retracted), (NEVER, 0, NEVER));
    assert_ne!(node(&graph, wrong).unwrap().retracted, NEVER);
    let ended = node(&graph, ended).unwrap();
    assert_eq!(ended.valid_to, seconds("2022-01-01T00:00:00Z"));
    assert!(ended.end_known > 0, "the end was told later, which only the journal knows");
    // A name is there since anything is said of it.
    assert_eq!(node(&graph, named(&opened, "Mirela")).unwrap().valid_from, seconds("2020-03-01T00:00:00Z"));
}

#[test]
fn what_was_forgotten_is_gone_with_the_names_that_only_it_spoke_of() {
    let opened = open();
    let mut atlas = Atlas::default();
    let kept = tell(&opened, fact("Mirela lives in Split"));
    let secret = tell(&opened, fact("Mirela knows Zoltan"));
    let turn =
        NewMemory { session: Some("a talk".into()), entities: vec!["Ilse".into()], ..NewMemory::new("about Ilse") };
    let turn = tell(&opened, turn);
    let zoltan = named(&opened, "Zoltan");
    assert!(opened.memory.refresh_atlas(&mut atlas).unwrap());
    assert!(!opened.memory.refresh_atlas(&mut atlas).unwrap(), "nothing happened since");
    assert!(node(&atlas.graph(&[], ALL, ALL), zoltan).is_some());
    opened.memory.forget(&[secret, turn], None, &Agent::owner()).unwrap();
    opened.memory.refresh_atlas(&mut atlas).unwrap();
    for graph in [atlas.graph(&[], ALL, ALL), drawn(&opened)] {
        let left: BTreeSet<Id> = graph.nodes.iter().map(|node| node.id).collect();
        assert_eq!(left, BTreeSet::from([kept, named(&opened, "Mirela"), named(&opened, "Split")]));
    }
    let labels = opened.memory.map_labels(&[secret, kept], &[]).unwrap();
    assert_eq!(labels.iter().map(|label| label.id).collect::<Vec<_>>(), [kept]);
    let erase = ForgetRequest { ids: vec![kept], mode: ForgetMode::Erase, ..ForgetRequest::default() };
    opened.memory.forget_as(&erase, &Agent::owner(), &mut |_, _| ()).unwrap();
    opened.memory.refresh_atlas(&mut atlas).unwrap();
    assert_eq!(atlas.graph(&[], ALL, ALL).nodes, []);
}

#[test]
fn a_space_sees_only_what_is_said_in_it() {
    let opened = open();
    let work = |text: &str| NewMemory { space: "work".into(), ..fact(text) };
    let mine = tell(&opened, fact("Mirela lives in Split"));
    let theirs = tell(&opened, work("Mirela works for Acme"));
    let mut atlas = Atlas::default();
    opened.memory.refresh_atlas(&mut atlas).unwrap();
    let seen = |spaces: &[&str]| {
        let spaces: Vec<String> = spaces.iter().map(|space| (*space).to_owned()).collect();
        atlas.graph(&spaces, ALL, ALL).nodes.iter().map(|node| node.id).collect::<BTreeSet<_>>()
    };
    let (mirela, split, acme) = (named(&opened, "Mirela"), named(&opened, "Split"), named(&opened, "Acme"));
    assert_eq!(seen(&["work"]), BTreeSet::from([theirs, mirela, acme]));
    assert_eq!(seen(&["personal"]), BTreeSet::from([mine, mirela, split]));
    assert_eq!(seen(&["nowhere"]), BTreeSet::new());
    assert_eq!(seen(&[]).len(), 5);
    let labels = |spaces: &[String]| opened.memory.map_labels(&[mine, acme, split], spaces).unwrap().len();
    assert_eq!((labels(&[]), labels(&["work".to_owned()])), (3, 1));
}

#[test]
fn read_bit_by_bit_it_is_what_it_is_read_whole() {
    let opened = open();
    let mut dice = Dice(0x1234_5678_9abc_def1);
    let mut history = History::of("personal");
    let mut atlas = Atlas::default();
    for step in 0..120 {
        history.act(&opened, &mut dice);
        if step % 7 == 0 {
            opened.memory.refresh_atlas(&mut atlas).unwrap();
            assert_eq!(atlas.graph(&[], ALL, ALL), drawn(&opened), "after {step} steps");
        }
    }
    assert!(drawn(&opened).nodes.len() > 20);
}

#[test]
fn a_bounded_map_keeps_the_most_telling_and_says_how_much_there_is() {
    let opened = open();
    let all = (0..60).map(|n| NewMemory { entities: vec!["Mirela".into()], ..NewMemory::new(format!("number {n}")) });
    opened.memory.remember_all(all.collect(), &Agent::owner()).unwrap();
    let mut atlas = Atlas::default();
    opened.memory.refresh_atlas(&mut atlas).unwrap();
    let graph = atlas.graph(&[], 10, 4);
    assert_eq!((graph.nodes.len(), graph.links.len()), (10, 4));
    assert_eq!((graph.total_nodes, graph.total_links), (61, 60));
    assert!(node(&graph, named(&opened, "Mirela")).is_some(), "whom all of them are about");
    let whole = atlas.graph(&[], ALL, ALL);
    assert_eq!(graph.nodes[..], whole.nodes[..10], "a bounded map is the beginning of the whole");
    let ids = vec![graph.nodes[0].id; MAX_MAP_LABELS];
    assert_eq!(opened.memory.map_labels(&ids, &[]).unwrap().len(), MAX_MAP_LABELS);
    let too_many = opened.memory.map_labels(&[ids, vec![graph.nodes[0].id]].concat(), &[]);
    assert_eq!(too_many.unwrap_err().kind(), ErrorKind::TooLarge);
}

#[test]
fn a_pin_is_the_owners_and_can_be_undone() {
    let opened = open();
    tell(&opened, fact("Mirela lives in Split"));
    let mirela = named(&opened, "Mirela");
    let mut atlas = Atlas::default();
    let pinned = |atlas: &mut Atlas| {
        opened.memory.refresh_atlas(atlas).unwrap();
        let graph = atlas.graph(&[], ALL, ALL);
        let node = node(&graph, mirela).unwrap();
        assert_eq!(node.marks.0 & MapMarks::PINNED != 0, node.pinned.is_some());
        let place = graph.nodes.iter().position(|node| node.id == mirela).unwrap();
        assert!(node.pinned.is_none_or(|at| Placement::default().place(&graph).positions[place] == at));
        node.pinned
    };
    assert_eq!(pinned(&mut atlas), None);
    let owner = Agent::owner();
    let first = opened.memory.pin(mirela, Some([12.5, -3.0]), &owner).unwrap();
    assert_eq!(pinned(&mut atlas), Some([12.5, -3.0]));
    assert_eq!(opened.memory.pin(mirela, Some([12.5, -3.0]), &owner).unwrap().commit, None);
    opened.memory.pin(mirela, None, &owner).unwrap();
    assert_eq!(pinned(&mut atlas), None);
    let again = opened.memory.pin(mirela, Some([1.0, 2.0]), &owner).unwrap();
    opened.memory.undo(again.commit.unwrap(), &owner).unwrap();
    assert_eq!(pinned(&mut atlas), None);
    assert!(first.commit.is_some());
    let refused = |id: Id, at: [f32; 2], agent: &Agent| opened.memory.pin(id, Some(at), agent).unwrap_err().kind();
    assert_eq!(refused(mirela, [0.0; 2], &Agent::named("helper")), ErrorKind::Refused);
    assert_eq!(refused(Id(7), [0.0; 2], &owner), ErrorKind::NotFound);
    assert_eq!(refused(mirela, [f32::NAN, 0.0], &owner), ErrorKind::Invalid);
}

#[test]
fn pins_are_bounded() {
    let opened = open();
    let all = (0..=MAX_PINS).map(|n| NewMemory::new(format!("number {n}"))).collect();
    let told = opened.memory.remember_all(all, &Agent::owner()).unwrap();
    let pin = |place: usize| opened.memory.pin(told[place].id, Some([place as f32, 0.0]), &Agent::owner());
    for place in 0..MAX_PINS {
        pin(place).unwrap();
    }
    assert_eq!(pin(MAX_PINS).unwrap_err().kind(), ErrorKind::TooLarge);
    opened.memory.pin(told[0].id, None, &Agent::owner()).unwrap();
    pin(MAX_PINS).unwrap();
}
