//! One consistent look at the store.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use oxigraph::model::{
    GraphNameRef, Literal, NamedNode, NamedNodeRef, NamedOrBlankNode, NamedOrBlankNodeRef, Quad, QuadRef, Term, TermRef,
};
use oxigraph::sparql::{QueryEvaluationError, QueryResults, QuerySolution, SparqlEvaluator};
use oxigraph::store::Transaction;
use parking_lot::Mutex;

use super::graph::{anywhere, kept, kept_quad, told};
use super::{GraphStore, RUNS, Snapshot, storage, subject_id, term_id, term_text};
use crate::ends::Ends;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::verbs::sparql::PlainGraphs;
use crate::vocab::{self, ext};

#[cfg(test)]
thread_local! {
    /// Quads that this thread has read: tests compare what something costs by it, since a clock would tell of the machine.
    pub(crate) static QUADS_READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// One consistent snapshot: a verb reads one from start to end. It does not outlive the open memory.
pub struct View<'a> {
    pub(super) snapshot: Snapshot,
    /// The writer's alone.
    pub(super) ends: Option<Arc<Mutex<Ends>>>,
    pub(super) store: PhantomData<&'a GraphStore>,
}

impl<'a> View<'a> {
    /// Gives the writer's view what the writer knows.
    pub(crate) fn knowing(self, ends: &Arc<Mutex<Ends>>) -> Self {
        Self { ends: Some(Arc::clone(ends)), ..self }
    }

    /// Returns what is known without reading, if this is the writer's view.
    pub(crate) fn ends(&self) -> Option<&Mutex<Ends>> {
        self.ends.as_deref()
    }

