//! Transcripts within a run of [`crate::ingest`], and those of a watched folder: which there are, and each read to its end.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hydra_graph::{ErrorKind, Memory, Result};

use super::folder::{TranscriptFolder, is_memory_file, is_transcript, memory_files};
use super::reader::{self, Read};
use crate::plan::settle;
use crate::readings::{Look, Readings};
use crate::rules::Rules;
use crate::summary::{LeftOut, Skipped, Summary};
use crate::sync::{Kind, Options, Removal, reconcile};

/// What stands in a reading of a transcript for the hash that it has not.
const READ: &str = "transcript";

/// The transcripts of a run.
#[derive(Debug, Default)]
pub(crate) struct Transcripts {
    pub files: Vec<PathBuf>,
    /// The client's memory files.
    pub notes: BTreeSet<PathBuf>,
    /// Folders that were looked into.
    pub folders: Vec<PathBuf>,
    /// What is not read.
    pub left_out: LeftOut,
    /// The folder of all projects, if that is what was asked for.
    projects: Option<PathBuf>,
}

/// How far reading is, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptProgress {
    /// Bytes that were read.
    pub bytes_done: u64,
    /// Bytes that are to be read.
    pub bytes_total: u64,
    /// Lines that were read.
    pub lines: u64,
    /// The transcript that is read now.
    pub current: PathBuf,
}

impl Transcripts {
    /// Finds what is read under some paths.
    pub fn of(paths: &[PathBuf], rules: &[Rules]) -> Self {
        let mut transcripts = Self::default();
        let mut seen = BTreeSet::new();
        for path in paths {
            let real = path.canonicalize().unwrap_or_else(|_| settle(path));
            if real.is_dir() {
                let found = TranscriptFolder::look(&real, rules.iter().find(|rules| rules.rule(&real)));
                if found.transcripts.is_empty() && found.notes.is_empty() && found.left_out.is_empty() {
                    let hint = "name the folder that the client writes them to: ~/.claude/projects".to_owned();
                    let skipped = Skipped { path: real.clone(), reason: "holds no transcripts".into(), hint };
                    transcripts.left_out.push(skipped);
                }
                transcripts.left_out.append(found.left_out);
                transcripts.folders.extend(found.folders);
                transcripts.notes.extend(found.notes);
                transcripts.files.extend(found.transcripts.into_iter().filter(|file| seen.insert(file.clone())));
                transcripts.projects = Some(real);
            } else if rules.iter().any(|rules| rules.leave_out(&real, false)) {
                let hint = "`hydra source list` shows the folder; change what it leaves out there".to_owned();
                transcripts.left_out.push(Skipped {
                    path: real,
                    reason: "is left out of a watched folder".into(),
                    hint,
                });
            } else if is_memory_file(&real) {
                transcripts.notes.insert(real);
            } else if seen.insert(real.clone()) {
                transcripts.files.push(real);
            }
        }
        transcripts
    }
}

/// Reads transcripts to their ends, and the memory files beside them as notes.
///
/// # Errors
/// What the store says when it can't be written.
pub(crate) fn read_all(
    memory: &Memory,
    transcripts: Transcripts,
    options: &Options,
    readings: &mut Readings,
    goes_on: &mut dyn FnMut(TranscriptProgress) -> bool,
) -> Result<Summary> {
    let mut summary = Summary { folders: transcripts.folders, ..Summary::default() };
    summary.leave_out(transcripts.left_out);
    let mut repositories = BTreeSet::new();
    let mut progress = TranscriptProgress::default();
    // Bytes that were read before count as done at once.
    let sizes = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    progress.bytes_total = transcripts.files.iter().map(sizes).sum();
    for path in &transcripts.files {
        progress.current.clone_from(path);
        let before = progress.bytes_done;
        let read = read_one(memory, path, options, readings, &mut |bytes| {
            progress.bytes_done += bytes;
            goes_on(progress.clone())
        });
        match read? {
            One::Read(Read { summary: read, repositories: worked_in, is_stopped }) => {
                progress.lines += read.lines;
                summary.transcripts.add(read);
                repositories.extend(worked_in);
                summary.cancelled |= is_stopped;
            }
            One::Unchanged => summary.unchanged += 1,
            One::Skipped(skipped) => summary.skip(skipped),
        }
        progress.bytes_done = before + sizes(path);
        if summary.cancelled || !goes_on(progress.clone()) {
            summary.cancelled |= transcripts.files.last() != Some(path);
            break;
        }
    }
    let mut notes = transcripts.notes;
    notes.extend(memory_files(transcripts.projects.as_deref(), &repositories));
    if let Some(projects) = &transcripts.projects {
        // What the client took out of its memory is said no more.
        let known = memory.sources(Some(projects))?.into_iter().filter(|source| !source.is_log);
        notes.extend(known.map(|source| source.path).filter(|path| !path.exists()));
    }
    if !notes.is_empty() && !summary.cancelled {
        read_notes(memory, notes, options, readings, &mut summary)?;
    }
    Ok(summary)
}

