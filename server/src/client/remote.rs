//! A memory that a server holds, reached over loopback HTTP with the owner's token.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use hydra_graph::{Error, ErrorKind, Result};
use reqwest::{Client, Response};
use serde_json::Value;

use crate::outcome;
use crate::presence::Presence;
use crate::token::Token;
use crate::verb::{LongVerb, Verb};

/// How often a stop is looked for while the server is silent.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Longest line of a streamed answer; the last one lists every file that was left out.
const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;

/// A running server.
pub struct Remote {
    http: Client,
    url: String,
    token: Token,
}

impl Remote {
    /// Takes a server that was found.
    ///
    /// # Errors
    /// When its token can't be read.
    pub fn new(http: Client, presence: &Presence, data_dir: &Path) -> Result<Self> {
        Ok(Self { http: presence.client(&http)?, url: presence.url(), token: Token::read(data_dir)? })
    }

    /// Sends a verb and returns its answer.
    pub async fn ask<V: Verb>(&self, verb: &V) -> Result<Value> {
        answer(self.post(&format!("/v1/{}", V::NAME), verb).await?).await
    }

    /// Posts to an address that is no verb's, and returns its answer.
    pub async fn send(&self, path: &str, body: &Value) -> Result<Value> {
        answer(self.post(path, body).await?).await
    }

    /// Sends a long verb and tells what comes back line by line. Dropping the connection is how it is stopped.
    pub async fn follow<V: LongVerb>(
        &self,
        verb: &V,
        stop: &AtomicBool,
        on_event: &mut dyn FnMut(&Value),
    ) -> Result<Value> {
        let mut response = self.stream(V::NAME, verb).await?;
        let mut lines = Lines::default();
        loop {
            let Some(chunk) = next_chunk(&mut response, stop).await? else {
                return Err(strange("the answer ended early"));
            };
            for line in lines.take(&chunk)? {
                let event: Value = serde_json::from_slice(&line).map_err(|_| strange("a line that is not JSON"))?;
                match event["event"].as_str() {
                    Some("done") => return Ok(event["result"].clone()),
                    Some("error") => return Err(refusal(&event, "an error without a reason")),
                    _ => on_event(&event),
                }
            }
        }
    }

    /// Sends a request whose answer comes bit by bit.
    pub async fn stream(&self, name: &str, verb: &impl serde::Serialize) -> Result<Response> {
        let response = self.post(&format!("/v1/{name}"), verb).await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.bytes().await.map_err(|error| gone(&error))?;
        Err(refusal(&serde_json::from_slice(&body).unwrap_or_default(), status.as_str()))
    }

    async fn post(&self, path: &str, body: &impl serde::Serialize) -> Result<Response> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(self.token.as_str()).json(body);
        request.send().await.map_err(|error| gone(&error))
    }
}

/// Reads an answer that comes at once.
async fn answer(response: Response) -> Result<Value> {
    let status = response.status();
    let body = response.bytes().await.map_err(|error| gone(&error))?;
    let answer: Value = serde_json::from_slice(&body).map_err(|_| strange(status.as_str()))?;
    if status.is_success() { Ok(answer) } else { Err(refusal(&answer, status.as_str())) }
}

/// Waits for the next bit of an answer, or until `stop` is set; `None` at its end.
pub async fn next_chunk(response: &mut Response, stop: &AtomicBool) -> Result<Option<Bytes>> {
    loop {
        if stop.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Cancelled, "stopped; what was done until then is kept"));
        }
        if let Ok(chunk) = tokio::time::timeout(LOOK_EVERY, response.chunk()).await {
            return chunk.map_err(|error| gone(&error));
        }
    }
}

/// Whole lines out of pieces.
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn take(&mut self, piece: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.0.extend_from_slice(piece);
        if self.0.len() > MAX_LINE_BYTES {
            return Err(strange("a line without an end"));
        }
        let Some(end) = self.0.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let rest = self.0.split_off(end + 1);
        let whole = std::mem::replace(&mut self.0, rest);
        Ok(whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect())
    }
}

fn gone(error: &reqwest::Error) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the server went away: {error}"))
        .hint("run the command again; `hydra status` tells whether a server runs")
}

fn strange(what: &str) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the server's answer does not read: {what}"))
        .hint("server and command may be of different versions: restart the server")
}

fn refusal(body: &Value, otherwise: &str) -> Error {
    outcome::error_from_json(body).unwrap_or_else(|| strange(otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole() {
        let mut lines = Lines::default();
        assert!(lines.take(b"{\"a\"").unwrap().is_empty());
        assert_eq!(lines.take(b":1}\n\n{}\n{").unwrap(), [b"{\"a\":1}".to_vec(), b"{}".to_vec()]);
        assert_eq!(lines.take(b"}\n").unwrap(), [b"{}".to_vec()]);
        assert!(lines.take(&vec![b'x'; MAX_LINE_BYTES + 1]).is_err());
    }
}
