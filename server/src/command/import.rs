//! `hydra import`

use std::path::PathBuf;

use clap::Args;
use hydra_graph::Result;

use super::{Setting, restore};

const EXAMPLES: &str = "\
Examples:
  hydra import backup.nq --data-dir ~/new-memory
  zstd -d < backup.nq.zst | hydra import - --data-dir ~/new-memory

An export goes into an empty memory and restores it exactly: ids, history, everything; `hydra undo` works as before. All \
of it is checked before anything is written, and a memory that holds something is left alone. Stop `hydra serve` first.";

/// Options of `hydra import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What `hydra export` wrote; `-` reads standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// End when all is read; the indexes catch up later
    #[arg(long)]
    pub no_wait: bool,
}

/// Runs it.
///
/// # Errors
/// As [`restore::restore`].
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    restore::restore(setting, arguments.file, !arguments.no_wait).await
}
