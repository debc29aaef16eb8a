//! `hydra hook`: what a client runs at each event. It opens no memory and loads no model: the server is asked, and whatever
//! goes wrong the client goes on as if there were no memory.

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::mpsc;
use std::time::Instant;

use clap::Args;
use serde_json::Value;

use crate::cli::Global;
use crate::client::Remote;
use crate::config::Config;
use crate::folder;
use crate::hook::{Event, Input, MAX_INPUT_BYTES};
use crate::logging::BoundedLog;
use crate::verb::Hook;
use crate::{background, hook, outcome, output, presence, wiring};

/// The log of hooks that had nothing to say because something was wrong, in the data folder. Bounded as a server's is.
const LOG_FILE: &str = "hook.log";
/// A client names its project here; what it tells as the folder moves with every `cd`.
const PROJECT_VARIABLE: &str = "CLAUDE_PROJECT_DIR";

const EXAMPLES: &str = "\
Examples:
  echo '{\"session_id\":\"try\",\"cwd\":\"/src/atlas\",\"source\":\"startup\"}' | hydra hook SessionStart
  echo '{\"session_id\":\"try\",\"prompt\":\"what does F28 on the boiler mean\"}' | hydra hook UserPromptSubmit

Events: SessionStart, UserPromptSubmit, PreToolUse, PostToolUse, PostToolUseFailure, PreCompact, Stop, SubagentStop and \
SessionEnd, told as Claude Code tells them. It asks the running server and always ends with 0: without a server, with a line \
that does not read, or when the answer takes too long nothing is printed, and one line in hook.log of the data folder says \
why. SessionStart starts a server in the background if none runs, and the first prompt is given what the session should have \
begun with. `hydra why last` shows what was put into a conversation.";

/// Options of `hydra hook`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The event
    #[arg(value_name = "EVENT")]
    pub event: String,
}

/// Tells whether the command line means this command, however the rest of it reads.
pub fn is_meant() -> bool {
    means_hook(std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
}

/// The first word that is no option, nor the value of one, is the command.
fn means_hook(words: impl Iterator<Item = String>) -> bool {
    let mut words = words;
    while let Some(word) = words.next() {
        match word.as_str() {
            "--data-dir" | "--config" | "--port" => drop(words.next()),
            option if option.starts_with('-') => {}
            command => return command == "hook",
        }
    }
    false
}

/// Runs it. Nothing that happens here is a failure.
pub fn run(global: &Global, arguments: &Arguments) -> u8 {
    let started = Instant::now();
    // What panics says so in one line of the log, not to the client.
    std::panic::set_hook(Box::new(|_| ()));
    let Ok(config) = Config::load(global.config.as_deref(), &global.overrides()) else {
        // Nobody knows where to write that down; every other command says what is wrong with it.
        return outcome::DONE;
    };
    let answered = std::panic::catch_unwind(|| answer(global, &config, &arguments.event, started));
    let what = match answered {
        Ok(Ok(Some(printed))) => output::json(&printed).err().map(|error| error.to_string()),
        Ok(Ok(None)) => None,
        Ok(Err(what)) => Some(what),
        Err(_) => Some("a panic; this is a bug".to_owned()),
    };
    if let Some(what) = what {
        note(&config.data_dir, &arguments.event, &what);
    }
    outcome::DONE
}

/// Returns what is to be printed.
///
/// # Errors
/// Why nothing is, in words without anything that the client told or the memory holds.
fn answer(global: &Global, config: &Config, event: &str, started: Instant) -> Result<Option<Value>, String> {
    let event: Event = event.parse().map_err(|events| format!("there is no such event; {events}"))?;
    let left = |what: &'static str| {
        let left = event.deadline().checked_sub(started.elapsed()).filter(|left| !left.is_zero());
        left.ok_or_else(|| format!("{what} took longer than {} ms", event.deadline().as_millis()))
    };
    let line = read_line(left("the start")?)?;
    let mut input = Input::read(event, &line)?;
    if let Ok(project) = std::env::var(PROJECT_VARIABLE)
        && Path::new(&project).is_absolute()
        && event == Event::SessionStart
    {
        input.folder = project;
    }
    let patience = left("reading what the client told")?;
    let input = input.until(wiring::now(), patience);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {}", error.kind()))?;
    let asked = runtime.block_on(async { tokio::time::timeout(patience, ask(global, config, input)).await });
    // Whoever is still at work is not waited for.
    runtime.shutdown_background();
    let mut answer =
        asked.unwrap_or_else(|_| Err(format!("the server took longer than {} ms", event.deadline().as_millis())))?;
    Ok(Some(answer["output"].take()).filter(|output| !output.is_null()))
}

async fn ask(global: &Global, config: &Config, input: Input) -> Result<Value, String> {
    // An error's message may quote what the client told; its kind does not.
    let said = |what: &str, error: &hydra_graph::Error| format!("{what}: {}", error.kind().as_str());
    let http = presence::http_client().map_err(|error| said("no HTTP client", &error))?;
    let Some(server) = presence::find(&config.data_dir, &http).await else {
        if input.event == Event::SessionStart && folder::check_memory(&config.data_dir).is_ok() {
            // What it should begin with is given with the first prompt.
            let noted = hook::waiting::note(&config.data_dir, &input);
            noted.map_err(|error| said("the session can't be told of later", &error))?;
            return Err(match background::start(config, global) {
                Ok(()) => "no server was running; one is starting".to_owned(),
                Err(error) => said("no server is running, and none can be started", &error),
            });
        }
        return Err("no server is running".to_owned());
    };
    let remote = Remote::new(http, &server, &config.data_dir).map_err(|error| said("the token", &error))?;
    remote.ask(&Hook(input)).await.map_err(|error| said("the server", &error))
}

/// Reads what the client tells, to its end. A client that never ends is not waited for.
fn read_line(patience: std::time::Duration) -> Result<Vec<u8>, String> {
    let (done, read) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let told = io::stdin().lock().take(MAX_INPUT_BYTES + 1).read_to_end(&mut line);
        let _ = done.send(told.map(|_| line));
    });
    let line = read.recv_timeout(patience).map_err(|_| "the client did not end what it tells".to_owned())?;
    let line = line.map_err(|error| format!("standard input: {}", error.kind()))?;
    if line.len() as u64 > MAX_INPUT_BYTES {
        return Err(format!("what the client told is longer than {MAX_INPUT_BYTES} bytes"));
    }
    Ok(line)
}

/// Writes down that nothing was said, and why; where there is no memory, nothing is written.
fn note(data_dir: &Path, event: &str, what: &str) {
    if data_dir.is_dir() {
        let event: String = event.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
        let line = format!("{} {event}: {what}\n", wiring::now());
        let _ = BoundedLog::new(data_dir.join(LOG_FILE)).write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_command_never_fails() {
        for (line, is_so) in [
            ("hook", true),
            ("--data-dir /d hook --frobnicate", true),
            ("-q --config=x hook Stop", true),
            ("recall hook", false),
            ("--data-dir hook recall", false),
            ("", false),
        ] {
            assert_eq!(means_hook(line.split_whitespace().map(str::to_owned)), is_so, "{line}");
        }
    }
}
