//! What an update would change, worked out on a view that the operations before it are laid over. Nothing is written here.

use std::collections::BTreeMap;
use std::rc::Rc;

use oxigraph::model::{GraphName, NamedNode, NamedOrBlankNode, Quad, Term, vocab::xsd};
use oxigraph::store::Store;
use spareval::{DeleteInsertQuad, QueryEvaluator};
use spargebra::algebra::{GraphPattern, GraphTarget, QueryDataset};
use spargebra::term::{GroundQuadPattern, QuadPattern};
use spargebra::{GraphUpdateOperation, Update};

use super::answer::failed;
use super::budget::Budget;
use super::dataset::{Part, Readable};
use super::interrupt::Interrupt;
use super::own;
use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::time::Timestamp;
use crate::vocab;

/// Statements that one update adds and removes at most.
pub const MAX_UPDATE_QUADS: usize = 100_000;

/// An update under way.
pub(crate) struct Updating<'v> {
    /// The graph as it is after what was done so far.
    rewound: Option<Rewound<'v>>,
    /// What is said of memories that are to be told.
    pub told: BTreeMap<String, Vec<Quad>>,
    evaluator: QueryEvaluator,
    budget: Rc<Budget>,
    interrupt: Interrupt,
    part: Part,
    now: Timestamp,
}

const LAID: &str = "the view is taken only while an operation runs";

impl<'v> Updating<'v> {
    /// Starts on a view of now.
    pub fn new(
        rewound: Rewound<'v>,
        evaluator: QueryEvaluator,
        budget: &Rc<Budget>,
        interrupt: &Interrupt,
        part: Part,
        now: Timestamp,
    ) -> Self {
        Self {
            rewound: Some(rewound),
            told: BTreeMap::new(),
            evaluator,
            budget: Rc::clone(budget),
            interrupt: interrupt.clone(),
            part,
            now,
        }
    }

    /// Does every operation in turn.
    pub fn run(&mut self, update: &Update) -> Result<()> {
        let count = update.operations.len();
        for (place, operation) in update.operations.iter().enumerate() {
            self.operate(update, operation).map_err(|error| match count {
                1 => error,
                _ => error.context(format!("operation {} of {count}", place + 1)),
            })?;
        }
        Ok(())
    }

    /// Returns what is added and removed in all.
    pub fn into_difference(self) -> (Vec<Quad>, Vec<Quad>) {
        self.rewound.expect(LAID).into_difference()
    }

    /// Adds and removes statements of the user's own graphs, and of memories that are to be told.
    pub fn change(&mut self, removed: Vec<Quad>, added: Vec<Quad>) -> Result<()> {
        if removed.len() + added.len() > MAX_UPDATE_QUADS {
            return Err(too_much());
        }
        for quad in &removed {
            own::check_graph(&quad.graph_name)?;
        }
        let (of_memories, added): (Vec<Quad>, Vec<Quad>) =
            added.into_iter().partition(|quad| quad.graph_name == vocab::MEMORY_GRAPH.into());
        for quad in of_memories {
            let NamedOrBlankNode::BlankNode(node) = &quad.subject else {
                let message =
                    format!("what is said of {} in <{}> is Hydra's to say", quad.subject, vocab::MEMORY_GRAPH.as_str());
                return Err(Error::new(ErrorKind::Refused, message).hint(
                    "a new memory is a node without a name, as in [] a hy:Memory ; schema:text \"…\"; known ones are \
                     changed with update, forget and undo",
                ));
            };
            self.told.entry(node.as_str().to_owned()).or_default().push(quad);
        }
        let mut marks = Vec::new();
        for quad in &added {
            own::check_graph(&quad.graph_name)?;
            own::check_words(quad)?;
            if let GraphName::NamedNode(graph) = &quad.graph_name
                && graph.as_ref() != vocab::OWN_GRAPH
            {
                let mark = own::mark(graph.as_ref());
                if marks.last() != Some(&mark) {
                    marks.push(mark);
                }
            }
        }
        let added = canonical(added)?.into_iter().chain(marks).collect();
        let removed = canonical(removed)?;
        let rewound = self.rewound.as_mut().expect(LAID);
        rewound.lay(removed, added)?;
        if rewound.laid() > MAX_UPDATE_QUADS {
            return Err(too_much());
        }
        Ok(())
    }

