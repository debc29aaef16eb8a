//! Lets in only who calls the server by a name of its own and, from a browser, from a page that may: any web page can
//! send requests to this machine, and can even give it a name of its own.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use hydra_graph::{Error, ErrorKind};

use super::failure;
use super::refused::Why;
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
        let mut origins = config.allowed_origins.clone();
        if config.tls_cert.is_some() {
            // Pages of its own are encrypted then.
            origins.extend(["https://localhost:*", "https://127.0.0.1:*"].map(str::to_owned));
        }
        Self { hosts, origins }
    }

    /// Returns the names, without ports.
    pub fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Returns the pages, as `http://localhost:*`.
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// Tells whether the server may be called by a name.
    pub fn allows_host(&self, authority: &str) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(host_of(authority)))
    }

    /// Tells whether pages of an origin may call.
    pub fn allows_origin(&self, origin: &str) -> bool {
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

/// Tells whether a request that a browser sends with its cookies comes from a page of this very server. What changes
/// something has to show it; a cookie that is not sent across sites is sent by every other port of this machine.
pub fn is_same_origin(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(&HeaderName::from_static("sec-fetch-site"));
    let host = text(&header::HOST).unwrap_or_default();
    let is_own = |origin: &str| {
        let scheme = origin.split_once("://").map_or("http", |(scheme, _)| scheme);
        let own = origin_pattern(&format!("{scheme}://{host}"));
        own.is_some() && own == origin_pattern(origin)
    };
    let origin = text(&header::ORIGIN);
    if origin.is_some_and(|origin| !is_own(origin)) || site.is_some_and(|site| !["same-origin", "none"].contains(&site))
    {
        return false;
    }
    // A socket can do what a POST can.
    let only_looks = [Method::GET, Method::HEAD].contains(method) && !headers.contains_key(header::UPGRADE);
    only_looks || origin.is_some() || site == Some("same-origin")
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
        Some(error) => {
            let mut response = failure::answer(StatusCode::FORBIDDEN, &error);
            response.extensions_mut().insert(Why("another host or origin".into()));
            response
        }
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
    // The host is one of ours, so a page of it is, whatever address the server is bound to.
    let is_own = |origin: &str| origin.split_once("://").is_some_and(|(_, name)| host == Some(name));
    for origin in headers.get_all(header::ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !is_own(origin) && !allowed.allows_origin(origin) {
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
    fn a_cookie_counts_on_own_pages_alone() {
        let is_same = |method: Method, named: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "localhost:7717".parse().unwrap());
            for (name, value) in named {
                headers.insert(*name, value.parse().unwrap());
            }
            is_same_origin(&method, &headers)
        };
        let (own, port) = (("origin", "http://localhost:7717"), ("origin", "http://localhost:3000"));
        assert!(is_same(Method::GET, &[]) && is_same(Method::GET, &[("sec-fetch-site", "none")]));
        assert!(is_same(Method::POST, &[own]) && is_same(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(is_same(Method::GET, &[own, ("upgrade", "websocket")]));
        for named in [
            vec![],
            vec![port],
            vec![("origin", "null")],
            vec![("origin", "http://127.0.0.1:7717")],
            vec![("sec-fetch-site", "none")],
            vec![("sec-fetch-site", "same-site"), own],
            vec![("sec-fetch-site", "cross-site")],
        ] {
            assert!(!is_same(Method::POST, &named), "{named:?}");
        }
        assert!(!is_same(Method::GET, &[port]) && !is_same(Method::GET, &[("sec-fetch-site", "same-site")]));
        assert!(!is_same(Method::GET, &[("upgrade", "websocket")]));
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
