//! What an agent did with a tool, in short: the command or the file, and what came of it where that says something. Files that
//! were read and written stay out, since they are on the disk.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::signature::{error_lines, is_error};

/// What is kept of a command, a question or another input.
pub const MAX_CALL_BYTES: usize = 600;
/// What is kept of an error: the line that names it, and those behind it.
pub const MAX_ERROR_BYTES: usize = 800;
/// An output of a command that is no longer than this is kept; of a longer one only that it went well.
pub const MAX_RESULT_BYTES: usize = 200;
/// Longest kind of a command.
const MAX_FAMILY_BYTES: usize = 80;
/// What is kept of each side of a change to a file.
const MAX_SIDE_BYTES: usize = 120;
/// Tools that only look. What they looked at is told together.
const LOOKING: [&str; 14] = [
    "Read",
    "Glob",
    "Grep",
    "LS",
    "NotebookRead",
    "TodoRead",
    "TodoWrite",
    "TaskOutput",
    "BashOutput",
    "KillShell",
    "ToolSearch",
    "TaskList",
    "TaskGet",
    "ListMcpResourcesTool",
];
/// Tools that change a file.
const CHANGING: [&str; 4] = ["Edit", "MultiEdit", "Write", "NotebookEdit"];
/// Inputs that say best what a tool is to do, in this order.
const TELLING: [&str; 9] =
    ["command", "url", "query", "file_path", "path", "pattern", "description", "prompt", "skill"];
/// Programs of which the next word says what they do.
const WITH_SUBCOMMANDS: [&str; 36] = [
    "apt",
    "apt-get",
    "brew",
    "bun",
    "bundle",
    "cargo",
    "composer",
    "conda",
    "deno",
    "docker",
    "dotnet",
    "flutter",
    "gh",
    "git",
    "go",
    "gradle",
    "helm",
    "just",
    "kubectl",
    "make",
    "mix",
    "mvn",
    "nix",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pnpm",
    "poetry",
    "rails",
    "rake",
    "swift",
    "systemctl",
    "terraform",
    "uv",
    "yarn",
];
/// Programs that only look, or fail to say that something is not there.
const LOOKING_PROGRAMS: [&str; 24] = [
    "awk", "cat", "cd", "cut", "diff", "du", "echo", "file", "find", "grep", "head", "jq", "ls", "pgrep", "ps", "pwd",
    "rg", "sed", "sleep", "sort", "stat", "tail", "wc", "which",
];
/// So begins what the client says in place of a result when a person did not want it.
const REFUSED: &str = "The user doesn't want to proceed with this tool use";
/// Behind this stands why.
const REFUSED_SAYING: &str = "the user said:";

/// A call, while nothing is known of its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    /// The client's id of it.
    pub id: String,
    /// The tool's name.
    pub tool: String,
    /// What it was to do, in short.
    pub what: String,
    /// What kind of command it is: `git push`.
    pub family: Option<String>,
    /// The command of that kind, without what its output goes through.
    pub line: Option<String>,
    /// The file it changes.
    pub path: Option<String>,
    /// What it changes there.
    pub change: Option<String>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It went well; what it gave, if that is short.
    Worked(Option<String>),
    /// It failed, and says so.
    Failed(String),
    /// A person did not want it; what they said instead.
    Refused(Option<String>),
}

/// Tells whether a tool is Hydra's own: what it is asked and gives is known, and would be a second voice for itself.
pub(super) fn is_own(tool: &str) -> bool {
    let server = tool.strip_prefix("mcp__").and_then(|rest| rest.rsplit_once("__")).map(|(server, _)| server);
    server.is_some_and(|server| server == "hydra" || server.ends_with("_hydra"))
}

/// Tells whether a tool of Hydra's keeps something: then the agent has learned by itself.
pub(super) fn keeps(tool: &str) -> bool {
    is_own(tool) && ["__learn", "__remember"].iter().any(|verb| tool.ends_with(verb))
}

impl Call {
    /// Reads a call. Paths in `folder` are said from there.
    pub fn of(id: String, tool: String, input: &Value, folder: Option<&str>) -> Self {
        let text = |name: &str| input[name].as_str().map(str::trim).filter(|text| !text.is_empty());
        let path = text("file_path").or_else(|| text("notebook_path")).filter(|_| CHANGING.contains(&tool.as_str()));
        let command = text("command").filter(|_| tool == "Bash");
        let what = match (path, command) {
            (Some(path), _) => below(path, folder).to_owned(),
            (None, Some(command)) => start(command, MAX_CALL_BYTES),
            (None, None) => {
                let told = TELLING.iter().find_map(|name| text(name)).map(|told| below(told, folder));
                start(told.unwrap_or_default(), MAX_CALL_BYTES)
            }
        };
        let first_edit = &input["edits"][0];
        let side = |name: &str| input[name].as_str().or_else(|| first_edit[name].as_str());
        let change = path.and_then(|_| change(side("old_string")?, side("new_string")?));
        let (family, line) = match command.and_then(family) {
            Some((family, line)) => (Some(family), Some(line)),
            None => (tool.starts_with("mcp__").then(|| tool.clone()), None),
        };
        Self { path: path.map(|path| below(path, folder).to_owned()), id, tool, what, family, line, change }
    }

