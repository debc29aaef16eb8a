//! What other memory systems wrote, as memories to keep. One file a format: bytes in, memories and what is broken out.
//!
//! Each format says in its file which version of which program it was read off, and what has no place here yet. Every
//! memory carries an idempotency key made of where it stood and what it says, so that reading the same again adds
//! nothing, and what was changed there since comes as another memory.

mod basic_memory;
mod collected;
mod mcp_memory;
mod mem0;
mod moment;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use hydra_graph::{Error, ErrorKind, Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use collected::{Broken, Foreign};

/// Longest file that is read, 256 MiB: a million memories of some sentences each, and no more than fits into memory.
pub const MAX_FOREIGN_BYTES: u64 = 256 * 1024 * 1024;

/// Whose format it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// The memory server of the Model Context Protocol: entities and relations, a JSON object a line.
    McpMemory,
    /// Basic Memory: a folder of Markdown notes with observations and relations.
    BasicMemory,
    /// mem0: JSON as `get_all` returns it.
    Mem0,
}

impl Origin {
    /// Returns the name on the command line, in keys and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::McpMemory => "mcp-memory",
            Self::BasicMemory => "basic-memory",
            Self::Mem0 => "mem0",
        }
    }
}

/// Reads a file, or a folder for [`Origin::BasicMemory`], into memories of `space`; `name` is what the file is called in
/// them, and `now` decides what has expired.
///
/// # Errors
/// When nothing can be read: `NotFound`, `Invalid` for a folder in place of a file and the other way round, `TooLarge`
/// above [`MAX_FOREIGN_BYTES`], else `Io`. What is wrong inside is in [`Foreign::broken`].
pub fn read_foreign(origin: Origin, path: &Path, name: &str, space: &str, now: Timestamp) -> Result<Foreign> {
    let mut foreign = Foreign::new(origin, name, space, now);
    match origin {
        Origin::McpMemory => mcp_memory::read(&bytes(path)?, &mut foreign),
        Origin::Mem0 => mem0::read(&bytes(path)?, &mut foreign),
        Origin::BasicMemory => basic_memory::read(path, &mut foreign)?,
    }
    Ok(foreign)
}

/// Reads one file of an origin, of which these are the bytes.
#[cfg(feature = "fuzzing")]
pub(crate) fn of_bytes(origin: Origin, bytes: &[u8], now: Timestamp) -> Foreign {
    let mut foreign = Foreign::new(origin, "made-up", "personal", now);
    match origin {
        Origin::McpMemory => mcp_memory::read(bytes, &mut foreign),
        Origin::Mem0 => mem0::read(bytes, &mut foreign),
        Origin::BasicMemory => {
            if let Ok((text, _)) = crate::note::Note::of(bytes).into_text() {
                basic_memory::read_note(&text, Path::new("made up.md"), &mut foreign);
            }
        }
    }
    foreign
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, format!("{} does not exist", path.display())).hint("check the path")
        }
        _ => Error::io(path.display(), &error),
    };
    // Asked before it is opened: opening a pipe would wait for a writer for ever.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        let message = format!("{} is not a plain file", path.display());
        return Err(Error::new(ErrorKind::Invalid, message).hint("name the file that holds the memories"));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read, so the limit is on what is read.
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_FOREIGN_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FOREIGN_BYTES {
        let message = format!("{} has more than {MAX_FOREIGN_BYTES} bytes", path.display());
        return Err(Error::new(ErrorKind::TooLarge, message).hint("split it; what is known already is not added twice"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        // A hole: nothing of it is on disk.
        File::create(&path).unwrap().set_len(MAX_FOREIGN_BYTES).unwrap();
        assert_eq!(bytes(&path).unwrap().len() as u64, MAX_FOREIGN_BYTES);
        File::create(&path).unwrap().set_len(MAX_FOREIGN_BYTES + 1).unwrap();
        assert_eq!(bytes(&path).unwrap_err().kind(), ErrorKind::TooLarge);
        assert_eq!(bytes(folder.path()).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(bytes(&folder.path().join("gone")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
