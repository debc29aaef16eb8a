//! What was read of each file when it looked how: a file that looks the same need not be read to know its hash.
//!
//! A file looks the same when its size, its times and its inode are the same. That proves nothing for one that was changed
//! within the same tick of the clock in which it was read, so a reading counts only if the file had been left alone for a
//! while before it (as git's index does). The time of the last change of the inode can't be set by a program, so a clock that
//! is set back, or a tool that gives a file its old time again, does not hide a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use hydra_graph::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a file has to have been left alone for its times to tell of the next change: the coarsest clock of a file
/// system that is in use counts in two seconds.
const SETTLED_MS: i64 = 2_000;

/// What stands for the number of a disk that no disk has.
const NO_DISK: u64 = u64::MAX;

/// How a file looks from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Look {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified_ns: i64,
    changed_ns: i64,
    /// When the inode was made; without it an inode that is used again looks like the file that had it before.
    born_ns: Option<i64>,
}

impl Look {
    pub fn of(metadata: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        let born = metadata.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.size(),
            modified_ns: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            born_ns: born.and_then(|since| i64::try_from(since.as_nanos()).ok()),
        }
    }

    /// Returns what makes it this file, whatever becomes of its name and text; `None` where that can't be told.
    pub fn identity(&self) -> Option<(u64, u64, i64)> {
        Some((self.device, self.inode, self.born_ns?))
    }

    /// Tells whether it is certainly the same file.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.identity().is_some_and(|own| Some(own) == other.identity())
    }

    /// Returns how long before a moment it was changed, in milliseconds.
    pub fn age_ms(&self, now: Timestamp) -> i64 {
        now.as_millis() - self.modified_ns / 1_000_000
    }

    /// Tells whether both are one file of a disk, whatever number the disk has.
    fn is_alike_elsewhere(&self, other: &Self) -> bool {
        Self { device: other.device, ..*self } == *other
    }
}

/// What became of the disk that a file was on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disk {
    /// It is there, so the file is gone.
    There,
    /// It is there, and another one is mounted over the file.
    Covered,
    /// It is not there.
    Away,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reading {
    look: Look,
    hash: String,
    read_at_ms: i64,
    /// The device of its folder, which is not that of the file on every file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disk: Option<u64>,
    /// Why it could not be taken in, with the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<(String, String)>,
}

/// What was read of each file. Kept between runs it saves reading; losing it costs one reading of everything.
#[derive(Clone, Default)]
pub struct Readings {
    files: BTreeMap<PathBuf, Reading>,
    clock: Option<Clock>,
    is_changed: bool,
}

impl Readings {
    /// Starts with nothing.
    pub fn new(clock: Clock) -> Self {
        Self { clock: Some(clock), ..Self::default() }
    }

    /// Reads what [`Readings::to_json`] wrote; nothing if it does not read.
    pub fn from_json(json: &[u8], clock: Clock) -> Self {
        Self { files: serde_json::from_slice(json).unwrap_or_default(), clock: Some(clock), is_changed: false }
    }

