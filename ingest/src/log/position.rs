//! How far a log was read, and where that place is now: logs are renamed, cut to nothing and begun anew while they are read.
//!
//! A place is known by what stands before it, not by a file's number alone: its first line and the last bytes that were
//! read. So growth, a rename, a copy that was cut (`copytruncate`), and a file that was written anew are told apart
//! also where numbers are used again or a file came back from a backup.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// Longest first line that a file is known by.
const HEAD_BYTES: u64 = 1_024;
/// Bytes before the place that have to be the same.
const FOOT_BYTES: u64 = 256;
/// Files of a folder that are looked through for what a log was renamed to.
const MAX_SIBLINGS: usize = 1_000;

/// A place in a log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    device: u64,
    inode: u64,
    /// The byte to go on with.
    pub offset: u64,
    /// Lines before it.
    pub lines: u64,
    head: Print,
    foot: Print,
    /// Whether the line it stands in was longer than what is kept of one, so that the rest of it is passed over.
    pub is_inside_line: bool,
    /// Set while nothing is read of what comes next: what was renamed or copied away after this is still to be read, even
    /// if that happens several times before anybody looks.
    #[serde(default)]
    after: Option<Written>,
}

/// When a file was written last and begun, in ticks of the clock; of two that were written within one tick, the one that
/// was begun later comes after, where the file system knows that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Written {
    at: (i64, i64),
    /// Since 1970.
    begun: Option<Duration>,
}

/// Some bytes of a file, as their BLAKE3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Print {
    bytes: u64,
    hash: String,
}

/// Where a log goes on.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the file itself.
    Here(File),
    /// In what it was before it was renamed or copied.
    Before(File),
    /// At the beginning of what was written after that, and was renamed or copied too.
    Next(File),
    /// At the beginning of the file itself: what it was before, if anything, is read to its end.
    Begun(File),
    /// At the beginning of another file of that name; nothing is left of the one before, or nobody knows where it is.
    Anew(File),
}

/// Bytes of a log as they were read at once, so that what is made of them and what they are known by is the same whatever
/// becomes of the file.
#[derive(Debug)]
pub(crate) struct Chunk {
    bytes: Vec<u8>,
    /// Where it begins: before the place, as far as the place is known by it.
    from: u64,
    foot: usize,
    metadata: Metadata,
}

impl Chunk {
    /// Returns what stands at the place and behind it.
    pub fn new_bytes(&self) -> &[u8] {
        &self.bytes[self.foot..]
    }
}

impl Position {
    /// Finds the place again.
    pub fn find(&self, path: &Path) -> io::Result<Place> {
        let file = File::open(path)?;
        if self.offset > 0 {
            if self.is_in(&file)? {
                return Ok(Place::Here(file));
            }
            match self.before(path)? {
                // Also when it is read to its end: whoever writes may not have noticed yet that it was renamed.
                Some(before) if self.after.is_none() || before.metadata()?.len() > self.offset => {
                    return Ok(Place::Before(before));
                }
                None if self.after.is_none() => return Ok(Place::Anew(file)),
                _ => {}
            }
        }
        Ok(match self.next(path)? {
            Some(next) => Place::Next(next),
            None => Place::Begun(file),
        })
    }

    /// Opens what was written first of everything that was renamed or copied away after a file that is read to its end.
    fn next(&self, path: &Path) -> io::Result<Option<File>> {
        let Some(after) = self.after else { return Ok(None) };
        let mut next: Option<(Written, File)> = None;
        for sibling in siblings(path)?.into_iter().filter(|sibling| is_rotated(sibling, path)) {
            let Ok(file) = File::open(&sibling) else { continue };
            let metadata = file.metadata()?;
            let written = Written::of(&metadata);
            // Of the file itself nothing may have been read when it was renamed.
            let is_after = if self.is_of(&metadata) { self.offset == 0 } else { written > after };
            if is_after && metadata.len() > 0 && next.as_ref().is_none_or(|(first, _)| written < *first) {
                next = Some((written, file));
            }
        }
        Ok(next.map(|(_, file)| file))
    }

