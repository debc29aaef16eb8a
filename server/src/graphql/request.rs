//! A request as it is on every way in: parsed, measured, and told apart by what it does.

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType};
use async_graphql::{Request, Response, ServerError, Value, Variables};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use hydra_graph::{Error, ErrorKind};
use serde::Serialize;
use serde_json::Value as Json;

use super::caller::Caller;
use super::patience::within;
use super::schema::Schema;
use super::{Door, error, limit, loader};
use crate::outcome;

/// A request that may run.
pub struct Asked {
    request: Request,
    /// What it does.
    pub does: OperationType,
}

/// Why a request does not run.
pub enum Refusal {
    /// It is no request at all.
    Malformed(Error),
    /// It is one, and its document can't be run.
    Unsound(Vec<ServerError>),
}

/// What was sent, by name.
#[derive(Default)]
pub struct Parts {
    /// The document.
    pub query: Option<Json>,
    /// Its variables.
    pub variables: Option<Json>,
    /// Which of its operations.
    pub operation_name: Option<Json>,
    /// What clients and servers agree on beside the specification; nothing here.
    pub extensions: Option<Json>,
}

impl Parts {
    /// Takes them from a JSON object.
    ///
    /// # Errors
    /// `Invalid` when it is none.
    pub fn of(body: Json) -> Result<Self, Error> {
        let Json::Object(mut fields) = body else {
            let hint = "send one object with query, and variables and operationName if there are any";
            return Err(malformed("the body is not one JSON object").hint(hint));
        };
        let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_null());
        Ok(Self {
            query: take("query"),
            variables: take("variables"),
            operation_name: take("operationName"),
            extensions: take("extensions"),
        })
    }

    /// Reads and measures a request.
    ///
    /// # Errors
    /// Why it does not run.
    pub fn read(self) -> Result<Asked, Refusal> {
        let query = match self.query {
            Some(Json::String(query)) => query,
            Some(_) => return Err(refused("`query` is not a text")),
            None => return Err(refused("there is no `query`")),
        };
        let variables = match self.variables {
            None => Variables::default(),
            Some(variables @ Json::Object(_)) => Variables::from_json(variables),
            Some(_) => return Err(refused("`variables` is not an object")),
        };
        let operation = match self.operation_name {
            None => None,
            Some(Json::String(name)) => Some(name),
            Some(_) => return Err(refused("`operationName` is not a text")),
        };
        if self.extensions.is_some_and(|extensions| !extensions.is_object()) {
            return Err(refused("`extensions` is not an object"));
        }
        limit::check_text(&query).map_err(unsound)?;
        let document = parse_query(&query).map_err(|error| {
            let mut error = ServerError::from(error);
            error::complete(&mut error, error::PARSE_FAILED);
            Refusal::Unsound(vec![error])
        })?;
        limit::check_document(&document).map_err(unsound)?;
        let wanted = wanted(&document, operation.as_deref()).map_err(unsound)?;
        check_variables(wanted, &variables)?;
        let does = wanted.ty;
        let mut request = Request::new(query).variables(variables);
        request.operation_name = operation;
        request.set_parsed_query(document);
        Ok(Asked { request, does })
    }
}

/// Refuses a variable that must have a value and has none: the library looks only at those that are used.
fn check_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refusal> {
    for definition in &operation.variable_definitions {
        let (name, kind) = (&definition.node.name.node, &definition.node.var_type.node);
        let is_given = variables.get(name).is_some_and(|value| *value != Value::Null);
        if !kind.nullable && !is_given && definition.node.default_value.is_none() {
            let mut error = ServerError::new(format!("the variable ${name} of type {kind} has no value"), None);
            error::complete(&mut error, error::VALIDATION_FAILED);
            return Err(Refusal::Unsound(vec![error]));
        }
    }
    Ok(())
}

/// Finds the operation that is asked for.
fn wanted<'d>(document: &'d ExecutableDocument, name: Option<&str>) -> Result<&'d OperationDefinition, Error> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        // The library does not look for the name of an operation that is alone.
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name),
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next(),
        (DocumentOperations::Multiple(_), None) => None,
    };
    operation.map(|operation| &operation.node).ok_or_else(|| {
        malformed(match name {
            Some(name) => format!("the document has no operation `{}`", name.chars().take(60).collect::<String>()),
            None => "the document has several operations".to_owned(),
        })
        .hint("name one of its operations in operationName")
    })
}

impl Asked {
    fn prepared(self, caller: Caller) -> Request {
        self.request.data(loader::links(caller.clone())).data(caller)
    }

    /// Answers a query or a mutation. A query that takes too long is given up; what writes is never cut off.
    pub async fn answer(self, schema: &Schema, caller: Caller) -> Response {
        let is_query = self.does == OperationType::Query;
        let answering = schema.execute(self.prepared(caller));
        let mut response = if is_query { within(answering).await } else { answering.await };
        complete(&mut response);
        response
    }

    /// Answers one after the other: a subscription as long as it runs, anything else once. What is given up is the last:
    /// whoever follows would not know what they missed.
    pub fn stream(self, door: &Door, caller: Caller) -> impl Stream<Item = Response> + Send + use<> {
        let answers: BoxStream<'static, Response> = match self.does {
            OperationType::Subscription => door.live.execute_stream(self.prepared(caller)),
            OperationType::Query | OperationType::Mutation => {
                let schema = door.schema.clone();
                Box::pin(stream::once(async move { self.answer(&schema, caller).await }))
            }
        };
        stream::unfold(Some(answers), |answers| async move {
            let mut answers = answers?;
            let mut response = answers.next().await?;
            complete(&mut response);
            let rest = (!is_refused(&response)).then_some(answers);
            Some((response, rest))
        })
    }
}

