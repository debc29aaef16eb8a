//! Logs within a run of [`crate::ingest`]: which of the paths are logs, and each read to its end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hydra_graph::{Memory, Result, Timestamp};

use super::folder::{LogFolder, is_log};
use super::reader::{LogOptions, LogReader, LogStep};
use crate::plan::settle;
use crate::rules::Rules;
use crate::summary::{LeftOut, LogSummary, Skipped, Summary};
use crate::sync::{Kind, Options};

/// The logs of a run.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    pub files: Vec<PathBuf>,
    /// Folders of which not all logs are read.
    pub left_out: LeftOut,
}

impl Logs {
    /// Takes the logs out of the paths that were asked for; returns the rest too.
    ///
    /// # Errors
    /// What the store says when it can't be read.
    pub fn among(memory: &Memory, paths: &[PathBuf], options: &Options) -> Result<(Self, Vec<PathBuf>)> {
        let (mut logs, mut rest) = (Self::default(), Vec::new());
        for path in paths {
            let real = path.canonicalize().unwrap_or_else(|_| settle(path));
            match options.kind {
                Kind::Log if real.is_dir() => {
                    let known = memory.sources(Some(&real))?.into_iter().filter(|source| source.is_log);
                    let rules = options.rules.iter().find(|rules| rules.rule(&real));
                    logs.look(&real, &known.map(|source| source.path).collect(), rules);
                }
                Kind::Log => logs.files.push(real),
                Kind::ByName if is_log(&real) && !real.is_dir() => logs.files.push(real),
                Kind::ByName | Kind::Notes | Kind::Transcripts => rest.push(path.clone()),
            }
        }
        logs.files.sort();
        logs.files.dedup();
        Ok((logs, rest))
    }

    fn look(&mut self, folder: &Path, known: &BTreeSet<PathBuf>, rules: Option<&Rules>) {
        let mut found = LogFolder::look(folder, rules, known);
        if found.logs.is_empty() && found.left_out.is_empty() {
            let hint = "name the log files themselves".to_owned();
            self.left_out.push(Skipped { path: folder.to_owned(), reason: "holds no .log files".into(), hint });
        }
        self.left_out.append(found.left_out);
        self.files.append(&mut found.logs);
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
            summary.skip(Skipped::of(path, &error));
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
                summary.skip(Skipped::of(path, &error));
                return Ok(());
            }
        }
    }
}

impl LogSummary {
    pub(super) fn add(&mut self, step: &LogStep) {
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
