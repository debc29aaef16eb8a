//! The commands. One file each: what can be typed, one verb, what is shown.

mod backfill;
mod belonging;
pub mod block;
pub mod check;
pub mod completions;
pub mod conflicts;
pub mod context;
pub mod decide;
pub mod doctor;
pub mod enrich;
pub mod entity;
pub mod erase;
pub mod eval;
pub mod explain;
pub mod export;
pub mod forget;
pub mod get;
pub mod graph;
pub mod hook;
pub mod import;
pub mod ingest;
pub mod install;
pub mod learn;
mod look;
pub mod mcp;
pub mod models;
pub mod open;
pub mod predicate;
mod progress;
pub mod proposals;
pub mod propose;
pub mod query;
pub mod rebuild;
pub mod recall;
pub mod redact;
pub mod remember;
mod restore;
pub mod serve;
pub mod source;
pub mod status;
pub mod stop;
pub mod timeline;
pub mod token;
pub mod undo;
pub mod uninstall;
pub mod update;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use clap::Parser as _;
use clap::error::ErrorKind as Usage;
use hydra_graph::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::progress::Progress;
use crate::cli::{Cli, Command, Global};
use crate::client::{Client, Need};
use crate::config::{Config, LogFormat, LogLevel};
use crate::folder;
use crate::logging::{self, Sink};
use crate::outcome::{self, Failure};
use crate::output;
use crate::verb::{LongVerb, Verb};

/// Threads of the runtime: they only pass things on, the work is done on blocking threads.
const RUNTIME_THREADS: usize = 2;
/// Most blocking threads: every verb that may run, and a few for standard input, files and names.
const BLOCKING_THREADS: usize =
    hydra_mcp::MAX_CONCURRENT_VERBS + hydra_mcp::MAX_CONCURRENT_QUERIES + hydra_mcp::MAX_LONG_VERBS + 6;
/// Enough for a query of usual length; a longer one gets a stack of its own, which takes as long as answering a short one.
const STACK_BYTES: usize = 16 << 20;
/// How long the end of the process waits for threads that are still at work.
const LAST_WAIT: Duration = Duration::from_millis(200);

/// What every command is given.
pub struct Setting {
    /// Options of every command.
    pub global: Global,
    /// Every option, from everywhere.
    pub config: Config,
}

/// Reads the command line and runs the command; returns the exit code.
///
/// # Errors
/// What the command returns.
pub fn run() -> std::result::Result<u8, Failure> {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A client takes a failure for a veto.
            if hook::is_meant() && error.use_stderr() {
                return Ok(outcome::DONE);
            }
            let is_asked = matches!(error.kind(), Usage::DisplayHelp | Usage::DisplayVersion);
            // What was meant for a program is told to it as everything else is.
            if !is_asked && std::env::args_os().any(|argument| argument == "--json") {
                return Err(Failure::new(misused(&error.render().to_string()), true));
            }
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return Ok(if is_asked { outcome::DONE } else { outcome::FAILED });
        }
    };
    let is_json = cli.global.json;
    output::name_folder(cli.global.data_dir.as_deref());
    dispatch(cli).map_err(|error| Failure::new(error, is_json))
}

/// Reads what clap says of a command line: what is wrong up to the first empty line, then its advice.
fn misused(said: &str) -> Error {
    let (wrong, advice) = said.trim().split_once("\n\n").unwrap_or((said.trim(), ""));
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let error = Error::new(ErrorKind::Invalid, one_line(wrong.trim_start_matches("error: ")));
    match one_line(advice) {
        advice if advice.is_empty() => error,
        advice => error.hint(advice),
    }
}

