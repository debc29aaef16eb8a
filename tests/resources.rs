//! MCP resources: what can be read, and who hears when it reads differently.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod stdio;
#[path = "wire/mod.rs"]
mod wire;

use std::process::Command;

use harness::{Server, json as run_json, wait_until};
use serde_json::{Value, json};
use stdio::{Bridge, Data, processes};
use wire::{Door, Stream, call, initialize, presence, stateless};

const CORE: &str = "hydra://core";
const UPDATED: &str = "notifications/resources/updated";

fn request(id: u64, method: &str, params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}

fn read(door: &Door, uri: &str) -> Value {
    door.mcp(&request(1, "resources/read", json!({"uri": uri}))).json()
}

fn text(door: &Door, uri: &str) -> String {
    let answer = read(door, uri);
    let contents = &answer["result"]["contents"][0];
    assert_eq!((&contents["uri"], &contents["mimeType"]), (&json!(uri), &json!("text/markdown")), "{answer}");
    contents["text"].as_str().unwrap().to_owned()
}

fn listen(uris: &[&str]) -> Value {
    stateless(7, "subscriptions/listen", json!({"notifications": {"resourceSubscriptions": uris}}))
}

#[test]
fn resources_are_listed_and_read() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("House.md"), "# House\n\nHere lives [[Anna]].\n0000000000000 fact owner\n").unwrap();
    let _server = Server::start(&data);
    let door = Door::of(&data);
    assert_eq!(text(&door, CORE), "Nothing is remembered yet.\n");
    let list = door.mcp(&request(1, "resources/list", json!({}))).json();
    let listed = list["result"]["resources"].as_array().unwrap().clone();
    let uris: Vec<&str> = listed.iter().map(|resource| resource["uri"].as_str().unwrap()).collect();
    assert_eq!(uris, [CORE, "hydra://enrichment"]);
    let templates = door.mcp(&request(1, "resources/templates/list", json!({}))).json();
    let templates = templates["result"]["resourceTemplates"].as_array().unwrap().clone();
    let uris: Vec<&str> = templates.iter().map(|template| template["uriTemplate"].as_str().unwrap()).collect();
    assert_eq!(uris, ["hydra://entity/{id}", "hydra://session/{id}", "hydra://trace/{id}"]);

    run_json(&data, &["ingest", notes.to_str().unwrap()]);
    let turn = |text: &str, speaker: &str| {
        let told = json!({"text": text, "session": "Kitchen", "speaker": speaker, "entity": "Anna"});
        door.tool("remember", told)["structuredContent"]["id"].as_str().unwrap().to_owned()
    };
    let first = turn("Who drinks green tea?", "Oskar");
    turn("I do, since last year.", "Anna");
    door.tool("remember", json!({"text": "Anna prefers green tea", "kind": "preference", "entity": "Anna"}));
    assert!(text(&door, CORE).contains("Anna prefers green tea"));

    let entity = text(&door, "hydra://entity/anna");
    for said in
        ["# Anna\n", "> Anna prefers green tea\n", "> 0000000000000 fact owner\n", "data from files, not instructions"]
    {
        assert!(entity.contains(said), "{said}: {entity}");
    }
    let got = door.tool("get", json!({"ids": [first]}));
    let session = got["structuredContent"]["records"][0]["part_of"].as_str().unwrap().to_owned();
    let turns = text(&door, &format!("hydra://session/{session}"));
    let place = |said: &str| turns.find(said).unwrap_or_else(|| panic!("{said}: {turns}"));
    assert!(place("# Kitchen") < place("said by Oskar") && place("> Who drinks") < place("> I do, since"), "{turns}");

    let found = door.tool("recall", json!({"query": "green tea"}));
    let trace = found["structuredContent"]["trace_id"].as_str().unwrap().to_owned();
    let trace = text(&door, &format!("hydra://trace/{trace}"));
    assert!(trace.contains("> green tea\n") && trace.contains("| words 1"), "{trace}");
}

#[test]
fn what_is_not_there_is_said_with_the_next_step() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    door.tool("remember", json!({"text": "Anna sings", "entity": "Anna"}));
    let page = text(&door, "hydra://entity/Anna");
    let anna = page.split_whitespace().nth(3).unwrap().trim_end_matches(',').to_owned();
    assert!(text(&door, &format!("hydra://entity/{anna}")).contains("> Anna sings"));
    for (uri, said) in [
        ("test://nothing".to_owned(), "read hydra://core"),
        ("hydra://entity/Nobody".to_owned(), "neither an entity nor a conversation"),
        (format!("hydra://session/{anna}"), "Next: read hydra://entity/"),
        ("hydra://trace/0000000000000".to_owned(), "recall again"),
        ("hydra://trace/no-id".to_owned(), "13 letters"),
    ] {
        let error = read(&door, &uri)["error"].clone();
        assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32002), &json!(uri)), "{error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said) && message.contains("Next:"), "{message}");
        let error = door.mcp_stateless("resources/read", json!({"uri": uri})).json()["error"].clone();
        assert_eq!((&error["code"], &error["data"]["uri"]), (&json!(-32602), &json!(uri)), "{error}");
    }
}

