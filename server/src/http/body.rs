//! Bounds what a request may bring, in bytes and in time.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::failure;

/// Largest request body. The largest thing that is sent is a memory of 100 kB; a file's path is sent, not the file.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// How long a body may take to arrive.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// What is read and thrown away of a body that is too large, so that its sender gets to read the answer.
const MAX_DRAINED_BYTES: u64 = 64 * 1024 * 1024;

/// Reads the whole body before the handler runs.
pub async fn limit(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let length = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(length) = length.filter(|length| *length > MAX_BODY_BYTES as u64) {
        if length <= MAX_DRAINED_BYTES {
            let _ = tokio::time::timeout(BODY_TIMEOUT, drain(body)).await;
        }
        return too_large();
    }
    match tokio::time::timeout(BODY_TIMEOUT, to_bytes(body, MAX_BODY_BYTES)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(error)) if is_too_long(&error) => too_large(),
        Ok(Err(_)) => {
            let error = Error::new(ErrorKind::Invalid, "the body did not arrive whole").hint("send it again");
            failure::answer(StatusCode::BAD_REQUEST, &error)
        }
        Err(_) => {
            let error = Error::new(ErrorKind::Invalid, "the body took too long to arrive").hint("send it again");
            failure::answer(StatusCode::REQUEST_TIMEOUT, &error)
        }
    }
}

async fn drain(body: Body) {
    use tokio_stream::StreamExt as _;
    let mut pieces = body.into_data_stream();
    while let Some(Ok(_)) = pieces.next().await {}
}

fn is_too_long(error: &axum::Error) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn too_large() -> Response {
    let message = format!("the request has more than {MAX_BODY_BYTES} bytes");
    let error = Error::new(ErrorKind::TooLarge, message)
        .hint("send less at a time: a graph in parts, long text as a file that is ingested");
    failure::answer(StatusCode::PAYLOAD_TOO_LARGE, &error)
}
