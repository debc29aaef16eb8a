//! `hydra query`

use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use hydra_graph::{Error, ErrorKind, MAX_SPARQL_BYTES, QueryAnswer, QueryForm, Result};

use super::Setting;
use super::look::Look;
use crate::client::Need;
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::Query;

/// Letters of a value in a table.
const CELL_CHARS: usize = 60;

const EXAMPLES: &str = "\
Examples:
  hydra query 'SELECT ?kind (COUNT(*) AS ?n) { ?m hy:kind ?kind } GROUP BY ?kind'
  hydra query 'SELECT ?who { ?x schema:worksFor/skos:prefLabel \"Acme\" ; skos:prefLabel ?who }' --as-of 2025-06-01
  hydra query names.rq --format csv > names.csv
  hydra query - --known-at 7d < names.rq
  hydra query 'DESCRIBE id:038g93ppke00p' --format turtle

SPARQL 1.1 that only reads, with the triple terms of 1.2. The prefixes hy, id, prop, schema, prov, skos, dcterms, rdf, rdfs,
xsd, owl and foaf are declared. The default graph is everything but the journal, which is GRAPH <urn:hydra:ns#g/journal>.
With --as-of the facts that held then are the plain statements. What is shown as id:… can be given to `hydra get`.";

/// Options of `hydra query`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The query, a file that holds it, or `-` for standard input
    #[arg(value_name = "QUERY")]
    pub query: String,
    #[command(flatten)]
    pub look: Look,
    /// At most so many rows [default: 100]
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// How the answer is written
    #[arg(long, value_name = "FORMAT", default_value = "table",
          value_parser = PossibleValuesParser::new(["table", "json", "csv", "tsv", "turtle", "ntriples"]))]
    pub format: String,
}

/// Runs it.
///
/// # Errors
/// What the verb returns, or the file.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let format = Some(arguments.format).filter(|format| format != "table");
    let verb = Query {
        query: text_of(arguments.query)?,
        spaces: arguments.look.space,
        as_of: arguments.look.as_of,
        known_at: arguments.look.known_at,
        limit: arguments.limit,
        format: format.clone(),
    };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    let found: QueryAnswer = super::read(answer.clone())?;
    let is_nothing = found.rows.is_empty() && found.holds != Some(true);
    let code = if is_nothing { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    match (&found.text, found.form) {
        (Some(text), _) => output::data(text.trim_end_matches(['\r', '\n']))?,
        (None, QueryForm::Ask) => output::data(if found.holds == Some(true) { "yes" } else { "no" })?,
        (None, _) => table(&found)?,
    }
    if !setting.global.quiet
        && let Some(note) = &found.note
    {
        output::talk(&output::plain(note));
    }
    if !setting.global.quiet && found.is_more {
        output::talk(&format!("there are more than these {} rows; --limit shows more", found.rows.len()));
    }
    Ok(code)
}

/// A query has brackets and blanks; what has none of them is a file.
fn text_of(query: String) -> Result<String> {
    if query == "-" {
        return super::remember::text_or_input(query);
    }
    if query.contains('{') || query.contains(char::is_whitespace) && !Path::new(&query).is_file() {
        return Ok(query);
    }
    let Ok(size) = std::fs::metadata(&query).map(|file| file.len()) else {
        return Err(Error::new(ErrorKind::NotFound, format!("`{query}` is neither a query nor a file"))
            .hint("write a query as in `SELECT ?m { ?m a hy:Memory }`, or the path of a file that holds one"));
    };
    if size > MAX_SPARQL_BYTES as u64 {
        let message = format!("`{query}` has {size} bytes; a query has at most {MAX_SPARQL_BYTES}");
        return Err(Error::new(ErrorKind::TooLarge, message).hint("ask for a part at a time"));
    }
    std::fs::read_to_string(&query).map_err(|error| Error::io(&query, &error))
}

fn table(found: &QueryAnswer) -> Result<()> {
    if found.rows.is_empty() {
        return Ok(());
    }
    let head: Vec<String> = found.variables.clone();
    let cell = |value: &Option<hydra_graph::Value>| {
        value.as_ref().map_or_else(|| "-".to_owned(), |value| output::start_of(&value.value, CELL_CHARS))
    };
    let rows: Vec<Vec<String>> = found.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    output::data(&Style::of_stdout().strong(&line(&head)))?;
    rows.iter().try_for_each(|row| output::data(&line(row)))
}
