//! `graph_store`: whole graphs of the user's own, put, added to and dropped, through the one writer.

use oxigraph::io::RdfParser;
use oxigraph::model::{GraphName, NamedNode, Quad};

use super::sparql::graph_name;
use super::sparql_update::{SparqlUpdated, run};
use crate::error::{Error, ErrorKind, Result};
use crate::journal::Agent;
use crate::memory::Memory;
use crate::moment::Moment;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::sparql::{AnswerFormat, Interrupt, MAX_UPDATE_QUADS, Part, has_graph, own};
use crate::sparql::{Budget, MAX_QUERY_READ, MAX_QUERY_STEPS, Readable};
use crate::vocab;

/// A graph of the store, by its name; without one, what was said without a graph.
pub type GraphRef = Option<String>;

/// A graph as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentGraph {
    /// How it is written.
    pub format: AnswerFormat,
    /// What is written.
    pub bytes: Vec<u8>,
    /// What relative names are relative to.
    pub base: Option<String>,
}

/// What is to become of a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreOp {
    /// It says this from now on, and nothing else.
    Put(Vec<SentGraph>),
    /// It says this as well.
    Add(Vec<SentGraph>),
    /// It is no more.
    Drop,
}

pub(crate) fn change(
    memory: &Memory,
    graph: &GraphRef,
    op: StoreOp,
    agent: &Agent,
    interrupt: &Interrupt,
) -> Result<(SparqlUpdated, bool)> {
    let name = named(graph)?;
    own::check_graph(&name.clone().into())?;
    let is_named = graph.is_some();
    let sent = match &op {
        StoreOp::Put(sent) | StoreOp::Add(sent) => read(sent, &name)?,
        StoreOp::Drop => Vec::new(),
    };
    let (tell, told) = std::sync::mpsc::channel();
    let updated = run(memory, "store", None, agent, interrupt, Part::Own, move |updating| {
        let was_there = match &op {
            StoreOp::Put(_) => {
                let was_there = updating.clear(&name, false)?;
                updating.create(&name)?;
                was_there
            }
            StoreOp::Add(_) => updating.create(&name)?,
            StoreOp::Drop => {
                let was_there = updating.clear(&name, true)?;
                if !was_there && is_named {
                    return Err(Error::new(ErrorKind::NotFound, format!("there is no graph <{}>", name.as_str()))
                        .hint("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } names those that are there"));
                }
                was_there
            }
        };
        updating.change(Vec::new(), sent)?;
        // The receiver is there until this returns.
        let _ = tell.send(was_there);
        Ok(())
    })?;
    Ok((updated, told.try_recv().unwrap_or(true)))
}

/// Tells whether the caller sees a graph, or saw it at a moment.
pub(crate) fn has(memory: &Memory, graph: &GraphRef, moment: Moment) -> Result<bool> {
    let name = named(graph)?;
    let view = memory.0.view()?;
    moment.check(&memory.0, &view)?;
    if name.as_ref() == vocab::OWN_GRAPH {
        return Ok(true);
    }
    let sight = Sight::new(Rewound::new(&view, moment.known_at)?, &[], memory.0.now());
    let budget = Budget::new(MAX_QUERY_READ, MAX_QUERY_STEPS, &Interrupt::new());
    budget.run(|| has_graph(Readable::new(&sight, &budget, Part::Own), &name))
}

fn named(graph: &GraphRef) -> Result<NamedNode> {
    graph.as_deref().map_or_else(|| Ok(vocab::OWN_GRAPH.into()), graph_name)
}

fn read(sent: &[SentGraph], graph: &NamedNode) -> Result<Vec<Quad>> {
    let mut quads = Vec::new();
    for SentGraph { format, bytes, base } in sent {
        let rdf = format.of_statements().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("{} holds no statements", format.as_str()))
                .hint("send turtle, ntriples, trig, nquads, rdfxml or jsonld")
        })?;
        let mut parser = RdfParser::from_format(rdf).without_named_graphs().rename_blank_nodes();
        if let Some(base) = base {
            parser = parser.with_base_iri(base.as_str()).map_err(|error| {
                Error::new(ErrorKind::Invalid, format!("the graph's name is no name to begin with: {error}"))
            })?;
        }
        parser = parser.with_default_graph(GraphName::from(graph.clone()));
        for quad in parser.for_slice(bytes) {
            quads.push(quad.map_err(|error| {
                Error::new(ErrorKind::Invalid, format!("the {} does not parse: {error}", format.as_str()))
                    .hint("nothing was written; mend it and send it again")
            })?);
            if quads.len() > MAX_UPDATE_QUADS {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!("more than {MAX_UPDATE_QUADS} statements at once"),
                )
                .hint("send the first part with PUT and the rest with POST"));
            }
        }
    }
    Ok(quads)
}
