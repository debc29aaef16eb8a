//! Answers as server-sent events, by the graphql-sse protocol in its distinct connections mode: `next` for each, `complete`
//! at the end.

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use tokio_stream::{StreamExt as _, once};

use super::Door;
use super::caller::Caller;
use super::request::{Asked, spelled};

/// How often something is sent though nothing happens, so that nobody on the way takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Answers as long as there is something to tell.
pub fn answer(asked: Asked, door: &Door, caller: Caller) -> Response {
    let answers = asked.stream(door, caller);
    let next = answers.map(|response| Event::default().event("next").data(spelled(&response)));
    let events = next.chain(once(Event::default().event("complete").data("")));
    let events = events.map(Ok::<_, Infallible>);
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
