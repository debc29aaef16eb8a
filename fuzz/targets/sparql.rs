//! SPARQL: a request in each of its forms, and the texts that it brings as they are read before anything of them runs.
#![no_main]
#![allow(dead_code, reason = "only what reads a request is called")]

#[path = "../../server/src/http/sparql/request.rs"]
mod request;

/// What a request is refused with.
mod http {
    pub mod failure {
        use axum::http::StatusCode;
        use hydra_graph::Error;

        pub struct Told;

        impl Told {
            pub fn new(_: StatusCode, _: Error) -> Self {
                Self
            }
        }

        impl From<Error> for Told {
            fn from(_: Error) -> Self {
                Self
            }
        }
    }
}

mod wiring {
    pub fn now() -> hydra_graph::Timestamp {
        hydra_graph::Timestamp::from_millis(1_790_000_000_000)
    }
}

use axum::body::Bytes;
use axum::http::{HeaderMap, Uri, header};
use request::{Asked, Operation};

/// A content type, an address and a body, a line each but for the last.
fn read(input: &[u8]) -> Option<(Operation, String)> {
    let mut parts = input.splitn(3, |byte| *byte == b'\n');
    let (kind, address, body) = (parts.next()?, parts.next()?, parts.next()?);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, axum::http::HeaderValue::from_bytes(kind).ok()?);
    let uri: Uri = std::str::from_utf8(address).ok()?.parse().ok()?;
    let asked = Asked::of_body(&uri, &headers, &Bytes::copy_from_slice(body)).ok()?;
    let _ = (asked.part(), asked.moment(), asked.check(&["graph", "default"]));
    asked.operation().ok().flatten()
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let text = match read(input) {
        Some((_, text)) => text,
        None => match std::str::from_utf8(input) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        },
    };
    hydra_graph::fuzzing::sparql(&text);
});
