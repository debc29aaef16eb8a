//! `hydra ingest`

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Args;
use hydra_graph::{Collection, CollectionKind, CollectionOrigin, Error, ErrorKind, Memory, Result};
use hydra_ingest::{Kind, LogSummary, Summary};
use serde::Deserialize;
use serde_json::Value;

use super::Setting;
use super::progress::Progress;
use crate::client::Need;
use crate::configured;
use crate::daemon::Daemon;
use crate::interrupt::{self, Interrupts};
use crate::outcome;
use crate::output;
use crate::presence;
use crate::verb::{Ingest, Until};
use crate::wiring;

/// Files left out, and warnings, that are listed one by one; `--json` lists more.
const MAX_LISTED: usize = 20;
/// What to do after a run that was stopped.
const GO_ON: &str = "run the same command again to go on where it stopped";

const EXAMPLES: &str = "\
Examples:
  hydra ingest ~/notes
  hydra ingest ~/notes ~/work/journal.md --space work
  hydra ingest /var/log/app.log       what is new in a log since the last time
  hydra ingest --kind log messages    a log with another name
  hydra ingest --kind transcripts ~/.claude/projects    conversations with Claude Code
  hydra ingest ~/notes --no-wait      do not wait until all of it is embedded
  hydra ingest --watch ~/notes        read it, and go on reading what changes until Ctrl-C

Files that did not change cost a look; a file that is gone is forgotten by the index. Stop it with Ctrl-C whenever you \
like: the next run goes on where it stopped.";

/// Options of `hydra ingest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Files, or folders of them; Markdown, text, logs (.log) and other kinds that README lists
    #[arg(required_unless_present = "watch", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The space they belong to [default: personal]
    #[arg(long, value_name = "SPACE")]
    pub space: Option<String>,
    /// What they are, if their names do not say; `log` also for JSON that journalctl wrote, `transcripts` for those of Claude Code
    #[arg(long, value_name = "KIND")]
    pub kind: Option<FileKind>,
    /// End when all is read; the indexes catch up later
    #[arg(long)]
    pub no_wait: bool,
    /// Go on reading what changes, in these folders and those that `hydra source` lists; without a server
    #[arg(long, conflicts_with = "no_wait")]
    pub watch: bool,
}

/// What files are read as.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum FileKind {
    /// Notes in Markdown
    Notes,
    /// Logs; of a folder those that end in .log
    Log,
    /// Conversations with Claude Code, which end in .jsonl
    Transcripts,
}

impl From<FileKind> for Kind {
    fn from(kind: FileKind) -> Self {
        match kind {
            FileKind::Notes => Self::Notes,
            FileKind::Log => Self::Log,
            FileKind::Transcripts => Self::Transcripts,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    #[serde(flatten)]
    summary: Summary,
    indexed: bool,
    degraded: Vec<String>,
    #[serde(default)]
    suggested_merges: usize,
    took_ms: u64,
}

/// Runs it.
///
/// # Errors
/// What the verb returns.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    if arguments.watch {
        return watch(setting, arguments).await;
    }
    let absolute = |path: PathBuf| {
        std::path::absolute(&path).map_err(|error| Error::io(format!("the path `{}`", path.display()), &error))
    };
    let is_transcripts = matches!(arguments.kind, Some(FileKind::Transcripts));
    let verb = Ingest {
        paths: arguments.paths.into_iter().map(absolute).collect::<Result<_>>()?,
        space: arguments.space,
        kind: arguments.kind.map(Kind::from),
        until: if arguments.no_wait { Until::Read } else { Until::Indexed },
    };
    // Without a wait the model would be loaded only to be thrown away.
    let need = if arguments.no_wait { Need::Graph } else { Need::Meaning };
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let answer = super::follow(setting, need, verb, stop, |progress, event| show(event, progress)).await;
    let answer = answer.map_err(|error| match error.kind() {
        ErrorKind::Cancelled => Error::new(ErrorKind::Cancelled, error.message()).hint(GO_ON),
        _ => error,
    })?;
    let code = code(&super::read::<Answer>(answer.clone())?.summary);
    if setting.global.json {
        output::json(&answer)?;
    } else {
        tell(&super::read(answer)?, is_transcripts, setting.global.quiet)?;
    }
    Ok(code)
}

