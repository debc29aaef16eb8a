//! HTTP and MCP as they are on the wire: requests with whatever headers a test wants.
#![allow(dead_code, reason = "each test uses its own part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

/// Signs of life, one each 15 seconds, that a stream may give without a message.
const MAX_SILENCES: usize = 4;

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Answer {
    /// The body, whether it came in chunks or not.
    pub fn whole(&self) -> String {
        if self.headers.get("transfer-encoding").is_none_or(|coding| coding != "chunked") {
            return self.body.clone();
        }
        let (mut rest, mut whole) = (self.body.as_str(), String::new());
        while let Some((size, after)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap_or_else(|_| panic!("{size}"));
            whole.push_str(&after[..size]);
            rest = &after[size + 2..];
            if size == 0 {
                break;
            }
        }
        whole
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// An answer that goes on.
pub struct Stream {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    reader: BufReader<TcpStream>,
}

impl Stream {
    /// Waits for the next message; `None` when the stream has ended.
    pub fn next(&mut self) -> Option<Value> {
        let mut silences = 0;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            // What keeps the stream alive; a test that waits in vain has to end.
            silences += usize::from(line.starts_with(':'));
            assert!(silences <= MAX_SILENCES, "nothing came for a minute");
            // The sizes of chunks are other lines.
            if let Some(data) = line.trim_end().strip_prefix("data: ") {
                return Some(serde_json::from_str(data).unwrap());
            }
        }
    }
}

/// Where a data folder's server is, and its token.
pub struct Door {
    pub port: u16,
    pub token: String,
}

impl Door {
    /// Reads what the server wrote down.
    pub fn of(data: &Path) -> Self {
        let token = std::fs::read_to_string(data.join("token")).unwrap();
        Self { port: presence(data)["port"].as_u64().unwrap() as u16, token }
    }

    /// Sends a request with exactly these headers (and a length), on a connection of its own.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.open(method, path, headers, body);
        let mut body = String::new();
        let _ = stream.reader.read_to_string(&mut body);
        Answer { status: stream.status, headers: stream.headers, body }
    }

    /// As [`Door::send`], but reads only the head of the answer.
    pub fn open(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Stream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        // A server that refuses early may close its end before all is sent; its answer is what counts.
        let _ = stream.write_all(body);
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.to_owned()),
                None => break,
            };
        }
        Stream { status, headers, reader }
    }

    /// As [`Door::send`], as the owner sends JSON.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let own = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.send("POST", path, &[&own, headers].concat(), body.to_string().as_bytes())
    }

    /// Sends a message of MCP revision 2025-11-25.
    pub fn mcp(&self, message: &Value) -> Answer {
        let headers = [("Accept", "application/json, text/event-stream"), ("MCP-Protocol-Version", "2025-11-25")];
        self.post("/mcp", &headers, message)
    }

    /// As [`Door::mcp`], in a session.
    pub fn mcp_in(&self, session: &str, message: &Value) -> Answer {
        let headers = [
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2025-11-25"),
            ("Mcp-Session-Id", session),
        ];
        self.post("/mcp", &headers, message)
    }

    /// Opens the stream of a session's news.
    pub fn news(&self, session: &str) -> Stream {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("Host", "localhost"),
            ("Authorization", bearer.as_str()),
            ("Accept", "text/event-stream"),
            ("MCP-Protocol-Version", "2025-11-25"),
            ("Mcp-Session-Id", session),
        ];
        self.open("GET", "/mcp", &headers, b"")
    }

    /// Sends a message of MCP revision 2026-07-28 whose answer is a stream.
    pub fn stream(&self, message: &Value) -> Stream {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("Host", "localhost"),
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", message["method"].as_str().unwrap()),
        ];
        self.open("POST", "/mcp", &headers, message.to_string().as_bytes())
    }

    /// Sends a message of MCP revision 2026-07-28, with the headers that it must have.
    pub fn mcp_stateless(&self, method: &str, params: Value) -> Answer {
        let name = params["name"].as_str().or(params["uri"].as_str()).map(str::to_owned);
        let message = stateless(1, method, params);
        let mut headers = vec![
            ("Accept", "application/json, text/event-stream"),
            ("MCP-Protocol-Version", "2026-07-28"),
            ("Mcp-Method", method),
        ];
        if let Some(name) = &name {
            headers.push(("Mcp-Name", name));
        }
        self.post("/mcp", &headers, &message)
    }

    /// Calls a tool and returns its result.
    pub fn tool(&self, name: &str, arguments: Value) -> Value {
        let answer = self.mcp(&call(1, name, arguments));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["result"].clone()
    }

    /// Reads a resource.
    pub fn read(&self, uri: &str) -> String {
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}});
        let answer = self.mcp(&request).json();
        answer["result"]["contents"][0]["text"].as_str().expect("a resource is a text").to_owned()
    }
}

/// Returns the text that a tool's answer says.
pub fn said(result: &Value) -> &str {
    result["content"][0]["text"].as_str().expect("a tool's answer has a text")
}

/// What a server wrote down of itself.
pub fn presence(data: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(data.join("server.json")).unwrap()).unwrap()
}

/// The handshake of revision 2025-11-25.
pub fn initialize(id: u64, client: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": client, "version": "1"}}})
}

/// A tool call of revision 2025-11-25.
pub fn call(id: u64, name: &str, arguments: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": name, "arguments": arguments}})
}

/// A message of revision 2026-07-28.
pub fn stateless(id: u64, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "stateless-client", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
}