    /// Empties a graph; returns whether it was there.
    pub fn clear(&mut self, graph: &NamedNode, is_dropped: bool) -> Result<bool> {
        own::check_graph(&graph.clone().into())?;
        let rewound = self.rewound.as_ref().expect(LAID);
        let is_there = own::is_there(rewound, graph.as_ref())?;
        let name = GraphName::from(graph.clone());
        let mut removed = Vec::new();
        for quad in rewound.quads(None, None, None, Some(name.as_ref())) {
            self.budget.read();
            removed.push(quad?);
            if removed.len() > MAX_UPDATE_QUADS {
                return Err(too_much());
            }
        }
        if is_dropped && graph.as_ref() != vocab::OWN_GRAPH {
            removed.push(own::mark(graph.as_ref()));
        }
        self.rewound.as_mut().expect(LAID).lay(removed, Vec::new())?;
        Ok(is_there)
    }

    /// Makes a graph; returns whether it was there.
    pub fn create(&mut self, graph: &NamedNode) -> Result<bool> {
        own::check_graph(&graph.clone().into())?;
        let rewound = self.rewound.as_mut().expect(LAID);
        let is_there = own::is_there(rewound, graph.as_ref())?;
        if graph.as_ref() != vocab::OWN_GRAPH {
            rewound.lay(Vec::new(), vec![own::mark(graph.as_ref())])?;
        }
        Ok(is_there)
    }

    fn operate(&mut self, update: &Update, operation: &GraphUpdateOperation) -> Result<()> {
        match operation {
            GraphUpdateOperation::InsertData { data } => {
                let insert = data.iter().map(|quad| QuadPattern {
                    subject: quad.subject.clone().into(),
                    predicate: quad.predicate.clone().into(),
                    object: quad.object.clone().into(),
                    graph_name: quad.graph_name.clone().into(),
                });
                let nothing = GraphPattern::Bgp { patterns: Vec::new() };
                self.delete_insert(update, Vec::new(), insert.collect(), None, &nothing)
            }
            GraphUpdateOperation::DeleteData { data } => {
                let delete = data.iter().map(|quad| GroundQuadPattern {
                    subject: quad.subject.clone().into(),
                    predicate: quad.predicate.clone().into(),
                    object: quad.object.clone().into(),
                    graph_name: quad.graph_name.clone().into(),
                });
                let nothing = GraphPattern::Bgp { patterns: Vec::new() };
                self.delete_insert(update, delete.collect(), Vec::new(), None, &nothing)
            }
            GraphUpdateOperation::DeleteInsert { delete, insert, using, pattern } => {
                self.delete_insert(update, delete.clone(), insert.clone(), using.clone(), pattern)
            }
            GraphUpdateOperation::Load { silent: true, .. } => Ok(()),
            GraphUpdateOperation::Load { source, .. } => {
                let message = format!("LOAD <{}> would fetch something from outside", shortened(source.as_str()));
                Err(Error::new(ErrorKind::Refused, message).hint("send the file itself to /store?graph=NAME"))
            }
            GraphUpdateOperation::Clear { silent, graph } => self.clear_all(graph, *silent, false),
            GraphUpdateOperation::Drop { silent, graph } => self.clear_all(graph, *silent, true),
            GraphUpdateOperation::Create { silent, graph } => match self.create(graph)? && !silent {
                true => {
                    Err(Error::new(ErrorKind::Conflict, format!("<{}> is there already", shortened(graph.as_str())))
                        .hint("say CREATE SILENT GRAPH if that does not matter"))
                }
                false => Ok(()),
            },
        }
    }

    fn clear_all(&mut self, target: &GraphTarget, is_silent: bool, is_dropped: bool) -> Result<()> {
        let named = |this: &Self| own::graphs(this.rewound.as_ref().expect(LAID));
        let graphs = match target {
            GraphTarget::NamedNode(graph) => {
                if !self.clear(graph, is_dropped)? && !is_silent && graph.as_ref() != vocab::OWN_GRAPH {
                    let message = format!("there is no graph <{}>", shortened(graph.as_str()));
                    return Err(
                        Error::new(ErrorKind::Invalid, message).hint("say it with SILENT if that does not matter")
                    );
                }
                return Ok(());
            }
            GraphTarget::DefaultGraph => vec![vocab::OWN_GRAPH.into()],
            GraphTarget::NamedGraphs => named(self)?,
            // What is remembered is none of these: it is forgotten, not cleared.
            GraphTarget::AllGraphs => named(self)?.into_iter().chain([vocab::OWN_GRAPH.into()]).collect(),
        };
        graphs.iter().try_for_each(|graph| self.clear(graph, is_dropped).map(|_| ()))
    }