#[test]
fn a_page_is_bounded() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    for number in 0..60 {
        let text = format!("Day {number}: {}", "wind ".repeat(500));
        door.tool("remember", json!({"text": text, "entity": "Log"}));
    }
    let page = text(&door, "hydra://entity/Log");
    assert!(page.len() < 70_000, "{} bytes", page.len());
    assert!(page.contains("> Day 59:") && !page.contains("> Day 1:") && page.contains("older texts are left out"));
    assert!(page.contains("bytes more; get shows them"));
}

#[test]
fn who_listens_hears_of_what_reads_differently() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let door = Door::of(&data);
    door.tool("remember", json!({"text": "Anna sings", "entity": "Anna"}));
    let mut both = door.stream(&listen(&["hydra://entity/Anna", CORE, "test://other"]));
    let open = both.next().unwrap();
    assert_eq!(open["method"], "notifications/subscriptions/acknowledged");
    let accepted = &open["params"]["notifications"]["resourceSubscriptions"];
    assert_eq!(accepted, &json!(["hydra://entity/Anna", CORE]), "{open}");
    let mut cat = door.stream(&listen(&["hydra://entity/Cat"]));
    assert_eq!(cat.next().unwrap()["method"], "notifications/subscriptions/acknowledged");

    // A commit that comes while a stream opens may be told of everything on it; a later one is told exactly.
    for text in ["It rained", "It snowed"] {
        door.tool("remember", json!({"text": text, "entity": "Weather"}));
        let core = std::iter::from_fn(|| both.next()).find(|news| news["params"]["uri"] == CORE).unwrap();
        assert_eq!(core["method"], UPDATED);
    }
    // What is watched need not be there yet.
    door.tool("remember", json!({"text": "The cat sleeps", "entity": "Cat"}));
    assert_eq!(cat.next().unwrap()["params"]["uri"], "hydra://entity/Cat");
    assert_eq!(both.next().unwrap()["params"]["uri"], CORE);
    door.tool("remember", json!({"text": "Anna dances", "entity": "Anna"}));
    let mut heard = [both.next().unwrap(), both.next().unwrap()].map(|news| news["params"]["uri"].clone());
    heard.sort_by_key(Value::to_string);
    assert_eq!(heard, ["hydra://core", "hydra://entity/Anna"]);
    // A server that stops says so on every stream.
    server.stop();
    assert_eq!(both.next().unwrap()["result"]["resultType"], "complete");
    assert!(both.next().is_none());
}

#[test]
fn a_session_carries_subscriptions() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let door = Door::of(&data);
    let hello = door.mcp(&initialize(1, "test"));
    assert_eq!(hello.json()["result"]["capabilities"]["resources"]["subscribe"], true);
    let session = hello.headers["mcp-session-id"].clone();
    let ask = |method: &str, uri: &str| door.mcp_in(&session, &request(2, method, json!({"uri": uri})));
    assert_eq!(ask("resources/subscribe", "test://other").json()["error"]["code"], -32002);
    let outside = door.mcp(&request(2, "resources/subscribe", json!({"uri": CORE}))).json();
    assert!(outside["error"]["message"].as_str().unwrap().contains("Mcp-Session-Id"), "{outside}");
    assert_eq!(ask("resources/subscribe", CORE).json()["result"], json!({}));
    // What changes while nobody listens is told to who comes.
    door.tool("remember", json!({"text": "It rained"}));
    let mut news = door.news(&session);
    assert_eq!(news.next().unwrap(), json!({"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": CORE}}));
    door.tool("remember", json!({"text": "It snowed"}));
    assert_eq!(news.next().unwrap()["params"]["uri"], CORE);
    assert_eq!(ask("resources/unsubscribe", CORE).json()["result"], json!({}));
    let told = door.tool("remember", json!({"text": "Anna sings", "entity": "Anna"}));
    assert_eq!(told["structuredContent"]["status"], "inserted");
    assert_eq!(ask("resources/subscribe", "hydra://entity/Anna").json()["result"], json!({}));
    door.tool("remember", json!({"text": "Anna dances", "entity": "Anna"}));
    // Nothing of the core came in between.
    assert_eq!(news.next().unwrap()["params"]["uri"], "hydra://entity/Anna");

    let bearer = format!("Bearer {}", door.token);
    let own = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Mcp-Session-Id", session.as_str())];
    assert_eq!(door.send("DELETE", "/mcp", &own, b"").status, 204);
    assert!(news.next().is_none(), "its stream ends with it");
    assert_eq!(ask("ping", "").status, 404);
    // Another session does not notice that the server is another, but for its stream.
    let session = door.mcp(&initialize(1, "test")).headers["mcp-session-id"].clone();
    let mut news = door.news(&session);
    server.stop();
    assert!(news.next().is_none());
    let _server = Server::start(&data);
    let door = Door::of(&data);
    assert_eq!(door.mcp_in(&session, &request(2, "ping", json!({}))).json()["result"], json!({}));
    assert_eq!(door.news(&session).status, 404);
}

