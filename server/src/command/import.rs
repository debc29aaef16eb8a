//! `hydra import`

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use hydra_graph::{Error, ErrorKind, Result};
use hydra_ingest::{Broken, MAX_FOREIGN_BYTES, Origin};
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::{Setting, restore};
use crate::client::Need;
use crate::interrupt;
use crate::outcome;
use crate::output;
use crate::verb::{Import, OnBroken, Until};

/// Broken lines and items that are listed one by one; `--json` lists all.
const MAX_LISTED: usize = 100;

const EXAMPLES: &str = "\
Examples:
  hydra import backup.nq --data-dir ~/new-memory
  zstd -d < backup.nq.zst | hydra import - --data-dir ~/new-memory
  hydra import --from mcp-memory ~/memory.jsonl
  hydra import --from basic-memory ~/basic-memory --space work
  hydra import --from mem0 mem0.json --skip-broken

An export goes into an empty memory and restores it exactly: ids, history, everything; `hydra undo` works as before. All \
of it is checked before anything is written, and a memory that holds something is left alone. Stop `hydra serve` first.

With --from, memories are added to those that are there, trusted as data (`ingested`); a second import adds only what is \
new. Observations are told as facts about their entity, relations as sentences about both. If a line or an item is \
broken, all that are get listed and nothing is written, unless you say --skip-broken. Of Basic Memory's notes only \
observations and relations are read; `hydra ingest` reads the notes themselves.";

/// Options of `hydra import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What `hydra export` wrote, or what --from says; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Whose format it is [default: Hydra's own]
    #[arg(long, value_enum, value_name = "PROGRAM")]
    pub from: Option<From>,
    /// The space they belong to [default: personal]
    #[arg(long, value_name = "SPACE", requires = "from")]
    pub space: Option<String>,
    /// Leave out what is broken and import the rest
    #[arg(long, requires = "from")]
    pub skip_broken: bool,
    /// End when all is read; the indexes catch up later
    #[arg(long)]
    pub no_wait: bool,
}

/// The programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// The MCP memory server: its memory.jsonl
    McpMemory,
    /// Basic Memory: a folder of its notes
    BasicMemory,
    /// mem0: the JSON that `get_all` returns
    Mem0,
}

impl From {
    fn origin(self) -> Origin {
        match self {
            Self::McpMemory => Origin::McpMemory,
            Self::BasicMemory => Origin::BasicMemory,
            Self::Mem0 => Origin::Mem0,
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    found: usize,
    added: usize,
    known: usize,
    commits: Vec<String>,
    broken: Vec<Broken>,
    refused: bool,
    cancelled: bool,
    indexed: bool,
    degraded: Vec<String>,
    took_ms: u64,
}

/// Runs it.
///
/// # Errors
/// What the verb returns, or as [`restore::restore`].
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Some(from) = arguments.from else {
        return restore::restore(setting, arguments.file, !arguments.no_wait).await;
    };
    // The server reads the file itself, so what is piped in has to be one.
    let piped = (arguments.file == Path::new("-")).then(standard_input).transpose()?;
    let (path, name) = match &piped {
        Some(piped) => (piped.path().to_owned(), Some("standard input".to_owned())),
        None => (arguments.file, None),
    };
    let verb = Import {
        from: from.origin(),
        path: std::path::absolute(&path).map_err(|error| Error::io(path.display(), &error))?,
        name,
        space: arguments.space,
        on_broken: if arguments.skip_broken { OnBroken::Skip } else { OnBroken::Refuse },
        until: if arguments.no_wait { Until::Read } else { Until::Indexed },
    };
    let need = if arguments.no_wait { Need::Graph } else { Need::Meaning };
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping; press Ctrl-C again to stop at once")?;
    let answer = super::follow(setting, need, verb, stop, |progress, event| {
        let what = match event["name"].as_str() {
            None => "importing",
            Some("vectors") => "embedding",
            Some(_) => "indexing",
        };
        progress.show(what, super::count(event, "done"), super::count(event, "total"));
    })
    .await?;
    let told: Answer = super::read(answer.clone())?;
    if setting.global.json {
        output::json(&answer)?;
    } else {
        tell(&told, setting.global.quiet)?;
    }
    Ok(match () {
        () if told.cancelled => outcome::INTERRUPTED,
        () if told.refused || (told.found == 0 && !told.broken.is_empty()) => outcome::FAILED,
        () if told.found == 0 => outcome::NOTHING_FOUND,
        () => outcome::DONE,
    })
}

fn standard_input() -> Result<NamedTempFile> {
    let failed = |error: std::io::Error| Error::io("standard input", &error);
    let mut file = NamedTempFile::new().map_err(failed)?;
    let length = std::io::copy(&mut std::io::stdin().take(MAX_FOREIGN_BYTES + 1), &mut file).map_err(failed)?;
    if length > MAX_FOREIGN_BYTES {
        let message = format!("standard input has more than {MAX_FOREIGN_BYTES} bytes");
        return Err(Error::new(ErrorKind::TooLarge, message).hint("split it; what is known already is not added twice"));
    }
    Ok(file)
}

fn tell(answer: &Answer, is_quiet: bool) -> Result<()> {
    let Answer { found, added, known, commits, broken, refused, cancelled, indexed, degraded, took_ms } = answer;
    for broken in broken.iter().take(MAX_LISTED) {
        let Broken { path, line, item, reason, hint } = broken;
        let place = match (line, item) {
            (Some(line), _) => format!("{path}:{line}"),
            (None, Some(item)) => format!("{path} item {item}"),
            (None, None) => path.clone(),
        };
        output::talk(&format!("broken {}: {} ({})", output::plain(&place), output::plain(reason), output::plain(hint)));
    }
    if broken.len() > MAX_LISTED {
        output::talk(&format!("… and {} more; --json lists them all", broken.len() - MAX_LISTED));
    }
    if *refused {
        let rest = format!("{} broken, {found} others could be imported: nothing was written", broken.len());
        output::talk(&format!("error: {rest}\n  next: correct them, or import the others with --skip-broken"));
        return Ok(());
    }
    let seconds = *took_ms as f64 / 1000.0;
    output::data(&format!("{added} added, {known} known already, {} left out, in {seconds:.1} s", broken.len()))?;
    if *cancelled {
        output::talk("stopped; run the same command again to go on where it stopped");
    } else if !is_quiet {
        if let [first, rest @ ..] = commits.as_slice() {
            let rest = if rest.is_empty() { String::new() } else { format!(" (and {} more commits)", rest.len()) };
            output::talk(&format!("take it back with: hydra undo {first}{rest}"));
        }
        for reason in degraded {
            output::talk(&format!("note: {}", output::plain(reason)));
        }
        if !indexed && degraded.is_empty() {
            output::talk("not all of it is indexed yet; `hydra status` tells how far it is");
        }
    }
    Ok(())
}
