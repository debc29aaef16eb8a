//! Where the nodes of a map lie, kept from one day to the next: what has a place keeps it, and what is new comes to lie amid
//! what it is tied to. Only whoever lays the map out anew moves anything.

mod kept;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::AtomicBool;

use crate::id::Id;

use super::disc::{Disc, pack};
use super::dot::MapGraph;
use super::force::Point;
use super::layout::{MAX_REGIONS, Plan, SPACING, lay_out, radius_of, sunflower};

/// A map is laid out anew by itself once it has so many times the nodes that it had: what came since lies where there was
/// room, and no longer where it belongs.
const GROWN: usize = 2;
/// What lies between spaces that were never laid out.
const GAP: f32 = 24.0;

/// Where nodes lie, by id; survives the graph that it was made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placement {
    /// Counts how often the map was laid out; 0 if it never was.
    epoch: u64,
    /// How many nodes it had then.
    laid: u32,
    spots: HashMap<Id, Spot>,
    regions: Vec<Region>,
    /// Whether it is otherwise than when it was last asked.
    is_changed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Spot {
    at: Point,
    region: u16,
}

/// A region, by names that stay the same.
#[derive(Clone, Debug, PartialEq)]
struct Region {
    space: String,
    at: Point,
    radius: f32,
    hub: Option<Id>,
    /// How many nodes lie on the rim of its space since it was laid out; `None` for a region of the layout.
    rim: Option<u32>,
}

/// Where the nodes of one graph are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Placed {
    /// Counts layouts; 0 if the map was never laid out.
    pub epoch: u64,
    /// Where each node is.
    pub positions: Vec<[f32; 2]>,
    /// The region of each node.
    pub membership: Vec<u16>,
    /// The regions.
    pub regions: Vec<PlacedRegion>,
}

/// A region of a map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedRegion {
    /// The space it is in, by its number in the graph; [`u16::MAX`] if nothing of that space is shown.
    pub space: u16,
    /// Its middle.
    pub at: [f32; 2],
    /// How far it reaches.
    pub radius: f32,
    /// How many nodes of it are shown.
    pub nodes: u32,
    /// The node that it is called by; `None` for what belongs nowhere, or if that node is not shown.
    pub hub: Option<u32>,
}

impl Placement {
    /// Lays a graph out. What `former` places keeps to its place as far as it still belongs there; `None` if it was stopped.
    pub fn lay_out(graph: &MapGraph, former: &Self, stop: &AtomicBool) -> Option<Self> {
        let seeds: Vec<u64> = graph.nodes.iter().map(|node| node.id.0).collect();
        let spaces: Vec<u16> = graph.nodes.iter().map(|node| node.space).collect();
        let pinned: Vec<Option<Point>> = graph.nodes.iter().map(|node| node.pinned).collect();
        let is_of_layout = |spot: &Spot| former.regions[usize::from(spot.region)].rim.is_none();
        let before: Vec<Option<(Point, u32)>> = graph
            .nodes
            .iter()
            .map(|node| former.spots.get(&node.id).filter(|spot| is_of_layout(spot)))
            .map(|spot| spot.map(|spot| (spot.at, u32::from(spot.region))))
            .collect();
        let plan = Plan { seeds: &seeds, spaces: &spaces, links: &graph.links, before: &before, pinned: &pinned };
        let laid = lay_out(&plan, stop)?;
        let regions = laid.regions.iter().map(|region| Region {
            space: graph.spaces.get(usize::from(region.space)).cloned().unwrap_or_default(),
            at: region.at,
            radius: region.radius,
            hub: region.hub.map(|hub| graph.nodes[hub as usize].id),
            rim: None,
        });
        let spots = graph.nodes.iter().zip(&laid.positions).zip(&laid.membership);
        Some(Self {
            epoch: former.epoch + 1,
            laid: graph.nodes.len() as u32,
            spots: spots.map(|((node, at), region)| (node.id, Spot { at: *at, region: *region })).collect(),
            regions: regions.collect(),
            is_changed: true,
        })
    }

