//! Takes note of every call that was refused, whoever refused it.

use std::borrow::Cow;

use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::{App, auth};
use crate::access::network;
use crate::wiring;

/// Left in an answer by whoever refuses a call.
#[derive(Clone, Debug)]
pub struct Why(pub Cow<'static, str>);

/// Left in an answer by whoever let a call in: who it is of.
#[derive(Clone, Debug)]
pub struct Who(pub String);

/// Notes who was refused, by the route that was matched, so that a caller can't make new names.
pub async fn note(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let peer = auth::peer(&request);
    let response = next.run(request).await;
    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&response.status()) {
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let stranger = || peer.map_or_else(|| "unknown".to_owned(), |peer| network(peer).to_string());
        let who = response.extensions().get::<Who>().map_or_else(stranger, |Who(who)| who.clone());
        let why = response.extensions().get::<Why>().map_or("not the caller's to do", |Why(why)| why);
        app.refusals.note(&who, route, why, wiring::now());
    }
    response
}
