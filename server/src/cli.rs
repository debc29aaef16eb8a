//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::command::{
    block, check, completions, conflicts, context, decide, doctor, enrich, entity, eval, explain, export, forget, get,
    graph, hook, import, ingest, install, learn, mcp, models, open, predicate, proposals, propose, query, rebuild,
    recall, redact, remember, serve, source, status, stop, timeline, token, undo, uninstall, update,
};
use crate::config::{LogLevel, Overrides};

const AFTER_HELP: &str = "\
Start here:
  hydra models fetch            once, for search by meaning
  hydra ingest ~/notes          read a folder of Markdown notes
  hydra recall \"what did we decide about backups\"
  hydra remember \"The NAS is in the cellar\" --kind fact
  hydra serve                   keep it open for agents

Exit codes: 0 found or done, 1 nothing found, 2 wrong use or an error, 3 memory or server not reachable, \
130 interrupted.
Data goes to standard output, everything else to standard error.";

/// Your own long-term memory: keeps what it is told, reads your notes, and says where it has it from.
#[derive(Debug, Parser)]
#[command(name = "hydra", version, after_help = AFTER_HELP, max_term_width = 100, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Folder of the memory [default: $XDG_DATA_HOME/hydra]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file [default: $XDG_CONFIG_HOME/hydra/hydra.toml]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "HYDRA_CONFIG",
        hide_env = true,
        help_heading = "Everywhere"
    )]
    pub config: Option<PathBuf>,
    /// Port of the server; 0 takes any that is free [default: 7717]
    #[arg(long, global = true, value_name = "PORT", help_heading = "Everywhere")]
    pub port: Option<u16>,
    /// Print JSON, with fields that stay as they are
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub json: bool,
    /// Say more (-vv: even more)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Everywhere")]
    pub verbose: u8,
    /// Say only what failed
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Everywhere")]
    pub quiet: bool,
}

impl Global {
    /// Returns what these say over file and environment.
    pub fn overrides(&self) -> Overrides {
        Overrides { data_dir: self.data_dir.clone(), port: self.port, log_level: self.log_level() }
    }

    /// Returns how much to say, if it was said.
    pub fn log_level(&self) -> Option<LogLevel> {
        match (self.quiet, self.verbose) {
            (true, _) => Some(LogLevel::Error),
            (false, 0) => None,
            (false, 1) => Some(LogLevel::Debug),
            (false, _) => Some(LogLevel::Trace),
        }
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Keep the memory open and serve it to agents and commands
    Serve(serve::Arguments),
    /// Stop the server that runs
    Stop(stop::Arguments),
    /// Speak MCP on standard input and output, for an agent; starts the server if none runs
    Mcp(mcp::Arguments),
    /// Put Hydra into the settings of an agent, showing the change first
    Install(install::Arguments),
    /// Take out of an agent's settings what `hydra install` put in
    Uninstall(uninstall::Arguments),
    /// Read notes and folders of notes
    Ingest(ingest::Arguments),
    /// Watch folders of notes: list them, add one, pause it, remove it
    #[command(visible_alias = "sources")]
    Source(source::Arguments),
    /// Find what fits a question
    Recall(recall::Arguments),
    /// Keep a text
    Remember(remember::Arguments),
    /// Keep a decision: what was chosen, what was not, and why
    Decide(decide::Arguments),
    /// Keep what was learned, or report how a learning did
    Learn(learn::Arguments),
    /// Never recall something again; undo takes that back
    Forget(forget::Arguments),
    /// Show what an agent is told before it starts, in a folder or on a task
    Context(context::Arguments),
    /// Say why something was recalled or put into a conversation, and why something else was not
    #[command(visible_alias = "why")]
    Explain(explain::Arguments),
    /// Say that a memory ended, was wrong or is said otherwise; settle a conflict
    Update(update::Arguments),
    /// List facts that disagree
    Conflicts(conflicts::Arguments),
    /// Show an entity, give it another name, merge two that are one, or split them again
    Entity(entity::Arguments),
    /// Put into the queue what a model thinks should be known; nothing changes until you accept it
    Propose(propose::Arguments),
    /// List what is proposed, accept it or reject it
    Proposals(proposals::Arguments),
    /// Have a model that you configured propose what texts state
    Enrich(enrich::Arguments),
    /// Show or change the small texts that are in every context
    Block(block::Arguments),
    /// List or declare what facts can say
    Predicate(predicate::Arguments),
    /// Take back a commit, also one that was itself an undo
    Undo(undo::Arguments),
    /// Show what ids stand for
    Get(get::Arguments),
    /// Show what happened to a person, note, file or memory, in the order of time
    Timeline(timeline::Arguments),
    /// Shows what a person, project or note is tied to
    Graph(graph::Arguments),
    /// Asks the graph in SPARQL; reads only
    Query(query::Arguments),
    /// Show counts and the state of every part
    Status(status::Arguments),
    /// Look at everything that has to work, agents too, and say what to do
    Doctor(doctor::Arguments),
    /// Open the memory in a browser, by a link that works once
    Open(open::Arguments),
    /// Let programs and devices in: make a token, list them, revoke one
    #[command(visible_alias = "tokens")]
    Token(token::Arguments),
    /// Compare graph, log and indexes
    Check(check::Arguments),
    /// Build the search indexes again from the graph
    Rebuild(rebuild::Arguments),
    /// Find secrets that were kept, and mask them everywhere
    Redact(redact::Arguments),
    /// Write the whole memory as text, for a backup, another machine or another program
    Export(export::Arguments),
    /// Fill an empty memory with an export, or bring in what another memory system wrote
    Import(import::Arguments),
    /// Measure recall on documents and questions whose answers are known
    Eval(eval::Arguments),
    /// Bring the embedding model
    Models(models::Arguments),
    /// Answer a client's event: its JSON on standard input, what it should print on standard output
    Hook(hook::Arguments),
    /// Print completions for a shell
    Completions(completions::Arguments),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }
}
