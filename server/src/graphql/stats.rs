//! Counts and states of the memory, and what it can be asked in SPARQL.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use serde::Deserialize;

use super::caller::Caller;
use super::memory::count;
use super::scalar::{NodeId, When};
use super::scope::Scope;
use crate::config;
use crate::verb::{self, Predicates, Status};

/// How an index is.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct IndexState {
    /// Its name.
    name: String,
    /// The newest commit that it has.
    stamp: Option<NodeId>,
    /// Whether it has something to catch up with.
    behind: bool,
    /// How many texts of how many it has taken in, while it catches up.
    done: u64,
    /// That number.
    total: u64,
    /// Why it can't answer, in words.
    degraded: Option<String>,
    /// What went wrong last.
    error: Option<String>,
}

/// Counts and states.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Stats {
    /// The version of this program.
    version: String,
    /// The format of the store.
    format: u32,
    /// The newest commit.
    head: Option<NodeId>,
    /// How many files were read.
    sources: usize,
    /// How many passages they have.
    passages: usize,
    /// How many memories were told.
    memories: usize,
    /// How many entities are known.
    entities: usize,
    /// How many links there are.
    links: usize,
    /// The indexes.
    indexes: Vec<IndexState>,
    /// How much a restart would replay of the log, in bytes.
    log_bytes: f64,
    /// `ok`, or why nothing can be written.
    writes: String,
    /// How much memory this process has in use, in bytes.
    resident_bytes: f64,
}

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TermKind {
    /// A name, as an IRI or with a prefix.
    Iri,
    /// A node without a name.
    Blank,
    /// A text, a number, a moment.
    Literal,
    /// A statement.
    Triple,
}

/// A term of an answer.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Term {
    /// What it is.
    #[serde(rename = "type")]
    #[graphql(name = "type")]
    kind: TermKind,
    /// What it says; nodes of this memory as `id:` and their id.
    value: String,
    /// The datatype of a literal that is no plain text.
    datatype: Option<String>,
    /// The language of a text that has one.
    language: Option<String>,
}

/// The answer of a SPARQL query.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Rows {
    /// select, ask, construct or describe.
    form: String,
    /// The variables, in the order of the columns.
    variables: Vec<String>,
    /// The rows; null where a variable has no value.
    rows: Vec<Vec<Option<Term>>>,
    /// The answer of ASK.
    holds: Option<bool>,
    /// Whether there are more rows.
    is_more: bool,
    /// What else there is to say, as which names the graph has no word for.
    note: Option<String>,
    /// The answer as a text, if a format was asked for.
    text: Option<String>,
}

/// What facts can say.
#[derive(Clone, Debug, SimpleObject, Deserialize)]
pub struct Predicate {
    /// As it stands in a sentence.
    label: String,
    /// Other ways to say it.
    aliases: Vec<String>,
    /// Whether it has one value at a time.
    functional: bool,
    /// Whether it holds the other way round too.
    symmetric: bool,
    /// Whether its objects are entities, and no texts.
    entities: bool,
    /// Its name in the graph.
    iri: String,
}

/// An option of the configuration, as it is set.
#[derive(Clone, Debug, SimpleObject)]
pub struct Setting {
    /// Its name, as in the file.
    name: String,
    /// Its value; empty if it has none.
    value: String,
    /// Where that was read: the file, a variable of the environment, a flag, or nowhere (`default`).
    from: String,
}

#[derive(Deserialize)]
struct AllPredicates {
    predicates: Vec<Predicate>,
}

/// The memory as a whole.
#[derive(Default)]
pub struct StatsQuery;

#[Object]
impl StatsQuery {
    /// Counts and states of the memory.
    #[graphql(complexity = "super::limit::ids_cost(1, child_complexity)")]
    async fn stats(&self, context: &Context<'_>) -> Result<Option<Stats>> {
        Caller::of(context)?.ask(Status {}, &Scope::everything()).await.map(Some)
    }

    /// Every option of the configuration, as it is set.
    async fn settings(&self, context: &Context<'_>) -> Result<Option<Vec<Setting>>> {
        let caller = Caller::of(context)?;
        let settings = caller.settings();
        let settings = caller.look("settings", move |_| Ok(settings)).await?.to_vec().into_iter();
        Ok(Some(settings.map(|config::Setting { name, value, from }| Setting { name, value, from }).collect()))
    }

    /// What facts can say: the built-in predicates, then those that were declared.
    #[graphql(complexity = "super::limit::page_cost(50, child_complexity)")]
    async fn predicates(&self, context: &Context<'_>) -> Result<Option<Vec<Predicate>>> {
        let all: AllPredicates = Caller::of(context)?.ask(Predicates {}, &Scope::everything()).await?;
        Ok(Some(all.predicates))
    }

    /// A SPARQL query, which only reads; the words of the graph are in schema/hydra.ttl, the usual prefixes are there.
    #[graphql(complexity = "super::limit::page_cost(limit, child_complexity)")]
    async fn query(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "SELECT, ASK, CONSTRUCT or DESCRIBE.")] sparql: String,
        #[graphql(desc = "Only what belongs to these spaces; all if there are none.", default)] spaces: Vec<String>,
        #[graphql(desc = "What was true then; now if left out.")] as_of: Option<When>,
        #[graphql(desc = "What was known then, right or wrong; now if left out.")] known_at: Option<When>,
        #[graphql(desc = "At most so many rows.", default = 100)] limit: i32,
        #[graphql(desc = "Also as a text: json, csv, tsv, turtle or ntriples.")] format: Option<String>,
    ) -> Result<Option<Rows>> {
        let scope = Scope::new(spaces, as_of, known_at);
        let query = verb::Query {
            query: sparql,
            spaces: scope.spaces(),
            as_of: scope.as_of(),
            known_at: scope.known_at(),
            limit: Some(count(limit)?),
            format,
        };
        Caller::of(context)?.ask(query, &scope).await.map(Some)
    }
}
