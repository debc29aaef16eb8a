//! Templates of a whole log at once, without a graph: for measuring how well and how fast they are found.

use std::io::BufRead;

use hydra_graph::{Error, Result, Timestamp};
use jiff::tz::TimeZone;

use super::drain::{Drain, Match};
use super::mask::Tokens;
use super::record::{LastLine, Records};
use super::timestamp::Calendar;

/// What was found in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mined {
    /// The line (from 1) and the template of each record, in order.
    pub records: Vec<(u64, usize)>,
    /// The templates as they are at the end, words with `<*>` where the records differ.
    pub templates: Vec<String>,
}

/// Finds the templates of a log that was written before `modified_at`, as [`LogReader`](super::LogReader) does.
///
/// # Errors
/// What the input says when it can't be read.
pub fn mine(input: impl BufRead, modified_at: Timestamp) -> Result<Mined> {
    let mut calendar = Calendar::new(TimeZone::UTC, modified_at);
    let (mut drain, mut tokens, mut mined) = (Drain::default(), Tokens::default(), Mined::default());
    // All of it is one step.
    let mut records = Records::new(input, 0, 0, u64::MAX, LastLine::IsComplete);
    loop {
        let next = records.next(&mut calendar).map_err(|error| Error::io("the log", &error))?;
        let Some(record) = next.or_else(|| records.last()) else { break };
        tokens.read(&record.message);
        let (Match::New(template) | Match::Same(template) | Match::Widened(template)) = drain.learn(&tokens);
        mined.records.push((record.line, template));
    }
    mined.templates = (0..drain.len()).map(|at| drain.template(at)).collect();
    Ok(mined)
}
