//! Lets in only who holds the owner's token.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::{App, failure};

/// Checks a request's bearer token.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let message = match header.map(bearer) {
        Some(Some(token)) if app.token.is(token) => return next.run(request).await,
        Some(Some(_)) => "the token is not this server's",
        Some(None) => "the Authorization header holds no bearer token",
        None => "the request has no token",
    };
    let hint = "send `Authorization: Bearer TOKEN` with what the file `token` in the data folder holds";
    let mut response = failure::answer(StatusCode::UNAUTHORIZED, &Error::new(ErrorKind::Invalid, message).hint(hint));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"hydra\""));
    response
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("abc"), None);
    }
}
