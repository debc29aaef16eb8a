//! The redo log: every commit is here, and fsynced, before the store hears of it.
//!
//! RocksDB under oxigraph writes its own log without fsync, so after a power cut only this log knows the last commits.
//! One frame is one group commit: length, CRC-32, then the records. A frame that does not read back at the very end
//! of the newest segment was never acknowledged and is cut off; anywhere else it is corruption, and is refused.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::journal::Entry;

/// A segment that has grown past this is closed, and cut once the store is flushed.
pub(crate) const SEGMENT_BYTES: u64 = 32 * 1024 * 1024;
const FRAME_HEADER: usize = 8;
/// Ends the name of a file with what was cut off.
const TORN: &str = "torn";
/// How every payload begins: an array of entries, whose first field is the commit.
const PAYLOAD_START: &[u8] = b"[{\"commit\"";
/// Longer than any frame that is written; a length above it is garbage, not a reason to allocate.
const MAX_FRAME_BYTES: usize = 1024 * 1024 * 1024;

/// What the log needs of a disk; a second implementation fails on purpose in tests.
pub(crate) trait Disk: Send {
    /// Writes all bytes at the end of the file.
    fn append(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()>;
    /// Returns when everything written is on the medium.
    fn sync(&mut self, file: &File) -> io::Result<()>;
}

/// The real one.
pub(crate) struct RealDisk;

impl Disk for RealDisk {
    fn append(&mut self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}

/// The open log.
pub(crate) struct RedoLog {
    folder: PathBuf,
    segment: File,
    length: u64,
    disk: Box<dyn Disk>,
    closed: Vec<PathBuf>,
}

impl RedoLog {
    /// Opens the log and returns what is in it, oldest first.
    pub fn open(folder: &Path, disk: Box<dyn Disk>) -> Result<(Self, Vec<Entry>)> {
        fs::create_dir_all(folder).map_err(|e| Error::io(folder.display(), &e))?;
        let mut segments = segments(folder)?;
        let mut entries = Vec::new();
        // Only what is written to last can be torn; a segment that was just begun is still empty.
        let newest = segments.iter().rposition(|path| path.metadata().is_ok_and(|m| m.len() > 0)).unwrap_or(0);
        for (position, path) in segments.iter().enumerate() {
            entries.extend(read_segment(path, position == newest)?);
        }
        let (path, closed) = match segments.pop() {
            Some(path) => (path, segments),
            None => (create_segment(folder, Id(0))?, Vec::new()),
        };
        let mut segment =
            OpenOptions::new().read(true).write(true).open(&path).map_err(|e| Error::io(path.display(), &e))?;
        let length = segment.seek(SeekFrom::End(0)).map_err(|e| Error::io(path.display(), &e))?;
        Ok((Self { folder: folder.to_owned(), segment, length, disk, closed }, entries))
    }

    /// Appends entries as one frame and returns when they are on the medium.
    ///
    /// A failed write is taken back, so that the log can be used again once there is space. A failed fsync can't be
    /// taken back: nobody knows what is on the medium, and the caller must stop writing ([`ErrorKind::Poisoned`]).
    pub fn append(&mut self, entries: &[Entry]) -> Result<()> {
        let payload = serde_json::to_vec(entries).expect("entries are plain strings and numbers");
        if payload.len() > MAX_FRAME_BYTES {
            return Err(Error::new(ErrorKind::TooLarge, format!("a commit of {} bytes", payload.len()))
                .hint("split it: a single commit may hold 1 GiB"));
        }
        let mut frame = Vec::with_capacity(FRAME_HEADER + payload.len());
        frame.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        frame.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        frame.extend_from_slice(&payload);
        if let Err(error) = self.disk.append(&mut self.segment, &frame) {
            let failed = Error::io("the redo log", &error);
            return match self.segment.set_len(self.length).and_then(|()| self.segment.seek(SeekFrom::End(0))) {
                Ok(_) => Err(failed),
                Err(again) => Err(poisoned(&again)),
            };
        }
        self.disk.sync(&self.segment).map_err(|e| poisoned(&e))?;
        self.length += frame.len() as u64;
        Ok(())
    }

    /// Tells whether the open segment is long enough to be closed.
    pub fn is_long(&self) -> bool {
        self.length >= SEGMENT_BYTES
    }

    /// Starts a new segment, named after the next commit, and forgets the old ones. The caller has flushed the store.
    pub fn cut(&mut self, newest: Id) -> Result<()> {
        if self.length == 0 {
            return Ok(());
        }
        let path = create_segment(&self.folder, newest)?;
        let old = segments(&self.folder)?.into_iter().filter(|other| *other != path);
        self.segment =
            OpenOptions::new().read(true).write(true).open(&path).map_err(|e| Error::io(path.display(), &e))?;
        self.length = 0;
        self.closed.clear();
        for other in old {
            fs::remove_file(&other).map_err(|e| Error::io(other.display(), &e))?;
        }
        sync_folder(&self.folder)
    }

    /// Deletes what was cut off from segments and kept for whoever wants to look.
    pub fn discard_torn(&self) -> Result<()> {
        for path in with_extension(&self.folder, TORN)? {
            fs::remove_file(&path).map_err(|e| Error::io(path.display(), &e))?;
        }
        sync_folder(&self.folder)
    }

