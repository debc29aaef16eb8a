//! `hydra mcp`: a bridge that finds or starts the one server, and leaves nothing behind.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod stdio;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;
use std::process::Command;

use harness::{Server, json as run_json, wait_until};
use serde_json::json;
use stdio::{Bridge, Data, processes};
use wire::{call, initialize, presence, stateless};

#[test]
fn a_session_starts_a_server_and_ends_without_a_trace() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    let pid = bridge.child.id();
    let hello = bridge.ask(&initialize(1, "claude-code"));
    assert_eq!(hello["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(hello["result"]["serverInfo"]["name"], "hydra");
    bridge.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    assert_eq!(
        bridge.ask(&json!({"jsonrpc": "2.0", "id": "two", "method": "tools/list"}))["result"]["tools"][0]["name"],
        "recall"
    );
    let told = bridge.ask(&call(3, "remember", json!({"text": "The gate code is on the fridge"})));
    let id = told["result"]["structuredContent"]["id"].as_str().unwrap().to_owned();
    let (code, rest) = bridge.end();
    assert_eq!((code, rest.len()), (Some(0), 0));
    let server = presence(&data.folder)["pid"].as_u64().unwrap() as u32;
    assert_eq!(processes(&data.folder), [server], "only the server is left");
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    // Without a parent, a terminal or a session of ours.
    let stat = std::fs::read_to_string(format!("/proc/{server}/stat")).unwrap();
    let session: u32 = stat.rsplit(')').next().unwrap().split_whitespace().nth(3).unwrap().parse().unwrap();
    assert_eq!(session, server);
    let record = &run_json(&data.folder, &["get", &id])["records"][0]["record"];
    assert_eq!((&record["agent"], &record["trust"]), (&json!("agent:claude-code"), &json!("agent")));
}

#[test]
fn the_stateless_revision_passes_through() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    let found = bridge.ask(&stateless(1, "server/discover", json!({})));
    assert!(found["result"]["supportedVersions"].as_array().unwrap().contains(&json!("2026-07-28")), "{found}");
    let told = bridge.ask(&stateless(
        2,
        "tools/call",
        json!({"name": "remember", "arguments": {"text": "Bins go out on Monday"}}),
    ));
    assert_eq!(told["result"]["structuredContent"]["status"], "inserted", "{told}");
    let found = bridge.ask(&stateless(3, "tools/call", json!({"name": "recall", "arguments": {"query": "bins"}})));
    assert_eq!(found["result"]["structuredContent"]["hits"][0]["text"], "Bins go out on Monday");
    // Both revisions on one pipe.
    assert_eq!(bridge.ask(&initialize(4, "both"))["result"]["protocolVersion"], "2025-11-25");
    assert!(bridge.ask(&call(5, "recall", json!({"query": "bins"})))["result"]["structuredContent"].is_object());
    assert_eq!(bridge.end().0, Some(0));
}

#[test]
fn what_is_no_message_is_answered_as_such() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    for (line, code) in [("{broken", -32700), ("[]", -32600), ("{\"id\":1}", -32600), ("\u{1}", -32700)] {
        bridge.line(line);
        assert_eq!(bridge.receive()["error"]["code"], code, "{line}");
    }
    bridge.line("");
    let long = format!("{{\"x\":\"{}\"}}", "x".repeat(5 * 1024 * 1024));
    bridge.line(&long);
    assert_eq!(bridge.receive()["error"]["code"], -32700);
    let unknown = bridge.ask(&json!({"jsonrpc": "2.0", "id": 9, "method": "no/such/method"}));
    assert_eq!(unknown["error"]["code"], -32601, "{unknown}");
    assert_eq!(bridge.ask(&json!({"jsonrpc": "2.0", "id": 10, "method": "ping"}))["result"], json!({}));
}

#[test]
fn many_requests_are_under_way_at_once_and_finished_at_the_end() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    bridge.ask(&initialize(0, "test"));
    for id in 1..=100 {
        bridge.send(&call(id, "remember", json!({"text": format!("Fact number {id} of a hundred")})));
    }
    // The input ends with everything still under way.
    let (code, answers) = bridge.end();
    assert_eq!(code, Some(0));
    let mut ids: Vec<u64> = answers.iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=100).collect::<Vec<u64>>());
    assert!(answers.iter().all(|answer| answer["result"]["structuredContent"]["status"] == "inserted"));
    assert_eq!(run_json(&data.folder, &["status"])["memories"], 100);
}

#[test]
fn two_bridges_at_once_share_one_server() {
    let data = Data::new();
    let mut bridges: Vec<Bridge> = (0..4).map(|_| Bridge::start(&data)).collect();
    for (number, bridge) in bridges.iter_mut().enumerate() {
        bridge.send(&initialize(1, "test"));
        bridge.send(&call(2, "remember", json!({"text": format!("bridge {number} was here")})));
    }
    for bridge in &mut bridges {
        let mut answers = [bridge.receive(), bridge.receive()];
        answers.sort_by_key(|answer| answer["id"].to_string());
        assert_eq!((&answers[0]["id"], &answers[1]["id"]), (&json!(1), &json!(2)));
        assert_eq!(answers[1]["result"]["structuredContent"]["status"], "inserted", "{}", answers[1]);
    }
    let server = presence(&data.folder)["pid"].as_u64().unwrap() as u32;
    let bridging: Vec<u32> = bridges.iter().map(|bridge| bridge.child.id()).collect();
    let others: Vec<u32> = processes(&data.folder).into_iter().filter(|pid| !bridging.contains(pid)).collect();
    assert_eq!(others, [server]);
    for bridge in bridges {
        assert_eq!(bridge.end().0, Some(0));
    }
    assert_eq!(run_json(&data.folder, &["status"])["memories"], 4);
}

