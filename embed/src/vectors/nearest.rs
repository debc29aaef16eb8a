//! The search structure itself: usearch, the ids that are in it, and where the cache has the rest of each.
//!
//! usearch's own rules, found by trying: it never grows by itself; a key must be removed before it is added again; a
//! mapped index is read-only; more callers at once than were announced are refused; it neither checks that numbers are
//! finite nor lists its keys. This type keeps those rules and shows none of them.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use hydra_graph::{Error, ErrorKind, Id, IndexQuery, Result, Scored};
use usearch::Index;
use usearch::ffi::{IndexOptions, MetricKind, ScalarKind};

use crate::cache::{CacheKey, Place};

/// Links per node, and how far to look when adding and when searching: recall@10 of .999 on 100,000 vectors of 384.
const CONNECTIVITY: usize = 16;
const EXPANSION_ADD: usize = 128;
const EXPANSION_SEARCH: usize = 64;
/// Below this, comparing with every vector is as fast as walking the graph, and exact.
const EXACT_BELOW: usize = 1_000;
/// Room is made for at least so many vectors at a time, then by doubling.
const MIN_GROWTH: usize = 1_024;
/// So many threads may search at once; the rest wait (see `Gate`). Each costs usearch a few kilobytes.
pub(super) const MAX_THREADS: usize = 16;
/// usearch marks free places with this key.
const FREE_KEY: u64 = u64::MAX;

/// The place of a record that the cache did not take.
pub(super) const NOWHERE: Place = Place::MAX;

/// Where the cache has the embedding of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CacheRecord {
    pub key: CacheKey,
    pub place: Place,
}

/// Vectors by id. Reading is `&self`, changing is `&mut self`: the caller's lock does the rest.
pub(super) struct Nearest {
    index: Index,
    records: BTreeMap<Id, CacheRecord>,
    mapped: bool,
}

impl Nearest {
    /// Makes an empty one.
    pub(super) fn empty(dimensions: usize) -> Result<Self> {
        let index = make(dimensions)?;
        index.reserve_capacity_and_threads(MIN_GROWTH, MAX_THREADS).map_err(failed)?;
        Ok(Self { index, records: BTreeMap::new(), mapped: false })
    }

    /// Maps a saved file into memory: fast, shared with the page cache, and read-only.
    pub(super) fn map(path: &Path, dimensions: usize, records: BTreeMap<Id, CacheRecord>) -> Result<Self> {
        let index = make(dimensions)?;
        index.reserve_capacity_and_threads(0, MAX_THREADS).map_err(failed)?;
        index.view(spelled(path)?).map_err(failed)?;
        Self { index, records, mapped: true }.checked(dimensions)
    }

    /// Reads a saved file into memory of its own, to be changed.
    pub(super) fn load(path: &Path, dimensions: usize, records: BTreeMap<Id, CacheRecord>) -> Result<Self> {
        let index = make(dimensions)?;
        index.reserve_capacity_and_threads(0, MAX_THREADS).map_err(failed)?;
        index.load(spelled(path)?).map_err(failed)?;
        let room = index.size() + MIN_GROWTH;
        index.reserve_capacity_and_threads(room, MAX_THREADS).map_err(failed)?;
        Self { index, records, mapped: false }.checked(dimensions)
    }

    fn checked(self, dimensions: usize) -> Result<Self> {
        if self.index.dimensions() == dimensions && self.index.size() == self.records.len() {
            return Ok(self);
        }
        Err(Error::new(ErrorKind::Corrupt, "the vectors on disk do not go with their list of ids"))
    }

    /// Says whether it is mapped, and so cannot be changed.
    pub(super) fn is_mapped(&self) -> bool {
        self.mapped
    }

    /// Returns the ids it holds, and where the cache has the embedding of each.
    pub(super) fn records(&self) -> &BTreeMap<Id, CacheRecord> {
        &self.records
    }

    /// Returns where the cache has the embedding of one.
    pub(super) fn record(&self, id: Id) -> Option<CacheRecord> {
        self.records.get(&id).copied()
    }

    /// Sets the vector of `id`; a vector that is not finite or has no direction is refused.
    pub(super) fn put(&mut self, id: Id, vector: &[f32], record: CacheRecord) -> Result<()> {
        if !is_direction(vector) || id.0 == FREE_KEY {
            return Err(Error::new(ErrorKind::Invalid, format!("{id} cannot be indexed: no vector, or no id of ours")));
        }
        self.remove(id)?;
        if self.index.size() + 1 >= self.index.capacity() {
            let room = self.index.capacity() + self.index.capacity().max(MIN_GROWTH);
            self.index.reserve_capacity_and_threads(room, MAX_THREADS).map_err(failed)?;
        }
        self.index.add(id.0, vector).map_err(failed)?;
        self.records.insert(id, record);
        Ok(())
    }

