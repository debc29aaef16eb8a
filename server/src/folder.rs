//! The data folder as the server sees it: private, and with a few files of the server's own beside the library's.

use std::fs::{self, DirBuilder, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result, SEAL_KEYS_FILE};

/// Permission bits of anyone but the owner.
const OTHERS: u32 = 0o077;
/// What only the library puts there: a folder that has it is a memory.
const MARK: &str = "format.json";

/// What whoever holds the memory has locked.
const LOCK_FILE: &str = "lock";

/// Makes the folder if it is missing, for the owner alone; one that others can look into is closed to them if it is a
/// memory or empty, and refused if it is something else.
///
/// # Errors
/// `Invalid` for a path that is no folder, or a folder that holds other things.
pub fn prepare(folder: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::io(folder.display(), &error);
    let metadata = match fs::metadata(folder) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed);
        }
        Err(error) => return Err(failed(error)),
    };
    if !metadata.is_dir() {
        return Err(Error::new(ErrorKind::Invalid, format!("{} is not a folder", folder.display()))
            .hint("name a folder with --data-dir"));
    }
    let is_ours = || folder.join(MARK).exists();
    // Asked again, because another process may be making the memory at this moment.
    if !is_ours() && !is_empty(folder).map_err(failed)? && !is_ours() {
        return Err(Error::new(ErrorKind::Invalid, format!("{} holds other files and no memory", folder.display()))
            .hint("name an empty folder, or one that does not exist yet, with --data-dir"));
    }
    if metadata.permissions().mode() & OTHERS != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        tracing::warn!(folder = %folder.display(), "others could look into the data folder; now only you can");
    }
    Ok(())
}

/// Checks that there is a memory, and makes nothing.
///
/// # Errors
/// `Unavailable` when there is none.
pub fn check_memory(folder: &Path) -> Result<()> {
    // A folder of something else is refused when it is opened, and says so.
    let is_there = folder.join(MARK).exists() || folder.is_dir() && !is_empty(folder).unwrap_or(false);
    if is_there {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unavailable, format!("there is no memory at {}", folder.display())).hint(
        "check the path after --data-dir (or data_dir in the configuration); `hydra remember TEXT` or `hydra ingest \
         FOLDER` begins a memory there",
    ))
}

/// Tells whether a process holds the memory; its end is no sign, since a parent may not have asked for it yet.
///
/// # Errors
/// When the operating system does not say.
pub fn is_held(folder: &Path) -> Result<bool> {
    let path = folder.join(LOCK_FILE);
    let Ok(file) = fs::File::open(&path) else { return Ok(false) };
    match file.try_lock() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(Error::io(path.display(), &error)),
    }
}

/// Returns what the holder wrote down of itself.
pub fn holder(folder: &Path) -> String {
    let said = fs::read_to_string(folder.join(LOCK_FILE)).unwrap_or_default();
    if said.trim().is_empty() { "another process".to_owned() } else { said.trim().to_owned() }
}

/// What a start that was cut short may leave, and what is put there before the memory is made.
fn is_empty(folder: &Path) -> std::io::Result<bool> {
    let known = [
        SEAL_KEYS_FILE,
        "format.new",
        "lock",
        "log",
        "store",
        "store.import",
        "index",
        "models",
        "start.lock",
        "serve.log",
        "token",
        "agents.json",
        "backups",
        "hook.log",
        "hook.log.1",
        "serve.log.1",
    ];
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        // A token may be made before anything else, by several at once.
        if name.to_str().is_some_and(|name| name.starts_with("tokens.")) {
            continue;
        }
        if !known.iter().any(|known| name == *known) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes a file that only the owner can read, so that a reader sees the old one or the whole new one.
///
/// # Errors
/// What the disk says.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, true)
}

/// As [`write_private`], for what may be an older one after a crash: nothing waits for the disk.
///
/// # Errors
/// As [`write_private`].
pub fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<()> {
    write(path, bytes, false)
}

fn write(path: &Path, bytes: &[u8], is_synced: bool) -> Result<()> {
    let beside = PathBuf::from(format!("{}.{}.new", path.display(), std::process::id()));
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        if is_synced {
            file.sync_all()?;
        }
        fs::rename(&beside, path)?;
        path.parent().filter(|_| is_synced).map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|error| Error::io(path.display(), &error))
}

/// Tells whether anyone but the owner may read a file.
///
/// # Errors
/// What looking at it fails with.
pub fn others_can_read(path: &Path) -> std::io::Result<bool> {
    Ok(fs::metadata(path)?.permissions().mode() & OTHERS != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        fs::write(temp.path().join("thesis.doc"), "x").unwrap();
        assert_eq!(prepare(temp.path()).unwrap_err().kind(), ErrorKind::Invalid);
        let file = temp.path().join("thesis.doc");
        assert_eq!(prepare(&file).unwrap_err().kind(), ErrorKind::Invalid);
    }

    #[test]
    fn a_start_that_was_cut_short_does_not_stand_in_the_way() {
        let temp = tempfile::tempdir().unwrap();
        for left in ["start.lock", "serve.log", "lock", "format.new"] {
            fs::write(temp.path().join(left), "").unwrap();
            prepare(temp.path()).unwrap();
        }
    }

    #[test]
    fn a_folder_is_closed_to_others() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("a/b");
        prepare(&folder).unwrap();
        assert!(!others_can_read(&folder).unwrap());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        prepare(&folder).unwrap();
        assert!(!others_can_read(&folder).unwrap());
    }
}
