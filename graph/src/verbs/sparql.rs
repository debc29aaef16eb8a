//! `sparql`: the same as `query`, for whoever speaks the SPARQL protocol: of graphs that the request names, written row by
//! row in a format that is chosen when it is known what was asked.

use std::collections::HashSet;
use std::io::Write;

use oxigraph::model::vocab::rdf;
use oxigraph::model::{NamedNode, NamedNodeRef, Term, Triple};
use oxigraph::sparql::SparqlEvaluator;
use spareval::{QueryEvaluator, QueryResults};
use spargebra::Query;
use spargebra::algebra::QueryDataset;

use super::query::asked_graphs;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Memory;
use crate::moment::Moment;
use crate::names::shortened;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::sparql::{
    self, AnswerFormat, Budget, Comparison, Interrupt, Language, MAX_QUERY_READ, MAX_QUERY_STEPS, NoService, Part,
    QueryForm, Readable, RecallService, Rows, Statements, own,
};
use crate::store::View;
use crate::vocab::{self, ext};

/// Rows or statements of one answer at most.
pub const MAX_SPARQL_ROWS: usize = 1_000_000;
/// Statements of an answer that are told apart; of more, one may come twice, which says the same.
const MAX_TOLD_APART: usize = 50_000;

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparqlRequest {
    /// The query. Of everything, [`crate::PREFIXES`] are declared; of the user's own graphs, as by the standard, none is.
    pub text: String,
    /// What relative names are relative to.
    pub base: Option<String>,
    /// What is asked if no graph is named.
    pub part: Part,
    /// Graphs that make the default graph, instead of what the query says.
    pub default_graphs: Vec<String>,
    /// Graphs that can be named, instead of what the query says.
    pub named_graphs: Vec<String>,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// From when to look.
    pub moment: Moment,
}

/// Chooses a format for a form of answer.
pub type Choose<'c> = dyn FnMut(QueryForm) -> Result<AnswerFormat> + Send + 'c;

pub(crate) fn sparql(
    memory: &Memory,
    request: &SparqlRequest,
    choose: &mut Choose<'_>,
    interrupt: &Interrupt,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    request.spaces.iter().try_for_each(|name| space::check(name))?;
    let answered = sparql::on_deep_stack(&request.text, || answer(memory, request, choose, interrupt, out));
    // What was stopped may fail anywhere, as when it writes what nobody takes any more; why it was stopped says more.
    answered.map_err(|error| if interrupt.is_stopped() { interrupt.reason() } else { error })
}

fn answer(
    memory: &Memory,
    request: &SparqlRequest,
    choose: &mut Choose<'_>,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<()> {
    let language = Language { is_prefixed: request.part == Part::Everything, base: request.base.as_deref() };
    let mut query = sparql::parse(&request.text, language)?;
    if let Some(asked) = dataset(&request.default_graphs, &request.named_graphs)? {
        *dataset_of(&mut query) = Some(asked);
    }
    let format = choose(form(&query))?;
    let inner = &*memory.0;
    let view = inner.view()?;
    request.moment.check(inner, &view)?;
    let is_prefixed = request.part == Part::Everything;
    let mut write = |results: QueryResults<'_>| write(results, format, is_prefixed, interrupt, out);
    if let Some((query, graphs)) = plain(&view, &query, request)? {
        return sparql::caught(interrupt, || {
            let (name, meter) = sparql::meter(interrupt);
            let (recall, similar) = hooks(memory, &request.spaces, request.moment);
            let evaluator = SparqlEvaluator::new()
                .with_custom_function(name, meter)
                .with_custom_function(vocab::SIMILAR.into(), move |values| similar.of(values))
                .with_service_handler(vocab::RECALL, recall)
                .with_default_service_handler(NoService)
                .with_cancellation_token(interrupt.token());
            write(view.evaluate(evaluator, query, &graphs).map_err(|error| sparql::failed(error, interrupt))?)
        });
    }
    let Moment { true_at, known_at } = request.moment;
    let sight = Sight::new(Rewound::new(&view, known_at)?, &request.spaces, known_at.unwrap_or(inner.now()));
    let sight = match true_at {
        Some(true_at) => sight.asserting(true_at)?,
        None => sight,
    };
    let budget = Budget::new(MAX_QUERY_READ, MAX_QUERY_STEPS, interrupt);
    budget.run(|| {
        let readable = Readable::new(&sight, &budget, request.part);
        if request.part == Part::Everything {
            asked_graphs(readable, &query)?;
        }
        let evaluator = evaluator(memory, &request.spaces, request.moment, interrupt);
        let results = evaluator.prepare(&query).execute(readable).map_err(|error| sparql::failed(error, interrupt))?;
        write(results)
    })
}

/// Makes an evaluator that knows what only Hydra does.
pub(super) fn evaluator(memory: &Memory, spaces: &[String], moment: Moment, interrupt: &Interrupt) -> QueryEvaluator {
    let (recall, similar) = hooks(memory, spaces, moment);
    QueryEvaluator::new()
        .with_custom_function(vocab::SIMILAR.into(), move |values| similar.of(values))
        .with_service_handler(vocab::RECALL, recall)
        .with_default_service_handler(NoService)
        .with_cancellation_token(interrupt.token())
}

fn hooks(memory: &Memory, spaces: &[String], moment: Moment) -> (RecallService, Comparison) {
    let recall = RecallService { memory: memory.clone(), spaces: spaces.to_vec(), moment };
    (recall, Comparison::new(memory.clone(), spaces.to_vec(), moment))
}

