//! Terms and statements between RDF and what the rest of this crate speaks of: ids, texts, times, numbers.

use oxigraph::model::{Literal, NamedNode, NamedOrBlankNode, Quad, Term};

use crate::id::Id;
use crate::time::Timestamp;
use crate::vocab;

/// Returns the text of a literal, or the IRI of a node.
pub(crate) fn term_text(term: &Term) -> Option<String> {
    match term {
        Term::Literal(literal) => Some(literal.value().to_owned()),
        Term::NamedNode(node) => Some(node.as_str().to_owned()),
        _ => None,
    }
}

/// Returns the id of a node of ours.
pub(crate) fn term_id(term: &Term) -> Option<Id> {
    match term {
        Term::NamedNode(node) => Id::from_iri(node.as_str()),
        _ => None,
    }
}

/// Returns the id of a subject of ours.
pub(crate) fn subject_id(subject: &NamedOrBlankNode) -> Option<Id> {
    match subject {
        NamedOrBlankNode::NamedNode(node) => Id::from_iri(node.as_str()),
        NamedOrBlankNode::BlankNode(_) => None,
    }
}

/// Returns a point in time as an `xsd:dateTime`.
pub(crate) fn time_literal(at: Timestamp) -> Literal {
    Literal::new_typed_literal(at.to_string(), oxigraph::model::vocab::xsd::DATE_TIME)
}

/// Returns the place of an id in `hy:order`: the newest has the smallest.
pub(crate) fn order(id: Id) -> Literal {
    // Ids stay below 2^63 for another 4,000 years.
    Literal::from(-(id.0 as i64))
}

/// Collects quads of one subject in one graph.
pub(crate) struct Node {
    subject: NamedNode,
    graph: NamedNode,
    /// What was said so far.
    pub quads: Vec<Quad>,
}

impl Node {
    /// Starts on `id` in `graph`.
    pub fn new(id: Id, graph: impl Into<NamedNode>) -> Self {
        Self { subject: vocab::node(id), graph: graph.into(), quads: Vec::new() }
    }

    /// Says one thing.
    pub fn say(&mut self, predicate: impl Into<NamedNode>, object: impl Into<Term>) -> &mut Self {
        self.quads.push(Quad::new(self.subject.clone(), predicate, object, self.graph.clone()));
        self
    }

    /// Says one thing if there is one.
    pub fn maybe(&mut self, predicate: impl Into<NamedNode>, object: Option<impl Into<Term>>) -> &mut Self {
        if let Some(object) = object {
            self.say(predicate, object);
        }
        self
    }
}

/// Returns a plain string literal.
pub(crate) fn string(text: impl Into<String>) -> Literal {
    Literal::new_simple_literal(text)
}

/// Returns a whole number as an `xsd:integer`.
pub(crate) fn number(n: usize) -> Literal {
    Literal::from(i64::try_from(n).unwrap_or(i64::MAX))
}
