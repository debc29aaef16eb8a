//! Where everything is on the map: spaces as the first level, in each the regions of what belongs together, in each of these
//! its nodes. Pure: the same graph gives the same map, on any number of threads.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::community::communities;
use super::disc::{Disc, GOLDEN_ANGLE, pack};
use super::force::{Point, settle};

/// Room of one node: half the distance to its neighbours, where they lie evenly.
pub(crate) const SPACING: f32 = 1.0;
/// What lies between two regions, and between two spaces, in the same unit.
const REGION_GAP: f32 = 4.0;
const SPACE_GAP: f32 = 24.0;
/// Smaller communities are no regions: what is in them lies with everything else that belongs nowhere.
const MIN_REGION: usize = 6;
/// Regions of one map at most; the smallest go into what belongs nowhere.
pub const MAX_REGIONS: usize = 4_096;

/// What is to be laid out; every list is by node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan<'a> {
    /// Decides what nothing else does.
    pub seeds: &'a [u64],
    pub spaces: &'a [u16],
    /// Pairs of nodes.
    pub links: &'a [(u32, u32)],
    /// Where it was, and in which region.
    pub before: &'a [Option<(Point, u32)>],
    /// Where the owner wants it.
    pub pinned: &'a [Option<Point>],
}

/// A region of a laid map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Region {
    pub space: u16,
    pub at: Point,
    pub radius: f32,
    /// How many nodes are in it.
    pub nodes: u32,
    /// The node with the most ties in it, that it is called by; none for what belongs nowhere.
    pub hub: Option<u32>,
}

/// A map that was laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Laid {
    pub positions: Vec<Point>,
    /// The region of each node.
    pub membership: Vec<u16>,
    pub regions: Vec<Region>,
}

/// The nodes of a region, as numbers of the whole map.
struct Group {
    space: u16,
    nodes: Vec<u32>,
    is_loose: bool,
}

/// Lays the map out; `None` if it was told to stop.
pub(crate) fn lay_out(plan: &Plan<'_>, stop: &AtomicBool) -> Option<Laid> {
    let count = plan.spaces.len();
    let mut degrees = vec![0_u32; count];
    for (a, b) in plan.links {
        degrees[*a as usize] += 1;
        degrees[*b as usize] += 1;
    }
    let groups = groups(plan, stop)?;
    let mut membership = vec![0_u16; count];
    let mut place = vec![0_u32; count];
    for (number, group) in groups.iter().enumerate() {
        for (inside, node) in group.nodes.iter().enumerate() {
            membership[*node as usize] = number as u16;
            place[*node as usize] = inside as u32;
        }
    }
    let mut within: Vec<Vec<(u32, u32)>> = vec![Vec::new(); groups.len()];
    let mut between: BTreeMap<(u16, u16), f32> = BTreeMap::new();
    for (a, b) in plan.links {
        let (one, other) = (membership[*a as usize], membership[*b as usize]);
        if one == other {
            within[one as usize].push((place[*a as usize], place[*b as usize]));
        } else {
            *between.entry((one.min(other), one.max(other))).or_default() += 1.0;
        }
    }
    let inside: Vec<Vec<Point>> =
        groups.par_iter().zip(&within).map(|(group, links)| lay_group(plan, group, links, &degrees, stop)).collect();
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let (places, radii) = place_groups(plan, &groups, &between);
    let mut positions = vec![[0.0; 2]; count];
    let mut regions = Vec::with_capacity(groups.len());
    for (number, group) in groups.iter().enumerate() {
        let [x, y] = places[number];
        for (node, at) in group.nodes.iter().zip(&inside[number]) {
            positions[*node as usize] = plan.pinned[*node as usize].unwrap_or([x + at[0], y + at[1]]);
        }
        let busiest = |node: &&u32| (degrees[**node as usize], std::cmp::Reverse(**node));
        let hub = group.nodes.iter().max_by_key(busiest).copied().filter(|_| !group.is_loose);
        let nodes = group.nodes.len() as u32;
        regions.push(Region { space: group.space, at: [x, y], radius: radii[number], nodes, hub });
    }
    Some(Laid { positions, membership, regions })
}

/// How far a disc of so many nodes reaches.
pub(crate) fn radius_of(nodes: usize) -> f32 {
    SPACING * (nodes.max(1) as f32).sqrt() * 1.15
}

