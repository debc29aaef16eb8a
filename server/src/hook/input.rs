//! What a client tells of an event: read from its line, and cut to what a handler looks at before it travels.

use std::time::Duration;

use hydra_graph::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Event;

/// Longest line that is read: what a tool is about to write stands in it whole.
pub const MAX_INPUT_BYTES: u64 = 32 * 1024 * 1024;
/// Longest text of it that travels, from its start: a prompt, an error.
pub const MAX_SAID_BYTES: usize = 16 * 1024;
/// What a tool is about to write is looked at so far.
pub const MAX_WRITTEN_BYTES: usize = 4 * 1024;
/// Longest name or path of it that travels; a longer one is none.
pub const MAX_NAMED_BYTES: usize = 4 * 1024;

/// Names the conversation that nobody has: `hydra doctor` tells its hooks of it, and what it is given is not taken down.
pub const SAMPLE: &str = "hydra-doctor";

/// What a client told of an event. What it did not tell, or told as something else than a text, is empty.
#[derive(Clone, Debug, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Input {
    /// What happens.
    pub event: Event,
    /// The conversation.
    #[serde(default)]
    pub session: String,
    /// The sub-agent that it happens in; empty in the conversation itself.
    #[serde(default)]
    pub agent: String,
    /// The file that the conversation is written to.
    #[serde(default)]
    pub transcript: String,
    /// The file that the sub-agent's is written to.
    #[serde(default)]
    pub agent_transcript: String,
    /// The folder in which the work is done.
    #[serde(default)]
    pub folder: String,
    /// How the session began: startup, resume, clear or compact.
    #[serde(default)]
    pub source: String,
    /// What the person wrote.
    #[serde(default)]
    pub prompt: String,
    /// The tool.
    #[serde(default)]
    pub tool: String,
    /// The file that the tool is about.
    #[serde(default)]
    pub path: String,
    /// The command that the tool runs.
    #[serde(default)]
    pub command: String,
    /// What the tool is about to write, its beginning.
    #[serde(default)]
    pub text: String,
    /// What the tool failed with.
    #[serde(default)]
    pub error: String,
    /// What the agent said last.
    #[serde(default)]
    pub last_said: String,
    /// Whether the tool was interrupted by the person.
    #[serde(default)]
    pub is_interrupt: bool,
    /// Whether the agent goes on because a hook of this kind has asked for it.
    #[serde(default)]
    pub is_stop_active: bool,
    /// When the hook gives up; what is answered later is not read.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Input {
    /// Reads what a client wrote.
    ///
    /// # Errors
    /// In words without anything of the text.
    pub fn read(event: Event, line: &[u8]) -> Result<Self, &'static str> {
        let told: Value = serde_json::from_slice(line).map_err(|_| "what the client told is not JSON")?;
        if !told.is_object() {
            return Err("what the client told is not an object");
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = |value: &Value| Some(text(value)).filter(|text| text.len() <= MAX_NAMED_BYTES).unwrap_or_default();
        let said = |value: &Value| start(value.as_str().unwrap_or_default(), MAX_SAID_BYTES).to_owned();
        let tool = &told["tool_input"];
        let path = ["file_path", "notebook_path"].iter().map(|name| named(&tool[name])).find(|path| !path.is_empty());
        Ok(Self {
            event,
            session: named(&told["session_id"]),
            agent: named(&told["agent_id"]),
            transcript: named(&told["transcript_path"]),
            agent_transcript: named(&told["agent_transcript_path"]),
            folder: named(&told["cwd"]),
            source: named(&told["source"]),
            prompt: said(&told["prompt"]),
            tool: named(&told["tool_name"]),
            path: path.unwrap_or_default(),
            command: said(&tool["command"]),
            text: written(tool),
            error: said(&told["error"]),
            last_said: said(&told["last_assistant_message"]),
            is_interrupt: told["is_interrupt"].as_bool().unwrap_or_default(),
            is_stop_active: told["stop_hook_active"].as_bool().unwrap_or_default(),
            until: None,
        })
    }

    /// The same, given up after some time.
    #[must_use]
    pub fn until(self, now: Timestamp, patience: Duration) -> Self {
        let patience = i64::try_from(patience.as_millis()).unwrap_or(i64::MAX);
        Self { until: Some(Timestamp::from_millis(now.as_millis().saturating_add(patience))), ..self }
    }

    /// Tells whether nobody reads an answer any more.
    pub fn is_late(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now > until)
    }

    /// Names who is given something: a sub-agent does not see what the conversation was given.
    pub fn listener(&self) -> String {
        if self.agent.is_empty() { self.session.clone() } else { format!("{} {}", self.session, self.agent) }
    }
}

/// What a tool is about to write, in whichever field it stands.
fn written(tool: &Value) -> String {
    let texts = ["content", "new_string", "new_source"].iter().filter_map(|name| tool[name].as_str());
    let edits = tool["edits"].as_array().into_iter().flatten().filter_map(|edit| edit["new_string"].as_str());
    let mut written = String::new();
    for text in texts.chain(edits) {
        written.push_str(start(text, MAX_WRITTEN_BYTES - written.len().min(MAX_WRITTEN_BYTES)));
        written.push('\n');
    }
    written.truncate(written.floor_char_boundary(MAX_WRITTEN_BYTES));
    written.trim_end().to_owned()
}

/// Returns the start of a text, cut between two characters.
pub(super) fn start(text: &str, max_bytes: usize) -> &str {
    &text[..text.floor_char_boundary(max_bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_and_cut() {
        let long = "é".repeat(MAX_SAID_BYTES);
        let line = serde_json::json!({
            "session_id": "s", "cwd": "/w", "prompt": long, "tool_name": 7,
            "tool_input": {"file_path": "/w/a.rs", "content": "x".repeat(100_000)}, "unheard": [1],
        });
        let input = Input::read(Event::PreToolUse, line.to_string().as_bytes()).unwrap();
        assert_eq!((input.session.as_str(), input.path.as_str(), input.tool.as_str()), ("s", "/w/a.rs", ""));
        assert_eq!(input.prompt.len(), MAX_SAID_BYTES);
        assert!(serde_json::to_string(&input).unwrap().len() < 2 * MAX_SAID_BYTES, "what is written does not travel");
        let named = serde_json::json!({"session_id": "x".repeat(MAX_NAMED_BYTES + 1)}).to_string();
        assert_eq!(Input::read(Event::Stop, named.as_bytes()).unwrap().session, "");
        for line in ["", "{", "7", "\"text\"", "[]", "null"] {
            assert!(Input::read(Event::Stop, line.as_bytes()).is_err(), "{line}");
        }
    }

    #[test]
    fn a_sub_agent_is_somebody_else() {
        let read = |line: &str| Input::read(Event::PreToolUse, line.as_bytes()).unwrap().listener();
        assert_ne!(read(r#"{"session_id":"s"}"#), read(r#"{"session_id":"s","agent_id":"a"}"#));
    }
}
