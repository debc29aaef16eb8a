//! `hydra install`

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use clap::{Args, ValueEnum};
use hydra_graph::{Error, Result};
use serde_json::{Value, json};

use super::{Setting, backfill};
use crate::install::document::Document;
use crate::install::place::{Place, Scope};
use crate::install::plan::{self, Change};
use crate::install::program::{self, Invocation};
use crate::install::record::{Installed, Record};
use crate::install::{difference, enabled, transaction};
use crate::{config, outcome, output, wiring};

const EXAMPLES: &str = "\
Examples:
  hydra install claude-code --dry-run
  hydra install claude-code
  hydra install claude-code --scope project --yes
  hydra uninstall claude-code

Adds an MCP server and nine hooks to the agent's settings, which run this program by its path; nothing else in them is \
changed. The change is shown before anything is written, and each file is kept as it was in `backups` of the data folder. \
Run it again after moving or renaming the program; a new version in the same place needs nothing.";

/// Options of `hydra install`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    pub at: At,
    /// Do not bring in the transcripts of earlier sessions
    #[arg(long)]
    pub no_transcripts: bool,
}

/// Which agent, for whom, and whether to write.
#[derive(Debug, Args)]
pub struct At {
    /// The agent
    #[arg(value_enum)]
    pub agent: Agent,
    /// For whom
    #[arg(long, value_enum, default_value = "user")]
    pub scope: Scope,
    /// Show what it would do, and write nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do it without asking
    #[arg(long, short)]
    pub yes: bool,
}

/// An agent whose settings are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Agent {
    ClaudeCode,
}

impl Agent {
    /// Its name, as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
        }
    }
}

impl At {
    /// Finds the files.
    pub fn place(&self) -> Result<Place> {
        let (home, moved) = config::claude_folders()?;
        let project = std::env::current_dir().map_err(|error| Error::io("the current folder", &error))?;
        Ok(Place::find(self.scope, &home, moved.as_deref(), &project))
    }
}

/// What is to become of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// It is written.
    Given,
    /// It was only to be shown.
    DryRun,
    /// Nobody is here to be asked.
    Nobody,
    /// It was not wanted.
    Refused,
}

/// Runs it.
///
/// # Errors
/// What is wrong with a file of the agent's; then nothing was changed.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Arguments { at, no_transcripts } = arguments;
    let data_dir = &setting.config.data_dir;
    let place = at.place()?;
    let invocation = Invocation::of_this_program(&setting.global, data_dir)?;
    let old = Record::read(data_dir)?.find(&place.settings).cloned();
    let changes = plan::install(&place, &invocation, old.as_ref())?;
    let is_needed = changes.iter().any(Change::is_needed);
    let consent = show_and_ask(setting, &at, &changes, "install this?")?;
    if consent == Consent::Given {
        let installed = Installed {
            agent: at.agent.name().to_owned(),
            scope: at.scope,
            program: invocation.program.clone(),
            program_hash: program::hash(Path::new(&invocation.program))?,
            at: wiring::now(),
            files: Vec::new(),
            transcripts: old.and_then(|old| old.transcripts),
        };
        transaction::carry_out(data_dir, changes, &place, Some(installed), |old| {
            plan::install(&place, &invocation, old)
        })?;
        say(setting, &installed_lines(&place, is_needed));
    }
    let transcripts = match consent {
        Consent::Given | Consent::DryRun if !no_transcripts => {
            backfill::offer(setting, &place, at.yes, consent == Consent::DryRun).await?
        }
        _ => Value::Null,
    };
    finish(setting, &at, consent, is_needed, transcripts)
}