    /// Returns how often the map was laid out.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Makes this the next layout after another, so that whoever kept that one notices.
    pub fn after(mut self, other: &Self) -> Self {
        self.epoch = other.epoch.max(self.epoch) + 1;
        self.is_changed = true;
        self
    }

    /// Tells whether it is otherwise than at the last call, so that it should be kept.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Tells whether the graph should be laid out without anybody asking for it.
    pub fn wants_layout(&self, graph: &MapGraph) -> bool {
        !graph.nodes.is_empty() && (self.epoch == 0 || graph.nodes.len() > self.laid as usize * GROWN)
    }

    /// Counts the nodes that another layout has more than a node's width away.
    pub fn moved(&self, other: &Self) -> usize {
        let is_moved = |(id, spot): &(&Id, &Spot)| {
            let now = other.spots.get(id).map(|now| (now.at[0] - spot.at[0]).hypot(now.at[1] - spot.at[1]));
            now.is_some_and(|distance| distance > SPACING)
        };
        self.spots.iter().filter(is_moved).count()
    }

    /// Says where each node of a graph is, and gives a place to those that have none. Of a map that was never laid out
    /// nothing is kept: its spaces are discs, filled in the order of the ranking.
    pub fn place(&mut self, graph: &MapGraph) -> Placed {
        if self.epoch == 0 {
            return unlaid(graph);
        }
        self.settle_new(graph);
        let mut placed = Placed { epoch: self.epoch, ..Placed::default() };
        let mut nodes = vec![0_u32; self.regions.len()];
        for node in &graph.nodes {
            let spot = self.spots[&node.id];
            placed.positions.push(node.pinned.unwrap_or(spot.at));
            placed.membership.push(spot.region);
            nodes[usize::from(spot.region)] += 1;
        }
        let space = |name: &str| graph.spaces.iter().position(|space| space == name);
        let places: HashMap<Id, u32> = graph.nodes.iter().map(|node| node.id).zip(0..).collect();
        placed.regions = self
            .regions
            .iter()
            .zip(nodes)
            .map(|(region, nodes)| PlacedRegion {
                space: space(&region.space).map_or(u16::MAX, |space| space as u16),
                at: region.at,
                radius: region.radius + SPACING * (region.rim.unwrap_or(0) as f32).sqrt() * 0.1,
                nodes,
                hub: region.hub.and_then(|hub| places.get(&hub).copied()),
            })
            .collect();
        placed
    }

    /// Drops the places of what is no longer on a map, so that nothing tells of it.
    pub fn forget_others(&mut self, graph: &MapGraph) {
        if self.spots.len() > graph.nodes.len() {
            let there: std::collections::HashSet<Id> = graph.nodes.iter().map(|node| node.id).collect();
            self.spots.retain(|id, _| there.contains(id));
            self.is_changed = true;
        }
    }

    fn settle_new(&mut self, graph: &MapGraph) {
        let is_new = |place: u32| !self.spots.contains_key(&graph.nodes[place as usize].id);
        let new: Vec<u32> = (0..graph.nodes.len() as u32).filter(|place| is_new(*place)).collect();
        if new.is_empty() {
            return;
        }
        self.is_changed = true;
        let mut around: HashMap<u32, Vec<u32>> = new.iter().map(|place| (*place, Vec::new())).collect();
        for (a, b) in &graph.links {
            for (one, other) in [(a, b), (b, a)] {
                if let Some(ties) = around.get_mut(one) {
                    ties.push(*other);
                }
            }
        }
        let mut waiting: VecDeque<u32> = VecDeque::new();
        let mut rest = new.iter().copied();
        waiting.extend(&new);
        loop {
            // Whoever is tied to something that has a place goes first; only when nobody is, one goes to the rim.
            while let Some(place) = waiting.pop_front() {
                if self.spots.contains_key(&graph.nodes[place as usize].id) {
                    continue;
                }
                if let Some(spot) = self.amid(graph, place, &around[&place]) {
                    self.spots.insert(graph.nodes[place as usize].id, spot);
                    waiting.extend(around[&place].iter().filter(|other| around.contains_key(other)));
                }
            }
            let Some(place) = rest.find(|place| !self.spots.contains_key(&graph.nodes[*place as usize].id)) else {
                return;
            };
            let node = &graph.nodes[place as usize];
            let spot = self.on_rim(&graph.spaces[usize::from(node.space)]);
            self.spots.insert(node.id, spot);
            waiting.extend(around[&place].iter().filter(|other| around.contains_key(other)));
        }
    }

