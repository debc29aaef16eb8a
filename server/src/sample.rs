//! The sample that comes with the program: a year of one household, so that somebody can look before their own notes are in.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, Result};
use include_dir::{Dir, include_dir};

/// The space that it is in, apart from what is the owner's.
pub const SPACE: &str = "sample";
/// Where its files are, in the folder of the memory: what is found leads to a file that is there.
const FOLDER: &str = "sample-vault";

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../data/sample-vault");

/// Writes its files, and returns their folder. What somebody changed in them is as it was again.
///
/// # Errors
/// `Io` when they can't be written.
pub fn write(data_dir: &Path) -> Result<PathBuf> {
    let folder = data_dir.join(FOLDER);
    let wrong = |error: &std::io::Error| Error::io(folder.display(), error);
    std::fs::create_dir_all(&folder).map_err(|error| wrong(&error))?;
    FILES.extract(&folder).map_err(|error| wrong(&error))?;
    Ok(folder)
}