fn installed_lines(place: &Place, is_needed: bool) -> Vec<String> {
    let mut lines = vec![match is_needed {
        true => "installed; sessions that begin from now on have it. Take it out with: hydra uninstall claude-code"
            .to_owned(),
        false => "it is installed already, and nothing had to be changed".to_owned(),
    }];
    if place.scope == Scope::Project {
        lines[0] = lines[0].replace("uninstall claude-code", "uninstall claude-code --scope project");
        lines.push(
            "Claude Code asks once whether this project's server may run; its path is that of this machine".to_owned(),
        );
    }
    if let Some(plugin) = enabled::beside(&[&place.settings]) {
        lines.push(format!(
            "the plugin {plugin} is enabled too, and does all of it a second time; take one out: claude plugin uninstall \
             {plugin}"
        ));
    }
    for (_, path) in plan::parts(place) {
        let document = std::fs::read(path).ok().and_then(|bytes| Document::read(&bytes, path).ok());
        if document.is_some_and(|document| !document.is_strict()) {
            lines.push(format!(
                "{} has comments or commas that JSON has not: Claude Code leaves such a file out as a whole",
                path.display()
            ));
        }
    }
    lines
}

/// Shows what changes, and asks whether it may be written.
pub(super) fn show_and_ask(setting: &Setting, at: &At, changes: &[Change], question: &str) -> Result<Consent> {
    let needed: Vec<&Change> = changes.iter().filter(|change| change.is_needed()).collect();
    let is_silent = setting.global.quiet && at.yes && !at.dry_run;
    if !setting.global.json && !is_silent {
        for change in &needed {
            let shown = difference::shown(&change.file.path, change.file.content.as_deref(), change.after.as_deref());
            output::data(&shown)?;
        }
    }
    for change in &needed {
        change.file.check_writable()?;
    }
    Ok(match needed.is_empty() {
        _ if at.dry_run => Consent::DryRun,
        true => Consent::Given,
        false if at.yes => Consent::Given,
        false if !std::io::stdin().is_terminal() => Consent::Nobody,
        false => match ask(question, false)? {
            true => Consent::Given,
            false => Consent::Refused,
        },
    })
}

/// Asks the person at the terminal; an empty answer is `otherwise`, and no answer is no.
pub(super) fn ask(question: &str, otherwise: bool) -> Result<bool> {
    let failed = |error| Error::io("the terminal", &error);
    let mut out = std::io::stderr();
    write!(out, "{question} {} ", if otherwise { "[Y/n]" } else { "[y/N]" })
        .and_then(|()| out.flush())
        .map_err(failed)?;
    let mut said = String::new();
    if std::io::stdin().lock().read_line(&mut said).map_err(failed)? == 0 {
        output::talk("");
        return Ok(false);
    }
    Ok(match said.trim().to_lowercase().as_str() {
        "" => otherwise,
        said => matches!(said, "y" | "yes"),
    })
}

/// Says what came of it, to people and programs.
pub(super) fn finish(setting: &Setting, at: &At, consent: Consent, is_needed: bool, transcripts: Value) -> Result<u8> {
    let (status, code) = match consent {
        Consent::Given if !is_needed => ("unchanged", outcome::DONE),
        Consent::Given => ("done", outcome::DONE),
        Consent::DryRun => ("dry_run", outcome::DONE),
        Consent::Nobody | Consent::Refused => ("refused", outcome::FAILED),
    };
    if setting.global.json {
        output::json(&json!({
            "agent": at.agent.name(), "scope": at.scope, "status": status, "transcripts": transcripts,
        }))?;
    }
    match consent {
        Consent::Given => {}
        Consent::DryRun if !is_needed => say(setting, &["nothing would be changed".to_owned()]),
        Consent::DryRun | Consent::Refused => say(setting, &["nothing was written".to_owned()]),
        Consent::Nobody => {
            let lines = ["nothing was written, since nobody is here to be asked; add --yes to write it".to_owned()];
            say(setting, &lines);
        }
    }
    Ok(code)
}

/// Says something to the person.
pub(super) fn say(setting: &Setting, lines: &[String]) {
    if !setting.global.quiet && !setting.global.json {
        lines.iter().for_each(|line| output::talk(line));
    }
}
