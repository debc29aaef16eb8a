//! Sessions of revision 2025-11-25 over HTTP. One carries subscriptions and their news, and nothing else.
//!
//! A request is answered the same with a session and without, so that a server that restarts is not noticed; only who
//! listens for news is told that the session is gone, and starts another. Revision 2026-07-28 has no sessions: there a
//! request that stays open takes their place.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hydra_graph::Agent;
use serde_json::json;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::Crossing;
use crate::place::Places;
use crate::right::Holder;
use crate::share::gives_way;
use crate::subscription::{MAX_WATCHED, Subscription};

/// The header that names a session.
const SESSION_HEADER: &str = "mcp-session-id";
/// Sessions that are kept; the oldest of whoever has most goes first.
const MAX_SESSIONS: usize = 256;
/// Those of one token; its oldest goes first.
const MAX_SESSIONS_OF_A_TOKEN: usize = 32;
/// Ended sessions that are remembered as such.
const MAX_ENDED: usize = 1_024;
/// News under way to one listener.
const MAX_QUEUED: usize = 16;
/// How often a silent stream shows that it is alive.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What somebody does who has too many streams.
pub(crate) const CLOSE_ONE: &str = "close one; one stream tells of many resources";
const NO_SESSION: &str = "there is no such session; initialize again";

/// Where the handler leaves the name of a session that it began; the answer carries it to the client.
#[derive(Clone, Debug, Default)]
pub(crate) struct Begun(pub Arc<OnceLock<String>>);

/// All sessions of a server. Clones share them.
#[derive(Clone)]
pub(crate) struct Sessions {
    crossing: Crossing,
    /// Becomes true when the server stops, which ends streams.
    stopping: watch::Receiver<bool>,
    /// Streams that are open.
    streams: Places,
    /// Guards what is known of sessions; held for a look or a change, never across an await.
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    live: HashMap<String, Session>,
    /// Whose they are, and their names, oldest first.
    begun: Vec<(String, String)>,
    ended: VecDeque<String>,
}

/// One session. Dropping it ends its subscriptions and streams.
struct Session {
    watching: HashMap<String, AbortHandle>,
    news: Arc<News>,
    /// Streams see it go.
    life: watch::Sender<()>,
}

/// What has changed and was not told yet; a listener may come and go meanwhile.
#[derive(Default)]
struct News {
    uris: Mutex<BTreeSet<String>>,
    added: Notify,
}

impl Sessions {
    /// Starts with none.
    pub fn new(crossing: Crossing, streams: Places, stopping: watch::Receiver<bool>) -> Self {
        Self { crossing, stopping, streams, known: Arc::default() }
    }

