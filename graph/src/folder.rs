//! The data folder: its lock, its format, and where things are in it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::redo::sync_folder;
use crate::time::Timestamp;

/// The layout of the folder; raised when an older program could not read what a newer one wrote.
pub const FORMAT: u32 = 4;
const FORMAT_FILE: &str = "format.json";
/// Where the RDF store is at first; one that took its place has a number behind it.
const STORE: &str = "store";
/// Says that something was erased whose bytes may still be in the files.
const ERASING_FILE: &str = "erasing";

#[derive(Serialize, Deserialize)]
struct Format {
    format: u32,
    program: String,
    /// Name of the store's folder.
    #[serde(default = "first_store")]
    store: String,
}

fn first_store() -> String {
    STORE.to_owned()
}

/// Lists the exports that were written, oldest first, one JSON object a line.
const EXPORTS_FILE: &str = "exports.jsonl";
/// Exports that are remembered; the oldest are dropped first.
pub const MAX_EXPORTS: usize = 1_000;

/// An export that was written to a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Export {
    pub at: Timestamp,
    pub path: PathBuf,
}

/// Remembers that an export of the memory in `folder` was written, so that an erasure can say who may still hold what is
/// erased. Needs no lock.
pub fn note_export(folder: &Path, path: &Path, at: Timestamp) -> Result<()> {
    let mut all = exports(folder)?;
    all.push(Export { at, path: path.to_owned() });
    let lines: Vec<String> = all[all.len().saturating_sub(MAX_EXPORTS)..]
        .iter()
        .map(|export| serde_json::to_string(export).expect("a time and a path"))
        .collect();
    let file = folder.join(EXPORTS_FILE);
    let new = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut out = File::create(&new)?;
        out.write_all((lines.join("\n") + "\n").as_bytes())?;
        out.sync_all()?;
        fs::rename(&new, &file)
    };
    write().map_err(|e| Error::io(file.display(), &e))?;
    sync_folder(folder)
}

/// Returns the exports that are remembered. A line that does not read back is left out.
pub(crate) fn exports(folder: &Path) -> Result<Vec<Export>> {
    let file = folder.join(EXPORTS_FILE);
    match fs::read_to_string(&file) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::io(file.display(), &error)),
    }
}

/// Returns when and where the newest export of the memory in `folder` was written, as far as is remembered.
///
/// # Errors
/// When the list can't be read.
pub fn last_export(folder: &Path) -> Result<Option<(Timestamp, PathBuf)>> {
    Ok(exports(folder)?.pop().map(|export| (export.at, export.path)))
}

/// An open data folder, locked against every other process.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Name of the store's folder.
    store: Mutex<String>,
    /// Held open: the operating system frees the lock when the process ends, however it ends.
    _lock: File,
}

impl DataFolder {
    /// Creates the folder if it is missing, locks it and checks its format.
    pub fn open(path: &Path, holder: &str) -> Result<Self> {
        create_private(path)?;
        let lock = lock(path, holder)?;
        let store = check_format(path)?;
        let folder = Self { path: path.to_owned(), store: Mutex::new(store), _lock: lock };
        folder.discard_other_stores()?;
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
        self.path.join(&*self.store.lock())
    }

    /// Returns where a store may be written that is to take the place of the one in use; nothing is there.
    pub fn next_store(&self) -> Result<PathBuf> {
        let number = self.store.lock().rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or(1u64);
        let path = self.path.join(format!("{STORE}.{}", number + 1));
        discard(&path)?;
        Ok(path)
    }

    /// Says that from now on the store is the one at `path`, which is whole and flushed. Durable when this returns.
    ///
    /// # Errors
    /// Then the old one is in use; `Poisoned` when nobody knows which will be opened next.
    pub fn use_store(&self, path: &Path) -> Result<()> {
        sync_all(path)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut store = self.store.lock();
        if let Err(error) = write_format(&self.path, &name) {
            return Err(match write_format(&self.path, &store) {
                Ok(()) => error,
                Err(again) => {
                    Error::new(ErrorKind::Poisoned, format!("the store's name could not be written: {again}"))
                        .hint("reads go on, writes are refused; check the disk, then restart `hydra serve`")
                }
            });
        }
        *store = name;
        Ok(())
    }

