//! The server answers its owner, and nobody else.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use harness::{Server, json, wait_until};
use serde_json::json;
use wire::Door;

const LOCAL: (&str, &str) = ("Host", "localhost");

#[test]
fn only_health_is_open() {
    let temp = tempfile::tempdir().unwrap();
    let server = Server::start(&temp.path().join("data"));
    let door = Door::of(&temp.path().join("data"));
    let health = door.send("GET", "/healthz", &[LOCAL], b"");
    assert_eq!(health.status, 200);
    let health = health.json();
    assert_eq!((&health["status"], &health["pid"]), (&json!("ok"), &json!(server.pid())));
    assert!(health["version"].is_string());
    for (method, path) in [("POST", "/v1/recall"), ("POST", "/mcp"), ("GET", "/metrics"), ("GET", "/"), ("GET", "/mcp")]
    {
        for token in [None, Some("Bearer wrong"), Some("Basic x"), Some("Bearer "), Some("")] {
            let mut headers = vec![LOCAL];
            headers.extend(token.map(|token| ("Authorization", token)));
            let answer = door.send(method, path, &headers, b"{}");
            assert_eq!(answer.status, 401, "{path} {token:?}");
            assert!(answer.headers.contains_key("www-authenticate"));
            assert!(answer.json()["error"]["hint"].is_string());
        }
    }
}

#[test]
fn pages_and_names_of_others_are_refused() {
    let temp = tempfile::tempdir().unwrap();
    let _server = Server::start(&temp.path().join("data"));
    let door = Door::of(&temp.path().join("data"));
    let bearer = format!("Bearer {}", door.token);
    for path in ["/healthz", "/metrics", "/v1/status", "/mcp"] {
        for headers in [
            vec![("Host", "evil.example")],
            vec![("Host", "localhost.evil.example:7717")],
            vec![],
            vec![LOCAL, ("Host", "evil.example")],
            vec![LOCAL, ("Origin", "http://evil.example")],
            vec![LOCAL, ("Origin", "null")],
            vec![LOCAL, ("Origin", "https://localhost.evil.example")],
        ] {
            let with_token = [&headers[..], &[("Authorization", bearer.as_str())]].concat();
            let answer = door.send("POST", path, &with_token, b"{}");
            // Without any Host header the request is not HTTP/1.1 at all, and may be refused as such.
            assert!([403, 400].contains(&answer.status), "{path} {headers:?}: {}", answer.status);
        }
        for origin in ["http://localhost:3000", "http://127.0.0.1:8080"] {
            let headers = [LOCAL, ("Origin", origin), ("Authorization", bearer.as_str())];
            assert_ne!(door.send("GET", path, &headers, b"").status, 403, "{path} {origin}");
        }
    }
}

#[test]
fn a_memory_knows_who_said_it_and_when() {
    let temp = tempfile::tempdir().unwrap();
    let _server = Server::start(&temp.path().join("data"));
    let door = Door::of(&temp.path().join("data"));
    for at in ["happened_at", "said_at", "at", "time"] {
        let told =
            json!({"text": "It rains on the dyke", "session": at, "speaker": "Oskar", at: "2023-05-08T13:56:00Z"});
        assert_eq!(door.post("/v1/remember", &[], &told).status, 200, "{at}");
    }
    let found = door.post("/v1/recall", &[], &json!({"query": "rains dyke"})).json();
    let hit = &found["hits"][0];
    assert_eq!((&hit["speaker"], &hit["happened_at"]), (&json!("Oskar"), &json!("2023-05-08T13:56:00Z")));
    assert!(hit["part_of"].is_string());
    let blank = door.post("/v1/remember", &[], &json!({"text": "x", "session": " "}));
    assert_eq!(blank.status, 400);
}

