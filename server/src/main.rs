//! The `hydra` binary: the one place where the graph, the embedder, the reader of files and the protocols meet.
//!
//! - `cli` is what can be typed; `command/` has one file for each command, which parses, asks one verb and renders.
//! - `verb/` is what can be asked of a memory, as plain requests that travel: a command runs one in this process or,
//!   when a server holds the memory, over HTTP. [`client`] decides which.
//! - `http/` serves the same verbs, `/mcp`, `/metrics` and `/healthz`, and lets nobody else in.
//! - `config` reads every option, `wiring` opens a memory with its indexes, `presence` and `background` find and start
//!   servers, `token` keeps the owner's key; `access/` are the tokens and sessions of others, and what they may do.
//! - `listener/` accepts connections and bounds what they may take; `manager` is the service manager that started the server.
//! - `daemon/` keeps the graph true to the folders that are watched, on a thread of its own; `configured` has those that
//!   the configuration names.
//! - `taking` takes in the transcripts that hooks tell of, on a thread of its own.
//! - `map/` keeps the owner's map: what it shows, where it lies, and the bytes that a browser draws it from.
//! - `doctor/` looks at everything that has to work, and says what to do about what does not.
//! - `install/` writes Hydra into the settings of an agent, and takes exactly that out again.
//! - `hook/` is what is said, and when nothing is, when an agent's client tells that something happens.
//! - `enrich/` asks a model that the owner configured, and proposes what it says; `tls` encrypts what leaves the machine.
//! - `eval/` measures recall on sets of documents and questions, through the same verbs.
//! - `outcome` is the table from kinds of errors to exit codes and statuses; `output` writes for people and pipes.
//!
//! Rules about memories live in the library; nothing here decides what is true, found or allowed to be written.

mod access;
mod background;
mod cli;
mod client;
mod command;
mod config;
mod configured;
mod daemon;
mod doctor;
mod enrich;
mod eval;
mod folder;
mod graphql;
mod hook;
mod http;
mod install;
mod interrupt;
mod listener;
mod logging;
mod manager;
mod map;
mod outcome;
mod output;
mod presence;
mod sample;
mod taking;
mod tls;
mod token;
mod verb;
mod watched;
mod web;
mod wiring;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command::run() {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(),
    }
}
