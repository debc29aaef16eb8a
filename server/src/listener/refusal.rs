//! What is answered to somebody of whom no request was heard whole. The library that reads heads answers with a status
//! alone, or just hangs up; here it says why, and what to do.

use axum::http::StatusCode;
use hydra_graph::{Error, ErrorKind};

use crate::outcome;

/// Begins what the library answers by itself.
const BARE: &[u8] = b"HTTP/1.1 4";
/// The headers that such an answer has.
const OF_BARE: [&str; 3] = ["connection", "content-length", "date"];

/// Tells a client that there is no place. It was not heard yet, so its request may be sent again.
pub(super) fn no_place() -> Vec<u8> {
    let error = Error::new(ErrorKind::Unavailable, "every connection is in use")
        .hint("try again in a moment, or close one that is not used");
    whole(StatusCode::SERVICE_UNAVAILABLE, &error)
}

/// Tells a client that the head of its request did not come in time.
pub(super) fn too_slow() -> Vec<u8> {
    let error =
        Error::new(ErrorKind::Invalid, "the head of the request took too long to arrive").hint("send it again, whole");
    whole(StatusCode::REQUEST_TIMEOUT, &error)
}

/// Returns what is answered in place of a status alone; `None` for any other answer.
pub(super) fn in_place_of(answer: &[u8]) -> Option<Vec<u8>> {
    let status = bare_status(answer)?;
    let (message, hint, kind) = match status {
        StatusCode::URI_TOO_LONG => (
            "the address is longer than is read at all",
            "send what is asked in the body of a POST",
            ErrorKind::TooLarge,
        ),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            ("the headers are more than are read at all", "send fewer and shorter ones", ErrorKind::TooLarge)
        }
        StatusCode::BAD_REQUEST => {
            ("the request does not read", "send HTTP/1.1, as a client library or curl does", ErrorKind::Invalid)
        }
        _ => return None,
    };
    Some(whole(status, &Error::new(kind, message).hint(hint)))
}

/// Returns the status of an answer that has nothing else.
fn bare_status(answer: &[u8]) -> Option<StatusCode> {
    // Nearly every answer is another: no more than its beginning is looked at.
    let head = answer.strip_prefix(BARE).and_then(|_| std::str::from_utf8(answer).ok())?.strip_suffix("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?;
    let mut is_empty = false;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        is_empty |= name.eq_ignore_ascii_case("content-length") && value == "0";
        OF_BARE.iter().find(|of_bare| name.eq_ignore_ascii_case(of_bare))?;
    }
    status.parse().ok().filter(|_| is_empty)
}

fn whole(status: StatusCode, error: &Error) -> Vec<u8> {
    let body = outcome::error_json(error).to_string();
    let retry = if status == StatusCode::SERVICE_UNAVAILABLE { "Retry-After: 1\r\n" } else { "" };
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{retry}Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_whole() {
        for (answer, status, kind) in [(no_place(), "503", "unavailable"), (too_slow(), "408", "invalid")] {
            let answer = String::from_utf8(answer).unwrap();
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
            let error: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(error["error"]["kind"], kind);
            assert!(error["error"]["hint"].is_string());
        }
    }

    #[test]
    fn only_a_status_alone_is_replaced() {
        let bare =
            |status: &str, more: &str| format!("HTTP/1.1 {status}\r\n{more}content-length: 0\r\ndate: x\r\n\r\n");
        let large = "431 Request Header Fields Too Large";
        for (answer, is_replaced) in [
            (bare(large, ""), true),
            (bare(large, "connection: close\r\n"), true),
            (bare("414 URI Too Long", ""), true),
            (bare("400 Bad Request", ""), true),
            (bare("404 Not Found", ""), false),
            (bare("200 OK", ""), false),
            (bare(large, "vary: accept\r\n"), false),
            (bare(large, "").replace("length: 0", "length: 5"), false),
            (format!("{}hello", bare(large, "")), false),
            ("HTTP/1.1 4".to_owned(), false),
        ] {
            let answered = in_place_of(answer.as_bytes());
            assert_eq!(answered.is_some(), is_replaced, "{answer}");
            let same = answered.is_none_or(|answered| answered.starts_with(&answer.as_bytes()[..12]));
            assert!(same, "the status stays: {answer}");
        }
    }
}
