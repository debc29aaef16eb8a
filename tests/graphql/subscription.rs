//! What is heard while it happens, over events and sockets.

use serde_json::{Value, json};

use super::Api;
use crate::harness;
use crate::socket::Socket;
use crate::wire::Door;

#[test]
fn changes_are_heard_over_events_and_none_is_lost() {
    let api = Api::start();
    let first = api.get(r#"mutation { remember(input: {text: "before"}) { id undo } }"#)["remember"].clone();
    let query = "subscription($after: NodeID) { changes(after: $after) { commit { id verb agent } touched memories { text } } }";
    let mut heard = api.listen(query, json!({}));
    let mut late = api.listen(query, json!({"after": first["undo"]}));
    // Told by another way in.
    let elsewhere =
        api.door.post("/v1/remember", &[], &json!({"text": "The spare key hangs behind the water meter"})).json();
    let change = heard.next().unwrap()["data"]["changes"].clone();
    assert_eq!((&change["commit"]["id"], &change["touched"]), (&elsewhere["commit"], &json!([elsewhere["id"]])));
    assert_eq!(change["memories"], json!([{"text": "The spare key hangs behind the water meter"}]));
    assert_eq!(late.next().unwrap()["data"]["changes"]["commit"]["id"], elsewhere["commit"]);
    // Nobody reads for a while; then all of it is there, in order.
    let told: Vec<Value> = (0..300)
        .map(|n| api.door.post("/v1/remember", &[], &json!({"text": format!("word {n}")})).json()["commit"].clone())
        .collect();
    let met: Vec<Value> = (0..300).map(|_| heard.next().unwrap()["data"]["changes"]["commit"]["id"].clone()).collect();
    assert_eq!(met, told);
    let page = api.ask(
        "query($after: NodeID!) { changes(after: $after, first: 200) { isMore newest commits { commit { id } } } }",
        json!({"after": elsewhere["commit"]}),
    );
    assert_eq!((&page["changes"]["isMore"], &page["changes"]["newest"]), (&json!(true), &told[199]));
    let mut traces =
        api.listen("subscription { traces { missed trace { question recalled { hits { text } } } } }", json!({}));
    api.door.post("/v1/recall", &[], &json!({"query": "where is the spare key"}));
    let traced = traces.next().unwrap()["data"]["traces"].clone();
    assert_eq!((&traced["trace"]["question"], &traced["missed"]), (&json!("where is the spare key"), &json!(0)));
    // A query over events is one answer, and the end.
    let mut one = api.listen("{ stats { memories } }", json!({}));
    assert_eq!(one.next().unwrap()["data"]["stats"]["memories"], 302);
    assert!(one.next().is_none());
    let Api { _server, .. } = api;
    _server.stop();
    assert!(heard.next().is_none(), "the stream ends with the server");
}

#[test]
fn a_socket_speaks_the_protocol() {
    let api = Api::start();
    let mut socket = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    assert_eq!(socket.talk(&json!({"type": "connection_init"}))["type"], "connection_ack");
    assert_eq!(socket.talk(&json!({"type": "ping"}))["type"], "pong");
    socket.say(&json!({"type": "subscribe", "id": "a", "payload": {"query": "subscription { changes { commit { verb } touched } }"}}));
    let answer = socket.talk(&json!({"type": "subscribe", "id": "b", "payload": {"query": "{ stats { memories } }"}}));
    assert_eq!(answer, json!({"type": "next", "id": "b", "payload": {"data": {"stats": {"memories": 0}}}}));
    assert_eq!(socket.next().unwrap(), json!({"type": "complete", "id": "b"}));
    let told = api.door.post("/v1/remember", &[], &json!({"text": "heard over a socket"})).json();
    let heard = socket.next().unwrap();
    assert_eq!((&heard["id"], &heard["payload"]["data"]["changes"]["touched"]), (&json!("a"), &json!([told["id"]])));
    let wrong = socket.talk(&json!({"type": "subscribe", "id": "c", "payload": {"query": "{ nothing }"}}));
    assert_eq!(
        (&wrong["type"], &wrong["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("VALIDATION_FAILED"))
    );
    socket.say(&json!({"type": "complete", "id": "a"}));
    socket.say(&json!({"type": "subscribe", "id": "d", "payload": {"query": "subscription { ingests { id } }"}}));
    assert_eq!(socket.next().unwrap()["id"], "d", "the first is heard no more");
    assert_eq!(
        socket.closes_on(
            &json!({"type": "subscribe", "id": "d", "payload": {"query": "subscription { ingests { id } }"}})
        ),
        4409
    );
    for (messages, code) in [
        (vec![json!({"type": "subscribe", "id": "a", "payload": {"query": "{ stats { memories } }"}})], 4401),
        (vec![json!({"type": "connection_init"}), json!({"type": "connection_init"})], 4429),
        (vec![json!({"type": "nonsense"})], 4400),
        (vec![json!([1])], 4400),
    ] {
        let mut socket = Socket::open(&api.door, "graphql-transport-ws").unwrap();
        let (last, before) = messages.split_last().unwrap();
        for message in before {
            assert_eq!(socket.talk(message)["type"], "connection_ack");
        }
        assert_eq!(socket.closes_on(last), code, "{messages:?}");
    }
    assert_eq!(Socket::open(&api.door, "graphql-ws").err(), Some(400), "an older protocol is not spoken");
    assert_eq!(
        Socket::open_with(&api.door, "graphql-transport-ws", &[("Origin", "http://evil.example")]).err(),
        Some(403)
    );
    let stranger = Door { port: api.door.port, token: "x".repeat(64) };
    assert_eq!(Socket::open(&stranger, "graphql-transport-ws").err(), Some(401));
    let mut open = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    assert_eq!(open.talk(&json!({"type": "connection_init"}))["type"], "connection_ack");
    let Api { _server, .. } = api;
    _server.stop();
    assert_eq!(open.closing(), 1001, "the server says that it stops");
}

#[test]
fn operations_and_subscriptions_have_bounds() {
    let api = Api::start();
    let mut sockets: Vec<Socket> = (0..2).map(|_| Socket::open(&api.door, "graphql-transport-ws").unwrap()).collect();
    for socket in &mut sockets {
        socket.talk(&json!({"type": "connection_init"}));
        for n in 0..32 {
            let asked = json!({"type": "subscribe", "id": n.to_string(), "payload": {"query": "subscription { ingests { id } }"}});
            assert_eq!(socket.talk(&asked)["type"], "next", "{n}");
        }
    }
    let one_more = json!({"type": "subscribe", "id": "more", "payload": {"query": "subscription { ingests { id } }"}});
    let refused = sockets[0].talk(&one_more);
    assert_eq!(
        (&refused["type"], &refused["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("UNAVAILABLE"))
    );
    // All places are taken, whichever way somebody comes.
    let mut event = api.listen("subscription { ingests { id } }", json!({}));
    assert_eq!(event.next().unwrap()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    drop(sockets.pop());
    harness::wait_until("the places of a socket that was closed", || {
        api.listen("subscription { ingests { id } }", json!({})).next().unwrap()["errors"].is_null()
    });
    let long = "x".repeat(300_000);
    assert_eq!(sockets[0].closes_on(&json!({"type": "ping", "payload": {"x": long}})), 0, "a message has a length");
    assert_eq!(api.get("{ stats { writes } }")["stats"]["writes"], "ok");
    let silent = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    let mut sockets: Vec<Socket> = std::iter::once(silent).collect();
    let refused = loop {
        match Socket::open(&api.door, "graphql-transport-ws") {
            Ok(socket) => sockets.push(socket),
            Err(status) => break status,
        }
    };
    assert!(refused == 503 && sockets.len() <= 64, "{refused} after {}", sockets.len());
    assert_eq!(sockets[0].closing(), 4408, "whoever says nothing is not waited for");
}
