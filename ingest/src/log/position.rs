//! How far a log was read, and where that place is now: logs are renamed, cut to nothing and begun anew while they are read.
//!
//! A place is known by what stands before it, not by a file's number alone: its first line and the last bytes that were
//! read. So growth, a rename, a copy that was cut (`copytruncate`), and a file that was written anew are told apart
//! also where numbers are used again or a file came back from a backup.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

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
    /// At the beginning of another file of that name; nothing is left of the one before, or nobody knows where it is.
    Anew(File),
}

impl Position {
    /// Finds the place again.
    pub fn find(&self, path: &Path) -> io::Result<Place> {
        let file = File::open(path)?;
        let is_begun = self.offset > 0;
        if is_begun && self.is_in(&file)? {
            return Ok(Place::Here(file));
        }
        if !is_begun && (self.inode == 0 || self.is_of(&file.metadata()?)) {
            return Ok(Place::Here(file));
        }
        Ok(match self.before(path)? {
            // Also one of which nothing is left: what was written after it may have been renamed too.
            Some(before) => Place::Before(before),
            None if is_begun => Place::Anew(file),
            None => Place::Here(file),
        })
    }

    /// Returns the place at the beginning of whatever was written after a file that is read to its end: one that was renamed
    /// too meanwhile, or the log itself. `had_more` tells whether anything of it was new: if not, what was written within the
    /// same tick may be a copy that was read long ago, and is left alone.
    pub fn after(before: &File, path: &Path, had_more: bool) -> io::Result<Self> {
        let done = before.metadata()?;
        // Of two that were written last within one tick of the clock, the one that was begun later comes after, where the
        // file system knows that; three that were also begun within one stay beyond telling.
        let at = |metadata: &Metadata| (metadata.mtime(), metadata.mtime_nsec());
        let written = |metadata: &Metadata| (at(metadata), metadata.created().ok());
        let mut next: Option<Metadata> = None;
        for sibling in siblings(path)?.into_iter().filter(|sibling| is_rotated(sibling, path)) {
            let Ok(metadata) = fs::metadata(&sibling) else { continue };
            let is_certain = had_more || at(&metadata) > at(&done);
            let is_later = is_certain && written(&metadata) > written(&done) && metadata.ino() != done.ino();
            if is_later && next.as_ref().is_none_or(|next| written(&metadata) < written(next)) {
                next = Some(metadata);
            }
        }
        let (device, inode) = next.map_or((0, 0), |next| (next.dev(), next.ino()));
        Ok(Self { device, inode, ..Self::default() })
    }

    /// Moves on in a file.
    pub fn advance(&mut self, file: &File, offset: u64, lines: u64) -> io::Result<()> {
        let metadata = file.metadata()?;
        (self.device, self.inode) = (metadata.dev(), metadata.ino());
        (self.offset, self.lines) = (offset, lines);
        self.head = Print::of(file, 0, first_line(file, offset)?)?;
        let foot = offset.min(FOOT_BYTES);
        self.foot = Print::of(file, offset - foot, foot)?;
        if self.foot.bytes < foot {
            // It was cut after it was read: no file is to be taken for it, also not the same one once it is as long again.
            self.foot.bytes = foot;
        }
        Ok(())
    }

    /// Names the file by its first line, wherever it is and however long.
    pub fn head_of(file: &File) -> io::Result<String> {
        Ok(Print::of(file, 0, first_line(file, HEAD_BYTES)?)?.hash)
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
            && Print::of(file, 0, head)? == self.head
            && Print::of(file, before_foot, foot)? == self.foot)
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
        Ok(if self.offset > 0 { copies.pop() } else { None })
    }
}

impl Print {
    fn of(file: &File, from: u64, bytes: u64) -> io::Result<Self> {
        if bytes == 0 {
            return Ok(Self::default());
        }
        let mut read = vec![0; bytes as usize];
        match file.read_exact_at(&mut read, from) {
            Ok(()) => Ok(Self { bytes, hash: blake3::hash(&read).to_hex()[..32].to_owned() }),
            // It was cut meanwhile, so it is not what it was.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }
}

/// Returns how many bytes the first line has, within a bound and what was read.
fn first_line(file: &File, offset: u64) -> io::Result<u64> {
    let mut start = vec![0; offset.min(HEAD_BYTES) as usize];
    let read = file.read_at(&mut start, 0)?;
    Ok(memchr::memchr(b'\n', &start[..read]).map_or(read, |end| end + 1) as u64)
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
        if is_named && entry.file_type().is_ok_and(|kind| kind.is_file()) && siblings.len() < MAX_SIBLINGS {
            siblings.push(entry.path());
        }
    }
    siblings.sort();
    Ok(siblings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_cut_while_it_is_read_is_not_known_again_by_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("app.log");
        fs::write(&path, "one\ntwo\n").unwrap();
        let file = File::open(&path).unwrap();
        // What was read is there no more when the place is written down, and the file is as long again soon after.
        fs::write(&path, "new\n").unwrap();
        let mut position = Position::default();
        position.advance(&file, 8, 2).unwrap();
        fs::write(&path, "new\nand more lines\n").unwrap();
        assert!(matches!(position.find(&path).unwrap(), Place::Anew(_)));
    }
}
