//! Conversations over a WebSocket, by the graphql-transport-ws protocol: any number of operations side by side, each with
//! an id that the client gives it.
//!
//! The library has this protocol too, but neither its codes for what goes wrong nor a bound on anything.

use std::time::Duration;

use async_graphql::ServerError;
use axum::extract::WebSocketUpgrade;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio_stream::{Stream, StreamExt as _, StreamMap};

use super::request::{self, Parts, is_refused, spelled};
use super::{Door, Visit};
use crate::http::{ASKS_TOO_MUCH, Failed, TOO_MUCH};
use crate::verb::Session;

/// The protocol's name.
const PROTOCOL: &str = "graphql-transport-ws";
/// Operations of one conversation that run at once.
pub const MAX_OPERATIONS: usize = 32;
/// Bytes of one message; a body by POST may have more, but what runs over a socket is a subscription.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;
/// Letters of an operation's id.
const MAX_ID_BYTES: usize = 256;
/// How long a client may take to say that it is there.
const INIT_TIME: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a client may take to read one message; until then nothing more is made for it.
const SEND_TIME: Duration = Duration::from_secs(60);

const PING: &str = r#"{"type":"ping"}"#;
const PONG: &str = r#"{"type":"pong"}"#;
const ACKNOWLEDGED: &str = r#"{"type":"connection_ack"}"#;

/// What a client says.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Said {
    ConnectionInit {},
    Ping {},
    Pong {},
    Subscribe { id: String, payload: Json },
    Complete { id: String },
}

/// How a conversation is closed by this side.
type Close = (u16, String);

/// An answer to an operation, or its end.
enum Told {
    Next(String),
    Error(String),
}

type Answers = std::pin::Pin<Box<dyn Stream<Item = Option<Told>> + Send>>;

