//! An answer on its way: the first piece decides the status, the others follow as they are made.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind, Interrupt, QueryForm, Result, SparqlRequest};
use std::io::Write as _;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::negotiation;
use super::watch::{Limits, Waiting, watched};
use crate::http::App;
use crate::http::failure::Told;
use crate::http::permission::{self, Right};
use crate::verb::{MAX_WAITING_PIECES, Pieces};

/// Answers a query in the format that the client likes best.
pub async fn query(app: App, request: SparqlRequest, headers: HeaderMap) -> std::result::Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let interrupt = Interrupt::new();
    let waiting = Waiting(interrupt.clone());
    let (chosen, choice) = oneshot::channel();
    let (pieces, mut inbox) = mpsc::channel(MAX_WAITING_PIECES);
    tokio::spawn(evaluate(app, request, headers, interrupt, pieces, chosen));
    let first = inbox.recv().await;
    let media_type = choice.await.ok();
    let first = match (first, media_type) {
        (Some(Ok(first)), Some(Choice::Taken(_))) => first,
        (None, Some(Choice::Taken(_))) => Bytes::new(),
        (_, Some(Choice::None(form))) => {
            let error = Error::new(ErrorKind::Invalid, "the client takes none of the formats that there are");
            let error = error.hint(format!("accept one of {}", negotiation::offered(form)));
            return Err(Told::new(StatusCode::NOT_ACCEPTABLE, error));
        }
        (Some(Err(error)), _) => return Err(told(error)),
        (_, None) => return Err(Error::new(ErrorKind::Io, "the query ended without an answer").into()),
    };
    let media_type = match media_type {
        Some(Choice::Taken(media_type)) => negotiation::content_type(media_type),
        _ => String::new(),
    };
    let rest = ReceiverStream::new(inbox).map(move |piece| {
        // Whoever goes away drops the stream, and with it this.
        let _ = &waiting;
        // Half of an answer must not look like all of it: the connection is cut.
        piece
            .inspect_err(|error| tracing::warn!(kind = error.kind().as_str(), "an answer was cut: {}", error.message()))
    });
    let body = Body::from_stream(tokio_stream::once(Ok(first)).chain(rest));
    Ok(([(header::CONTENT_TYPE, media_type), (header::VARY, "accept".to_owned())], body).into_response())
}

#[derive(Clone, Copy)]
enum Choice {
    Taken(&'static str),
    None(QueryForm),
}

async fn evaluate(
    app: App,
    request: SparqlRequest,
    headers: HeaderMap,
    interrupt: Interrupt,
    pieces: mpsc::Sender<Result<Bytes>>,
    chosen: oneshot::Sender<Choice>,
) {
    let (last, stopped, stop) = (pieces.clone(), interrupt.clone(), interrupt.clone());
    let work = app.crossing.run("sparql", move |memory| {
        let mut chosen = Some(chosen);
        let mut tell = move |choice| _ = chosen.take().map(|chosen| chosen.send(choice));
        let mut choose = move |form| match negotiation::choose(&headers, form) {
            Some((format, media_type)) => {
                tell(Choice::Taken(media_type));
                Ok(format)
            }
            None => {
                tell(Choice::None(form));
                Err(Error::new(ErrorKind::Invalid, "no format is accepted"))
            }
        };
        let mut out = Pieces::new(pieces, move || stopped.is_stopped());
        memory.sparql(&request, &mut choose, &stop, &mut out)?;
        out.flush().map_err(|error| Error::io("the answer", &error))
    });
    if let Err(error) = watched(work, &interrupt, Limits::of(&app)).await {
        // Whoever asked may have gone.
        let _ = last.send(Err(error)).await;
    }
}

/// What costs too much is a query to be changed, not a body to be made smaller.
fn told(error: Error) -> Told {
    match error.kind() {
        ErrorKind::TooLarge => Told::new(StatusCode::BAD_REQUEST, error),
        _ => error.into(),
    }
}