/// The place of the nth node where nothing else says where it belongs.
pub(crate) fn sunflower(number: usize) -> Point {
    let (distance, angle) = (SPACING * (number as f32 + 0.5).sqrt(), number as f32 * GOLDEN_ANGLE);
    [distance * angle.cos(), distance * angle.sin()]
}

/// The communities of each space, large ones first; what is in none of them last.
fn groups(plan: &Plan<'_>, stop: &AtomicBool) -> Option<Vec<Group>> {
    let mut by_space: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for (node, space) in plan.spaces.iter().enumerate() {
        by_space.entry(*space).or_default().push(node as u32);
    }
    let mut place = vec![0_u32; plan.spaces.len()];
    for nodes in by_space.values() {
        for (inside, node) in nodes.iter().enumerate() {
            place[*node as usize] = inside as u32;
        }
    }
    let mut links: BTreeMap<u16, Vec<(u32, u32)>> = BTreeMap::new();
    for (a, b) in plan.links {
        let space = plan.spaces[*a as usize];
        if space == plan.spaces[*b as usize] && a != b {
            links.entry(space).or_default().push((place[*a as usize], place[*b as usize]));
        }
    }
    let spaces: Vec<(u16, Vec<u32>)> = by_space.into_iter().collect();
    let found: Vec<Vec<u32>> = spaces
        .par_iter()
        .map(|(space, nodes)| {
            if stop.load(Ordering::Relaxed) {
                return Vec::new();
            }
            let before: Vec<Option<u32>> =
                nodes.iter().map(|node| plan.before[*node as usize].map(|(_, region)| region)).collect();
            communities(nodes.len(), links.get(space).map_or(&[], Vec::as_slice), &dense(&before))
        })
        .collect();
    if stop.load(Ordering::Relaxed) {
        return None;
    }
    let mut groups = Vec::new();
    let mut loose = Vec::new();
    for ((space, nodes), found) in spaces.into_iter().zip(found) {
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (node, community) in nodes.into_iter().zip(found) {
            members.entry(community).or_default().push(node);
        }
        // What hangs together stays together there, too.
        let (large, small): (Vec<_>, Vec<_>) = members.into_values().partition(|nodes| nodes.len() >= MIN_REGION);
        groups.extend(large.into_iter().map(|nodes| Group { space, nodes, is_loose: false }));
        loose.push((space, small.into_iter().flatten().collect::<Vec<u32>>()));
    }
    groups.sort_by_key(|group| (std::cmp::Reverse(group.nodes.len()), group.nodes[0]));
    let most = MAX_REGIONS.saturating_sub(loose.len());
    for group in groups.split_off(groups.len().min(most)) {
        if let Some((_, nodes)) = loose.iter_mut().find(|(space, _)| *space == group.space) {
            nodes.extend(group.nodes);
        }
    }
    let all = loose.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    groups.extend(all.map(|(space, nodes)| Group { space, nodes, is_loose: true }));
    Some(groups)
}

/// Numbers regions from 0, as far as they are in one space.
fn dense(regions: &[Option<u32>]) -> Vec<Option<u32>> {
    let mut numbers = HashMap::new();
    regions
        .iter()
        .map(|region| {
            let next = numbers.len() as u32;
            region.map(|region| *numbers.entry(region).or_insert(next))
        })
        .collect()
}

/// The places of a region's nodes around its middle.
fn lay_group(plan: &Plan<'_>, group: &Group, links: &[(u32, u32)], degrees: &[u32], stop: &AtomicBool) -> Vec<Point> {
    if group.is_loose || links.is_empty() {
        return (0..group.nodes.len()).map(sunflower).collect();
    }
    let mut points = begun(plan, group, links, degrees);
    settle(&mut points, links, stop);
    into_disc(&mut points, radius_of(group.nodes.len()) / 1.15);
    points
}