/// Gives every error a code and a hint.
fn complete(response: &mut Response) {
    for error in &mut response.errors {
        // What a field is refused with has its own.
        error::complete(error, error::VALIDATION_FAILED);
    }
}

/// Answers a document of our own, which needs no measuring.
pub async fn own(document: &str, variables: Variables, schema: &Schema, caller: Caller) -> String {
    let asked = Asked { request: Request::new(document).variables(variables), does: OperationType::Query };
    spelled(&asked.answer(schema, caller).await)
}

/// Tells whether nothing was run: then there is no `data` at all.
pub fn is_refused(response: &Response) -> bool {
    let is_empty = response.data == Value::Null && !response.errors.is_empty();
    is_empty && response.errors.iter().all(|error| error.path.is_empty())
}

/// An answer on its way out, with its fields in the order in which they were asked for.
#[derive(Serialize)]
struct Spelled<'r> {
    #[serde(skip_serializing_if = "<[ServerError]>::is_empty")]
    errors: &'r [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'r Value>,
}

/// Spells an answer as JSON.
pub fn spelled(response: &Response) -> String {
    let data = (!is_refused(response)).then_some(&response.data);
    json(&Spelled { errors: &response.errors, data })
}

/// Spells errors alone.
pub fn spelled_errors(errors: &[ServerError]) -> String {
    json(&Spelled { errors, data: None })
}

/// Spells a value as JSON.
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("GraphQL values are JSON")
}

fn malformed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

fn refused(message: &str) -> Refusal {
    Refusal::Malformed(malformed(message).hint("send {\"query\": \"{ stats { memories } }\"}"))
}

fn unsound(error: Error) -> Refusal {
    Refusal::Unsound(vec![error::of_request(&error)])
}

impl Refusal {
    /// Returns the errors, as an answer has them.
    pub fn errors(self) -> Vec<ServerError> {
        match self {
            Self::Malformed(error) => vec![error::of_request(&error)],
            Self::Unsound(errors) => errors,
        }
    }

    /// Returns the HTTP status of a request that has none because of an answer of its own.
    pub fn status(&self) -> axum::http::StatusCode {
        match self {
            Self::Malformed(error) => outcome::http_status(error.kind()),
            Self::Unsound(_) => axum::http::StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use hydra_graph::{Agent, Memory, NewMemory, Options};
    use hydra_mcp::{Crossing, MAX_CONCURRENT_VERBS};
    use parking_lot::Mutex;
    use serde_json::json;
    use tokio::sync::watch;

    use super::*;
    use crate::config::{Config, Overrides};
    use crate::graphql::Door;
    use crate::verb::Session;
    use crate::wiring;

    fn asked() -> Asked {
        let parts = Parts::of(json!({"query": "{ stats { memories } }"})).unwrap();
        parts.read().unwrap_or_else(|_| panic!("it is a query"))
    }

    /// It takes as long as a query may, since all of them wait for their turn that long.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_takes_too_long_is_given_up_on_every_way_in_and_the_next_is_answered() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { clock: wiring::clock(), holder: "a test".to_owned() };
        let memory = Memory::open(&folder.path().join("data"), options).unwrap();
        let told = |text: &str| memory.remember(NewMemory::new(text), &Agent::owner()).unwrap().commit;
        let [after, ..] = ["The gate is blue", "The gate is green", "The gate is red"].map(told);
        let crossing = Crossing::new(memory);
        let file = folder.path().join("hydra.toml");
        std::fs::write(&file, "").unwrap();
        let config = Config::load(Some(&file), &Overrides::default()).unwrap();
        let (_stop, stopping) = watch::channel(false);
        let door = Door::new(crossing.clone(), watch::channel(0).1, stopping);
        let caller = || door.caller(Session::of_owner(&config, None));
        // Of the two commits after that, the second waits to be asked for when nobody can look up what it touched.
        let query = format!("subscription {{ changes(after: \"{after}\") {{ memories {{ text }} }} }}");
        let asked_for =
            Parts::of(json!({"query": query})).unwrap().read().unwrap_or_else(|_| panic!("it is a subscription"));
        let mut changes = std::pin::pin!(asked_for.stream(&door, caller()));
        let first = changes.next().await.unwrap();
        assert!(first.errors.is_empty() && first.data.to_string().contains("green"), "{first:?}");
        // Dropped, it lets everybody go who holds a place.
        let (shut, gate) = std::sync::mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let inside = Arc::new(AtomicUsize::new(0));
        let mut holders = tokio::task::JoinSet::new();
        for _ in 0..MAX_CONCURRENT_VERBS {
            let (crossing, gate, inside) = (crossing.clone(), Arc::clone(&gate), Arc::clone(&inside));
            let hold = move |_: &Memory| {
                inside.fetch_add(1, Ordering::AcqRel);
                Ok(_ = gate.lock().recv())
            };
            holders.spawn(async move { crossing.run("held", hold).await });
        }
        while inside.load(Ordering::Acquire) < MAX_CONCURRENT_VERBS {
            tokio::task::yield_now().await;
        }
        let mut streamed = std::pin::pin!(asked().stream(&door, caller()));
        let (whole, streamed, event) =
            tokio::join!(asked().answer(&door.schema, caller()), streamed.next(), changes.next());
        for answer in [whole, streamed.unwrap(), event.unwrap()] {
            assert_eq!(answer.errors.len(), 1, "{answer:?}");
            assert!(answer.errors[0].message.contains("more than 30 seconds"), "{answer:?}");
        }
        assert!(changes.next().await.is_none(), "what was given up is the last");
        drop(shut);
        while holders.join_next().await.is_some() {}
        let answer = asked().answer(&door.schema, caller()).await;
        assert!(answer.errors.is_empty(), "{answer:?}");
    }
}
