//! The vector index: what is near a question in meaning.
//!
//! Derived and disposable. A saved generation is opened by mapping it, which takes milliseconds and no memory of its
//! own, and needs no model; it is read into memory only before the first change. Whatever is wrong with it (missing,
//! cut, a flipped byte, another model or recipe) means the same: start over with no stamp.

mod gate;
mod generation;
mod nearest;
mod questions;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hydra_graph::{Error, ErrorKind, Id, Index, IndexQuery, Meant, Result, Scored, Update};
use parking_lot::{Mutex, RwLock};

use crate::cache::{CacheKey, Place, VectorCache};
use crate::embedder::Embedder;
use crate::embedding::{Embedding, Signs};
use crate::late::LateQuestion;
use crate::recipe::embedding_text;
use gate::Gate;
use nearest::{CacheRecord, MAX_THREADS, NOWHERE, Nearest, is_direction};
use questions::Questions;

/// Texts embedded and put in at a time: bounds memory, and what a failure in the middle throws away.
const CHUNK: usize = 64;

/// Vectors of every recallable text, by id.
pub struct VectorIndex {
    dir: PathBuf,
    embedder: Arc<dyn Embedder>,
    cache: VectorCache,
    questions: Questions,
    gate: Gate,
    /// Guards the structure. Written to for one vector at a time, so that a question waits a millisecond at most.
    nearest: RwLock<Nearest>,
    /// Held by whoever changes or saves. Saving reads for half a second; a writer queueing at the lock above meanwhile
    /// would keep every new reader out.
    writing: Mutex<Saved>,
    /// What [`Index::stamp`] returns; guards nothing else.
    stamp: Mutex<Option<Id>>,
    cache_failed: AtomicBool,
}

/// What goes into the index of one text.
#[derive(Clone)]
struct Entry {
    vector: Vec<f32>,
    record: CacheRecord,
}

/// The generation on disk.
struct Saved {
    stamp: Option<Id>,
    vectors: PathBuf,
}

