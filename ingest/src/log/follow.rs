//! The logs of a watched folder: each is read on whenever it looks otherwise than when it was read last.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hydra_graph::{ErrorKind, Memory, Result};

use super::folder::{LogFolder, is_wanted};
use super::reader::{LastRecord, LogOptions, LogReader, STEP_BYTES};
use crate::readings::{Look, Readings};
use crate::rules::Rules;
use crate::summary::{Skipped, Summary};
use crate::sync::Options;

/// How long a log has to be left alone for its last record to be taken as complete: a stack trace comes in several writes.
pub const LOG_QUIET: Duration = Duration::from_secs(2);
/// What stands in a reading of a log for the hash that a log has not.
const READ: &str = "log";

/// Bytes after which a look gives way to whatever else is to be looked at, and goes on later: a log of any length must not
/// keep a note waiting that was just saved. A step ends before a record that is not whole in it, so two of them are more.
const LOOK_BYTES: u64 = STEP_BYTES + STEP_BYTES / 2;

/// What came of following logs.
#[derive(Debug, Default)]
pub struct Followed {
    /// What was read and left out.
    pub summary: Summary,
    /// The folder's logs, if all of it was looked through.
    pub logs: Option<BTreeSet<PathBuf>>,
    /// Logs whose last record may have more lines than are there yet: to be followed again after [`LOG_QUIET`].
    pub hot: BTreeSet<PathBuf>,
    /// Logs that are to be followed at once, in this order, since the look gave way.
    pub left: Vec<PathBuf>,
}

/// How the look goes on after a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Log,
    /// Enough was read for now.
    GiveWay,
    /// The same, and of this log there is more.
    GiveWayInside,
    /// Whoever asked wants no more.
    Stop,
}

/// Tells whether a path of a watched folder may be a log, or a folder of some.
pub fn may_be_log(path: &Path, rules: &Rules) -> bool {
    is_wanted(path, Some(rules)) || !path.is_file()
}

/// Reads on the logs that are named, or all of the rules' folder, until enough was read for one look; [`Followed::left`] is
/// the rest. `goes_on` is asked after every step; what is stopped goes on there the next time.
///
/// A log that is gone stays known as it was read: that is what becomes of logs.
///
/// # Errors
/// What the store says when it can't be read or written.
pub fn follow(
    memory: &Memory,
    rules: &Rules,
    named: Option<&[PathBuf]>,
    options: &Options,
    readings: &mut Readings,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Followed> {
    let mut followed = Followed::default();
    // What is named was read before, or is new and looks like nothing that was.
    let mut known: Option<BTreeSet<PathBuf>> = None;
    let logs: Vec<PathBuf> = match named {
        Some(named) => named.to_vec(),
        None => {
            let sources = memory.sources(Some(rules.folder()))?.into_iter().filter(|source| source.is_log);
            let known = known.insert(sources.map(|source| source.path).collect());
            let found = LogFolder::look(rules.folder(), Some(rules), known);
            followed.logs = Some(found.logs.iter().cloned().collect());
            followed.summary.leave_out(found.left_out);
            followed.summary.folders = found.folders;
            found.logs
        }
    };
    followed.summary.files = logs.len() as u64;
    for (at, path) in logs.iter().enumerate() {
        let is_known = known.as_ref().is_none_or(|known| known.contains(path));
        match follow_one(memory, (path, rules.space(), is_known), options, readings, &mut followed, goes_on)? {
            Next::Log => {}
            Next::Stop => {
                followed.summary.cancelled = true;
                break;
            }
            // The others first: one that grows faster than it is read must not keep them waiting either.
            way => {
                let inside = (way == Next::GiveWayInside).then(|| path.clone());
                followed.left = logs[at + 1..].iter().cloned().chain(inside).collect();
                break;
            }
        }
    }
    Ok(followed)
}

fn follow_one(
    memory: &Memory,
    (path, space, is_known): (&Path, &str, bool),
    options: &Options,
    readings: &mut Readings,
    followed: &mut Followed,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Next> {
    let summary = &mut followed.summary;
    // Taken before it is read: what is added in between looks different from what was kept.
    let Ok(metadata) = std::fs::metadata(path) else { return Ok(Next::Log) };
    let look = Look::of(&metadata);
    if let Some((reason, hint)) = readings.refusal(path, &look) {
        summary.skip(Skipped { path: path.to_owned(), reason: reason.clone(), hint: hint.clone() });
        return Ok(Next::Log);
    }
    if is_known && readings.hash(path, &look).is_some() {
        summary.unchanged += 1;
        return Ok(Next::Log);
    }
    // A time far ahead tells nothing.
    let is_hot = readings.now().is_some_and(|now| look.age_ms(now).unsigned_abs() < LOG_QUIET.as_millis() as u64);
    let last = if is_hot { LastRecord::Hold } else { LastRecord::Take };
    let log_options =
        LogOptions { space: space.to_owned(), zone: options.zone.clone(), agent: options.agent.clone(), last };
    let mut reader = match LogReader::open(memory, path, log_options) {
        Ok(reader) => reader,
        // What is known of this one does not read back; of the others it does.
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            summary.skip(Skipped::of(path, &error));
            return Ok(Next::Log);
        }
        Err(error) => return Err(error.context(format!("reading on {}", path.display()))),
    };
    loop {
        match reader.read(memory, options.now) {
            Ok(step) => {
                summary.logs.add(&step);
                if !step.is_more {
                    break;
                }
                if !goes_on() {
                    return Ok(Next::Stop);
                }
                if summary.logs.bytes >= LOOK_BYTES {
                    return Ok(Next::GiveWayInside);
                }
            }
            Err(error) if reader.is_ahead() => return Err(error.context(format!("putting {}", path.display()))),
            // It is between two names.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Next::Log),
            Err(error) => {
                let skipped = Skipped::of(path, &error);
                // What lies in its text stays as long as it looks the same; what the machine met is tried again.
                if error.kind() == ErrorKind::Invalid {
                    readings.keep(path, look, READ, Some((skipped.reason.clone(), skipped.hint.clone())));
                }
                summary.skip(skipped);
                return Ok(Next::Log);
            }
        }
    }
    summary.logs.files += 1;
    summary.logs.templates += reader.templates() as u64;
    let is_enough = summary.logs.bytes >= LOOK_BYTES;
    if is_hot {
        followed.hot.insert(path.to_owned());
    } else {
        readings.keep(path, look, READ, None);
    }
    Ok(match goes_on() {
        false => Next::Stop,
        true if is_enough => Next::GiveWay,
        true => Next::Log,
    })
}
