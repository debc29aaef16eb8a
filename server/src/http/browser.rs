//! Browsers: the one-time link that gives one a session, and the words in which one is not let in.

use std::time::Instant;

use axum::extract::{Extension, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind, Result, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::App;
use super::auth::{self, too_many};
use super::failure::{self, Told};
use super::permission::Right;
use super::refused::Why;
use crate::access::{CODE_LIFE, Identity, Secret, Via};
use crate::web::wants_page;
use crate::wiring;

/// Where links are made and followed.
pub const SESSION_PATH: &str = "/session";
/// How long a browser stays in.
pub const SESSION_DAYS: i64 = 7;
/// Longest address that a link goes on to.
const MAX_NEXT_BYTES: usize = 1_024;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
/// A page of ours loads nothing and sends nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}\
                     @media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}";

/// What a link carries.
#[derive(Deserialize)]
pub struct Followed {
    code: Option<String>,
    next: Option<String>,
}

/// Makes a link, for whoever holds a token: it opens a session in their name, with their rights.
///
/// # Errors
/// `Forbidden` for a browser: its session would never end.
pub async fn make_link(
    State(app): State<App>,
    Extension(identity): Extension<Identity>,
) -> std::result::Result<Response, Told> {
    if identity.via == Via::Cookie {
        let error = Error::new(ErrorKind::Forbidden, "a browser opens no further session");
        return Err(error.hint("run `hydra open` where the memory is").into());
    }
    let code = app.links.make(identity, Instant::now())?;
    let path = format!("{SESSION_PATH}?code={}", code.as_str());
    let url = format!("{}{path}", app.presence.url());
    let link = json!({"url": url, "path": path, "expires_in_s": CODE_LIFE.as_secs()});
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(link)).into_response())
}

/// Follows a link: lets the browser in and sends it on to an address without the code.
pub async fn follow_link(State(app): State<App>, Query(followed): Query<Followed>, request: Request) -> Response {
    let peer = auth::peer(&request);
    if let Some(refusal) = app.rates.barred(peer) {
        return too_many("too many requests from this address were refused", refusal);
    }
    let next = followed.next.unwrap_or_else(|| "/".to_owned());
    let Some(location) = local(&next) else {
        let error = Error::new(ErrorKind::Invalid, "`next` is no address of this server");
        return unstored(failure::answer(
            StatusCode::BAD_REQUEST,
            &error.hint("begin it with one slash, as in /graphql"),
        ));
    };
    let Some(identity) = followed.code.and_then(|code| app.links.take(&code, Instant::now())) else {
        if let Err(refusal) = app.rates.failure(peer) {
            return too_many("too many requests from this address were refused", refusal);
        }
        let error = Error::new(ErrorKind::Forbidden, "the link was followed already, or is too old")
            .hint("run `hydra open` for another; each works once, for two minutes");
        let mut response = refuse(StatusCode::FORBIDDEN, &error, wants_page(request.method(), request.headers()));
        response.extensions_mut().insert(Why("a link that opens nothing".into()));
        return unstored(response);
    };
    let now = wiring::now();
    let until = Timestamp::from_millis(now.as_millis() + SESSION_DAYS * DAY_MS);
    let register = app.register.clone();
    let opened = tokio::task::spawn_blocking(move || register.open_session(&identity, until, now)).await;
    let opened = opened.unwrap_or_else(|error| Err(Error::io("the session", &std::io::Error::other(error))));
    match opened.and_then(|(_, secret)| cookie(&app, &secret)) {
        Ok(cookie) => {
            let headers = [(header::LOCATION, location), (header::SET_COOKIE, cookie)];
            unstored((StatusCode::SEE_OTHER, headers).into_response())
        }
        Err(error) => unstored(failure::Failed(error).into_response()),
    }
}

/// Says what is here, to a program; a browser is given the page before it comes here.
pub async fn root(Extension(identity): Extension<Identity>) -> Response {
    let places = json!({
        "/graphql": "everything, as one typed graph",
        "/sparql": "the graph in SPARQL",
        "/v1": "each verb as JSON, by POST: /v1/recall and so on",
        "/mcp": "for agents",
        "/metrics": "for a Prometheus",
        "/healthz": "whether it runs",
    });
    let scopes: Vec<&str> = identity.rights.iter().map(Right::as_str).collect();
    let (version, you) = (hydra_mcp::VERSION, identity.agent.name);
    axum::Json(json!({"name": "hydra", "version": version, "you": you, "scopes": scopes, "at": places})).into_response()
}

/// Refuses: in words on a page to a browser, else in JSON.
pub fn refuse(status: StatusCode, error: &Error, is_for_page: bool) -> Response {
    if !is_for_page {
        return failure::answer(status, error);
    }
    let hint = error.next_step().unwrap_or_default();
    page(status, &format!("<p>Not let in: {}.</p><p>Next: {}</p>", escaped(error.message()), escaped(hint)))
}

fn page(status: StatusCode, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hydra</title><style>{STYLE}</style>\
         <h1>Hydra</h1>{body}</html>"
    );
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    unstored((status, headers, html).into_response())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Nothing on the way keeps it, and nobody hears from where it was left.
fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// Returns an address of this server that a link goes on to. What a browser would take for another server's is none.
fn local(next: &str) -> Option<HeaderValue> {
    let is_local = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    let is_plain = next.len() <= MAX_NEXT_BYTES && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    (is_local && is_plain).then(|| HeaderValue::from_str(next).ok()).flatten()
}

fn cookie(app: &App, secret: &Secret) -> Result<HeaderValue> {
    let (name, value, max_age_s) = (&app.cookie_name, secret.as_str(), SESSION_DAYS * DAY_MS / 1_000);
    let secure = if app.presence.url().starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).map_err(|error| Error::io("the cookie", &std::io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_on_to_this_server_alone() {
        for next in ["/", "/graphql", "/m/01kgy?x=/y#z"] {
            assert!(local(next).is_some(), "{next}");
        }
        let long = format!("/{}", "x".repeat(MAX_NEXT_BYTES));
        for next in
            ["", "x", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ö", long.as_str()]
        {
            assert!(local(next).is_none(), "{next}");
        }
    }
}