    /// Tells whether it only looks.
    pub fn is_look(&self) -> bool {
        LOOKING.contains(&self.tool.as_str())
    }

    /// Says what was done and what came of it.
    pub fn text(&self, outcome: Option<&Outcome>) -> String {
        let mut text = match self.what.is_empty() {
            true => self.tool.clone(),
            false => format!("{}: {}", self.tool, self.what),
        };
        if let Some(change) = &self.change {
            text.push_str(&format!("\n{change}"));
        }
        match outcome {
            Some(Outcome::Failed(error)) => text.push_str(&format!("\nfailed: {error}")),
            Some(Outcome::Worked(Some(gave))) => text.push_str(&format!("\ngave: {gave}")),
            Some(Outcome::Refused(Some(said))) => text.push_str(&format!("\nrefused by the user: {said}")),
            Some(Outcome::Refused(None)) => text.push_str("\nrefused by the user"),
            Some(Outcome::Worked(None)) | None => {}
        }
        text
    }

    /// Reads what came of it.
    pub fn outcome(&self, is_failed: bool, output: &str) -> Outcome {
        if is_failed && output.trim_start().starts_with(REFUSED) {
            let said = output.split_once(REFUSED_SAYING).map(|(_, said)| start(said.trim(), MAX_CALL_BYTES));
            return Outcome::Refused(said.filter(|said| !said.is_empty()));
        }
        // In a pipe the exit code is that of the last program.
        let is_piped = self.tool == "Bash" && self.is_work() && self.what.contains('|') && is_error(output);
        if is_failed || is_piped {
            return Outcome::Failed(error_lines(output, MAX_ERROR_BYTES));
        }
        let is_told = self.tool == "Bash" || self.tool == "AskUserQuestion" || self.tool.starts_with("mcp__");
        let gave = output.trim();
        Outcome::Worked((is_told && !gave.is_empty() && gave.len() <= MAX_RESULT_BYTES).then(|| gave.to_owned()))
    }

    /// Tells whether it is work that fails and is mended, and not a look at something that is not there.
    pub fn is_work(&self) -> bool {
        self.family.as_deref().is_some_and(|family| !LOOKING_PROGRAMS.contains(&family))
    }
}

/// What kind of command it is: its program, and what that is to do where programs do several things. Of several commands in
/// a line, the last that does more than look; that one too.
fn family(command: &str) -> Option<(String, String)> {
    // What is written to a program or a file is no command.
    let command = command.split("<<").next().unwrap_or_default();
    let mut found = None;
    for part in command.split(['\n', ';']).flat_map(|part| part.split("&&")).flat_map(|part| part.split("||")) {
        let line = part.split('|').next().unwrap_or_default();
        let mut words = line.split_whitespace().peekable();
        while words.peek().is_some_and(|word| is_before(word)) {
            words.next();
        }
        let Some(program) = words.next().map(name_of).filter(|program| !program.is_empty()) else { continue };
        let sub = words.find(|word| !word.starts_with('-') && !word.starts_with('+'));
        let family = match sub {
            Some(sub) if WITH_SUBCOMMANDS.contains(&program) => format!("{program} {sub}"),
            // `python3 -m pytest`, `python3 tool.py`.
            Some(sub) if ["python", "python3", "node", "bash", "sh"].contains(&program) => {
                format!("{program} {}", name_of(sub))
            }
            _ => program.to_owned(),
        };
        if found.is_none() || !LOOKING_PROGRAMS.contains(&program) {
            let kept: Vec<&str> = line.split_whitespace().filter(|word| !word.contains('>')).collect();
            found = Some((start(&family, MAX_FAMILY_BYTES), start(&kept.join(" "), MAX_CALL_BYTES)));
        }
    }
    found
}

/// What may stand before a program: `sudo`, `X=1`, `timeout 30`.
fn is_before(word: &str) -> bool {
    ["sudo", "time", "env", "nice", "command", "exec", "timeout", "nohup", "("].contains(&word)
        || word.split_once('=').is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        || word.bytes().all(|byte| byte.is_ascii_digit() || byte == b's')
}

fn name_of(word: &str) -> &str {
    word.trim_matches(['"', '\'', '(', ')']).rsplit('/').next().unwrap_or_default()
}

