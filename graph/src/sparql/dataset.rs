//! What a query reads: what its caller sees, statement by statement. The default graph is everything but the journal, or
//! what the user said without a graph.

use std::collections::HashSet;
use std::rc::Rc;

use oxigraph::model::{GraphName, GraphNameRef, NamedNode, NamedNodeRef, NamedOrBlankNodeRef, Quad, Term, Triple};
use spareval::{ExpressionTerm, InternalQuad, QueryableDataset};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::{Budget, Counted};
use super::own;
use crate::error::{Error, Result};
use crate::sight::Sight;
use crate::vocab;

/// What a query that names no graphs is asked of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// All that is known: the default graph is everything but the journal, and any graph can be named.
    #[default]
    Everything,
    /// Graphs of the user's own, as in any RDF store: the default graph holds what was said without a graph.
    Own,
}

/// What is seen, at a cost.
#[derive(Clone, Copy)]
pub(crate) struct Readable<'s> {
    sight: &'s Sight<'s>,
    budget: &'s Rc<Budget>,
    part: Part,
}

type Quads<'s> = Box<dyn Iterator<Item = Result<InternalQuad<Counted>>> + 's>;

impl<'s> Readable<'s> {
    /// Reads what is seen within a budget.
    pub fn new(sight: &'s Sight<'s>, budget: &'s Rc<Budget>, part: Part) -> Self {
        Self { sight, budget, part }
    }

    /// Tells whether a name stands anywhere in what the caller sees.
    pub fn is_said(self, name: &str) -> Result<bool> {
        let (term, predicate) = (Term::NamedNode(NamedNode::new_unchecked(name)), NamedNode::new_unchecked(name));
        let graph = predicate.clone();
        let patterns = [
            Pattern { predicate: Some(predicate), ..Pattern::default() },
            Pattern { object: Some(term.clone()), ..Pattern::default() },
            Pattern { subject: Some(term), ..Pattern::default() },
        ];
        for pattern in patterns {
            if self.quads(&pattern, None).next().transpose()?.is_some() {
                return Ok(true);
            }
        }
        has_graph(self, &graph)
    }

    fn count(&self, term: impl Into<Term>) -> Counted {
        Counted::new(term.into(), self.budget)
    }

    /// The statements of the graph, or those that take their place at another moment.
    fn quads(self, pattern: &Pattern, graph: Option<&NamedNode>) -> impl Iterator<Item = Result<Quad>> + use<'s> {
        let Self { sight, budget, .. } = self;
        let (subject, predicate, object) = pattern.parts();
        let graph = graph.map(|graph| GraphNameRef::from(graph.as_ref()));
        let said = sight.rewound().quads(subject, predicate, object, graph).filter_map(move |quad| {
            budget.read();
            quad.and_then(|quad| Ok(sight.shows(&quad)?.then_some(quad))).transpose()
        });
        let held: Vec<Quad> = sight.asserted().map_or_else(Vec::new, |asserted| {
            asserted.quads_for_pattern(subject, predicate, object, graph).map(|quad| quad.into_owned()).collect()
        });
        said.chain(held.into_iter().map(move |quad| {
            budget.read();
            Ok(quad)
        }))
    }

    /// What is read where no graph is named.
    fn default_graph(self, pattern: &Pattern) -> Quads<'s> {
        if self.part == Part::Own {
            let own = NamedNode::from(vocab::OWN_GRAPH);
            return Box::new(self.quads(pattern, Some(&own)).map(move |quad| Ok(self.internal(quad?, false))));
        }
        self.union(pattern)
    }

    /// What is read in any named graph.
    fn named_graphs(self, pattern: &Pattern) -> Quads<'s> {
        let quads = self.quads(pattern, None).filter(move |quad| match (self.part, quad) {
            (Part::Own, Ok(quad)) => {
                own::is_own(quad.graph_name.as_ref()) && quad.graph_name != vocab::OWN_GRAPH.into()
            }
            _ => true,
        });
        Box::new(quads.map(move |quad| Ok(self.internal(quad?, true))))
    }

    /// Everything but the journal as one graph: what two graphs say is one statement there.
    fn union(self, pattern: &Pattern) -> Quads<'s> {
        let mut seen = HashSet::new();
        let quads = self.quads(pattern, None).filter(|quad| match quad {
            Ok(quad) => quad.graph_name != vocab::JOURNAL.into(),
            Err(_) => true,
        });
        Box::new(quads.filter_map(move |quad| match quad {
            // Only names are spoken of in more than one graph.
            Ok(quad) => {
                let is_new = !self.may_repeat(&quad) || seen.insert(Triple::from(quad.clone()));
                is_new.then(|| Ok(self.internal(quad, false)))
            }
            Err(error) => Some(Err(error)),
        }))
    }

    fn may_repeat(self, quad: &Quad) -> bool {
        crate::store::subject_id(&quad.subject).is_none_or(|id| !self.sight.is_of_a_space(id))
    }

    fn internal(self, quad: Quad, is_named: bool) -> InternalQuad<Counted> {
        let graph_name = match quad.graph_name {
            GraphName::NamedNode(graph) if is_named => Some(self.count(graph)),
            _ => None,
        };
        InternalQuad {
            subject: self.count(quad.subject),
            predicate: self.count(quad.predicate),
            object: self.count(quad.object),
            graph_name,
        }
    }
}