/// Holds the memory and reads what changes, until it is stopped.
async fn watch(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let config = &setting.config;
    let mut interrupts = Interrupts::listen()?;
    if let Some(server) = presence::find(&config.data_dir, &presence::http_client()?).await {
        let message = format!("the server at {} holds this memory, and watches by itself", server.url());
        return Err(Error::new(ErrorKind::Locked, message).hint("have it watch the folder: hydra source add FOLDER"));
    }
    let space = arguments.space.unwrap_or_else(|| config.default_space.clone());
    let kind = match arguments.kind {
        Some(FileKind::Log) => CollectionKind::Log,
        Some(FileKind::Transcripts) => CollectionKind::Transcripts,
        Some(FileKind::Notes) | None => CollectionKind::Notes,
    };
    let (own, paths) = (config.clone(), arguments.paths);
    let opened = tokio::task::spawn_blocking(move || {
        let memory = wiring::open(&own, "`hydra ingest --watch`")?;
        wiring::attach_vectors(&own, &memory)?;
        let refused = configured::watch_configured(&memory, &own)?;
        let passing = passing(&memory, &paths, kind, &space)?;
        Ok((memory, passing, refused))
    });
    let broken = || Error::new(ErrorKind::Io, "opening the memory ended in the middle");
    let (memory, passing, refused) = opened.await.unwrap_or_else(|_| Err(broken()))?;
    let is_json = setting.global.json;
    let told = move |folder: &Collection, summary: &Summary| {
        if is_json {
            let line = serde_json::json!({"source": folder, "summary": summary});
            // Nobody reads it any more; the next interrupt ends it.
            let _ = output::json(&line);
        } else {
            let Summary { added, changed, moved, removed, .. } = summary;
            let path = output::plain(&folder.path.display().to_string());
            let said = match folder.kind {
                CollectionKind::Log => format!("{} new lines", summary.logs.lines),
                CollectionKind::Transcripts => format!("{} new turns", summary.transcripts.turns),
                CollectionKind::Notes => {
                    format!("{added} new, {changed} changed, {moved} moved, {removed} gone")
                }
            };
            let _ = output::data(&format!("{path}: {said}"));
        }
    };
    let daemon =
        Daemon::start(memory.clone(), config.data_dir.clone(), passing, refused, Box::new(told), Box::new(|| ()))?;
    output::talk("watching; stop it with Ctrl-C");
    interrupts.next().await;
    let ended = tokio::task::spawn_blocking(move || {
        daemon.stop();
        memory.close()
    });
    ended.await.unwrap_or_else(|_| Err(broken()))?;
    Ok(outcome::DONE)
}

/// Makes of paths folders to be watched that the graph does not name.
fn passing(memory: &Memory, paths: &[PathBuf], kind: CollectionKind, space: &str) -> Result<Vec<Collection>> {
    let named = memory.collections()?;
    let mut passing: Vec<Collection> = Vec::new();
    for path in paths {
        let path = hydra_ingest::find_folder(path)?;
        let is_apart = |other: &Collection| {
            matches!(other.origin, CollectionOrigin::Unlisted(_))
                || !other.holds(&path) && !other.path.starts_with(&path)
        };
        if let Some(other) = named.iter().chain(&passing).find(|other| !is_apart(other)) {
            let message = format!("{} and {} overlap", path.display(), other.path.display());
            return Err(Error::new(ErrorKind::Conflict, message)
                .hint("name one of them; `hydra source list` shows what is watched anyway"));
        }
        // Ids of the beginning of time, which no node has.
        let id = format!("{:013}", passing.len() + 1).parse()?;
        let recorded_at = wiring::now();
        let space = space.to_owned();
        passing.push(Collection {
            id,
            path,
            kind,
            space,
            include: vec![],
            exclude: vec![],
            paused: false,
            origin: CollectionOrigin::default(),
            recorded_at,
        });
    }
    Ok(passing)
}

/// Done when anything is in the memory; an error when everything that was there had to be left out.
fn code(summary: &Summary) -> u8 {
    let Summary { added, changed, unchanged, moved, removed, .. } = summary;
    let went_in = added + changed + unchanged + moved + removed + summary.logs.files + summary.transcripts.files;
    match () {
        () if summary.cancelled => outcome::INTERRUPTED,
        () if went_in > 0 => outcome::DONE,
        () if summary.skipped.is_empty() => outcome::NOTHING_FOUND,
        () => outcome::FAILED,
    }
}

