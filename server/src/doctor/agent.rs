//! Each agent that was installed: what its settings have, and whether that works.

use std::path::Path;
use std::time::{Duration, Instant};

use hydra_graph::Result;
use serde_json::Value;

use super::check::Check;
use super::{Patient, bridge, sample};
use crate::install::document::Document;
use crate::install::hook::HOOKS;
use crate::install::place::{Place, Scope};
use crate::install::program::{self, Invocation};
use crate::install::record::{Installed, Record};
use crate::install::{enabled, hook_groups, plan, server, transaction};
use crate::presence::{self, Presence};
use crate::{background, folder};

/// How long a server that was started for this may take to end.
const END_PATIENCE: Duration = Duration::from_secs(10);
/// How often is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// A hook that takes longer is felt.
const SLOW: Duration = Duration::from_millis(500);

/// Looks at all of them. Without a memory nothing is started: that would begin one.
pub async fn check(patient: &Patient<'_>, has_memory: bool, on_part: &mut dyn FnMut(&str)) -> Vec<Check> {
    let record = match Record::read(&patient.config.data_dir) {
        Ok(record) => record,
        Err(error) => return vec![Check::failed("agent", &error)],
    };
    let settings = record.installed.iter().filter_map(|installed| installed.files.first());
    let plugin = enabled::beside(&settings.map(|file| file.path.as_path()).collect::<Vec<_>>());
    if let (true, Some(plugin)) = (record.installed.is_empty(), &plugin) {
        return vec![Check::ok("agent", format!("Claude Code has the plugin {plugin}; nothing is in its settings"))];
    }
    if record.installed.is_empty() {
        let next = "if you use Claude Code: hydra install claude-code";
        return vec![Check { next: Some(next.to_owned()), ..Check::ok("agent", "none is installed") }];
    }
    let mut checks = Vec::new();
    if let Some(plugin) = plugin {
        // Which of the two somebody wants is theirs to say; nothing is given twice meanwhile.
        checks.push(Check::warn(
            "plugin",
            format!("the plugin {plugin} and the settings both run each hook, so all of it is done twice"),
            format!("keep one of them: hydra uninstall claude-code, or claude plugin uninstall {plugin}"),
        ));
    }
    for installed in record.installed {
        checks.extend(one(patient, &installed, has_memory, on_part).await);
    }
    checks
}

/// The entries of one agent as they are in its settings.
struct Entries {
    hooks: Vec<(String, Value)>,
    server: Option<Value>,
    /// Files that the agent does not read.
    unread: Vec<String>,
}

impl Entries {
    fn read(place: &Place) -> Result<Self> {
        let (mut hooks, mut server, mut unread) = (Vec::new(), None, Vec::new());
        for (part, path) in plan::parts(place) {
            let bytes = std::fs::read(path).unwrap_or_default();
            let document = Document::read(&bytes, path)?;
            if !document.is_strict() {
                unread.push(path.display().to_string());
            }
            match part {
                plan::Part::Hooks => hooks = hook_groups::own(&document)?,
                plan::Part::Server => server = server::own(&document)?,
            }
        }
        Ok(Self { hooks, server, unread })
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.hooks.iter().map(|(_, entry)| entry).chain(&self.server)
    }

    /// Names the events that are not hooked.
    fn missing(&self) -> Vec<&'static str> {
        let is_there = |event: &str| self.hooks.iter().any(|(hooked, _)| hooked == event);
        HOOKS.iter().map(|hook| hook.event).filter(|event| !is_there(event)).collect()
    }
}

async fn one(
    patient: &Patient<'_>,
    installed: &Installed,
    has_memory: bool,
    on_part: &mut dyn FnMut(&str),
) -> Vec<Check> {
    let Some(place) = place(installed) else {
        return vec![Check::warn(
            "agent",
            "the record names no files",
            "install it again with: hydra install claude-code",
        )];
    };
    let mut entries = match Entries::read(&place) {
        Ok(entries) => entries,
        Err(error) => return vec![Check::failed("agent", &error)],
    };
    let mut checks = vec![present(patient, installed, &place, &entries)];
    if checks.iter().any(|check| check.fixed)
        && let Ok(again) = Entries::read(&place)
    {
        entries = again;
    }
    checks.push(same_program(&entries));
    if !has_memory {
        return checks;
    }
    let before = running(patient).await;
    if let Some((program, arguments)) = entries.server.as_ref().and_then(command) {
        on_part("the bridge");
        checks.push(bridge_answers(&program, &arguments).await);
    }
    on_part("the hooks");
    checks.push(hooks_answer(&entries).await);
    // A server that was started only for this is not left behind.
    if let (None, Some(started)) = (before, running(patient).await) {
        end(patient, &started).await;
    }
    checks
}

async fn running(patient: &Patient<'_>) -> Option<Presence> {
    presence::find(&patient.config.data_dir, &presence::http_client().ok()?).await
}

