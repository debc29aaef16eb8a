//! Remembers every vector ever made, so that no text is embedded twice for one model.
//!
//! The file is a header and then records of one size: key, vector in half precision, CRC-32 of both. It is only ever
//! appended to, and never fsynced: what a crash takes away costs an embedding, nothing else. Nothing is trusted that
//! does not pass its checksum. One process owns the file.
//!
//! It grows by 788 bytes for each distinct text (384 dimensions), also for texts long gone, until [`VectorCache::compact`]
//! says which to keep. Vectors tell something about the text they were made from: after forgetting for good, compact.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use half::f16;
use half::slice::HalfFloatSliceExt;
use hydra_graph::{Error, Result};
use parking_lot::Mutex;

use crate::embedder::Embedder;

/// What a vector is found by: half a BLAKE3 of the model's name and the text.
pub type CacheKey = [u8; KEY_BYTES];

const KEY_BYTES: usize = 16;
const CRC_BYTES: usize = 4;
const MAGIC: &[u8; 8] = b"hydravc1";
/// At this many vectors (1.5 GB with 384 dimensions) the cache takes no more; everything works on, only slower.
const MAX_RECORDS: usize = if cfg!(test) { 40 } else { 2_000_000 };

/// Vectors by text, on disk; in memory only the keys.
pub struct VectorCache {
    path: PathBuf,
    embedder: String,
    dimensions: usize,
    /// Guards the file's end and the map. Nothing slow happens inside but the first read of all keys.
    records: Mutex<Option<Records>>,
}

struct Records {
    file: File,
    /// Where the first record begins.
    start: u64,
    /// Records in the file, overwritten keys included.
    count: u32,
    places: HashMap<CacheKey, u32>,
}

impl VectorCache {
    /// Names the file and the model it is for. The file is opened when it is first needed; one of another model, or one
    /// that is no cache, is replaced.
    pub fn new(path: impl Into<PathBuf>, embedder: &str, dimensions: usize) -> Self {
        Self { path: path.into(), embedder: embedder.to_owned(), dimensions, records: Mutex::new(None) }
    }

    /// Says whether it is for the vectors of this embedder.
    pub(crate) fn is_of(&self, embedder: &dyn Embedder) -> bool {
        self.embedder == embedder.name() && self.dimensions == embedder.dimensions()
    }

    /// Returns the key of a text.
    pub fn key(&self, text: &str) -> CacheKey {
        let mut hasher = blake3::Hasher::new();
        // The zero byte keeps (name, text) pairs apart: no model's name holds one.
        hasher.update(self.embedder.as_bytes()).update(&[0]).update(text.as_bytes());
        *hasher.finalize().as_bytes().first_chunk().expect("a BLAKE3 hash has 32 bytes")
    }

    /// Returns a vector, if there is one whose checksum holds.
    pub fn get(&self, key: &CacheKey) -> Result<Option<Vec<f32>>> {
        self.with(|records| {
            let Some(place) = records.places.get(key).copied() else { return Ok(None) };
            let mut record = vec![0; self.record_bytes()];
            let at = records.start + u64::from(place) * record.len() as u64;
            records.file.read_exact_at(&mut record, at).map_err(|error| Error::io(self.path.display(), &error))?;
            let vector = decode(&record, key);
            if vector.is_none() {
                // A flipped byte or a tail that a power cut left unwritten: the next `put` writes it again.
                records.places.remove(key);
            }
            Ok(vector)
        })
    }

    /// Adds vectors; those it has already are skipped.
    pub fn put(&self, vectors: &[(CacheKey, &[f32])]) -> Result<()> {
        self.with(|records| {
            let mut written = Vec::new();
            let mut added = Vec::new();
            for (key, vector) in vectors {
                let full = records.places.len() + added.len() >= MAX_RECORDS;
                if full || vector.len() != self.dimensions || records.places.contains_key(key) {
                    continue;
                }
                written.extend_from_slice(&encode(key, vector));
                added.push(*key);
            }
            let size = self.record_bytes() as u64;
            let end = records.start + u64::from(records.count) * size;
            // What a full disk leaves of the last record is not counted either.
            records.file.write_all_at(&written, end).map_err(|error| Error::io(self.path.display(), &error))?;
            for key in added {
                records.places.insert(key, records.count);
                records.count += 1;
            }
            Ok(())
        })
    }

    /// Returns how many vectors it holds.
    pub fn count(&self) -> Result<usize> {
        self.with(|records| Ok(records.places.len()))
    }

