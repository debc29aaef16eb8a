//! A browser gets in by a link that works once, and its session counts on pages of this server alone.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;

use harness::{Server, hydra, json, succeeds};
use serde_json::json;
use wire::{Answer, Door};

/// Follows a fresh link; returns the cookie.
fn sign_in(data: &Path) -> String {
    let answer = follow(data, &path_of(&succeeds(data, &["--quiet", "open", "--print"])));
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.headers["set-cookie"].split(';').next().unwrap().to_owned()
}

fn path_of(url: &str) -> String {
    let url = url.trim();
    url[url.find("/session").unwrap()..].to_owned()
}

fn follow(data: &Path, path: &str) -> Answer {
    Door::of(data).send("GET", path, &[("Host", &host(data))], b"")
}

fn host(data: &Path) -> String {
    format!("127.0.0.1:{}", Door::of(data).port)
}

#[test]
fn a_link_opens_once_and_leaves_nothing_behind() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let url = succeeds(data, &["--quiet", "open", "--print", "--page", "/graphql"]);
    let path = path_of(&url);
    let code = path.split("code=").nth(1).unwrap().split('&').next().unwrap();
    let head = Door::of(data).send("HEAD", &path, &[("Host", &host(data))], b"");
    assert_ne!(head.status, 303, "a preview does not use it up");
    let answer = follow(data, &path);
    assert_eq!((answer.status, answer.headers["location"].as_str()), (303, "/graphql"));
    assert_eq!(
        (&answer.headers["cache-control"][..], &answer.headers["referrer-policy"][..]),
        ("no-store", "no-referrer")
    );
    let cookie = &answer.headers["set-cookie"];
    for word in ["HttpOnly", "SameSite=Strict", "Path=/;", "Max-Age=604800"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "it is sent without encryption on this machine");
    assert!(!cookie.contains(code) && !answer.body.contains(code));
    for again in [path.clone(), path.replace(code, "x"), "/session".to_owned(), "/session?code=".to_owned()] {
        let answer = follow(data, &again);
        assert_eq!(answer.status, 403, "{again}");
        assert!(!answer.headers.contains_key("set-cookie"));
    }
    for next in ["//evil.example", "/%5Cevil.example", "https://evil.example", "/a%0d%0ab"] {
        let url = path_of(&succeeds(data, &["--quiet", "open", "--print"]));
        assert_eq!(follow(data, &format!("{url}&next={next}")).status, 400, "{next}");
        assert_eq!(follow(data, &url).status, 303, "it is not used up by that");
    }
    assert!(!server.stderr().contains(code));
}

#[test]
fn a_session_is_listed_revoked_and_outlives_a_restart() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let cookie = sign_in(data);
    let ask = |data: &Path, cookie: &str| {
        Door::of(data).send("GET", "/", &[("Host", &host(data)), ("Cookie", cookie), ("Accept", "text/html")], b"")
    };
    // A program that was built without the view says so.
    assert!([200, 501].contains(&ask(data, &cookie).status));
    let named = Door::of(data).send("GET", "/", &[("Host", &host(data)), ("Cookie", &cookie)], b"").json();
    assert_eq!((&named["you"], &named["scopes"][3]), (&json!("owner"), &json!("admin")));
    let listed = json(data, &["token", "list"]);
    let session = &listed["tokens"][0];
    assert_eq!((&session["name"], &session["kind"]), (&json!("browser-1"), &json!("browser")));
    assert!(session["expires_at"].is_string());
    // Its cookie is named after the port, which the next server may not get: what matters is what it holds.
    let port = Door::of(data).port.to_string();
    server.stop();
    let _server = Server::start(data);
    let cookie = cookie.replace(&port, &Door::of(data).port.to_string());
    assert_ne!(ask(data, &cookie).status, 401);
    succeeds(data, &["token", "revoke", "browser-1"]);
    let out = ask(data, &cookie);
    assert_eq!(out.status, 401);
    assert!(
        out.headers["content-type"].starts_with("text/html") && out.body.contains("hydra open --print"),
        "{}",
        out.body
    );
    let bearer = format!("Bearer {}", cookie.split_once('=').unwrap().1);
    let as_token = Door::of(data).send("GET", "/", &[("Host", "localhost"), ("Authorization", &bearer)], b"");
    assert_eq!(as_token.status, 401, "a session is no token");
}

#[test]
fn a_session_is_no_more_than_who_opened_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let token = succeeds(data, &["token", "create", "--name", "tablet", "--scope", "read", "--expires", "1h"]);
    let door = Door { token: token.trim().to_owned(), ..Door::of(data) };
    let link = door.post("/session", &[], &json!({})).json();
    let answer = follow(data, link["path"].as_str().unwrap());
    let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
    let own = format!("http://{}", host(data));
    let post = |path: &str| {
        let headers = [("Host", host(data)), ("Cookie", cookie.clone()), ("Origin", own.clone())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Door::of(data).send("POST", path, &headers, b"{}")
    };
    assert_eq!((post("/v1/status").status, post("/v1/remember").status, post("/session").status), (200, 403, 403));
    let tokens = json(data, &["token", "list"])["tokens"].clone();
    assert_eq!((&tokens[1]["of"], &tokens[1]["agent"]), (&json!("tablet"), &json!("token:tablet")));
    assert_eq!(tokens[1]["expires_at"], tokens[0]["expires_at"], "it lasts no longer");
    succeeds(data, &["token", "revoke", "tablet"]);
    assert_eq!(post("/v1/status").status, 401, "it ends with its token");
}