    /// The same place, in a file that goes on under its own name after all.
    pub fn resumed(self) -> Self {
        Self { after: None, ..self }
    }

    /// Says that nothing more is to be read of a file before what comes next. `had_more` tells whether anything of it was
    /// new: if not, what was written within the same tick may be a copy that was read long ago, and is left alone.
    pub fn finish(&mut self, file: &File, had_more: bool) -> io::Result<()> {
        if self.after.is_some() {
            return Ok(());
        }
        let metadata = file.metadata()?;
        (self.device, self.inode) = (metadata.dev(), metadata.ino());
        let written = Written::of(&metadata);
        self.after = Some(if had_more { written } else { Written { begun: Some(Duration::MAX), ..written } });
        Ok(())
    }

    /// Reads from the place on, at most so many bytes; `None` if the file is not any more what it was when it was found.
    pub fn read(&self, file: &File, most: u64) -> io::Result<Option<Chunk>> {
        let metadata = file.metadata()?;
        let from = self.offset - self.foot.bytes;
        let size = metadata.len().saturating_sub(from).min(self.foot.bytes + most);
        let mut bytes = vec![0; size as usize];
        let mut read = 0;
        while read < bytes.len() {
            match file.read_at(&mut bytes[read..], from + read as u64) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        bytes.truncate(read);
        let foot = self.foot.bytes as usize;
        Ok((read >= foot && Print::of(&bytes[..foot]) == self.foot).then_some(Chunk { bytes, from, foot, metadata }))
    }

    /// Moves on in what was read.
    pub fn advance(&mut self, chunk: &Chunk, offset: u64, lines: u64) {
        let end = (offset - chunk.from) as usize;
        if self.offset == 0 {
            let start = &chunk.bytes[..end.min(HEAD_BYTES as usize)];
            self.head = Print::of(&start[..first_line(start)]);
        }
        self.foot = Print::of(&chunk.bytes[end - offset.min(FOOT_BYTES) as usize..end]);
        (self.device, self.inode) = (chunk.metadata.dev(), chunk.metadata.ino());
        (self.offset, self.lines) = (offset, lines);
    }

    /// Moves on in a file that is only ever added to.
    pub fn advance_in(&mut self, file: &File, offset: u64, lines: u64) -> io::Result<()> {
        let metadata = file.metadata()?;
        let mut start = vec![0; offset.min(HEAD_BYTES) as usize];
        let read = file.read_at(&mut start, 0)?;
        self.head = Print::of(&start[..first_line(&start[..read])]);
        let foot = offset.min(FOOT_BYTES);
        self.foot = Print::read(file, offset - foot, foot)?;
        // If it was cut all the same, no file is to be taken for it, also not the same one once it is as long again.
        self.foot.bytes = foot;
        (self.device, self.inode) = (metadata.dev(), metadata.ino());
        (self.offset, self.lines) = (offset, lines);
        Ok(())
    }

    /// Names the file by its first line, wherever it is and however long.
    pub fn head_of(file: &File) -> io::Result<String> {
        let mut start = vec![0; HEAD_BYTES as usize];
        let read = file.read_at(&mut start, 0)?;
        Ok(Print::of(&start[..first_line(&start[..read])]).hash)
    }

    fn is_of(&self, metadata: &Metadata) -> bool {
        (self.device, self.inode) == (metadata.dev(), metadata.ino())
    }

    /// Tells whether a file reads up to here as it did.
    pub fn is_in(&self, file: &File) -> io::Result<bool> {
        // What the graph says may come from an import that somebody else wrote.
        let (head, foot) = (self.head.bytes, self.foot.bytes);
        let Some(before_foot) = self.offset.checked_sub(foot).filter(|_| head <= HEAD_BYTES && foot <= FOOT_BYTES)
        else {
            return Ok(false);
        };
        Ok(file.metadata()?.len() >= self.offset
            && Print::read(file, 0, head)? == self.head
            && Print::read(file, before_foot, foot)? == self.foot)
    }

    /// Finds the file beside a log that this place is in.
    fn before(&self, path: &Path) -> io::Result<Option<File>> {
        let mut copies = Vec::new();
        for sibling in siblings(path)? {
            // What vanishes or can't be read while it is looked for is not it.
            let Ok(file) = File::open(&sibling) else { continue };
            let Ok(metadata) = file.metadata() else { continue };
            if metadata.is_file() && self.is_in(&file).unwrap_or(false) {
                if self.is_of(&metadata) {
                    return Ok(Some(file));
                }
                copies.push(file);
            }
        }
        Ok(copies.pop())
    }
}

impl Written {
    fn of(metadata: &Metadata) -> Self {
        let begun = metadata.created().ok().and_then(|begun| begun.duration_since(UNIX_EPOCH).ok());
        Self { at: (metadata.mtime(), metadata.mtime_nsec()), begun }
    }
}

impl Print {
    fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::default();
        }
        Self { bytes: bytes.len() as u64, hash: blake3::hash(bytes).to_hex()[..32].to_owned() }
    }

    fn read(file: &File, from: u64, bytes: u64) -> io::Result<Self> {
        let mut read = vec![0; bytes as usize];
        match file.read_exact_at(&mut read, from) {
            Ok(()) => Ok(Self::of(&read)),
            // It was cut meanwhile, so it is not what it was.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }
}

/// Returns how many bytes the first line has.
fn first_line(start: &[u8]) -> usize {
    memchr::memchr(b'\n', start).map_or(start.len(), |end| end + 1)
}

/// Tells whether a file is called as logs are that were renamed: `app.log.1`, `app.log-20261210`. `app-error.log` is
/// another log.
pub(super) fn is_rotated(sibling: &Path, path: &Path) -> bool {
    let names = sibling.file_name().zip(path.file_name());
    let rest = names.and_then(|(name, of)| name.to_str()?.strip_prefix(of.to_str()?));
    rest.and_then(|rest| rest.strip_prefix(['.', '-', '_'])).is_some_and(|number| {
        number.starts_with(|c: char| c.is_ascii_digit())
            && number.chars().all(|c| c.is_ascii_digit() || ".-_:TZ".contains(c))
    })
}

/// The files beside a log that it may have been renamed or copied to: `app.log.1`, `app.log-20261210`, `app-1.log`.
fn siblings(path: &Path) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return Ok(Vec::new()) };
    let stem = stem.as_encoded_bytes();
    let mut siblings = Vec::new();
    for entry in fs::read_dir(folder)?.take(MAX_SIBLINGS * 10) {
        let entry = entry?;
        let is_named = entry.file_name().as_encoded_bytes().starts_with(stem) && entry.path() != path;
        // Opening a pipe would wait for a writer for ever.
        if is_named && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            siblings.push(entry.path());
        }
    }
    siblings.sort();
    siblings.truncate(MAX_SIBLINGS);
    Ok(siblings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_cut_while_it_is_read_goes_on_in_its_copy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        fs::write(&path, "one\ntwo\n").unwrap();
        let file = File::open(&path).unwrap();
        let chunk = Position::default().read(&file, 1_000).unwrap().unwrap();
        // What was read is there no more when the place is written down, and the file is as long again soon after.
        fs::write(folder.path().join("app.log.1"), "one\ntwo\nthree\n").unwrap();
        fs::write(&path, "new\n").unwrap();
        let mut position = Position::default();
        position.advance(&chunk, 8, 2);
        fs::write(&path, "new\nand more lines\n").unwrap();
        let Place::Before(copy) = position.find(&path).unwrap() else { panic!("the copy is not found") };
        assert_eq!(position.read(&copy, 1_000).unwrap().unwrap().new_bytes(), b"three\n");
        // Without a copy it is told from what it was.
        assert!(position.read(&file, 1_000).unwrap().is_none());
        fs::remove_file(folder.path().join("app.log.1")).unwrap();
        assert!(matches!(position.find(&path).unwrap(), Place::Anew(_)));
    }
}