/// Where nodes are before forces move them: where they were, else on a tree around the busiest.
fn begun(plan: &Plan<'_>, group: &Group, links: &[(u32, u32)], degrees: &[u32]) -> Vec<Point> {
    let count = group.nodes.len();
    let mut points = tree(count, links, |inside| degrees[group.nodes[inside as usize] as usize]);
    let known: Vec<(usize, Point)> =
        (0..count).filter_map(|inside| plan.before[group.nodes[inside] as usize].map(|(at, _)| (inside, at))).collect();
    if known.len() * 2 > count {
        let middle = mean(known.iter().map(|(_, at)| *at));
        for (inside, at) in known {
            // Forces lie wider than the disc that they are brought into.
            points[inside] = [(at[0] - middle[0]) * 3.0, (at[1] - middle[1]) * 3.0];
        }
    }
    // Nothing pushes apart what lies on one spot.
    for (inside, point) in points.iter_mut().enumerate() {
        let seed = plan.seeds[group.nodes[inside] as usize].wrapping_mul(0x9E37_79B9_7F4A_7C15);
        point[0] += (seed >> 40) as f32 / 16_777_216.0 * 0.1;
        point[1] += (seed >> 16 & 0xFF_FFFF) as f32 / 16_777_216.0 * 0.1;
    }
    points
}

fn mean(points: impl Iterator<Item = Point>) -> Point {
    let (mut sum, mut count) = ([0.0_f32; 2], 0.0_f32);
    for [x, y] in points {
        sum = [sum[0] + x, sum[1] + y];
        count += 1.0;
    }
    [sum[0] / count.max(1.0), sum[1] / count.max(1.0)]
}

/// The middle of most: a few that are far away do not move it.
fn median(points: &[Point]) -> Point {
    [0, 1].map(|axis| {
        let mut all: Vec<f32> = points.iter().map(|at| at[axis]).collect();
        let half = all.len() / 2;
        *all.select_nth_unstable_by(half, f32::total_cmp).1
    })
}

/// Rings around the busiest node, by steps from it; each branch keeps to a wedge as wide as it has nodes. Forces that begin
/// there are done after a few dozen steps.
fn tree(count: usize, links: &[(u32, u32)], degree: impl Fn(u32) -> u32) -> Vec<Point> {
    let mut around: Vec<Vec<u32>> = vec![Vec::new(); count];
    for (a, b) in links {
        around[*a as usize].push(*b);
        around[*b as usize].push(*a);
    }
    let mut roots: Vec<u32> = (0..count as u32).collect();
    roots.sort_by_key(|node| (std::cmp::Reverse(degree(*node)), *node));
    let (mut order, mut parents) = (Vec::with_capacity(count), vec![None; count]);
    let mut seen = vec![false; count];
    let mut trees = Vec::new();
    for root in roots {
        if std::mem::replace(&mut seen[root as usize], true) {
            continue;
        }
        trees.push(root);
        let mut queue = VecDeque::from([root]);
        while let Some(node) = queue.pop_front() {
            order.push(node);
            for next in &around[node as usize] {
                if !std::mem::replace(&mut seen[*next as usize], true) {
                    parents[*next as usize] = Some(node);
                    queue.push_back(*next);
                }
            }
        }
    }
    let mut sizes = vec![1.0_f32; count];
    for node in order.iter().rev() {
        if let Some(parent) = parents[*node as usize] {
            sizes[parent as usize] += sizes[*node as usize];
        }
    }
    // Where a node's wedge begins, how wide it is, how much of it its branches took so far, and its ring.
    let mut wedges = vec![(0.0_f32, std::f32::consts::TAU, 0.0_f32, 0.0_f32); count];
    let mut points = vec![[0.0; 2]; count];
    let pitch = (count as f32).sqrt();
    for node in order {
        let index = node as usize;
        let Some(parent) = parents[index] else { continue };
        let (begin, width, taken, ring) = wedges[parent as usize];
        let own = width * sizes[index] / (sizes[parent as usize] - 1.0).max(1.0);
        wedges[parent as usize].2 += own;
        wedges[index] = (begin + taken, own, 0.0, ring + 1.0);
        let (angle, distance) = (begin + taken + own / 2.0, (ring + 1.0) * pitch);
        points[index] = [distance * angle.cos(), distance * angle.sin()];
    }
    for (number, root) in trees.into_iter().enumerate().skip(1) {
        // A part without a link to the first lies outside it.
        let [x, y] = sunflower(number);
        points[root as usize] = [x * pitch, y * pitch];
    }
    points
}

