//! How an answer looks: rows of plain values, or in one of the usual formats.

use std::collections::HashSet;

use oxigraph::model::{NamedOrBlankNode, Term, Triple, Variable, vocab::xsd};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spareval::{QueryEvaluationError, QueryResults};

use super::format::{AnswerFormat, Rows, Statements, write_yes_or_no};
use super::interrupt::Interrupt;
use super::prefix::shorten;
use crate::error::{Error, ErrorKind, Result};

/// What an answer may hold, counted in the bytes of its values.
pub const MAX_ANSWER_BYTES: usize = 1 << 20;

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
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

/// Returns what an evaluation failed with as an error of ours.
pub(crate) fn failed(error: QueryEvaluationError, interrupt: &Interrupt) -> Error {
    match error {
        QueryEvaluationError::Cancelled => interrupt.reason(),
        QueryEvaluationError::Dataset(cause) | QueryEvaluationError::Service(cause) => {
            match cause.downcast::<Error>() {
                Ok(error) => *error,
                Err(cause) => Error::new(ErrorKind::Invalid, format!("the query fails: {cause}")),
            }
        }
        other => Error::new(ErrorKind::Invalid, format!("the query fails: {other}"))
            .hint("use the functions of SPARQL 1.1 alone"),
    }
}

/// Takes rows from an evaluation until there are enough.
///
/// # Errors
/// `TooLarge` when not even one row fits; what the evaluation fails with.
pub(crate) fn take(results: QueryResults<'_>, limit: usize, interrupt: &Interrupt) -> Result<Taken> {
    let failed = |error| failed(error, interrupt);
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
        format.check(self.form)?;
        let bytes = match (self.holds, self.form) {
            (Some(holds), _) => write_yes_or_no(Vec::new(), format, holds)?,
            (None, QueryForm::Graph) => {
                let mut statements = Statements::new(Vec::new(), format, true);
                for row in &self.rows {
                    if let Some(triple) = triple(row) {
                        statements.write(&triple)?;
                    }
                }
                statements.finish()?
            }
            (None, _) => {
                let mut rows = Rows::new(Vec::new(), format, &self.variables)?;
                for row in &self.rows {
                    rows.write(row)?;
                }
                rows.finish()?
            }
        };
        Ok(String::from_utf8(bytes).expect("every format is UTF-8"))
    }
}

fn triple(row: &[Option<Term>]) -> Option<Triple> {
    let [Some(subject), Some(Term::NamedNode(predicate)), Some(object)] = row else { return None };
    let subject: NamedOrBlankNode = match subject.clone() {
        Term::NamedNode(node) => node.into(),
        Term::BlankNode(node) => node.into(),
        _ => return None,
    };
    Some(Triple::new(subject, predicate.clone(), object.clone()))
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
