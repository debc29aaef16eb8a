//! The map in words: what its page shows, for programs. Whoever draws it takes the bytes of `frame.rs`.

use std::collections::BTreeMap;

use hydra_graph::{
    Error, ErrorKind, Id, MAX_MAP_LABELS, MapGraph, MapMarks, MapNode, NEVER, Placed, Result, Timestamp,
};
use serde::Serialize;

/// What of the map is told.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Only this one and what it is tied to.
    pub node: Option<Id>,
    /// Only dots of these types; of all if there are none.
    pub types: Vec<String>,
    /// What was true then; now if left out.
    pub true_at: Option<Timestamp>,
    /// What was known then; now if left out.
    pub known_at: Option<Timestamp>,
}

/// What there is to see, most telling first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outline {
    /// Counts layouts; 0 if the map was never laid out.
    pub epoch: u64,
    /// The dots, as many as have room.
    pub nodes: Vec<Dot>,
    /// What ties them, by their ids.
    pub links: Vec<(Id, Id)>,
    /// How many dots fit what was asked for.
    pub fitting: usize,
    /// How many dots there are without a bound.
    pub total_nodes: usize,
    /// How many links there are without a bound.
    pub total_links: usize,
}

/// A dot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dot {
    /// Its id.
    pub id: Id,
    /// What it stands for.
    pub kind: &'static str,
    /// How it is called, or how its text begins; none for what was forgotten a moment ago.
    pub label: Option<String>,
    /// The space it belongs to.
    pub space: String,
    /// Where it lies.
    pub at: [f32; 2],
    /// How many it is tied to.
    pub links: u32,
    /// Since when it holds.
    pub from: Timestamp,
    /// Until when, if that is known.
    pub until: Option<Timestamp>,
    /// Whether its owner put it there.
    pub is_pinned: bool,
}

/// Tells what fits; labels are the caller's to add.
///
/// # Errors
/// `NotFound` when the one that is asked for is not on the map.
pub fn outline(graph: &MapGraph, placed: &Placed, asked: &Asked, now: Timestamp) -> Result<Outline> {
    let (true_at, known_at) = (seconds(asked.true_at.unwrap_or(now)), seconds(asked.known_at.unwrap_or(now)));
    let is_shown = |node: &MapNode| {
        let is_of_type = asked.types.is_empty() || asked.types.iter().any(|name| name == node.kind.as_str());
        is_of_type && holds(node, true_at, known_at)
    };
    let fits = |place: &u32| graph.nodes.get(*place as usize).is_some_and(is_shown);
    let mut places: Vec<u32> = match asked.node {
        None => (0..graph.nodes.len() as u32).filter(fits).collect(),
        Some(id) => {
            around(graph, id)?.into_iter().enumerate().filter(|(n, at)| *n == 0 || fits(at)).map(|(_, at)| at).collect()
        }
    };
    let fitting = places.len();
    places.truncate(MAX_MAP_LABELS);
    let dots: BTreeMap<u32, Id> =
        places.iter().filter_map(|place| Some((*place, graph.nodes.get(*place as usize)?.id))).collect();
    let links = graph.links.iter().filter_map(|(one, other)| Some((*dots.get(one)?, *dots.get(other)?)));
    let nodes = places.iter().filter_map(|place| {
        let (node, at) = (graph.nodes.get(*place as usize)?, placed.positions.get(*place as usize)?);
        Some(Dot {
            id: node.id,
            kind: node.kind.as_str(),
            label: None,
            space: graph.spaces.get(usize::from(node.space)).cloned().unwrap_or_default(),
            at: *at,
            links: node.degree,
            from: moment(node.valid_from),
            until: (node.valid_to != NEVER).then(|| moment(node.valid_to)),
            is_pinned: node.marks.0 & MapMarks::PINNED != 0,
        })
    });
    Ok(Outline {
        epoch: placed.epoch,
        nodes: nodes.collect(),
        links: links.collect(),
        fitting,
        total_nodes: graph.total_nodes,
        total_links: graph.total_links,
    })
}

/// One dot, then what it is tied to, by their places.
fn around(graph: &MapGraph, id: Id) -> Result<Vec<u32>> {
    let Some(own) = graph.nodes.iter().position(|node| node.id == id).map(|place| place as u32) else {
        let error = Error::new(ErrorKind::NotFound, format!("{id} is not on the map"));
        return Err(error.hint("it was forgotten, is of another space, or is a passage: ask for its note"));
    };
    let tied = graph.links.iter().filter_map(|(one, other)| match own {
        _ if *one == own => Some(*other),
        _ if *other == own => Some(*one),
        _ => None,
    });
    let mut near: Vec<u32> = tied.collect();
    // Places are given by the ranking.
    near.sort_unstable();
    near.insert(0, own);
    Ok(near)
}

/// The same rule as in the browser (`server/ui/src/map/moment.ts`): tells whether a dot is there at a moment.
fn holds(node: &MapNode, true_at: u32, known_at: u32) -> bool {
    let until = if node.end_known > known_at { NEVER } else { node.valid_to };
    node.valid_from <= true_at
        && until > true_at
        && node.retracted > known_at
        && seconds(node.id.minted_at()) <= known_at
}

fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.as_millis().div_euclid(1_000).max(0)).unwrap_or(NEVER - 1).min(NEVER - 1)
}

fn moment(seconds: u32) -> Timestamp {
    Timestamp::from_millis(i64::from(seconds) * 1_000)
}
