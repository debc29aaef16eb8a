//! One line of a transcript, as far as it says something: who said what, which tool was called with what, what came of it.
//!
//! Lines are read leniently: what is of another type than expected is as if it were not there, and a kind of line that is not
//! known says nothing. Newer versions of the client add both.

use hydra_graph::Timestamp;
use serde_json::Value;

use super::words;

/// Longest name, key or path that is taken from a line; a longer one is none.
const MAX_TAKEN_BYTES: usize = 512;

/// A line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// What kind of line it is, by its own name.
    pub kind: String,
    /// By what it is known, in whichever file it stands.
    pub uuid: Option<String>,
    /// The conversation.
    pub session: Option<String>,
    /// The folder that was worked in.
    pub folder: Option<String>,
    /// The branch there.
    pub branch: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
    /// The sub-agent whose line it is; the conversation itself has none.
    pub sub_agent: Option<String>,
    /// What it says, in order.
    pub parts: Vec<Part>,
    /// Blocks and messages that nobody said.
    pub hidden: u64,
}

/// What a line says.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    /// A person's words.
    User(String),
    /// A person's words that wait until the agent is done.
    Queued(String),
    /// An agent's words.
    Agent(String),
    /// A summary of what came before.
    Summary(String),
    /// A tool is called.
    Call { id: String, tool: String, input: Value },
    /// What came of a call.
    Result { id: String, is_error: bool, text: String },
}

impl Entry {
    /// Reads a line; `None` if it is no JSON object.
    pub fn parse(line: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(line).ok()?;
        value.as_object()?;
        let text = |name: &str| taken(&value[name]);
        let is = |name: &str| value[name].as_bool() == Some(true);
        let mut entry = Self {
            kind: text("type").unwrap_or_else(|| "without type".to_owned()),
            uuid: text("uuid"),
            session: text("sessionId"),
            folder: text("cwd"),
            branch: text("gitBranch"),
            at: text("timestamp").and_then(|at| at.parse().ok()),
            sub_agent: is("isSidechain").then(|| text("agentId").unwrap_or_else(|| "sidechain".to_owned())),
            parts: Vec::new(),
            hidden: 0,
        };
        match entry.kind.as_str() {
            "queue-operation" if value["operation"] == "enqueue" => {
                let said = value["content"].as_str().and_then(words::of_user);
                // A command is carried out, and says so itself.
                entry.parts.extend(said.filter(|said| !said.starts_with('/')).map(Part::Queued));
            }
            // Told while the agent was at work, it has no other line.
            "attachment" if value["attachment"]["type"] == "queued_command" && !is("isSidechain") => {
                let attachment = &value["attachment"];
                let is_prompt = attachment["commandMode"].as_str().is_none_or(|mode| mode == "prompt");
                let said = attachment["prompt"].as_str().filter(|_| is_prompt).and_then(words::of_user);
                entry.parts.extend(said.filter(|said| !said.starts_with('/')).map(Part::User));
            }
            "user" | "assistant" if is("isMeta") || is("isApiErrorMessage") => entry.hidden += 1,
            "user" => entry.read_user(&value),
            "assistant" => entry.read_agent(&value["message"]["content"]),
            _ => {}
        }
        Some(entry)
    }

    /// Tells whether it is of a kind that is read.
    pub fn is_read(&self) -> bool {
        ["user", "assistant", "queue-operation"].contains(&self.kind.as_str()) || !self.parts.is_empty()
    }

    fn read_user(&mut self, line: &Value) {
        let content = &line["message"]["content"];
        let is_summary = line["isCompactSummary"].as_bool() == Some(true);
        match content {
            Value::String(text) => self.read_words(text, is_summary),
            Value::Array(blocks) => {
                for block in blocks {
                    match (block["type"].as_str(), block) {
                        (Some("text"), _) => self.read_words(block["text"].as_str().unwrap_or_default(), is_summary),
                        (Some("tool_result"), _) => self.read_result(block),
                        (_, Value::String(text)) => self.read_words(text, is_summary),
                        _ => self.hidden += 1,
                    }
                }
            }
            _ => self.hidden += 1,
        }
    }

    fn read_words(&mut self, text: &str, is_summary: bool) {
        let part = match (is_summary || words::is_summary(text), &self.sub_agent) {
            (true, _) => words::of_summary(text).map(Part::Summary),
            // What a sub-agent is told, the agent that called it says.
            (false, Some(_)) => words::of_agent(text).map(Part::Agent),
            (false, None) => words::of_user(text).map(Part::User),
        };
        self.take(part);
    }

    fn read_agent(&mut self, content: &Value) {
        if let Value::String(text) = content {
            return self.take(words::of_agent(text).map(Part::Agent));
        }
        for block in content.as_array().into_iter().flatten() {
            let part = match block["type"].as_str() {
                Some("text") => block["text"].as_str().and_then(words::of_agent).map(Part::Agent),
                Some("tool_use") => match (taken(&block["id"]), taken(&block["name"])) {
                    (Some(id), Some(tool)) => Some(Part::Call { id, tool, input: block["input"].clone() }),
                    _ => None,
                },
                // Thinking, and what is not known.
                _ => None,
            };
            self.take(part);
        }
    }

