//! Opens a memory with everything that belongs to it.

use std::sync::Arc;
use std::time::Duration;

use hydra_embed::{Embedder as _, MiniLm, VectorCache, VectorIndex};
use hydra_graph::{Clock, Index as _, Memory, Options, Policy, Result, Timestamp};

use crate::config::Config;
use crate::folder;

/// How often the vector index is saved while it changes: a save writes the whole file, and a crash costs only the work
/// since the last one, of which the cache of vectors keeps the expensive part.
const VECTOR_FLUSH_EVERY: Duration = Duration::from_secs(60);

/// Opens the memory of a configuration with its full-text index. `holder` is told to whoever finds it locked.
///
/// # Errors
/// As [`Memory::open`]; `Invalid` when the data folder is something else.
pub fn open(config: &Config, holder: &str) -> Result<Memory> {
    folder::prepare(&config.data_dir)?;
    let memory = Memory::open(&config.data_dir, Options { clock: clock(), holder: holder.to_owned() })?;
    let (kinds, least_confidence) = (config.accept_kinds.clone(), config.accept_confidence);
    memory.set_policy(Policy { kinds, least_confidence });
    Ok(memory)
}

/// Adds search by meaning. The model itself is loaded when it is first needed; the returned handle can do that before.
///
/// # Errors
/// When the index's folder can't be used.
pub fn attach_vectors(config: &Config, memory: &Memory) -> Result<Arc<MiniLm>> {
    let model = model(config);
    attach_model(config, memory, &model)?;
    Ok(model)
}

/// Names the model of a configuration, without loading it.
pub fn model(config: &Config) -> Arc<MiniLm> {
    Arc::new(MiniLm::new(config.model_dirs(), config.embed_threads))
}

/// As [`attach_vectors`], with a model that several memories share.
///
/// # Errors
/// When the index's folder can't be used.
pub fn attach_model(config: &Config, memory: &Memory, model: &Arc<MiniLm>) -> Result<()> {
    // Beside the indexes and not among them: deleting those must not cost every embedding.
    let cache = VectorCache::new(config.data_dir.join("vectors.cache"), model.name(), model.dimensions());
    let index = VectorIndex::open(&config.data_dir.join("index").join("vector"), Arc::clone(model) as _, cache)?;
    if let Some(reason) = index.degraded() {
        tracing::warn!("search by meaning is off: {reason}; words and links are searched");
    }
    memory.attach(Arc::new(index), VECTOR_FLUSH_EVERY);
    Ok(())
}

/// The machine's clock: the only one there is outside of tests.
pub fn clock() -> Clock {
    Arc::new(now)
}

/// Returns the time.
pub fn now() -> Timestamp {
    Timestamp::from_millis(jiff::Timestamp::now().as_millisecond())
}