/// What is changed: the first lines that differ.
fn change(old: &str, new: &str) -> Option<String> {
    let differs = |one: &str, other: &str| {
        let mut others = other.lines();
        one.lines().find(|line| others.next() != Some(*line)).map(|line| start(line.trim(), MAX_SIDE_BYTES))
    };
    let (before, after) = (differs(old, new), differs(new, old));
    match (before.filter(|text| !text.is_empty()), after.filter(|text| !text.is_empty())) {
        (Some(before), Some(after)) => Some(format!("`{before}` became `{after}`")),
        (None, Some(after)) => Some(format!("added `{after}`")),
        (Some(before), None) => Some(format!("took out `{before}`")),
        (None, None) => None,
    }
}

/// A path without the folder it is in.
fn below<'p>(path: &'p str, folder: Option<&str>) -> &'p str {
    let inside = folder.and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
    inside.filter(|inside| !inside.is_empty()).unwrap_or(path)
}

/// The beginning of a text, and that there is more.
pub(super) fn start(text: &str, bytes: usize) -> String {
    if text.len() <= bytes {
        return text.to_owned();
    }
    format!("{}…", text[..text.floor_char_boundary(bytes)].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(tool: &str, input: &Value) -> Call {
        Call::of("t".into(), tool.into(), input, Some("/src/a"))
    }

    #[test]
    fn a_call_is_said_in_short() {
        let edit = json!({"file_path": "/src/a/lib/x.rs", "old_string": "a\nb\nc", "new_string": "a\nB\nc"});
        let edit = call("Edit", &edit);
        assert_eq!(edit.text(None), "Edit: lib/x.rs\n`b` became `B`");
        assert_eq!(edit.path.as_deref(), Some("lib/x.rs"));
        let write = call("Write", &json!({"file_path": "/elsewhere/y", "content": "all of it"}));
        assert_eq!(write.text(Some(&Outcome::Worked(None))), "Write: /elsewhere/y");
        let bash = call("Bash", &json!({"command": "git push", "description": "Push"}));
        let failed = bash.outcome(true, "Exit code 128\nfatal: no upstream branch.\nTo push, use");
        assert_eq!(bash.text(Some(&failed)), "Bash: git push\nfailed: fatal: no upstream branch.\nTo push, use");
        assert_eq!(bash.text(Some(&bash.outcome(false, "done\n"))), "Bash: git push\ngave: done");
        assert_eq!(bash.text(Some(&bash.outcome(false, &"long ".repeat(200)))), "Bash: git push");
        let refused = bash.outcome(true, &format!("{REFUSED}. To tell you how to proceed, the user said:\nuse jj"));
        assert_eq!(bash.text(Some(&refused)), "Bash: git push\nrefused by the user: use jj");
        let search = call("WebSearch", &json!({"query": "scrolling in tmux"}));
        assert_eq!(search.text(Some(&search.outcome(false, "short"))), "WebSearch: scrolling in tmux");
        assert_eq!(call("Odd", &json!("bare")).text(None), "Odd");
    }

    #[test]
    fn an_input_without_end_is_cut() {
        let bash = call("Bash", &json!({"command": "x".repeat(10 * MAX_CALL_BYTES)}));
        assert_eq!(bash.what.len(), MAX_CALL_BYTES + "…".len());
        let output = format!("error: {}\n{}", "y".repeat(MAX_ERROR_BYTES), "z\n".repeat(1_000));
        let Outcome::Failed(error) = bash.outcome(true, &output) else { panic!("it failed") };
        assert!(error.len() <= MAX_ERROR_BYTES + "…".len(), "{}", error.len());
    }

    #[test]
    fn commands_are_of_a_kind() {
        for (command, expected) in [
            ("git push 2>&1", "git push"),
            ("cd /src/a && MIX_ENV=test mix test test/x.exs | tail -20", "mix test"),
            ("timeout 30 cargo +nightly test --all", "cargo test"),
            ("ls; pytest -x", "pytest"),
            ("python3 -m pytest tests", "python3 pytest"),
            ("cat > x.py <<'EOF'\nnpm install\nEOF", "cat"),
            ("./gradlew build && ls build", "gradlew"),
        ] {
            assert_eq!(family(command).unwrap().0, expected, "{command}");
        }
        assert_eq!(family("cd /src/a && X=1 mix test a.exs 2>&1 | tail").unwrap().1, "X=1 mix test a.exs");
        assert!(!call("Bash", &json!({"command": "cat missing"})).is_work());
        assert!(call("Bash", &json!({"command": "make test"})).is_work());
    }

    #[test]
    fn hydras_own_tools_are_known() {
        for own in ["mcp__hydra__recall", "mcp__plugin_hydra_hydra__learn"] {
            assert!(is_own(own), "{own}");
        }
        for other in ["mcp__other__recall", "mcp__hydra2__recall", "hydra", "Bash"] {
            assert!(!is_own(other), "{other}");
        }
        assert!(keeps("mcp__hydra__learn") && !keeps("mcp__hydra__recall") && !keeps("mcp__x__learn"));
    }
}