    /// The weighted mean of what a node is tied to, in the region of most of it.
    fn amid(&self, graph: &MapGraph, place: u32, ties: &[u32]) -> Option<Spot> {
        let (mut sum, mut weights) = ([0.0_f32; 2], 0.0_f32);
        let mut regions: BTreeMap<u16, f32> = BTreeMap::new();
        for other in ties {
            let other = &graph.nodes[*other as usize];
            let Some(spot) = self.spots.get(&other.id) else { continue };
            let weight = 1.0 / (2.0 + other.degree as f32).ln();
            let at = other.pinned.unwrap_or(spot.at);
            sum = [sum[0] + at[0] * weight, sum[1] + at[1] * weight];
            weights += weight;
            *regions.entry(spot.region).or_default() += weight;
        }
        let region = regions.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map(|(region, _)| *region)?;
        // Beside it, not on it.
        let seed = graph.nodes[place as usize].id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let angle = (seed >> 40) as f32 / 16_777_216.0 * std::f32::consts::TAU;
        let distance = SPACING * (0.7 + (seed >> 16 & 0xFFFF) as f32 / 65_536.0);
        let at = [sum[0] / weights + distance * angle.cos(), sum[1] / weights + distance * angle.sin()];
        Some(Spot { at, region })
    }

    /// The next place outside everything else of a space.
    fn on_rim(&mut self, space: &str) -> Spot {
        let region = self.rim_of(space);
        let rim = &mut self.regions[region];
        let number = rim.rim.get_or_insert(0);
        let [x, y] = sunflower(*number as usize);
        *number += 1;
        let length = x.hypot(y).max(1e-3);
        let distance = rim.radius.hypot(length);
        let at = [rim.at[0] + x / length * distance, rim.at[1] + y / length * distance];
        Spot { at, region: region as u16 }
    }

    fn rim_of(&mut self, space: &str) -> usize {
        if let Some(known) = self.regions.iter().position(|region| region.rim.is_some() && region.space == space) {
            return known;
        }
        // Regions are numbered in 16 bits, of which layouts take a few: further spaces share a rim.
        if self.regions.len() > MAX_REGIONS * 8
            && let Some(last) = self.regions.iter().rposition(|region| region.rim.is_some())
        {
            return last;
        }
        let own: Vec<&Region> = self.regions.iter().filter(|region| region.space == space).collect();
        let (at, radius) = match own.is_empty() {
            false => {
                let count = own.len() as f32;
                let sum =
                    own.iter().fold([0.0; 2], |sum: Point, region| [sum[0] + region.at[0], sum[1] + region.at[1]]);
                let at = [sum[0] / count, sum[1] / count];
                let reach = |region: &&Region| (region.at[0] - at[0]).hypot(region.at[1] - at[1]) + region.radius;
                (at, own.iter().map(reach).fold(0.0, f32::max) + GAP / 4.0)
            }
            // A space that came since lies to the right of all others.
            true => {
                let right = self.regions.iter().map(|region| region.at[0] + region.radius).fold(0.0, f32::max);
                ([right + GAP * 2.0, 0.0], 0.0)
            }
        };
        self.regions.push(Region { space: space.to_owned(), at, radius, hub: None, rim: Some(0) });
        self.regions.len() - 1
    }
}

