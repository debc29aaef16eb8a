//! What Hydra does when an agent's client tells it that something happens: `hydra hook EVENT` asks for it with one verb.
//!
//! One file an event. What may be put into a conversation, and when nothing may, is `injection`; what a conversation was
//! given already is in the `ledger`, and who was told nothing yet in `waiting`; `quoted` is how it looks there,
//! `repository` tells where the work is done, `deed` what a tool is about to do.

mod deed;
mod event;
mod injection;
mod input;
mod ledger;
mod post_tool_use;
mod post_tool_use_failure;
mod pre_compact;
mod pre_tool_use;
mod quoted;
mod repository;
mod session_end;
mod session_start;
mod stop;
mod subagent_stop;
mod user_prompt;
pub mod waiting;

use hydra_graph::{Memory, Result};
use serde_json::{Value, json};

pub use event::Event;
pub use injection::{FLOOR, Found, Signals, choose, question};
pub use input::{Input, MAX_INPUT_BYTES, SAMPLE};
pub use ledger::{Entry, Ledger};
pub use session_start::context;

use crate::verb::Session;

/// What an event's handler is given.
pub struct Call<'c> {
    /// The memory.
    pub memory: &'c Memory,
    /// In whose name, and where the memory is.
    pub session: &'c Session,
    /// What the client told.
    pub input: &'c Input,
}

impl Call<'_> {
    /// Has what is new in the transcripts that the client names taken in, after this is answered.
    fn take_transcripts(&self) {
        for path in [&self.input.transcript, &self.input.agent_transcript] {
            self.session.taking.take(self.memory, &self.session.default_space, path);
        }
    }
}

/// What an event's handler answers.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// Nothing is printed.
    Nothing,
    /// This is put into the conversation.
    Context(String),
    /// The agent does not stop yet, and is told this.
    Block(String),
}

impl Answer {
    /// Returns what the client expects on standard output, if anything is to be printed.
    fn output(self, event: Event) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Context(text) => {
                Some(json!({"hookSpecificOutput": {"hookEventName": event.as_str(), "additionalContext": text}}))
            }
            Self::Block(reason) => Some(json!({"decision": "block", "reason": reason})),
        }
    }
}

/// Handles an event; returns what is to be printed, if anything.
///
/// # Errors
/// What the memory returns: the hook prints nothing then.
pub fn handle(call: &Call<'_>) -> Result<Option<Value>> {
    let answer = match call.input.event {
        Event::SessionStart => session_start::run(call),
        Event::UserPromptSubmit => user_prompt::run(call),
        Event::PreToolUse => pre_tool_use::run(call),
        Event::PostToolUse => post_tool_use::run(call),
        Event::PostToolUseFailure => post_tool_use_failure::run(call),
        Event::PreCompact => pre_compact::run(call),
        Event::Stop => stop::run(call),
        Event::SubagentStop => subagent_stop::run(call),
        Event::SessionEnd => session_end::run(call),
    }?;
    Ok(answer.output(call.input.event))
}
