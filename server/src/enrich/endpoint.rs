//! One question to an OpenAI-compatible endpoint, within bounds of bytes and time, whatever the other side does.
//!
//! Only a name that the configuration gives is ever called: no redirect is followed, no proxy asked, and `localhost` is
//! this machine also where a name server says otherwise. What comes back is counted while it comes.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hydra_graph::{Error, Result};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode};
use serde::Deserialize;
use tokio::runtime::Runtime;

use super::fault::Fault;
use super::key;
use super::settings::Settings;
use crate::tls;

/// Longest answer that is read; one of the allowed tokens is far shorter.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Longest time until the other side takes the connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often is looked whether to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a model said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Its words, which are data.
    pub content: String,
    /// Whether it ended by itself.
    pub is_whole: bool,
    /// Tokens of question and answer, if the endpoint counts.
    pub tokens: u64,
}

/// An endpoint, ready to be asked from a thread that may block.
pub struct Endpoint {
    http: Client,
    runtime: Runtime,
    settings: Settings,
    key: Option<HeaderValue>,
}

impl Endpoint {
    /// Reads the key and makes a client that reaches nobody else.
    ///
    /// # Errors
    /// `Invalid` when the key is not where the configuration says.
    pub fn new(settings: &Settings) -> Result<Self> {
        let other =
            |error: &dyn std::fmt::Display| Error::io("the HTTP client", &std::io::Error::other(error.to_string()));
        let port = settings.url.port_or_known_default().unwrap_or(80);
        let here: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
        let http = tls::client()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .resolve_to_addrs("localhost", &here)
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout)
            .build()
            .map_err(|error| other(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self {
            http,
            runtime: runtime.map_err(|error| Error::io("a thread for the endpoint", &error))?,
            key: key::header(&settings.key)?,
            settings: settings.clone(),
        })
    }

    /// Asks, until `stop` is set.
    pub fn ask(&self, question: &str, stop: &AtomicBool) -> std::result::Result<Reply, Fault> {
        let stopped = async {
            while !stop.load(Ordering::Acquire) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                // The client's own limit ends at a byte's silence in some versions; this one ends whatever happens.
                answered = tokio::time::timeout(self.settings.timeout, self.exchange(question)) => {
                    answered.unwrap_or_else(|_| Err(self.too_slow()))
                }
                () = stopped => Err(Fault::Stopped),
            }
        })
    }

    async fn exchange(&self, question: &str) -> std::result::Result<Reply, Fault> {
        let request = self.http.post(self.settings.url.clone()).header(CONTENT_TYPE, "application/json");
        let mut request = request.body(question.to_owned());
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, key);
        }
        let response = request.send().await.map_err(|error| self.failed(&error))?;
        self.check(&response)?;
        read(self.body(response).await?.as_slice())
    }

    fn check(&self, response: &Response) -> std::result::Result<(), Fault> {
        let status = response.status();
        match status {
            _ if status.is_success() => Ok(()),
            _ if status.is_redirection() => Err(Fault::Refusing("it redirects, and redirects are not followed".into())),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Err(Fault::Refusing(format!("status {}, the key is missing or wrong", status.as_u16())))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                Err(Fault::Refusing(format!("status {}, no such model or address", status.as_u16())))
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Err(Fault::Busy(retry_after(response))),
            _ => Err(Fault::Broken(format!("status {}", status.as_u16()))),
        }
    }

    async fn body(&self, mut response: Response) -> std::result::Result<Vec<u8>, Fault> {
        let too_long = || Fault::Broken(format!("more than {MAX_ANSWER_BYTES} bytes"));
        if response.content_length().is_some_and(|length| length > MAX_ANSWER_BYTES as u64) {
            return Err(too_long());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER_BYTES {
                return Err(too_long());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failed(&self, error: &reqwest::Error) -> Fault {
        if error.is_timeout() && !error.is_connect() {
            return self.too_slow();
        }
        if error.is_connect() {
            return Fault::Unreachable(innermost(error));
        }
        Fault::Broken("it ended the connection in the middle, or speaks no HTTP".into())
    }

    fn too_slow(&self) -> Fault {
        Fault::Broken(format!("no whole answer within {} s", self.settings.timeout.as_secs()))
    }
}

/// Why a connection failed, as the system or the certificate's check says it.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    total_tokens: u64,
}

fn read(body: &[u8]) -> std::result::Result<Reply, Fault> {
    let strange = || Fault::Broken("what it sends is no completion of a chat".into());
    let completion: Completion = serde_json::from_slice(body).map_err(|_| strange())?;
    let Choice { message, finish_reason } = completion.choices.into_iter().next().ok_or_else(strange)?;
    Ok(Reply {
        content: message.content.ok_or_else(strange)?,
        is_whole: finish_reason.as_deref() != Some("length"),
        tokens: completion.usage.unwrap_or_default().total_tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_completion_is_an_answer() {
        let whole = br#"{"choices":[{"message":{"content":"{}"},"finish_reason":"stop"}],"usage":{"total_tokens":7}}"#;
        assert_eq!(read(whole).unwrap(), Reply { content: "{}".into(), is_whole: true, tokens: 7 });
        let cut = br#"{"choices":[{"message":{"content":"{"},"finish_reason":"length"}]}"#;
        assert!(!read(cut).unwrap().is_whole);
        let deep = "[".repeat(100_000);
        for wrong in ["<html>", "{}", r#"{"choices":[]}"#, r#"{"choices":[{"message":{"content":null}}]}"#, &deep] {
            assert!(read(wrong.as_bytes()).is_err(), "{:.20}", wrong);
        }
    }
}
