//! Bounds the head of a request: what is larger or has more is refused before anything looks at it.
//!
//! The library that reads heads has bounds too, further out; what it refuses, `listener/refusal.rs` puts into words.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::failure;

/// Bytes of an address with its parameters. A longer query goes into the body of a POST.
pub const MAX_ADDRESS_BYTES: usize = 32 * 1024;
/// Headers of a request. A browser sends about twenty.
pub const MAX_HEADERS: usize = 64;
/// Bytes of all headers.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Refuses a head that is too large.
pub async fn limit(request: Request, next: Next) -> Response {
    let (status, message, hint) = {
        let uri = request.uri();
        let address = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
        let headers = request.headers();
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if address > MAX_ADDRESS_BYTES {
            let message = format!("the address has {address} bytes; one has {MAX_ADDRESS_BYTES}");
            (StatusCode::URI_TOO_LONG, message, "send what is asked in the body of a POST")
        } else if headers.len() > MAX_HEADERS {
            let message = format!("there are {} headers; a request has {MAX_HEADERS}", headers.len());
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message, "send fewer")
        } else if bytes > MAX_HEADER_BYTES {
            let message = format!("the headers have {bytes} bytes; those of a request have {MAX_HEADER_BYTES}");
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message, "send less in them; cookies may be cleared")
        } else {
            return next.run(request).await;
        }
    };
    failure::answer(status, &Error::new(ErrorKind::TooLarge, message).hint(hint))
}