    /// Begins somebody's session and returns its name; `None` when the system has no random numbers to make one of.
    pub fn begin(&self, holder: &str) -> Option<String> {
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).ok()?;
        let name = BASE64.encode(secret);
        let session = Session { watching: HashMap::new(), news: Arc::default(), life: watch::Sender::new(()) };
        let each = if holder == Agent::owner().name { MAX_SESSIONS } else { MAX_SESSIONS_OF_A_TOKEN };
        let mut known = lock(&self.known);
        let holders: Vec<&str> = known.begun.iter().map(|(holder, _)| holder.as_str()).collect();
        if let Some(at) = gives_way(&holders, &holder, each, MAX_SESSIONS) {
            let (_, oldest) = known.begun.remove(at);
            known.live.remove(&oldest);
        }
        known.live.insert(name.clone(), session);
        known.begun.push((holder.to_owned(), name.clone()));
        Some(name)
    }

    /// Starts to watch a resource for a session.
    ///
    /// # Errors
    /// In words, why it can't.
    pub async fn subscribe(&self, name: &str, uri: &str) -> Result<(), &'static str> {
        let news = lock(&self.known).live.get(name).map(|session| Arc::clone(&session.news));
        let Some(news) = news else { return Err(NO_SESSION) };
        let commits = self.crossing.commits();
        let mut subscription = Subscription::start(self.crossing.clone(), commits, vec![uri.to_owned()]).await;
        let mut known = lock(&self.known);
        let Some(session) = known.live.get_mut(name) else { return Err(NO_SESSION) };
        if session.watching.len() >= MAX_WATCHED && !session.watching.contains_key(uri) {
            return Err("too many resources are watched; unsubscribe from one");
        }
        let task = tokio::spawn(async move {
            loop {
                let changed = subscription.changed().await;
                news.add(changed);
            }
        });
        if let Some(before) = session.watching.insert(uri.to_owned(), task.abort_handle()) {
            before.abort();
        }
        Ok(())
    }

    /// Stops to watch a resource for a session.
    pub fn unsubscribe(&self, name: &str, uri: &str) {
        if let Some(session) = lock(&self.known).live.get_mut(name) {
            session.watching.remove(uri).into_iter().for_each(|task| task.abort());
            lock(&session.news.uris).remove(uri);
        }
    }

    fn end(&self, name: &str) -> bool {
        let mut known = lock(&self.known);
        if known.live.remove(name).is_none() {
            return false;
        }
        known.begun.retain(|(_, begun)| begun != name);
        known.ended.push_back(name.to_owned());
        if known.ended.len() > MAX_ENDED {
            known.ended.pop_front();
        }
        true
    }

    /// Opens a stream of a session's news; `None` when there is no such session.
    fn stream(&self, name: &str, holder: &str) -> Option<Response> {
        let (news, mut life) = {
            let known = lock(&self.known);
            let session = known.live.get(name)?;
            (Arc::clone(&session.news), session.life.subscribe())
        };
        let place = match self.streams.take(holder, CLOSE_ONE) {
            Ok(place) => place,
            Err(error) => return Some((StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response()),
        };
        let (events, queue) = mpsc::channel(MAX_QUEUED);
        let mut stopping = self.stopping.clone();
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = news.pour(&events) => {}
                _ = life.changed() => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        });
        let events =
            ReceiverStream::new(queue).map(|message: String| Ok::<_, Infallible>(Event::default().data(message)));
        Some(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.watching.values().for_each(AbortHandle::abort);
    }
}

impl News {
    fn add(&self, uris: Vec<String>) {
        lock(&self.uris).extend(uris);
        self.added.notify_one();
    }

    /// Sends what there is and what comes, until nobody listens.
    async fn pour(&self, events: &mpsc::Sender<String>) {
        loop {
            while let Some(uri) = { lock(&self.uris).pop_first() } {
                let method = "notifications/resources/updated";
                let message = json!({"jsonrpc": "2.0", "method": method, "params": {"uri": uri}});
                if events.send(message.to_string()).await.is_err() {
                    // The next stream tells it.
                    return self.add(vec![uri]);
                }
            }
            tokio::select! {
                () = self.added.notified() => {}
                () = events.closed() => return,
            }
        }
    }
}

/// Serves what belongs to sessions around the endpoint: their names, their streams, their end.
pub(crate) async fn around(State(sessions): State<Sessions>, mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let name = name(request.headers());
    let holder = request.extensions().get::<Holder>().map(Holder::name).unwrap_or_default();
    if let Some(name) = &name
        && lock(&sessions.known).ended.contains(name)
    {
        return gone();
    }
    let begun = Begun::default();
    request.extensions_mut().insert(begun.clone());
    let mut response = next.run(request).await;
    // The endpoint itself has neither streams nor an end; it has looked at Host and Origin before it said so.
    if response.status() == StatusCode::METHOD_NOT_ALLOWED
        && let Some(name) = name
    {
        return match method {
            Method::GET => sessions.stream(&name, &holder).unwrap_or_else(gone),
            Method::DELETE if sessions.end(&name) => StatusCode::NO_CONTENT.into_response(),
            Method::DELETE => gone(),
            _ => response,
        };
    }
    if let Some(name) = begun.0.get().and_then(|name| HeaderValue::from_str(name).ok()) {
        response.headers_mut().insert(SESSION_HEADER, name);
    }
    response
}

/// Returns the name of the session that a request belongs to.
pub(crate) fn name(headers: &axum::http::HeaderMap) -> Option<String> {
    headers.get(SESSION_HEADER)?.to_str().ok().map(str::to_owned)
}

fn gone() -> Response {
    (StatusCode::NOT_FOUND, NO_SESSION).into_response()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
