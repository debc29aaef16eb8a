//! `hydra export`

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::{Args, ValueEnum};
use hydra_graph::{Error, ErrorKind, ExportFormat, Exported, Follower, Result};
use serde_json::json;
use tempfile::NamedTempFile;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::Setting;
use super::progress::Progress;
use crate::client::{Client, Need, Pieces};
use crate::folder;
use crate::interrupt;
use crate::outcome;
use crate::output;
use crate::verb::{Export, FAILED_LINE};
use crate::wiring;

const EXAMPLES: &str = "\
Examples:
  hydra export backup.nq                      everything, history included
  hydra export | zstd > backup.nq.zst
  hydra export --format trig notes.trig       easier to read; can't be imported again
  hydra import backup.nq --data-dir NEW       the way back

One statement a line, sorted: the same memory gives the same bytes, so two exports can be compared with diff. The last \
line says that the file is whole. Memories can be written meanwhile; the export is of the moment it began. FILE appears, \
or is replaced, only when all of it is on disk.";

/// Options of `hydra export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Where to; `-` is standard output
    #[arg(value_name = "FILE", default_value = "-")]
    pub file: PathBuf,
    /// How it is written
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Nquads)]
    pub format: Format,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// N-Quads 1.2, sorted: what `hydra import` reads
    Nquads,
    /// TriG 1.2, grouped and with prefixes
    Trig,
}

/// Runs it.
///
/// # Errors
/// What the verb returns, and what writing fails with.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let started = Instant::now();
    let format = match arguments.format {
        Format::Nquads => ExportFormat::NQuads,
        Format::Trig => ExportFormat::TriG,
    };
    let file = Some(arguments.file).filter(|file| file != Path::new("-"));
    let mut target = Target::open(file.as_deref())?;
    folder::check_memory(&setting.config.data_dir)?;
    let client = Client::connect(&setting.config, Need::Graph, "export").await?;
    let stop = Arc::new(AtomicBool::new(false));
    interrupt::stop_on_signal(Arc::clone(&stop), "stopping")?;
    let mut progress = Progress::new(setting.global.quiet || setting.global.json);
    let written = match client.export(Export { format }, Arc::clone(&stop)).await {
        Ok(pieces) => write(pieces, &mut target, &mut progress).await,
        Err(error) => Err(error),
    };
    progress.end();
    client.close().await?;
    if stop.load(Ordering::Acquire) {
        return Err(Error::new(ErrorKind::Cancelled, "stopped; the export is not whole")
            .hint("run the same command again for a whole one"));
    }
    // Whoever reads standard output has seen enough.
    let Some(exported) = written? else { return Ok(outcome::DONE) };
    target.keep(file.as_deref())?;
    if let Some(file) = file.as_deref().and_then(|file| std::path::absolute(file).ok()) {
        // Only for the receipt of an erasure: the export is whole without it.
        if let Err(error) = hydra_graph::note_export(&setting.config.data_dir, &file, wiring::now()) {
            tracing::warn!(%error, "the export is not remembered");
        }
    }
    let took_ms = started.elapsed().as_millis() as u64;
    let Exported { statements, bytes, blake3 } = &exported;
    if setting.global.json {
        let answer = json!({"path": file, "format": format, "statements": statements, "bytes": bytes, "blake3": blake3, "took_ms": took_ms});
        // Standard output holds the export itself then.
        if file.is_some() { output::json(&answer)? } else { output::talk_json(&answer) }
    } else if !setting.global.quiet {
        let place = file.as_ref().map(|file| format!(" to {}", output::plain(&file.display().to_string())));
        let (place, seconds) = (place.unwrap_or_default(), took_ms as f64 / 1000.0);
        output::talk(&format!(
            "exported {} ({bytes} bytes){place} in {seconds:.1} s",
            output::count(*statements as usize, "statement")
        ));
    }
    Ok(outcome::DONE)
}

/// Writes all pieces; `None` when nobody reads them.
async fn write(mut pieces: Pieces, target: &mut Target, progress: &mut Progress) -> Result<Option<Exported>> {
    let mut follower = Follower::default();
    while let Some(piece) = pieces.next().await? {
        follower.take(&piece);
        match target.out.write_all(&piece).await {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(None),
            other => other.map_err(|error| Error::io("the export", &error))?,
        }
        let (done, total) = follower.progress();
        progress.show("exporting", done, total);
    }
    match target.out.flush().await {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(None),
        other => other.map_err(|error| Error::io("the export", &error))?,
    }
    let said = follower.last_line().strip_prefix(FAILED_LINE).map(serde_json::from_str::<serde_json::Value>);
    match said.and_then(|said| outcome::error_from_json(&said.ok()?)) {
        // A server that stops cancels what is under way.
        Some(error) if error.kind() != ErrorKind::Cancelled => return Err(error),
        _ => {}
    }
    follower.finish().map(Some).ok_or_else(|| {
        Error::new(ErrorKind::Unavailable, "the server stopped in the middle of the export")
            .hint("run the command again; it needs no server")
    })
}

/// Where it is written: standard output, or a file beside the one that is meant, which is renamed when it is whole.
struct Target {
    out: Pin<Box<dyn AsyncWrite + Send>>,
    beside: Option<NamedTempFile>,
}

impl Target {
    fn open(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self { out: Box::pin(tokio::io::stdout()), beside: None }) };
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => {
                Error::new(ErrorKind::NotFound, format!("the folder of {} does not exist", file.display()))
                    .hint("make it, or name another one")
            }
            _ => Error::io(file.display(), &error),
        };
        if file.is_dir() {
            return Err(Error::new(ErrorKind::Invalid, format!("{} is a folder", file.display()))
                .hint(format!("name a file: {}", file.join("backup.nq").display())));
        }
        // Readable by the owner alone, as memories are.
        let beside = NamedTempFile::with_prefix_in(".hydra-export-", folder_of(file)).map_err(failed)?;
        let out = tokio::fs::File::from_std(beside.reopen().map_err(failed)?);
        Ok(Self { out: Box::pin(out), beside: Some(beside) })
    }

    /// Gives the file its name, once it is on the medium.
    fn keep(self, file: Option<&Path>) -> Result<()> {
        let (Some(beside), Some(file)) = (self.beside, file) else { return Ok(()) };
        let failed = |error: std::io::Error| Error::io(file.display(), &error);
        beside.as_file().sync_all().map_err(failed)?;
        beside.persist(file).map_err(|error| failed(error.error))?;
        std::fs::File::open(folder_of(file)).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
