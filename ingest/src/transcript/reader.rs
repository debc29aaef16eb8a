//! Reads a transcript on from where it was left, step by step: each step is one commit that holds the turns and the place.
//!
//! Whoever reads one (a person's `hydra ingest`, the daemon, a hook) comes through here, one at a time for each file, and goes
//! on from what the graph says then: so however many of them there are, nothing is told twice.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use hydra_graph::{Agent, Document, Error, ErrorKind, LogPart, Memory, Occurrence, Reading, Result};

use super::entry::Entry;
use super::lesson::Lesson;
use super::line::{Lines, Next};
use super::state::State;
use super::summary::TranscriptSummary;
use super::teach;
use super::turn::{Repositories, Turns};

/// Bytes after which what was read is put into the graph, so that a transcript of any length takes as much memory as this.
const STEP_BYTES: u64 = 4 * 1024 * 1024;
/// Turns after which it is, so that no commit holds up the others for long.
const STEP_TURNS: usize = 128;
/// Bytes that are read to see whether something was learned: whoever asks waits.
pub const MAX_PEEKED_BYTES: u64 = 1024 * 1024;
/// What the offer to keep what was learned begins with; where it stands in a transcript it was made.
pub const OFFER: &str = "Hydra: something was learned in this session";

/// Transcripts that are being read.
static BUSY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
static DONE: Condvar = Condvar::new();

/// What reading did.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub summary: TranscriptSummary,
    /// Repositories that were worked in, in what was new.
    pub repositories: Vec<PathBuf>,
    /// Whether there is more to read, since it was stopped.
    pub is_stopped: bool,
}

/// What whoever stops should know of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// How much was learned in it since the agent kept something by itself.
    pub lessons: usize,
    /// Whether the agent was offered to keep it.
    pub is_offered: bool,
}

/// Reads what is new in a transcript. `goes_on` is asked after every step, and told how many bytes it read.
///
/// # Errors
/// `Invalid` when it is no plain file, `NotFound` when it is not there, `Conflict` when it was read as something else; else
/// what the file or the store says. What was read before stays.
pub(super) fn read(memory: &Memory, path: &Path, space: &str, goes_on: &mut dyn FnMut(u64) -> bool) -> Result<Read> {
    let _turn = Busy::wait(path);
    let known = memory.log(path)?;
    let is_known = known.as_ref().is_some_and(|known| known.space == space);
    let state = known.map(|known| State::parse(&known.tail)).transpose()?.unwrap_or_else(State::new);
    let mut reader = Reader { memory, path, space, is_known, state, read: Read::default() };
    // A reader before this one was killed between telling what was said and telling what was learned from it.
    reader.teach()?;
    let mut repositories = Repositories::default();
    loop {
        let before = reader.read.summary.bytes;
        let is_more = reader.step(&mut repositories)?;
        let is_wanted = goes_on(reader.read.summary.bytes - before);
        if !is_more || !is_wanted {
            reader.read.is_stopped = is_more;
            break;
        }
    }
    reader.read.summary.files = 1;
    reader.read.repositories = repositories.all().map(PathBuf::from).collect();
    Ok(reader.read)
}

/// Looks what was learned in a transcript, also in what was not read yet, and writes nothing.
///
/// # Errors
/// As for reading one.
pub fn peek(memory: &Memory, path: &Path) -> Result<Learned> {
    let known = memory.log(path)?;
    let mut state = known.map(|known| State::parse(&known.tail)).transpose()?.unwrap_or_else(State::new);
    let file = open(path)?;
    if state.position.offset > 0 && !state.position.is_in(&file).map_err(|error| failed(&error))? {
        state.restart();
    }
    let is_near = file.metadata().map_err(|error| failed(&error))?.len() - state.position.offset <= MAX_PEEKED_BYTES;
    if is_near {
        let (mut summary, mut repositories) = (TranscriptSummary::default(), Repositories::default());
        let (name, session) = names(path);
        let mut turns = Turns {
            state: &mut state,
            summary: &mut summary,
            told: Vec::new(),
            lessons: Vec::new(),
            repositories: &mut repositories,
            name: &name,
            session: &session,
            space: "",
        };
        take(&file, &mut turns, usize::MAX).map_err(|error| failed(&error))?;
    }
    Ok(Learned { lessons: state.learned, is_offered: state.is_offered })
}

struct Reader<'r> {
    memory: &'r Memory,
    path: &'r Path,
    space: &'r str,
    /// Whether the graph knows it, in this space.
    is_known: bool,
    state: State,
    read: Read,
}

