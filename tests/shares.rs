//! What is bounded over all callers one token never has for itself: it gives way to itself, and the others keep theirs.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

#[path = "graphql/socket.rs"]
#[allow(dead_code, reason = "each test uses its own part")]
mod socket;

use std::path::Path;

use harness::{Server, hydra, json, succeeds, wait_until};
use serde_json::{Value, json};
use socket::Socket;
use wire::{Door, initialize};

const PROTOCOL: &str = "graphql-transport-ws";
/// Sockets, and subscriptions, of one token.
const OF_A_TOKEN: usize = 16;
/// Sessions of MCP, and streams of them, of one token.
const SESSIONS_OF_A_TOKEN: usize = 32;

fn door(data: &Path, name: &str, scope: &str) -> Door {
    let token = succeeds(data, &["--quiet", "token", "create", "--name", name, "--scope", scope]);
    Door { token: token.trim().to_owned(), ..Door::of(data) }
}

fn open(door: &Door) -> Socket {
    let mut socket = Socket::open(door, PROTOCOL).unwrap();
    assert_eq!(socket.talk(&json!({"type": "connection_init"}))["type"], "connection_ack");
    socket
}

/// Asks something over a socket, and returns its one answer or its refusal.
fn ask(socket: &mut Socket, id: usize, query: &str) -> Value {
    let told = socket.talk(&json!({"type": "subscribe", "id": id.to_string(), "payload": {"query": query}}));
    if told["type"] == "next" && !query.starts_with("subscription") {
        assert_eq!(socket.next().unwrap()["type"], "complete");
    }
    told
}

#[test]
fn what_is_asked_over_a_socket_counts_as_what_is_asked_without() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let mut command = hydra(data);
    command.env("HYDRA_REQUESTS_PER_MINUTE", "60");
    let server = Server::start_with(command, data);
    let (busy, calm) = (door(data, "busy", "read"), door(data, "calm", "read"));
    let query = "{ stats { memories } }";
    let mut socket = open(&busy);
    let told: Vec<Value> = (0..20).map(|id| ask(&mut socket, id, query)).collect();
    assert_eq!(told[0]["type"], "next", "{told:?}");
    let refused = told.iter().find(|told| told["type"] == "error").expect("six at once, one a second");
    let error = &refused["payload"][0];
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{refused}");
    assert!(error["extensions"]["hint"].as_str().unwrap().starts_with("try again in"), "{refused}");
    // It is the same count on every way in.
    let statuses: Vec<u16> = (0..20).map(|_| busy.post("/v1/blocks", &[], &json!({})).status).collect();
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(ask(&mut open(&calm), 0, query)["type"], "next", "each has its own");
    let mut owner = open(&Door::of(data));
    assert!((0..100).all(|id| ask(&mut owner, id, query)["type"] == "next"));
    server.stop();
    let all = json(data, &["token", "refused", "--limit", "1000"])["refusals"].as_array().unwrap().clone();
    let is_it =
        |one: &Value| one["who"] == "token:busy" && one["route"] == "/graphql" && one["why"] == "asked too much";
    assert!(all.iter().any(is_it), "{all:?}");
}

#[test]
fn one_token_never_has_every_socket_or_subscription() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let (busy, calm) = (door(data, "busy", "read"), door(data, "calm", "read"));
    let mut sockets: Vec<Socket> = (0..OF_A_TOKEN).map(|_| open(&busy)).collect();
    assert_eq!(Socket::open(&busy, PROTOCOL).err(), Some(503));
    let mut other = open(&calm);
    let mut owners: Vec<Socket> = (0..OF_A_TOKEN + 1).map(|_| open(&Door::of(data))).collect();
    let watch = "subscription { ingests { id } }";
    for (id, socket) in sockets.iter_mut().enumerate() {
        assert_eq!(ask(socket, id, watch)["type"], "next");
    }
    let more = ask(&mut sockets[0], 100, watch);
    let error = &more["payload"]["errors"][0];
    assert_eq!((&more["id"], &error["extensions"]["code"]), (&json!("100"), &json!("UNAVAILABLE")), "{more}");
    assert!(error["message"].as_str().unwrap().contains("16 subscriptions of `token:busy`"), "{more}");
    // Its stream has ended.
    assert_eq!(sockets[0].next().unwrap()["type"], "complete");
    assert_eq!(ask(&mut other, 0, watch)["type"], "next");
    assert_eq!(ask(&mut owners[0], 0, watch)["type"], "next");
    // What is given up is free again.
    drop(sockets);
    wait_until("a place to be free", || Socket::open(&busy, PROTOCOL).is_ok());
}

#[test]
fn a_token_that_begins_sessions_without_end_ends_its_own() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let (busy, calm) = (door(data, "busy", "read"), door(data, "calm", "read"));
    let begin = |door: &Door| door.mcp(&initialize(1, "test")).headers["mcp-session-id"].clone();
    let (own, other) = (begin(&Door::of(data)), begin(&calm));
    // More than all may have together.
    let begun: Vec<String> = (0..300).map(|_| begin(&busy)).collect();
    let (gone, kept) = begun.split_at(begun.len() - SESSIONS_OF_A_TOKEN);
    assert_eq!(busy.news(gone.last().unwrap()).status, 404);
    assert_eq!((Door::of(data).news(&own).status, calm.news(&other).status), (200, 200));
    // Nor has it every stream.
    let streams: Vec<_> = kept.iter().map(|session| busy.news(session)).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    assert_eq!(busy.news(&kept[0]).status, 503);
    assert_eq!(calm.news(&other).status, 200);
    drop(streams);
    wait_until("a stream to be free", || busy.news(&kept[0]).status == 200);
}
