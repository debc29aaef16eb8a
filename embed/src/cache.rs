//! Remembers every embedding ever made, so that no text is embedded twice for one model.
//!
//! The file is a header and then records: key, count of word pieces and a check of both; the vector in half precision,
//! the signs of the word pieces, and a CRC-32 of it all. It is only ever appended to, and never fsynced: what a crash
//! takes away costs an embedding, nothing else. Nothing is trusted that does not pass its checksum. One process owns it.
//!
//! It grows by 792 bytes for each distinct text (384 dimensions) and 48 for each word piece, also for texts long gone,
//! until [`VectorCache::compact`] says which to keep. Vectors tell something about the text they were made from: after
//! forgetting for good, compact.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use half::f16;
use half::slice::HalfFloatSliceExt;
use hydra_graph::{Error, Result};
use parking_lot::Mutex;

use crate::embedder::Embedder;
use crate::embedding::{Embedding, Signs, sign_bytes};

/// What an embedding is found by: half a BLAKE3 of the model's name and the text.
pub type CacheKey = [u8; KEY_BYTES];

/// Where in the file a record begins. Whoever remembers it can read the record without the map of all keys.
pub type Place = u64;

const KEY_BYTES: usize = 16;
const COUNT_BYTES: usize = 2;
/// Key, count, and the check of both: without it a flipped bit in the count would misplace all records behind it.
const HEAD_BYTES: usize = KEY_BYTES + COUNT_BYTES + 4;
const CRC_BYTES: usize = 4;
/// So far behind a damaged record the next one is looked for; the longest that is written has 13 KB.
const MAX_DAMAGE: u64 = 64 * 1024;
const MAGIC: &[u8; 8] = b"hydravc2";
/// At this many embeddings (about 4 GB with 384 dimensions) the cache takes no more; everything works on, only slower.
const MAX_RECORDS: usize = if cfg!(test) { 40 } else { 1_000_000 };

/// Embeddings by text, on disk; in memory only the keys.
pub struct VectorCache {
    path: PathBuf,
    embedder: String,
    dimensions: usize,
    /// Guards the file's end and the map. Nothing slow happens inside but the first read of all keys.
    records: Mutex<Option<Records>>,
    /// The file again, for reading at a known place without the lock or the map.
    reader: Mutex<Option<File>>,
}

struct Records {
    file: File,
    /// Where the next record goes.
    end: Place,
    places: HashMap<CacheKey, Place>,
}

