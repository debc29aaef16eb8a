//! Who asks too much waits, and every call that was refused is in the journal, counted and without what was asked.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;

use harness::{Server, code, hydra, json, run, stderr, succeeds, wait_until};
use serde_json::{Value, json};
use wire::{Door, presence};

fn door(data: &Path, name: &str, scope: &str) -> Door {
    let token = succeeds(data, &["--quiet", "token", "create", "--name", name, "--scope", scope]);
    Door { token: token.trim().to_owned(), ..Door::of(data) }
}

fn refusals(data: &Path) -> Vec<Value> {
    json(data, &["token", "refused", "--limit", "1000"])["refusals"].as_array().unwrap().clone()
}

#[test]
fn what_was_refused_is_in_the_journal() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let phone = door(data, "phone", "write");
    let secret = json!({"query": "where is the spare key"});
    for _ in 0..30 {
        assert_eq!(phone.post("/v1/recall", &[], &secret).status, 403);
    }
    let call =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "recall", "arguments": secret}});
    phone.mcp(&call);
    phone.post("/graphql", &[], &json!({"query": "{ stats { memories } recall(query: \"spare key\") { traceId } }"}));
    let stranger = Door { token: "spare-key-guess".to_owned(), ..Door::of(data) };
    for path in ["/v1/recall", "/v1/%00", "/spare-key"] {
        assert_eq!(stranger.post(path, &[], &secret).status, 401);
    }
    phone.send("GET", "/metrics", &[("Host", "evil.example")], b"");
    phone.send("GET", "/spare-key", &[("Host", "localhost"), ("Origin", "http://spare-key.example")], b"");
    let commits = || json(data, &["status"])["head"].clone();
    wait_until("the first to be written down", || !refusals(data).is_empty());
    let head = commits();
    // Those that come meanwhile wait for their turn, or for the end.
    phone.post("/v1/recall", &[], &secret);
    assert_eq!(commits(), head);
    let query = json!({"query": "{ refusals(first: 10) { who route why times first last } }"});
    let told = Door::of(data).post("/graphql", &[], &query).json();
    assert_eq!(told["data"]["refusals"][0]["who"].as_str().map(|who| !who.is_empty()), Some(true), "{told}");
    server.stop();
    let all = refusals(data);
    let times = |who: &str, route: &str, why: &str| {
        let is_it = |one: &&Value| one["who"] == who && one["route"] == route && one["why"] == why;
        all.iter().filter(is_it).map(|one| one["times"].as_u64().unwrap()).sum::<u64>()
    };
    assert_eq!(times("token:phone", "/v1/recall", "has not the scope read"), 31, "{all:?}");
    assert_eq!(times("token:phone", "/mcp recall", "has not the scope read"), 1, "{all:?}");
    assert_eq!(times("token:phone", "/graphql recall", "has not the scope read"), 1, "{all:?}");
    assert_eq!(times("127.0.0.1", "/v1/recall", "the token is not this server's"), 1, "{all:?}");
    assert_eq!(times("127.0.0.1", "none", "the token is not this server's"), 2, "{all:?}");
    assert_eq!(times("127.0.0.1", "/metrics", "another host or origin"), 1, "{all:?}");
    assert_eq!(times("127.0.0.1", "none", "another host or origin"), 1, "{all:?}");
    let shown = succeeds(data, &["token", "refused"]);
    assert!(shown.contains("token:phone  /v1/recall  has not the scope read, 30 times since"), "{shown}");
    let query = "SELECT ?who (SUM(?n) AS ?times) { GRAPH <urn:hydra:ns#g/journal> { ?r a hy:Refusal ; \
                 prov:wasAssociatedWith ?who ; hy:timesSeen ?n } } GROUP BY ?who ORDER BY ?who";
    let rows = json(data, &["query", query])["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
    let export = succeeds(data, &["export"]);
    for word in ["spare", "guess", &phone.token[6..]] {
        assert!(!all.iter().any(|one| one.to_string().contains(word)) && !export.contains(word), "{word}");
        assert!(!server_log(data).contains(word), "{word}");
    }
    // It is a commit like others, but for being taken back.
    let refused = json(data, &["query", "SELECT ?c { GRAPH <urn:hydra:ns#g/journal> { ?c hy:verb \"refuse\" } }"]);
    let commit = refused["rows"][0][0]["value"].as_str().unwrap().trim_start_matches("id:");
    let undo = run(data, &["undo", commit]);
    assert!(code(&undo) == 2 && stderr(&undo).contains("refused"), "{commit}: {}", stderr(&undo));
}

fn server_log(data: &Path) -> String {
    std::fs::read_to_string(data.with_extension("stderr")).unwrap()
}