    /// Iterates over the quads that match; `None` matches anything.
    pub(crate) fn quads<'s>(
        &'s self,
        subject: Option<NamedOrBlankNodeRef<'_>>,
        predicate: Option<NamedNodeRef<'_>>,
        object: Option<TermRef<'_>>,
        graph: Option<GraphNameRef<'_>>,
    ) -> impl Iterator<Item = Result<Quad>> + use<'s, 'a> {
        let quads = self.running().quads_for_pattern(subject, predicate, object, graph.map(kept));
        #[cfg(test)]
        let quads = quads.inspect(|_| QUADS_READ.set(QUADS_READ.get() + 1));
        quads.map(|quad| quad.map(told).map_err(storage))
    }

    /// Returns everything said of a node, in any graph.
    pub(crate) fn about(&self, id: Id) -> Result<Vec<Quad>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), None, None, None).collect()
    }

    /// Returns the first object of a predicate.
    pub(crate) fn object(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Option<Term>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(predicate), None, None)
            .next()
            .transpose()
            .map(|q| q.map(|q| q.object))
    }

    /// Returns the first object of a predicate as text.
    pub(crate) fn text(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Option<String>> {
        Ok(self.object(id, predicate)?.as_ref().and_then(term_text))
    }

    /// Returns the ids a node points at with a predicate.
    pub(crate) fn objects(&self, id: Id, predicate: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(predicate), None, None)
            .filter_map(|quad| quad.map(|q| term_id(&q.object)).transpose())
            .collect()
    }

    /// Returns the ids that point at `object` with a predicate, at most `limit`.
    pub(crate) fn subjects(&self, predicate: NamedNodeRef<'_>, object: TermRef<'_>, limit: usize) -> Result<Vec<Id>> {
        self.quads(None, Some(predicate), Some(object), None)
            .filter_map(|quad| quad.map(|q| subject_id(&q.subject)).transpose())
            .take(limit)
            .collect()
    }

    /// Returns every id of a class.
    pub(crate) fn instances(&self, class: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        self.subjects(ext::TYPE, class.into(), usize::MAX)
    }

    /// As [`View::instances`], for many of them.
    pub(crate) fn many_instances(&self, class: NamedNodeRef<'_>) -> Result<Vec<Id>> {
        let rows = self.rows(&format!("SELECT ?s {}", anywhere(&format!("?s a {class}"))))?;
        rows.filter_map(|row| row.map(|row| row.get("s").and_then(term_id)).transpose()).collect()
    }

    /// Counts the nodes of a class, without reading their names.
    pub(crate) fn count(&self, class: NamedNodeRef<'_>) -> Result<usize> {
        let mut rows = self.rows(&format!("SELECT (COUNT(*) AS ?n) {}", anywhere(&format!("?s a {class}"))))?;
        let row = rows.next().transpose()?;
        Ok(row.and_then(|row| term_text(row.get("n")?)?.parse().ok()).unwrap_or(0))
    }

    /// Returns the ids of which a predicate says a value: as [`View::subjects`], for many of them, since only the subject of
    /// each statement is read.
    pub(crate) fn many_subjects(&self, predicate: NamedNodeRef<'_>, value: &Literal) -> Result<Vec<Id>> {
        let rows = self.rows(&format!("SELECT ?s {}", anywhere(&format!("?s {predicate} {value}"))))?;
        rows.filter_map(|row| row.map(|row| row.get("s").and_then(term_id)).transpose()).collect()
    }

    /// Returns every whole number that is said with a predicate, by node.
    pub(crate) fn numbers(&self, predicate: NamedNodeRef<'_>) -> Result<HashMap<Id, i64>> {
        let rows = self.rows(&format!("SELECT ?s ?o {}", anywhere(&format!("?s {predicate} ?o"))))?;
        let said = |row: &QuerySolution| Some((term_id(row.get("s")?)?, term_text(row.get("o")?)?.parse().ok()?));
        rows.filter_map(|row| row.map(|row| said(&row)).transpose()).collect()
    }

    /// Calls `each` with who says what with a predicate, in any graph, for many of them: nothing else of a statement is read.
    pub(crate) fn each_pair(&self, predicate: NamedNodeRef<'_>, each: &mut dyn FnMut(Id, &Term)) -> Result<()> {
        self.pairs("?s ?o", &anywhere(&format!("?s {predicate} ?o")), &mut |row| {
            if let (Some(id), Some(object)) = (row.get("s").and_then(term_id), row.get("o")) {
                each(id, object);
            }
        })
    }

    /// As [`View::each_pair`], of the nodes of a class alone.
    pub(crate) fn each_pair_of(
        &self,
        class: NamedNodeRef<'_>,
        predicate: NamedNodeRef<'_>,
        each: &mut dyn FnMut(Id, &Term),
    ) -> Result<()> {
        self.pairs("?s ?o", &anywhere(&format!("?s a {class} . ?s {predicate} ?o")), &mut |row| {
            if let (Some(id), Some(object)) = (row.get("s").and_then(term_id), row.get("o")) {
                each(id, object);
            }
        })
    }

    /// As [`View::each_pair`], with the file in whose graph it stands; of what was told there is none.
    pub(crate) fn each_pair_with_file(
        &self,
        predicate: NamedNodeRef<'_>,
        each: &mut dyn FnMut(Id, &Term, Option<Id>),
    ) -> Result<()> {
        self.pairs("?s ?o ?g", &anywhere(&format!("?s {predicate} ?o")), &mut |row| {
            if let (Some(id), Some(object)) = (row.get("s").and_then(term_id), row.get("o")) {
                each(id, object, row.get("g").and_then(term_id));
            }
        })
    }

    fn pairs(&self, columns: &str, place: &str, each: &mut dyn FnMut(&QuerySolution)) -> Result<()> {
        for row in self.rows(&format!("SELECT {columns} {place}"))? {
            each(&row?);
        }
        Ok(())
    }

    /// Evaluates a query on the store itself, with nothing hidden: only of graphs in which nothing has to be. It looks from
    /// now, not from when the view began: a snapshot of the store is read for less than a transaction.
    pub(crate) fn evaluate<'s>(
        &'s self,
        evaluator: SparqlEvaluator,
        query: spargebra::Query,
        graphs: &PlainGraphs,
    ) -> std::result::Result<QueryResults<'s>, QueryEvaluationError> {
        let mut prepared = evaluator.for_query(query);
        let dataset = prepared.dataset_mut();
        dataset.set_default_graph(graphs.default.iter().map(|graph| graph.clone().into()).collect());
        dataset.set_available_named_graphs(graphs.named.iter().map(|graph| graph.clone().into()).collect());
        prepared.on_store(self.snapshot.borrow_owner().store()).execute()
    }

    fn rows<'s>(&'s self, query: &str) -> Result<impl Iterator<Item = Result<QuerySolution>> + use<'s, 'a>> {
        let query = SparqlEvaluator::new().parse_query(query).expect("a query of ours parses");
        let rows = query.on_transaction(self.running()).execute().map_err(evaluation)?;
        let QueryResults::Solutions(rows) = rows else { unreachable!("SELECT gives solutions") };
        Ok(rows.map(|row| row.map_err(evaluation)))
    }

    /// Counts what says of itself with a predicate that it belongs to the graph that it stands in, by graph. Nothing of it is
    /// read: that would be most of the work.
    pub(crate) fn belonging(&self, predicate: NamedNodeRef<'_>) -> Result<HashMap<Id, usize>> {
        let mut counts = HashMap::new();
        let query = format!("SELECT ?g (COUNT(?s) AS ?n) {{ GRAPH ?g {{ ?s {predicate} ?g }} }} GROUP BY ?g");
        for row in self.rows(&query)? {
            let row = row?;
            if let (Some(Term::NamedNode(graph)), Some(Term::Literal(count))) = (row.get("g"), row.get("n"))
                && let (Some(id), Ok(count)) = (Id::from_iri(graph.as_str()), count.value().parse())
            {
                counts.insert(id, count);
            }
        }
        Ok(counts)
    }

    /// Calls `each` with the subject of every statement (of one graph), without reading what is said. Statements of one
    /// subject in one graph come together.
    pub(crate) fn each_subject(&self, graph: Option<NamedNodeRef<'_>>, each: &mut dyn FnMut(&str)) -> Result<()> {
        let anything = "?s ?p ?o";
        let place = match graph {
            None => anywhere(anything),
            Some(graph) if kept(graph.into()).is_default_graph() => format!("{{ {anything} }}"),
            Some(graph) => format!("{{ GRAPH {graph} {{ {anything} }} }}"),
        };
        for row in self.rows(&format!("SELECT ?s {place}"))? {
            match row?.get("s") {
                Some(Term::NamedNode(node)) => each(node.as_str()),
                // In graphs of the user's own.
                Some(Term::BlankNode(node)) => each(&node.to_string()),
                _ => return Err(Error::new(ErrorKind::Corrupt, "the store: a subject without a name")),
            }
        }
        Ok(())
    }

    /// Returns the named graphs, in the order of their names; the one of memories may be empty.
    pub(crate) fn graphs(&self) -> Result<Vec<NamedNode>> {
        let mut graphs = vec![NamedNode::from(vocab::MEMORY_GRAPH)];
        for graph in self.running().named_graphs() {
            if let NamedOrBlankNode::NamedNode(graph) = graph.map_err(storage)? {
                graphs.push(graph);
            }
        }
        graphs.sort_unstable();
        Ok(graphs)
    }

    /// Tells whether a node has that class.
    pub(crate) fn is_a(&self, id: Id, class: NamedNodeRef<'_>) -> Result<bool> {
        let node = vocab::node(id);
        self.quads(Some(node.as_ref().into()), Some(ext::TYPE), Some(class.into()), None)
            .next()
            .transpose()
            .map(|q| q.is_some())
    }

    /// Tells whether nothing at all is said of a node.
    pub(crate) fn is_unknown(&self, subject: NamedOrBlankNodeRef<'_>) -> Result<bool> {
        self.quads(Some(subject), None, None, None).next().transpose().map(|quad| quad.is_none())
    }

    /// Tells whether exactly this quad is there.
    pub(crate) fn contains<'b>(&self, quad: impl Into<QuadRef<'b>>) -> Result<bool> {
        self.running().contains(kept_quad(quad.into())).map_err(storage)
    }

    /// Returns the newest commit, or `None` in an empty store.
    pub(crate) fn head(&self) -> Result<Option<Id>> {
        self.newest(vocab::JOURNAL)
    }

    /// Returns the newest of what a graph orders: the first by `hy:order`, since the store keeps integers in order. A
    /// pointer that moves would leave a deleted entry behind each time, and reading it would skip them all.
    pub(crate) fn newest(&self, graph: NamedNodeRef<'_>) -> Result<Option<Id>> {
        let first = self.quads(None, Some(vocab::ORDER), None, Some(graph.into())).next().transpose()?;
        Ok(first.and_then(|quad| subject_id(&quad.subject)))
    }

    /// Applies a difference to this view. Only the writer calls it, and then [`View::commit`].
    pub(crate) fn apply(&mut self, added: &[Quad], removed: &[Quad]) {
        self.snapshot.with_dependent_mut(|_, running| {
            let running = running.as_mut().expect(RUNS);
            removed.iter().for_each(|quad| running.remove(kept_quad(quad.as_ref())));
            added.iter().for_each(|quad| running.insert(kept_quad(quad.as_ref())));
        });
    }

    /// Returns the statements of a store of format 3 that are still where they were kept then. Read from one view to its
    /// end, while others move them: whoever begins anew for each part goes over all that was moved before.
    pub(crate) fn memories_of_format_3(&self) -> impl Iterator<Item = Result<Quad>> + '_ {
        let old = self.running().quads_for_pattern(None, None, None, Some(vocab::MEMORY_GRAPH.into()));
        old.map(|quad| quad.map_err(storage))
    }

    /// Brings statements of a store of format 3 to where they are kept now; of none, it ends that. The caller commits.
    pub(crate) fn move_memories(&mut self, moved: &[Quad]) -> Result<()> {
        self.snapshot.with_dependent_mut(|_, running| {
            let running = running.as_mut().expect(RUNS);
            for quad in moved {
                running.remove(quad);
                running.insert(kept_quad(quad.as_ref()));
            }
            if moved.is_empty() { running.remove_named_graph(vocab::MEMORY_GRAPH).map_err(storage) } else { Ok(()) }
        })
    }

    /// Tells whether this is a store of format 3, or was not brought up to its end.
    pub(crate) fn is_of_format_3(&self) -> Result<bool> {
        self.running().contains_named_graph(vocab::MEMORY_GRAPH).map_err(storage)
    }

    /// Makes the applied differences visible to later views.
    pub(crate) fn commit(mut self) -> Result<()> {
        self.snapshot.with_dependent_mut(|_, running| running.take().expect(RUNS).commit()).map_err(storage)
    }

    pub(super) fn running(&self) -> &Transaction<'_> {
        self.snapshot.borrow_dependent().as_ref().expect(RUNS)
    }
}

fn evaluation(error: QueryEvaluationError) -> Error {
    Error::new(ErrorKind::Corrupt, format!("the store: {error}")).hint("run `hydra check`")
}
