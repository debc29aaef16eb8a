//! What stands in the head of a request: the address of a page, what the client accepts, where it comes from.
#![no_main]
#![allow(dead_code, reason = "only what reads is called")]

#[path = "../../server/src/http/page/address.rs"]
mod address;
#[path = "../../server/src/http/guard.rs"]
mod guard;
#[path = "../../server/src/http/sparql/negotiation.rs"]
mod negotiation;

/// What a caller who is refused is answered.
mod failure {
    use axum::http::StatusCode;
    use axum::response::Response;
    use hydra_graph::Error;

    pub fn answer(_: StatusCode, _: &Error) -> Response {
        Response::default()
    }
}

mod refused {
    #[derive(Clone)]
    pub struct Why(pub std::borrow::Cow<'static, str>);
}

/// As much of the configuration as says who may call.
mod config {
    use std::net::IpAddr;
    use std::path::PathBuf;

    pub struct Config {
        pub bind: IpAddr,
        pub allowed_hosts: Vec<String>,
        pub allowed_origins: Vec<String>,
        pub tls_cert: Option<PathBuf>,
    }
}

use std::net::{IpAddr, Ipv4Addr};

use address::Address;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use hydra_graph::QueryForm;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(read) = Address::read(text)
        && read.is_canonical
    {
        let shown = read.to_string();
        let again = Address::read(shown.strip_prefix("/m/").expect("it is a page's")).expect("what is shown is read");
        assert_eq!(again, read, "{shown}");
    }
    let _ = negotiation::of_content(text);
    let config = config::Config {
        bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
        allowed_hosts: vec![text.to_owned()],
        allowed_origins: vec!["http://localhost:*".to_owned(), text.to_owned()],
        tls_cert: None,
    };
    let allowed = guard::Allowed::new(&config);
    let _ = (allowed.allows_host(text), allowed.allows_origin(text), guard::origin_pattern(text));
    let Ok(value) = HeaderValue::from_str(text) else { return };
    let mut headers = HeaderMap::new();
    for name in [header::ACCEPT, header::HOST, header::ORIGIN] {
        headers.insert(name, value.clone());
    }
    for form in [QueryForm::Select, QueryForm::Ask, QueryForm::Graph] {
        if let Some((format, media_type)) = negotiation::choose(&headers, form) {
            assert!(format.media_types().contains(&media_type), "{media_type}");
        }
    }
    let _ = guard::is_same_origin(&Method::POST, &headers);
});