    /// Rewrites the file with only the vectors that `keep` wants; a crash meanwhile leaves the old file.
    pub fn compact(&self, keep: impl Fn(&CacheKey) -> bool) -> Result<()> {
        self.with(|records| {
            let new = self.path.with_extension("compacting");
            let failed = |error| Error::io(new.display(), &error);
            let mut out = BufWriter::new(File::create(&new).map_err(failed)?);
            out.write_all(&self.header()).map_err(failed)?;
            let mut record = vec![0; self.record_bytes()];
            for (key, place) in records.places.iter().filter(|(key, _)| keep(key)) {
                let at = records.start + u64::from(*place) * record.len() as u64;
                records.file.read_exact_at(&mut record, at).map_err(|error| Error::io(self.path.display(), &error))?;
                if decode(&record, key).is_some() {
                    out.write_all(&record).map_err(failed)?;
                }
            }
            let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
            file.sync_all().map_err(failed)?;
            fs::rename(&new, &self.path).map_err(|error| Error::io(self.path.display(), &error))?;
            *records = self.open()?;
            Ok(())
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Records) -> Result<T>) -> Result<T> {
        let mut guard = self.records.lock();
        if guard.is_none() {
            *guard = Some(self.open()?);
        }
        work(guard.as_mut().expect("it was just opened"))
    }

    /// Opens the file, making or replacing it if need be, and reads all keys. Records are checked when they are read.
    fn open(&self) -> Result<Records> {
        let failed = |error| Error::io(self.path.display(), &error);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(&self.path).map_err(failed)?;
        let header = self.header();
        if !starts_with(&file, &header) {
            if file.metadata().map_err(failed)?.len() > 0 {
                tracing::info!(path = %self.path.display(), "vector cache of another model or format, starting a new one");
            }
            file.set_len(0).map_err(failed)?;
            file.write_all_at(&header, 0).map_err(failed)?;
        }
        let (start, size) = (header.len() as u64, self.record_bytes() as u64);
        // A record that a crash cut off is not counted, and the next one is written over it.
        let whole = (file.metadata().map_err(failed)?.len() - start) / size;
        let count = whole.min(u64::from(u32::MAX)) as u32;
        let places = keys(&file, start, count, self.record_bytes()).map_err(failed)?;
        Ok(Records { file, start, count, places })
    }

    fn header(&self) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&(self.dimensions as u32).to_le_bytes());
        header.extend_from_slice(&(self.embedder.len() as u32).to_le_bytes());
        header.extend_from_slice(self.embedder.as_bytes());
        header
    }

    fn record_bytes(&self) -> usize {
        KEY_BYTES + 2 * self.dimensions + CRC_BYTES
    }
}

fn starts_with(file: &File, header: &[u8]) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact_at(&mut found, 0).is_ok() && found == header
}

/// Reads the key of every record; of two with the same key the later counts.
fn keys(file: &File, start: u64, count: u32, size: usize) -> std::io::Result<HashMap<CacheKey, u32>> {
    let mut places = HashMap::with_capacity(count as usize);
    let mut reader = BufReader::with_capacity(1 << 18, file);
    std::io::copy(&mut reader.by_ref().take(start), &mut std::io::sink())?;
    let mut record = vec![0; size];
    for place in 0..count {
        reader.read_exact(&mut record)?;
        places.insert(*record.first_chunk().expect("a record begins with a key"), place);
    }
    Ok(places)
}

fn encode(key: &CacheKey, vector: &[f32]) -> Vec<u8> {
    let mut record = key.to_vec();
    for number in vector {
        record.extend_from_slice(&f16::from_f32(*number).to_le_bytes());
    }
    let crc = crc32fast::hash(&record);
    record.extend_from_slice(&crc.to_le_bytes());
    record
}

fn decode(record: &[u8], key: &CacheKey) -> Option<Vec<f32>> {
    let (body, crc) = record.split_last_chunk::<CRC_BYTES>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) || !body.starts_with(key) {
        return None;
    }
    let numbers: Vec<f16> =
        body[KEY_BYTES..].chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut vector = vec![0.0; numbers.len()];
    numbers.convert_to_f32_slice(&mut vector);
    Some(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_takes_no_more_and_still_answers() {
        let home = tempfile::tempdir().unwrap();
        let cache = VectorCache::new(home.path().join("c"), "m", 2);
        let keys: Vec<CacheKey> = (0..=MAX_RECORDS).map(|number| cache.key(&number.to_string())).collect();
        for key in &keys {
            cache.put(&[(*key, &[0.5, -0.5])]).unwrap();
        }
        assert_eq!(cache.count().unwrap(), MAX_RECORDS);
        assert_eq!(cache.get(&keys[0]).unwrap(), Some(vec![0.5, -0.5]));
        assert_eq!(cache.get(&keys[MAX_RECORDS]).unwrap(), None);
    }
}
