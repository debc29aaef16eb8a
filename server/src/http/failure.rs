//! Errors as responses.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hydra_graph::Error;

use crate::outcome;

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
    (status, axum::Json(outcome::error_json(error))).into_response()
}
