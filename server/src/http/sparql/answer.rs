//! An answer on its way: the first piece decides the status, the others follow as they are made.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind, Interrupt, QueryForm, Result, SparqlRequest};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::negotiation;
use crate::http::App;
use crate::http::failure::Told;
use crate::http::permission::{self, Right};
use crate::verb::{MAX_WAITING_PIECES, Pieces};
use crate::watched::{Waiting, watched};

/// Answers a query in the format that the client likes best.
pub async fn query(app: App, request: SparqlRequest, headers: HeaderMap) -> std::result::Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let interrupt = Interrupt::new();
    let waiting = Waiting(interrupt.clone());
    let (chosen, mut choice) = oneshot::channel();
    let (pieces, mut inbox) = mpsc::channel(MAX_WAITING_PIECES);
    let last = pieces.clone();
    let mut evaluating = Box::pin(evaluate(app, request, headers, interrupt, pieces, chosen));
    // Most answers are one piece, and no piece of them goes by the channel.
    let begun = tokio::select! {
        biased;
        Some(piece) = inbox.recv() => Begun::Piece(piece),
        rest = &mut evaluating => whole(rest, &mut inbox),
    };
    let media_type = match (choice.try_recv(), &begun) {
        (Ok(Choice::Taken(media_type)), Begun::Piece(Ok(_)) | Begun::Whole(Ok(_))) => media_type,
        (Ok(Choice::None(form)), _) => {
            let error = Error::new(ErrorKind::Invalid, "the client takes none of the formats that there are");
            let error = error.hint(format!("accept one of {}", negotiation::offered(form)));
            return Err(Told::new(StatusCode::NOT_ACCEPTABLE, error));
        }
        (_, Begun::Piece(Err(error)) | Begun::Whole(Err(error))) => return Err(told(error.clone())),
        (Err(_), _) => return Err(Error::new(ErrorKind::Io, "the query ended without an answer").into()),
    };
    let headers = [(header::CONTENT_TYPE, negotiation::content_type(media_type)), (header::VARY, "accept".to_owned())];
    let first = match begun {
        Begun::Whole(whole) => return Ok((headers, whole?).into_response()),
        Begun::Piece(first) => first,
    };
    tokio::spawn(async move {
        // Whoever asked may have gone.
        let _ = last.send(evaluating.await).await;
    });
    let pieces = tokio_stream::once(first).chain(ReceiverStream::new(inbox)).map(move |piece| {
        // Whoever goes away drops the stream, and with it this.
        let _ = &waiting;
        // Half of an answer must not look like all of it: the connection is cut.
        piece
            .inspect_err(|error| tracing::warn!(kind = error.kind().as_str(), "an answer was cut: {}", error.message()))
    });
    Ok((headers, Body::from_stream(pieces)).into_response())
}

/// How an answer begins.
enum Begun {
    Piece(Result<Bytes>),
    Whole(Result<Bytes>),
}

/// Puts an answer together whose evaluation has ended before a piece of it was looked for. Nothing comes after that, and
/// there are no more pieces than have room in `inbox`.
fn whole(rest: Result<Bytes>, inbox: &mut mpsc::Receiver<Result<Bytes>>) -> Begun {
    let pieces = std::iter::from_fn(|| inbox.try_recv().ok()).chain([rest]);
    Begun::Whole(pieces.collect::<Result<Vec<Bytes>>>().map(|mut pieces| match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    }))
}

#[derive(Clone, Copy)]
enum Choice {
    Taken(&'static str),
    None(QueryForm),
}

/// Passes on what is full of an answer, and returns the rest.
async fn evaluate(
    app: App,
    request: SparqlRequest,
    headers: HeaderMap,
    interrupt: Interrupt,
    pieces: mpsc::Sender<Result<Bytes>>,
    chosen: oneshot::Sender<Choice>,
) -> Result<Bytes> {
    let (stopped, stop) = (interrupt.clone(), interrupt.clone());
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
        Ok(out.into_rest())
    });
    watched(work, &interrupt, app.session.limits).await
}

/// What costs too much is a query to be changed, not a body to be made smaller.
fn told(error: Error) -> Told {
    match error.kind() {
        ErrorKind::TooLarge => Told::new(StatusCode::BAD_REQUEST, error),
        _ => error.into(),
    }
}
