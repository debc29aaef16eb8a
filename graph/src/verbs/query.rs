//! `query`: SPARQL that only reads, of what the caller sees.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use spargebra::Query;

use super::sparql::evaluator;
use crate::error::{Error, ErrorKind, Result};
use crate::memory::Memory;
use crate::moment::Moment;
use crate::names::shortened;
use crate::rewound::Rewound;
use crate::sight::Sight;
use crate::space;
use crate::sparql::{
    self, AnswerFormat, Budget, Interrupt, Language, MAX_QUERY_READ, MAX_QUERY_STEPS, Part, QueryForm, Readable, Value,
};

/// Rows of an answer if nobody says how many.
pub const DEFAULT_ROWS: usize = 100;
/// Rows of an answer at most.
pub const MAX_ROWS: usize = 10_000;

/// How long a query is evaluated. Its cost is counted, so that the same query always ends the same way; but what an
/// expression does with a text costs what nobody can count, as a pattern that is made anew for each row.
pub const MAX_QUERY_TIME: Duration = Duration::from_secs(30);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryRequest {
    /// SPARQL 1.1, with the triple terms of 1.2: SELECT, ASK, CONSTRUCT or DESCRIBE. [`crate::PREFIXES`] are declared.
    pub text: String,
    /// Only what these spaces say; all if there are none.
    pub spaces: Vec<String>,
    /// What was known then; and the facts that held then as the plain statements.
    pub moment: Moment,
    /// At most so many rows, 1 to [`MAX_ROWS`].
    pub limit: usize,
    /// Also writes the answer in a format.
    pub format: Option<AnswerFormat>,
}

impl QueryRequest {
    /// A query of all that is known now.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), spaces: Vec::new(), moment: Moment::default(), limit: DEFAULT_ROWS, format: None }
    }
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct QueryAnswer {
    /// What was asked for.
    pub form: QueryForm,
    /// Names of the columns.
    pub variables: Vec<String>,
    /// The rows; a value that is not bound is null.
    pub rows: Vec<Vec<Option<Value>>>,
    /// The answer of an ASK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<bool>,
    /// Whether there are more rows than these.
    pub is_more: bool,
    /// Why there is nothing, if that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The same in the format that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

pub(crate) fn query(memory: &Memory, request: &QueryRequest) -> Result<QueryAnswer> {
    request.spaces.iter().try_for_each(|name| space::check(name))?;
    if request.limit == 0 || request.limit > MAX_ROWS {
        return Err(Error::new(ErrorKind::Invalid, format!("a limit of {} rows", request.limit))
            .hint(format!("ask for 1 to {MAX_ROWS}, and say OFFSET for the rest")));
    }
    evaluate_within(memory, request, MAX_QUERY_TIME)
}

fn evaluate_within(memory: &Memory, request: &QueryRequest, time: Duration) -> Result<QueryAnswer> {
    let interrupt = Interrupt::new();
    sparql::on_own_thread_within(time, &interrupt, || evaluate(memory, request, &interrupt))
}

fn evaluate(memory: &Memory, request: &QueryRequest, interrupt: &Interrupt) -> Result<QueryAnswer> {
    let inner = &*memory.0;
    let view = inner.view()?;
    request.moment.check(inner, &view)?;
    let query = sparql::parse(&request.text, Language { is_prefixed: true, base: None })?;
    let Moment { true_at, known_at } = request.moment;
    let sight = Sight::new(Rewound::new(&view, known_at)?, &request.spaces, known_at.unwrap_or(inner.now()));
    let sight = match true_at {
        Some(true_at) => sight.asserting(true_at)?,
        None => sight,
    };
    let budget = Budget::new(MAX_QUERY_READ, MAX_QUERY_STEPS, interrupt);
    let (mut taken, unknown) = budget.run(|| {
        let readable = Readable::new(&sight, &budget, Part::Everything);
        asked_graphs(readable, &query)?;
        let evaluator = evaluator(memory, &request.spaces, request.moment, interrupt);
        let results = evaluator.prepare(&query).execute(readable).map_err(|error| sparql::failed(error, interrupt))?;
        let taken = sparql::take(results, request.limit, interrupt)?;
        // Only an empty answer makes one wonder whether a name is mistyped.
        let unknown = if taken.is_nothing() { sparql::unknown(&query, readable, &budget)? } else { Vec::new() };
        Ok((taken, unknown))
    })?;
    if taken.form == QueryForm::Select && selects_all(&request.text) {
        taken.order_by(&request.text);
    }
    Ok(QueryAnswer {
        text: request.format.map(|format| taken.write(format)).transpose()?,
        rows: taken.values(),
        form: taken.form,
        variables: taken.variables.into_iter().map(|name| name.into_string()).collect(),
        holds: taken.holds,
        note: (!unknown.is_empty()).then(|| format!("nothing in the graph is called {}", unknown.join(" or "))),
        is_more: taken.is_more,
    })
}

/// Refuses a graph that is asked for and not there: nothing is fetched.
pub(super) fn asked_graphs(readable: Readable<'_>, query: &Query) -> Result<()> {
    let Some(dataset) = query.dataset() else { return Ok(()) };
    for graph in dataset.default.iter().chain(dataset.named.iter().flatten()) {
        if !sparql::has_graph(readable, graph)? {
            let name = shortened(graph.as_str());
            return Err(Error::new(ErrorKind::Invalid, format!("<{name}> is no graph of this memory"))
                .hint("leave FROM out to ask all of it; nothing is fetched from outside"));
        }
    }
    Ok(())
}

/// Tells whether a query says `SELECT *`.
fn selects_all(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let Some((_, rest)) = text.split_once("select") else { return false };
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("distinct").or_else(|| rest.strip_prefix("reduced")).unwrap_or(rest);
    rest.trim_start().starts_with('*')
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::journal::Agent;
    use crate::memory::Options;
    use crate::time::Timestamp;
    use crate::verbs::remember::NewMemory;

    /// The program of each pattern takes long to make, and each row has another: nothing of that is counted.
    #[test]
    fn what_nobody_can_count_is_ended_by_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(|| Timestamp::from_millis(1_790_000_000_000));
        let memory = Memory::open(folder.path(), Options { clock, holder: "a test".to_owned() }).unwrap();
        for number in 0..20 {
            memory.remember(NewMemory::new(format!("the lamp number {number} is on")), &Agent::owner()).unwrap();
        }
        let pattern = "CONCAT(\"(\\\\w{50}){8}\", STR(?s), STR(?b))";
        let text = format!("SELECT (COUNT(*) AS ?n) {{ ?s ?p ?o . ?a ?b ?c FILTER(REGEX(STR(?o), {pattern})) }}");
        let ask = |time| evaluate_within(&memory, &QueryRequest::new(text.clone()), time);
        let error = ask(Duration::from_millis(100)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
        assert!(error.next_step().is_some());
        let all = QueryRequest::new("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }");
        assert!(evaluate_within(&memory, &all, MAX_QUERY_TIME).is_ok(), "the next is answered");
        memory.close().unwrap();
    }
}
