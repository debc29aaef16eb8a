//! How a file was before it was changed, kept in the data folder: it may hold secrets, and there only its owner can read.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, Result, Timestamp};

use crate::folder;

/// The folder of backups in the data folder.
const FOLDER: &str = "backups";
/// Most backups that are kept of one file, beside the one that an uninstallation needs.
pub const MAX_BACKUPS: usize = 10;
/// Letters of the hash that tells files of one name apart.
const TOLD_APART: usize = 8;

/// Keeps a copy of what was in the file at `path`; returns where.
///
/// # Errors
/// What the disk says.
pub fn keep(data_dir: &Path, path: &Path, content: &[u8], needed: &[PathBuf], now: Timestamp) -> Result<PathBuf> {
    let folder = data_dir.join(FOLDER);
    let failed = |error: std::io::Error| Error::io(folder.display(), &error);
    DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(failed)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let apart = blake3::hash(path.as_os_str().as_encoded_bytes()).to_hex();
    let start = format!("{}.{}.", name.trim_start_matches('.'), &apart[..TOLD_APART]);
    let mut older: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_string_lossy().starts_with(&start) {
            older.push(entry.path());
        }
    }
    older.sort();
    // The same again needs no second copy.
    if let Some(newest) = older.last().filter(|newest| fs::read(newest).is_ok_and(|bytes| bytes == content)) {
        return Ok(newest.clone());
    }
    // Two within a millisecond are two.
    let named = |millis: i64| folder.join(format!("{start}{millis:013}"));
    let millis = (now.as_millis()..).find(|millis| !named(*millis).exists()).unwrap_or_default();
    let copy = named(millis);
    folder::write_private(&copy, content)?;
    older.retain(|path| !needed.contains(path));
    for path in older.iter().rev().skip(MAX_BACKUPS - 1) {
        // What is left behind goes the next time.
        let _ = fs::remove_file(path);
    }
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_and_what_is_needed_stay() {
        let temp = tempfile::tempdir().unwrap();
        let path = Path::new("/h/.claude/settings.json");
        let keep = |number: usize, needed: &[PathBuf]| {
            let now = Timestamp::from_millis(number as i64 / 2);
            super::keep(temp.path(), path, number.to_string().as_bytes(), needed, now).unwrap()
        };
        let first = keep(0, &[]);
        assert!(!folder::others_can_read(&first).unwrap());
        for number in 1..=MAX_BACKUPS * 2 {
            keep(number, std::slice::from_ref(&first));
        }
        assert_eq!(keep(MAX_BACKUPS * 2, &[]), keep(MAX_BACKUPS * 2, &[]), "the same again");
        assert_eq!(fs::read(&first).unwrap(), b"0");
        assert_eq!(fs::read_dir(temp.path().join(FOLDER)).unwrap().count(), MAX_BACKUPS + 1);
    }
}
