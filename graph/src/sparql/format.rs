//! The formats in which answers and graphs are written for other programs, and read from them.

use std::io::Write;
use std::str::FromStr;

use oxigraph::io::{RdfFormat, RdfSerializer, WriterQuadSerializer};
use oxigraph::model::{Term, Triple, Variable};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer, WriterSolutionsSerializer};

use super::answer::QueryForm;
use super::prefix::PREFIXES;
use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;

/// How an answer is written for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// SPARQL 1.1 Query Results JSON.
    Json,
    /// SPARQL Query Results XML.
    Xml,
    /// SPARQL 1.1 Query Results CSV: types are lost.
    Csv,
    /// SPARQL 1.1 Query Results TSV.
    Tsv,
    /// Turtle, of statements.
    Turtle,
    /// N-Triples, of statements.
    NTriples,
    /// TriG, of statements.
    TriG,
    /// N-Quads, of statements.
    NQuads,
    /// RDF/XML, of statements.
    RdfXml,
    /// JSON-LD, of statements.
    JsonLd,
}

impl AnswerFormat {
    /// Every format; of those that fit, the first is what somebody gets who does not care.
    pub const ALL: [Self; 10] = [
        Self::Json,
        Self::Xml,
        Self::Csv,
        Self::Tsv,
        Self::Turtle,
        Self::NTriples,
        Self::TriG,
        Self::NQuads,
        Self::RdfXml,
        Self::JsonLd,
    ];

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Turtle => "turtle",
            Self::NTriples => "ntriples",
            Self::TriG => "trig",
            Self::NQuads => "nquads",
            Self::RdfXml => "rdfxml",
            Self::JsonLd => "jsonld",
        }
    }

    /// Returns its media types; the first is the registered one.
    pub fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/sparql-results+json", "application/json"],
            Self::Xml => &["application/sparql-results+xml", "application/xml", "text/xml"],
            Self::Csv => &["text/csv"],
            Self::Tsv => &["text/tab-separated-values"],
            Self::Turtle => &["text/turtle", "application/x-turtle"],
            Self::NTriples => &["application/n-triples", "text/plain"],
            Self::TriG => &["application/trig"],
            Self::NQuads => &["application/n-quads"],
            Self::RdfXml => &["application/rdf+xml", "application/xml", "text/xml"],
            Self::JsonLd => &["application/ld+json", "application/json"],
        }
    }

    /// Tells whether it can say what is asked for in that form.
    pub fn fits(self, form: QueryForm) -> bool {
        match form {
            QueryForm::Select => self.of_rows().is_some(),
            QueryForm::Ask => self.of_rows().is_some(),
            QueryForm::Graph => self.of_statements().is_some() || matches!(self, Self::Json | Self::Csv | Self::Tsv),
        }
    }

    /// Tells whether it is made for statements.
    pub fn is_of_statements(self) -> bool {
        self.of_statements().is_some()
    }

    pub(super) fn check(self, form: QueryForm) -> Result<()> {
        if self.fits(form) {
            return Ok(());
        }
        let (made_for, next) = match self.is_of_statements() {
            true => ("statements", "ask with CONSTRUCT or DESCRIBE, or for json, xml, csv or tsv"),
            false => ("rows", "ask with SELECT, or for turtle, ntriples, trig, nquads, rdfxml or jsonld"),
        };
        Err(Error::new(ErrorKind::Invalid, format!("{} is for {made_for}", self.as_str())).hint(next))
    }

    fn of_rows(self) -> Option<QueryResultsFormat> {
        Some(match self {
            Self::Json => QueryResultsFormat::Json,
            Self::Xml => QueryResultsFormat::Xml,
            Self::Csv => QueryResultsFormat::Csv,
            Self::Tsv => QueryResultsFormat::Tsv,
            _ => return None,
        })
    }

    pub(crate) fn of_statements(self) -> Option<RdfFormat> {
        Some(match self {
            Self::Turtle => RdfFormat::Turtle,
            Self::NTriples => RdfFormat::NTriples,
            Self::TriG => RdfFormat::TriG,
            Self::NQuads => RdfFormat::NQuads,
            Self::RdfXml => RdfFormat::RdfXml,
            Self::JsonLd => RdfFormat::JsonLd { profile: oxigraph::io::JsonLdProfileSet::empty() },
            _ => return None,
        })
    }
}