impl VectorIndex {
    /// Opens the index in the folder `dir`, making it if need be. The embedder is asked for its name and dimensions only.
    ///
    /// `cache` must be of the same embedder, and live outside `dir`, so that deleting the index does not cost every
    /// embedding. One process at a time may have either open: the lock on the store sees to that.
    pub fn open(dir: &Path, embedder: Arc<dyn Embedder>, cache: VectorCache) -> Result<Self> {
        if !cache.is_of(embedder.as_ref()) {
            // Vectors of two models in one index would be wrong without a sign.
            let message = format!("the vector cache is not of the model {}", embedder.name());
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let (nearest, saved) = match opened(dir, embedder.as_ref()) {
            Ok(Some(found)) => found,
            Ok(None) => fresh(embedder.dimensions())?,
            Err(error) => {
                tracing::warn!(%error, "the vector index cannot be used, building a new one");
                fresh(embedder.dimensions())?
            }
        };
        generation::clear(dir, saved.stamp)?;
        Ok(Self {
            dir: dir.to_owned(),
            embedder,
            cache,
            questions: Questions::default(),
            gate: Gate::new(MAX_THREADS),
            nearest: RwLock::new(nearest),
            stamp: Mutex::new(saved.stamp),
            writing: Mutex::new(saved),
            cache_failed: AtomicBool::new(false),
        })
    }

    /// Returns the cache of vectors, for keeping it small.
    pub fn cache(&self) -> &VectorCache {
        &self.cache
    }

    fn apply_chunk(&self, updates: &[Update]) -> Result<()> {
        let texts: Vec<Option<String>> =
            updates.iter().map(|update| update.text.as_ref().map(embedding_text)).collect();
        let entries = self.entries(&texts)?;
        let mut saved = self.writing.lock();
        if let Err(error) = self.make_writable(&saved) {
            // Someone deleted the files under us. With no stamp, the caller sends everything again.
            self.start_over(&mut saved)?;
            return Err(error.context("the saved vectors cannot be read any more, building new ones"));
        }
        for (update, entry) in updates.iter().zip(&entries) {
            let mut nearest = self.nearest.write();
            match entry {
                None => nearest.remove(update.id)?,
                // One text that a model cannot place must not stop every text behind it for ever.
                Some(entry) if !is_direction(&entry.vector) => {
                    tracing::warn!(id = %update.id, "the model gave no usable vector, so meaning search will not find it");
                    nearest.remove(update.id)?;
                }
                Some(entry) => nearest.put(update.id, &entry.vector, entry.record)?,
            }
        }
        Ok(())
    }

    /// Returns the vector of each text that is there, from the cache or the model, and where the cache has it.
    fn entries(&self, texts: &[Option<String>]) -> Result<Vec<Option<Entry>>> {
        let keys: Vec<Option<CacheKey>> =
            texts.iter().map(|text| text.as_deref().map(|text| self.cache.key(text))).collect();
        let mut known: HashMap<CacheKey, Entry> = HashMap::new();
        let mut missing: HashMap<CacheKey, &String> = HashMap::new();
        for (key, text) in keys.iter().zip(texts) {
            let (Some(key), Some(text)) = (key, text) else { continue };
            match self.cache.get(key).unwrap_or_else(|error| self.cache_trouble(None, &error)) {
                Some((found, place)) => {
                    known.insert(*key, Entry { vector: found.vector, record: CacheRecord { key: *key, place } });
                }
                None => {
                    missing.insert(*key, text);
                }
            }
        }
        let (missing_keys, missing_texts): (Vec<CacheKey>, Vec<String>) =
            missing.into_iter().map(|(key, text)| (key, text.clone())).unzip();
        let made = if missing_texts.is_empty() { Vec::new() } else { self.embedder.embed(&missing_texts)? };
        let new = missing_keys.iter().copied().zip(&made);
        let usable: Vec<(CacheKey, &Embedding)> = new.filter(|(_, made)| is_direction(&made.vector)).collect();
        let places = self.cache.put(&usable).unwrap_or_else(|error| self.cache_trouble(Vec::new(), &error));
        let places: HashMap<CacheKey, Place> =
            usable.iter().zip(places).filter_map(|((key, _), place)| Some((*key, place?))).collect();
        known.extend(missing_keys.into_iter().zip(made).map(|(key, made)| {
            let place = places.get(&key).copied().unwrap_or(NOWHERE);
            (key, Entry { vector: made.vector, record: CacheRecord { key, place } })
        }));
        Ok(keys.iter().map(|key| key.as_ref().and_then(|key| known.get(key).cloned())).collect())
    }

    /// Returns the word pieces of a text, if the cache still has them where it had them.
    fn tokens(&self, record: CacheRecord) -> Option<Signs> {
        if record.place == NOWHERE {
            return None;
        }
        let found = self.cache.tokens_at(record.place, &record.key).unwrap_or_else(|e| self.cache_trouble(None, &e));
        // Compacting moves records: then the map knows.
        found.or_else(|| self.cache.get(&record.key).ok().flatten().map(|(embedding, _)| embedding.tokens))
    }

    /// Goes on without the cache, saying so once: without it everything is right, only slower.
    fn cache_trouble<T>(&self, instead: T, error: &Error) -> T {
        if !self.cache_failed.swap(true, Ordering::Relaxed) {
            tracing::warn!(%error, "the vector cache does not work, texts may be embedded again");
        }
        instead
    }

    /// Reads a mapped generation into memory. Questions go on with the map until the two are exchanged.
    fn make_writable(&self, saved: &Saved) -> Result<()> {
        let records = {
            let nearest = self.nearest.read();
            if !nearest.is_mapped() {
                return Ok(());
            }
            nearest.records().clone()
        };
        let loaded = Nearest::load(&saved.vectors, self.embedder.dimensions(), records)?;
        *self.nearest.write() = loaded;
        Ok(())
    }

    fn start_over(&self, saved: &mut Saved) -> Result<()> {
        let (nearest, none) = fresh(self.embedder.dimensions())?;
        *self.nearest.write() = nearest;
        *self.stamp.lock() = None;
        *saved = none;
        generation::clear(&self.dir, None)
    }
}

fn opened(dir: &Path, embedder: &dyn Embedder) -> Result<Option<(Nearest, Saved)>> {
    let dimensions = embedder.dimensions();
    let Some(found) = generation::newest(dir, embedder.name(), dimensions)? else { return Ok(None) };
    let nearest = Nearest::map(&found.vectors, dimensions, found.records)?;
    Ok(Some((nearest, Saved { stamp: Some(found.stamp), vectors: found.vectors })))
}

fn fresh(dimensions: usize) -> Result<(Nearest, Saved)> {
    Ok((Nearest::empty(dimensions)?, Saved { stamp: None, vectors: PathBuf::new() }))
}

impl Index for VectorIndex {
    fn name(&self) -> &'static str {
        "vectors"
    }

    fn stamp(&self) -> Option<Id> {
        *self.stamp.lock()
    }

