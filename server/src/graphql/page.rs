//! A page for browsers: write a query, run it, read the schema.
//!
//! GraphiQL, as the library serves it, is loaded from a network of others, and nothing may leave the machine; bundled, it
//! would need Node and some hundred packages to build this program. So this is a page of our own: one file, no request but to
//! this server, and none of it runs what the server did not send. It holds nothing of the memory and is given to anybody on
//! this machine who asks; a browser that `hydra open` let in asks by it as itself, else a token is typed into it and kept in
//! the tab.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

const PAGE: &str = include_str!("page.html");
/// Only what stands in the page itself, and calls of this server.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Gives the page to whoever asks for a page at the address of the queries.
pub async fn for_browsers(request: Request, next: Next) -> Response {
    if !is_for_page(&request) {
        return next.run(request).await;
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    (headers, PAGE).into_response()
}

/// Programs name what they accept; only browsers ask for pages.
fn is_for_page(request: &Request) -> bool {
    let is_there = request.uri().path() == super::PATH && request.uri().query().is_none();
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let names = |range: &str| range.split(';').next().is_some_and(|name| name.trim() == "text/html");
    is_there && request.method() == Method::GET && accepted.split(',').any(names)
}

#[cfg(test)]
mod tests {
    use super::PAGE;

    #[test]
    fn the_page_asks_nobody_else() {
        for elsewhere in ["http://", "https://", "src=", "@import", "url("] {
            assert!(!PAGE.contains(elsewhere), "{elsewhere}");
        }
    }
}
