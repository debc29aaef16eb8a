//! Accepts connections and has HTTP/1.1 spoken on them, encrypted if there is a certificate. It is what `axum::serve` does,
//! with a bound on everything that somebody at the other end can take without ever making a whole request.

mod certificate;
mod place;
mod progress;
mod refusal;

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

pub use certificate::{Certificate, chain as certificates};
use place::{Held, Place, Places};
use progress::{Shared, Watched};

/// How long a client may take to send the head of a request; a connection without one under way is kept as long.
pub const HEAD_TIME: Duration = Duration::from_secs(60);
/// Bytes of a request's head. Addresses and headers have smaller bounds of their own, which say what is wrong: this one
/// only keeps the rest from being read.
const MAX_HEAD_BYTES: usize = 96 * 1024;
/// Bytes that are read ahead of who handles them.
const MAX_BUFFER_BYTES: usize = 128 * 1024;
/// How long a client may take to agree on encryption.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long requests under way may take after the signal to stop.
pub const DRAIN: Duration = Duration::from_secs(5);
/// How long nothing is accepted when the system has no sockets left.
const PAUSE: Duration = Duration::from_secs(1);
/// Refusals that are told at once; beyond them a connection is just closed.
const MAX_REFUSALS: usize = 16;
/// How long a refused client may take to read why.
const REFUSAL_TIME: Duration = Duration::from_secs(1);

/// Serves until `stop` ends, then finishes what is under way, for at most [`DRAIN`].
pub async fn serve(
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    router: Router,
    stop: impl Future<Output = ()>,
) {
    let places = Places::default();
    let refusals = Arc::new(Semaphore::new(MAX_REFUSALS));
    let (stopped, stopping) = watch::channel(false);
    // Dropped at the end, which ends those that are left.
    let mut talks = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut stop => break,
            Some(_) = talks.join_next() => continue,
            connected = accepted(&listener) => connected,
        };
        match places.take() {
            Some(place) => {
                talks.spawn(meet(stream, peer, certificate.clone(), router.clone(), place, stopping.clone()));
            }
            None if certificate.is_none() => {
                if let Ok(turn) = Arc::clone(&refusals).try_acquire_owned() {
                    talks.spawn(async move {
                        let _turn = turn;
                        let _ = timeout(REFUSAL_TIME, refuse(stream)).await;
                    });
                }
            }
            // Nobody understands a refusal before encryption is agreed on.
            None => drop(stream),
        }
    }
    drop(listener);
    let _ = stopped.send(true);
    // Whoever is still connected then has had time enough.
    let _ = timeout(DRAIN, async { while talks.join_next().await.is_some() {} }).await;
}

/// Waits for a connection; what goes wrong with one is no reason to end.
async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connected) => return connected,
            // The client went away before it was accepted.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionAborted
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                tracing::error!("no connection is accepted for a moment: {error}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Tells a client that there is no place, and reads what it sends until it has heard.
async fn refuse(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&refusal::no_place()).await?;
    stream.shutdown().await?;
    // A connection that is closed with something unread takes the answer with it.
    let mut unread = [0; 4096];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}

async fn meet(
    stream: TcpStream,
    peer: SocketAddr,
    certificate: Option<Arc<Certificate>>,
    router: Router,
    place: Place,
    stopping: watch::Receiver<bool>,
) {
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let talk = async {
        match certificate {
            None => talk(stream, peer, router, &place, stopping).await,
            Some(certificate) => match timeout(HANDSHAKE_TIME, certificate.acceptor().accept(stream)).await {
                Ok(Ok(stream)) => talk(stream, peer, router, &place, stopping).await,
                Ok(Err(error)) => tracing::debug!("no encryption was agreed on: {error}"),
                Err(_) => tracing::debug!("no encryption was agreed on in time"),
            },
        }
    };
    tokio::select! {
        () = talk => {}
        // Somebody else has the place.
        () = place.is_taken() => {}
    }
}

/// Answers requests until the client or the server ends it.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: SocketAddr,
    router: Router,
    place: &Place,
    mut stopping: watch::Receiver<bool>,
) {
    let (seat, own) = (place.seat(), place.seat());
    let shared = progress::shared(stream);
    let stream = TokioIo::new(Watched::new(Arc::clone(&shared), Arc::clone(&seat)));
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let request_under_way = seat.begin();
        let answer = router.call(request);
        async move { answer.await.map(|response| response.map(|body: Body| Held::new(body, request_under_way))) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(MAX_HEAD_BYTES)
        .max_buf_size(MAX_BUFFER_BYTES);
    let mut connection = pin!(http.serve_connection(stream, service).with_upgrades());
    let mut is_told = false;
    let ended = loop {
        tokio::select! {
            ended = connection.as_mut() => break ended,
            _ = stopping.wait_for(|stopping| *stopping), if !is_told => {
                is_told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
        // Whoever has sent nothing waits for nothing.
        if error.is_timeout() && own.is_heard() {
            let _ = timeout(REFUSAL_TIME, say(&shared, &refusal::too_slow())).await;
        }
    }
}

/// Writes to a connection that nobody else writes to any more, and ends it.
async fn say(stream: &Shared<impl AsyncWrite + Unpin>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = poll_fn(|context| Pin::new(&mut *stream.lock()).poll_write(context, bytes)).await?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
    }
    poll_fn(|context| Pin::new(&mut *stream.lock()).poll_flush(context)).await?;
    poll_fn(|context| Pin::new(&mut *stream.lock()).poll_shutdown(context)).await
}
