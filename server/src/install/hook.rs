//! The hooks that Claude Code runs, and how one is written into its settings.

use jsonc_parser::cst::CstInputValue;
use jsonc_parser::json;
use serde_json::Value;

use super::program::Invocation;

/// The key of hooks in the settings.
pub const HOOKS_KEY: &str = "hooks";
/// The command that every hook runs.
const COMMAND: &str = "hook";
/// Tools that change files or run commands.
const ACTING_TOOLS: &str = "Edit|MultiEdit|Write|NotebookEdit|Bash";

/// One event, and how it is hooked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// The event, as Claude Code calls it.
    pub event: &'static str,
    /// The tools that it is about; `None` takes all, and is what events without a tool have.
    pub matcher: Option<&'static str>,
    /// How long Claude Code waits for it: many times what it takes, since it gives up by itself long before.
    pub timeout_s: u32,
}

/// Every event that is hooked.
pub const HOOKS: [Hook; 9] = [
    Hook { event: "SessionStart", matcher: None, timeout_s: 10 },
    Hook { event: "UserPromptSubmit", matcher: None, timeout_s: 5 },
    Hook { event: "PreToolUse", matcher: Some(ACTING_TOOLS), timeout_s: 5 },
    Hook { event: "PostToolUse", matcher: Some(ACTING_TOOLS), timeout_s: 5 },
    Hook { event: "PostToolUseFailure", matcher: None, timeout_s: 5 },
    Hook { event: "PreCompact", matcher: None, timeout_s: 5 },
    Hook { event: "Stop", matcher: None, timeout_s: 5 },
    Hook { event: "SubagentStop", matcher: None, timeout_s: 5 },
    // Claude Code waits 1.5 s for all hooks of this event unless one asks for more.
    Hook { event: "SessionEnd", matcher: None, timeout_s: 2 },
];

impl Hook {
    /// Returns what the program is told.
    pub fn words(&self) -> [&'static str; 2] {
        [COMMAND, self.event]
    }

    /// Writes a group that runs the program itself with its arguments, so that no shell reads the path.
    pub fn group(&self, invocation: &Invocation) -> CstInputValue {
        let timeout_s = self.timeout_s;
        let entry = json!({
            "type": "command",
            "command": (invocation.program.as_str()),
            "args": (invocation.arguments(&self.words())),
            "timeout": timeout_s
        });
        match self.matcher {
            Some(matcher) => json!({"matcher": matcher, "hooks": [entry]}),
            None => json!({"hooks": [entry]}),
        }
    }
}

/// Tells whether an entry among the hooks of `event` is ours, wherever the program was when it was written.
pub fn is_ours(entry: &Value, event: &str) -> bool {
    let arguments = &entry["args"];
    entry["type"] == "command"
        && Invocation::is_program(&entry["command"])
        && arguments[0] == COMMAND
        && arguments[1] == event
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_recognised_and_nothing_else() {
        for hook in HOOKS {
            let args = Invocation::new("", &["--data-dir", "/m"]).arguments(&hook.words());
            let entry = json!({"type": "command", "command": "/opt/hydra 2/hydra", "args": args});
            assert!(is_ours(&entry, hook.event), "{entry}");
            assert!(!is_ours(&entry, "Setup"));
            assert_eq!(entry["args"], json!(["hook", hook.event, "--data-dir", "/m"]));
        }
        for foreign in [
            json!({"type": "command", "command": "hydra hook Stop"}),
            json!({"type": "command", "command": "/bin/sh", "args": ["hook", "Stop"]}),
            json!({"type": "command", "command": "/x/hydra", "args": ["status"]}),
            json!({"type": "prompt", "prompt": "hydra"}),
            json!("hydra"),
            json!(null),
        ] {
            assert!(!is_ours(&foreign, "Stop"), "{foreign}");
        }
    }
}
