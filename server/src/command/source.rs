//! `hydra source`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use hydra_graph::{CollectionKind, CollectionOrigin, Error, Result};
use hydra_ingest::Skipped;
use serde::Deserialize;
use serde_json::Value;

use super::Setting;
use crate::client::Need;
use crate::daemon::{Doing, State};
use crate::outcome;
use crate::output::{self, Style};
use crate::verb::{AddSource, ChangeSource, Notes, RemoveSource, Sources};

const EXAMPLES: &str = "\
Examples:
  hydra source add ~/notes
  hydra source add ~/work --space work --exclude 'drafts/' --exclude '*.canvas.md'
  hydra source add /srv/boiler/log --kind log
  hydra source add ~/.claude/projects --kind transcripts
  hydra source                          which folders are watched, and how each is
  hydra source pause ~/notes
  hydra source remove ~/notes --forget --dry-run

A watched folder is read once, and again whenever something in it changes, as long as `hydra serve` runs. What \
.gitignore or .hydraignore in it name is left out; where they disagree, .hydraignore counts. A note that is moved or \
renamed stays the same one. The configuration can name folders too, under [[sources]]. Of a folder of logs, what ends in .log is read (or what --include names), and goes on when \
it is rotated. Of a folder of transcripts the conversations are read on as they go, and the memory files beside them.";

/// Options of `hydra source`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    pub what: Option<What>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// List the watched folders and how each is (also without a word)
    List,
    /// Watch a folder
    Add(Add),
    /// Leave a folder alone until it is resumed
    Pause(Which),
    /// Watch a paused folder again
    Resume(Which),
    /// Watch a folder no more
    Remove(Remove),
}

/// Options of `hydra source add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The folder
    pub path: PathBuf,
    /// What its files are
    #[arg(long, value_enum, default_value = "notes")]
    pub kind: Kind,
    /// The space they belong to [default: personal]
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
    /// Read only what fits this, written as in .gitignore (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Do not read what fits this (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
}

/// What files are, as typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    Notes,
    Log,
    Transcripts,
}

/// Names a watched folder.
#[derive(Debug, Args)]
pub struct Which {
    /// Its id or path
    #[arg(value_name = "SOURCE")]
    pub source: String,
}

/// Options of `hydra source remove`.
#[derive(Debug, Args)]
pub struct Remove {
    #[command(flatten)]
    pub which: Which,
    /// Keep what is known of its notes (what happens if nothing is said)
    #[arg(long, conflicts_with = "forget")]
    pub keep: bool,
    /// No longer recall its notes, as if their files were gone
    #[arg(long)]
    pub forget: bool,
    /// Show what it would do, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Deserialize)]
struct Source {
    id: String,
    path: String,
    kind: String,
    space: String,
    known: Known,
    state: State,
    origin: CollectionOrigin,
}

#[derive(Deserialize)]
struct Known {
    notes: u64,
    passages: u64,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    match arguments.what.unwrap_or(What::List) {
        What::List => list(setting).await,
        What::Add(add) => self::add(setting, add).await,
        What::Pause(which) => pause(setting, which, true).await,
        What::Resume(which) => pause(setting, which, false).await,
        What::Remove(remove) => self::remove(setting, remove).await,
    }
}

async fn list(setting: &Setting) -> Result<u8> {
    let mut answer = super::ask(setting, Need::Graph, Sources {}).await?;
    let all: Vec<Source> = super::read(answer["sources"].clone())?;
    let code = if all.is_empty() { outcome::NOTHING_FOUND } else { outcome::DONE };
    if setting.global.json {
        output::json(&answer)?;
        return Ok(code);
    }
    let refused: Vec<Skipped> = super::read(answer["refused"].clone())?;
    for Skipped { path, reason, hint } in refused {
        let [path, reason, hint] = [path.display().to_string(), reason, hint].map(|text| output::plain(&text));
        output::talk(&format!("{path} of the configuration is not watched: {reason} ({hint})"));
    }
    if all.is_empty() {
        output::talk("no folder is watched; add one with: hydra source add FOLDER");
        return Ok(code);
    }
    for line in table(&all, Style::of_stdout()) {
        output::data(&line)?;
    }
    if answer["is_watching"].take() != true {
        output::talk("no server runs, so nothing is watched now; start it with: hydra serve");
    }
    Ok(code)
}

fn table(all: &[Source], style: Style) -> Vec<String> {
    let mut rows =
        vec![["ID", "STATE", "KIND", "SPACE", "FILES", "PASSAGES", "LOOKED AT", "FOLDER"].map(str::to_owned)];
    rows.extend(all.iter().map(|source| {
        [
            source.id.clone(),
            doing(&source.state),
            source.kind.clone(),
            source.space.clone(),
            source.known.notes.to_string(),
            source.known.passages.to_string(),
            source
                .state
                .scanned_at
                .map_or_else(|| "not yet".to_owned(), |at| at.to_string().chars().take(19).collect()),
            output::plain(&source.path),
        ]
    }));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..8).map(width).collect();
    let mut lines = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ").trim_end().to_owned();
        lines.push(if number == 0 { style.faint(&line) } else { line });
        if let Some(source) = number.checked_sub(1).and_then(|index| all.get(index)) {
            lines.extend(origin(source).map(|said| style.faint(&format!("  {said}"))));
            lines.extend(remarks(&source.state).into_iter().map(|remark| style.warning(&format!("  {remark}"))));
        }
    }
    lines
}