/// What became of one.
enum One {
    Read(Read),
    /// It looks as it did when it was read.
    Unchanged,
    Skipped(Skipped),
}

fn read_one(
    memory: &Memory,
    path: &Path,
    options: &Options,
    readings: &mut Readings,
    goes_on: &mut dyn FnMut(u64) -> bool,
) -> Result<One> {
    // Taken before it is read: what is added in between looks different from what was kept.
    let look = std::fs::metadata(path).ok().map(|metadata| Look::of(&metadata));
    if let Some(look) = &look {
        if let Some((reason, hint)) = readings.refusal(path, look) {
            return Ok(One::Skipped(Skipped { path: path.to_owned(), reason: reason.clone(), hint: hint.clone() }));
        }
        if readings.hash(path, look).is_some() {
            return Ok(One::Unchanged);
        }
    }
    if !is_transcript(path) {
        let hint = "a transcript ends in .jsonl; that of the agent that writes a summary is not read".to_owned();
        return Ok(One::Skipped(Skipped { path: path.to_owned(), reason: "is no transcript".into(), hint }));
    }
    let rules = options.rules.iter().find(|rules| rules.rule(path));
    let space = rules.map_or(options.space.as_str(), Rules::space);
    match reader::read(memory, path, space, goes_on) {
        Ok(read) => {
            if let Some(look) = look.filter(|_| !read.is_stopped) {
                readings.keep(path, look, READ, None);
            }
            Ok(One::Read(read))
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid | ErrorKind::Conflict) => {
            Ok(One::Skipped(Skipped::of(path, &error)))
        }
        // The file and not the store: the others are read.
        Err(error) if error.kind() == ErrorKind::Io && std::fs::File::open(path).is_err() => {
            Ok(One::Skipped(Skipped::of(path, &error)))
        }
        Err(error) => Err(error),
    }
}

/// Reads memory files as notes; nothing that they meet is in the way of the transcripts.
fn read_notes(
    memory: &Memory,
    notes: BTreeSet<PathBuf>,
    options: &Options,
    readings: &mut Readings,
    summary: &mut Summary,
) -> Result<()> {
    let notes: Vec<PathBuf> = notes.into_iter().collect();
    let options = Options { kind: Kind::Notes, removal: Removal::Now, ..options.clone() };
    match reconcile(memory, &notes, &options, readings, &mut |_| {}) {
        Ok(read) => {
            summary.files += read.files;
            summary.added += read.added;
            summary.changed += read.changed;
            summary.unchanged += read.unchanged;
            summary.removed += read.removed;
            summary.passages += read.passages;
            summary.links += read.links;
            summary.unresolved += read.unresolved;
            summary.tags += read.tags;
            summary.redactions += read.redactions;
            summary.leave_out(LeftOut { named: read.skipped, more: read.more_skipped });
            summary.warnings.extend(read.warnings);
            summary.gone.extend(read.gone);
            Ok(())
        }
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Invalid) => Ok(()),
        Err(error) => Err(error),
    }
}
