//! Lets in who holds a token, or comes from a browser that was let in, and says in whose name they act.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use hydra_graph::{Error, ErrorKind};
use hydra_mcp::{Holder, Right};

use super::guard::is_same_origin;
use super::refused::{Who, Why};
use super::{App, browser, failure};
use crate::access::{Found, Identity, Refusal, Stay, Via};
use crate::web::wants_page;
use crate::wiring;

/// What a token is told that asks more than it may.
pub const ASKS_TOO_MUCH: &str = "the token asks more than it may in a minute";
/// As the journal has it.
pub const TOO_MUCH: &str = "asked too much";

/// Checks what a request presents, and lets it in under the name that it finds.
pub async fn check(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = peer(&request);
    let failures = &app.rates;
    // An address from elsewhere that failed too often is not looked at; one on this machine is everybody's.
    if let Some(refusal) = failures.barred(peer) {
        return too_many("too many requests from this address were refused", refusal);
    }
    let identity = match identify(&app, &request) {
        Ok(identity) => identity,
        Err(refusal) => {
            if let Err(refusal) = failures.failure(peer) {
                return too_many("too many requests from this address were refused", refusal);
            }
            return refusal.answer(wants_page(request.method(), request.headers()));
        }
    };
    let session = app.session_of(&identity);
    if let Err(refusal) = session.allowance.take() {
        let mut response = too_many(ASKS_TOO_MUCH, refusal);
        response.extensions_mut().insert(Who(identity.agent.name));
        return response;
    }
    let stay = session.stay.clone();
    let extensions = request.extensions_mut();
    extensions.insert(holder(&app, &identity));
    let who = Who(identity.agent.name.clone());
    extensions.insert(identity);
    extensions.insert(session);
    let mut response = ended_with(stay, next.run(request).await);
    response.extensions_mut().insert(who);
    response
}

/// What a tool of MCP is told of a caller. The owner's token is in the hands of many agents, who name themselves.
fn holder(app: &App, identity: &Identity) -> Holder {
    let (refusals, who) = (Arc::clone(&app.refusals), identity.agent.name.clone());
    let on_missing =
        move |right: Right, of: &'static str| refusals.note(&who, &format!("/mcp {of}"), &lacks(right), wiring::now());
    let agent = (identity.via != Via::Owner).then(|| identity.agent.clone());
    Holder { agent, rights: identity.rights, on_missing: Arc::new(on_missing) }
}

/// Says why somebody is refused who lacks a right.
pub fn lacks(right: Right) -> String {
    format!("has not the scope {right}")
}

/// Has an answer that goes on end when whoever asked for it may be in no more.
fn ended_with(stay: Stay, response: Response) -> Response {
    if !stay.has_end() || response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(stay.ended())))
}

/// Why somebody is not let in.
struct NotIn {
    status: StatusCode,
    message: String,
    hint: &'static str,
    /// As RFC 6750 names it.
    code: Option<&'static str>,
    /// As the journal has it.
    why: Cow<'static, str>,
}

impl NotIn {
    fn answer(self, is_for_page: bool) -> Response {
        let error = Error::new(ErrorKind::Invalid, self.message).hint(self.hint);
        let mut response = browser::refuse(self.status, &error, is_for_page);
        let challenge = match self.code {
            Some("invalid_token") => "Bearer realm=\"hydra\", error=\"invalid_token\"",
            _ => "Bearer realm=\"hydra\"",
        };
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response.extensions_mut().insert(Why(self.why));
        response
    }
}

const HOW: &str = "send `Authorization: Bearer TOKEN` with a token that `hydra token create` made, or with what the file \
                   `token` in the data folder holds; in a browser, open what `hydra open --print` prints";

fn identify(app: &App, request: &Request) -> Result<Identity, NotIn> {
    let refuse = |message: &'static str, code| {
        Err(NotIn {
            status: StatusCode::UNAUTHORIZED,
            message: message.to_owned(),
            hint: HOW,
            code,
            why: message.into(),
        })
    };
    let invalid = Some("invalid_token");
    let headers = request.headers();
    let presented = headers.get(header::AUTHORIZATION).map(|value| value.to_str().ok().and_then(bearer));
    let (secret, via_cookie) = match (presented, cookie(headers, &app.cookie_name)) {
        (Some(Some(token)), _) => (token, false),
        (Some(None), _) => return refuse("the Authorization header holds no bearer token", None),
        (None, Some(secret)) => (secret, true),
        (None, None) => return refuse("the request has no token", None),
    };
    let identity = match app.register.find(secret, wiring::now()) {
        Found::In(identity) => identity,
        Found::Ended { name, how } => {
            let (status, message) = (StatusCode::UNAUTHORIZED, format!("the token `{name}` is {how}"));
            return Err(NotIn { status, message: message.clone(), hint: HOW, code: invalid, why: message.into() });
        }
        Found::Stranger => return refuse("the token is not this server's", invalid),
    };
    // A cookie is sent by the browser whoever asks for it, a token only by who has it: neither stands for the other.
    if via_cookie != (identity.via == Via::Cookie) {
        return refuse("the token is not this server's", invalid);
    }
    if via_cookie && !is_same_origin(request.method(), headers) {
        return Err(NotIn {
            status: StatusCode::FORBIDDEN,
            message: "the session of a browser is for pages of this server alone".into(),
            hint: "call it from such a page, or with a token of its own: `hydra token create`",
            code: None,
            why: "a browser's session from another page".into(),
        });
    }
    Ok(identity)
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Returns the value of a cookie.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| {
        let (own, value) = pair.trim().split_once('=')?;
        (own == name).then_some(value)
    })
}

/// Returns where a request comes from, if the listener says so.
pub fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// Answers that it is too much for now.
pub fn too_many(message: &str, refusal: Refusal) -> Response {
    let mut response = failure::answer(StatusCode::TOO_MANY_REQUESTS, &refusal.error(message));
    if let Ok(seconds) = HeaderValue::from_str(&refusal.seconds().to_string()) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response.extensions_mut().insert(Why(TOO_MUCH.into()));
    response
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

    #[test]
    fn cookies_are_read() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; hydra-1=x=y".parse().unwrap());
        headers.append(header::COOKIE, "hydra-2=z".parse().unwrap());
        for (name, value) in [("a", Some("b")), ("hydra-1", Some("x=y")), ("hydra-2", Some("z")), ("hydra", None)] {
            assert_eq!(cookie(&headers, name), value, "{name}");
        }
    }
}
