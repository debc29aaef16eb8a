//! Which addresses are pages, and the one file that all of them are: what it shows follows from the address.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::asset;

/// Pages with one address each.
pub(super) const PAGES: [&str; 15] = [
    "/",
    "/conflicts",
    "/decisions",
    "/learnings",
    "/map",
    "/preferences",
    "/proposals",
    "/recalls",
    "/search",
    "/settings",
    "/sources",
    "/start",
    "/timeline",
    "/today",
    "/trash",
];
/// Pages of one thing each, by its id.
const PAGES_OF: [&str; 3] = ["/m/", "/recalls/", "/v/"];

/// Scripts and styles of this server, calls of this server, and nothing else; no text becomes markup or script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data: blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

/// What is shown by a program that was built without the view.
const WITHOUT: &str = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Hydra</title></head><body>\
                       <h1>Hydra</h1><p>This program was built without its web view. Build it with <code>make build</code>, \
                       which needs Node.js and npm, and start it again.</p>\
                       <p>Everything else is there: <a href=\"/graphql\">/graphql</a>, /v1, /sparql and /mcp.</p></body></html>\n";

/// Gives the page to a browser that asks for one, also where there is nothing: it says so and leads on. It stands behind
/// the check of who is let in.
pub async fn pages(request: Request, next: Next) -> Response {
    if !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let headers = request.headers().clone();
    if is_page(request.uri().path()) {
        return page(StatusCode::OK, &headers);
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND { page(StatusCode::NOT_FOUND, &headers) } else { response }
}

fn page(status: StatusCode, asked: &HeaderMap) -> Response {
    let mut response = match asset::find("index.html") {
        Some(page) => page.answer(asked),
        None => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (StatusCode::NOT_IMPLEMENTED, kind, WITHOUT).into_response()
        }
    };
    if response.status().is_success() {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::VARY, "Accept, Accept-Encoding, Cookie"),
        // A page that was kept would ask for files that a newer version has not.
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("permissions-policy", HeaderValue::from_static("camera=(), geolocation=(), microphone=()"));
    response
}

/// Tells whether something is shown at this address.
fn is_page(path: &str) -> bool {
    let is_of_one = PAGES_OF.iter().any(|start| path.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
    let is_data = [".json", ".jsonld", ".ttl", ".nt"].iter().any(|ending| path.ends_with(ending));
    (PAGES.contains(&path) || is_of_one) && !is_data
}

/// Programs name what they accept; only browsers ask for pages.
pub fn wants_page(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let names = |range: &str| range.split(';').next().is_some_and(|name| name.trim() == "text/html");
    [Method::GET, Method::HEAD].contains(method) && accepted.split(',').any(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the server answers as a page is what the view has a page for, and the other way around.
    #[test]
    fn the_view_has_the_same_pages() {
        let routes = include_str!("../../ui/src/page/index.tsx");
        let routes: Vec<&str> = routes.lines().filter_map(|line| line.trim().strip_prefix("{ path: /^")).collect();
        let of_one = |path: &str| path.replace('/', "\\/");
        for path in PAGES {
            let wanted = format!("{}$/,", of_one(path));
            assert!(routes.iter().any(|route| route.starts_with(&wanted)), "the view has no page at {path}");
        }
        for start in PAGES_OF {
            let wanted = format!("{}(", of_one(start));
            assert!(routes.iter().any(|route| route.starts_with(&wanted)), "the view has no page at {start}…");
        }
        // A name leads to the page of an id, before a page is asked for.
        let known =
            PAGES.len() + PAGES_OF.len() + usize::from(routes.iter().any(|route| route.starts_with("\\/entity\\/(")));
        assert_eq!(routes.len(), known, "a page of the view is not known here: {routes:?}");
    }

    #[test]
    fn pages_are_known_by_their_addresses() {
        for path in
            ["/", "/search", "/m/038g93r4yp000", "/m/038g93r4yp000/history", "/recalls/038g93r4yp000", "/v/Plants"]
        {
            assert!(is_page(path), "{path}");
        }
        for path in
            ["/m/", "/graphql", "/v1/recall", "/search.json", "/m/038g93r4yp000.json", "/searching", "/assets/a.js"]
        {
            assert!(!is_page(path), "{path}");
        }
    }
}
