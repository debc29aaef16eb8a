//! One saved state of the vector index: three files named by the commit they are stamped with.
//!
//! `vectors-<stamp>.usearch` is usearch's own file, `.ids` the
//! sorted ids in it (usearch cannot list them) with the cache's record of each, `.json` what
//! both must hash to and what they were made with. The JSON is renamed into place last, so it alone makes a generation
//! exist. usearch writes no checksum and takes a flipped byte for a vector: hence the hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Id, Result};
use serde::{Deserialize, Serialize};

use super::nearest::{CacheRecord, Nearest};
use crate::recipe::RECIPE;

const PREFIX: &str = "vectors-";
const VECTORS: &str = "usearch";
const IDS: &str = "ids";
const MANIFEST: &str = "json";
const UNFINISHED: &str = "tmp";
/// Raised when the layout of the files or the settings of the graph change.
const FORMAT: u32 = 2;
/// The JSON has some 400 bytes; more than this is not ours.
const MAX_MANIFEST_BYTES: u64 = 16 * 1024;

/// What a generation was made with. Anything but the hashes and the count must equal what would be made today.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    format: u32,
    recipe: u32,
    embedder: String,
    dimensions: usize,
    stamp: Id,
    count: usize,
    vectors_blake3: String,
    ids_blake3: String,
}

/// A generation on disk whose hashes were checked.
pub(super) struct Generation {
    pub(super) stamp: Id,
    pub(super) vectors: PathBuf,
    pub(super) records: BTreeMap<Id, CacheRecord>,
}

/// Returns the newest generation in `dir`, `None` if there is none; an error says what is wrong with the newest.
pub(super) fn newest(dir: &Path, embedder: &str, dimensions: usize) -> Result<Option<Generation>> {
    let Some(stamp) = stamps(dir)?.pop_last() else { return Ok(None) };
    let path = |extension| file(dir, stamp, extension);
    let manifest: Manifest = serde_json::from_slice(&read(&path(MANIFEST), MAX_MANIFEST_BYTES)?)
        .map_err(|error| wrong(&path(MANIFEST), format_args!("does not parse: {error}")))?;
    let ours = Manifest {
        format: FORMAT,
        recipe: RECIPE,
        embedder: embedder.to_owned(),
        dimensions,
        stamp,
        ..manifest.clone()
    };
    if manifest != ours {
        return Err(wrong(&path(MANIFEST), "made with another model, recipe or version"));
    }
    let bytes = read(&path(IDS), u64::MAX)?;
    if blake3::hash(&bytes).to_hex().as_str() != manifest.ids_blake3 {
        return Err(wrong(&path(IDS), "does not hash to what it should"));
    }
    if hash(&path(VECTORS))? != manifest.vectors_blake3 {
        return Err(wrong(&path(VECTORS), "does not hash to what it should"));
    }
    let records: BTreeMap<Id, CacheRecord> = bytes.as_chunks().0.iter().map(read_record).collect();
    if records.len() != manifest.count {
        return Err(wrong(&path(IDS), "holds another number of ids than it should"));
    }
    Ok(Some(Generation { stamp, vectors: path(VECTORS), records }))
}

/// Saves `nearest` as the generation `stamp`: whole and durable, or not at all. Returns the path of its vectors.
pub(super) fn save(dir: &Path, stamp: Id, nearest: &Nearest, embedder: &str, dimensions: usize) -> Result<PathBuf> {
    fs::create_dir_all(dir).map_err(|error| Error::io(dir.display(), &error))?;
    let vectors = unfinished(dir, stamp, VECTORS);
    nearest.save(&vectors)?;
    sync(&vectors)?;
    let ids: Vec<u8> = nearest.records().iter().flat_map(write_record).collect();
    write(&unfinished(dir, stamp, IDS), &ids)?;
    let manifest = Manifest {
        format: FORMAT,
        recipe: RECIPE,
        embedder: embedder.to_owned(),
        dimensions,
        stamp,
        count: nearest.records().len(),
        vectors_blake3: hash(&vectors)?,
        ids_blake3: blake3::hash(&ids).to_hex().to_string(),
    };
    let written = serde_json::to_vec_pretty(&manifest)
        .map_err(|error| wrong(&file(dir, stamp, MANIFEST), format_args!("cannot be written: {error}")))?;
    write(&unfinished(dir, stamp, MANIFEST), &written)?;
    for extension in [VECTORS, IDS, MANIFEST] {
        // The JSON last, and on disk only after the other two names are.
        if extension == MANIFEST {
            sync(dir)?;
        }
        let name = file(dir, stamp, extension);
        fs::rename(unfinished(dir, stamp, extension), &name).map_err(|error| Error::io(name.display(), &error))?;
    }
    sync(dir)?;
    Ok(file(dir, stamp, VECTORS))
}

