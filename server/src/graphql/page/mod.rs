//! A page for browsers: write a query, run it, read the schema.
//!
//! GraphiQL, as the library serves it, is loaded from a network of others, and nothing may leave the machine; bundled, it
//! would need Node and some hundred packages to build this program. So this is a page of our own: no request but to this
//! server, and nothing runs that this server did not send as a file. It holds nothing of the memory and is given to anybody
//! on this machine who asks; a browser that `hydra open` let in asks by it as itself, else a token is typed into it and kept
//! in the tab.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::web::wants_page;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
/// Scripts, styles and calls of this server alone; no text becomes markup or script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
                      trusted-types 'none'";

/// Gives the page to whoever asks for a page at the address of the queries.
pub async fn for_browsers(request: Request, next: Next) -> Response {
    let is_there = request.uri().path() == super::PATH && request.uri().query().is_none();
    if !is_there || !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let more =
        [(header::CONTENT_SECURITY_POLICY, POLICY), (header::REFERRER_POLICY, "no-referrer"), (header::VARY, "Accept")];
    (more.map(constant), file("text/html; charset=utf-8", PAGE)).into_response()
}

/// What the page is made of, for whoever asks.
pub fn files<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/graphql/page.js", get(|| async { file("text/javascript; charset=utf-8", SCRIPT) }))
        .route("/graphql/page.css", get(|| async { file("text/css; charset=utf-8", STYLE) }))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Another version has another one at the same address.
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers.map(constant), text).into_response()
}

fn constant((name, value): (HeaderName, &'static str)) -> (HeaderName, HeaderValue) {
    (name, HeaderValue::from_static(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_asks_nobody_else_and_has_no_script_of_its_own() {
        for text in [PAGE, SCRIPT, STYLE] {
            for elsewhere in ["http://", "https://", "@import", "url(", "innerHTML", "eval("] {
                assert!(!text.contains(elsewhere), "{elsewhere}");
            }
        }
        for inline in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!PAGE.contains(inline), "{inline}");
        }
        let sources: Vec<&str> = PAGE.split(['"', ' ']).filter(|word| word.starts_with('/')).collect();
        assert_eq!(sources, ["/graphql/page.css", "/graphql/page.js"]);
    }
}
