//! How long a conversation over a socket is waited for, and what one field may have on it. These take as long as the times
//! are.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

#[path = "graphql/socket.rs"]
#[allow(dead_code, reason = "each test uses its own part")]
mod socket;

use harness::Server;
use serde_json::{Value, json};
use socket::Socket;
use wire::Door;

const PROTOCOL: &str = "graphql-transport-ws";
/// As many as run at once: their answers are more than all the buffers between two ends hold.
const OPERATIONS: usize = 32;

fn open(door: &Door) -> Socket {
    let mut socket = Socket::open(door, PROTOCOL).unwrap();
    socket.say(&json!({"type": "connection_init"}));
    assert_eq!(socket.next().unwrap()["type"], "connection_ack");
    socket
}

#[test]
fn a_client_is_asked_whether_it_is_there() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let mut quiet = Socket::open(&door, PROTOCOL).unwrap();
    let mut socket = open(&door);
    // Whoever never says that they are there is told so.
    assert_eq!(quiet.next().unwrap_err(), 4408);
    assert_eq!(socket.next_with_pings().unwrap()["type"], "ping");
    socket.say(&json!({"type": "pong"}));
    socket.say(&json!({"type": "subscribe", "id": "1", "payload": {"query": "{ stats { memories } }"}}));
    assert_eq!(socket.next().unwrap()["type"], "next");
}

#[test]
fn a_client_that_reads_nothing_is_left() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let mut socket = open(&door);
    // A quarter of a megabyte each.
    let types = "__schema { types { name description fields { name description args { name description } } } }";
    let query = format!("{{ a: {types} b: {types} c: {types} d: {types} }}");
    for number in 0..OPERATIONS {
        socket.say(&json!({"type": "subscribe", "id": number.to_string(), "payload": {"query": query}}));
    }
    // As long as a message may take to be read, and more.
    std::thread::sleep(std::time::Duration::from_secs(75));
    let mut answered = 0;
    let ended = loop {
        match socket.next_with_pings() {
            Ok(message) => answered += usize::from(message["type"] == "next"),
            Err(code) => break code,
        }
        assert!(answered < OPERATIONS, "it was waited for");
    };
    assert_eq!(ended, 0, "it just went");
    let found = door.post("/v1/recall", &[], &json!({"query": "tide", "limit": 1}));
    assert_eq!(found.status, 200, "{}", found.body);
}

#[test]
fn a_field_has_so_many_directives() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let ask = |count: usize| -> Value {
        let query = format!("{{ stats {{ memories {} }} }}", "@include(if: true) ".repeat(count));
        door.post("/graphql", &[], &json!({"query": query})).json()
    };
    assert!(ask(1)["errors"].is_null());
    let refused = ask(5);
    assert!(refused["data"].is_null() && refused["errors"][0]["message"].is_string(), "{refused}");
}