/// Brings points into a disc: partly by how far out they came to lie, mostly so that they fill it evenly. Forces alone put
/// most of a community on one spot and a few of it far away.
fn into_disc(points: &mut [Point], radius: f32) {
    let middle = median(points);
    // As wide as it is high, or a long one would lie in two heaps.
    let away: Vec<Point> = points.iter().map(|at| [(at[0] - middle[0]).abs(), (at[1] - middle[1]).abs()]).collect();
    let [wide, high] = median(&away).map(|spread| spread.max(1e-6));
    for point in points.iter_mut() {
        *point = [(point[0] - middle[0]) / wide, (point[1] - middle[1]) / high];
    }
    let mut order: Vec<(f32, usize)> =
        points.iter().enumerate().map(|(index, at)| (at[0].hypot(at[1]), index)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let count = order.len();
    let reach = order[(count * 19 / 20).min(count - 1)].0.max(1e-6);
    for (rank, (distance, index)) in order.into_iter().enumerate() {
        let even = ((rank as f32 + 0.5) / count as f32).sqrt();
        let wanted = radius * (0.15 * (distance / reach).min(1.0) + 0.85 * even);
        let factor = if distance > 1e-6 { wanted / distance } else { 0.0 };
        let [x, y] = points[index];
        points[index] = [x * factor, y * factor];
    }
    // Around the mean of its nodes, as a region is found the next time.
    let middle = mean(points.iter().copied());
    for point in points {
        *point = [point[0] - middle[0], point[1] - middle[1]];
    }
}

/// Where each region is, with how far it reaches: packed in its space, and the spaces beside each other.
fn place_groups(plan: &Plan<'_>, groups: &[Group], between: &BTreeMap<(u16, u16), f32>) -> (Vec<Point>, Vec<f32>) {
    let radii: Vec<f32> = groups.iter().map(|group| radius_of(group.nodes.len())).collect();
    let mut of_space: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        of_space.entry(group.space).or_default().push(number as u16);
    }
    // Where the nodes of a group lay, if most of them lay somewhere.
    let lay = |nodes: &mut dyn Iterator<Item = u32>| {
        let (mut all, mut known) = (0, Vec::new());
        for node in nodes {
            all += 1;
            known.extend(plan.before[node as usize].map(|(at, _)| at));
        }
        (known.len() * 2 > all).then(|| mean(known.into_iter()))
    };
    let mut around = vec![[0.0_f32; 2]; groups.len()];
    let mut spaces = Vec::new();
    for regions in of_space.values() {
        let middle = lay(&mut regions.iter().flat_map(|region| groups[usize::from(*region)].nodes.iter().copied()));
        let discs: Vec<Disc> = regions
            .iter()
            .map(|region| {
                let before = lay(&mut groups[usize::from(*region)].nodes.iter().copied());
                let before = before.zip(middle).map(|(at, middle)| [at[0] - middle[0], at[1] - middle[1]]);
                Disc { radius: radii[usize::from(*region)], before }
            })
            .collect();
        let number: HashMap<u16, u32> = regions.iter().copied().zip(0..).collect();
        let related: Vec<(u32, u32, f32)> =
            between.iter().filter_map(|((a, b), weight)| Some((*number.get(a)?, *number.get(b)?, *weight))).collect();
        let places = pack(&discs, &related, REGION_GAP);
        // Around the middle of its nodes, as it will be found the next time.
        let weighed = |(region, at): (&u16, &Point)| (groups[usize::from(*region)].nodes.len() as f32, *at);
        let (mut sum, mut nodes) = ([0.0_f32; 2], 0.0);
        for (weight, at) in regions.iter().zip(&places).map(weighed) {
            sum = [sum[0] + at[0] * weight, sum[1] + at[1] * weight];
            nodes += weight;
        }
        let mut reach = 0.0_f32;
        for (region, at) in regions.iter().zip(places) {
            let at = [at[0] - sum[0] / nodes, at[1] - sum[1] / nodes];
            around[usize::from(*region)] = at;
            reach = reach.max(at[0].hypot(at[1]) + radii[usize::from(*region)]);
        }
        spaces.push(Disc { radius: reach, before: middle });
    }
    let numbers: HashMap<u16, u32> = of_space.keys().copied().zip(0..).collect();
    let mut related: BTreeMap<(u32, u32), f32> = BTreeMap::new();
    for ((a, b), weight) in between {
        let (one, other) = (numbers[&groups[usize::from(*a)].space], numbers[&groups[usize::from(*b)].space]);
        if one != other {
            *related.entry((one.min(other), one.max(other))).or_default() += weight;
        }
    }
    let related: Vec<(u32, u32, f32)> = related.into_iter().map(|((a, b), weight)| (a, b, weight)).collect();
    let places = pack(&spaces, &related, SPACE_GAP);
    for (regions, [x, y]) in of_space.values().zip(places) {
        for region in regions {
            let at = &mut around[usize::from(*region)];
            *at = [at[0] + x, at[1] + y];
        }
    }
    (around, radii)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rings of ten, each tied to the next by one link.
    fn rings(rings: u32) -> Vec<(u32, u32)> {
        let ring = |r: u32| (0..10).flat_map(move |n| [1, 3].map(|step| (r * 10 + n, r * 10 + (n + step) % 10)));
        (0..rings).flat_map(|r| ring(r).chain([(r * 10, (r + 1) % rings * 10)])).filter(|(a, b)| a != b).collect()
    }

    fn laid(spaces: &[u16], links: &[(u32, u32)], before: &[Option<(Point, u32)>]) -> Laid {
        let seeds: Vec<u64> = (1..=spaces.len() as u64).collect();
        let pinned = vec![None; spaces.len()];
        let plan = Plan { seeds: &seeds, spaces, links, before, pinned: &pinned };
        lay_out(&plan, &AtomicBool::new(false)).unwrap()
    }

    #[test]
    fn what_belongs_together_is_a_region_and_comes_out_the_same() {
        let spaces = vec![0; 80];
        let links = rings(8);
        let one = laid(&spaces, &links, &[None; 80]);
        assert_eq!(one, laid(&spaces, &links, &[None; 80]));
        for ring in one.membership.chunks(10) {
            assert!(ring.iter().all(|region| *region == ring[0]), "{:?}", one.membership);
        }
        assert!(one.regions.iter().all(|region| region.hub.is_some()));
        for (at, region) in one.positions.iter().zip(&one.membership) {
            let region = &one.regions[usize::from(*region)];
            assert!((at[0] - region.at[0]).hypot(at[1] - region.at[1]) <= region.radius);
        }
    }

    #[test]
    fn spaces_are_apart_and_what_is_alone_is_not_lost() {
        let spaces: Vec<u16> = (0..80).map(|n| if n < 40 { 3 } else { 9 }).collect();
        let map = laid(&spaces, &rings(4).into_iter().filter(|(a, b)| *a.max(b) < 30).collect::<Vec<_>>(), &[None; 80]);
        assert_eq!(map.positions.len(), 80);
        let nodes: u32 = map.regions.iter().map(|region| region.nodes).sum();
        assert_eq!(nodes, 80);
        for (one, region) in map.regions.iter().enumerate() {
            for other in &map.regions[one + 1..] {
                let apart = (region.at[0] - other.at[0]).hypot(region.at[1] - other.at[1]);
                let gap = if region.space == other.space { REGION_GAP } else { SPACE_GAP };
                assert!(apart >= region.radius + other.radius + gap - 0.1);
            }
        }
    }

    #[test]
    fn a_map_that_is_tidied_moves_little() {
        let spaces = vec![0; 80];
        let links = rings(8);
        let first = laid(&spaces, &links, &[None; 80]);
        let before: Vec<_> =
            first.positions.iter().zip(&first.membership).map(|(at, region)| Some((*at, u32::from(*region)))).collect();
        let tidied = laid(&spaces, &links, &before);
        for (was, region) in first.positions.iter().zip(&first.membership) {
            let now = tidied.regions.iter().map(|region| region.at);
            let nearest = now.map(|at| (at[0] - was[0]).hypot(at[1] - was[1])).fold(f32::MAX, f32::min);
            assert!(nearest <= first.regions[usize::from(*region)].radius * 1.3, "{nearest}");
        }
    }

    #[test]
    fn no_map_and_one_node() {
        assert_eq!(laid(&[], &[], &[]), Laid::default());
        assert_eq!(laid(&[5], &[], &[None]).positions.len(), 1);
    }

    #[test]
    fn regions_are_bounded() {
        // Pairs of six in more communities than there may be regions.
        let count = (MAX_REGIONS + 50) * MIN_REGION;
        let links: Vec<(u32, u32)> =
            (0..count as u32).filter(|n| !(*n as usize + 1).is_multiple_of(MIN_REGION)).map(|n| (n, n + 1)).collect();
        let map = laid(&vec![0; count], &links, &vec![None; count]);
        assert_eq!(map.regions.len(), MAX_REGIONS);
        assert_eq!(map.regions.iter().filter(|region| region.hub.is_none()).count(), 1);
    }
}
