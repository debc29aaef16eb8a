//! SPARQL over HTTP: the protocol at `/sparql`, whole graphs at `/store`.
//!
//! A query and an update by the standard, and three parameters of our own: `dataset=own` asks the user's own graphs alone,
//! `as_of` and `known_at` look from another moment, `space` narrows. Clients add others that mean something elsewhere.

pub(super) mod answer;
mod description;
pub(super) mod negotiation;
pub(super) mod request;
mod store;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hydra_graph::{Error, ErrorKind, Interrupt, SparqlRequest, SparqlUpdate};
use serde_json::json;

use super::App;
use super::failure::Told;
use super::permission::{self, Called, Right};
use crate::watched::{Waiting, watched};
pub use request::Asked;
use request::Operation;

/// Names the commit of a change, for `hydra undo`.
const COMMIT: HeaderName = HeaderName::from_static("hydra-commit");

/// Returns the routes.
pub fn router() -> Router<App> {
    Router::new()
        .route("/sparql", any(sparql))
        .route("/store", any(store::indirect))
        .route("/store/{*path}", any(store::direct))
}

async fn sparql(
    Called(app): Called,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Told> {
    let asked = match method {
        Method::GET | Method::HEAD => Asked::of_address(&uri)?,
        Method::POST => Asked::of_body(&uri, &headers, &body)?,
        _ => return Ok(wrong_method("GET, HEAD, POST", "ask by GET or POST, and change by POST")),
    };
    let base = address(&app, &headers, "/sparql");
    match asked.operation()? {
        Some((Operation::Query, text)) => {
            let request = SparqlRequest {
                text,
                base: Some(base),
                part: asked.part()?,
                default_graphs: asked.all("default-graph-uri"),
                named_graphs: asked.all("named-graph-uri"),
                spaces: asked.all("space"),
                moment: asked.moment()?,
            };
            answer::query(app, request, headers).await
        }
        Some((Operation::Update, _)) if method != Method::POST => {
            let error = Error::new(ErrorKind::Invalid, "an update comes by POST").hint("send it as a form or directly");
            Err(Told::new(StatusCode::BAD_REQUEST, error))
        }
        Some((Operation::Update, text)) => {
            let update = SparqlUpdate {
                text,
                base: Some(base),
                part: asked.part()?,
                using: asked.all("using-graph-uri"),
                using_named: asked.all("using-named-graph-uri"),
                reason: asked.one("reason")?,
                is_dry_run: false,
            };
            change(app, update).await
        }
        None if method == Method::POST => {
            Err(Error::new(ErrorKind::Invalid, "the request has neither a query nor an update")
                .hint("send `query` or `update`")
                .into())
        }
        None => answer::query(app, description::request(&base), headers).await,
    }
}

async fn change(app: App, update: SparqlUpdate) -> Result<Response, Told> {
    let session = permission::session(&app, Right::Write)?;
    let interrupt = Interrupt::new();
    let _waiting = Waiting(interrupt.clone());
    let stopped = interrupt.clone();
    let work = app.crossing.run("sparql_update", move |memory| memory.sparql_update(&update, &session.agent, &stopped));
    let updated = watched(work, &interrupt, app.session.limits).await?;
    let mut answer = json!(updated);
    answer["undo"] = match updated.commit {
        Some(commit) => json!(format!("hydra undo {commit}")),
        None => json!("nothing had to change"),
    };
    let mut response = axum::Json(answer).into_response();
    name_commit(&mut response, updated.commit);
    Ok(response)
}

fn name_commit(response: &mut Response, commit: Option<hydra_graph::Id>) {
    if let Some(value) = commit.and_then(|commit| HeaderValue::from_str(&commit.to_string()).ok()) {
        response.headers_mut().insert(COMMIT, value);
    }
}

/// The address of a path of ours, as the client calls it.
fn address(app: &App, headers: &HeaderMap, path: &str) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let scheme = if app.presence.is_encrypted() { "https" } else { "http" };
    format!("{scheme}://{host}{path}")
}

fn wrong_method(allowed: &'static str, hint: &str) -> Response {
    let error = Error::new(ErrorKind::Invalid, "this address does not take that method").hint(hint);
    let mut response = super::failure::answer(StatusCode::METHOD_NOT_ALLOWED, &error);
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}