impl FromStr for AnswerFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.as_str()).collect();
            Error::new(ErrorKind::Invalid, format!("`{}` is no format of an answer", shortened(text)))
                .hint(format!("formats are {}", names.join(", ")))
        })
    }
}

/// Writes rows, one after the other.
pub(crate) struct Rows<W: Write> {
    writer: WriterSolutionsSerializer<W>,
    variables: Vec<Variable>,
}

impl<W: Write> Rows<W> {
    /// Begins; of a format for statements it is JSON.
    pub fn new(out: W, format: AnswerFormat, variables: &[Variable]) -> Result<Self> {
        let serializer = QueryResultsSerializer::from_format(format.of_rows().unwrap_or(QueryResultsFormat::Json));
        let writer = serializer.serialize_solutions_to_writer(out, variables.to_vec()).map_err(unwritten)?;
        Ok(Self { writer, variables: variables.to_vec() })
    }

    /// Writes the values of a row, in the order of the variables.
    pub fn write(&mut self, row: &[Option<Term>]) -> Result<()> {
        let bound = self.variables.iter().zip(row).filter_map(|(name, term)| Some((name, term.as_ref()?)));
        self.writer.serialize(bound).map_err(unwritten)
    }

    /// Ends.
    pub fn finish(self) -> Result<W> {
        self.writer.finish().map_err(unwritten)
    }
}

/// Writes statements of one graph, or of a graph as rows where the format has nothing else.
pub(crate) enum Statements<W: Write> {
    Graph(Box<WriterQuadSerializer<W>>),
    Rows(Rows<W>),
}

impl<W: Write> Statements<W> {
    /// Begins, with the usual prefixes if they are wanted.
    pub fn new(out: W, format: AnswerFormat, is_prefixed: bool) -> Self {
        match format.of_statements() {
            Some(rdf) => {
                let prefixes = if is_prefixed { &PREFIXES[..] } else { &[] };
                let serializer =
                    prefixes.iter().fold(RdfSerializer::from_format(rdf), |serializer, (prefix, start)| {
                        serializer.with_prefix(*prefix, *start).expect("the prefixes are IRIs")
                    });
                Self::Graph(Box::new(serializer.for_writer(out)))
            }
            None => {
                let names = ["subject", "predicate", "object"].map(Variable::new_unchecked);
                Self::Rows(Rows::new(out, format, &names).expect("the head of an answer is written into memory"))
            }
        }
    }

    /// Writes one.
    pub fn write(&mut self, triple: &Triple) -> Result<()> {
        match self {
            Self::Graph(writer) => writer.serialize_triple(triple).map_err(unwritten),
            Self::Rows(rows) => rows.write(&[
                Some(triple.subject.clone().into()),
                Some(triple.predicate.clone().into()),
                Some(triple.object.clone()),
            ]),
        }
    }

    /// Ends.
    pub fn finish(self) -> Result<W> {
        match self {
            Self::Graph(writer) => writer.finish().map_err(unwritten),
            Self::Rows(rows) => rows.finish(),
        }
    }
}

/// Writes the answer of an ASK.
pub(crate) fn write_yes_or_no<W: Write>(out: W, format: AnswerFormat, holds: bool) -> Result<W> {
    let serializer = QueryResultsSerializer::from_format(format.of_rows().unwrap_or(QueryResultsFormat::Json));
    serializer.serialize_boolean_to_writer(out, holds).map_err(unwritten)
}

fn unwritten(error: std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Error::new(ErrorKind::Cancelled, "nobody reads the answer any more"),
        _ => Error::io("the answer", &error),
    }
}