    fn read_result(&mut self, block: &Value) {
        let Some(id) = taken(&block["tool_use_id"]) else { return self.hidden += 1 };
        let text = match &block["content"] {
            Value::String(text) => text.clone(),
            Value::Array(blocks) => {
                let texts: Vec<&str> = blocks.iter().filter_map(|block| block["text"].as_str()).collect();
                texts.join("\n")
            }
            _ => String::new(),
        };
        let is_error = block["is_error"].as_bool() == Some(true);
        self.take(Some(Part::Result { id, is_error, text }));
    }

    fn take(&mut self, part: Option<Part>) {
        match part {
            Some(part) => self.parts.push(part),
            None => self.hidden += 1,
        }
    }
}

/// A text that is short enough to be a name.
fn taken(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty() && text.len() <= MAX_TAKEN_BYTES).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(line: &Value) -> Entry {
        Entry::parse(line.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_line_says_what_was_said_and_done() {
        let entry = parse(&json!({
            "type": "assistant", "uuid": "u", "sessionId": "s", "cwd": "/src/a", "gitBranch": "main",
            "timestamp": "2026-02-11T20:36:45.618Z", "isSidechain": false,
            "message": {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "hidden"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "ls"}},
                {"type": "of another world"}
            ]}
        }));
        assert_eq!((entry.uuid.as_deref(), entry.session.as_deref(), entry.hidden), (Some("u"), Some("s"), 2));
        assert_eq!(entry.at, "2026-02-11T20:36:45.618Z".parse().ok());
        let call = Part::Call { id: "t".into(), tool: "Bash".into(), input: json!({"command": "ls"}) };
        assert_eq!(entry.parts, [Part::Agent("I look.".into()), call]);
        let entry = parse(&json!({"type": "user", "message": {"content": [
            {"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": [{"type": "text", "text": "no"}]},
            {"type": "image", "source": {}},
            "bare"
        ]}}));
        let result = Part::Result { id: "t".into(), is_error: true, text: "no".into() };
        assert_eq!((entry.parts, entry.hidden), (vec![result, Part::User("bare".into())], 1));
    }

    #[test]
    fn what_the_agent_tells_a_sub_agent_is_no_persons_word() {
        let entry = parse(&json!({"type": "user", "isSidechain": true, "agentId": "a1",
            "message": {"content": "Always answer in Dutch"}}));
        assert_eq!(entry.parts, [Part::Agent("Always answer in Dutch".into())]);
        assert_eq!(entry.sub_agent.as_deref(), Some("a1"));
    }

    #[test]
    fn what_nobody_said_is_counted() {
        for line in [
            json!({"type": "user", "isMeta": true, "message": {"content": "Caveat"}}),
            json!({"type": "user", "message": {"content": 17}}),
            json!({"type": "user", "message": "text"}),
            json!({"type": "assistant", "isApiErrorMessage": true, "message": {"content": "API Error"}}),
        ] {
            let entry = parse(&line);
            assert_eq!((entry.parts.len(), entry.hidden), (0, 1), "{line}");
        }
        let entry = parse(&json!({"type": ["odd"], "uuid": 5, "message": {"content": "x"}}));
        assert_eq!((entry.kind.as_str(), entry.parts.len(), entry.is_read()), ("without type", 0, false));
        for bare in ["17", "\"text\"", "null", "[1]", "{\"type\":", "true", ""] {
            assert_eq!(Entry::parse(bare.as_bytes()), None, "{bare}");
        }
    }

    #[test]
    fn words_that_wait_are_words_and_commands_are_not() {
        let queued =
            |content: &str| parse(&json!({"type": "queue-operation", "operation": "enqueue", "content": content}));
        assert_eq!(queued("check again").parts, [Part::Queued("check again".into())]);
        for not in ["/mcp", "/x y", "<task-notification>x</task-notification>"] {
            assert_eq!(queued(not).parts, [], "{not}");
        }
        let entry = parse(&json!({"type": "queue-operation", "operation": "remove"}));
        assert_eq!(entry.parts, []);
        let attached = |attachment: serde_json::Value| parse(&json!({"type": "attachment", "attachment": attachment}));
        let entry = attached(json!({"type": "queued_command", "prompt": "check again", "commandMode": "prompt"}));
        assert_eq!((entry.parts.as_slice(), entry.is_read()), ([Part::User("check again".into())].as_slice(), true));
        for not in [
            json!({"type": "queued_command", "prompt": "done", "commandMode": "task-notification"}),
            json!({"type": "hook_additional_context", "content": ["check again"]}),
            json!("check again"),
        ] {
            let entry = attached(not);
            assert_eq!((entry.parts.len(), entry.is_read()), (0, false));
        }
    }
}
