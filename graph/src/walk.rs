//! Neighbourhoods: a bounded piece of the graph around some seeds, and personalised PageRank over it.

use std::collections::{HashMap, HashSet, VecDeque};

use oxigraph::model::{NamedNodeRef, Term, TermRef};
use petgraph::graph::{NodeIndex, UnGraph};
use petgraph::visit::EdgeRef as _;

use crate::error::Result;
use crate::id::Id;
use crate::store::{View, subject_id};
use crate::vocab::{self, ext};

/// Nodes in one neighbourhood at most.
pub const MAX_NODES: usize = 400;
/// Nodes whose neighbours are read; each costs a dozen look-ups in the store, a few microseconds apiece.
pub const MAX_EXPANDED: usize = 6;
/// Neighbours of one node that are followed: a hub says little about each of its many.
pub const MAX_DEGREE: usize = 16;
/// Chance to go on rather than to start again (Page et al. 1999).
const DAMPING: f32 = 0.85;
/// Rounds of the power iteration; the error falls by the damping factor in each.
const ROUNDS: usize = 20;

/// What is followed, and how strong the tie is.
const TIES: [(NamedNodeRef<'static>, f32); 6] = [
    (vocab::LINKS_TO, 1.0),
    (vocab::ABOUT, 1.0),
    (ext::MAIN_ENTITY, 1.0),
    (vocab::PART_OF, 0.5),
    (vocab::FOLLOWS, 0.5),
    (vocab::TAG, 0.3),
];

/// How strong a tie by a mere name is.
const MENTION: f32 = 0.25;

/// What is named by a node, or names it, without a link.
pub(crate) type Named<'n> = &'n dyn Fn(Id) -> Result<Vec<Id>>;

/// Returns every node near the seeds with its share of the walk, highest first; the shares sum to one. Nodes that are newer
/// than `newest` are not walked on.
pub(crate) fn rank(
    view: &View<'_>,
    seeds: &[(Id, f32)],
    newest: Option<Id>,
    named: Named<'_>,
) -> Result<Vec<(Id, f32)>> {
    let total: f32 = seeds.iter().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return Ok(Vec::new());
    }
    let (graph, nodes) = neighbourhood(view, seeds, newest, named)?;
    let mut start = vec![0.0; graph.node_count()];
    for (seed, weight) in seeds {
        if let Some(node) = nodes.get(seed) {
            start[node.index()] += weight / total;
        }
    }
    let shares = power_iteration(&graph, &start);
    let mut ranked: Vec<(Id, f32)> = graph.node_indices().map(|node| (graph[node], shares[node.index()])).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(ranked)
}

fn power_iteration(graph: &UnGraph<Id, f32>, start: &[f32]) -> Vec<f32> {
    let strength: Vec<f32> =
        graph.node_indices().map(|node| graph.edges(node).map(|edge| *edge.weight()).sum()).collect();
    let mut shares = start.to_vec();
    for _ in 0..ROUNDS {
        let mut next: Vec<f32> = start.iter().map(|s| s * (1.0 - DAMPING)).collect();
        for node in graph.node_indices() {
            let share = DAMPING * shares[node.index()];
            if strength[node.index()] == 0.0 {
                // Nowhere to go: start again.
                for (slot, s) in next.iter_mut().zip(start) {
                    *slot += share * s;
                }
                continue;
            }
            for edge in graph.edges(node) {
                next[edge.target().index()] += share * edge.weight() / strength[node.index()];
            }
        }
        shares = next;
    }
    shares
}

/// Breadth first from the heaviest seed, within the bounds.
fn neighbourhood(
    view: &View<'_>,
    seeds: &[(Id, f32)],
    newest: Option<Id>,
    named: Named<'_>,
) -> Result<(UnGraph<Id, f32>, HashMap<Id, NodeIndex>)> {
    let mut graph = UnGraph::default();
    let mut nodes = HashMap::new();
    let mut queue = VecDeque::new();
    let mut by_weight = seeds.to_vec();
    by_weight.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    for (seed, _) in by_weight.into_iter().take(MAX_NODES) {
        nodes.entry(seed).or_insert_with(|| graph.add_node(seed));
        queue.push_back(seed);
    }
    let mut expanded = 0;
    while let Some(id) = queue.pop_front() {
        if expanded == MAX_EXPANDED {
            break;
        }
        expanded += 1;
        for (other, weight) in neighbours(view, id, newest, named)? {
            let from = nodes[&id];
            let to = match nodes.get(&other) {
                Some(node) => *node,
                None if nodes.len() == MAX_NODES => continue,
                None => {
                    let node = graph.add_node(other);
                    nodes.insert(other, node);
                    queue.push_back(other);
                    node
                }
            };
            graph.update_edge(from, to, weight);
        }
    }
    Ok((graph, nodes))
}

/// Returns the nodes one tie away, in both directions, in a stable order.
fn neighbours(view: &View<'_>, id: Id, newest: Option<Id>, named: Named<'_>) -> Result<Vec<(Id, f32)>> {
    // Asked tie by tie: what else is said here (texts, the journal) is slow to read or without end.
    let object = Term::from(vocab::node(id));
    let mut found = Vec::new();
    for (tie, weight) in TIES {
        let is_of_the_time = |id: &Id| newest.is_none_or(|newest| *id <= newest);
        let there = view.objects(id, tie)?.into_iter().filter(is_of_the_time).take(MAX_DEGREE);
        let back = view.quads(None, Some(tie), Some(TermRef::from(&object)), None);
        let back = back.filter_map(|quad| quad.map(|q| subject_id(&q.subject)).transpose());
        let back = back.filter(|id| id.as_ref().map_or(true, is_of_the_time)).take(MAX_DEGREE);
        let back: Vec<Id> = back.collect::<Result<_>>()?;
        found.extend(there.chain(back).map(|other| (other, weight)));
    }
    found.extend(named(id)?.into_iter().map(|other| (other, MENTION)));
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut seen = HashSet::from([id]);
    found.retain(|(other, _)| seen.insert(*other));
    found.truncate(MAX_DEGREE);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_nodes_get_more_and_shares_sum_to_one() {
        let mut graph = UnGraph::default();
        let path: Vec<NodeIndex> = (0..4).map(|n| graph.add_node(Id(n))).collect();
        for pair in path.windows(2) {
            graph.add_edge(pair[0], pair[1], 1.0);
        }
        let lonely = graph.add_node(Id(9));
        let shares = power_iteration(&graph, &[1.0, 0.0, 0.0, 0.0, 0.0]);
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!(shares[1] > shares[2] && shares[2] > shares[3]);
        assert_eq!(shares[lonely.index()], 0.0);
    }
}
