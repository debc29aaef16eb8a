//! Refuses a verb that is sent as something else than JSON. SPARQL and GraphQL have rules of their own.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::failure;

/// What `curl -d` says of whatever it sends; a page of another site, which could say that too, is known by its `Origin`.
const OF_CURL: &str = "application/x-www-form-urlencoded";

/// Checks what a request to a verb says that it sends; one that does not say is taken at its word.
pub async fn check(request: Request, next: Next) -> Response {
    let is_verb = request.uri().path().starts_with("/v1/");
    match request.headers().get(header::CONTENT_TYPE) {
        Some(said) if is_verb && !is_json(said) => {
            let said: String = String::from_utf8_lossy(said.as_bytes()).chars().take(60).collect();
            let error = Error::new(ErrorKind::Invalid, format!("a verb is not read from `{said}`"));
            let error = error.hint("send one JSON object, with `Content-Type: application/json`");
            failure::answer(StatusCode::UNSUPPORTED_MEDIA_TYPE, &error)
        }
        _ => next.run(request).await,
    }
}

fn is_json(said: &HeaderValue) -> bool {
    let media_type =
        said.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_plain = media_type == "application/json" || media_type == OF_CURL;
    is_plain || media_type.starts_with("application/") && media_type.ends_with("+json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_names() {
        for (said, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.example+json", true),
            (OF_CURL, true),
            ("text/plain", false),
            ("application/xml", false),
            ("", false),
        ] {
            assert_eq!(is_json(&HeaderValue::from_static(said)), expected, "{said}");
        }
    }
}
