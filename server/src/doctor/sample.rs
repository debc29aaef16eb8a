//! What Claude Code tells a hook, made up, with nothing in it to be remembered; and what the hook may say to it.

use std::process::Stdio;
use std::time::{Duration, Instant};

use hydra_graph::{Error, ErrorKind, Result};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::hook::SAMPLE as SESSION;

/// How long a hook may take at most before it is ended.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes what is told of an event.
fn input(event: &str) -> Value {
    let mut input = json!({
        "session_id": SESSION, "transcript_path": "/nowhere/hydra-doctor.jsonl", "cwd": "/", "hook_event_name": event,
    });
    let more = match event {
        "SessionStart" => json!({"source": "startup"}),
        "UserPromptSubmit" => json!({"prompt": "hydra doctor"}),
        "PreToolUse" => json!({"tool_name": "Bash", "tool_input": {"command": "true"}, "tool_use_id": SESSION}),
        "PostToolUse" => json!({
            "tool_name": "Bash", "tool_input": {"command": "true"}, "tool_response": {"stdout": ""}, "tool_use_id": SESSION,
        }),
        "PostToolUseFailure" => json!({
            "tool_name": "Bash", "tool_input": {"command": "false"}, "error": "Exit code 1", "tool_use_id": SESSION,
        }),
        "PreCompact" => json!({"trigger": "manual", "custom_instructions": null}),
        "SubagentStop" => json!({"stop_hook_active": true, "agent_id": SESSION, "agent_type": ""}),
        "Stop" => json!({"stop_hook_active": true}),
        "SessionEnd" => json!({"reason": "other"}),
        _ => json!({}),
    };
    if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
        input.extend(more.clone());
    }
    input
}

/// Runs a hook as the agent does; returns how long it took.
///
/// # Errors
/// When it fails, takes too long, or says what the agent does not read; what it said is in no error.
pub async fn feed(program: &str, arguments: &[String], event: &str) -> Result<Duration> {
    let failed = |error: &std::io::Error| Error::io(program, error);
    let wrong = |what: String| {
        Error::new(ErrorKind::Invalid, format!("{event}: {what}")).hint("run it by hand and see: hydra hook --help")
    };
    let started = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&error))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook that reads nothing has closed it.
        let _ = stdin.write_all(input(event).to_string().as_bytes()).await;
    }
    let output = match tokio::time::timeout(PATIENCE, child.wait_with_output()).await {
        Ok(output) => output.map_err(|error| failed(&error))?,
        Err(_) => return Err(wrong(format!("it did not end within {} s", PATIENCE.as_secs()))),
    };
    let took = started.elapsed();
    if !output.status.success() {
        return Err(wrong(format!("it ended with {}", output.status)));
    }
    let said = output.stdout.trim_ascii();
    match said.is_empty() || serde_json::from_slice::<Value>(said).is_ok_and(|said| said.is_object()) {
        true => Ok(took),
        false => Err(wrong("it says what is no JSON".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::hook::HOOKS;

    #[test]
    fn every_event_has_its_sample() {
        for hook in HOOKS {
            let input = input(hook.event);
            assert_eq!(input["hook_event_name"], hook.event);
            assert!(input.as_object().unwrap().len() > 4, "{input}");
        }
    }

    #[tokio::test]
    async fn what_a_hook_says_wrong_is_told_without_its_words() {
        let sh = |script: &str| vec!["-c".to_owned(), script.to_owned()];
        assert!(feed("/bin/sh", &sh("cat >/dev/null"), "Stop").await.is_ok());
        assert!(feed("/bin/sh", &sh("cat >/dev/null; echo '{}'"), "Stop").await.is_ok());
        for script in ["exit 3", "echo hush", "echo '[\"hush\"]'"] {
            let error = feed("/bin/sh", &sh(script), "Stop").await.unwrap_err();
            assert!(error.message().starts_with("Stop: ") && !error.message().contains("hush"), "{error}");
        }
        assert!(feed("/nowhere/hydra", &[], "Stop").await.is_err());
    }
}
