//! Reads a log on from where it was left, step by step, and puts what is new into the graph: each step is one commit, which
//! holds the place too.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use hydra_graph::{Agent, Error, ErrorKind, LogState, Memory, Occurrence, Result, Timestamp};
use jiff::tz::TimeZone;

use super::digest;
use super::drain::{Drain, Match};
use super::happened::Happened;
use super::incident::is_incident;
use super::mask::Tokens;
use super::position::{Place, Position};
use super::record::{End, LastLine, Record, Records};
use super::tail::Tail;
use super::template::Template;
use super::timestamp::Calendar;

/// Bytes of a log that are read before what they say is put into the graph, so that a log of any length takes as much
/// memory as this.
pub const STEP_BYTES: u64 = 8 * 1024 * 1024;
/// How much of a file is looked at to see whether it is text.
const LOOK_BYTES: usize = 8 * 1024;
/// A file in which one byte in this many is neither text nor white space is no log.
const BYTES_PER_CONTROL: usize = 8;

/// What whoever has a log read decides.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// The space that what it says belongs to.
    pub space: String,
    /// The zone of times that do not say theirs.
    pub zone: TimeZone,
    /// In whose name it is read.
    pub agent: Agent,
    /// What is done with the record at the end.
    pub last: LastRecord,
}

/// What is done with the record at the end of the file, which may have more lines than are there yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastRecord {
    /// It is taken as it is; lines that are added to it later are not part of it.
    #[default]
    Take,
    /// It waits for the next reading: for whoever watches the file and reads again, with [`LastRecord::Take`], once it
    /// has been quiet.
    Hold,
}

/// What a step read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogStep {
    /// Lines.
    pub lines: u64,
    /// Records that these lines make.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Templates that are new.
    pub new_templates: u64,
    /// Errors, changes of state and unusual hours that became memories.
    pub episodes: u64,
    /// Those that were counted with an earlier one like them.
    pub counted: u64,
    /// Those of which there were too many that hour: only their templates were counted.
    pub left_out: u64,
    /// Lines and records of which only the beginning was kept.
    pub cut: u64,
    /// Lines with bytes that are no text.
    pub damaged: u64,
    /// Secrets that were masked.
    pub redactions: u64,
    /// Whether there is more to read at once.
    pub is_more: bool,
    /// Whether the file was begun anew since the last step: renamed, or cut to nothing.
    pub is_rotated: bool,
}

/// A log that is read from time to time.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    options: LogOptions,
    is_known: bool,
    tail: Tail,
    drain: Drain,
    templates: Vec<Template>,
    tokens: Tokens,
    /// Whether the graph may know less than this does, since a commit failed.
    is_ahead: bool,
}

impl LogReader {
    /// Goes on where the graph says the log was left, or begins. The path has to be absolute; it is what the log is
    /// known by.
    ///
    /// # Errors
    /// What the store says when it can't be read.
    pub fn open(memory: &Memory, path: &Path, options: LogOptions) -> Result<Self> {
        let mut reader = Self {
            path: path.to_owned(),
            options,
            is_known: false,
            tail: Tail::default(),
            drain: Drain::default(),
            templates: Vec::new(),
            tokens: Tokens::default(),
            is_ahead: false,
        };
        reader.restore(memory.log(path)?)?;
        Ok(reader)
    }

    /// Returns how many templates it has.
    pub fn templates(&self) -> usize {
        self.templates.len()
    }

    /// Says how the next steps treat the last record.
    pub fn set_last(&mut self, last: LastRecord) {
        self.options.last = last;
    }

    /// Reads what is new, at most [`STEP_BYTES`] of it, and puts it into the graph. Nothing new is no commit.
    ///
    /// # Errors
    /// `NotFound` when the file is not there (it may be between two names); `Invalid` when it is no text or no plain
    /// file; else what the file or the store says. What was read is kept or not as a whole; the next step goes on from
    /// what the graph has.
    pub fn read(&mut self, memory: &Memory, now: Timestamp) -> Result<LogStep> {
        if self.is_ahead {
            let (path, options) = (self.path.clone(), self.options.clone());
            *self = Self::open(memory, &path, options)?;
        }
        let metadata = fs::metadata(&self.path).map_err(|error| failed(&error))?;
        if !metadata.is_file() {
            return Err(Error::new(ErrorKind::Invalid, "is not a plain file").hint("name a log file"));
        }
        let mut step = LogStep::default();
        let before = (self.tail.clone(), self.is_known);
        let occurrences = self.take(now, &mut step).map_err(|error| failed(&error))??;
        if (&before.0, before.1) == (&self.tail, true) {
            return Ok(step);
        }
        self.is_ahead = true;
        let document = digest::document(&self.path, &self.options.space, &self.templates, &self.tail, occurrences);
        let mut receipts = memory.put_documents(vec![document], &self.options.agent);
        receipts.pop().expect("one document has one receipt")?;
        (self.is_ahead, self.is_known) = (false, true);
        Ok(step)
    }

    /// Tells whether the last step failed because the store can't be written.
    pub(crate) fn is_ahead(&self) -> bool {
        self.is_ahead
    }

    fn restore(&mut self, known: Option<LogState>) -> Result<()> {
        let Some(known) = known else { return Ok(()) };
        self.tail = Tail::parse(&known.tail)?;
        // Under another space it is put there as a whole.
        self.is_known = known.space == self.options.space;
        for template in known.templates {
            self.drain.restore(&template.pattern.template);
            self.templates.push(Template::of(template));
        }
        Ok(())
    }

