//! Which nodes belong together: the only file that knows whose algorithm says so.

use leiden_rs::{GraphDataBuilder, Leiden, LeidenConfig, Partition};

/// The same graph gives the same communities.
const SEED: u64 = 7;
/// Rounds at most; it mostly settles after a few.
const MAX_ROUNDS: usize = 12;
/// Nodes of a community at most: a larger disc says nothing by where its dots are.
const MAX_COMMUNITY: usize = 4_000;

/// Returns the community of each node, numbered from 0. `before` says where nodes were: they stay unless they clearly belong
/// elsewhere by now, because a run from scratch moves a third of them for nothing.
pub(super) fn communities(nodes: usize, links: &[(u32, u32)], before: &[Option<u32>]) -> Vec<u32> {
    let alone = || vec![0; nodes];
    if nodes == 0 || links.is_empty() {
        return alone();
    }
    let mut degrees = vec![0_u32; nodes];
    for (a, b) in links {
        degrees[*a as usize] += 1;
        degrees[*b as usize] += 1;
    }
    let mut builder = GraphDataBuilder::new(nodes);
    for (a, b) in links {
        // What half of everything is tied to says little about where each of them belongs.
        let busiest = degrees[*a as usize].max(degrees[*b as usize]);
        let weight = 1.0 / (1.0 + f64::from(busiest).ln());
        let (a, b) = (*a.min(b) as usize, *a.max(b) as usize);
        if builder.add_edge(a, b, weight).is_err() {
            return alone();
        }
    }
    let config = LeidenConfig {
        max_iterations: MAX_ROUNDS,
        seed: Some(SEED),
        epsilon: 1e-6,
        max_comm_size: MAX_COMMUNITY,
        ..LeidenConfig::default()
    };
    let Ok(graph) = builder.build() else { return alone() };
    let leiden = Leiden::new(config);
    let found = if before.iter().any(Option::is_some) {
        // Who was nowhere begins alone.
        let mut next = before.iter().flatten().max().map_or(0, |most| *most as usize + 1);
        let membership = before.iter().map(|known| {
            known.map_or_else(
                || {
                    next += 1;
                    next - 1
                },
                |known| known as usize,
            )
        });
        leiden.run_with_initial_partition(&graph, Partition::from_membership(membership.collect()))
    } else {
        leiden.run(&graph)
    };
    match found {
        Ok(found) => found.partition.as_slice().iter().map(|community| *community as u32).collect(),
        Err(_) => alone(),
    }
}
