//! What is refused before a query is evaluated, and why.

use oxigraph::model::NamedNode;
use spareval::{DefaultServiceHandler, QueryEvaluationError, QuerySolutionIter};
use spargebra::algebra::GraphPattern;
use spargebra::{GraphUpdateOperation, Query, SparqlParser, Update};

use super::budget::Overdraft;
use super::depth;
use super::prefix::PREFIXES;
use crate::error::{Error, ErrorKind, Result};
use crate::names::shortened;

/// Longest query.
pub const MAX_SPARQL_BYTES: usize = 10_000;
/// Longest update: it may bring its statements along.
pub const MAX_UPDATE_BYTES: usize = 4 * 1024 * 1024;
/// Operations of one update.
pub const MAX_UPDATE_OPERATIONS: usize = 1_000;
/// Brackets inside brackets: the parser goes a level deeper for each.
pub const MAX_NESTING: usize = 64;
/// Patterns, operators and values of one query: planning their order costs the cube of their number.
pub const MAX_OPERATIONS: usize = 500;
/// What the parser says of a prefix that nobody declared.
const NO_PREFIX: &str = "Prefix not found";
/// Letters of a query that are quoted.
const MAX_QUOTED: usize = 40;
/// Letters of what the parser expected.
const MAX_EXPECTED: usize = 160;

/// What a text may use without declaring it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Language<'a> {
    /// Whether the usual prefixes are declared.
    pub is_prefixed: bool,
    /// What relative names are relative to.
    pub base: Option<&'a str>,
}

impl Language<'_> {
    fn parser(self) -> Result<SparqlParser> {
        let parser = match self.base {
            Some(base) => SparqlParser::new().with_base_iri(base).map_err(|error| {
                Error::new(ErrorKind::Invalid, format!("`{}` is no name to begin with: {error}", shortened(base)))
            })?,
            None => SparqlParser::new(),
        };
        let prefixes = if self.is_prefixed { &PREFIXES[..] } else { &[] };
        Ok(prefixes.iter().fold(parser, |parser, (prefix, start)| {
            parser.with_prefix(*prefix, *start).expect("the prefixes are IRIs")
        }))
    }
}

/// Reads a query.
///
/// # Errors
/// `Invalid` says where it does not parse, or that it would write; `TooLarge` when it is too long or too deep.
pub(crate) fn parse(text: &str, language: Language<'_>) -> Result<Query> {
    if text.trim().is_empty() {
        return Err(Error::new(ErrorKind::Invalid, "the query is empty")
            .hint("ask as in `SELECT ?name { ?who schema:worksFor ?o ; skos:prefLabel ?name }`"));
    }
    check_size(text, "query", MAX_SPARQL_BYTES)?;
    check_nesting(depth::nesting(text), "query")?;
    let query = language.parser()?.parse_query(text).map_err(|error| {
        if language.parser().is_ok_and(|parser| parser.parse_update(text).is_ok()) {
            return Error::new(ErrorKind::Invalid, "that is an update; a query only reads")
                .hint("change what is known with remember, update, forget and undo, which can be taken back");
        }
        broken(text, &error.to_string(), "query")
    })?;
    // One bracket each in the algebra's own notation; a bracket in a text counts too.
    let operations = query.to_sse().matches('(').count();
    if operations > MAX_OPERATIONS {
        let message = format!("the query has {operations} operations; {MAX_OPERATIONS} are done");
        return Err(Error::new(ErrorKind::TooLarge, message).hint("ask for a part at a time"));
    }
    Ok(query)
}

/// Reads an update.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_update(text: &str, language: Language<'_>) -> Result<Update> {
    check_size(text, "update", MAX_UPDATE_BYTES)?;
    let depth = depth::of_update(text);
    check_nesting(depth.nesting, "update")?;
    check_asking(depth.asking)?;
    let update = language.parser()?.parse_update(text).map_err(|error| {
        if text.len() <= MAX_SPARQL_BYTES && language.parser().is_ok_and(|parser| parser.parse_query(text).is_ok()) {
            return Error::new(ErrorKind::Invalid, "that is a query; an update changes something")
                .hint("send it as `query`, or with the content type application/sparql-query");
        }
        broken(text, &error.to_string(), "update")
    })?;
    if update.operations.len() > MAX_UPDATE_OPERATIONS {
        let message =
            format!("the update has {} operations; {MAX_UPDATE_OPERATIONS} are done", update.operations.len());
        return Err(Error::new(ErrorKind::TooLarge, message).hint("send it in parts; each can be undone by itself"));
    }
    // What is planned: the data that it brings is not.
    for operation in &update.operations {
        if let GraphUpdateOperation::DeleteInsert { pattern, .. } = operation {
            let operations = pattern.to_string().matches(['{', '(', ';', '.']).count();
            if operations > MAX_OPERATIONS {
                let message = format!("a WHERE has {operations} operations; {MAX_OPERATIONS} are done");
                return Err(Error::new(ErrorKind::TooLarge, message).hint("change a part at a time"));
            }
        }
    }
    Ok(update)
}

