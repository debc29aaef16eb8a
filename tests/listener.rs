//! Whoever connects can take only so much, whatever they send or leave out, and recall is answered as before.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use harness::{PATIENCE, Server, wait_until};
use serde_json::json;
use wire::Door;

/// As many connections as there are places for.
const PLACES: usize = 256;
/// Queries that run at once, and that wait.
const RUNNING: usize = 8;
const WAITING: usize = 64;

struct Home {
    _folder: tempfile::TempDir,
    _server: Server,
    door: Door,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let server = Server::start(&data);
        let door = Door::of(&data);
        assert_eq!(door.post("/v1/remember", &[], &json!({"text": "The gate creaks in the east wind"})).status, 200);
        Self { _folder: folder, _server: server, door }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.door.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE * 2)).unwrap();
        stream
    }

    fn send(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(bytes).unwrap();
        stream
    }

    /// The head of a request that may be answered.
    fn head(&self, method: &str, path: &str, headers: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{headers}\r\n",
            self.door.token
        )
    }

    #[track_caller]
    fn recalls(&self) {
        let found = self.door.post("/v1/recall", &[], &json!({"query": "creaking gate"}));
        assert_eq!(found.status, 200, "{}", found.body);
        assert_eq!(found.json()["hits"][0]["text"], "The gate creaks in the east wind");
    }
}

/// What comes until the other end closes.
fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A connection that is cut has said all that it will.
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status: {answer:?}"))
}

#[track_caller]
fn says_why(answer: &str) {
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let error: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"));
    assert!(error["error"]["message"].is_string() && error["error"]["hint"].is_string(), "{answer}");
}

