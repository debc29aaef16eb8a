//! The one table from what went wrong to how each front end says it.

use std::process::ExitCode;

use axum::http::StatusCode;
use hydra_graph::{Error, ErrorKind};
use serde_json::{Value, json};

use crate::output;

/// It was done, or found.
pub const DONE: u8 = 0;
/// Nothing was found.
pub const NOTHING_FOUND: u8 = 1;
/// Wrong use, or an error.
pub const FAILED: u8 = 2;
/// The store or the server can't be reached.
pub const UNREACHABLE: u8 = 3;
/// Interrupted: what a shell reports of Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// What a client that went away would have been told; nobody reads it, but logs and metrics count it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Every kind with its exit code, HTTP status and GraphQL code. Tools of MCP answer all of them in-band, where a model
/// reads them.
const TABLE: [(ErrorKind, u8, u16, &str); 14] = [
    (ErrorKind::NotFound, NOTHING_FOUND, 404, "NOT_FOUND"),
    (ErrorKind::Invalid, FAILED, 400, "INVALID"),
    (ErrorKind::Conflict, FAILED, 409, "CONFLICT"),
    (ErrorKind::Refused, FAILED, 403, "REFUSED"),
    (ErrorKind::Forbidden, FAILED, 403, "FORBIDDEN"),
    (ErrorKind::TooLarge, FAILED, 413, "TOO_LARGE"),
    (ErrorKind::Locked, UNREACHABLE, 503, "UNAVAILABLE"),
    (ErrorKind::Newer, UNREACHABLE, 503, "UNAVAILABLE"),
    (ErrorKind::Corrupt, UNREACHABLE, 500, "INTERNAL"),
    (ErrorKind::Full, FAILED, 507, "FULL"),
    (ErrorKind::Poisoned, FAILED, 503, "UNAVAILABLE"),
    (ErrorKind::Unavailable, UNREACHABLE, 503, "UNAVAILABLE"),
    (ErrorKind::Cancelled, INTERRUPTED, CLIENT_CLOSED_REQUEST, "CANCELLED"),
    (ErrorKind::Io, FAILED, 500, "INTERNAL"),
];

/// Returns the exit code of a kind.
pub fn exit_code(kind: ErrorKind) -> u8 {
    row(kind).1
}

/// Returns the HTTP status of a kind.
pub fn http_status(kind: ErrorKind) -> StatusCode {
    StatusCode::from_u16(row(kind).2).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Returns the code of a kind in the errors of GraphQL.
pub fn graphql_code(kind: ErrorKind) -> &'static str {
    row(kind).3
}

/// Returns the kind of that name, or `Io` for one that this version does not know.
pub fn kind_named(name: &str) -> ErrorKind {
    TABLE.iter().map(|row| row.0).find(|kind| kind.as_str() == name).unwrap_or(ErrorKind::Io)
}

/// Spells an error as JSON, the same on every front end.
pub fn error_json(error: &Error) -> Value {
    json!({"error": {"kind": error.kind().as_str(), "message": error.message(), "hint": error.next_step()}})
}

/// Reads what [`error_json`] wrote.
pub fn error_from_json(body: &Value) -> Option<Error> {
    let error = body.get("error")?;
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let read = Error::new(kind_named(text("kind")?), text("message")?);
    Some(match text("hint") {
        Some(hint) => read.hint(hint),
        None => read,
    })
}

fn row(kind: ErrorKind) -> &'static (ErrorKind, u8, u16, &'static str) {
    TABLE.iter().find(|row| row.0 == kind).expect("every kind has a row; a test counts them")
}

/// An error on its way out of `main`.
#[derive(Debug)]
pub struct Failure {
    error: Error,
    is_json: bool,
}

impl Failure {
    /// Wraps an error, to be told as JSON if that was asked for.
    pub fn new(error: Error, is_json: bool) -> Self {
        Self { error, is_json }
    }

    /// Tells it on standard error and returns the exit code.
    pub fn report(self) -> ExitCode {
        let code = exit_code(self.error.kind());
        if self.is_json {
            let error = Error::new(self.error.kind(), self.error.message());
            output::talk_json(&error_json(&match self.error.next_step() {
                Some(hint) => error.hint(output::advice(hint)),
                None => error,
            }));
        } else {
            output::talk(&format!("error: {}", output::plain(self.error.message())));
            if let Some(hint) = self.error.next_step() {
                output::talk(&format!("  next: {}", output::plain(hint)));
            }
        }
        ExitCode::from(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_row() {
        for (kind, exit, status, code) in TABLE {
            // A new kind makes this match fail to compile, and then it gets its row.
            let expected = match kind {
                ErrorKind::NotFound => (1, 404, "NOT_FOUND"),
                ErrorKind::Invalid => (2, 400, "INVALID"),
                ErrorKind::Conflict => (2, 409, "CONFLICT"),
                ErrorKind::Refused => (2, 403, "REFUSED"),
                ErrorKind::Forbidden => (2, 403, "FORBIDDEN"),
                ErrorKind::TooLarge => (2, 413, "TOO_LARGE"),
                ErrorKind::Locked | ErrorKind::Newer | ErrorKind::Unavailable => (3, 503, "UNAVAILABLE"),
                ErrorKind::Corrupt => (3, 500, "INTERNAL"),
                ErrorKind::Full => (2, 507, "FULL"),
                ErrorKind::Poisoned => (2, 503, "UNAVAILABLE"),
                ErrorKind::Cancelled => (130, 499, "CANCELLED"),
                ErrorKind::Io => (2, 500, "INTERNAL"),
            };
            assert_eq!((exit, status, code), expected, "{kind:?}");
            assert_eq!(graphql_code(kind), code);
            assert_eq!(kind_named(kind.as_str()), kind);
            assert_eq!(http_status(kind).as_u16(), status);
        }
    }

    #[test]
    fn an_error_travels_whole() {
        let error = Error::new(ErrorKind::Locked, "it is held").hint("use that one");
        assert_eq!(error_from_json(&error_json(&error)).unwrap(), error);
        assert_eq!(error_from_json(&json!({"hits": []})), None);
    }
}
