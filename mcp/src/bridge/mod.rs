//! The stdio end: passes messages between an agent's standard streams and a running server.
//!
//! Each agent session has a bridge of its own and all of them share one server, because one process holds the store.
//! The bridge keeps no memory and no protocol state but two words of the handshake (the revision and the client's name)
//! and the addresses that its client watches, so the server behind it may come and go. It must never write anything but messages to its output.

mod envelope;
mod events;
mod input;
mod link;
mod watching;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use crate::caller;
use crate::identity::Greeter;
use envelope::{Envelope, INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, Request};
use input::Line;
pub use link::{Connect, Endpoint};
use link::{Hello, Link};
use watching::Watching;

/// Longest message that is passed on; a longer one is refused without being kept.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;
/// Requests under way at once; further ones are not read until one is answered.
pub const MAX_IN_FLIGHT: usize = 64;
/// Requests that stay open to hear of changes; a further one is refused.
pub const MAX_OPEN: usize = 16;
/// How long requests under way may take after the end of the input.
pub const DRAIN: Duration = Duration::from_secs(30);

/// Requests under way by id, so that a cancellation finds its request.
type Running = Arc<Mutex<HashMap<String, AbortHandle>>>;

/// Passes messages on until the input ends, and then finishes what is under way.
///
/// `connect` finds or starts a server; it is called when the first message needs one and again when a server went away.
///
/// # Errors
/// What reading the input or writing the output fails with. A closed output is an error of kind `BrokenPipe`.
pub async fn run(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin + Send + 'static,
    connect: Connect,
) -> std::io::Result<()> {
    let (answers, inbox) = mpsc::channel(MAX_IN_FLIGHT);
    let mut writer = tokio::spawn(write(output, inbox));
    let link = Arc::new(Link::new(connect));
    let mut bridge = Bridge {
        watching: Watching::new(Arc::clone(&link), answers.clone()),
        link,
        answers,
        running: Running::default(),
        places: Arc::new(Semaphore::new(MAX_IN_FLIGHT)),
        open_places: Arc::new(Semaphore::new(MAX_OPEN)),
        tasks: JoinSet::new(),
        open: JoinSet::new(),
    };
    // The server starts while the client still shakes hands.
    bridge.link.warm_up();
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    loop {
        // Finished tasks are taken out here, so that a long session does not collect them.
        while bridge.tasks.try_join_next().is_some() || bridge.open.try_join_next().is_some() {}
        let read = tokio::select! {
            read = input::next(&mut input, &mut line, MAX_MESSAGE_BYTES) => read?,
            // Nobody reads the answers any more: there is nothing left to do.
            written = &mut writer => return written.unwrap_or(Ok(())),
        };
        match read {
            Line::End => break,
            Line::TooLong => bridge.refuse(PARSE_ERROR, &too_long()).await,
            Line::Whole => bridge.take(&line).await,
        }
    }
    let Bridge { answers, mut tasks, mut open, watching, .. } = bridge;
    drop(answers);
    // Nothing ends what stays open but its reader, who is gone.
    open.shutdown().await;
    // What is still under way after that long has lost its reader; dropping the set ends it.
    let _ = tokio::time::timeout(DRAIN, async { while tasks.join_next().await.is_some() {} }).await;
    drop(tasks);
    watching.end();
    drop(watching);
    writer.await.unwrap_or(Ok(()))
}

struct Bridge {
    link: Arc<Link>,
    answers: mpsc::Sender<Vec<u8>>,
    running: Running,
    places: Arc<Semaphore>,
    open_places: Arc<Semaphore>,
    tasks: JoinSet<()>,
    open: JoinSet<()>,
    watching: Watching,
}

impl Bridge {
    /// Handles one line of input.
    async fn take(&mut self, line: &[u8]) {
        match envelope::read(line) {
            Envelope::Empty | Envelope::Answer => {}
            Envelope::Invalid { id, code, message } => self.send(envelope::error(&id, code, &message, None)).await,
            Envelope::Notification { cancels: Some(id) } => self.cancel(&id),
            // Notifications tell a server about the state of a session, and this one has none.
            Envelope::Notification { cancels: None } => {}
            Envelope::Request(request) if request.method == "initialize" => self.greet(&request).await,
            Envelope::Request(request) => self.forward(request, line.to_vec()).await,
        }
    }

