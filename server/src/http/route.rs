//! Verbs as routes: JSON in, the verb, JSON out; long ones tell how far they are, one JSON object a line.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::App;
use super::failure::Told;
use super::permission::{self, Called};
use crate::outcome;
use crate::verb::{Export, FAILED_LINE, LongVerb, MAX_WAITING_EVENTS, Session, Verb, Watch};

/// Answers a verb.
pub async fn verb<V: Verb>(Called(app): Called, body: Bytes) -> std::result::Result<Response, Told> {
    let verb = parse::<V>(V::NAME, &body);
    // Whoever may not ask at all need not hear what is wrong with the question.
    let session = permission::session(&app, verb.as_ref().map_or(V::RIGHT, V::right))?;
    let verb = verb?;
    let answer = app.crossing.run(V::NAME, move |memory| verb.run(memory, &session)).await?;
    Ok(axum::Json(answer).into_response())
}

/// Answers a long verb with lines: `{"event":…}` while it runs, then `{"event":"done","result":…}` or
/// `{"event":"error","error":…}`. It is stopped when the client goes away or the server stops.
pub async fn long_verb<V: LongVerb>(Called(app): Called, body: Bytes) -> std::result::Result<Response, Told> {
    let session = permission::session(&app, V::RIGHT)?;
    let verb: V = parse(V::NAME, &body)?;
    let (lines, inbox) = mpsc::channel::<Result<Bytes>>(MAX_WAITING_EVENTS);
    tokio::spawn(stream(app, session, verb, lines));
    let body = Body::from_stream(ReceiverStream::new(inbox));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

async fn stream<V: LongVerb>(app: App, session: Session, verb: V, lines: mpsc::Sender<Result<Bytes>>) {
    let stop = Arc::new(AtomicBool::new(false));
    let (watch, mut events) = Watch::new(Arc::clone(&stop));
    let crossing = app.crossing.clone();
    let work = crossing.run_long(V::NAME, move |memory| verb.run(memory, &session, &watch));
    let mut server = app.stopping;
    let stopping = async move {
        let _ = server.wait_for(|stopping| *stopping).await;
    };
    tokio::pin!(work, stopping);
    let result = loop {
        tokio::select! {
            Some(event) = events.recv() => {
                // A client that reads slowly holds up nothing but its own lines: the verb leaves out what finds no room.
                let _ = lines.send(Ok(line(&event))).await;
            }
            () = lines.closed(), if !stop.load(Ordering::Acquire) => stop.store(true, Ordering::Release),
            () = &mut stopping, if !stop.load(Ordering::Acquire) => stop.store(true, Ordering::Release),
            result = &mut work => break result,
        }
    };
    let last = match result {
        Ok(answer) => json!({"event": "done", "result": answer}),
        Err(error) => {
            let mut last = outcome::error_json(&error);
            last["event"] = json!("error");
            last
        }
    };
    let _ = lines.send(Ok(line(&last))).await;
}

/// Answers with an export as it is written. What goes wrong on the way is told in a last line that begins with
/// [`FAILED_LINE`]; a whole export ends with its own.
pub async fn export(Called(app): Called, body: Bytes) -> std::result::Result<Response, Told> {
    permission::session(&app, Export::RIGHT)?;
    let verb: Export = parse(Export::NAME, &body)?;
    let server = app.stopping;
    let pieces = verb.start(app.crossing, move || *server.borrow());
    let pieces = ReceiverStream::new(pieces).map(|piece| {
        piece.or_else(|error| Ok::<_, Error>(Bytes::from(format!("{FAILED_LINE}{}\n", outcome::error_json(&error)))))
    });
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], Body::from_stream(pieces)).into_response())
}

fn line(value: &Value) -> Bytes {
    Bytes::from(format!("{value}\n"))
}

/// Reads a request; no body at all is an empty one.
fn parse<T: DeserializeOwned>(name: &str, body: &[u8]) -> Result<T> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("the request to {name} does not read: {error}"))
            .hint("send one JSON object with the fields that the message names")
    })
}