#[test]
fn a_session_asks_on_the_account_of_the_token_that_opened_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let mut command = hydra(data);
    // One request a minute, of which one at once.
    command.env("HYDRA_REQUESTS_PER_MINUTE", "1");
    let _server = Server::start_with(command, data);
    let token = succeeds(data, &["--quiet", "token", "create", "--name", "tablet", "--scope", "read"]);
    let door = Door { token: token.trim().to_owned(), ..Door::of(data) };
    let link = door.post("/session", &[], &json!({}));
    assert_eq!(link.status, 200, "{}", link.body);
    let answer = follow(data, link.json()["path"].as_str().unwrap());
    let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
    let own = format!("http://{}", host(data));
    let status_of = |cookie: &str| {
        let host = host(data);
        let headers = [("Host", host.as_str()), ("Cookie", cookie), ("Origin", own.as_str())];
        Door::of(data).send("POST", "/v1/status", &headers, b"{}").status
    };
    assert_eq!(status_of(&cookie), 429, "the link was the token's one request");
    assert_eq!(door.post("/v1/status", &[], &json!({})).status, 429);
    // What the owner opens is on no token's account.
    assert_eq!(status_of(&sign_in(data)), 200);
}

#[test]
fn what_other_pages_send_with_the_cookie_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let cookie = sign_in(data);
    let own = format!("http://{}", host(data));
    let insert = "update=INSERT+DATA+%7B+%3Curn%3Aa%3E+%3Curn%3Ab%3E+%3Curn%3Ac%3E+%7D";
    let form = "application/x-www-form-urlencoded";
    let json_inside = r#"{"query":"mutation { remember(input: {text: \"x\"}) { id } }","a":"=b"}"#;
    let posts = [
        ("/sparql", form, insert),
        ("/sparql", "application/sparql-update", "CLEAR DEFAULT"),
        ("/store?graph=urn:x", "multipart/form-data; boundary=b", "--b--"),
        ("/graphql", "text/plain", json_inside),
        ("/graphql", form, json_inside),
        ("/graphql", "application/json", json_inside),
        ("/v1/remember", "text/plain", "{\"text\":\"x\"}"),
        ("/mcp", "text/plain", "{}"),
        ("/session", form, ""),
    ];
    let send = |path: &str, content_type: &str, body: &str, from: &[(&str, &str)]| {
        let host = host(data);
        let named = [("Host", host.as_str()), ("Cookie", cookie.as_str()), ("Content-Type", content_type)];
        Door::of(data).send("POST", path, &[&named, from].concat(), body.as_bytes())
    };
    for (path, content_type, body) in posts {
        for from in [
            vec![],
            vec![("Origin", "null")],
            vec![("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")],
            vec![("Origin", "http://localhost:3000"), ("Sec-Fetch-Site", "same-site")],
            vec![("Origin", "http://127.0.0.1:1"), ("Sec-Fetch-Site", "same-site")],
            vec![("Sec-Fetch-Site", "cross-site")],
            vec![("Sec-Fetch-Site", "none")],
        ] {
            let answer = send(path, content_type, body, &from);
            assert_eq!(answer.status, 403, "{path} {content_type} {from:?}: {}", answer.body);
        }
    }
    // Its own pages may, and still no form gets JSON in.
    let same = [("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(send("/graphql", "text/plain", json_inside, &same).status, 415);
    assert_eq!(send("/graphql", form, json_inside, &same).status, 415);
    assert_eq!(send("/v1/blocks", "application/json", "{}", &same).status, 200);
    // A page elsewhere does not even see what is read.
    let host = host(data);
    let read = |from: &[(&str, &str)]| {
        let named = [("Host", host.as_str()), ("Cookie", cookie.as_str())];
        Door::of(data).send("GET", "/metrics", &[&named, from].concat(), b"").status
    };
    assert_eq!((read(&[]), read(&same)), (200, 200));
    assert_eq!(read(&[("Origin", "http://localhost:3000")]), 403);
    assert_eq!(read(&[("Sec-Fetch-Site", "same-site")]), 403);
    // Nor does it talk over a socket.
    let upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ("Sec-WebSocket-Protocol", "graphql-transport-ws"),
    ];
    let socket = |from: &[(&str, &str)]| {
        let named = [("Host", host.as_str()), ("Cookie", cookie.as_str())];
        Door::of(data).open("GET", "/graphql", &[&named, &upgrade[..], from].concat(), b"").status
    };
    assert_eq!((socket(&[]), socket(&[("Origin", "http://127.0.0.1:1")])), (403, 403));
    assert_eq!(json(data, &["status"])["memories"], 0, "nothing was told");
}
