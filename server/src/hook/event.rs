//! The events that a client tells, and how long each may take.

use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An event of Claude Code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, JsonSchema, Serialize, Deserialize)]
#[schemars(rename = "HookEvent")]
pub enum Event {
    /// A session begins, goes on, was cleared or was compacted.
    SessionStart,
    /// The person sent a prompt.
    UserPromptSubmit,
    /// A tool is about to run.
    PreToolUse,
    /// A tool ran.
    PostToolUse,
    /// A tool failed.
    PostToolUseFailure,
    /// The conversation is about to be compacted.
    PreCompact,
    /// The agent has answered.
    Stop,
    /// A sub-agent has answered.
    SubagentStop,
    /// The session ends.
    SessionEnd,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SessionStart,
        Self::UserPromptSubmit,
        Self::PreToolUse,
        Self::PostToolUse,
        Self::PostToolUseFailure,
        Self::PreCompact,
        Self::Stop,
        Self::SubagentStop,
        Self::SessionEnd,
    ];

    /// Returns the name that the client has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionStart => "SessionStart",
            Self::UserPromptSubmit => "UserPromptSubmit",
            Self::PreToolUse => "PreToolUse",
            Self::PostToolUse => "PostToolUse",
            Self::PostToolUseFailure => "PostToolUseFailure",
            Self::PreCompact => "PreCompact",
            Self::Stop => "Stop",
            Self::SubagentStop => "SubagentStop",
            Self::SessionEnd => "SessionEnd",
        }
    }

    /// Returns after how long the hook gives up. That is many times what it takes, and far less than the client waits: it
    /// ends a hook of SessionEnd after a second and a half, and a person waits for every other one.
    pub fn deadline(self) -> Duration {
        Duration::from_millis(match self {
            Self::SessionStart => 2_000,
            Self::UserPromptSubmit | Self::PostToolUseFailure => 1_000,
            Self::PreToolUse | Self::PostToolUse => 500,
            Self::PreCompact | Self::Stop | Self::SubagentStop | Self::SessionEnd => 1_000,
        })
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == name);
        found.ok_or_else(|| format!("events are {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Claude Code kills a hook of SessionEnd after this.
    const PATIENCE_AT_THE_END: Duration = Duration::from_millis(1_500);

    #[test]
    fn every_event_is_read_by_its_name_and_gives_up_in_time() {
        for event in Event::ALL {
            assert_eq!(event.as_str().parse(), Ok(event));
            assert_eq!(serde_json::to_value(event).unwrap(), event.as_str());
        }
        assert!("PostCompact".parse::<Event>().is_err());
        assert!(Event::SessionEnd.deadline() < PATIENCE_AT_THE_END);
    }
}
