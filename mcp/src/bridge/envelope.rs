//! JSON-RPC from the outside: enough of a message to know where it goes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hydra_graph::Error;
use serde_json::{Value, json};

/// The line is not JSON.
pub(super) const PARSE_ERROR: i64 = -32700;
/// It is JSON but no message.
pub(super) const INVALID_REQUEST: i64 = -32600;
/// The server can't be reached, or answered something else than a message.
pub(super) const INTERNAL_ERROR: i64 = -32603;

/// One line of input.
#[derive(Debug, PartialEq)]
pub(super) enum Envelope {
    /// Nothing but white space.
    Empty,
    /// Expects an answer.
    Request(Request),
    /// Expects none; may cancel a request.
    Notification { cancels: Option<Value> },
    /// An answer to something this server never asks.
    Answer,
    /// Not a message.
    Invalid { id: Value, code: i64, message: String },
}

/// What is looked at of a request; the rest is passed on as it came.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub id: Value,
    pub method: String,
    pub params: Option<Value>,
}

impl Request {
    /// Returns the revision that the request itself names, as revision 2026-07-28 wants it.
    pub fn version(&self) -> Option<&str> {
        self.params.as_ref()?.get("_meta")?.get("io.modelcontextprotocol/protocolVersion")?.as_str()
    }

    /// Returns what the request is about (a tool, a prompt, a resource), spelled for the header `Mcp-Name`.
    pub fn name(&self) -> Option<String> {
        let field = match self.method.as_str() {
            "tools/call" | "prompts/get" => "name",
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => "uri",
            "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
            _ => return None,
        };
        self.params.as_ref()?.get(field)?.as_str().map(header_value)
    }

    /// Tells whether a request is answered only when its stream ends.
    pub fn stays_open(&self) -> bool {
        self.method == "subscriptions/listen"
    }

    /// Tells whether a request asks for what only a revision with sessions has.
    pub fn wants_session(&self) -> bool {
        matches!(self.method.as_str(), "resources/subscribe" | "resources/unsubscribe") && self.version().is_none()
    }

    /// Returns the tool that is called, if one is.
    pub fn tool(&self) -> Option<&str> {
        (self.method == "tools/call").then_some(())?;
        self.params.as_ref()?.get("name")?.as_str()
    }
}

/// Reads a line.
pub(super) fn read(line: &[u8]) -> Envelope {
    if line.trim_ascii().is_empty() {
        return Envelope::Empty;
    }
    let mut message: Value = match serde_json::from_slice(line) {
        Ok(message) => message,
        Err(error) => return invalid(Value::Null, PARSE_ERROR, format!("the line is not JSON: {error}")),
    };
    let Some(object) = message.as_object_mut() else {
        return invalid(Value::Null, INVALID_REQUEST, "a message is one JSON object a line".into());
    };
    let id = object.remove("id");
    let params = object.remove("params");
    match (object.get("method").and_then(Value::as_str), id) {
        (Some(method), Some(id)) if id.is_string() || id.is_number() => {
            Envelope::Request(Request { id, method: method.to_owned(), params })
        }
        (Some(_), Some(_)) => invalid(Value::Null, INVALID_REQUEST, "an id is a string or a number".into()),
        (Some("notifications/cancelled"), None) => Envelope::Notification {
            cancels: params.and_then(|mut params| params.get_mut("requestId").map(Value::take)),
        },
        (Some(_), None) => Envelope::Notification { cancels: None },
        (None, Some(_)) if object.contains_key("result") || object.contains_key("error") => Envelope::Answer,
        (None, id) => invalid(id.unwrap_or_default(), INVALID_REQUEST, "the message has no method".into()),
    }
}

/// Spells an error as an answer; `cause` adds its kind and the next step.
pub(super) fn error(id: &Value, code: i64, message: &str, cause: Option<&Error>) -> Vec<u8> {
    let mut error = json!({"code": code, "message": message});
    if let Some(cause) = cause {
        error["data"] = json!({"kind": cause.kind().as_str(), "hint": cause.next_step()});
    }
    json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string().into_bytes()
}

fn invalid(id: Value, code: i64, message: String) -> Envelope {
    Envelope::Invalid { id, code, message }
}

/// A header carries visible ASCII; anything else is wrapped in base 64 as the protocol says.
fn header_value(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    let looks_wrapped = text.starts_with("=?base64?") && text.ends_with("?=");
    if is_plain && !looks_wrapped && text.trim() == text {
        return text.to_owned();
    }
    format!("=?base64?{}?=", BASE64.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> i64 {
        match read(line.as_bytes()) {
            Envelope::Invalid { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        assert_eq!(code("{"), PARSE_ERROR);
        assert_eq!(code("[]"), INVALID_REQUEST);
        assert_eq!(code("{}"), INVALID_REQUEST);
        assert_eq!(code(r#"{"method":"ping","id":null}"#), INVALID_REQUEST);
        assert_eq!(read(b" \r"), Envelope::Empty);
        assert_eq!(read(br#"{"id":1,"result":{}}"#), Envelope::Answer);
        assert_eq!(read(br#"{"method":"notifications/initialized"}"#), Envelope::Notification { cancels: None });
        let cancel = br#"{"method":"notifications/cancelled","params":{"requestId":7}}"#;
        assert_eq!(read(cancel), Envelope::Notification { cancels: Some(json!(7)) });
    }

    #[test]
    fn a_request_says_where_it_goes() {
        let line = br#"{"id":"a","method":"tools/call","params":{"name":"recall","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}"#;
        let Envelope::Request(request) = read(line) else { panic!("a request") };
        assert_eq!((request.version(), request.tool()), (Some("2026-07-28"), Some("recall")));
        assert_eq!(request.name().as_deref(), Some("recall"));
    }

    #[test]
    fn headers_carry_any_name() {
        assert_eq!(header_value("recall"), "recall");
        assert_eq!(header_value("é"), "=?base64?w6k=?=");
        assert_eq!(header_value(" x"), "=?base64?IHg=?=");
    }
}
