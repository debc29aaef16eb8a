//! How an answer looks: rows of plain values, or one of the usual formats.

use std::collections::HashSet;
use std::str::FromStr;

use oxigraph::io::{RdfFormat, RdfSerializer};
use oxigraph::model::{NamedOrBlankNode, Term, Triple, Variable, vocab::xsd};
use oxigraph::sparql::results::{QueryResultsFormat, QueryResultsSerializer};
use serde::{Deserialize, Serialize};
use spareval::QueryResults;

use super::prefix::{PREFIXES, shorten};
use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;

/// What an answer may hold, counted in the bytes of its values.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QueryForm {
    /// Rows (`SELECT`).
    Select,
    /// Yes or no (`ASK`).
    Ask,
    /// Statements (`CONSTRUCT`, `DESCRIBE`): rows of subject, predicate and object.
    Graph,
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ValueKind,
    /// A name, short as in `id:038g93ppke00p` or `schema:worksFor` if one of the usual prefixes fits; a literal's text; a
    /// triple term as a query writes it.
    pub value: String,
    /// A literal's type, unless it is a plain string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datatype: Option<String>,
    /// A literal's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// A name.
    Iri,
    /// A text, a number, a time.
    Literal,
    /// A statement that is spoken of.
    Triple,
    /// A node without a name.
    Blank,
}

/// How an answer is written for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// SPARQL 1.1 Query Results JSON.
    Json,
    /// SPARQL 1.1 Query Results CSV: types are lost.
    Csv,
    /// SPARQL 1.1 Query Results TSV.
    Tsv,
    /// Turtle, of statements.
    Turtle,
    /// N-Triples, of statements.
    NTriples,
}

impl AnswerFormat {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Json, Self::Csv, Self::Tsv, Self::Turtle, Self::NTriples];

    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Turtle => "turtle",
            Self::NTriples => "ntriples",
        }
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

/// An answer, as far as it was taken.
pub(crate) struct Taken {
    pub form: QueryForm,
    pub variables: Vec<Variable>,
    pub rows: Vec<Vec<Option<Term>>>,
    /// Yes or no, if that was asked.
    pub holds: Option<bool>,
    /// Whether there are more rows.
    pub is_more: bool,
}

impl Taken {
    /// Tells whether there is neither a row nor a yes.
    pub fn is_nothing(&self) -> bool {
        self.rows.is_empty() && self.holds != Some(true)
    }
}

/// Takes rows from an evaluation until there are enough.
///
/// # Errors
/// `TooLarge` when not even one row fits; what the evaluation fails with.
pub(crate) fn take(results: QueryResults<'_>, limit: usize) -> Result<Taken> {
    let failed = |error: spareval::QueryEvaluationError| match error {
        spareval::QueryEvaluationError::Dataset(cause) => match cause.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => Error::new(ErrorKind::Invalid, format!("the query fails: {cause}")),
        },
        other => Error::new(ErrorKind::Invalid, format!("the query fails: {other}"))
            .hint("use the functions of SPARQL 1.1 alone"),
    };
    match results {
        QueryResults::Boolean(holds) => Ok(Taken {
            form: QueryForm::Ask,
            variables: Vec::new(),
            rows: Vec::new(),
            holds: Some(holds),
            is_more: false,
        }),
        QueryResults::Solutions(solutions) => {
            let variables = solutions.variables().to_vec();
            let rows = solutions.map(|row| row.map(|row| row.values().to_vec()).map_err(failed));
            fill(QueryForm::Select, variables, rows, limit)
        }
        QueryResults::Graph(triples) => {
            let names = ["subject", "predicate", "object"];
            let mut seen = HashSet::new();
            let rows = triples.filter_map(|triple| match triple {
                Ok(triple) => seen
                    .insert(triple.clone())
                    .then(|| Ok(vec![Some(triple.subject.into()), Some(triple.predicate.into()), Some(triple.object)])),
                Err(error) => Some(Err(failed(error))),
            });
            fill(QueryForm::Graph, names.map(Variable::new_unchecked).to_vec(), rows, limit)
        }
    }
}

fn fill(
    form: QueryForm,
    variables: Vec<Variable>,
    all: impl Iterator<Item = Result<Vec<Option<Term>>>>,
    limit: usize,
) -> Result<Taken> {
    let mut taken = Taken { form, variables, rows: Vec::new(), holds: None, is_more: false };
    let mut bytes = 0;
    for row in all {
        let row = row?;
        bytes += row.iter().flatten().map(size).sum::<usize>();
        if taken.rows.len() == limit || bytes > MAX_ANSWER_BYTES {
            if taken.rows.is_empty() {
                return Err(Error::new(ErrorKind::TooLarge, format!("one row has more than {MAX_ANSWER_BYTES} bytes"))
                    .hint("ask for a part of the text, as in (SUBSTR(?text, 1, 500) AS ?start)"));
            }
            taken.is_more = true;
            break;
        }
        taken.rows.push(row);
    }
    Ok(taken)
}

