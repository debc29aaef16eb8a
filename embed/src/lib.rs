//! Text to vector to nearest.
//!
//! [`Embedder`] turns texts into unit vectors; [`MiniLm`] does it with all-MiniLM-L6-v2 and ONNX Runtime, whose files
//! [`fetch`] brings and [`look`] finds. [`VectorCache`] remembers every vector ever made, so that an index can be thrown
//! away and rebuilt without the model. [`VectorIndex`] answers "what is near this question" as one more
//! [`hydra_graph::Index`]: derived, disposable, stamped with a commit. What text a memory is embedded as is said in one
//! place, [`embedding_text`].
//!
//! This crate is synchronous, opens no socket and reads neither environment nor clock; `fetch` runs pip for what needs
//! the network. There is never a pretended embedding: without the model, meaning search says that it is off.

// What stands beside the tests names this crate as they do.
#[cfg(test)]
extern crate self as hydra_embed;

mod cache;
#[cfg(test)]
#[path = "../tests/deterministic/mod.rs"]
mod deterministic;
mod embedder;
mod embedding;
mod late;
mod minilm;
mod model;
mod recipe;
mod turns;
mod vectors;

pub use cache::{CacheKey, Place, VectorCache};
pub use embedder::Embedder;
pub use embedding::{Embedding, QuestionEmbedding, Signs, sign_bytes};
pub use minilm::MiniLm;
pub use model::{MODEL_FOLDER, MODEL_NAME, ModelDir, fetch, look};
pub use recipe::{RECIPE, embedding_text};
pub use vectors::VectorIndex;
