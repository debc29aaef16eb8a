//! A stand-in for the model: the Messages API on loopback, answering as a script says and remembering what it was asked.
//!
//! A script says what follows which prompt, not which request is the how-manieth, so that sessions may run at once.
#![allow(dead_code, reason = "each test uses its own part")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// More than any script here needs.
const MAX_REQUESTS: usize = 40;

/// Tells messages and uses of tools apart.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// What the model does next.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It says something, and that was it.
    Say(&'static str),
    /// It uses a tool.
    Use(&'static str, Value),
}

/// Prompts, each with what follows it.
pub type Script = Vec<(&'static str, Vec<Turn>)>;

/// The stand-in; it ends with the test.
pub struct Model {
    pub port: u16,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Model {
    /// Starts to answer.
    pub fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (script, asked) = (Arc::new(script), Arc::clone(&requests));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, asked) = (Arc::clone(&script), Arc::clone(&asked));
                // Claude Code may go away in the middle.
                std::thread::spawn(move || drop(serve(stream, &script, &asked)));
            }
        });
        Self { port, requests }
    }

    /// Returns all it was asked in conversations, in order: side questions, titles for one, are left out.
    pub fn requests(&self) -> Vec<Value> {
        self.requests.lock().unwrap().clone()
    }

    /// Returns the text of the first request in which `prompt` is the newest.
    pub fn asked(&self, prompt: &str) -> String {
        let requests = self.requests();
        let found = requests.iter().find(|request| {
            let prompts = texts_of_user(request);
            prompts.last().is_some_and(|newest| newest.contains(prompt))
        });
        text(found.unwrap_or_else(|| panic!("the model was not asked `{prompt}`, only: {:?}", prompts(&requests))))
    }
}

fn prompts(requests: &[Value]) -> Vec<String> {
    requests.iter().filter_map(|request| texts_of_user(request).pop()).collect()
}

/// Returns everything that a request says to the model.
pub fn text(request: &Value) -> String {
    let mut all = String::new();
    for part in [&request["system"], &request["messages"]] {
        collect(part, &mut all);
    }
    all
}

/// Returns the names of the tools that a request offers.
pub fn tools(request: &Value) -> Vec<&str> {
    request["tools"].as_array().into_iter().flatten().filter_map(|tool| tool["name"].as_str()).collect()
}

fn collect(value: &Value, all: &mut String) {
    match value {
        Value::String(text) => {
            all.push_str(text);
            all.push('\n');
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, all)),
        Value::Object(members) => {
            ["text", "content", "input"]
                .iter()
                .filter_map(|name| members.get(*name))
                .for_each(|value| collect(value, all));
        }
        _ => {}
    }
}

/// Returns the text of each message of the user that is no answer of a tool.
fn texts_of_user(request: &Value) -> Vec<String> {
    let messages = request["messages"].as_array().into_iter().flatten();
    let by_user = messages.filter(|message| message["role"] == "user" && !is_tool_result(message));
    let mut texts = Vec::new();
    for message in by_user {
        let mut text = String::new();
        collect(&message["content"], &mut text);
        texts.push(text);
    }
    texts
}

fn is_tool_result(message: &Value) -> bool {
    message["content"].as_array().into_iter().flatten().any(|block| block["type"] == "tool_result")
}

fn serve(stream: TcpStream, script: &Script, asked: &Mutex<Vec<Value>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut path, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if path.is_empty() {
                line.split(' ').nth(1).unwrap_or_default().clone_into(&mut path);
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let request: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answer = answer(&path, &request, script, asked);
        let kind = if answer.starts_with("event:") { "text/event-stream" } else { "application/json" };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", answer.len());
        reader.get_mut().write_all(format!("{head}{answer}").as_bytes())?;
    }
}

fn answer(path: &str, request: &Value, script: &Script, asked: &Mutex<Vec<Value>>) -> String {
    if path.starts_with("/v1/messages/count_tokens") {
        return json!({"input_tokens": 1}).to_string();
    }
    if !path.starts_with("/v1/messages") {
        return json!({"data": [], "has_more": false}).to_string();
    }
    let is_conversation = request["tools"].as_array().is_some_and(|tools| !tools.is_empty());
    let turn = if is_conversation {
        let mut asked = asked.lock().unwrap();
        asked.push(request.clone());
        // A prompt that comes again in what a hook adds must not have the script begin again for ever.
        if asked.len() > MAX_REQUESTS { Turn::Say("Enough.") } else { turn(request, script) }
    } else {
        Turn::Say("{\"title\": \"a test\"}")
    };
    let (block, stop) = match turn {
        Turn::Say(text) => (json!({"type": "text", "text": text}), "end_turn"),
        Turn::Use(tool, input) => {
            let id = format!("toolu_{:024}", NEXT_ID.fetch_add(1, Ordering::Relaxed));
            (json!({"type": "tool_use", "id": id, "name": tool, "input": input}), "tool_use")
        }
    };
    // What has the same id is one message to Claude Code.
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    let usage = json!({"input_tokens": 10, "output_tokens": 10});
    let mut message = json!({
        "id": format!("msg_{id:016}"), "type": "message", "role": "assistant", "model": request["model"],
        "content": [block.clone()], "stop_reason": stop, "stop_sequence": null, "usage": usage,
    });
    if request["stream"] != true {
        return message.to_string();
    }
    (message["content"], message["stop_reason"]) = (json!([]), Value::Null);
    let (start, delta) = match block["type"].as_str() {
        Some("text") => (json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": block["text"]})),
        _ => {
            let mut start = block.clone();
            start["input"] = json!({});
            (start, json!({"type": "input_json_delta", "partial_json": block["input"].to_string()}))
        }
    };
    [
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0, "content_block": start}),
        json!({"type": "content_block_delta", "index": 0, "delta": delta}),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": null}, "usage": usage}),
        json!({"type": "message_stop"}),
    ]
    .iter()
    .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
    .collect()
}

/// Finds the newest prompt that the script knows, and how often the model has answered since.
fn turn(request: &Value, script: &Script) -> Turn {
    let mut answered = 0;
    for message in request["messages"].as_array().into_iter().flatten().rev() {
        if message["role"] == "assistant" {
            answered += 1;
        }
        if message["role"] != "user" || is_tool_result(message) {
            continue;
        }
        let mut said = String::new();
        collect(&message["content"], &mut said);
        if let Some((_, turns)) = script.iter().find(|(prompt, _)| said.contains(prompt)) {
            return turns.get(answered).cloned().unwrap_or(Turn::Say("Done."));
        }
    }
    Turn::Say("<summary>We talked.</summary>")
}