#[test]
fn what_is_too_large_or_malformed_is_refused_in_json() {
    let temp = tempfile::tempdir().unwrap();
    let _server = Server::start(&temp.path().join("data"));
    let door = Door::of(&temp.path().join("data"));
    let large = json!({"text": "x".repeat(5 * 1024 * 1024)});
    for path in ["/v1/remember", "/mcp"] {
        let answer = door.post(path, &[("Accept", "application/json, text/event-stream")], &large);
        assert_eq!(answer.status, 413, "{path}");
        assert_eq!(answer.json()["error"]["kind"], "too_large");
    }
    // A memory has a limit of its own, below that of a request.
    let answer = door.post("/v1/remember", &[], &json!({"text": "x ".repeat(100_000)}));
    assert_eq!((answer.status, &answer.json()["error"]["kind"]), (413, &json!("too_large")));
    for (path, body, status) in [
        ("/v1/recall", json!({"query": ""}), 400),
        ("/v1/recall", json!({"question": "x"}), 400),
        ("/v1/recall", json!([]), 400),
        ("/v1/recall", json!({"query": "x".repeat(100_000)}), 413),
        ("/v1/forget", json!({"ids": ["0000000000000"]}), 404),
        ("/v1/get", json!({"ids": ["nope"]}), 400),
        ("/v1/nothing", json!({}), 404),
        ("/v1/rebuild", json!({"index": "nope"}), 200),
    ] {
        let answer = door.post(path, &[], &body);
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.body);
        if status != 200 {
            let error = &answer.json()["error"];
            assert!(error["kind"].is_string() && error["message"].is_string(), "{path}: {}", answer.body);
        }
    }
    let bearer = format!("Bearer {}", door.token);
    let headers = [LOCAL, ("Authorization", bearer.as_str())];
    assert_eq!(door.send("POST", "/v1/recall", &headers, b"{not json").status, 400);
    let wrong = door.send("GET", "/v1/recall", &headers, b"");
    assert!(wrong.json()["error"]["hint"].as_str().unwrap().contains("POST"));
}

#[test]
fn a_stream_tells_how_far_it_is_and_ends_with_the_outcome() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    for number in 0..20 {
        std::fs::write(notes.join(format!("{number}.md")), format!("# {number}\n\nText {number}")).unwrap();
    }
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let answer = door.post("/v1/ingest", &[], &json!({"paths": [notes]}));
    assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, "application/x-ndjson"));
    let lines: Vec<serde_json::Value> = answer
        .body
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.iter().any(|line| line["event"] == "file" && line["total"] == 20), "{}", answer.body);
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["result"]["added"]), (&json!("done"), &json!(20)));
    let answer = door.post("/v1/rebuild", &[], &json!({"index": "nope"}));
    assert!(answer.body.contains("\"event\":\"error\"") && answer.body.contains("\"invalid\""), "{}", answer.body);
}

#[test]
fn an_ingest_ends_when_its_client_goes_away() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    for number in 0..4_000 {
        std::fs::write(notes.join(format!("{number}.md")), format!("# {number}\n\nText {number} of many")).unwrap();
    }
    let server = Server::start(&data);
    let door = Door::of(&data);
    let body = json!({"paths": [notes], "until": "read"}).to_string();
    let mut stream = TcpStream::connect(("127.0.0.1", door.port)).unwrap();
    let head = format!(
        "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n{body}",
        door.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut reader = BufReader::new(&stream);
    let mut line = String::new();
    while !line.contains("\"file\"") {
        line.clear();
        assert!(reader.read_line(&mut line).unwrap() > 0, "the stream ended early");
    }
    drop(reader);
    drop(stream);
    // The verb is counted when it has ended.
    let bearer = format!("Bearer {}", door.token);
    let ended = || {
        let metrics = door.send("GET", "/metrics", &[LOCAL, ("Authorization", bearer.as_str())], b"");
        metrics.body.contains("hydra_verbs_total{verb=\"ingest\"")
    };
    wait_until("the ingest to end", ended);
    let read = json(&data, &["status"])["sources"].as_u64().unwrap();
    assert!(read < 4_000, "it went on to the end");
    server.stop();
}

#[test]
fn metrics_tell_what_happened() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    door.post("/v1/remember", &[], &json!({"text": "The clock is slow"}));
    door.post("/v1/recall", &[], &json!({"query": "clock"}));
    door.post("/v1/recall", &[], &json!({"query": ""}));
    let bearer = format!("Bearer {}", door.token);
    let metrics = door.send("GET", "/metrics", &[LOCAL, ("Authorization", bearer.as_str())], b"").body;
    for line in [
        "hydra_verbs_total{verb=\"remember\",outcome=\"ok\"} 1",
        "hydra_verbs_total{verb=\"recall\",outcome=\"invalid\"} 1",
        "hydra_recall_hits_total{list=\"lexical\"} 1",
        "hydra_http_requests_total{route=\"/v1/recall\",status=\"200\"} 1",
        "hydra_http_request_seconds_bucket",
        "hydra_graph_nodes{kind=\"memories\"} 1",
        "hydra_index_behind{index=\"text\"}",
        "process_resident_memory_bytes",
    ] {
        assert!(metrics.contains(line), "{line} is missing in\n{metrics}");
    }
    assert!(!metrics.contains("clock"));
}
