//! Requests and answers by the GraphQL-over-HTTP specification: JSON by POST, queries also by GET; what is refused says so
//! in its status. A browser's page can send a form to this machine without asking, but no JSON: so there are no forms.

use std::collections::HashMap;

use async_graphql::parser::types::OperationType;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;

use super::request::{Asked, Parts, Refusal, is_refused, spelled, spelled_errors};
use super::{Visit, error, socket, sse};

/// How an answer is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// `application/graphql-response+json`: the status says how it went.
    GraphQl,
    /// `application/json`, as before there was that one: whatever was understood is 200.
    Json,
    /// `text/event-stream`: one answer after the other.
    Events,
}

impl Accepted {
    /// Chooses among what a client accepts, in the order of its wishes.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let mut wishes = Vec::new();
        for value in headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()) {
            for range in value.split(',') {
                let mut parts = range.split(';').map(str::trim);
                let name = parts.next().unwrap_or_default().to_ascii_lowercase();
                let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse().ok());
                let charset = range.to_ascii_lowercase();
                // Another alphabet than UTF-8 is not spoken.
                let is_spoken = !charset.contains("charset=") || charset.contains("utf-8") || charset.contains("utf8");
                wishes.push((name, weight.unwrap_or(1.0_f32), is_spoken));
            }
        }
        if wishes.is_empty() {
            return Some(Self::Json);
        }
        // Those that are wished for alike are taken in the order in which they stand.
        wishes.sort_by(|(_, one, _), (_, other, _)| other.total_cmp(one));
        wishes.iter().filter(|(_, weight, is_spoken)| *weight > 0.0 && *is_spoken).find_map(|(name, _, _)| {
            match name.as_str() {
                "application/graphql-response+json" => Some(Self::GraphQl),
                "application/json" | "application/*" | "*/*" => Some(Self::Json),
                "text/event-stream" => Some(Self::Events),
                _ => None,
            }
        })
    }

    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::Json => "application/json; charset=utf-8",
            Self::Events => "text/event-stream; charset=utf-8",
        })
    }
}

/// A request in a body.
pub async fn post(visit: Visit, headers: HeaderMap, body: Bytes) -> Response {
    let Some(accepted) = Accepted::of(&headers) else { return not_acceptable() };
    match parts_of_body(&headers, &body) {
        Ok(parts) => answer(visit, accepted, parts, |_| true).await,
        Err((status, error)) => refuse(accepted, status, &error),
    }
}

/// A request in an address, or the beginning of a conversation over a socket.
pub async fn get(
    visit: Visit,
    headers: HeaderMap,
    uri: Uri,
    parameters: Result<Query<HashMap<String, String>>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Ok(upgrade) = upgrade {
        return socket::upgrade(visit, upgrade);
    }
    let Some(accepted) = Accepted::of(&headers) else { return not_acceptable() };
    // What is no text would be read as another text.
    let is_text = percent_decode_str(uri.query().unwrap_or_default()).decode_utf8().is_ok();
    let Some(Query(parameters)) = parameters.ok().filter(|_| is_text) else {
        let error = Error::new(ErrorKind::Invalid, "the parameters of the address do not read as UTF-8");
        return refuse(accepted, StatusCode::BAD_REQUEST, &error.hint("write query=, variables= and operationName="));
    };
    let parts = match parts_of_address(parameters) {
        Ok(parts) => parts,
        Err(error) => return refuse(accepted, StatusCode::BAD_REQUEST, &error),
    };
    // An address is followed by whoever sees it: by it nothing is changed. An event source can do nothing but GET.
    let may = |does| match does {
        OperationType::Query => true,
        OperationType::Subscription => accepted == Accepted::Events,
        OperationType::Mutation => false,
    };
    answer(visit, accepted, parts, may).await
}

/// Reads the body of a POST.
fn parts_of_body(headers: &HeaderMap, body: &[u8]) -> Result<Parts, (StatusCode, Error)> {
    let invalid = |message: &str, hint: &str| Error::new(ErrorKind::Invalid, message).hint(hint);
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = media.split(';').map(|part| part.trim().to_ascii_lowercase());
    if parts.next().as_deref() != Some("application/json") {
        let hint = "send JSON, with Content-Type: application/json";
        let what = if media.is_empty() { "the body has no Content-Type" } else { "the body is not JSON" };
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, invalid(what, hint)));
    }
    let charset = parts.find_map(|part| part.strip_prefix("charset=").map(|name| name.trim_matches('"').to_owned()));
    if charset.is_some_and(|charset| charset != "utf-8" && charset != "utf8") {
        let error = invalid("the body is not in UTF-8", "JSON between programs is in UTF-8");
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, error));
    }
    let body = std::str::from_utf8(body).map_err(|broken| {
        let message = format!("the body is not UTF-8 from byte {} on", broken.valid_up_to());
        (StatusCode::BAD_REQUEST, invalid(&message, "JSON between programs is in UTF-8"))
    })?;
    let body: Json = serde_json::from_str(body).map_err(|broken| {
        let message = format!("the body is not JSON, at line {} column {}", broken.line(), broken.column());
        (StatusCode::BAD_REQUEST, invalid(&message, "send {\"query\": \"{ stats { memories } }\"}"))
    })?;
    Parts::of(body).map_err(|error| (StatusCode::BAD_REQUEST, error))
}