#[test]
fn who_never_ends_what_they_send_is_not_waited_for() {
    let home = Home::new();
    let silent = home.connect();
    let half = home.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Half: ");
    let body =
        home.send(format!("{}{{\"query\"", home.head("POST", "/v1/recall", "Content-Length: 100\r\n")).as_bytes());
    let chunk = home.send(
        format!("{}5\r\nhello\r\n", home.head("PUT", "/store?default", "Transfer-Encoding: chunked\r\n")).as_bytes(),
    );
    let kept = home.send(home.head("POST", "/v1/status", "Content-Length: 0\r\n").as_bytes());
    let mut trickle = home.connect();
    trickle.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let trickling = std::thread::spawn(move || {
        // Each byte is progress of a kind; the head as a whole has its time all the same.
        while trickle.write_all(b"X: y\r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    home.recalls();
    assert_eq!(rest(silent), "", "who has asked nothing is told nothing");
    for stream in [half, body, chunk] {
        let answer = rest(stream);
        assert_eq!(status(&answer), 408, "{answer}");
        says_why(&answer);
    }
    let kept = rest(kept);
    assert_eq!(
        (status(&kept), kept.matches("HTTP/1.1").count()),
        (200, 1),
        "answered, and closed without a word: {kept}"
    );
    trickling.join().unwrap();
    home.recalls();
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let home = Home::new();
    let large = 100 * 1024 * 1024;
    for (method, path) in [("POST", "/v1/remember"), ("PUT", "/store?default"), ("POST", "/graphql"), ("POST", "/mcp")]
    {
        let answer = rest(home.send(home.head(method, path, &format!("Content-Length: {large}\r\n")).as_bytes()));
        assert_eq!(status(&answer), 413, "{path}: {answer}");
        says_why(&answer);
    }
    // One that does not say how long it is.
    let mut stream = home.send(home.head("POST", "/v1/remember", "Transfer-Encoding: chunked\r\n").as_bytes());
    let piece = [b"10000\r\n".as_slice(), &[b' '; 0x1_0000], b"\r\n"].concat();
    let sent = (0..large / 0x1_0000).take_while(|_| stream.write_all(&piece).is_ok()).count();
    assert!(sent < large / 0x1_0000, "all of it was read");
    let answer = rest(stream);
    assert_eq!(status(&answer), 413, "{answer}");
    says_why(&answer);
    home.recalls();
}

#[test]
fn heads_are_bounded() {
    let home = Home::new();
    let many = |count: usize| {
        (0..count).fold(String::new(), |mut all, number| {
            let _ = write!(all, "X-{number}: y\r\n");
            all
        })
    };
    let address = |bytes: usize| format!("/sparql?query={}", "x".repeat(bytes));
    for (path, headers, expected) in [
        ("/v1/status".to_owned(), many(65), 431),
        ("/v1/status".to_owned(), format!("X: {}\r\n", "y".repeat(17 * 1024)), 431),
        (address(33 * 1024), String::new(), 414),
        // Further out, what reads heads refuses them itself.
        ("/v1/status".to_owned(), many(150), 431),
        (address(70 * 1024), String::new(), 414),
        ("/v1/status".to_owned(), format!("X: {}\r\n", "y".repeat(200 * 1024)), 431),
        ("/v1/status".to_owned(), "no header\r\n".to_owned(), 400),
    ] {
        let mut stream = home.connect();
        let _ = stream.write_all(home.head("GET", &path, &format!("Connection: close\r\n{headers}")).as_bytes());
        let answer = rest(stream);
        assert_eq!(status(&answer), expected, "{} bytes of headers", headers.len());
        says_why(&answer);
    }
    home.recalls();
}

#[test]
fn connections_are_bounded_and_idle_ones_keep_nobody_out() {
    let home = Home::new();
    let idle: Vec<TcpStream> = (0..PLACES + 20).map(|_| home.connect()).collect();
    std::thread::sleep(Duration::from_millis(1_100));
    home.recalls();
    drop(idle);
    home.recalls();
    // Each of these is being answered, as soon as its body has come.
    let head = home.head("POST", "/v1/status", "Content-Length: 2\r\n");
    let mut busy: Vec<TcpStream> = Vec::new();
    let refused = loop {
        busy.push(home.send(head.as_bytes()));
        assert!(busy.len() <= PLACES * 2, "there was always a place");
        if busy.len() < PLACES {
            continue;
        }
        let last = home.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = rest(last);
        if !answer.starts_with("HTTP/1.1 200") {
            break answer;
        }
    };
    assert_eq!(status(&refused), 503, "{refused}");
    assert!(refused.contains("Retry-After: 1"), "{refused}");
    says_why(&refused);
    for mut stream in busy {
        let _ = stream.write_all(b"{}");
    }
    wait_until("a place to be free", || {
        let answer = rest(home.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        answer.starts_with("HTTP/1.1 200")
    });
    home.recalls();
}

#[test]
fn queries_that_wait_are_bounded_and_keep_nothing_else_out() {
    let home = Home::new();
    // It ends by what it costs, after many times as long as sending one takes.
    let query = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r } ORDER BY ?a ?d ?g OFFSET 1000000000";
    let head = home.head(
        "POST",
        "/sparql",
        &format!("Connection: close\r\nContent-Type: application/sparql-query\r\nContent-Length: {}\r\n", query.len()),
    );
    let ask = || home.send(format!("{head}{query}").as_bytes());
    let mut waiting: Vec<TcpStream> = (0..RUNNING + WAITING).map(|_| ask()).collect();
    let refused = loop {
        assert!(waiting.len() < 2 * (RUNNING + WAITING), "there was always a place to wait at");
        let mut last = ask();
        last.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let mut first = [0; 16];
        if last.read(&mut first).is_ok_and(|length| length > 0) && first.starts_with(b"HTTP/1.1 503") {
            break format!("{}{}", String::from_utf8_lossy(&first), rest(last));
        }
        waiting.push(last);
    };
    assert!(refused.contains("requests wait already"), "{refused}");
    says_why(&refused);
    home.recalls();
    // Nobody waits any more: neither do they.
    drop(waiting);
    wait_until("a place for a query", || {
        let head = home.head("GET", "/sparql?query=ASK%7B%7D", "Connection: close\r\n");
        rest(home.send(head.as_bytes())).starts_with("HTTP/1.1 200")
    });
}

#[test]
fn what_is_not_utf8_or_of_no_known_kind_is_refused_with_a_reason() {
    let home = Home::new();
    let bad = b"\xff\xfe";
    let bearer = format!("Bearer {}", home.door.token);
    let own = [("Host", "localhost"), ("Authorization", bearer.as_str())];
    for (method, path, content_type, body, expected) in [
        ("POST", "/v1/recall", "application/json", &b"{\"query\": \"\xff\"}"[..], 400),
        ("POST", "/v1/remember", "application/json", b"\xff", 400),
        ("POST", "/graphql", "application/json", b"{\"query\": \"\xff\"}", 400),
        ("POST", "/sparql", "application/sparql-query", bad, 400),
        ("POST", "/sparql", "application/sparql-update", bad, 400),
        ("POST", "/sparql", "application/x-www-form-urlencoded", b"query=%ff", 400),
        ("PUT", "/store?default", "text/turtle", b"<a:a> <a:b> \"\xff\" .", 400),
        ("PUT", "/store?default", "application/n-triples", b"<a:a> <a:b> \"\xff\" .", 400),
        ("PUT", "/store?default", "application/rdf+xml", b"<\xff/>", 400),
        ("PUT", "/store?default", "application/ld+json", b"[\"\xff\"]", 400),
        ("GET", "/sparql?query=%ff", "", b"", 400),
        ("GET", "/store?graph=%ff", "", b"", 400),
        ("GET", "/graphql?query=%ff", "", b"", 400),
        ("GET", "/m/%ff", "", b"", 404),
        ("GET", "/m/%ff/history", "", b"", 404),
        ("GET", "/entity/%ff", "", b"", 404),
        ("GET", "/m/038g93ppke00p?as_of=%ff", "", b"", 400),
        // And media types that nobody reads.
        ("POST", "/v1/recall", "image/png", b"{}", 415),
        ("POST", "/graphql", "text/plain", b"{}", 415),
        ("POST", "/sparql", "text/plain", b"ASK {}", 415),
        ("POST", "/sparql", "application/sparql-query; charset=latin1", b"ASK {}", 415),
        ("PUT", "/store?default", "image/png", b"x", 415),
        ("POST", "/store?default", "application/octet-stream", b"x", 415),
        // And methods that are not taken.
        ("PATCH", "/store?default", "application/sparql-update", b"CLEAR DEFAULT", 405),
        ("DELETE", "/sparql", "", b"", 405),
    ] {
        let mut headers = own.to_vec();
        if !content_type.is_empty() {
            headers.push(("Content-Type", content_type));
        }
        let answer = home.door.send(method, path, &headers, body);
        assert_eq!(answer.status, expected, "{method} {path} {content_type}: {}", answer.body);
        let said = answer.json();
        let error = if said["error"].is_null() { &said["errors"][0] } else { &said["error"] };
        assert!(error["message"].is_string(), "{method} {path}: {}", answer.body);
    }
    // In headers, which are bytes.
    for (name, expected) in [("Accept", 200), ("Content-Type", 415), ("Authorization", 401)] {
        let mut request = b"POST /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n".to_vec();
        if name != "Authorization" {
            request.extend_from_slice(format!("Authorization: {bearer}\r\n").as_bytes());
        }
        request.extend_from_slice(format!("{name}: ").as_bytes());
        request.extend_from_slice(bad);
        request.extend_from_slice(b"\r\nContent-Length: 2\r\n\r\n{}");
        let answer = rest(home.send(&request));
        assert_eq!(status(&answer), expected, "{name}: {answer}");
    }
    home.recalls();
}