/// Asks a server to end, and waits until it has let the memory go.
async fn end(patient: &Patient<'_>, server: &Presence) {
    let deadline = Instant::now() + END_PATIENCE;
    if background::ask_to_stop(server).is_ok() {
        while folder::is_held(&patient.config.data_dir).unwrap_or(false) && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

/// Finds the files again that were changed.
fn place(installed: &Installed) -> Option<Place> {
    let [settings, servers] = installed.files.as_slice() else { return None };
    let transcripts = settings.path.with_file_name("projects");
    Some(Place { scope: installed.scope, settings: settings.path.clone(), servers: servers.path.clone(), transcripts })
}

fn present(patient: &Patient<'_>, installed: &Installed, place: &Place, entries: &Entries) -> Check {
    let again = match installed.scope {
        Scope::User => "hydra install claude-code".to_owned(),
        Scope::Project => "hydra install claude-code --scope project".to_owned(),
    };
    let name = format!("{} in {}", installed.agent, place.settings.display());
    if !entries.unread.is_empty() {
        return Check::fail(
            "agent",
            format!(
                "{} has comments or commas that JSON has not: Claude Code leaves it out as a whole",
                entries.unread.join(", ")
            ),
            "take them out of the file",
        );
    }
    let missing = entries.missing();
    let gone: Vec<&str> =
        entries.all().filter_map(|entry| entry["command"].as_str()).filter(|path| !Path::new(path).is_file()).collect();
    let wrong = match (gone.first(), missing.is_empty(), &entries.server) {
        (Some(path), ..) => format!("{name} runs {path}, which is not there"),
        (None, false, _) => format!("{name} lacks {}", missing.join(", ")),
        (None, true, None) => format!("{name} has the hooks, but {} has no MCP server", place.servers.display()),
        (None, true, Some(_)) => {
            return Check::ok("agent", format!("{name}: {} hooks and the MCP server", HOOKS.len()));
        }
    };
    // What somebody took out by hand is not put in again by itself.
    if !patient.fix || gone.is_empty() {
        return Check::fail("agent", wrong, format!("put it right with: {again}"));
    }
    let mended = Invocation::of_this_program(patient.global, &patient.config.data_dir).and_then(|invocation| {
        let plan = |old: Option<&Installed>| plan::install(place, &invocation, old);
        let hash = program::hash(Path::new(&invocation.program))?;
        let new = Installed { program: invocation.program.clone(), program_hash: hash, ..installed.clone() };
        transaction::carry_out(&patient.config.data_dir, plan(Some(installed))?, place, Some(new), plan)
    });
    match mended {
        Ok(()) => Check::fixed("agent", format!("{wrong}; now it runs this program")),
        Err(error) => Check::failed("agent", &error),
    }
}

/// Compares the program of the entries with this one.
fn same_program(entries: &Entries) -> Check {
    let hash = |path: &Path| program::hash(path).ok();
    let own = program::this().ok().and_then(|path| hash(&path));
    let mut programs: Vec<&str> = entries.all().filter_map(|entry| entry["command"].as_str()).collect();
    programs.sort_unstable();
    programs.dedup();
    match programs.iter().find(|path| hash(Path::new(path)) != own) {
        None => Check::ok("program", format!("the settings run this program, hydra {}", hydra_mcp::VERSION)),
        Some(path) => Check::warn(
            "program",
            format!("the settings run {path}, which is another hydra than this one"),
            "use one of the two: put this one there, or install it with: hydra install claude-code",
        ),
    }
}

async fn bridge_answers(program: &str, arguments: &[String]) -> Check {
    match bridge::call(program, arguments).await {
        Ok(bytes) => Check::ok("bridge", format!("it starts, and answers a call with {bytes} bytes")),
        Err(error) => Check::failed("bridge", &error),
    }
}

async fn hooks_answer(entries: &Entries) -> Check {
    let mut slowest = (Duration::ZERO, "");
    for (event, entry) in &entries.hooks {
        let Some((program, arguments)) = command(entry) else { continue };
        // The first may be what has the server load its model; how long it takes is told by the second.
        let answer = match sample::feed(&program, &arguments, event).await {
            Ok(_) => sample::feed(&program, &arguments, event).await,
            error => error,
        };
        match answer {
            Ok(took) if took > slowest.0 => slowest = (took, event),
            Ok(_) => {}
            Err(error) => return Check::failed("hooks", &error),
        }
    }
    let said = format!("{} answer, the slowest ({}) in {} ms", entries.hooks.len(), slowest.1, slowest.0.as_millis());
    match slowest.0 > SLOW {
        false => Check::ok("hooks", said),
        true => Check::warn("hooks", said, "see whether the machine is busy, and run this again"),
    }
}

fn command(entry: &Value) -> Option<(String, Vec<String>)> {
    let program = entry["command"].as_str()?.to_owned();
    Some((program, serde_json::from_value(entry["args"].clone()).ok()?))
}
