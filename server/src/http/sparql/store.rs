//! The SPARQL 1.1 Graph Store Protocol: whole graphs, named in the address (`/store?graph=…`, `/store?default`) or by it
//! (`/store/books`).

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{AnswerFormat, Error, ErrorKind, GraphRef, Interrupt, Part, SentGraph, SparqlRequest, StoreOp};

use super::request::Asked;
use super::{address, answer, name_commit, negotiation, wrong_method};
use crate::http::App;
use crate::http::failure::Told;
use crate::http::permission::{self, Called, Right};
use crate::watched::{Waiting, watched};

const METHODS: &str = "GET, HEAD, PUT, POST, DELETE";
const NAMES: [&str; 4] = ["graph", "default", "as_of", "known_at"];

/// Answers for a graph that is named in the address.
pub async fn indirect(
    Called(app): Called,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let asked = Asked::of_address(&uri)?;
    asked.check(&NAMES)?;
    let graph = match (asked.one("graph")?, asked.has("default")) {
        (Some(graph), false) => Some(graph),
        (None, true) => None,
        (None, false) if method == Method::POST => return create(app, headers, body).await,
        _ => {
            return Err(Error::new(ErrorKind::Invalid, "the request does not name one graph")
                .hint("add ?graph= and its IRI, or ?default")
                .into());
        }
    };
    serve(app, method, graph, asked, headers, body).await
}

/// Answers for a graph whose name is the address.
pub async fn direct(
    Called(app): Called,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let asked = Asked::of_address(&uri)?;
    asked.check(&["as_of", "known_at"])?;
    let graph = address(&app, &headers, uri.path());
    serve(app, method, Some(graph), asked, headers, body).await
}

async fn serve(
    app: App,
    method: Method,
    graph: GraphRef,
    asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    match method {
        Method::GET | Method::HEAD => get(app, graph, asked, headers).await,
        Method::PUT => {
            let sent = sent(&app, &graph, headers, body).await?;
            change(app, graph, StoreOp::Put(sent)).await
        }
        Method::POST => {
            let sent = sent(&app, &graph, headers, body).await?;
            change(app, graph, StoreOp::Add(sent)).await
        }
        Method::DELETE => change(app, graph, StoreOp::Drop).await,
        _ => Ok(wrong_method(
            METHODS,
            "read with GET, replace with PUT, add with POST, drop with DELETE, change with an update at /sparql",
        )),
    }
}

async fn get(app: App, graph: GraphRef, asked: Asked, headers: HeaderMap) -> Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let moment = asked.moment()?;
    let name = graph.clone();
    let is_there = app.crossing.run("store", move |memory| memory.has_graph(&name, moment)).await?;
    if !is_there {
        let name = graph.unwrap_or_default();
        let then = if moment.is_now() { "is" } else { "was then" };
        return Err(Error::new(ErrorKind::NotFound, format!("there {then} no graph <{name}>"))
            .hint("SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } } at /sparql names those that are there")
            .into());
    }
    let request = SparqlRequest {
        text: "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }".to_owned(),
        part: Part::Own,
        default_graphs: graph.into_iter().collect(),
        moment,
        ..SparqlRequest::default()
    };
    answer::query(app, request, headers).await
}

/// Makes a graph with a name of ours.
async fn create(app: App, headers: HeaderMap, body: Bytes) -> Result<Response, Told> {
    permission::session(&app, Right::Write)?;
    let id = app.crossing.run("store", |memory| Ok(memory.new_id())).await?;
    let graph = address(&app, &headers, &format!("/store/{id}"));
    let location = HeaderValue::from_str(&graph).map_err(|_| Error::new(ErrorKind::Invalid, "the host has no name"))?;
    let sent = sent(&app, &Some(graph.clone()), headers, body).await?;
    let mut response = change(app, Some(graph), StoreOp::Add(sent)).await?;
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

async fn change(app: App, graph: GraphRef, op: StoreOp) -> Result<Response, Told> {
    let session = permission::session(&app, Right::Write)?;
    let interrupt = Interrupt::new();
    let _waiting = Waiting(interrupt.clone());
    let stopped = interrupt.clone();
    let is_dropped = op == StoreOp::Drop;
    let work = app.crossing.run("store", move |memory| memory.change_graph(&graph, op, &session.agent, &stopped));
    let (updated, was_there) = watched(work, &interrupt, app.session.limits).await?;
    let status = if was_there || is_dropped { StatusCode::NO_CONTENT } else { StatusCode::CREATED };
    let mut response = status.into_response();
    name_commit(&mut response, updated.commit);
    Ok(response)
}

/// Reads the graphs of a body; a form sends several, which are one.
async fn sent(app: &App, graph: &GraphRef, headers: HeaderMap, body: Bytes) -> Result<Vec<SentGraph>, Told> {
    let base = Some(graph.clone().unwrap_or_else(|| address(app, &headers, "/store")));
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|content_type| content_type.starts_with("multipart/form-data")) {
        return parts(headers, body, base).await;
    }
    if body.is_empty() {
        return Ok(Vec::new());
    }
    // The standard's own guess.
    let format = format(content_type.unwrap_or("application/rdf+xml"))?;
    Ok(vec![SentGraph { format, bytes: body.to_vec(), base }])
}

async fn parts(headers: HeaderMap, body: Bytes, base: Option<String>) -> Result<Vec<SentGraph>, Told> {
    let broken = |error: String| {
        Error::new(ErrorKind::Invalid, format!("the form does not read: {error}")).hint("send it again")
    };
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers;
    let mut form = Multipart::from_request(request, &()).await.map_err(|error| broken(error.body_text()))?;
    let mut sent = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|error| broken(error.body_text()))? {
        let format = format(part.content_type().unwrap_or_default())?;
        let bytes = part.bytes().await.map_err(|error| broken(error.body_text()))?;
        sent.push(SentGraph { format, bytes: bytes.to_vec(), base: base.clone() });
    }
    Ok(sent)
}

fn format(content_type: &str) -> Result<AnswerFormat, Told> {
    negotiation::of_content(content_type).ok_or_else(|| {
        let message = format!("`{}` is no format of a graph", content_type.chars().take(60).collect::<String>());
        let error = Error::new(ErrorKind::Invalid, message)
            .hint(format!("send {}", negotiation::offered(hydra_graph::QueryForm::Graph)));
        Told::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, error)
    })
}
