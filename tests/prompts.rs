//! MCP prompts: each asks for one thing, with what is remembered of it.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use harness::Server;
use serde_json::{Value, json};
use wire::Door;

fn get(door: &Door, name: &str, arguments: Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    door.mcp(&json!({"jsonrpc": "2.0", "id": 1, "method": "prompts/get", "params": params})).json()
}

fn text(door: &Door, name: &str, arguments: Value) -> String {
    let answer = get(door, name, arguments);
    let message = &answer["result"]["messages"][0];
    assert_eq!((&message["role"], &message["content"]["type"]), (&json!("user"), &json!("text")), "{answer}");
    message["content"]["text"].as_str().unwrap().to_owned()
}

#[test]
fn prompts_are_listed() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let list = Door::of(&data).mcp_stateless("prompts/list", json!({})).json();
    let prompts = list["result"]["prompts"].as_array().unwrap();
    let names: Vec<&str> = prompts.iter().map(|prompt| prompt["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["brief", "reflect", "handoff", "audit"]);
    for prompt in prompts {
        assert_eq!(prompt["arguments"][0]["name"], "about", "{prompt}");
        assert!(prompt["description"].is_string() && prompt["arguments"][0]["description"].is_string());
    }
}

#[test]
fn a_prompt_brings_what_is_remembered_of_its_subject() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    assert!(text(&door, "brief", json!({})).contains("Nothing is remembered"));
    let told = door.tool("remember", json!({"text": "The loft was insulated in May", "kind": "fact"}));
    let id = told["structuredContent"]["id"].as_str().unwrap();
    door.tool("remember", json!({"text": "Ask before buying tools", "kind": "preference"}));
    for (name, asks) in
        [("brief", "Do not start yet"), ("reflect", "`learning`"), ("handoff", "`episode`"), ("audit", "hydra forget")]
    {
        let text = text(&door, name, json!({"about": "the loft"}));
        for said in ["the loft", asks, "The loft was insulated in May", id, "Ask before buying tools"] {
            assert!(text.contains(said), "{name} lacks `{said}`: {text}");
        }
        assert!(text.len() < 2_000, "{name} has {} bytes", text.len());
    }
}

#[test]
fn an_argument_by_another_name_is_understood_and_one_that_did_nothing_is_named() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let start = "I am about to start on: the loft\n";
    for name in ["about", "subject", "for", "task", "entity"] {
        let text = text(&door, "brief", json!({name: " the loft "}));
        assert!(text.starts_with(start) && !text.contains("ignored"), "{name}: {text}");
    }
    let all = json!({"task": "the attic", "about": "the loft", "colour": "red", "empty": ""});
    let text = text(&door, "brief", all);
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("(ignored: `colour`, `task`; brief takes one argument, `about`)"), "{text}");
}

#[test]
fn a_wrong_prompt_is_refused_with_the_next_step() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    for (name, arguments, said) in [
        ("review", json!({}), "brief, reflect, handoff, audit"),
        ("brief", json!({"about": 7}), "is a text"),
        ("brief", json!({"subject": 7}), "`subject` is a text"),
        ("brief", json!({"about": "x".repeat(100_000)}), "few words"),
    ] {
        let error = get(&door, name, arguments)["error"].clone();
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().unwrap().contains(said), "{error}");
    }
}
