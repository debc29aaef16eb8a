//! The data folder: its lock, its format, and where things are in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::redo::sync_folder;

/// The layout of the folder; raised when an older program could not read what a newer one wrote.
pub const FORMAT: u32 = 2;
const FORMAT_FILE: &str = "format.json";

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
    program: String,
}

/// An open data folder, locked against every other process.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held open: the operating system frees the lock when the process ends, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Creates the folder if it is missing, locks it and checks its format.
    pub fn open(path: &Path, holder: &str) -> Result<Self> {
        create_private(path)?;
        let lock = lock(path, holder)?;
        check_format(path)?;
        let folder = Self { path: path.to_owned(), _lock: lock };
        if folder.staged_store().exists() {
            tracing::warn!("an import was cut short and nothing of it was kept; run it again");
            folder.discard_staged_store()?;
        }
        Ok(folder)
    }

    /// Returns the folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns where the RDF store is.
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// Returns where an import builds the store that will take the place of an empty one.
    pub fn staged_store(&self) -> PathBuf {
        self.path.join("store.import")
    }

    /// Throws away what an import began.
    pub fn discard_staged_store(&self) -> Result<()> {
        let staged = self.staged_store();
        match fs::remove_dir_all(&staged) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(staged.display(), &error)),
            _ => Ok(()),
        }
    }

    /// Puts the staged store, which is whole, flushed and closed, in the place of the empty one. Durable when this
    /// returns; a kill in the middle leaves no store, which is an empty memory.
    pub fn put_staged_store(&self) -> Result<()> {
        let (staged, store) = (self.staged_store(), self.store());
        // The database has synced what it flushed; here it must not depend on how it did.
        for entry in fs::read_dir(&staged).map_err(|e| Error::io(staged.display(), &e))? {
            let path = entry.map_err(|e| Error::io(staged.display(), &e))?.path();
            File::open(&path).and_then(|file| file.sync_all()).map_err(|e| Error::io(path.display(), &e))?;
        }
        sync_folder(&staged)?;
        if store.exists() {
            fs::remove_dir_all(&store).map_err(|e| Error::io(store.display(), &e))?;
        }
        fs::rename(&staged, &store).map_err(|e| Error::io(store.display(), &e))?;
        sync_folder(&self.path)
    }

    /// Returns where the redo log is.
    pub fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Returns where the index of that name is.
    pub fn index(&self, name: &str) -> PathBuf {
        self.path.join("index").join(name)
    }
}

/// Memories are the owner's alone: nobody else may look into the folder.
fn create_private(path: &Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io(path.display(), &e))
}

fn lock(folder: &Path, holder: &str) -> Result<File> {
    let path = folder.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|e| Error::io(path.display(), &e))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // The holder's line is a courtesy; without it the message is only less exact.
            let _ = file.read_to_string(&mut text);
            let held_by = if text.trim().is_empty() { "another process" } else { text.trim() };
            return Err(Error::new(
                ErrorKind::Locked,
                format!("the memory at {} is held by {held_by}", folder.display()),
            )
            .hint("use that one, stop it, or choose another folder with --data-dir"));
        }
        Err(TryLockError::Error(error)) => return Err(Error::io(path.display(), &error)),
    }
    let line = format!("{holder} (pid {})\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(line.as_bytes()))
        .map_err(|e| Error::io(path.display(), &e))?;
    Ok(file)
}

fn check_format(folder: &Path) -> Result<()> {
    let path = folder.join(FORMAT_FILE);
    match fs::read(&path) {
        Ok(bytes) => {
            let found: Format = serde_json::from_slice(&bytes).map_err(|e| {
                Error::new(ErrorKind::Corrupt, format!("{} does not read back: {e}", path.display()))
                    .hint("restore it from a backup; nothing was changed")
            })?;
            if found.format > FORMAT {
                return Err(Error::new(
                    ErrorKind::Newer,
                    format!(
                        "the memory at {} has format {} of hydra {}; this is hydra {} for format {FORMAT}",
                        folder.display(),
                        found.format,
                        found.program,
                        env!("CARGO_PKG_VERSION"),
                    ),
                )
                .hint("install that version or a newer one; nothing was changed"));
            }
            // From here on an older program must keep out: the store is brought up to this format when it opens.
            if found.format < FORMAT { write_format(folder) } else { Ok(()) }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write_format(folder),
        Err(error) => Err(Error::io(path.display(), &error)),
    }
}

fn write_format(folder: &Path) -> Result<()> {
    let path = folder.join(FORMAT_FILE);
    let format = Format { format: FORMAT, program: env!("CARGO_PKG_VERSION").to_owned() };
    let bytes = serde_json::to_vec(&format).expect("two plain fields");
    // Written beside and renamed, so that a power cut leaves either no file or a whole one.
    let new = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(|e| Error::io(path.display(), &e))?;
    sync_folder(folder)
}