impl Reader<'_> {
    /// Reads some of it; returns whether there is more.
    fn step(&mut self, repositories: &mut Repositories) -> Result<bool> {
        let file = open(self.path)?;
        let before = self.state.clone();
        if self.state.position.offset > 0 && !self.state.position.is_in(&file).map_err(|error| failed(&error))? {
            self.state.restart();
            self.read.summary.rewritten += 1;
        }
        let (name, session) = names(self.path);
        let mut turns = Turns {
            state: &mut self.state,
            summary: &mut self.read.summary,
            told: Vec::new(),
            lessons: Vec::new(),
            repositories,
            name: &name,
            session: &session,
            space: self.space,
        };
        let is_more = take(&file, &mut turns, STEP_TURNS).map_err(|error| failed(&error))?;
        let (told, mut lessons) = (turns.told, turns.lessons);
        if self.is_known && self.state == before {
            return Ok(false);
        }
        self.state.owed.append(&mut lessons);
        self.put(told)?;
        self.teach()?;
        Ok(is_more)
    }

    /// Tells what was learned; what is told is owed no more.
    fn teach(&mut self) -> Result<()> {
        let owed: Vec<Lesson> = std::mem::take(&mut self.state.owed);
        if owed.is_empty() {
            return Ok(());
        }
        for lesson in &owed {
            self.read.summary.lessons += u64::from(teach::tell(self.memory, self.space, lesson)?);
        }
        self.put(Vec::new())
    }

    /// Puts turns and the place into the graph, in one commit.
    fn put(&mut self, told: Vec<hydra_graph::NewMemory>) -> Result<()> {
        let tail = self.state.to_json();
        let count = told.len() as u64;
        let document = Document {
            path: self.path.to_owned(),
            root: self.path.parent().unwrap_or(self.path).to_owned(),
            space: self.space.to_owned(),
            title: names(self.path).0,
            aliases: Vec::new(),
            tags: Vec::new(),
            properties: Vec::new(),
            facts: Vec::new(),
            text: String::new(),
            // How far it was read says as much as its bytes, and it is never read as a whole again.
            content_hash: blake3::hash(tail.as_bytes()).to_hex().to_string(),
            modified_at: None,
            passages: Vec::new(),
            links: Vec::new(),
            reading: Reading::default(),
            log: Some(LogPart {
                tail,
                occurrences: told.into_iter().map(|turn| Occurrence::Turn(Box::new(turn))).collect(),
            }),
        };
        let mut receipts = self.memory.put_documents(vec![document], &Agent::ingest());
        let receipt = receipts.pop().expect("one document has one receipt");
        let receipt = receipt.map_err(|error| error.context(format!("putting {}", self.path.display())))?;
        self.is_known = true;
        self.read.summary.turns += receipt.told as u64;
        self.read.summary.known += count.saturating_sub(receipt.told as u64);
        Ok(())
    }
}

/// Takes in lines from the place on, up to some turns; returns whether there are more.
fn take(file: &File, turns: &mut Turns<'_>, most_turns: usize) -> io::Result<bool> {
    let from = turns.state.position.clone();
    let mut input = file;
    input.seek(SeekFrom::Start(from.offset))?;
    let mut lines = Lines::new(BufReader::with_capacity(64 * 1024, input), from.offset, from.lines);
    let is_more = loop {
        if lines.offset - from.offset >= STEP_BYTES || turns.told.len() >= most_turns {
            break true;
        }
        let (is_cut, number) = match lines.next()? {
            Next::End => break false,
            Next::TooLong => {
                turns.summary.too_long += 1;
                continue;
            }
            Next::Whole => (false, lines.number),
            Next::Cut => (true, lines.number + 1),
        };
        let bytes = lines.bytes();
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match Entry::parse(bytes) {
            Some(entry) => {
                turns.state.is_offered |= memchr::memmem::find(bytes, OFFER.as_bytes()).is_some();
                turns.take(entry, bytes, number);
            }
            // The beginning of a line is no JSON; the rest of it comes later.
            None if is_cut => break false,
            None => turns.summary.broken += 1,
        }
        if is_cut {
            lines.take_cut();
            break false;
        }
    };
    let (offset, number) = (lines.offset, lines.number);
    drop(lines);
    turns.summary.lines += number - from.lines;
    turns.summary.bytes += offset - from.offset;
    if offset > from.offset {
        turns.state.position.advance_in(file, offset, number)?;
    }
    Ok(is_more)
}

/// Opens a plain file; anything else could keep whoever opens it waiting.
fn open(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_file() {
        return Err(
            Error::new(ErrorKind::Invalid, "is not a plain file").hint("name a transcript, which ends in .jsonl")
        );
    }
    File::open(path).map_err(|error| failed(&error))
}

/// What a transcript is called, and the conversation it is of where no line says: a sub-agent's is in the folder of its
/// conversation.
fn names(path: &Path) -> (String, String) {
    let text = |name: Option<&std::ffi::OsStr>| name.unwrap_or_default().to_string_lossy().into_owned();
    let folder = path.parent().filter(|folder| folder.ends_with("subagents"));
    let session = match folder.and_then(Path::parent) {
        Some(conversation) => text(conversation.file_name()),
        None => text(path.file_stem()),
    };
    (text(path.file_name()), if session.is_empty() { "transcript".to_owned() } else { session })
}

fn failed(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, "is not there now").hint("what was read of it stays")
        }
        _ => Error::io("the transcript", error),
    }
}

/// A file that nobody else reads meanwhile.
struct Busy<'p>(&'p Path);

impl<'p> Busy<'p> {
    fn wait(path: &'p Path) -> Self {
        let mut busy = Self::lock();
        while !busy.insert(path.to_owned()) {
            busy = DONE.wait(busy).unwrap_or_else(PoisonError::into_inner);
        }
        Self(path)
    }

    /// Held only while the set is looked at, so nothing can break in between.
    fn lock() -> MutexGuard<'static, BTreeSet<PathBuf>> {
        BUSY.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        Self::lock().remove(self.0);
        DONE.notify_all();
    }
}