    /// Writes it down; `None` if nothing changed since it was written last.
    pub fn to_json(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.is_changed) {
            return None;
        }
        serde_json::to_vec(&self.files).ok()
    }

    /// Returns what time it is, for whoever was given a clock.
    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.clock.as_ref().map(|clock| clock())
    }

    /// Returns the hash of a file that looks as it did when it was read.
    pub(crate) fn hash(&self, path: &Path, look: &Look) -> Option<&str> {
        self.settled(path, look).map(|reading| reading.hash.as_str())
    }

    /// Returns why a file that looks as it did could not be taken in.
    pub(crate) fn refusal(&self, path: &Path, look: &Look) -> Option<&(String, String)> {
        self.settled(path, look).and_then(|reading| reading.refused.as_ref())
    }

    /// Tells whether the file that was read there is there still, whatever its text is now.
    pub fn is_in_place(&self, path: &Path) -> bool {
        let now = std::fs::metadata(path).ok().map(|metadata| Look::of(&metadata));
        self.look(path).zip(now).is_some_and(|(then, now)| now.is_same_file(then))
    }

    /// Returns how a file looked when it was read.
    pub(crate) fn look(&self, path: &Path) -> Option<&Look> {
        self.files.get(path).map(|reading| &reading.look)
    }

    fn settled(&self, path: &Path, look: &Look) -> Option<&Reading> {
        let reading = self.files.get(path).filter(|reading| reading.look == *look)?;
        let settled_at = look.modified_ns.max(look.changed_ns) / 1_000_000 + SETTLED_MS;
        (settled_at < reading.read_at_ms).then_some(reading)
    }

    /// Keeps what was read of a file that looked so before it was.
    pub(crate) fn keep(&mut self, path: &Path, look: Look, hash: &str, refused: Option<(String, String)>) {
        let Some(clock) = &self.clock else { return };
        let disk = path.parent().and_then(disk_of);
        let reading = Reading { look, hash: hash.to_owned(), read_at_ms: clock().as_millis(), disk, refused };
        self.is_changed = true;
        self.files.insert(path.to_owned(), reading);
    }

    /// Tells what became of the disk that a file was on which is not to be seen; `None` if that was never known. A disk that
    /// is not mounted leaves a folder, and what lies in that folder says nothing of the disk.
    pub(crate) fn disk(&self, path: &Path) -> Option<Disk> {
        let reading = self.files.get(path)?;
        let then = reading.disk.unwrap_or(reading.look.device);
        let mut now = path.ancestors().skip(1).filter_map(disk_of);
        Some(match now.next() == Some(then) {
            true => Disk::There,
            false if now.any(|above| above == then) => Disk::Covered,
            false => Disk::Away,
        })
    }

    /// Takes in which numbers the disks under a folder have now: many file systems get another one at each mount, so that
    /// without this a file which was deleted meanwhile would look like one on a disk that is away.
    pub(crate) fn renumber<'p>(&mut self, folder: &Path, files: impl Iterator<Item = &'p Path>) {
        // By the number that a disk had, told by a file that is there and is the one that was read.
        let mut numbers: BTreeMap<u64, u64> = BTreeMap::new();
        for path in files {
            let Some(then) = self.files.get(path) else { continue };
            let had = then.disk.unwrap_or(then.look.device);
            if numbers.contains_key(&then.look.device) && numbers.contains_key(&had) {
                continue;
            }
            let Some(now) = std::fs::metadata(path).ok().map(|metadata| Look::of(&metadata)) else { continue };
            if !now.is_alike_elsewhere(&then.look) {
                continue;
            }
            numbers.entry(then.look.device).or_insert(now.device);
            if let Some(disk) = path.parent().and_then(disk_of) {
                numbers.entry(had).or_insert(disk);
            }
        }
        if numbers.iter().all(|(then, now)| then == now) {
            return;
        }
        let taken: BTreeSet<u64> = numbers.values().copied().collect();
        let number = |then: u64| match numbers.get(&then) {
            Some(now) => *now,
            // Nothing of that disk is to be seen, and another has its number.
            None if taken.contains(&then) => NO_DISK,
            None => then,
        };
        for (_, reading) in self.files.iter_mut().filter(|(path, _)| path.starts_with(folder)) {
            reading.look.device = number(reading.look.device);
            reading.disk = reading.disk.map(number);
        }
        self.is_changed = true;
    }

    /// Takes in that files are elsewhere now, all at once: they may have changed places.
    pub(crate) fn relocate<'p>(&mut self, moves: impl Iterator<Item = (&'p Path, &'p Path)>) {
        let taken: Vec<_> = moves.filter_map(|(from, to)| Some((to.to_owned(), self.files.remove(from)?))).collect();
        self.is_changed |= !taken.is_empty();
        self.files.extend(taken);
    }

    /// Lets go of a file.
    pub(crate) fn drop(&mut self, path: &Path) {
        self.is_changed |= self.files.remove(path).is_some();
    }

    /// Lets go of what is under a folder and is not wanted.
    pub fn retain(&mut self, folder: &Path, mut is_wanted: impl FnMut(&Path) -> bool) {
        let before = self.files.len();
        self.files.retain(|path, _| !path.starts_with(folder) || is_wanted(path));
        self.is_changed |= self.files.len() != before;
    }

    /// Returns how many files it knows.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Tells whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// Returns the device of a folder; `None` of what is none. A link is no folder of a vault, wherever it leads.