    /// Answers the handshake here: a client gives a server little time to appear, and a store may need more to open.
    async fn greet(&mut self, request: &Request) {
        let params = request.params.clone().unwrap_or_default();
        let answer = match serde_json::from_value(params) {
            Ok(params) => Greeter.greet(&params).map(|agreed| (params, agreed)),
            Err(error) => Err(rmcp::ErrorData::invalid_params(format!("initialize: {error}"), None)),
        };
        let line = match answer {
            Ok((params, agreed)) => {
                self.link.meet(Hello {
                    version: agreed.protocol_version.to_string(),
                    client: caller::label(&params.client_info.name),
                });
                json!({"jsonrpc": "2.0", "id": request.id, "result": agreed}).to_string().into_bytes()
            }
            Err(error) => json!({"jsonrpc": "2.0", "id": request.id, "error": error}).to_string().into_bytes(),
        };
        self.send(line).await;
    }

    /// Passes a request on without waiting for its answer, so that a slow one holds nobody up. One that stays open takes
    /// no place from the others.
    async fn forward(&mut self, request: Request, line: Vec<u8>) {
        let (tasks, place) = match request.stays_open() {
            true => (&mut self.open, Arc::clone(&self.open_places).try_acquire_owned().ok()),
            false => (&mut self.tasks, Arc::clone(&self.places).acquire_owned().await.ok()),
        };
        let Some(place) = place else {
            let message = format!("{MAX_OPEN} streams are open already; cancel one");
            return self.send(envelope::error(&request.id, INVALID_REQUEST, &message, None)).await;
        };
        let key = request.id.to_string();
        let work = Work { request, line, place, link: Arc::clone(&self.link), watching: self.watching.clone() };
        // Held until the task is listed, so that even one that ends at once finds itself there to be removed.
        let mut listed = lock(&self.running);
        let task = tasks.spawn(work.run(self.answers.clone(), Arc::clone(&self.running)));
        listed.insert(key, task);
    }

    /// Drops a request under way; the server sees its connection close and stops too. A cancelled request has no answer.
    fn cancel(&self, id: &Value) {
        if let Some(task) = lock(&self.running).remove(&id.to_string()) {
            task.abort();
        }
    }

    async fn refuse(&self, code: i64, message: &str) {
        self.send(envelope::error(&Value::Null, code, message, None)).await;
    }

    async fn send(&self, line: Vec<u8>) {
        // A closed channel means a closed output, which the reading loop sees by itself.
        let _ = self.answers.send(line).await;
    }
}

/// A request on its way.
struct Work {
    request: Request,
    line: Vec<u8>,
    place: OwnedSemaphorePermit,
    link: Arc<Link>,
    watching: Watching,
}

impl Work {
    async fn run(self, answers: mpsc::Sender<Vec<u8>>, running: Running) {
        let Self { request, line, place, link, watching } = self;
        let answer = match request.wants_session() {
            true => watching.answer(&request).await,
            false => link
                .ask(&request, &line, &answers)
                .await
                .unwrap_or_else(|error| envelope::error(&request.id, INTERNAL_ERROR, error.message(), Some(&error))),
        };
        lock(&running).remove(&request.id.to_string());
        let _ = answers.send(answer).await;
        drop(place);
    }
}

async fn write(mut output: impl AsyncWrite + Unpin, mut inbox: mpsc::Receiver<Vec<u8>>) -> std::io::Result<()> {
    while let Some(mut line) = inbox.recv().await {
        line.push(b'\n');
        output.write_all(&line).await?;
        output.flush().await?;
    }
    Ok(())
}

fn too_long() -> String {
    format!("a message has more than {MAX_MESSAGE_BYTES} bytes; send less at once")
}

/// Guards a map that is only ever inserted into and removed from, so a poisoned one is as good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