    /// Refuses when the disk is nearly full, while there is still room for the store to finish what it has.
    pub fn check_space(&self, min_free_bytes: u64) -> Result<()> {
        check_free(&self.folder, min_free_bytes)
    }

    /// Returns how many bytes replay would read.
    pub fn size_bytes(&self) -> u64 {
        self.closed.iter().filter_map(|path| path.metadata().ok()).map(|m| m.len()).sum::<u64>() + self.length
    }
}

/// Refuses when less is free on the disk of a folder.
pub(crate) fn check_free(folder: &Path, min_free_bytes: u64) -> Result<()> {
    let stat = rustix::fs::statvfs(folder).map_err(|e| Error::io(folder.display(), &e.into()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free >= min_free_bytes {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Full,
        format!("only {} MiB are free on the disk of {}", free / (1024 * 1024), folder.display()),
    )
    .hint(format!("free at least {} MiB, then write again; nothing was lost", min_free_bytes / (1024 * 1024))))
}

/// Returns the commits that a folder's log holds, without changing it.
pub(crate) fn commits_in(folder: &Path) -> Result<Vec<Id>> {
    let mut commits = Vec::new();
    for path in segments(folder)? {
        let bytes = fs::read(&path).map_err(|e| Error::io(path.display(), &e))?;
        let mut offset = 0;
        // A frame that is being written while this reads is not whole yet: what is before it counts.
        while let Some((entries, next)) = read_frame(&bytes, offset) {
            commits.extend(entries.into_iter().map(|entry| entry.commit));
            offset = next;
        }
    }
    Ok(commits)
}

fn poisoned(error: &io::Error) -> Error {
    Error::new(ErrorKind::Poisoned, format!("the redo log could not be made durable: {error}"))
        .hint("reads go on, writes are refused; check the disk, then restart `hydra serve`")
}

fn segments(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = with_extension(folder, "redo")?;
    // Spellings of ids sort as the ids do.
    paths.sort();
    Ok(paths)
}

fn with_extension(folder: &Path, wanted: &str) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| Error::io(folder.display(), &e))? {
        let path = entry.map_err(|e| Error::io(folder.display(), &e))?.path();
        if path.extension().is_some_and(|extension| extension == wanted) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn create_segment(folder: &Path, after: Id) -> Result<PathBuf> {
    let path = folder.join(format!("{after}.redo"));
    let made = File::create(&path).and_then(|file| file.sync_all()).map_err(|e| Error::io(path.display(), &e));
    match made.and_then(|()| sync_folder(folder)) {
        Ok(()) => Ok(path),
        Err(error) => {
            // Commits go on into the old segment, which must stay the newest.
            let _ = fs::remove_file(&path);
            Err(error)
        }
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(|e| Error::io(folder.display(), &e))
}

fn read_segment(path: &Path, is_newest: bool) -> Result<Vec<Entry>> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|mut f| f.read_to_end(&mut bytes)).map_err(|e| Error::io(path.display(), &e))?;
    let mut entries = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let Some((frame, next)) = read_frame(&bytes, offset) else {
            let torn = bytes.len() - offset;
            if !is_newest || any_frame_after(&bytes, offset) {
                return Err(Error::new(
                    ErrorKind::Corrupt,
                    format!("{} does not read back at byte {offset}, with more commits behind it", path.display()),
                )
                .hint("restore this file from a backup; nothing was changed"));
            }
            tracing::warn!(file = %path.display(), offset, torn, "cut off an unfinished commit at the end of the redo log");
            cut_tail(path, &bytes, offset)?;
            break;
        };
        entries.extend(frame);
        offset = next;
    }
    Ok(entries)
}

pub(crate) fn read_frame(bytes: &[u8], offset: usize) -> Option<(Vec<Entry>, usize)> {
    let header = bytes.get(offset..offset + FRAME_HEADER)?;
    let length = u32::from_le_bytes(header[..4].try_into().ok()?) as usize;
    let checksum = u32::from_le_bytes(header[4..].try_into().ok()?);
    if length == 0 || length > MAX_FRAME_BYTES {
        return None;
    }
    let start = offset + FRAME_HEADER;
    let payload = bytes.get(start..start.checked_add(length)?)?;
    if crc32fast::hash(payload) != checksum {
        return None;
    }
    Some((serde_json::from_slice(payload).ok()?, start + length))
}

/// Looks for a whole frame behind a broken one: a torn write has none, bit rot does.
pub(crate) fn any_frame_after(bytes: &[u8], offset: usize) -> bool {
    // Only places that look like the start of a payload are worth a checksum.
    (offset + 1..bytes.len().saturating_sub(FRAME_HEADER))
        .filter(|at| bytes[at + FRAME_HEADER..].starts_with(PAYLOAD_START))
        .any(|at| read_frame(bytes, at).is_some())
}

/// Truncates to the last whole frame, keeping what is cut beside it for whoever wants to look.
fn cut_tail(path: &Path, bytes: &[u8], offset: usize) -> Result<()> {
    let aside = path.with_extension(TORN);
    fs::write(&aside, &bytes[offset..]).map_err(|e| Error::io(aside.display(), &e))?;
    let file = OpenOptions::new().write(true).open(path).map_err(|e| Error::io(path.display(), &e))?;
    file.set_len(offset as u64).and_then(|()| file.sync_all()).map_err(|e| Error::io(path.display(), &e))
}
