//! Lets in only who calls the server by a name of its own and, from a browser, from a page that may: any web page can
//! send requests to this machine, and can even give it a name of its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::failure;
use crate::config::Config;

/// Names of this machine to itself.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Which names and pages may call.
#[derive(Debug)]
pub struct Allowed {
    hosts: Vec<String>,
    origins: Vec<String>,
}

impl Allowed {
    /// Reads the configuration.
    pub fn new(config: &Config) -> Self {
        let mut hosts: Vec<String> = LOOPBACK.map(str::to_owned).to_vec();
        if !config.bind.is_unspecified() {
            hosts.push(config.bind.to_string());
        }
        hosts.extend(config.allowed_hosts.iter().map(|host| host.to_ascii_lowercase()));
        Self { hosts, origins: config.allowed_origins.clone() }
    }

    /// Returns the names, without ports.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Returns the pages, as `http://localhost:*`.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    fn allows_host(&self, authority: &str) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(host_of(authority)))
    }

    fn allows_origin(&self, origin: &str) -> bool {
        let Some(asked) = origin_pattern(origin) else { return false };
        self.origins.iter().filter_map(|allowed| origin_pattern(allowed)).any(|allowed| {
            let is_port = allowed.port == "*" || allowed.port == asked.port;
            allowed.scheme == asked.scheme && allowed.host == asked.host && is_port && asked.port != "*"
        })
    }
}

/// The parts of an origin; the port is `*` for any.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: String,
}

/// Reads `scheme://host:port`; without a port it is the scheme's own. `null` and whatever else is no origin is `None`.
pub fn origin_pattern(text: &str) -> Option<Origin> {
    let (scheme, authority) = text.split_once("://")?;
    let default_port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return None,
    };
    let host = host_of(authority);
    let rest = authority.trim_start_matches('[').strip_prefix(host)?.trim_start_matches(']');
    let port = match rest.strip_prefix(':') {
        Some(port) if port == "*" || port.parse::<u16>().is_ok() => port,
        None if rest.is_empty() => default_port,
        _ => return None,
    };
    if host.is_empty() {
        return None;
    }
    Some(Origin { scheme: scheme.to_owned(), host: host.to_ascii_lowercase(), port: port.to_owned() })
}

/// Returns an authority without its port and the brackets of an IPv6 address.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Checks a request before anything else looks at it.
pub async fn check(State(allowed): State<Arc<Allowed>>, request: Request, next: Next) -> Response {
    match refusal(&allowed, request.uri(), request.headers()) {
        None => next.run(request).await,
        Some(error) => failure::answer(StatusCode::FORBIDDEN, &error),
    }
}

fn refusal(allowed: &Allowed, uri: &Uri, headers: &HeaderMap) -> Option<Error> {
    let refuse = |message: String, hint: &str| Some(Error::new(ErrorKind::Invalid, message).hint(hint));
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => uri.authority().map(|authority| authority.as_str()),
        _ => None,
    };
    match host {
        Some(host) if allowed.allows_host(host) => {}
        Some(host) => {
            let message = format!("the host name `{}` is not one of this server's", shown(host));
            return refuse(message, "call it as localhost, or add the name to allowed_hosts");
        }
        None => return refuse("the request does not name its host".into(), "send one Host header"),
    }
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !allowed.allows_origin(origin) {
            let message = format!("pages from `{}` may not call this server", shown(origin));
            return refuse(message, "add the origin to allowed_origins if it is yours");
        }
    }
    None
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Allowed {
        Allowed {
            hosts: LOOPBACK.iter().map(|host| (*host).to_owned()).chain(["box.lan".to_owned()]).collect(),
            origins: ["http://localhost:*", "https://app.example"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn only_own_names_are_answered() {
        for host in ["localhost", "LOCALHOST:1", "127.0.0.1:7717", "[::1]:7717", "box.lan:80"] {
            assert!(allowed().allows_host(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:7717", "", "[::2]:1", "127.0.0.2"] {
            assert!(!allowed().allows_host(host), "{host}");
        }
    }

    #[test]
    fn only_allowed_pages_may_call() {
        for origin in ["http://localhost:3000", "http://localhost", "https://app.example", "https://app.example:443"] {
            assert!(allowed().allows_origin(origin), "{origin}");
        }
        for origin in [
            "null",
            "",
            "http://evil.example",
            "https://localhost:3000",
            "http://localhost.evil.example",
            "https://app.example:8443",
            "http://localhost:*",
            "http://localhost:3000/path",
            "file://localhost",
        ] {
            assert!(!allowed().allows_origin(origin), "{origin}");
        }
    }

    #[test]
    fn a_request_must_name_its_host_once() {
        let mut headers = HeaderMap::new();
        assert!(refusal(&allowed(), &Uri::from_static("/"), &headers).is_some());
        headers.append(header::HOST, "localhost".parse().unwrap());
        assert!(refusal(&allowed(), &Uri::from_static("/"), &headers).is_none());
        headers.append(header::HOST, "localhost".parse().unwrap());
        assert!(refusal(&allowed(), &Uri::from_static("/"), &headers).is_some());
    }
}