impl VectorCache {
    /// Names the file and the model it is for. The file is opened when it is first needed; one of another model, or one
    /// that is no cache, is replaced.
    pub fn new(path: impl Into<PathBuf>, embedder: &str, dimensions: usize) -> Self {
        Self {
            path: path.into(),
            embedder: embedder.to_owned(),
            dimensions,
            records: Mutex::new(None),
            reader: Mutex::new(None),
        }
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

    /// Returns an embedding and its place, if there is one whose checksum holds.
    pub fn get(&self, key: &CacheKey) -> Result<Option<(Embedding, Place)>> {
        self.with(|records| {
            let Some(place) = records.places.get(key).copied() else { return Ok(None) };
            let found = self.read(&records.file, place, key)?;
            if found.is_none() {
                // A flipped byte or a tail that a power cut left unwritten: the next `put` writes it again.
                records.places.remove(key);
            }
            Ok(found.map(|embedding| (embedding, place)))
        })
    }

    /// Returns the word pieces of the record at a place, if it is still the one of `key`.
    ///
    /// Reads that one record and nothing else, however large the file is.
    pub fn tokens_at(&self, place: Place, key: &CacheKey) -> Result<Option<Signs>> {
        let mut reader = self.reader.lock();
        if reader.is_none() {
            *reader = Some(File::open(&self.path).map_err(|error| Error::io(self.path.display(), &error))?);
        }
        let file = reader.as_ref().expect("it was just opened");
        Ok(self.read(file, place, key)?.map(|embedding| embedding.tokens))
    }

    /// Adds embeddings and returns the place of each; those it has already are not written again, and when it is full
    /// there is none.
    pub fn put(&self, embeddings: &[(CacheKey, &Embedding)]) -> Result<Vec<Option<Place>>> {
        self.with(|records| {
            let mut written = Vec::new();
            let mut places = Vec::with_capacity(embeddings.len());
            let mut added: HashMap<CacheKey, Place> = HashMap::new();
            for (key, embedding) in embeddings {
                if let Some(place) = records.places.get(key).or_else(|| added.get(key)) {
                    places.push(Some(*place));
                    continue;
                }
                let full = records.places.len() + added.len() >= MAX_RECORDS;
                let record = encode(key, embedding, self.dimensions).filter(|_| !full);
                places.push(record.map(|record| {
                    let place = records.end + written.len() as u64;
                    written.extend_from_slice(&record);
                    added.insert(*key, place);
                    place
                }));
            }
            // What a full disk leaves of the last record is not counted: the next one is written over it.
            records.file.write_all_at(&written, records.end).map_err(|error| Error::io(self.path.display(), &error))?;
            records.end += written.len() as u64;
            records.places.extend(added);
            Ok(places)
        })
    }

    /// Returns where the record of a key is.
    pub(crate) fn place(&self, key: &CacheKey) -> Result<Option<Place>> {
        self.with(|records| Ok(records.places.get(key).copied()))
    }

    /// Returns how many embeddings it holds.
    pub fn count(&self) -> Result<usize> {
        self.with(|records| Ok(records.places.len()))
    }

    /// Rewrites the file with only those that `keep` wants; a crash meanwhile leaves the old file.
    pub fn compact(&self, keep: impl Fn(&CacheKey) -> bool) -> Result<()> {
        self.with(|records| {
            let new = self.path.with_extension("compacting");
            let failed = |error| Error::io(new.display(), &error);
            let mut out = BufWriter::new(File::create(&new).map_err(failed)?);
            out.write_all(&self.header()).map_err(failed)?;
            for (key, place) in records.places.iter().filter(|(key, _)| keep(key)) {
                let found = self.read(&records.file, *place, key)?;
                if let Some(record) = found.and_then(|embedding| encode(key, &embedding, self.dimensions)) {
                    out.write_all(&record).map_err(failed)?;
                }
            }
            let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
            file.sync_all().map_err(failed)?;
            fs::rename(&new, &self.path).map_err(|error| Error::io(self.path.display(), &error))?;
            // Or a power cut brings back what was erased.
            if let Some(folder) = self.path.parent() {
                File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
            }
            *records = self.open()?;
            *self.reader.lock() = None;
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
        let length = file.metadata().map_err(failed)?.len();
        let (places, end) = self.walk(&file, header.len() as u64, length).map_err(failed)?;
        Ok(Records { file, end, places })
    }

    /// Reads the head of every record; of two with the same key the later counts. Behind a damaged head the next whole
    /// one is looked for; if there is none, as a crash leaves it at the end, the next record is written over it.
    fn walk(&self, file: &File, start: Place, length: u64) -> std::io::Result<(HashMap<CacheKey, Place>, Place)> {
        let mut places = HashMap::new();
        let (mut at, mut end) = (start, start);
        while at + HEAD_BYTES as u64 <= length && at <= end + MAX_DAMAGE {
            let mut head = [0; HEAD_BYTES];
            file.read_exact_at(&mut head, at)?;
            let whole = decode_head(&head).map(|(key, count)| (key, at + self.record_bytes(count) as u64));
            match whole.filter(|(_, next)| *next <= length) {
                Some((key, next)) => {
                    places.insert(key, at);
                    (at, end) = (next, next);
                }
                None => at += 1,
            }
        }
        Ok((places, end))
    }

    fn read(&self, file: &File, place: Place, key: &CacheKey) -> Result<Option<Embedding>> {
        let failed = |error: std::io::Error| Error::io(self.path.display(), &error);
        let mut head = [0; HEAD_BYTES];
        match file.read_exact_at(&mut head, place) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other.map_err(failed)?,
        }
        let Some((_, count)) = decode_head(&head).filter(|(found, _)| found == key) else { return Ok(None) };
        let mut record = vec![0; self.record_bytes(count)];
        match file.read_exact_at(&mut record, place) {
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            other => other.map_err(failed)?,
        }
        Ok(decode(&record, self.dimensions))
    }

    fn header(&self) -> Vec<u8> {
        let mut header = MAGIC.to_vec();
        header.extend_from_slice(&(self.dimensions as u32).to_le_bytes());
        header.extend_from_slice(&(self.embedder.len() as u32).to_le_bytes());
        header.extend_from_slice(self.embedder.as_bytes());
        header
    }

    fn record_bytes(&self, tokens: usize) -> usize {
        HEAD_BYTES + 2 * self.dimensions + tokens * sign_bytes(self.dimensions) + CRC_BYTES
    }
}

fn starts_with(file: &File, header: &[u8]) -> bool {
    let mut found = vec![0; header.len()];
    file.read_exact_at(&mut found, 0).is_ok() && found == header
}

/// `None` for an embedding of another model's shape.
fn encode(key: &CacheKey, embedding: &Embedding, dimensions: usize) -> Option<Vec<u8>> {
    let count = u16::try_from(embedding.tokens.count(dimensions)).ok()?;
    let is_whole = embedding.tokens.0.len() == usize::from(count) * sign_bytes(dimensions);
    if embedding.vector.len() != dimensions || !is_whole {
        return None;
    }
    let mut record = key.to_vec();
    record.extend_from_slice(&count.to_le_bytes());
    record.extend_from_slice(&crc32fast::hash(&record).to_le_bytes());
    for number in &embedding.vector {
        record.extend_from_slice(&f16::from_f32(*number).to_le_bytes());
    }
    record.extend_from_slice(&embedding.tokens.0);
    let crc = crc32fast::hash(&record);
    record.extend_from_slice(&crc.to_le_bytes());
    Some(record)
}

fn decode_head(head: &[u8; HEAD_BYTES]) -> Option<(CacheKey, usize)> {
    let (said, crc) = head.split_last_chunk::<CRC_BYTES>()?;
    let key = *said.first_chunk::<KEY_BYTES>()?;
    let count = u16::from_le_bytes(*said.last_chunk::<COUNT_BYTES>()?);
    (crc32fast::hash(said) == u32::from_le_bytes(*crc)).then_some((key, usize::from(count)))
}

fn decode(record: &[u8], dimensions: usize) -> Option<Embedding> {
    let (body, crc) = record.split_last_chunk::<CRC_BYTES>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*crc) {
        return None;
    }
    let (vector, tokens) = body.get(HEAD_BYTES..)?.split_at_checked(2 * dimensions)?;
    let numbers: Vec<f16> = vector.as_chunks::<2>().0.iter().map(|pair| f16::from_le_bytes(*pair)).collect();
    let mut vector = vec![0.0; numbers.len()];
    numbers.convert_to_f32_slice(&mut vector);
    Some(Embedding { vector, tokens: Signs(tokens.to_vec()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_takes_no_more_and_still_answers() {
        let home = tempfile::tempdir().unwrap();
        let cache = VectorCache::new(home.path().join("c"), "m", 2);
        let keys: Vec<CacheKey> = (0..=MAX_RECORDS).map(|number| cache.key(&number.to_string())).collect();
        let embedding = Embedding { vector: vec![0.5, -0.5], tokens: Signs(vec![1]) };
        for key in &keys {
            cache.put(&[(*key, &embedding)]).unwrap();
        }
        assert_eq!(cache.count().unwrap(), MAX_RECORDS);
        assert_eq!(cache.get(&keys[0]).unwrap().unwrap().0, embedding);
        assert_eq!(cache.get(&keys[MAX_RECORDS]).unwrap(), None);
    }

    #[test]
    fn an_embedding_of_another_shape_is_not_taken_and_harms_no_other() {
        let home = tempfile::tempdir().unwrap();
        let cache = VectorCache::new(home.path().join("c"), "m", 16);
        let [odd, short, good] = ["odd", "short", "good"].map(|text| cache.key(text));
        let whole = Embedding { vector: vec![0.25; 16], tokens: Signs(vec![1, 2, 3, 4]) };
        let ragged = Embedding { tokens: Signs(vec![1, 2, 3]), ..whole.clone() };
        let narrow = Embedding { vector: vec![0.25; 8], ..whole.clone() };
        let places = cache.put(&[(odd, &ragged), (short, &narrow), (good, &whole)]).unwrap();
        assert_eq!(places.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true]);
        let again = VectorCache::new(home.path().join("c"), "m", 16);
        assert_eq!(again.count().unwrap(), 1);
        assert_eq!(again.get(&good).unwrap().map(|(found, _)| found), Some(whole));
    }
}
