//! The map as one answer that a browser reads without parsing: little-endian arrays, one behind the other, each of which it
//! looks at as a typed array. What the client (`server/ui/src/map/frame.ts`) reads is what is written here.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HYDRAMAP` |
//! | 4 × 2 | version of this format, length of the header |
//! | 8 × 2 | epoch of the layout (0: never laid out), newest commit |
//! | 4 × 4 | nodes, links, regions, endings |
//! | 4 × 2 | nodes and links that there are without a bound |
//! | 4 × 2 | length of the JSON at the end, marks: 1 if it is a preview, 2 if another layout is being made |
//! | 4 × 4 | f32: least and largest x and y |
//! | 4 × 2 | first and last second at which something begins to hold |
//! | 8 n | u64: ids; when something is known since is in their upper 48 bits, in milliseconds |
//! | 8 n | f32 × 2: positions |
//! | 4 n, 4 n | u32: seconds from which and until which it holds, 2^32 - 1 for ever |
//! | 8 m | u32 × 2: links, most telling first: any beginning is a fair sample |
//! | 12 e | u32 × 3: node, since when its end is known (0: from the beginning), since when it is known to be wrong |
//! | 24 r | f32 × 3 and u32 × 3: middle and reach of a region, its nodes, the node it is called by (2^32 - 1: none), its space |
//! | 2 n | u16: region; then to the next multiple of four |
//! | n, n, n | u8: type, sixteen times the binary logarithm of one more than the degree, marks; to the next multiple of four |
//! | … | JSON: names of spaces and of types |

use hydra_graph::{MapGraph, MapKind, MapNode, NEVER, Placed};
use serde_json::json;

const MAGIC: &[u8; 8] = b"HYDRAMAP";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 88;

/// Marks of a frame.
pub const PREVIEW: u32 = 1;
pub const CHANGING: u32 = 2;

/// Writes it.
pub fn encode(graph: &MapGraph, placed: &Placed, marks: u32) -> Vec<u8> {
    let nodes = &graph.nodes;
    let kinds: Vec<&str> = MapKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let tail = json!({"spaces": graph.spaces, "types": kinds}).to_string();
    let endings: Vec<(u32, &MapNode)> =
        (0..).zip(nodes).filter(|(_, node)| node.end_known > 0 || node.retracted != NEVER).collect();
    let mut out =
        Frame(Vec::with_capacity(HEADER_BYTES + nodes.len() * 30 + graph.links.len() * 8 + tail.len() + 4_096));
    out.0.extend(MAGIC);
    out.u32s(&[FORMAT, HEADER_BYTES as u32]);
    out.u64(placed.epoch);
    out.u64(graph.version.map_or(0, |version| version.0));
    let counts = [nodes.len(), graph.links.len(), placed.regions.len(), endings.len()];
    out.u32s(&counts.map(|count| count as u32));
    out.u32s(&[graph.total_nodes as u32, graph.total_links as u32, tail.len() as u32, marks]);
    let axis = |axis: usize| placed.positions.iter().map(move |at| at[axis]);
    for values in [0, 1].map(|number| {
        let (low, high) = (axis(number).fold(f32::MAX, f32::min), axis(number).fold(f32::MIN, f32::max));
        if nodes.is_empty() { [0.0, 0.0] } else { [low, high] }
    }) {
        values.iter().for_each(|value| out.f32(*value));
    }
    let begins = || nodes.iter().map(|node| node.valid_from);
    out.u32s(&[begins().min().unwrap_or(0), begins().max().unwrap_or(0)]);
    debug_assert_eq!(out.0.len(), HEADER_BYTES);
    nodes.iter().for_each(|node| out.u64(node.id.0));
    placed.positions.iter().flatten().for_each(|value| out.f32(*value));
    nodes.iter().for_each(|node| out.u32(node.valid_from));
    nodes.iter().for_each(|node| out.u32(node.valid_to));
    graph.links.iter().for_each(|(a, b)| out.u32s(&[*a, *b]));
    endings.iter().for_each(|(place, node)| out.u32s(&[*place, node.end_known, node.retracted]));
    for region in &placed.regions {
        [region.at[0], region.at[1], region.radius].iter().for_each(|value| out.f32(*value));
        out.u32s(&[region.nodes, region.hub.unwrap_or(NEVER), u32::from(region.space)]);
    }
    placed.membership.iter().for_each(|region| out.0.extend(region.to_le_bytes()));
    out.fill();
    out.0.extend(nodes.iter().map(|node| node.kind as u8));
    out.0.extend(nodes.iter().map(|node| degree(node.degree)));
    out.0.extend(nodes.iter().map(|node| node.marks.0));
    out.fill();
    out.0.extend(tail.as_bytes());
    out.0
}

fn degree(degree: u32) -> u8 {
    (f64::from(degree + 1).log2() * 16.0).round().min(255.0) as u8
}

struct Frame(Vec<u8>);

impl Frame {
    fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    fn u32s(&mut self, values: &[u32]) {
        values.iter().for_each(|value| self.u32(*value));
    }

    fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    fn f32(&mut self, value: f32) {
        self.0.extend(value.to_le_bytes());
    }

    /// Typed arrays begin at multiples of their width.
    fn fill(&mut self) {
        while !self.0.len().is_multiple_of(4) {
            self.0.push(0);
        }
    }
}