fn dispatch(cli: Cli) -> Result<u8> {
    let Cli { global, command } = cli;
    match command {
        Command::Completions(arguments) => return completions::run(&arguments),
        Command::Hook(arguments) => return Ok(hook::run(&global, &arguments)),
        _ => {}
    }
    let config = match Config::load(global.config.as_deref(), &global.overrides()) {
        Err(error) if matches!(command, Command::Doctor(_)) => return doctor::without_configuration(&global, &error),
        config => config?,
    };
    let is_background = matches!(&command, Command::Serve(arguments) if arguments.background);
    let is_serve = matches!(&command, Command::Serve(_));
    let level = match global.log_level() {
        Some(level) => level,
        None if is_serve => config.log_level,
        // What a command could not do, it says itself.
        None => LogLevel::Error,
    };
    let format = if is_serve { config.log_format } else { LogFormat::Text };
    let data_dir = config.data_dir.clone();
    logging::start(level, format, &if is_background { Sink::Folder(&data_dir) } else { Sink::Stderr });
    for name in crate::config::unknown_variables() {
        tracing::warn!("{name} is set and is not an option; options are explained in data/hydra.toml");
    }
    let setting = Setting { global, config };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(RUNTIME_THREADS)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(STACK_BYTES)
        .enable_all()
        .build()
        .map_err(|error| Error::io("threads", &error))?;
    let result = runtime.block_on(async {
        match command {
            Command::Serve(arguments) => serve::run(&setting, arguments).await,
            Command::Stop(arguments) => stop::run(&setting, arguments).await,
            Command::Mcp(arguments) => mcp::run(&setting, arguments).await,
            Command::Install(arguments) => install::run(&setting, arguments).await,
            Command::Uninstall(arguments) => uninstall::run(&setting, arguments).await,
            Command::Ingest(arguments) => ingest::run(&setting, arguments).await,
            Command::Recall(arguments) => recall::run(&setting, arguments).await,
            Command::Remember(arguments) => remember::run(&setting, arguments).await,
            Command::Decide(arguments) => decide::run(&setting, arguments).await,
            Command::Learn(arguments) => learn::run(&setting, arguments).await,
            Command::Forget(arguments) => forget::run(&setting, arguments).await,
            Command::Context(arguments) => context::run(&setting, arguments).await,
            Command::Explain(arguments) => explain::run(&setting, arguments).await,
            Command::Update(arguments) => update::run(&setting, arguments).await,
            Command::Conflicts(arguments) => conflicts::run(&setting, arguments).await,
            Command::Entity(arguments) => entity::run(&setting, arguments).await,
            Command::Propose(arguments) => propose::run(&setting, arguments).await,
            Command::Proposals(arguments) => proposals::run(&setting, arguments).await,
            Command::Enrich(arguments) => enrich::run(&setting, arguments).await,
            Command::Block(arguments) => block::run(&setting, arguments).await,
            Command::Predicate(arguments) => predicate::run(&setting, arguments).await,
            Command::Source(arguments) => source::run(&setting, arguments).await,
            Command::Undo(arguments) => undo::run(&setting, arguments).await,
            Command::Get(arguments) => get::run(&setting, arguments).await,
            Command::Timeline(arguments) => timeline::run(&setting, arguments).await,
            Command::Graph(arguments) => graph::run(&setting, arguments).await,
            Command::Query(arguments) => query::run(&setting, arguments).await,
            Command::Status(arguments) => status::run(&setting, arguments).await,
            Command::Doctor(arguments) => doctor::run(&setting, arguments).await,
            Command::Check(arguments) => check::run(&setting, arguments).await,
            Command::Rebuild(arguments) => rebuild::run(&setting, arguments).await,
            Command::Redact(arguments) => redact::run(&setting, arguments).await,
            Command::Open(arguments) => open::run(&setting, arguments).await,
            Command::Token(arguments) => token::run(&setting, arguments).await,
            Command::Export(arguments) => export::run(&setting, arguments).await,
            Command::Import(arguments) => import::run(&setting, arguments).await,
            Command::Eval(arguments) => eval::run(&setting, arguments).await,
            Command::Models(arguments) => models::run(&setting, arguments).await,
            // They need no runtime of this size, and ran above.
            Command::Completions(_) | Command::Hook(_) => Ok(outcome::DONE),
        }
    });
    runtime.shutdown_timeout(LAST_WAIT);
    result
}

/// Asks one verb and leaves the memory in order, whatever came of it.
async fn ask<V: Verb>(setting: &Setting, need: Need, verb: V) -> Result<Value> {
    if !V::MAY_BEGIN {
        folder::check_memory(&setting.config.data_dir)?;
    }
    let client = Client::connect(&setting.config, need, V::NAME).await?;
    let answer = client.ask(verb).await;
    let closed = client.close().await;
    let answer = answer?;
    closed?;
    Ok(answer)
}

/// Runs one long verb until it is done or `stop` is set, and leaves the memory in order, whatever came of it. `show` is
/// called with what the verb tells, to show how far it is.
async fn follow<V: LongVerb>(
    setting: &Setting,
    need: Need,
    verb: V,
    stop: Arc<AtomicBool>,
    mut show: impl FnMut(&mut Progress, &Value),
) -> Result<Value> {
    if !V::MAY_BEGIN {
        folder::check_memory(&setting.config.data_dir)?;
    }
    let client = Client::connect(&setting.config, need, V::NAME).await?;
    let mut progress = Progress::new(setting.global.quiet || setting.global.json);
    let answer = client.follow(verb, stop, &mut |event| show(&mut progress, event)).await;
    progress.end();
    let closed = client.close().await;
    let answer = answer?;
    closed?;
    Ok(answer)
}

/// Reads a count of what a long verb tells.
fn count(event: &Value, name: &str) -> u64 {
    event[name].as_u64().unwrap_or(0)
}

/// Puts subject, predicate and object together, as an option of three values gives them.
fn triple(parts: Vec<String>) -> Result<(String, String, String)> {
    let [subject, predicate, object]: [String; 3] = parts.try_into().map_err(|_| {
        Error::new(ErrorKind::Invalid, "a fact has three parts").hint("give subject, predicate and object")
    })?;
    Ok((subject, predicate, object))
}

/// Reads an answer for showing it to a person.
fn read<T: DeserializeOwned>(answer: Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| Error::io("the answer", &error.into()))
}
