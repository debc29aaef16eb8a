//! The MCP server of an agent's settings, started as the agent starts it and asked one thing.

use std::process::Stdio;
use std::time::Duration;

use hydra_graph::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

/// How long it may take until it has answered, with the start of a server.
const PATIENCE: Duration = Duration::from_secs(40);

/// Starts it, asks for the context, and ends it; returns how many bytes came back.
///
/// # Errors
/// What went wrong, without what it answered.
pub async fn call(program: &str, arguments: &[String]) -> Result<usize> {
    tokio::time::timeout(PATIENCE, talk(program, arguments))
        .await
        .unwrap_or_else(|_| Err(broken(format!("it did not answer within {} s", PATIENCE.as_secs()))))
}

async fn talk(program: &str, arguments: &[String]) -> Result<usize> {
    let failed = |error: &std::io::Error| Error::io(program, error);
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(broken("it has no input or output"));
    };
    let mut lines = BufReader::new(output).lines();
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "hydra-doctor", "version": hydra_mcp::VERSION},
    });
    let mut bytes = 0;
    for (id, method, params) in
        [(1, "initialize", hello), (2, "tools/call", json!({"name": "context", "arguments": {}}))]
    {
        let request = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        input.write_all(format!("{request}\n").as_bytes()).await.map_err(|error| failed(&error))?;
        let answer = loop {
            let line = lines.next_line().await.map_err(|error| failed(&error))?;
            let line = line.ok_or_else(|| broken("it ended instead of answering"))?;
            bytes = line.len();
            let message: Value = serde_json::from_str(&line).map_err(|_| broken("it wrote what is no message"))?;
            if message["id"] == id {
                break message;
            }
        };
        if answer["result"].is_null() || answer["result"]["isError"] == true {
            return Err(broken(format!("it refused `{method}`")));
        }
    }
    drop(input);
    child.wait().await.map_err(|error| failed(&error))?;
    Ok(bytes)
}

fn broken(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unavailable, what).hint("see `serve.log` in the data folder, and run `hydra mcp` by hand")
}
