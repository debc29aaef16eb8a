//! Subscriptions of a client that speaks revision 2025-11-25, kept by requests of 2026-07-28 that stay open.
//!
//! So the server needs no session for a bridge, and may be restarted: a stream that was lost is opened again once the
//! server has answered something else. A subscription never starts a server; who stopped it may want it to stay so.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::envelope::{self, Envelope, INVALID_REQUEST, Request};
use super::link::Link;
use super::lock;
use crate::subscription::MAX_WATCHED;

/// News under way from one stream.
const MAX_QUEUED: usize = 16;

/// What one client watches. Clones share it.
#[derive(Clone)]
pub(super) struct Watching {
    link: Arc<Link>,
    answers: mpsc::Sender<Vec<u8>>,
    streams: Arc<Mutex<HashMap<String, AbortHandle>>>,
}

impl Watching {
    /// Starts with nothing.
    pub fn new(link: Arc<Link>, answers: mpsc::Sender<Vec<u8>>) -> Self {
        Self { link, answers, streams: Arc::default() }
    }

    /// Carries out `resources/subscribe` or `resources/unsubscribe` and returns the answer.
    pub async fn answer(&self, request: &Request) -> Vec<u8> {
        let uri = request.params.as_ref().and_then(|params| params.get("uri")?.as_str()).unwrap_or_default();
        if request.method == "resources/unsubscribe" {
            lock(&self.streams).remove(uri).into_iter().for_each(|stream| stream.abort());
            return done(&request.id);
        }
        if lock(&self.streams).contains_key(uri) {
            return done(&request.id);
        }
        if lock(&self.streams).len() >= MAX_WATCHED {
            let message = format!("{MAX_WATCHED} resources are watched already; unsubscribe from one");
            return envelope::error(&request.id, INVALID_REQUEST, &message, None);
        }
        // What can't be read can't be watched, and the server says why.
        if let Some(refusal) = self.refusal(request, uri).await {
            return refusal;
        }
        let (ready, is_ready) = oneshot::channel();
        let stream = tokio::spawn(follow(Arc::clone(&self.link), uri.to_owned(), self.answers.clone(), ready));
        if let Some(before) = lock(&self.streams).insert(uri.to_owned(), stream.abort_handle()) {
            before.abort();
        }
        match is_ready.await {
            Ok(()) => done(&request.id),
            Err(_) => {
                lock(&self.streams).remove(uri);
                let message = format!("the hydra server does not let `{uri}` be watched; try again");
                envelope::error(&request.id, envelope::INTERNAL_ERROR, &message, None)
            }
        }
    }

    /// Ends everything.
    pub fn end(&self) {
        lock(&self.streams).drain().for_each(|(_, stream)| stream.abort());
    }

    async fn refusal(&self, request: &Request, uri: &str) -> Option<Vec<u8>> {
        let params = json!({"uri": uri});
        let read = Request { id: request.id.clone(), method: "resources/read".into(), params: Some(params.clone()) };
        let line = json!({"jsonrpc": "2.0", "id": read.id, "method": read.method, "params": params}).to_string();
        match self.link.ask(&read, line.as_bytes(), &self.answers).await {
            Ok(answer) => {
                let is_error = serde_json::from_slice::<Value>(&answer).is_ok_and(|body| body.get("error").is_some());
                is_error.then_some(answer)
            }
            Err(error) => Some(envelope::error(&request.id, envelope::INTERNAL_ERROR, error.message(), Some(&error))),
        }
    }
}

/// Keeps one stream open and passes on what it tells, for as long as it is not aborted. `ready` hears when it is open.
async fn follow(link: Arc<Link>, uri: String, answers: mpsc::Sender<Vec<u8>>, ready: oneshot::Sender<()>) {
    let line = listen(&uri, link.client());
    let Envelope::Request(request) = envelope::read(line.as_bytes()) else { return };
    let mut ready = Some(ready);
    loop {
        let mut answered = link.answered();
        let (news, mut inbox) = mpsc::channel::<Vec<u8>>(MAX_QUEUED);
        let listening = async {
            link.listen(&request, line.as_bytes(), news).await;
        };
        let telling = async {
            while let Some(message) = inbox.recv().await {
                let message: Value = serde_json::from_slice(&message).unwrap_or_default();
                let is_open = message["method"] == "notifications/subscriptions/acknowledged";
                if is_open && let Some(ready) = ready.take() {
                    let _ = ready.send(());
                    continue;
                }
                // Nobody knows what happened before a stream was open again.
                if is_open || message["method"] == "notifications/resources/updated" {
                    let _ = answers.send(updated(&uri)).await;
                }
            }
        };
        tokio::join!(listening, telling);
        if ready.is_some() || answered.changed().await.is_err() {
            return;
        }
    }
}

fn listen(uri: &str, client: String) -> String {
    json!({"jsonrpc": "2.0", "id": "hydra-bridge", "method": "subscriptions/listen", "params": {
        "notifications": {"resourceSubscriptions": [uri]},
        "_meta": {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": client, "version": crate::VERSION},
            "io.modelcontextprotocol/clientCapabilities": {},
        },
    }})
    .to_string()
}

fn updated(uri: &str) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}}).to_string().into()
}

fn done(id: &Value) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": id, "result": {}}).to_string().into_bytes()
}
