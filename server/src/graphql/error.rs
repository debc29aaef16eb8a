//! Errors as GraphQL tells them: a message, `extensions.code` from the one table, and `extensions.hint`.

use async_graphql::{Error, ErrorExtensions as _, ServerError};
use hydra_graph::ErrorKind;

use crate::outcome;

/// What a document is refused with that does not parse.
pub const PARSE_FAILED: &str = "PARSE_FAILED";
/// What a document is refused with that does not fit the schema.
pub const VALIDATION_FAILED: &str = "VALIDATION_FAILED";

/// Turns an error of a verb into one of a field.
pub fn of_field(error: &hydra_graph::Error) -> Error {
    let status = outcome::http_status(error.kind());
    if status.is_server_error() {
        tracing::warn!(kind = error.kind().as_str(), "a GraphQL field failed: {}", error.message());
    }
    Error::new(error.message()).extend_with(|_, extensions| {
        extensions.set("code", outcome::graphql_code(error.kind()));
        if let Some(hint) = error.next_step() {
            extensions.set("hint", hint);
        }
    })
}

/// Turns an error into one of a whole request.
pub fn of_request(error: &hydra_graph::Error) -> ServerError {
    // It has no place in the document.
    ServerError { locations: Vec::new(), ..of_field(error).into_server_error(async_graphql::Pos::default()) }
}

/// An error that names what was wrong and the next step.
pub fn invalid(message: impl Into<String>, hint: &str) -> Error {
    of_field(&hydra_graph::Error::new(ErrorKind::Invalid, message).hint(hint))
}

/// Gives the errors that the library made a code and a next step, too.
pub fn complete(error: &mut ServerError, code: &str) {
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code);
        extensions
            .set("hint", "compare it with the schema: ask for it by introspection, or read schema/schema.graphql");
    }
}

/// An error of something that is not there.
pub fn not_found(message: impl Into<String>, hint: &str) -> Error {
    of_field(&hydra_graph::Error::new(ErrorKind::NotFound, message).hint(hint))
}
