//! The transcripts of a watched folder: each is read on whenever it looks otherwise than when it was read last.

use std::path::{Path, PathBuf};

use hydra_graph::{Memory, Result};

use super::folder::{is_memory_file, is_transcript};
use super::run::{TranscriptProgress, Transcripts, read_all};
use crate::readings::Readings;
use crate::rules::Rules;
use crate::summary::Summary;
use crate::sync::Options;

/// Tells whether a path of a watched folder may be a transcript, a memory file, or a folder of some.
pub fn may_be_transcript(path: &Path, rules: &Rules) -> bool {
    let is_wanted = (is_transcript(path) || is_memory_file(path)) && !rules.leave_out(path, false);
    is_wanted || !path.is_file()
}

/// Reads on the transcripts that are named, or all of the rules' folder. `goes_on` is told how far it is and asked after every step; what is stopped
/// goes on there the next time.
///
/// A transcript that is gone stays known as it was read: the client deletes them after a while.
///
/// # Errors
/// What the store says when it can't be written.
pub fn follow_transcripts(
    memory: &Memory,
    rules: &Rules,
    named: Option<&[PathBuf]>,
    options: &Options,
    readings: &mut Readings,
    goes_on: &mut dyn FnMut(&TranscriptProgress) -> bool,
) -> Result<Summary> {
    let folder = [rules.folder().to_owned()];
    let transcripts = Transcripts::of(named.unwrap_or(&folder), std::slice::from_ref(rules));
    let options = Options { rules: vec![rules.clone()], ..options.clone() };
    read_all(memory, transcripts, &options, readings, &mut |at| goes_on(&at))
}