    fn apply(&self, updates: &[Update]) -> Result<()> {
        updates.chunks(CHUNK).try_for_each(|chunk| self.apply_chunk(chunk))
    }

    fn seal(&self, commit: Id) -> Result<()> {
        *self.stamp.lock() = Some(commit);
        Ok(())
    }

    /// Saves under the sealed stamp. Updates applied since may be in it too: they will be sent again, and setting the
    /// same vector twice changes nothing.
    fn flush(&self) -> Result<()> {
        let mut saved = self.writing.lock();
        let sealed = *self.stamp.lock();
        let Some(stamp) = sealed.filter(|_| sealed != saved.stamp) else { return Ok(()) };
        // A commit that touched no text changes the stamp and no vector; even so a whole generation is written, for the
        // stamp is part of its name. The driver flushes rarely enough.
        let vectors = {
            let nearest = self.nearest.read();
            generation::save(&self.dir, stamp, &nearest, self.embedder.name(), self.embedder.dimensions())?
        };
        *saved = Saved { stamp: Some(stamp), vectors };
        generation::clear(&self.dir, saved.stamp)
    }

    fn reset(&self) -> Result<()> {
        self.start_over(&mut self.writing.lock())
    }

    /// Builds the structure anew from its own vectors, about a millisecond each: usearch does not give a place back.
    fn purge(&self, ids: &[Id]) -> Result<()> {
        let mut saved = self.writing.lock();
        if self.stamp.lock().is_none() && self.cache.count()? > 0 {
            // It does not know yet which embeddings it needs, and must not throw the others away.
            return Err(Error::new(ErrorKind::Unavailable, "the vector index is being built")
                .hint("what was erased is taken out of it when that is done"));
        }
        let kept: HashSet<CacheKey> = {
            let nearest = self.nearest.read();
            let gone: HashSet<&Id> = ids.iter().collect();
            nearest.records().iter().filter(|(id, _)| !gone.contains(id)).map(|(_, record)| record.key).collect()
        };
        self.cache.compact(|key| kept.contains(key))?;
        let new = self.nearest.read().without(ids, self.embedder.dimensions(), |key| self.cache.place(key))?;
        *self.nearest.write() = new;
        let Some(stamp) = *self.stamp.lock() else { return generation::clear(&self.dir, None) };
        // Gone first, so that a crash leaves nothing of the old and the index starts over, from the cache.
        generation::clear(&self.dir, None)?;
        let vectors = {
            let nearest = self.nearest.read();
            generation::save(&self.dir, stamp, &nearest, self.embedder.name(), self.embedder.dimensions())?
        };
        *saved = Saved { stamp: Some(stamp), vectors };
        Ok(())
    }

    /// Candidates come from every space: this index knows none. Ask for more than are needed and filter.
    fn search(&self, query: &IndexQuery<'_>) -> Result<Vec<Scored>> {
        let question = self.questions.embedding(query.text, self.embedder.as_ref())?;
        let _inside = self.gate.enter();
        self.nearest.read().search(&question.vector, query)
    }

    fn scores(&self, query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        let question = self.questions.embedding(query.text, self.embedder.as_ref())?;
        let _inside = self.gate.enter();
        self.nearest.read().scores(&question.vector, ids)
    }

    fn late_scores(&self, query: &IndexQuery<'_>, ids: &[Id]) -> Result<Vec<Option<f32>>> {
        let question = LateQuestion::new(&self.questions.embedding(query.text, self.embedder.as_ref())?);
        let records: Vec<Option<CacheRecord>> = {
            let nearest = self.nearest.read();
            ids.iter().map(|id| nearest.record(*id)).collect()
        };
        Ok(records.into_iter().map(|record| question.score(&self.tokens(record?)?)).collect())
    }

    fn vector(&self, of: Meant<'_>) -> Result<Option<Vec<f32>>> {
        match of {
            Meant::Text(text) => Ok(Some(self.questions.embedding(text, self.embedder.as_ref())?.vector.to_vec())),
            Meant::Id(id) => {
                let _inside = self.gate.enter();
                self.nearest.read().vector(id, self.embedder.dimensions())
            }
        }
    }

    fn ids(&self) -> Result<Vec<Id>> {
        Ok(self.nearest.read().records().keys().copied().collect())
    }

    fn degraded(&self) -> Option<String> {
        self.embedder.ready().err().map(|error| match error.next_step() {
            Some(step) => format!("{}; {step}", error.message()),
            None => error.message().to_owned(),
        })
    }
}