/// Id, key and place.
const RECORD_BYTES: usize = 8 + 16 + 8;

fn write_record((id, record): (&Id, &CacheRecord)) -> [u8; RECORD_BYTES] {
    let mut bytes = [0; RECORD_BYTES];
    bytes[..8].copy_from_slice(&id.0.to_le_bytes());
    bytes[8..24].copy_from_slice(&record.key);
    bytes[24..].copy_from_slice(&record.place.to_le_bytes());
    bytes
}

fn read_record(bytes: &[u8; RECORD_BYTES]) -> (Id, CacheRecord) {
    let number = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| bytes[at + n]));
    (Id(number(0)), CacheRecord { key: std::array::from_fn(|n| bytes[8 + n]), place: number(24) })
}

/// Removes every file of ours in `dir` but those of the generation `keep`: older ones and what a crash left unfinished.
pub(super) fn clear(dir: &Path, keep: Option<Id>) -> Result<()> {
    let keep: Vec<PathBuf> = keep
        .into_iter()
        .flat_map(|stamp| [VECTORS, IDS, MANIFEST].map(|extension| file(dir, stamp, extension)))
        .collect();
    let mut old: Vec<PathBuf> = ours(dir)?.into_iter().filter(|path| !keep.contains(path)).collect();
    // The JSON first: without it the rest is no generation.
    old.sort_by_key(|path| path.extension().is_none_or(|extension| extension != MANIFEST));
    for path in old {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io(path.display(), &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn stamps(dir: &Path) -> Result<BTreeSet<Id>> {
    let manifest =
        ours(dir)?.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == MANIFEST));
    Ok(manifest.filter_map(|path| path.file_stem()?.to_str()?.strip_prefix(PREFIX)?.parse().ok()).collect())
}

/// Returns our files in `dir`, which is made if it is not there: an index may be deleted at any time.
fn ours(dir: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::io(dir.display(), &error);
    fs::create_dir_all(dir).map_err(failed)?;
    let entries = fs::read_dir(dir).map_err(failed)?.collect::<std::io::Result<Vec<_>>>().map_err(failed)?;
    let named = entries.into_iter().filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX));
    Ok(named.map(|entry| entry.path()).collect())
}

fn file(dir: &Path, stamp: Id, extension: &str) -> PathBuf {
    dir.join(format!("{PREFIX}{stamp}.{extension}"))
}

fn unfinished(dir: &Path, stamp: Id, extension: &str) -> PathBuf {
    dir.join(format!("{PREFIX}{stamp}.{extension}.{UNFINISHED}"))
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let size = fs::metadata(path).map_err(|error| Error::io(path.display(), &error))?.len();
    if size > limit {
        return Err(wrong(path, format_args!("has {size} bytes, more than {limit}")));
    }
    fs::read(path).map_err(|error| Error::io(path.display(), &error))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = File::create(path).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map_err(|error| Error::io(path.display(), &error))
}

fn sync(path: &Path) -> Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|error| Error::io(path.display(), &error))
}

fn hash(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let read = File::open(path).and_then(|file| hasher.update_reader(file).map(|_| ()));
    read.map_err(|error| Error::io(path.display(), &error))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Corrupt, format!("{} {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_beyond_the_limit_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = file(home.path(), Id(1), MANIFEST);
        fs::write(&path, vec![b' '; MAX_MANIFEST_BYTES as usize + 1]).unwrap();
        let error = newest(home.path(), "m", 4).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Corrupt);
        assert!(error.to_string().contains("more than"), "{error}");
    }
}