/// Graphs of a query that runs on the store itself: those of the default graph, and those that can be named.
pub(crate) struct PlainGraphs {
    pub default: Vec<NamedNode>,
    pub named: Vec<NamedNode>,
}

/// Tells whether a query reads nothing but graphs of the user's own as they are now, and can be watched there.
fn plain(view: &View<'_>, query: &Query, request: &SparqlRequest) -> Result<Option<(Query, PlainGraphs)>> {
    if !request.spaces.is_empty() || !request.moment.is_now() {
        return Ok(None);
    }
    let notation = query.to_sse();
    // The names of all graphs are a look at each, for whoever asks by one.
    let named = || match notation.contains("(graph ") {
        true => own::graphs(&Rewound::new(view, None)?),
        false => Ok(Vec::new()),
    };
    let graphs = match query.dataset() {
        Some(asked) => PlainGraphs { default: asked.default.clone(), named: asked.named.clone().unwrap_or_default() },
        None if request.part == Part::Everything => return Ok(None),
        None => PlainGraphs { default: vec![vocab::OWN_GRAPH.into()], named: named()? },
    };
    let all_own = graphs.default.iter().chain(&graphs.named).all(|graph| own::is_own_name(graph.as_ref()));
    if !all_own || (request.part == Part::Everything && !are_there(view, &graphs)?) {
        return Ok(None);
    }
    Ok(sparql::metered(query, &notation).map(|query| (query, graphs)))
}

/// Whoever asks of everything hears of a graph that is not there, from the counted view.
fn are_there(view: &View<'_>, graphs: &PlainGraphs) -> Result<bool> {
    let rewound = Rewound::new(view, None)?;
    for graph in graphs.default.iter().chain(&graphs.named) {
        if !own::is_there(&rewound, graph.as_ref())? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads the graphs that a request names.
pub(super) fn dataset(default: &[String], named: &[String]) -> Result<Option<QueryDataset>> {
    let read = |names: &[String]| names.iter().map(|name| graph_name(name)).collect::<Result<Vec<NamedNode>>>();
    if default.is_empty() && named.is_empty() {
        return Ok(None);
    }
    Ok(Some(QueryDataset { default: read(default)?, named: Some(read(named)?) }))
}

/// Reads the name of a graph.
pub(super) fn graph_name(name: &str) -> Result<NamedNode> {
    NamedNode::new(name).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("`{}` is no name for a graph: {error}", shortened(name)))
            .hint("a graph is named by an absolute IRI, as in http://example.org/books")
    })
}

fn dataset_of(query: &mut Query) -> &mut Option<QueryDataset> {
    let (Query::Select { dataset, .. }
    | Query::Construct { dataset, .. }
    | Query::Describe { dataset, .. }
    | Query::Ask { dataset, .. }) = query;
    dataset
}

fn form(query: &Query) -> QueryForm {
    match query {
        Query::Select { .. } => QueryForm::Select,
        Query::Ask { .. } => QueryForm::Ask,
        Query::Construct { .. } | Query::Describe { .. } => QueryForm::Graph,
    }
}

fn write(
    results: QueryResults<'_>,
    format: AnswerFormat,
    is_prefixed: bool,
    interrupt: &Interrupt,
    out: &mut dyn Write,
) -> Result<()> {
    let failed = |error| sparql::failed(error, interrupt);
    let mut count = 0;
    let mut more = || {
        count += 1;
        match () {
            () if interrupt.is_stopped() => Err(interrupt.reason()),
            () if count > MAX_SPARQL_ROWS => {
                Err(Error::new(ErrorKind::TooLarge, format!("the answer has more than {MAX_SPARQL_ROWS} rows"))
                    .hint("ask for a part at a time with LIMIT and OFFSET"))
            }
            () => Ok(()),
        }
    };
    match results {
        QueryResults::Boolean(holds) => _ = sparql::write_yes_or_no(out, format, holds)?,
        QueryResults::Solutions(solutions) => {
            let mut rows = Rows::new(out, format, solutions.variables())?;
            for row in solutions {
                more()?;
                rows.write(row.map_err(failed)?.values())?;
            }
            rows.finish()?;
        }
        QueryResults::Graph(triples) => {
            let mut statements = Statements::new(out, format, is_prefixed);
            let mut seen = HashSet::new();
            for triple in triples {
                let triple = triple.map_err(failed)?;
                if seen.len() < MAX_TOLD_APART && !seen.insert(triple.clone()) {
                    continue;
                }
                more()?;
                match &triple.object {
                    // These formats have no form for it but the one from before RDF 1.2.
                    Term::Triple(of) if matches!(format, AnswerFormat::RdfXml | AnswerFormat::JsonLd) => {
                        for part in parts(&triple, of) {
                            statements.write(&part)?;
                        }
                    }
                    _ => statements.write(&triple)?,
                }
            }
            statements.finish()?;
        }
    }
    Ok(())
}

/// Says of a reifier what the subject, the predicate and the object of its statement are; of anything else that is said of
/// a statement, nothing can be.
fn parts(triple: &Triple, of: &Triple) -> Vec<Triple> {
    if triple.predicate != ext::REIFIES {
        return Vec::new();
    }
    let part = |predicate: NamedNodeRef<'_>, object: Term| Triple::new(triple.subject.clone(), predicate, object);
    let mut parts =
        vec![part(rdf::SUBJECT, of.subject.clone().into()), part(rdf::PREDICATE, of.predicate.clone().into())];
    if !matches!(of.object, Term::Triple(_)) {
        parts.push(part(rdf::OBJECT, of.object.clone()));
    }
    parts
}