fn show(event: &Value, progress: &mut Progress) {
    let number = |name: &str| event[name].as_u64().unwrap_or(0);
    match event["event"].as_str() {
        Some("file") => {
            let name = event["path"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            progress.show(&format!("reading {}", output::start_of(name, 40)), number("done"), number("total"));
        }
        Some("transcript") => {
            let name = event["path"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
            let what = format!("taking in {}, {} lines, kB", output::start_of(name, 12), number("lines"));
            progress.show(&what, number("done") / 1024, number("total") / 1024);
        }
        Some("index") if event["name"] == "vectors" => progress.show("embedding", number("done"), number("total")),
        Some("index") => progress.show("indexing", number("done"), number("total")),
        _ => {}
    }
}

fn tell(answer: &Answer, is_transcripts: bool, is_quiet: bool) -> Result<()> {
    let Answer { summary, indexed, degraded, took_ms, suggested_merges } = answer;
    for skipped in summary.skipped.iter().take(MAX_LISTED) {
        let path = output::plain(&skipped.path.display().to_string());
        output::talk(&format!(
            "left out {path}: {} ({})",
            output::plain(&skipped.reason),
            output::plain(&skipped.hint)
        ));
    }
    rest("left out", summary.left_out());
    if !is_quiet {
        for warning in summary.warnings.iter().take(MAX_LISTED) {
            let path = output::plain(&warning.path.display().to_string());
            let line = warning.line.map(|line| format!(":{line}")).unwrap_or_default();
            output::talk(&format!(
                "warning {path}{line}: {} ({})",
                output::plain(&warning.message),
                output::plain(&warning.hint)
            ));
        }
        rest("warned about", summary.warnings.len() as u64);
        for (extension, count) in &summary.not_read_yet {
            let why = match extension.as_str() {
                "log" => "are read when you name them, or with --kind log",
                _ => "are of a kind that is not read yet",
            };
            output::talk(&format!("{count} .{} files {why}", output::plain(extension)));
        }
    }
    if summary.logs.files > 0 {
        output::data(&log_line(&summary.logs, *took_ms))?;
    }
    if summary.transcripts.files > 0 || is_transcripts {
        output::data(&transcript_line(summary, *took_ms))?;
        let other = &summary.transcripts.other;
        if !other.is_empty() && !is_quiet {
            let kinds: Vec<String> =
                other.iter().map(|(kind, count)| format!("{count} {}", output::plain(kind))).collect();
            output::talk(&format!("lines that say nothing: {}", kinds.join(", ")));
        }
    }
    if (summary.logs.files == 0 && !is_transcripts) || summary.files > 0 {
        // A folder of notes alone says so by its count.
        if summary.formats.keys().any(|format| format != "Markdown") {
            let counts: Vec<String> =
                summary.formats.iter().map(|(format, count)| format!("{count} {format}")).collect();
            output::data(&format!("{} files: {}", summary.formats.values().sum::<u64>(), counts.join(", ")))?;
        }
        output::data(&note_line(summary, *took_ms))?;
    }
    let redactions = summary.redactions + summary.logs.redactions + summary.transcripts.redactions;
    if redactions > 0 && !is_quiet {
        let secrets = if redactions == 1 { "secret was" } else { "secrets were" };
        output::talk(&format!("{redactions} {secrets} masked: keys, tokens and passwords are not kept"));
    }
    if summary.cancelled {
        output::talk(&format!("stopped; {GO_ON}"));
    } else if is_quiet {
        return Ok(());
    }
    if *suggested_merges > 0 {
        let count = output::count(*suggested_merges, "pair");
        output::talk(&format!("{count} of names may mean one each; decide with `hydra proposals`"));
    }
    for reason in degraded {
        output::talk(&format!("note: {}", output::plain(reason)));
    }
    if !indexed && degraded.is_empty() && !summary.cancelled {
        output::talk("not all of it is indexed yet; `hydra status` tells how far it is");
    }
    Ok(())
}

fn log_line(logs: &LogSummary, took_ms: u64) -> String {
    let mut line = format!(
        "{} {}: {} new lines, {} records, {} templates ({} new), {} episodes and {} more counted with them, {} left out",
        logs.files,
        if logs.files == 1 { "log" } else { "logs" },
        logs.lines,
        logs.records,
        logs.templates,
        logs.new_templates,
        logs.episodes,
        logs.counted,
        logs.left_out
    );
    for (count, what) in
        [(logs.cut, "cut short"), (logs.damaged, "with bytes that are no text"), (logs.rotated, "rotated")]
    {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    format!("{line}, in {:.1} s", took_ms as f64 / 1000.0)
}

fn transcript_line(summary: &Summary, took_ms: u64) -> String {
    let read = &summary.transcripts;
    let mut line = format!(
        "{} {}: {} new lines, {} new turns, {} unchanged, {} left out, {} learned",
        read.files,
        if read.files == 1 { "transcript" } else { "transcripts" },
        read.lines,
        read.turns,
        summary.unchanged,
        summary.left_out(),
        output::count(read.lessons as usize, "thing"),
    );
    for (count, what) in [
        (read.known, "turns known before"),
        (read.left_out, "turns too many"),
        (read.cut, "cut short"),
        (read.broken, "broken lines"),
        (read.too_long, "lines too long to be read"),
        (read.rewritten, "written anew"),
    ] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    format!("{line}, in {:.1} s", took_ms as f64 / 1000.0)
}

fn note_line(summary: &Summary, took_ms: u64) -> String {
    format!(
        "{} notes: {} new, {} changed{}, {} unchanged, {} gone, {} left out; {} passages, {} links ({} to nothing), in {:.1} s",
        summary.files,
        summary.added,
        summary.changed,
        if summary.moved > 0 { format!(", {} moved", summary.moved) } else { String::new() },
        summary.unchanged,
        summary.removed,
        summary.left_out(),
        summary.passages,
        summary.links,
        summary.unresolved,
        took_ms as f64 / 1000.0
    )
}

fn rest(what: &str, count: u64) {
    let more = count.saturating_sub(MAX_LISTED as u64);
    if more > 0 {
        output::talk(&format!("… and {more} more {what}; --json lists more of them"));
    }
}