fn size(term: &Term) -> usize {
    match term {
        Term::NamedNode(node) => node.as_str().len(),
        Term::BlankNode(node) => node.as_str().len(),
        Term::Literal(literal) => literal.value().len(),
        Term::Triple(triple) => {
            size(&triple.subject.clone().into()) + triple.predicate.as_str().len() + size(&triple.object)
        }
    }
}

impl Taken {
    /// Puts the columns of `SELECT *` in the order in which the query names them; the parser gives them by their letters.
    pub fn order_by(&mut self, text: &str) {
        let place = |name: &Variable| {
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            let mut found = text.match_indices(name.as_str());
            let is_it =
                |(at, _): &(usize, &str)| text[..*at].ends_with(['?', '$']) && ends(&text[at + name.as_str().len()..]);
            found.find(is_it).map_or(usize::MAX, |(at, _)| at)
        };
        let mut order: Vec<usize> = (0..self.variables.len()).collect();
        order.sort_by_key(|column| place(&self.variables[*column]));
        self.variables = order.iter().map(|column| self.variables[*column].clone()).collect();
        for row in &mut self.rows {
            *row = order.iter().map(|column| row.get(*column).cloned().flatten()).collect();
        }
    }

    /// Returns the rows as plain values.
    pub fn values(&self) -> Vec<Vec<Option<Value>>> {
        self.rows.iter().map(|row| row.iter().map(|term| term.as_ref().map(value)).collect()).collect()
    }

    /// Writes it in a format.
    ///
    /// # Errors
    /// `Invalid` when the format can't say it.
    pub fn write(&self, format: AnswerFormat) -> Result<String> {
        let bytes = match (format, self.form) {
            (AnswerFormat::Turtle | AnswerFormat::NTriples, QueryForm::Graph) => self.write_statements(format),
            (AnswerFormat::Turtle | AnswerFormat::NTriples, _) => {
                return Err(Error::new(ErrorKind::Invalid, format!("{} is for statements", format.as_str()))
                    .hint("ask with CONSTRUCT or DESCRIBE, or for json, csv or tsv"));
            }
            (AnswerFormat::Json, _) => self.write_rows(QueryResultsFormat::Json),
            (AnswerFormat::Csv, _) => self.write_rows(QueryResultsFormat::Csv),
            (AnswerFormat::Tsv, _) => self.write_rows(QueryResultsFormat::Tsv),
        };
        let bytes = bytes.map_err(|error| Error::io("the answer", &error))?;
        Ok(String::from_utf8(bytes).expect("every format is UTF-8"))
    }

    fn write_rows(&self, format: QueryResultsFormat) -> std::io::Result<Vec<u8>> {
        let serializer = QueryResultsSerializer::from_format(format);
        if let Some(holds) = self.holds {
            return serializer.serialize_boolean_to_writer(Vec::new(), holds);
        }
        let mut writer = serializer.serialize_solutions_to_writer(Vec::new(), self.variables.clone())?;
        for row in &self.rows {
            let bound = self.variables.iter().zip(row).filter_map(|(name, term)| Some((name, term.as_ref()?)));
            writer.serialize(bound)?;
        }
        writer.finish()
    }

    fn write_statements(&self, format: AnswerFormat) -> std::io::Result<Vec<u8>> {
        let format = if format == AnswerFormat::Turtle { RdfFormat::Turtle } else { RdfFormat::NTriples };
        let serializer = PREFIXES.iter().fold(RdfSerializer::from_format(format), |serializer, (prefix, start)| {
            serializer.with_prefix(*prefix, *start).expect("the prefixes are IRIs")
        });
        let mut writer = serializer.for_writer(Vec::new());
        for row in &self.rows {
            let [Some(subject), Some(Term::NamedNode(predicate)), Some(object)] = row.as_slice() else { continue };
            let subject: NamedOrBlankNode = match subject.clone() {
                Term::NamedNode(node) => node.into(),
                Term::BlankNode(node) => node.into(),
                _ => continue,
            };
            writer.serialize_triple(&Triple::new(subject, predicate.clone(), object.clone()))?;
        }
        writer.finish()
    }
}

fn value(term: &Term) -> Value {
    let plain = |kind, value| Value { kind, value, datatype: None, language: None };
    match term {
        Term::NamedNode(node) => plain(ValueKind::Iri, shorten(node.as_str())),
        Term::BlankNode(node) => plain(ValueKind::Blank, node.to_string()),
        Term::Literal(literal) => Value {
            datatype: (literal.datatype() != xsd::STRING && literal.language().is_none())
                .then(|| shorten(literal.datatype().as_str())),
            language: literal.language().map(str::to_owned),
            ..plain(ValueKind::Literal, literal.value().to_owned())
        },
        Term::Triple(triple) => {
            let of = |term: &Term| match term {
                Term::Literal(literal) => literal.to_string(),
                other => value(other).value,
            };
            let subject = of(&triple.subject.clone().into());
            let predicate = shorten(triple.predicate.as_str());
            plain(ValueKind::Triple, format!("<<( {subject} {predicate} {} )>>", of(&triple.object)))
        }
    }
}
