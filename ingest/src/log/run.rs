//! Logs within a run of [`crate::ingest`]: which of the paths are logs, and each read to its end.

use std::path::{Path, PathBuf};

use hydra_graph::{Memory, Result, Timestamp};
use ignore::WalkBuilder;

use super::reader::{LogOptions, LogReader, LogStep};
use crate::plan::settle;
use crate::summary::{LogSummary, Skipped, Summary};
use crate::sync::Kind;

/// Logs of one folder that are read; what has more is named by mistake.
pub const MAX_LOGS: usize = 1_000;

/// The logs of a run.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub files: Vec<PathBuf>,
    /// Folders of which not all logs are read.
    pub skipped: Vec<Skipped>,
}

/// Tells whether a file is a log by its name.
fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("log"))
}

impl Logs {
    /// Takes the logs out of the paths that were asked for; returns the rest too.
    pub fn among(paths: &[PathBuf], kind: Kind) -> (Self, Vec<PathBuf>) {
        let (mut logs, mut rest) = (Self::default(), Vec::new());
        for path in paths {
            let real = path.canonicalize().unwrap_or_else(|_| settle(path));
            match kind {
                Kind::Log if real.is_dir() => logs.look(&real),
                Kind::Log => logs.files.push(real),
                Kind::ByName if is_log(&real) && !real.is_dir() => logs.files.push(real),
                Kind::ByName | Kind::Notes => rest.push(path.clone()),
            }
        }
        logs.files.sort();
        logs.files.dedup();
        (logs, rest)
    }

    fn look(&mut self, folder: &Path) {
        let walk = WalkBuilder::new(folder).standard_filters(false).hidden(true).follow_links(false).build();
        let files =
            walk.filter_map(std::result::Result::ok).filter(|entry| entry.file_type().is_some_and(|it| it.is_file()));
        let mut found: Vec<PathBuf> =
            files.map(|entry| entry.into_path()).filter(|path| is_log(path)).take(MAX_LOGS + 1).collect();
        if found.len() > MAX_LOGS || found.is_empty() {
            let reason = if found.is_empty() {
                "holds no .log files".into()
            } else {
                format!("holds more than {MAX_LOGS} logs")
            };
            let hint = "name the log files themselves".to_owned();
            self.skipped.push(Skipped { path: folder.to_owned(), reason, hint });
            found.truncate(MAX_LOGS);
        }
        self.files.append(&mut found);
    }
}

/// Reads one log to its end, or until it is to stop. What the file meets is told in the summary.
///
/// # Errors
/// What the store says when it can't be written.
pub(crate) fn read(
    memory: &Memory,
    path: &Path,
    (options, now): (&LogOptions, Timestamp),
    summary: &mut Summary,
    goes_on: &dyn Fn() -> bool,
) -> Result<()> {
    let mut reader = match LogReader::open(memory, path, options.clone()) {
        Ok(reader) => reader,
        Err(error) => {
            summary.skipped.push(Skipped::of(path, &error));
            return Ok(());
        }
    };
    loop {
        match reader.read(memory, now) {
            Ok(step) => {
                summary.logs.add(&step);
                if !step.is_more || !goes_on() {
                    summary.logs.files += 1;
                    summary.logs.templates += reader.templates() as u64;
                    return Ok(());
                }
            }
            Err(error) if reader.is_ahead() => return Err(error.context(format!("putting {}", path.display()))),
            Err(error) => {
                summary.skipped.push(Skipped::of(path, &error));
                return Ok(());
            }
        }
    }
}

impl LogSummary {
    fn add(&mut self, step: &LogStep) {
        self.lines += step.lines;
        self.records += step.records;
        self.bytes += step.bytes;
        self.new_templates += step.new_templates;
        self.episodes += step.episodes;
        self.counted += step.counted;
        self.left_out += step.left_out;
        self.cut += step.cut;
        self.damaged += step.damaged;
        self.redactions += step.redactions;
        self.rotated += u64::from(step.is_rotated);
    }
}
