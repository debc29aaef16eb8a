//! The ranked graph that a map of some spaces shows, put together of what is known of each node.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::atlas::{Atlas, Class, Said, seconds};
use super::dot::{MapGraph, MapKind, MapMarks, MapNode, NEVER};
use crate::id::Id;
use crate::record::Kind;
use crate::time::Timestamp;

impl Atlas {
    /// Returns what a map of these spaces (all if there are none) shows: ranked, and no more than so many. What was forgotten
    /// is not in it, nor a name that nothing else speaks of.
    pub fn graph(&self, spaces: &[String], max_nodes: usize, max_links: usize) -> MapGraph {
        let mut drawn = Drawn::new(self, spaces);
        drawn.memories();
        drawn.pages();
        drawn.into_graph(max_nodes, max_links)
    }
}

/// What a map of some spaces shows, while it is put together.
struct Drawn<'a> {
    atlas: &'a Atlas,
    /// The spaces that are read, by number; all of them if it is `None`.
    wanted: Option<BTreeSet<u16>>,
    nodes: Vec<MapNode>,
    numbers: HashMap<Id, u32>,
    ties: HashSet<(u32, u32)>,
    /// How much each space says of a name.
    sayings: HashMap<u32, HashMap<u16, u32>>,
    tags: Vec<(Id, Id, u16)>,
}

impl<'a> Drawn<'a> {
    fn new(atlas: &'a Atlas, spaces: &[String]) -> Self {
        let number = |name: &String| atlas.spaces.iter().position(|space| space == name).map(|space| space as u16);
        let wanted = (!spaces.is_empty()).then(|| spaces.iter().filter_map(number).collect());
        Self {
            atlas,
            wanted,
            nodes: Vec::new(),
            numbers: HashMap::new(),
            ties: HashSet::new(),
            sayings: HashMap::new(),
            tags: Vec::new(),
        }
    }

    /// Tells where something belongs, if it is shown.
    fn shown(&self, id: Id) -> Option<u16> {
        let (space, is_forgotten) = self.atlas.standing(id);
        let space = space.filter(|_| !is_forgotten)?;
        self.wanted.as_ref().is_none_or(|wanted| wanted.contains(&space)).then_some(space)
    }

    fn memories(&mut self) {
        let mut all: Vec<Id> =
            self.atlas.said.iter().filter(|(_, said)| said.class == Class::Memory).map(|(id, _)| *id).collect();
        all.sort_unstable();
        for id in all {
            let said = &self.atlas.said[&id];
            let Some(kind) = MapKind::of_memory(said.kind.unwrap_or(Kind::Episode)) else { continue };
            let Some(space) = self.shown(id) else { continue };
            let recorded = said.recorded.unwrap_or(id.minted_at());
            let from = said.valid_from.or(said.happened).unwrap_or(recorded);
            let ends = [said.valid_to, said.expires].into_iter().flatten().map(seconds);
            let end_known = said.ended_by.map(Id::minted_at).or(said.end_told).filter(|_| said.valid_to.is_some());
            let dot = MapNode {
                valid_to: ends.min().unwrap_or(NEVER),
                end_known: end_known.map_or(0, seconds),
                retracted: said.retracted.map_or(NEVER, seconds),
                ..dot(id, kind, space, from, said)
            };
            let number = self.add(dot);
            for (to, _) in &said.ties {
                if let Some(name) = self.name(*to, space, Some(seconds(from))) {
                    self.tie(number, name);
                }
            }
        }
    }

    /// Notes that are shown, what they link to, and their tags.
    fn pages(&mut self) {
        let mut files: Vec<Id> =
            self.atlas.said.iter().filter(|(_, said)| said.page.is_some()).map(|(id, _)| *id).collect();
        files.sort_unstable();
        for file in files {
            let said = &self.atlas.said[&file];
            let (Some(space), Some(page)) = (self.shown(file), said.page) else { continue };
            let begins = said.recorded.map(seconds);
            let Some(note) = self.name(page, space, begins) else { continue };
            let word = self.atlas.said.get(&page).and_then(|said| said.word.as_deref());
            self.nodes[note as usize].kind = MapKind::of_note(word);
            self.tags.extend(said.ties.iter().map(|(tag, _)| (page, *tag, space)));
        }
        for (page, tag, space) in std::mem::take(&mut self.tags) {
            if let (Some(page), Some(tag)) = (self.numbers.get(&page).copied(), self.name(tag, space, None)) {
                self.tie(page, tag);
            }
        }
        let mut pages: Vec<Id> = self
            .atlas
            .said
            .iter()
            .filter(|(_, said)| said.class == Class::Entity && !said.ties.is_empty())
            .map(|(id, _)| *id)
            .collect();
        pages.sort_unstable();
        for page in pages {
            for (to, file) in &self.atlas.said[&page].ties {
                let Some(space) = file.and_then(|file| self.shown(file)) else { continue };
                if let (Some(page), Some(to)) = (self.name(page, space, None), self.name(*to, space, None)) {
                    self.tie(page, to);
                }
            }
        }
    }

