//! Lines joined to records: what is indented, what belongs to a stack trace, and what has no time after a line that has one
//! go on with the record before.

use std::io::{self, BufRead};

use hydra_graph::{Timestamp, mask_secrets};

use super::level::Level;
use super::line::{self, Line};
use super::timestamp::Calendar;
use super::{header, structured};

/// Longest text of one record.
pub const MAX_RECORD_BYTES: usize = 32 * 1024;
/// Lines of one record: deeper stack traces repeat themselves.
pub const MAX_RECORD_LINES: usize = 200;

/// What one line, or several that belong together, say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// First byte in the file.
    pub offset: u64,
    /// Line, from 1.
    pub line: u64,
    pub at: Option<Timestamp>,
    pub level: Option<Level>,
    /// What the first line says behind its columns.
    pub message: String,
    /// All of it, verbatim.
    pub text: String,
    lines: usize,
    is_json: bool,
    /// Whether its last line is indented.
    is_indented: bool,
}

impl Record {
    /// Masks the secrets in it, before anything is made of it; returns how many there were.
    pub fn mask(&mut self) -> u64 {
        // What a column before it says of it tells what it is, so it is masked where it stands; it ends the first line.
        let line = self.text.lines().next().unwrap_or_default();
        let start = line.len().checked_sub(self.message.len()).filter(|_| line.ends_with(&self.message));
        let masked: usize = mask_secrets(&mut self.text).into_values().sum();
        match start {
            // A mask has as many bytes.
            Some(start) => self.message = self.text[start..start + self.message.len()].to_owned(),
            None => drop(mask_secrets(&mut self.message)),
        }
        masked as u64
    }
}

/// What was met on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    /// Lines.
    pub lines: u64,
    /// Lines and records of which not all was kept.
    pub cut: u64,
    /// Lines with bytes that are no text.
    pub damaged: u64,
}

/// Why there are no more records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The file has no more lines that are complete.
    File,
    /// The step is as long as a step may be.
    Step,
}

/// What is known of the last line of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastLine {
    /// A line without an end is complete: the file was renamed, and nobody writes on.
    IsComplete,
    /// The program may be writing it.
    MayGrow,
}

/// The records from some place of a file, in steps of bounded length.
pub(crate) struct Records<R> {
    input: R,
    /// Where the next line begins.
    offset: u64,
    line: u64,
    /// Where the step ends.
    until: u64,
    last_line: LastLine,
    is_inside_line: bool,
    pub end: Option<End>,
    pub met: Met,
    current: Option<Record>,
    kept: Vec<u8>,
    said: String,
}

impl<R: BufRead> Records<R> {
    /// Starts behind so many bytes and lines.
    pub fn new(input: R, offset: u64, lines: u64, step_bytes: u64, last_line: LastLine) -> Self {
        Self {
            input,
            offset,
            line: lines,
            until: offset + step_bytes,
            last_line,
            is_inside_line: false,
            end: None,
            met: Met::default(),
            current: None,
            kept: Vec::new(),
            said: String::new(),
        }
    }

    /// Starts in a line of which enough was read: the rest is passed over.
    pub fn inside_line(mut self, is_inside_line: bool) -> Self {
        self.is_inside_line = is_inside_line;
        self
    }