/// Reads the parameters of a GET.
fn parts_of_address(mut parameters: HashMap<String, String>) -> Result<Parts, Error> {
    let mut read = |name: &str| -> Result<Option<Json>, Error> {
        let Some(text) = parameters.remove(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let value = serde_json::from_str::<Json>(&text).map_err(|_| {
            Error::new(ErrorKind::Invalid, format!("the parameter {name} is not JSON"))
                .hint("write it as JSON, with percent signs where an address needs them")
        })?;
        Ok(Some(value).filter(|value| !value.is_null()))
    };
    let (variables, extensions) = (read("variables")?, read("extensions")?);
    let mut text = |name: &str| parameters.remove(name).filter(|text| !text.is_empty()).map(Json::String);
    Ok(Parts { query: text("query"), operation_name: text("operationName"), variables, extensions })
}

async fn answer(visit: Visit, accepted: Accepted, parts: Parts, may: impl Fn(OperationType) -> bool) -> Response {
    let Visit { door, session } = visit;
    let asked = match parts.read() {
        Ok(asked) => asked,
        Err(refusal) => return refused(accepted, refusal),
    };
    if !may(asked.does) {
        let message = "by GET only queries are answered";
        let error = Error::new(ErrorKind::Invalid, message).hint("send it by POST, as JSON");
        let mut response = refuse(accepted, StatusCode::METHOD_NOT_ALLOWED, &error);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let caller = door.caller(session);
    match accepted {
        Accepted::Events => sse::answer(asked, &door, caller),
        _ if asked.does == OperationType::Subscription => {
            let message = "a subscription is more than one answer";
            let hint = "accept text/event-stream, or speak graphql-transport-ws at this address";
            refuse(accepted, StatusCode::NOT_ACCEPTABLE, &Error::new(ErrorKind::Invalid, message).hint(hint))
        }
        accepted => whole(accepted, asked, &door, caller).await,
    }
}

/// Answers at once.
async fn whole(accepted: Accepted, asked: Asked, door: &super::Door, caller: super::caller::Caller) -> Response {
    let response = asked.answer(&door.schema, caller).await;
    let status = match accepted {
        Accepted::GraphQl if is_refused(&response) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    json(accepted, status, spelled(&response))
}

/// Refuses what can't be run: as JSON, that is an answer like others, unless it was no request at all.
fn refused(accepted: Accepted, refusal: Refusal) -> Response {
    let status = match (accepted, &refusal) {
        (Accepted::Json, Refusal::Unsound(_)) => StatusCode::OK,
        _ => refusal.status(),
    };
    json(accepted, status, spelled_errors(&refusal.errors()))
}

fn refuse(accepted: Accepted, status: StatusCode, error: &Error) -> Response {
    json(accepted, status, spelled_errors(&[error::of_request(error)]))
}

fn not_acceptable() -> Response {
    let message = "none of what is accepted is spoken here";
    let hint = "accept application/graphql-response+json, application/json or text/event-stream";
    refuse(Accepted::Json, StatusCode::NOT_ACCEPTABLE, &Error::new(ErrorKind::Invalid, message).hint(hint))
}

fn json(accepted: Accepted, status: StatusCode, body: String) -> Response {
    // Who wants events hears of what is wrong with the request before any of them.
    let accepted = if accepted == Accepted::Events { Accepted::GraphQl } else { accepted };
    let headers = [
        (header::CONTENT_TYPE, accepted.content_type()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("Accept")),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strongest_wish_that_is_spoken_is_met() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().unwrap());
            Accepted::of(&headers)
        };
        assert_eq!(Accepted::of(&HeaderMap::new()), Some(Accepted::Json));
        for (accept, expected) in [
            ("*/*", Some(Accepted::Json)),
            ("application/json", Some(Accepted::Json)),
            ("application/json; charset=utf-8, */*", Some(Accepted::Json)),
            ("application/graphql-response+json, application/json;q=0.9", Some(Accepted::GraphQl)),
            ("application/graphql-response+json;q=0.1, application/json;q=0.9", Some(Accepted::Json)),
            ("text/event-stream", Some(Accepted::Events)),
            ("image/png", None),
            ("image/png, */*;q=0.1", Some(Accepted::Json)),
            ("application/json;q=0", None),
            ("application/json; charset=iso-8859-1", None),
        ] {
            assert_eq!(of(accept), expected, "{accept}");
        }
    }
}