#[test]
fn who_asks_too_much_waits_and_the_owner_never() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let mut command = hydra(data);
    command.env("HYDRA_REQUESTS_PER_MINUTE", "60");
    let _server = Server::start_with(command, data);
    let (busy, calm) = (door(data, "busy", "read"), door(data, "calm", "read"));
    let answers: Vec<_> = (0..20).map(|_| busy.post("/v1/status", &[], &json!({}))).collect();
    let refused = answers.iter().find(|answer| answer.status == 429).expect("six at once, one a second");
    assert!(answers[0].status == 200 && (1..=60).contains(&refused.headers["retry-after"].parse::<u64>().unwrap()));
    assert_eq!(refused.json()["error"]["kind"], "unavailable");
    assert_eq!(calm.post("/v1/status", &[], &json!({})).status, 200, "each has its own");
    let owner = Door::of(data);
    assert!((0..200).all(|_| owner.post("/v1/blocks", &[], &json!({})).status == 200));
    // Who guesses is slowed down, which does not slow down who knows.
    let stranger = Door { token: "guess".to_owned(), ..Door::of(data) };
    let statuses: Vec<u16> = (0..80).map(|_| stranger.post("/v1/status", &[], &json!({})).status).collect();
    assert!(statuses[0] == 401 && statuses.contains(&429), "{statuses:?}");
    assert_eq!(owner.post("/v1/status", &[], &json!({})).status, 200);
    let listed = json(data, &["token", "list"]);
    assert_eq!(listed["tokens"][1]["name"], "calm");
    wait_until("the last use to be written down", || {
        json(data, &["token", "list"])["tokens"][1]["last_used"].is_string()
    });
}

#[test]
fn other_names_and_pages_are_refused_everywhere() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let door = Door::of(data);
    let bearer = format!("Bearer {}", door.token);
    let port = presence(data)["port"].to_string();
    let rebound = format!("rebound.example:{port}");
    for path in [
        "/healthz",
        "/readyz",
        "/",
        "/session?code=x",
        "/metrics",
        "/v1/status",
        "/mcp",
        "/graphql",
        "/sparql",
        "/store",
        "/store/shelf",
        "/m/0000000000000",
        "/m/0000000000000.ttl",
        "/m/0000000000000/history",
        "/entity/Nobody",
        "/ns",
        "/openapi.json",
        "/api/map/frame",
        "/assets/main.js",
        "/graphql/page.js",
        "/today.json",
        "/nothing",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            for headers in [
                vec![("Host", rebound.as_str())],
                vec![("Host", "127.0.0.1.rebound.example")],
                vec![("Host", "localhost"), ("Origin", "null")],
                vec![("Host", "localhost"), ("Origin", "http://rebound.example")],
                vec![("Host", "localhost"), ("Origin", "file://")],
                vec![("Host", "localhost"), ("Origin", "http://localhost.rebound.example")],
            ] {
                let headers = [&headers[..], &[("Authorization", bearer.as_str())]].concat();
                let answer = door.send(method, path, &headers, b"");
                assert_eq!(answer.status, 403, "{method} {path} {headers:?}");
                assert!(!answer.headers.contains_key("access-control-allow-origin"));
            }
        }
    }
    let socket = [
        ("Host", "localhost"),
        ("Authorization", bearer.as_str()),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "graphql-transport-ws"),
        ("Origin", "http://rebound.example"),
    ];
    assert_eq!(door.open("GET", "/graphql", &socket, b"").status, 403);
}

#[test]
fn nobody_listens_beyond_this_machine_in_the_open() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let serve = |more: &[(&str, &str)]| {
        let mut command = hydra(data);
        command.env("HYDRA_BIND", "0.0.0.0").args(["serve", "--port", "0"]);
        command.envs(more.iter().copied()).output().unwrap()
    };
    let output = serve(&[]);
    assert!(code(&output) == 2 && stderr(&output).contains("token create"), "{}", stderr(&output));
    let phone = succeeds(data, &["--quiet", "token", "create", "--name", "phone"]);
    let output = serve(&[]);
    assert!(code(&output) == 2 && stderr(&output).contains("tls_cert"), "{}", stderr(&output));
    let mut command = hydra(data);
    command.env("HYDRA_BIND", "0.0.0.0").env("HYDRA_ALLOW_PLAIN_HTTP", "true");
    let server = Server::start_with(command, data);
    let door = Door { token: phone.trim().to_owned(), ..Door::of(data) };
    assert_eq!(door.post("/v1/status", &[], &json!({})).status, 200);
    assert!(server.stderr().contains("without encryption"), "{}", server.stderr());
}
