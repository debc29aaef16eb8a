//! The data of each page as JSON, at its address with `.json` behind it: the page's own question, asked by GraphQL. The
//! names of its variables are those of the page's parameters.

use async_graphql::Variables;
use async_graphql::parser::parse_query;
use async_graphql::parser::types::{BaseType, DocumentOperations, Type};
use axum::Router;
use axum::extract::{FromRef, Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hydra_graph::{Error, ErrorKind};
use serde_json::{Map, Value, json};

use crate::graphql::{Door, Visit};
use crate::http::Failed;

/// Pages and what they ask. A memory's own address has its data in several forms, and so has the map, see there.
const DOCUMENTS: [(&str, &str); 15] = [
    ("/start.json", include_str!("../../ui/src/page/start.graphql")),
    ("/today.json", include_str!("../../ui/src/page/today.graphql")),
    ("/search.json", SEARCH),
    ("/timeline.json", TIMELINE),
    ("/days.json", DAYS),
    ("/recalls.json", include_str!("../../ui/src/page/recalls.graphql")),
    ("/recalls/{id}", include_str!("../../ui/src/page/recall.graphql")),
    ("/decisions.json", include_str!("../../ui/src/page/decisions.graphql")),
    ("/learnings.json", include_str!("../../ui/src/page/learnings.graphql")),
    ("/preferences.json", include_str!("../../ui/src/page/preferences.graphql")),
    ("/conflicts.json", include_str!("../../ui/src/page/conflicts.graphql")),
    ("/proposals.json", include_str!("../../ui/src/page/proposals.graphql")),
    ("/sources.json", include_str!("../../ui/src/page/sources.graphql")),
    ("/trash.json", include_str!("../../ui/src/page/trash.graphql")),
    ("/settings.json", include_str!("../../ui/src/page/settings.graphql")),
];

const SEARCH: &str = include_str!("../../ui/src/page/search.graphql");
const TIMELINE: &str = include_str!("../../ui/src/page/timeline.graphql");
const DAYS: &str = include_str!("../../ui/src/page/days.graphql");
/// What pages ask while nobody has said of what: by the parameter that would say it.
const BEFORE: [(&str, &str, &str); 2] =
    [(SEARCH, "q", include_str!("../../ui/src/page/suggest.graphql")), (TIMELINE, "of", DAYS)];

/// Where a saved view is.
const VIEW: &str = "/v/{name}";
/// Which views there are: each with its name and its address.
const VIEWS: &str = include_str!("../../ui/src/api/views.graphql");

/// The routes of the data.
pub fn data<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Door: FromRef<S>,
{
    DOCUMENTS.iter().fold(Router::new().route(VIEW, get(view)), |router, (path, document)| {
        let answer = move |visit: Visit, id: Option<Path<String>>, query: Query<Vec<(String, String)>>| {
            answer(document, visit, id, query)
        };
        router.route(path, get(answer))
    })
}

async fn answer(
    document: &'static str,
    visit: Visit,
    id: Option<Path<String>>,
    Query(mut parameters): Query<Vec<(String, String)>>,
) -> Response {
    if let Some(Path(id)) = id {
        let Some(id) = id.strip_suffix(".json") else {
            let error = Error::new(ErrorKind::NotFound, "there is a page at this address, for browsers");
            return Failed(error.hint("its data is at the same address with .json behind it")).into_response();
        };
        parameters.push(("id".to_owned(), id.to_owned()));
    }
    let is_said = |name: &str| parameters.iter().any(|(given, value)| given == name && !value.is_empty());
    let before = BEFORE.iter().find(|(page, name, _)| *page == document && !is_said(name));
    let document = before.map_or(document, |(_, _, before)| *before);
    let answer = visit.ask(document, variables(document, &parameters)).await;
    let status = if answer.get("data").is_none_or(Value::is_null) { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    (status, [(header::CACHE_CONTROL, "private, no-cache")], axum::Json(answer)).into_response()
}

/// Leads to the data of the page that a saved view names.
async fn view(visit: Visit, Path(name): Path<String>) -> Response {
    let Some(name) = name.strip_suffix(".json") else {
        let error = Error::new(ErrorKind::NotFound, "there is a saved view at this address, for browsers");
        return Failed(error.hint("its data is at the same address with .json behind it")).into_response();
    };
    let answer = visit.ask(VIEWS, Variables::default()).await;
    let rows = answer["data"]["query"]["rows"].as_array().cloned().unwrap_or_default();
    let found = rows.iter().find(|row| row[0]["value"] == name).and_then(|row| row[1]["value"].as_str());
    let location = found.and_then(data_address).and_then(|address| HeaderValue::from_str(&address).ok());
    match location {
        Some(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        None => {
            let error = Error::new(ErrorKind::NotFound, format!("no view is called `{name}`"));
            Failed(error.hint("a browser saves one with “Save this view” of Ctrl K")).into_response()
        }
    }
}

/// Where the data of the page at an address is; only of this server.
fn data_address(address: &str) -> Option<String> {
    let (path, query) = address.split_once('?').map_or((address, ""), |(path, query)| (path, query));
    if !path.starts_with('/') || path.starts_with("//") {
        return None;
    }
    let page = if path == "/" { "/today" } else { path };
    Some(if query.is_empty() { format!("{page}.json") } else { format!("{page}.json?{query}") })
}

/// Reads the parameters that the document has variables for, as what it says that they are. What does not read as that is
/// handed on as it is, so that the answer says what was wrong.
fn variables(document: &str, parameters: &[(String, String)]) -> Variables {
    let mut values = Map::new();
    let Ok(parsed) = parse_query(document) else { return Variables::default() };
    let operation = match &parsed.operations {
        DocumentOperations::Single(operation) => Some(operation),
        DocumentOperations::Multiple(operations) => operations.values().next(),
    };
    for variable in operation.into_iter().flat_map(|operation| &operation.node.variable_definitions) {
        let name = variable.node.name.node.as_str();
        let given = parameters.iter().rev().find(|(given, value)| given == name && !value.is_empty());
        if let Some((_, text)) = given {
            values.insert(name.to_owned(), value(&variable.node.var_type.node, text));
        }
    }
    Variables::from_json(Value::Object(values))
}

fn value(kind: &Type, text: &str) -> Value {
    match &kind.base {
        BaseType::List(of) => text.split(',').filter(|part| !part.is_empty()).map(|part| value(of, part)).collect(),
        BaseType::Named(name) if name == "Int" => {
            text.parse::<i32>().map_or_else(|_| json!(text), |number| json!(number))
        }
        BaseType::Named(name) if name == "Boolean" => text.parse::<bool>().map_or_else(|_| json!(text), |is| json!(is)),
        BaseType::Named(_) => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path as Place;

    use super::*;

    /// What the view asks fits the schema: each document is asked of nobody, and must get as far as that.
    #[tokio::test]
    async fn every_document_of_the_view_is_understood() {
        let schema = crate::graphql::schema();
        let root = Place::new(env!("CARGO_MANIFEST_DIR")).join("ui/src");
        let mut checked = 0;
        for folder in ["api", "page"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|ending| ending != "graphql") {
                    continue;
                }
                let document = std::fs::read_to_string(&path).unwrap();
                let answer = schema.execute(document.as_str()).await;
                // A document whose variables have no values was understood.
                let is_unasked =
                    |message: &str| message.starts_with("Variable ") && message.ends_with(" is not defined.");
                let errors = answer.errors.iter().filter(|error| error.path.is_empty() && !is_unasked(&error.message));
                let refused: Vec<_> = errors.collect();
                assert!(refused.is_empty(), "{}: {refused:?}", path.display());
                checked += 1;
            }
        }
        assert!(checked > 20, "only {checked} documents were found");
    }

    #[test]
    fn every_page_has_its_data() {
        for page in super::super::page::PAGES {
            // The first is Today by another address; the map has its own.
            let is_elsewhere = page == "/" || page == "/map";
            let is_there = DOCUMENTS.iter().any(|(path, _)| *path == format!("{page}.json"));
            assert!(is_there || is_elsewhere, "{page} has no data");
        }
    }

    #[test]
    fn a_view_leads_to_the_data_of_its_page() {
        for (address, expected) in [
            ("/search?q=x&kinds=FACT", Some("/search.json?q=x&kinds=FACT")),
            ("/", Some("/today.json")),
            ("/m/038g93r4yp000/history", Some("/m/038g93r4yp000/history.json")),
            ("//elsewhere.example/", None),
            ("https://elsewhere.example/", None),
        ] {
            assert_eq!(data_address(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn parameters_are_read_as_what_the_document_wants() {
        let document = "query Q($q: String!, $kinds: [Kind!], $limit: Int, $on: Boolean) { a }";
        let given = [("q", "12"), ("kinds", "FACT,EPISODE"), ("limit", "5"), ("on", "true"), ("else", "x")];
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let read = serde_json::to_value(variables(document, &given)).unwrap();
        assert_eq!(read, json!({"q": "12", "kinds": ["FACT", "EPISODE"], "limit": 5, "on": true}));
        let wrong = [("limit".to_owned(), "many".to_owned())];
        assert_eq!(serde_json::to_value(variables(document, &wrong)).unwrap(), json!({"limit": "many"}));
    }
}