    /// Takes `id` out, if it is in.
    pub(super) fn remove(&mut self, id: Id) -> Result<()> {
        if self.records.remove(&id).is_some() {
            self.index.remove(id.0).map_err(failed)?;
        }
        Ok(())
    }

    /// Makes another with the same vectors but those of `ids`, and with what `place` says of each key: usearch keeps the
    /// vector of what was removed in its place until that is needed, also on disk.
    pub(super) fn without(
        &self,
        ids: &[Id],
        dimensions: usize,
        place: impl Fn(&CacheKey) -> Result<Option<Place>>,
    ) -> Result<Self> {
        let gone: HashSet<Id> = ids.iter().copied().collect();
        let mut new = Self::empty(dimensions)?;
        let mut vector = vec![0.0; dimensions];
        for (id, record) in self.records.iter().filter(|(id, _)| !gone.contains(id)) {
            if self.index.get(id.0, &mut vector).map_err(failed)? > 0 {
                let place = place(&record.key)?.unwrap_or(NOWHERE);
                new.put(*id, &vector, CacheRecord { key: record.key, place })?;
            }
        }
        Ok(new)
    }

    /// Returns the nearest by cosine that the query wants, best first.
    pub(super) fn search(&self, question: &[f32], query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        let limit = query.limit.min(self.records.len());
        if limit == 0 {
            return Ok(Vec::new());
        }
        let past = query.past.filter(|past| !past.is_empty());
        let is_wanted =
            |id: Id| past.is_none_or(|past| !past.contains(&id)) && query.newest.is_none_or(|newest| id <= newest);
        let is_filtered = past.is_some() || query.newest.is_some();
        let found = if self.records.len() < EXACT_BELOW {
            // Whoever asks for few of few gets them all, and keeps the first that are wanted.
            let all = if is_filtered { self.records.len() } else { limit };
            self.index.exact_search(question, all)
        } else if is_filtered {
            self.index.filtered_search(question, limit, |key| is_wanted(Id(key)))
        } else {
            self.index.search(question, limit)
        };
        let found = found.map_err(failed)?;
        let pairs = found.keys.iter().zip(&found.distances);
        let scored = pairs.map(|(key, distance)| Scored { id: Id(*key), score: 1.0 - distance });
        Ok(scored.filter(|scored| is_wanted(scored.id)).take(limit).collect())
    }

    /// Returns the cosine of each of `ids` to the question, where it holds that id.
    pub(super) fn scores(&self, question: &[f32], ids: &[Id]) -> Result<Vec<Option<f32>>> {
        let mut vector = vec![0.0; question.len()];
        let score = |id: &Id| {
            if !self.records.contains_key(id) || self.index.get(id.0, &mut vector).map_err(failed)? == 0 {
                return Ok(None);
            }
            Ok(Some(cosine(question, &vector)))
        };
        ids.iter().map(score).collect()
    }

    /// Returns the vector of an id that it holds.
    pub(super) fn vector(&self, id: Id, dimensions: usize) -> Result<Option<Vec<f32>>> {
        let mut vector = vec![0.0; dimensions];
        let is_there = self.records.contains_key(&id) && self.index.get(id.0, &mut vector).map_err(failed)? > 0;
        Ok(is_there.then_some(vector))
    }

    /// Writes everything to `path`, without fsync.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        self.index.save(spelled(path)?).map_err(|error| failed(error).context(path.display()))
    }
}

/// Says whether a vector is finite and points somewhere.
pub(super) fn is_direction(vector: &[f32]) -> bool {
    let square = vector.iter().map(|number| number * number).sum::<f32>();
    square.is_finite() && square > 0.0
}

fn make(dimensions: usize) -> Result<Index> {
    let options = IndexOptions {
        dimensions,
        metric: MetricKind::Cos,
        quantization: ScalarKind::F16,
        connectivity: CONNECTIVITY,
        expansion_add: EXPANSION_ADD,
        expansion_search: EXPANSION_SEARCH,
        multi: false,
    };
    Index::new(&options).map_err(failed)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// usearch takes paths as UTF-8 only.
fn spelled(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("{} is not UTF-8", path.display())).hint("choose another data folder")
    })
}

fn failed(error: impl std::fmt::Display) -> Error {
    let words = error.to_string();
    let kind = if words.contains("No space left") { ErrorKind::Full } else { ErrorKind::Io };
    Error::new(kind, format!("vector index: {words}"))
}