/// Discs by space, filled from the middle with the most telling first.
fn unlaid(graph: &MapGraph) -> Placed {
    let mut by_space: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (node, place) in graph.nodes.iter().zip(0..) {
        by_space.entry(node.space).or_default().push(place);
    }
    let discs: Vec<Disc> =
        by_space.values().map(|nodes| Disc { radius: radius_of(nodes.len()), before: None }).collect();
    let places = pack(&discs, &[], GAP);
    let mut placed = Placed {
        positions: vec![[0.0; 2]; graph.nodes.len()],
        membership: vec![0; graph.nodes.len()],
        ..Placed::default()
    };
    for (number, ((space, nodes), [x, y])) in by_space.iter().zip(places).enumerate() {
        for (turn, place) in nodes.iter().enumerate() {
            let at = sunflower(turn);
            let pinned = graph.nodes[*place as usize].pinned;
            placed.positions[*place as usize] = pinned.unwrap_or([x + at[0], y + at[1]]);
            placed.membership[*place as usize] = number as u16;
        }
        let radius = discs[number].radius;
        placed.regions.push(PlacedRegion { space: *space, at: [x, y], radius, nodes: nodes.len() as u32, hub: None });
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::{MapKind, MapMarks, MapNode, NEVER};

    fn graph(count: u32, links: &[(u32, u32)]) -> MapGraph {
        let node = |n: u32| MapNode {
            id: Id(u64::from(n + 1) << 16),
            kind: MapKind::Entity,
            marks: MapMarks::default(),
            space: 0,
            degree: links.iter().filter(|(a, b)| *a == n || *b == n).count() as u32,
            valid_from: 0,
            valid_to: NEVER,
            end_known: 0,
            retracted: NEVER,
            pinned: None,
        };
        MapGraph {
            nodes: (0..count).map(node).collect(),
            links: links.to_vec(),
            spaces: vec!["personal".to_owned()],
            total_nodes: count as usize,
            total_links: links.len(),
            version: None,
        }
    }

    fn ring(count: u32) -> Vec<(u32, u32)> {
        (0..count).map(|n| (n, (n + 1) % count)).collect()
    }

    fn lay(graph: &MapGraph, former: &Placement) -> Placement {
        Placement::lay_out(graph, former, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn what_has_a_place_keeps_it_and_what_is_new_lies_amid_its_ties() {
        let mut placement = lay(&graph(20, &ring(20)), &Placement::default());
        let before = placement.place(&graph(20, &ring(20)));
        let mut links = ring(20);
        links.extend([(20, 3), (20, 4), (21, 20)]);
        let more = graph(23, &links);
        let after = placement.place(&more);
        assert_eq!(after.positions[..20], before.positions[..]);
        let apart = |a: usize, b: usize| {
            let (one, other) = (after.positions[a], after.positions[b]);
            (one[0] - other[0]).hypot(one[1] - other[1])
        };
        assert!(apart(20, 3) < 4.0 && apart(21, 20) < 2.0, "{} {}", apart(20, 3), apart(21, 20));
        // What nothing is tied to lies on the rim.
        assert!(after.regions[usize::from(after.membership[22])].hub.is_none());
        assert_eq!(placement.place(&more), after);
        assert!(placement.take_changed());
        placement.place(&more);
        assert!(!placement.take_changed());
        assert_eq!(Placement::from_bytes(&placement.to_bytes()), Some(placement));
    }

    #[test]
    fn a_pin_holds_whatever_is_laid_out() {
        let mut pinned = graph(20, &ring(20));
        pinned.nodes[5].pinned = Some([-300.0, 40.0]);
        let mut placement = Placement::default();
        assert_eq!(placement.place(&pinned).positions[5], [-300.0, 40.0]);
        placement = lay(&pinned, &placement);
        assert_eq!(placement.place(&pinned).positions[5], [-300.0, 40.0]);
    }

    #[test]
    fn it_is_laid_out_by_itself_at_first_and_when_it_has_doubled() {
        let placement = lay(&graph(20, &ring(20)), &Placement::default());
        assert!(Placement::default().wants_layout(&graph(1, &[])));
        assert!(!Placement::default().wants_layout(&graph(0, &[])));
        assert!(!placement.wants_layout(&graph(40, &ring(40))));
        assert!(placement.wants_layout(&graph(41, &ring(41))));
    }

    #[test]
    fn a_damaged_file_is_no_placement() {
        let bytes = lay(&graph(20, &ring(20)), &Placement::default()).to_bytes();
        for at in [0, 9, bytes.len() / 2, bytes.len() - 1] {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            assert_eq!(Placement::from_bytes(&broken), None, "{at}");
            assert_eq!(Placement::from_bytes(&bytes[..at]), None, "{at}");
        }
    }
}
