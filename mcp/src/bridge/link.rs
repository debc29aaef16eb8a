//! The connection to the server, which may go away and come back.

use std::pin::Pin;
use std::sync::{Arc, Mutex};

use hydra_graph::{Error, ErrorKind};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc, watch};

use super::envelope::Request;
use super::events::Events;
use super::lock;
use crate::{CLIENT_HEADER, tool};

/// How often a request is sent: a server that was restarted is found by the second time.
const ATTEMPTS: usize = 2;

/// Where a server is, and the word that opens it.
#[derive(Clone)]
pub struct Endpoint {
    /// The address of its MCP endpoint.
    pub url: String,
    /// The bearer token.
    pub token: String,
    /// What it is called with: whoever found it knows how it is recognised.
    pub http: Client,
}

/// Finds a running server or starts one.
pub type Connect = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Endpoint, Error>> + Send>> + Send + Sync>;

/// What the handshake settled: goes with every later request as headers.
#[derive(Clone, Debug, Default)]
pub(super) struct Hello {
    pub version: String,
    pub client: String,
}

/// A server that is looked up once, and again after it was lost.
pub(super) struct Link {
    connect: Connect,
    /// The lookup that is current, done or under way; replaced as a whole when its server was lost.
    current: Mutex<Arc<OnceCell<Endpoint>>>,
    hello: Mutex<Option<Hello>>,
    /// Counts answers: who lost a stream waits for the next one to try again.
    answered: watch::Sender<u64>,
}

/// How an attempt failed.
enum Failed {
    /// The server did not get the request.
    Unsent(Error),
    /// It may have, and the answer is lost.
    Lost(Error),
    /// Trying again would change nothing.
    Final(Error),
}

impl Link {
    /// Makes a link that is not connected yet.
    pub fn new(connect: Connect) -> Self {
        Self { connect, current: Mutex::default(), hello: Mutex::default(), answered: watch::Sender::new(0) }
    }

    /// Starts looking for the server.
    pub fn warm_up(self: &Arc<Self>) {
        let link = Arc::clone(self);
        // A failure is reported to the first request, which tries again.
        tokio::spawn(async move { link.endpoint(&link.current()).await.map(|_| ()) });
    }

    /// Keeps what the handshake settled.
    pub fn meet(&self, hello: Hello) {
        *lock(&self.hello) = Some(hello);
    }

    /// Returns what changes with each answer from now on.
    pub fn answered(&self) -> watch::Receiver<u64> {
        self.answered.subscribe()
    }

    /// Returns the client's name, as far as it said one.
    pub fn client(&self) -> String {
        lock(&self.hello).as_ref().map(|hello| hello.client.clone()).unwrap_or_default()
    }

    /// Sends a request that stays open to the server that is known, and returns when its stream has ended.
    pub async fn listen(&self, request: &Request, line: &[u8], news: mpsc::Sender<Vec<u8>>) {
        if let Some(endpoint) = self.current().get() {
            // Whatever ended it: the next answer of the server says that it is there again.
            let _ = self.post(endpoint, request, line, &news).await;
        }
    }

    /// Sends a request and returns the answer's bytes; messages that come before it go to `news`.
    pub async fn ask(&self, request: &Request, line: &[u8], news: &mpsc::Sender<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let mut attempt = 1;
        loop {
            let current = self.current();
            let endpoint = self.endpoint(&current).await?;
            let failed = match self.post(&endpoint, request, line, news).await {
                Ok(answer) => {
                    self.answered.send_modify(|count| *count += 1);
                    return Ok(answer);
                }
                Err(failed) => failed,
            };
            self.forget(&current);
            // What looks or says the same again does no harm a second time; anything else might.
            let is_safe = request.tool().is_none_or(tool::is_repeatable) && !request.stays_open();
            match failed {
                Failed::Unsent(_) if attempt < ATTEMPTS => attempt += 1,
                Failed::Lost(_) if attempt < ATTEMPTS && is_safe => attempt += 1,
                Failed::Unsent(error) | Failed::Lost(error) | Failed::Final(error) => return Err(error),
            }
        }
    }

    fn current(&self) -> Arc<OnceCell<Endpoint>> {
        Arc::clone(&lock(&self.current))
    }

    async fn endpoint(&self, current: &OnceCell<Endpoint>) -> Result<Endpoint, Error> {
        current.get_or_try_init(|| (self.connect)()).await.cloned()
    }