    /// Returns the dot of a name that a space speaks of, since when it is said; `None` if it is no name, or was merged.
    fn name(&mut self, id: Id, space: u16, since: Option<u32>) -> Option<u32> {
        let said = self.atlas.said.get(&id)?;
        let kind = match said.class {
            Class::Entity if !said.is_merged => MapKind::Entity,
            Class::Tag if !said.is_merged => MapKind::Tag,
            _ => return None,
        };
        let number = match self.numbers.get(&id) {
            Some(number) => *number,
            None => self.add(dot(id, kind, space, id.minted_at(), said)),
        };
        let node = &mut self.nodes[number as usize];
        node.valid_from = node.valid_from.min(since.unwrap_or(NEVER));
        *self.sayings.entry(number).or_default().entry(space).or_default() += 1;
        Some(number)
    }

    /// Gives a dot its number.
    fn add(&mut self, dot: MapNode) -> u32 {
        let number = self.nodes.len() as u32;
        self.numbers.insert(dot.id, number);
        self.nodes.push(dot);
        number
    }

    fn tie(&mut self, one: u32, other: u32) {
        if one != other && self.ties.insert((one.min(other), one.max(other))) {
            self.nodes[one as usize].degree += 1;
            self.nodes[other as usize].degree += 1;
        }
    }

    fn into_graph(mut self, max_nodes: usize, max_links: usize) -> MapGraph {
        for (number, spaces) in &self.sayings {
            let most = spaces.iter().max_by_key(|(space, times)| (**times, std::cmp::Reverse(**space)));
            self.nodes[*number as usize].space = most.map_or(0, |(space, _)| *space);
        }
        let (total_nodes, total_links) = (self.nodes.len(), self.ties.len());
        let mut order: Vec<(f64, u32)> = (0..total_nodes as u32)
            .map(|number| {
                let node = &self.nodes[number as usize];
                (turn(node.id.0, f64::from(1 + node.degree)), number)
            })
            .collect();
        let id = |number: u32| self.nodes[number as usize].id;
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(id(a.1).cmp(&id(b.1))));
        order.truncate(max_nodes);
        let mut places = vec![NEVER; total_nodes];
        for (place, (_, number)) in order.iter().enumerate() {
            places[*number as usize] = place as u32;
        }
        let mut links: Vec<(f64, (u32, u32))> = self
            .ties
            .iter()
            .filter(|(a, b)| places[*a as usize] != NEVER && places[*b as usize] != NEVER)
            .map(|(a, b)| {
                let (one, other) = (&self.nodes[*a as usize], &self.nodes[*b as usize]);
                let weight = 1.0 + f64::from(one.degree.min(other.degree)).ln_1p();
                let seed = one.id.0.min(other.id.0).rotate_left(32) ^ one.id.0.max(other.id.0);
                (turn(seed, weight), (places[*a as usize], places[*b as usize]))
            })
            .collect();
        links.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        links.truncate(max_links);
        MapGraph {
            version: self.atlas.head,
            nodes: order.into_iter().map(|(_, number)| self.nodes[number as usize]).collect(),
            links: links.into_iter().map(|(_, link)| link).collect(),
            spaces: self.atlas.spaces.clone(),
            total_nodes,
            total_links,
        }
    }
}

/// A dot without an end, as it is before anything is tied to it.
fn dot(id: Id, kind: MapKind, space: u16, from: Timestamp, said: &Said) -> MapNode {
    MapNode {
        id,
        kind,
        marks: marks(said),
        space,
        degree: 0,
        valid_from: seconds(from),
        valid_to: NEVER,
        end_known: 0,
        retracted: NEVER,
        pinned: said.pinned,
    }
}

fn marks(said: &Said) -> MapMarks {
    let bit = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    MapMarks(
        bit(said.pinned.is_some(), MapMarks::PINNED)
            | bit(said.is_stale, MapMarks::STALE)
            | bit(said.is_candidate, MapMarks::CANDIDATE),
    )
}

/// When something has its turn in a ranking whose every beginning is a sample weighted by what it is worth (Efraimidis and
/// Spirakis, 2006): the same each time, since chance comes from the id.
fn turn(seed: u64, weight: f64) -> f64 {
    // SplitMix64.
    let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    let chance = ((mixed >> 11) as f64 + 1.0) / (1_u64 << 53) as f64;
    -chance.ln() / weight
}
