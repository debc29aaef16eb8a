//! Where the store keeps a graph. What is most often written, the graph of memories, is kept as oxigraph's default graph:
//! a statement there costs three keys and no name, one in a named graph seven and a name. Nobody else sees that.

use oxigraph::model::{GraphName, GraphNameRef, Quad, QuadRef};

use crate::vocab;

/// Where a graph is kept.
pub(super) fn kept(graph: GraphNameRef<'_>) -> GraphNameRef<'_> {
    if graph == vocab::MEMORY_GRAPH.into() { GraphNameRef::DefaultGraph } else { graph }
}

/// Where a statement is kept.
pub(super) fn kept_quad(quad: QuadRef<'_>) -> QuadRef<'_> {
    QuadRef { graph_name: kept(quad.graph_name), ..quad }
}

/// As [`kept_quad`], for a statement of one's own.
pub(super) fn kept_owned(mut quad: Quad) -> Quad {
    if kept(quad.graph_name.as_ref()).is_default_graph() {
        quad.graph_name = GraphName::DefaultGraph;
    }
    quad
}

/// The part of a query that finds a pattern in every graph.
pub(super) fn anywhere(pattern: &str) -> String {
    format!("{{ {{ {pattern} }} UNION {{ GRAPH ?g {{ {pattern} }} }} }}")
}

/// The statement that is kept so.
pub(super) fn told(mut quad: Quad) -> Quad {
    if quad.graph_name.is_default_graph() {
        quad.graph_name = GraphName::from(vocab::MEMORY_GRAPH);
    }
    quad
}