/// Begins a conversation.
pub fn upgrade(visit: Visit, upgrade: WebSocketUpgrade) -> Response {
    let upgrade = upgrade.max_message_size(MAX_MESSAGE_BYTES).protocols([PROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        let message = format!("only the protocol {PROTOCOL} is spoken here");
        let error = Error::new(ErrorKind::Invalid, message).hint("name it in Sec-WebSocket-Protocol");
        return Failed(error).into_response();
    }
    let Visit { door, session } = visit;
    let place = match door.hub.socket(&session.agent) {
        Ok(place) => place,
        Err(error) => return Failed(error).into_response(),
    };
    upgrade.on_upgrade(async move |socket| {
        let _place = place;
        Conversation { socket, door, session, is_open: false, running: StreamMap::new() }.go_on().await;
    })
}

struct Conversation {
    socket: WebSocket,
    door: Door,
    session: Session,
    /// Whether the client has said that it is there.
    is_open: bool,
    running: StreamMap<String, Answers>,
}

impl Conversation {
    async fn go_on(mut self) {
        if let Err(Some((code, reason))) = self.talk().await {
            let close = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
            let _ = tokio::time::timeout(SEND_TIME, self.socket.send(close)).await;
        }
    }

    /// Goes on until somebody closes it; `None` when it just ended.
    async fn talk(&mut self) -> Result<(), Option<Close>> {
        let mut server = self.door.stopping.clone();
        let stopping = async move {
            let _ = server.wait_for(|stopping| *stopping).await;
        };
        let init = tokio::time::sleep(INIT_TIME);
        let ended = self.session.stay.clone().ended();
        tokio::pin!(init, stopping, ended);
        let mut ping = tokio::time::interval(PING_EVERY);
        ping.reset();
        loop {
            tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(text.as_str()).await?,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Binary(_))) => return Err(Some((4400, "messages are texts".to_owned()))),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
                },
                Some((id, told)) = self.running.next() => match told {
                    Some(Told::Next(payload)) => {
                        self.say(&of_operation("next", &id, &payload)).await?;
                    }
                    Some(Told::Error(errors)) => {
                        self.running.remove(&id);
                        self.say(&of_operation("error", &id, &errors)).await?;
                    }
                    None => {
                        self.running.remove(&id);
                        self.say(&json!({"type": "complete", "id": id}).to_string()).await?;
                    }
                },
                () = &mut init, if !self.is_open => {
                    return Err(Some((4408, "Connection initialisation timeout".to_owned())));
                }
                _ = ping.tick() => self.say(PING).await?,
                // What opened the door opens it no more.
                () = &mut ended => return Err(Some((4403, "Forbidden".to_owned()))),
                () = &mut stopping => {
                    return Err(Some((1001, "the server stops".to_owned())));
                }
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), Option<Close>> {
        let said: Said = serde_json::from_str(text)
            .map_err(|_| Some((4400, "Invalid message: not one of graphql-transport-ws".to_owned())))?;
        match said {
            Said::ConnectionInit {} if self.is_open => Err(Some((4429, "Too many initialisation requests".to_owned()))),
            Said::ConnectionInit {} => {
                self.is_open = true;
                self.say(ACKNOWLEDGED).await
            }
            Said::Ping {} => self.say(PONG).await,
            Said::Pong {} => Ok(()),
            Said::Complete { id } => {
                self.running.remove(&id);
                Ok(())
            }
            Said::Subscribe { .. } if !self.is_open => Err(Some((4401, "Unauthorized".to_owned()))),
            Said::Subscribe { id, .. } if id.is_empty() || id.len() > MAX_ID_BYTES => {
                Err(Some((4400, "Invalid message: an id has 1 to 256 bytes".to_owned())))
            }
            Said::Subscribe { id, .. } if self.running.contains_key(&id) => {
                Err(Some((4409, format!("Subscriber for {id} already exists"))))
            }
            Said::Subscribe { id, payload } => self.begin(id, payload).await,
        }
    }

    async fn begin(&mut self, id: String, payload: Json) -> Result<(), Option<Close>> {
        let refuse = |errors: &[ServerError]| of_operation("error", &id, &request::json(&errors));
        // The conversation is one request, and what it goes on with are further ones.
        if let Err(refusal) = self.session.allowance.take() {
            let (who, now) = (&self.session.agent.name, self.session.now());
            self.session.refusals.note(who, super::PATH, TOO_MUCH, now);
            let refusal = refuse(&[super::error::of_request(&refusal.error(ASKS_TOO_MUCH))]);
            return self.say(&refusal).await;
        }
        if self.running.len() >= MAX_OPERATIONS {
            let error = Error::new(ErrorKind::Unavailable, format!("{MAX_OPERATIONS} operations run here already"))
                .hint("complete one of them");
            let refusal = refuse(&[super::error::of_request(&error)]);
            return self.say(&refusal).await;
        }
        let parts = match Parts::of(payload) {
            Ok(parts) => parts,
            Err(error) => return Err(Some((4400, format!("Invalid message: {}", error.message())))),
        };
        match parts.read() {
            Ok(asked) => {
                let caller = self.door.caller(self.session.clone());
                let answers = asked.stream(&self.door, caller).map(|response| {
                    Some(match is_refused(&response) {
                        true => Told::Error(request::json(&response.errors)),
                        false => Told::Next(spelled(&response)),
                    })
                });
                self.running.insert(id, Box::pin(answers.chain(tokio_stream::once(None))));
                Ok(())
            }
            Err(refusal) => {
                let refusal = refuse(&refusal.errors());
                self.say(&refusal).await
            }
        }
    }

    async fn say(&mut self, message: &str) -> Result<(), Option<Close>> {
        match tokio::time::timeout(SEND_TIME, self.socket.send(Message::Text(message.to_owned().into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(None),
        }
    }
}

/// A message about one operation; what it carries is JSON already.
fn of_operation(kind: &str, id: &str, payload: &str) -> String {
    format!(r#"{{"type":"{kind}","id":{},"payload":{payload}}}"#, request::json(&id))
}
