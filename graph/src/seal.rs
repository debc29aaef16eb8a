//! Seals: by what something erased is recognised when it is told or read again. A seal is a hash with a secret, so that it
//! tells nothing to whoever has the graph or an export of it, and cannot test a guess with either.
//!
//! The secrets are in a file of the data folder that no export holds, one a line: whoever moves a memory as an export and
//! wants it to go on recognising what was erased adds the old file's line to the new one's. The first one seals.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::redo::sync_folder;

/// The file of the data folder with the secrets: made when something is erased first, for the owner alone to read.
pub const SEAL_KEYS_FILE: &str = "erased.keys";
const KEY_BYTES: usize = blake3::KEY_LEN;
const PREFIX: &str = "sealed:";

/// The secrets of a data folder; none until something is erased.
#[derive(Clone, Default)]
pub(crate) struct Seals(Arc<Vec<[u8; KEY_BYTES]>>);

impl Seals {
    /// Reads those of a folder.
    ///
    /// # Errors
    /// `Corrupt` names the line that is no secret.
    pub fn of(folder: &Path) -> Result<Self> {
        let path = folder.join(SEAL_KEYS_FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::io(path.display(), &error)),
        };
        let mut keys = Vec::new();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            keys.push(*blake3::Hash::from_hex(line.trim()).map_err(|_| broken(&path, number))?.as_bytes());
        }
        Ok(Self(Arc::new(keys)))
    }

    /// Reads those of a folder; makes the first, durably, if there is none.
    pub fn of_or_new(folder: &Path) -> Result<Self> {
        let known = Self::of(folder)?;
        if !known.0.is_empty() {
            return Ok(known);
        }
        let mut key = [0; KEY_BYTES];
        getrandom::fill(&mut key).map_err(|error| {
            Error::new(ErrorKind::Io, format!("the operating system gives no random bytes: {error}"))
                .hint("nothing was erased; try again")
        })?;
        let path = folder.join(SEAL_KEYS_FILE);
        let new = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            // One that a kill left would keep its own mode.
            let _ = fs::remove_file(&new);
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
            writeln!(file, "{}", blake3::Hash::from_bytes(key).to_hex())?;
            file.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(|error| Error::io(path.display(), &error))?;
        sync_folder(folder)?;
        Ok(Self(Arc::new(vec![key])))
    }

    /// Seals a key.
    pub fn seal(&self, key: &str) -> String {
        let secret = self.0.first().expect("nothing is sealed before there is a secret");
        sealed(secret, key)
    }

    /// Returns a key as each of the secrets seals it.
    pub fn sealed(&self, key: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |secret| sealed(secret, key))
    }

    /// As [`Seals::sealed`], with the key itself: so it was kept before there were seals.
    pub fn spellings(&self, key: &str) -> impl Iterator<Item = String> {
        [key.to_owned()].into_iter().chain(self.sealed(key))
    }
}

/// Tells whether a text is a seal.
pub(crate) fn is_seal(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn sealed(secret: &[u8; KEY_BYTES], key: &str) -> String {
    format!("{PREFIX}{}", blake3::keyed_hash(secret, key.as_bytes()).to_hex())
}

fn broken(path: &Path, line: usize) -> Error {
    Error::new(ErrorKind::Corrupt, format!("{}: line {line} is not a secret of {KEY_BYTES} bytes", path.display()))
        .hint("restore it from a backup, or take the line out: what it sealed is not recognised any more then")
}
