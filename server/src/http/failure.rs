//! Errors as responses.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hydra_graph::{Error, ErrorKind};
use hydra_mcp::Right;

use super::auth::lacks;
use super::refused::Why;
use crate::outcome;

/// Seconds after which it makes sense to ask again when there was no place.
const RETRY_AFTER_S: &str = "1";

/// An error, answered with the status of its kind.
pub struct Failed(pub Error);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let status = outcome::http_status(self.0.kind());
        if status.is_server_error() {
            tracing::warn!(kind = self.0.kind().as_str(), "a request failed: {}", self.0.message());
        }
        answer(status, &self.0)
    }
}

/// Answers an error with a status that its kind alone does not say.
pub fn answer(status: StatusCode, error: &Error) -> Response {
    let mut response = (status, axum::Json(outcome::error_json(error))).into_response();
    // What refuses for good is no matter of time.
    if status == StatusCode::SERVICE_UNAVAILABLE && error.kind() == ErrorKind::Unavailable {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
    }
    response
}

/// An error, and the status that a standard wants for it where its kind would say another.
#[derive(Debug)]
pub struct Told {
    status: Option<StatusCode>,
    /// The scope that the caller's token has not.
    missing: Option<Right>,
    error: Error,
}

impl Told {
    /// Puts a status to an error.
    pub fn new(status: StatusCode, error: Error) -> Self {
        Self { status: Some(status), missing: None, error }
    }

    /// An error of a right that the caller has not got.
    pub fn missing(right: Right, error: Error) -> Self {
        Self { status: None, missing: Some(right), error }
    }

    /// Returns the status.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| outcome::http_status(self.error.kind()))
    }
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self { status: None, missing: None, error }
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let mut response = match self.status {
            Some(_) => answer(self.status(), &self.error),
            None => Failed(self.error).into_response(),
        };
        if let Some(right) = self.missing {
            // RFC 6750, section 3.1.
            let challenge = format!("Bearer realm=\"hydra\", error=\"insufficient_scope\", scope=\"{right}\"");
            let challenge = HeaderValue::from_str(&challenge).expect("scopes are plain words");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response.extensions_mut().insert(Why(lacks(right).into()));
        }
        response
    }
}