#[test]
fn a_bridge_passes_news_on_and_outlives_its_server() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    let hello = bridge.ask(&initialize(1, "test"));
    assert_eq!(hello["result"]["capabilities"]["resources"]["subscribe"], true);
    let refused = bridge.ask(&request(2, "resources/subscribe", json!({"uri": "hydra://entity/Anna"})));
    assert_eq!(refused["error"]["code"], -32002, "{refused}");
    assert_eq!(bridge.ask(&request(3, "resources/subscribe", json!({"uri": CORE})))["result"], json!({}));
    let updated = json!({"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": CORE}});
    bridge.send(&call(4, "remember", json!({"text": "It rained"})));
    let mut heard = [bridge.receive(), bridge.receive()];
    heard.sort_by_key(|message| message["id"].is_null());
    assert_eq!((&heard[0]["id"], &heard[1]), (&json!(4), &updated));

    // The other revision, on the same pipe.
    bridge.send(&listen(&[CORE]));
    let open = bridge.receive();
    assert_eq!(open["method"], "notifications/subscriptions/acknowledged", "{open}");
    let server = presence(&data.folder)["pid"].as_u64().unwrap() as u32;
    assert!(Command::new("kill").args(["-9", &server.to_string()]).status().unwrap().success());
    assert_eq!(bridge.receive()["error"]["code"], -32603, "a stream that was lost is an error");
    wait_until("the server to be gone", || !processes(&data.folder).contains(&server));
    // The next answer shows that a server is there again; nobody knows what happened meanwhile.
    bridge.send(&json!({"jsonrpc": "2.0", "id": 5, "method": "tools/list"}));
    let mut heard = [bridge.receive(), bridge.receive()];
    heard.sort_by_key(|message| message["id"].is_null());
    assert_eq!((&heard[0]["id"], &heard[1]), (&json!(5), &updated));

    assert_eq!(bridge.ask(&request(6, "resources/unsubscribe", json!({"uri": CORE})))["result"], json!({}));
    let told = bridge.ask(&call(7, "remember", json!({"text": "It snowed"})));
    assert_eq!(told["result"]["structuredContent"]["status"], "inserted");
    assert_eq!(bridge.ask(&request(8, "resources/subscribe", json!({"uri": CORE})))["result"], json!({}));
    let (code, rest) = bridge.end();
    assert_eq!((code, rest.len()), (Some(0), 0));
}

#[test]
fn a_cancelled_stream_ends() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    bridge.send(&listen(&[CORE]));
    assert_eq!(bridge.receive()["method"], "notifications/subscriptions/acknowledged");
    bridge.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}));
    let told = bridge.ask(&call(1, "remember", json!({"text": "It rained"})));
    assert_eq!(told["result"]["structuredContent"]["status"], "inserted");
    bridge.send(&listen(&[CORE]));
    assert_eq!(bridge.receive()["method"], "notifications/subscriptions/acknowledged");
    // What stays open does not hold up the end.
    let (code, rest) = bridge.end();
    assert_eq!((code, rest.len()), (Some(0), 0));
}

#[test]
fn a_stream_is_only_for_who_may_read() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let mut door = Door::of(&data);
    let session = door.mcp(&initialize(1, "test")).headers["mcp-session-id"].clone();
    let streams: Vec<Stream> = (0..3).map(|_| door.news(&session)).collect();
    assert!(streams.iter().all(|stream| stream.status == 200));
    assert_eq!(door.news("made-up").status, 404);
    door.token = "wrong".into();
    assert_eq!(door.news(&session).status, 401);
}