fn doing(state: &State) -> String {
    match (state.state, state.progress) {
        (Doing::Reading, Some((done, total))) => format!("reading {done}/{total}"),
        (Doing::Reading, None) => "reading".to_owned(),
        (Doing::Waiting, _) => "waiting".to_owned(),
        (Doing::Watching, _) => "watching".to_owned(),
        (Doing::Paused, _) => "paused".to_owned(),
        (Doing::Gone, _) => "gone".to_owned(),
        (Doing::Failed, _) => "failed".to_owned(),
    }
}

/// Says by whom it is watched, if that was no command.
fn origin(source: &Source) -> Option<String> {
    let id = &source.id;
    match &source.origin {
        CollectionOrigin::Added => None,
        CollectionOrigin::Configured(file) => Some(format!("by {}", output::plain(&file.display().to_string()))),
        CollectionOrigin::Unlisted(file) => Some(format!(
            "no longer in {}; what is known of it stays: hydra source resume {id}, or remove {id} --forget",
            output::plain(&file.display().to_string())
        )),
    }
}

fn remarks(state: &State) -> Vec<String> {
    let mut remarks: Vec<String> = state.error.iter().chain(&state.note).map(|text| output::plain(text)).collect();
    for skipped in &state.named {
        let path = output::plain(&skipped.path.display().to_string());
        remarks.push(format!("left out {path}: {} ({})", output::plain(&skipped.reason), output::plain(&skipped.hint)));
    }
    let more = state.left_out.saturating_sub(state.named.len() as u64);
    if more > 0 {
        remarks.push(format!("and {more} more left out"));
    }
    remarks
}

async fn add(setting: &Setting, add: Add) -> Result<u8> {
    let Add { path, kind, space, include, exclude } = add;
    let path =
        std::path::absolute(&path).map_err(|error| Error::io(format!("the path `{}`", path.display()), &error))?;
    let kind = match kind {
        Kind::Notes => CollectionKind::Notes,
        Kind::Log => CollectionKind::Log,
        Kind::Transcripts => CollectionKind::Transcripts,
    };
    let answer = super::ask(setting, Need::Graph, AddSource { path, kind, space, include, exclude }).await?;
    tell(setting, &answer, "added")?;
    Ok(outcome::DONE)
}

async fn pause(setting: &Setting, which: Which, paused: bool) -> Result<u8> {
    let change = ChangeSource { source: named(&which.source), paused: Some(paused), ..ChangeSource::default() };
    let answer = super::ask(setting, Need::Graph, change).await?;
    tell(setting, &answer, if paused { "paused" } else { "resumed" })?;
    Ok(outcome::DONE)
}

async fn remove(setting: &Setting, remove: Remove) -> Result<u8> {
    let Remove { which, forget, dry_run, .. } = remove;
    let notes = if forget { Notes::Forget } else { Notes::Keep };
    let verb = RemoveSource { source: named(&which.source), notes, dry_run };
    let answer = super::ask(setting, Need::Graph, verb).await?;
    if setting.global.json {
        output::json(&answer)?;
        return Ok(outcome::DONE);
    }
    let Known { notes, passages } = super::read(answer["known"].clone())?;
    let path = output::plain(answer["source"]["path"].as_str().unwrap_or_default());
    let consequence = match (forget, dry_run) {
        (true, true) => format!("{notes} notes with {passages} passages would no longer be recalled"),
        (true, false) => format!("its {notes} notes with {passages} passages are no longer recalled"),
        (false, true) => format!("its {notes} notes with {passages} passages would stay as they are known"),
        (false, false) => format!("its {notes} notes with {passages} passages stay as they are known"),
    };
    if dry_run {
        output::data(&format!("{path} would not be watched any more; {consequence}"))?;
        output::talk("nothing was written");
        return Ok(outcome::DONE);
    }
    output::talk(&format!("{path} is not watched any more; {consequence}"));
    tell(setting, &answer, "removed")?;
    Ok(outcome::DONE)
}

/// A path as the graph knows it; anything else as it is.
fn named(source: &str) -> String {
    match std::fs::canonicalize(source) {
        Ok(path) => path.display().to_string(),
        // It may be gone, and is known by its whole path all the same.
        Err(_) if source.contains('/') => {
            std::path::absolute(source).map_or_else(|_| source.to_owned(), |path| path.display().to_string())
        }
        Err(_) => source.to_owned(),
    }
}

fn tell(setting: &Setting, answer: &Value, what: &str) -> Result<()> {
    if setting.global.json {
        return output::json(answer);
    }
    let id: String = super::read(answer["source"]["id"].clone())?;
    let commit: String = super::read(answer["commit"].clone())?;
    output::data(&id)?;
    output::talk(&format!("{what}; take it back with: hydra undo {commit}"));
    if what == "added" && answer["is_watching"] != true {
        output::talk("no server runs; it is read as soon as one does: hydra serve");
    }
    Ok(())
}