    /// Returns the next record that is over because another begins, and once there are no more lines nothing.
    pub fn next(&mut self, calendar: &mut Calendar) -> io::Result<Option<Record>> {
        while let Some((offset, line)) = self.line()? {
            if self.is_continued(calendar) {
                self.join(line);
            } else if let Some(record) = self.begin(offset, calendar) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Returns the last record, which may go on in lines that are not there yet.
    pub fn last(&mut self) -> Option<Record> {
        self.current.take()
    }

    /// Returns the byte and the number of lines to go on with later, and whether that is inside of a line. A record that was
    /// not taken is read again.
    pub fn place(&self) -> (u64, u64, bool) {
        match &self.current {
            Some(record) => (record.offset, record.line - 1, false),
            None => (self.offset, self.line, self.is_inside_line),
        }
    }

    /// Reads a line that is complete into `said`; where it begins.
    fn line(&mut self) -> io::Result<Option<(u64, Line)>> {
        loop {
            if self.offset >= self.until {
                self.end = Some(End::Step);
                return Ok(None);
            }
            let Some(line) = line::read(&mut self.input, self.until - self.offset, &mut self.kept)? else {
                self.end = Some(End::File);
                return Ok(None);
            };
            let offset = self.offset;
            let ends_here = offset + line.size_bytes >= self.until;
            let is_over = !line.is_open || (self.last_line == LastLine::IsComplete && !ends_here);
            // What is longer than is kept of a line need not be waited for.
            if !is_over && !line.is_cut && !self.is_inside_line {
                self.end = Some(if ends_here { End::Step } else { End::File });
                return Ok(None);
            }
            self.offset += line.size_bytes;
            let was_inside = std::mem::replace(&mut self.is_inside_line, !is_over);
            self.line += u64::from(!was_inside);
            if was_inside {
                continue;
            }
            self.met.lines += 1;
            self.met.cut += u64::from(line.is_cut);
            self.met.damaged += u64::from(line::text(&self.kept, &mut self.said));
            return Ok(Some((offset, line)));
        }
    }

    fn is_continued(&self, calendar: &mut Calendar) -> bool {
        let said = self.said.as_str();
        let is_indented = said.starts_with([' ', '\t']);
        let Some(record) = &self.current else {
            // The end of a record that was taken in an earlier step.
            return said.trim().is_empty() || (is_indented && self.line > 1);
        };
        if said.trim().is_empty() || is_indented {
            return true;
        }
        if record.is_json || said.starts_with('{') {
            return false;
        }
        let is_of_trace = said.starts_with("Caused by:") || said.starts_with("at ") || said.starts_with("... ");
        let ends_trace = record.text.starts_with("Traceback (") && record.is_indented;
        is_of_trace || ((record.at.is_some() || ends_trace) && header::read(said, calendar).at.is_none())
    }

    fn join(&mut self, line: Line) {
        let Some(record) = &mut self.current else { return };
        record.is_indented = self.said.starts_with([' ', '\t']);
        let has_room = record.text.len() + self.said.len() < MAX_RECORD_BYTES && record.lines < MAX_RECORD_LINES;
        if has_room {
            record.text.push('\n');
            record.text.push_str(&self.said);
            record.lines += 1;
        } else if !line.is_cut {
            self.met.cut += 1;
        }
    }

    /// Begins a record with the line; returns the one before.
    fn begin(&mut self, offset: u64, calendar: &mut Calendar) -> Option<Record> {
        let (offset, line) = (offset, self.line);
        let record = match structured::read(&self.said, calendar) {
            Some(read) => {
                let text = if read.is_whole { read.message.clone() } else { self.said.clone() };
                let first = read.message.lines().next().unwrap_or_default().to_owned();
                Record {
                    offset,
                    line,
                    at: read.at,
                    level: read.level,
                    message: first,
                    text,
                    lines: 1,
                    is_json: true,
                    is_indented: false,
                }
            }
            None => {
                let header = header::read(&self.said, calendar);
                let (message, text) = (header.message.to_owned(), self.said.clone());
                Record {
                    offset,
                    line,
                    at: header.at,
                    level: header.level,
                    message,
                    text,
                    lines: 1,
                    is_json: false,
                    is_indented: false,
                }
            }
        };
        self.current.replace(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn texts(file: &str) -> Vec<String> {
        let mut calendar = Calendar::new(TimeZone::UTC, "2026-12-11T00:00:00Z".parse().unwrap());
        let mut records = Records::new(file.as_bytes(), 0, 0, 1 << 20, LastLine::MayGrow);
        let mut texts = Vec::new();
        while let Some(record) = records.next(&mut calendar).unwrap() {
            texts.push(record.text);
        }
        texts.extend(records.last().map(|record| record.text));
        texts
    }

    #[test]
    fn lines_that_belong_together_are_one_record() {
        let java = "2026-12-10 06:55:46 ERROR it broke\njava.lang.IllegalStateException: x\n\tat a.B.c(B.java:1)\n\
            Caused by: y\n\t... 3 more\n2026-12-10 06:55:47 INFO on\n";
        assert_eq!(texts(java).iter().map(|text| text.lines().count()).collect::<Vec<_>>(), [5, 1]);
        let python = "starting\nTraceback (most recent call last):\n  File \"a.py\", line 1\n    x()\nValueError: bad\ngoing on\n";
        assert_eq!(texts(python).iter().map(|text| text.lines().count()).collect::<Vec<_>>(), [1, 4, 1]);
        assert_eq!(texts("one\ntwo\n\nthree\nopen").len(), 3, "without times each line is one, and an open one none");
        assert_eq!(texts("{\"msg\":\"a\"}\n{\"msg\":\"b\"}\nplain\n").len(), 3);
    }

    #[test]
    fn a_message_is_masked_as_it_stands_in_the_record() {
        let text = |message: &str| format!("2026-12-10 06:55:46 INFO password: {message}\nmore");
        for (message, masked) in [("hunter2x", "********"), ("of the router: unknown", "of the router: unknown")] {
            let mut record = Record { message: message.into(), text: text(message), ..Record::default() };
            let count = record.mask();
            assert_eq!((record.message.as_str(), record.text), (masked, text(masked)));
            assert_eq!(count, u64::from(message != masked));
        }
        let mut json =
            Record { message: "password: hunter2x".into(), text: "{}".into(), is_json: true, ..Record::default() };
        json.mask();
        assert_eq!(json.message, "password: ********");
    }

    #[test]
    fn a_record_is_bounded() {
        let mut file = "2026-12-10 06:55:46 ERROR it broke\n".to_owned();
        file.push_str(&"  at somewhere\n".repeat(2 * MAX_RECORD_LINES));
        let all = texts(&file);
        assert_eq!((all.len(), all[0].lines().count()), (1, MAX_RECORD_LINES));
        let wide = format!("2026-12-10 06:55:46 ERROR it broke\n{}", format!(" {}\n", "x".repeat(10_000)).repeat(9));
        assert!(texts(&wide)[0].len() <= MAX_RECORD_BYTES);
    }

    #[test]
    fn a_step_ends_before_a_record_that_is_not_over() {
        let file = "2026-12-10 06:55:46 ERROR it broke\n  here\n2026-12-10 06:55:47 INFO on\n  and\n  on\n";
        let mut calendar = Calendar::new(TimeZone::UTC, "2026-12-11T00:00:00Z".parse().unwrap());
        let mut records = Records::new(file.as_bytes(), 0, 0, 75, LastLine::MayGrow);
        assert_eq!(records.next(&mut calendar).unwrap().unwrap().text.lines().count(), 2);
        assert_eq!(records.next(&mut calendar).unwrap(), None);
        assert_eq!((records.end, records.place()), (Some(End::Step), (42, 2, false)));
    }

    #[test]
    fn a_line_without_end_is_passed_over_in_steps() {
        let file = format!("{}\nnext\n", "x".repeat(100_000));
        let mut calendar = Calendar::new(TimeZone::UTC, "2026-12-11T00:00:00Z".parse().unwrap());
        let (mut place, mut said) = ((0, 0, false), Vec::new());
        for _ in 0..10 {
            let rest = &file.as_bytes()[place.0 as usize..];
            let mut records = Records::new(rest, place.0, place.1, 30_000, LastLine::MayGrow).inside_line(place.2);
            while let Some(record) = records.next(&mut calendar).unwrap() {
                said.push(record);
            }
            said.extend(records.last());
            place = records.place();
        }
        assert_eq!(
            said.iter().map(|record| (record.text.len(), record.line)).collect::<Vec<_>>(),
            [(line::MAX_LINE_BYTES, 1), (4, 2)]
        );
        assert_eq!(place, (file.len() as u64, 2, false));
    }
}
