//! What turns text into vectors.

use hydra_graph::Result;

use crate::embedding::{Embedding, QuestionEmbedding};

/// A model that maps texts to unit vectors: the closer the meaning, the larger the dot product.
pub trait Embedder: Send + Sync {
    /// Returns the model's name and revision, such as `all-MiniLM-L6-v2@1110a243`. Vectors of different names are never
    /// compared; the format of the model's file is no part of it.
    fn name(&self) -> &str;

    /// Returns the length of every vector.
    fn dimensions(&self) -> usize;

    /// Says whether it can embed now, as far as that shows without loading anything; the error holds the next step.
    fn ready(&self) -> Result<()>;

    /// Embeds texts for storage, in the order of `texts`. Meant for background work: it lets questions go first.
    ///
    /// Fails with [`hydra_graph::ErrorKind::Unavailable`] when there is no model.
    fn embed(&self, texts: &[String]) -> Result<Vec<Embedding>>;

    /// Embeds one question, ahead of any background work that waits.
    fn embed_query(&self, text: &str) -> Result<QuestionEmbedding>;
}