    fn delete_insert(
        &mut self,
        update: &Update,
        delete: Vec<GroundQuadPattern>,
        insert: Vec<QuadPattern>,
        using: Option<QueryDataset>,
        pattern: &GraphPattern,
    ) -> Result<()> {
        let sight = Sight::new(self.rewound.take().expect(LAID), &[], self.now);
        let found = self.evaluate(&sight, update, delete, insert, using, pattern);
        self.rewound = Some(sight.into_rewound());
        let (removed, added) = found?;
        self.change(removed, added)
    }

    fn evaluate(
        &self,
        sight: &Sight<'_>,
        update: &Update,
        delete: Vec<GroundQuadPattern>,
        insert: Vec<QuadPattern>,
        using: Option<QueryDataset>,
        pattern: &GraphPattern,
    ) -> Result<(Vec<Quad>, Vec<Quad>)> {
        let base = update.base_iri.clone();
        let prepared = self.evaluator.prepare_delete_insert(delete, insert, base, using, pattern);
        let failed = |error| failed(error, &self.interrupt);
        let (mut removed, mut added) = (Vec::new(), Vec::new());
        for change in prepared.execute(Readable::new(sight, &self.budget, self.part)).map_err(failed)? {
            match change.map_err(failed)? {
                DeleteInsertQuad::Delete(quad) => removed.push(placed(quad)),
                DeleteInsertQuad::Insert(quad) => added.push(placed(quad)),
            }
            if removed.len() + added.len() > MAX_UPDATE_QUADS {
                return Err(too_much());
            }
        }
        Ok((removed, added))
    }
}

/// What is said without a graph has one of ours.
fn placed(mut quad: Quad) -> Quad {
    if quad.graph_name.is_default_graph() {
        quad.graph_name = vocab::OWN_GRAPH.into();
    }
    quad
}

fn too_much() -> Error {
    Error::new(ErrorKind::TooLarge, format!("the update changes more than {MAX_UPDATE_QUADS} statements"))
        .hint("change a part at a time; each can be undone by itself")
}

/// Spells literals as the store gives them back (`1` for `01`), or a difference would not be the one that was made. A
/// store in memory knows best.
pub(crate) fn canonical(quads: Vec<Quad>) -> Result<Vec<Quad>> {
    let (typed, mut plain): (Vec<Quad>, Vec<Quad>) = quads.into_iter().partition(|quad| is_typed(&quad.object));
    if typed.is_empty() {
        return Ok(plain);
    }
    let broken = |error: oxigraph::store::StorageError| Error::new(ErrorKind::Corrupt, format!("the store: {error}"));
    let store = Store::new().map_err(broken)?;
    store.extend(typed).map_err(broken)?;
    for quad in store.iter() {
        plain.push(quad.map_err(broken)?);
    }
    Ok(plain)
}

fn is_typed(term: &Term) -> bool {
    match term {
        Term::Literal(literal) => literal.datatype() != xsd::STRING,
        Term::Triple(triple) => is_typed(&triple.object),
        Term::NamedNode(_) | Term::BlankNode(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use oxigraph::model::Literal;

    use super::*;

    #[test]
    fn literals_are_spelled_as_the_store_gives_them_back() {
        let quad = |text: &str, datatype| {
            let name = NamedNode::new_unchecked("urn:example:a");
            Quad::new(name.clone(), name.clone(), Literal::new_typed_literal(text, datatype), name)
        };
        let spelled =
            canonical(vec![quad("01", xsd::INTEGER), quad("a", xsd::STRING), quad("1.50", xsd::DECIMAL)]).unwrap();
        let spelled: Vec<String> = spelled.iter().map(|quad| quad.object.to_string()).collect();
        assert_eq!(spelled.len(), 3);
        for expected in [
            "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>",
            "\"a\"",
            "\"1.5\"^^<http://www.w3.org/2001/XMLSchema#decimal>",
        ] {
            assert!(spelled.iter().any(|text| text == expected), "{expected}: {spelled:?}");
        }
    }
}