fn check_size(text: &str, what: &str, most: usize) -> Result<()> {
    if text.len() > most {
        let message = format!("the {what} has {} bytes; {most} are read", text.len());
        return Err(Error::new(ErrorKind::TooLarge, message).hint("ask for a part at a time"));
    }
    Ok(())
}

fn check_nesting(nesting: usize, what: &str) -> Result<()> {
    if nesting > MAX_NESTING {
        let message = format!("the {what} has more than {MAX_NESTING} brackets inside brackets");
        return Err(Error::new(ErrorKind::TooLarge, message).hint("ask for a part at a time"));
    }
    Ok(())
}

/// What an update looks for goes as deep as a query does, and is as long at most; what it brings can be longer.
fn check_asking(bytes: usize) -> Result<()> {
    if bytes > MAX_SPARQL_BYTES {
        let message = format!("the update has {bytes} bytes from its first WHERE on; {MAX_SPARQL_BYTES} are read");
        return Err(Error::new(ErrorKind::TooLarge, message)
            .hint("bring data by INSERT DATA before it, or in an update of its own"));
    }
    Ok(())
}

/// The parser says `error at 1:8: expected …`.
fn broken(text: &str, said: &str, what: &str) -> Error {
    let place = said.strip_prefix("error at ").and_then(|rest| rest.split_once(": "));
    let place = place.and_then(|(at, rest)| Some((at.split_once(':')?, rest)));
    let place = place.and_then(|((line, column), rest)| Some((line.parse().ok()?, column.parse().ok()?, rest)));
    let names: Vec<&str> = PREFIXES.iter().map(|(prefix, _)| *prefix).collect();
    let known = format!("known prefixes are {}; declare others with PREFIX", names.join(", "));
    let (place, rest) = match place {
        Some((line, column, rest)) => {
            let before = before(text, line, column);
            if rest.contains(NO_PREFIX)
                && let Some(prefix) = prefix_at_end(before)
            {
                let message = format!("`{prefix}:` is no known prefix, at line {line}, column {column}");
                return Error::new(ErrorKind::Invalid, message).hint(known);
            }
            let last = before.split_whitespace().next_back().unwrap_or_default();
            let last: String = last.chars().rev().take(MAX_QUOTED).collect::<Vec<_>>().into_iter().rev().collect();
            let after = if last.is_empty() { String::new() } else { format!(", after `{last}`") };
            (format!(" at line {line}, column {column}{after}"), rest)
        }
        None => (String::new(), said),
    };
    let expected: String = rest.chars().take(MAX_EXPECTED).collect();
    let more = if rest.chars().count() > MAX_EXPECTED { " …" } else { "" };
    Error::new(ErrorKind::Invalid, format!("the {what} does not parse{place}: {expected}{more}"))
        .hint(format!("look there for a missing bracket, quote or full stop; {known}"))
}

/// The part of a query before a place, which the parser counts from 1.
fn before(text: &str, line: usize, column: usize) -> &str {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    &text[..start + end]
}

/// The prefix of the last name of a text.
fn prefix_at_end(text: &str) -> Option<&str> {
    let is_of_name = |c: char| c.is_alphanumeric() || "_-.:%".contains(c);
    let name = text.trim_end().rsplit(|c: char| !is_of_name(c)).find(|part| !part.is_empty())?;
    name.split_once(':').map(|(prefix, _)| prefix)
}

/// Refuses whatever would ask somebody else.
pub(crate) struct NoService;

impl DefaultServiceHandler for NoService {
    type Error = QueryEvaluationError;

    fn handle(
        &self,
        service_name: &NamedNode,
        _pattern: &GraphPattern,
        _base_iri: Option<&oxiri::Iri<String>>,
    ) -> std::result::Result<QuerySolutionIter<'static>, QueryEvaluationError> {
        // An error would be swallowed by SERVICE SILENT.
        std::panic::resume_unwind(Box::new(Overdraft::Refused(no_service(service_name.as_str()))))
    }
}

/// The refusal of a service.
fn no_service(name: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("SERVICE <{}> is outside; a query reads this memory only", shortened(name)))
        .hint("leave SERVICE out, or say SERVICE hy:recall; what you know from there can be kept with remember")
}