fn disk_of(folder: &Path) -> Option<u64> {
    let metadata = std::fs::symlink_metadata(folder).ok()?;
    metadata.is_dir().then(|| metadata.dev())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const READ_AT_MS: i64 = 1_750_000_000_000;

    fn look(modified_ms: i64, changed_ms: i64) -> Look {
        let ns = 1_000_000;
        Look {
            device: 1,
            inode: 2,
            size_bytes: 3,
            modified_ns: modified_ms * ns,
            changed_ns: changed_ms * ns,
            born_ns: Some(7),
        }
    }

    #[test]
    fn a_file_that_was_changed_when_it_was_read_is_read_again() {
        let path = Path::new("/a.md");
        for (modified_ms, changed_ms, is_known) in [
            (READ_AT_MS - 60_000, READ_AT_MS - 60_000, true),
            (READ_AT_MS - 100, READ_AT_MS - 100, false),
            // A tool gave it an old time; the inode tells.
            (READ_AT_MS - 60_000, READ_AT_MS - 100, false),
            // The clock was ahead when it was written.
            (READ_AT_MS + 60_000, READ_AT_MS - 60_000, false),
        ] {
            let mut readings = Readings::new(Arc::new(|| Timestamp::from_millis(READ_AT_MS)));
            let now = look(modified_ms, changed_ms);
            readings.keep(path, now, "h", None);
            assert_eq!(readings.hash(path, &now).is_some(), is_known, "{modified_ms} {changed_ms}");
        }
    }

    #[test]
    fn another_look_is_another_file_text_and_an_inode_made_later_another_file() {
        let path = Path::new("/a.md");
        let mut readings = Readings::new(Arc::new(|| Timestamp::from_millis(READ_AT_MS)));
        let then = look(0, 0);
        readings.keep(path, then, "h", Some(("bad".into(), "mend it".into())));
        assert_eq!(readings.refusal(path, &then).unwrap().0, "bad");
        assert_eq!(readings.hash(path, &Look { size_bytes: 4, ..then }), None);
        // A clock that was set back gives an edit an earlier time, which is another one all the same.
        assert_eq!(readings.hash(path, &Look { modified_ns: -5, changed_ns: -5, ..then }), None);
        assert!(then.is_same_file(&Look { size_bytes: 9, ..then }));
        assert!(!then.is_same_file(&Look { born_ns: Some(8), ..then }));
        assert!(!Look { born_ns: None, ..then }.is_same_file(&Look { born_ns: None, ..then }));
    }

    #[test]
    fn a_file_is_gone_if_the_disk_of_its_folder_is_there() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("disk/sub/a.md");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut readings = Readings::new(Arc::new(|| Timestamp::from_millis(READ_AT_MS)));
        assert_eq!(readings.disk(&path), None);
        // The number of the file itself says nothing: it is another one on some file systems.
        readings.keep(&path, look(0, 0), "h", None);
        assert_eq!(readings.disk(&path), Some(Disk::There));
        std::fs::remove_dir_all(temp.path().join("disk")).unwrap();
        assert_eq!(readings.disk(&path), Some(Disk::There), "the folder went too, on the same disk");
        readings.files.get_mut(&path).unwrap().disk = Some(NO_DISK);
        assert_eq!(readings.disk(&path), Some(Disk::Away));
    }

    #[test]
    fn disks_that_have_other_numbers_are_known_by_what_is_on_them() {
        let temp = tempfile::tempdir().unwrap();
        let [there, deleted, away] = ["a.md", "b.md", "mount/c.md"].map(|name| temp.path().join(name));
        std::fs::write(&there, "x").unwrap();
        let look = Look::of(&std::fs::metadata(&there).unwrap());
        let own = look.device;
        let mut readings = Readings::new(Arc::new(|| Timestamp::from_millis(READ_AT_MS)));
        let keep = |path: &Path, device: u64, readings: &mut Readings| {
            readings.keep(path, Look { device, ..look }, "h", None);
            readings.files.get_mut(path).unwrap().disk = Some(device);
        };
        // Before the restart this disk had another number, and the one that is away now had this one's.
        for (path, device) in [(&there, own + 1), (&deleted, own + 1), (&away, own)] {
            keep(path, device, &mut readings);
        }
        assert_eq!([&deleted, &away].map(|path| readings.disk(path)), [Some(Disk::Away), Some(Disk::There)]);
        readings.renumber(temp.path(), [there.as_path()].into_iter());
        assert_eq!([&deleted, &away].map(|path| readings.disk(path)), [Some(Disk::There), Some(Disk::Away)]);
        assert_eq!(readings.look(&there), Some(&look), "it need not be read again");
        // A file that only has the name of one that was read tells nothing.
        keep(&there, own + 1, &mut readings);
        std::fs::write(&there, "longer").unwrap();
        readings.renumber(temp.path(), [there.as_path()].into_iter());
        assert_eq!(readings.look(&there).map(|look| look.device), Some(own + 1));
    }

    #[test]
    fn it_comes_back_as_it_was_written() {
        let clock: Clock = Arc::new(|| Timestamp::from_millis(READ_AT_MS));
        let mut readings = Readings::new(Arc::clone(&clock));
        readings.keep(Path::new("/v/a.md"), look(0, 0), "h", None);
        let json = readings.to_json().unwrap();
        assert_eq!(readings.to_json(), None, "nothing changed since");
        let mut back = Readings::from_json(&json, Arc::clone(&clock));
        assert_eq!(back.hash(Path::new("/v/a.md"), &look(0, 0)), Some("h"));
        back.retain(Path::new("/v"), |_| false);
        assert!(back.is_empty() && Readings::from_json(b"{", clock).is_empty());
    }
}