#[test]
fn ten_bridges_at_once_keep_each_thing_once() {
    let data = Data::new();
    let mut bridges: Vec<Bridge> = (0..10).map(|_| Bridge::start(&data)).collect();
    for (number, bridge) in bridges.iter_mut().enumerate() {
        bridge.send(&initialize(1, "test"));
        bridge.send(&call(2, "remember", json!({"text": "Two windows on one repository say the same"})));
        bridge.send(&call(3, "remember", json!({"text": format!("Only window {number} says this")})));
    }
    let mut statuses = Vec::new();
    for bridge in &mut bridges {
        for answer in [bridge.receive(), bridge.receive(), bridge.receive()] {
            assert!(answer["error"].is_null(), "{answer}");
            if answer["id"] == 2 {
                statuses.push(answer["result"]["structuredContent"]["status"].clone());
            }
        }
    }
    let inserted = statuses.iter().filter(|status| **status == "inserted").count();
    assert_eq!((inserted, statuses.len()), (1, 10), "{statuses:?}");
    for bridge in bridges {
        assert_eq!(bridge.end().0, Some(0));
    }
    let server = presence(&data.folder)["pid"].as_u64().unwrap() as u32;
    assert_eq!(processes(&data.folder), [server], "no bridge and no second server is left");
    assert_eq!(run_json(&data.folder, &["status"])["memories"], 11);
}

#[test]
fn a_bridge_killed_in_the_middle_of_a_call_leaves_nothing_behind_and_nothing_double() {
    let data = Data::new();
    let mut first = Bridge::start(&data);
    first.ask(&initialize(1, "test"));
    first.ask(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}));
    let told = |number: usize| json!({"text": format!("Fact {number} of those in the middle")});
    for number in 0..20 {
        first.send(&call(10 + number as u64, "remember", told(number)));
    }
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    let server = presence(&data.folder)["pid"].as_u64().unwrap() as u32;
    // The agent starts another one and, not knowing what arrived, tells everything again.
    let mut second = Bridge::start(&data);
    second.ask(&initialize(1, "test"));
    for number in 0..20 {
        let answer = second.ask(&call(10 + number as u64, "remember", told(number)));
        assert!(answer["result"]["structuredContent"]["id"].is_string(), "{answer}");
    }
    assert_eq!(second.end().0, Some(0));
    assert_eq!(presence(&data.folder)["pid"], server, "the server has not noticed");
    assert_eq!(processes(&data.folder), [server]);
    assert_eq!(run_json(&data.folder, &["status"])["memories"], 20);
}

#[test]
fn a_bridge_outlives_its_server() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    bridge.ask(&initialize(1, "test"));
    bridge.ask(&call(2, "remember", json!({"text": "Before the crash"})));
    let first = presence(&data.folder)["pid"].as_u64().unwrap();
    assert!(Command::new("kill").args(["-9", &first.to_string()]).status().unwrap().success());
    wait_until("the server to be gone", || !processes(&data.folder).contains(&(first as u32)));
    let found = bridge.ask(&call(3, "recall", json!({"query": "crash"})));
    assert_eq!(found["result"]["structuredContent"]["hits"][0]["text"], "Before the crash");
    let second = presence(&data.folder)["pid"].as_u64().unwrap();
    assert_ne!(first, second);
    // And one that was stopped in order, and started again by hand on another port.
    assert!(Command::new("kill").arg(second.to_string()).status().unwrap().success());
    wait_until("the server to be gone", || !processes(&data.folder).contains(&(second as u32)));
    let server = Server::start(&data.folder);
    assert!(bridge.ask(&call(4, "recall", json!({"query": "crash"})))["result"].is_object());
    assert_eq!(presence(&data.folder)["pid"], server.pid());
    assert_eq!(bridge.end().0, Some(0));
}

#[test]
fn a_server_that_cannot_start_is_explained_to_the_agent() {
    let data = Data::new();
    std::fs::create_dir_all(&data.folder).unwrap();
    std::fs::write(data.folder.join("format.json"), r#"{"format":999,"program":"9.9.9"}"#).unwrap();
    let mut bridge = Bridge::start(&data);
    assert!(bridge.ask(&initialize(1, "test"))["result"].is_object(), "the handshake needs no memory");
    let failed = bridge.ask(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}));
    assert!(failed["error"]["message"].as_str().unwrap().contains("9.9.9"), "{failed}");
    assert!(failed["error"]["data"]["hint"].is_string());
    assert_eq!(bridge.end().0, Some(0));
    assert_eq!(processes(&data.folder), Vec::<u32>::new());
}

#[test]
fn a_cancelled_request_is_not_answered() {
    let data = Data::new();
    let mut bridge = Bridge::start(&data);
    bridge.ask(&initialize(1, "test"));
    bridge.send(&call(7, "recall", json!({"query": "anything"})));
    bridge.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}));
    bridge.send(&json!({"jsonrpc": "2.0", "id": 8, "method": "ping"}));
    let (code, answers) = bridge.end();
    assert_eq!(code, Some(0));
    // The answer may have been on its way already; the next request is answered whatever came of it.
    assert!(answers.iter().any(|answer| answer["id"] == 8), "{answers:?}");
}