    /// Reads from wherever the place is now.
    fn take(&mut self, now: Timestamp, step: &mut LogStep) -> io::Result<Result<Vec<Occurrence>>> {
        let (file, position, last_line) = match self.tail.position.find(&self.path)? {
            Place::Here(file) => (file, self.tail.position.clone().resumed(), LastLine::MayGrow),
            Place::Before(file) => (file, self.tail.position.clone(), LastLine::IsComplete),
            Place::Next(file) => (file, Position::default(), LastLine::IsComplete),
            Place::Begun(file) => (file, Position::default(), LastLine::MayGrow),
            Place::Anew(file) => {
                self.tail.position = Position::default();
                step.is_rotated = true;
                (file, Position::default(), LastLine::MayGrow)
            }
        };
        if position.offset == 0
            && let Err(error) = look(&file)?
        {
            return Ok(Err(error));
        }
        let Some(chunk) = position.read(&file, STEP_BYTES)? else {
            // It was renamed or cut in between, so it is looked for again.
            step.is_more = true;
            return Ok(Ok(Vec::new()));
        };
        let head = Position::head_of(&file)?;
        let mut calendar = Calendar::new(self.options.zone.clone(), modified_at(&file)?.unwrap_or(now));
        let mut records = Records::new(chunk.new_bytes(), position.offset, position.lines, STEP_BYTES, last_line)
            .inside_line(position.is_inside_line);
        let mut happened = Happened::new(name_of(&self.path), head, now);
        while let Some(mut record) = records.next(&mut calendar)? {
            step.redactions += record.mask();
            self.learn(&record, &calendar, &mut happened, step);
        }
        let is_over = records.end == Some(End::File);
        let is_taken = match is_over {
            true => last_line == LastLine::IsComplete || self.options.last == LastRecord::Take,
            // A record as long as a step is not waited for.
            false => step.records == 0,
        };
        if is_taken && let Some(mut record) = records.last() {
            step.redactions += record.mask();
            self.learn(&record, &calendar, &mut happened, step);
        }
        let (offset, lines, is_inside_line) = records.place();
        (step.lines, step.cut, step.damaged) = (lines - position.lines, records.met.cut, records.met.damaged);
        step.bytes = offset - position.offset;
        step.is_more = !is_over;
        let is_complete = is_over && last_line == LastLine::IsComplete;
        if offset > position.offset {
            self.tail.position = position;
            self.tail.position.advance(&chunk, offset, lines);
            self.tail.position.is_inside_line = is_inside_line;
        }
        if is_complete {
            (step.is_more, step.is_rotated) = (true, true);
        }
        // Nothing is read of what is there now: what is renamed or copied away before anything is, is looked for.
        if is_complete || self.tail.position.offset == 0 {
            self.tail.position.finish(&file, step.bytes > 0)?;
        }
        Ok(Ok(happened.into_occurrences(&self.options.space)))
    }

    /// Counts a record with its template, and keeps it if it is an incident.
    fn learn(&mut self, record: &Record, calendar: &Calendar, happened: &mut Happened, step: &mut LogStep) {
        step.records += 1;
        self.tail.records += 1;
        let at = record.at.or(self.tail.last_at).unwrap_or(calendar.modified_at());
        self.tail.last_at = record.at.or(self.tail.last_at);
        let message = if record.message.trim().is_empty() { record.text.as_str() } else { record.message.as_str() };
        self.tokens.read(message.lines().next().unwrap_or_default());
        if self.tokens.len() == 0 {
            return;
        }
        let line = u32::try_from(record.line).unwrap_or(u32::MAX);
        let (index, unusual) = match self.drain.learn(&self.tokens) {
            Match::New(index) => {
                let number = self.tail.next_template;
                self.tail.next_template += 1;
                step.new_templates += 1;
                self.templates.push(Template::new(number, self.drain.template(index), &record.text, line, at));
                (index, None)
            }
            Match::Same(index) => (index, self.templates[index].count(at, line)),
            Match::Widened(index) => {
                self.templates[index].pattern.template = self.drain.template(index);
                (index, self.templates[index].count(at, line))
            }
        };
        let template = &self.templates[index];
        if let Some(unusual) = unusual {
            happened.unusual(&mut self.tail, template, &unusual, step);
        }
        if is_incident(record.level, message) {
            happened.incident(&mut self.tail, template, record, at, step);
        }
    }
}

/// Refuses what is no text.
fn look(file: &File) -> io::Result<Result<()>> {
    let mut start = vec![0; LOOK_BYTES];
    let read = file.read_at(&mut start, 0)?;
    let is_control = |byte: &&u8| **byte < b' ' && !b"\t\n\r\x1b\x0c".contains(*byte);
    let controls = start[..read].iter().filter(is_control).count();
    if controls * BYTES_PER_CONTROL > read {
        let what = format!("is not text: {controls} of its first {read} bytes are control characters");
        return Ok(Err(
            Error::new(ErrorKind::Invalid, what).hint("name a log in plain text; unpack it if it is packed")
        ));
    }
    Ok(Ok(()))
}

fn modified_at(file: &File) -> io::Result<Option<Timestamp>> {
    let since_1970 = file.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH).ok();
    Ok(since_1970.and_then(|since| i64::try_from(since.as_millis()).ok()).map(Timestamp::from_millis))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn failed(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, "is not there now")
            .hint("nothing to do if it is being rotated; what was read of it stays"),
        _ => Error::io("the log", error),
    }
}