    /// Returns how much the store takes on disk.
    pub fn store_bytes(&self) -> Result<u64> {
        let store = self.store();
        let failed = |e| Error::io(store.display(), &e);
        let mut bytes = 0;
        for entry in fs::read_dir(&store).map_err(failed)? {
            // What a compaction has just deleted takes nothing.
            bytes += entry.map_err(failed)?.metadata().map_or(0, |metadata| metadata.len());
        }
        Ok(bytes)
    }

    /// Refuses when less is free on the disk.
    pub fn check_space(&self, needed_bytes: u64) -> Result<()> {
        crate::redo::check_free(&self.path, needed_bytes)
    }

    /// Deletes a store that did not come into use.
    pub fn discard(&self, path: &Path) -> Result<()> {
        discard(path)
    }

    /// Deletes what a replaced store, or one that was to replace it, left behind.
    fn discard_other_stores(&self) -> Result<()> {
        // Whatever is there is all there is.
        if !self.store().exists() {
            return Ok(());
        }
        let failed = |e| Error::io(self.path.display(), &e);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_numbered = name.strip_prefix("store.").is_some_and(|number| number.parse::<u64>().is_ok());
            if path != self.store() && (name == STORE || is_numbered) {
                discard(&path)?;
            }
        }
        Ok(())
    }

    /// Remembers, durably, that bytes of what was erased may still be in the files.
    pub fn begin_erasing(&self) -> Result<()> {
        let path = self.path.join(ERASING_FILE);
        File::create(&path).and_then(|file| file.sync_all()).map_err(|e| Error::io(path.display(), &e))?;
        sync_folder(&self.path)
    }

    /// Says that none are.
    pub fn end_erasing(&self) -> Result<()> {
        let path = self.path.join(ERASING_FILE);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path.display(), &error)),
            _ => sync_folder(&self.path),
        }
    }

    /// Tells whether some may be.
    pub fn is_erasing(&self) -> bool {
        self.path.join(ERASING_FILE).exists()
    }

    /// Returns where an import builds the store that will take the place of an empty one.
    pub fn staged_store(&self) -> PathBuf {
        self.path.join("store.import")
    }

    /// Throws away what an import began.
    pub fn discard_staged_store(&self) -> Result<()> {
        discard(&self.staged_store())
    }

    /// Puts the staged store, which is whole, flushed and closed, in the place of the empty one. Durable when this
    /// returns; a kill in the middle leaves no store, which is an empty memory.
    pub fn put_staged_store(&self) -> Result<()> {
        let (staged, store) = (self.staged_store(), self.store());
        sync_all(&staged)?;
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

    /// Returns where the answers to earlier questions are.
    pub fn traces(&self) -> PathBuf {
        self.path.join("traces.jsonl")
    }

    /// Returns where the index of that name is.
    pub fn index(&self, name: &str) -> PathBuf {
        self.path.join("index").join(name)
    }
}

fn discard(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(folder.display(), &error)),
        _ => Ok(()),
    }
}

/// Makes a database's files durable: it has synced what it flushed, but nothing may depend on how it did.
fn sync_all(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(|e| Error::io(folder.display(), &e))? {
        let path = entry.map_err(|e| Error::io(folder.display(), &e))?.path();
        match File::open(&path).and_then(|file| file.sync_all()) {
            // A database that is open deletes what it has merged.
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(path.display(), &error));
            }
            _ => {}
        }
    }
    sync_folder(folder)
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

/// Returns the name of the store's folder.
fn check_format(folder: &Path) -> Result<String> {
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
            if found.format < FORMAT {
                write_format(folder, &found.store)?;
            }
            Ok(found.store)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_format(folder, STORE)?;
            Ok(first_store())
        }
        Err(error) => Err(Error::io(path.display(), &error)),
    }
}

fn write_format(folder: &Path, store: &str) -> Result<()> {
    let path = folder.join(FORMAT_FILE);
    let format = Format { format: FORMAT, program: env!("CARGO_PKG_VERSION").to_owned(), store: store.to_owned() };
    let bytes = serde_json::to_vec(&format).expect("three plain fields");
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