/// Tells whether a graph says something that the caller sees, or was made to hold something.
pub(crate) fn has_graph(readable: Readable<'_>, graph: &NamedNode) -> Result<bool> {
    if readable.quads(&Pattern::default(), Some(graph)).next().transpose()?.is_some() {
        return Ok(true);
    }
    let made = own::mark(graph.as_ref());
    let made =
        Pattern { subject: Some(graph.clone().into()), predicate: Some(made.predicate), object: Some(made.object) };
    Ok(readable.quads(&made, Some(&vocab::OWN_GRAPHS.into())).next().transpose()?.is_some())
}

/// What is looked for.
#[derive(Default)]
struct Pattern {
    subject: Option<Term>,
    predicate: Option<NamedNode>,
    object: Option<Term>,
}

impl Pattern {
    /// Returns `None` when nothing can match: a literal says nothing.
    fn of(subject: Option<&Counted>, predicate: Option<&Counted>, object: Option<&Counted>) -> Option<Self> {
        let subject = match subject.map(|subject| subject.term().clone()) {
            Some(Term::Literal(_) | Term::Triple(_)) => return None,
            other => other,
        };
        let predicate = match predicate.map(|predicate| predicate.term().clone()) {
            Some(Term::NamedNode(predicate)) => Some(predicate),
            Some(_) => return None,
            None => None,
        };
        Some(Self { subject, predicate, object: object.map(|object| object.term().clone()) })
    }

    #[allow(clippy::type_complexity, reason = "the three parts of a pattern, as the store takes them")]
    fn parts(
        &self,
    ) -> (Option<NamedOrBlankNodeRef<'_>>, Option<NamedNodeRef<'_>>, Option<oxigraph::model::TermRef<'_>>) {
        let subject = self.subject.as_ref().and_then(|subject| match subject {
            Term::NamedNode(node) => Some(node.as_ref().into()),
            Term::BlankNode(node) => Some(node.as_ref().into()),
            _ => None,
        });
        (subject, self.predicate.as_ref().map(NamedNode::as_ref), self.object.as_ref().map(Term::as_ref))
    }
}

impl<'s> QueryableDataset<'s> for Readable<'s> {
    type InternalTerm = Counted;
    type Error = Error;

    fn internal_quads_for_pattern(
        &self,
        subject: Option<&Counted>,
        predicate: Option<&Counted>,
        object: Option<&Counted>,
        graph_name: Option<Option<&Counted>>,
    ) -> impl Iterator<Item = Result<InternalQuad<Counted>>> + use<'s> {
        let this = *self;
        let quads: Quads<'s> = match (Pattern::of(subject, predicate, object), graph_name) {
            (None, _) => Box::new(std::iter::empty()),
            (Some(pattern), Some(None)) => this.default_graph(&pattern),
            (Some(pattern), None) => this.named_graphs(&pattern),
            (Some(pattern), Some(Some(graph))) => match graph.term() {
                Term::NamedNode(graph) => {
                    Box::new(this.quads(&pattern, Some(graph)).map(move |quad| Ok(this.internal(quad?, true))))
                }
                _ => Box::new(std::iter::empty()),
            },
        };
        quads
    }

    fn internal_named_graphs(&self) -> impl Iterator<Item = Result<Counted>> + use<'s> {
        let this = *self;
        let graphs = match this.part {
            Part::Everything => this.sight.rewound().graphs().map(Vec::from_iter),
            Part::Own => own::graphs(this.sight.rewound()),
        };
        let (graphs, error) = match graphs {
            Ok(graphs) => (graphs, None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        let shown = graphs.into_iter().filter_map(move |graph| match has_graph(this, &graph) {
            Ok(true) => Some(Ok(this.count(graph))),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        });
        error.into_iter().chain(shown)
    }

    fn contains_internal_graph_name(&self, graph_name: &Counted) -> Result<bool> {
        match graph_name.term() {
            Term::NamedNode(graph) => has_graph(*self, graph),
            _ => Ok(false),
        }
    }

    fn internalize_term(&self, term: Term) -> Result<Counted> {
        Ok(self.count(term))
    }

    fn externalize_term(&self, term: Counted) -> Result<Term> {
        Ok(term.term().clone())
    }

    fn externalize_expression_term(&self, term: Counted) -> Result<ExpressionTerm> {
        if let Term::Literal(literal) = term.term() {
            self.budget.text(literal.value().len());
        }
        Ok(term.term().clone().into())
    }

    fn internalize_expression_term(&self, term: ExpressionTerm) -> Result<Counted> {
        if let ExpressionTerm::StringLiteral(text) = &term {
            self.budget.text(text.len());
        }
        Ok(self.count(term))
    }
}