    /// Makes the next request look again, unless another request has started that already.
    fn forget(&self, lost: &Arc<OnceCell<Endpoint>>) {
        let mut current = lock(&self.current);
        if Arc::ptr_eq(&current, lost) {
            *current = Arc::default();
        }
    }

    async fn post(
        &self,
        endpoint: &Endpoint,
        request: &Request,
        line: &[u8],
        news: &mpsc::Sender<Vec<u8>>,
    ) -> Result<Vec<u8>, Failed> {
        let mut post = endpoint
            .http
            .post(&endpoint.url)
            .header(AUTHORIZATION, format!("Bearer {}", endpoint.token))
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json");
        let hello = lock(&self.hello).clone();
        if let Some(version) = request.version() {
            post = post.header("mcp-protocol-version", version).header("mcp-method", &request.method);
            if let Some(name) = request.name() {
                post = post.header("mcp-name", name);
            }
        } else if let Some(hello) = &hello {
            post = post.header("mcp-protocol-version", &hello.version);
        }
        if let Some(hello) = hello {
            post = post.header(CLIENT_HEADER, hello.client);
        }
        let response = post.body(line.to_vec()).send().await.map_err(|error| {
            let gone = unreachable(&error);
            if error.is_connect() { Failed::Unsent(gone) } else { Failed::Lost(gone) }
        })?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|value| value.starts_with("text/event-stream")) {
            return read_stream(response, request, news).await;
        }
        let body = response.bytes().await.map_err(|error| Failed::Lost(unreachable(&error)))?.to_vec();
        match serde_json::from_slice::<Value>(&body) {
            Ok(answer) if is_answer(&answer, &request.id) => Ok(body),
            // A server with another token is another server: the old one was replaced.
            _ if status == StatusCode::UNAUTHORIZED => Err(Failed::Unsent(refused(status, None))),
            // It stopped while the request was in its queue.
            Ok(answer) if status == StatusCode::SERVICE_UNAVAILABLE => {
                Err(Failed::Unsent(refused(status, Some(&answer))))
            }
            Ok(answer) => Err(Failed::Final(refused(status, Some(&answer)))),
            Err(_) => Err(Failed::Final(refused(status, None))),
        }
    }
}

/// Reads a stream up to the answer, and passes on what comes before it.
async fn read_stream(
    mut response: Response,
    request: &Request,
    news: &mpsc::Sender<Vec<u8>>,
) -> Result<Vec<u8>, Failed> {
    let broken = |why: &str| {
        Error::new(ErrorKind::Unavailable, format!("the hydra server {why}")).hint("send the request again")
    };
    let mut events = Events::default();
    loop {
        let chunk = response.chunk().await.map_err(|error| Failed::Lost(unreachable(&error)))?;
        let Some(chunk) = chunk else { return Err(Failed::Lost(broken("went away before it had answered"))) };
        if !events.push(&chunk) {
            return Err(Failed::Final(broken("sent a message that is too long")));
        }
        while let Some(message) = events.next() {
            let body: Value = serde_json::from_slice(&message).unwrap_or_default();
            if is_answer(&body, &request.id) {
                return Ok(message);
            }
            if body.get("method").is_some() {
                // A closed channel means a closed output, which the reading loop sees by itself.
                let _ = news.send(message).await;
            }
        }
    }
}

/// Tells whether a body is the answer to a request; one that could not be matched to an id has none.
fn is_answer(body: &Value, id: &Value) -> bool {
    let has_outcome =
        body.get("result").is_some() || body.get("error").is_some_and(|error| error.get("code").is_some());
    body.get("jsonrpc").is_some() && has_outcome && body.get("id") == Some(id)
}

fn unreachable(error: &reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the hydra server can't be reached: {error}"))
        .hint("run `hydra status` to see why, or `hydra serve` to start it by hand")
}

fn refused(status: StatusCode, body: Option<&Value>) -> Error {
    let error = body.and_then(|body| body.get("error"));
    let text = |name: &str| error.and_then(|error| error.get(name)).and_then(Value::as_str);
    let message = text("message").map_or_else(|| format!("the hydra server answered {status}"), str::to_owned);
    Error::new(ErrorKind::Unavailable, message).hint(text("hint").unwrap_or("run `hydra status` to see how it is"))
}
