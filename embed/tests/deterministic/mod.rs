//! A stand-in for a model, for tests only: it knows words, not meaning.
//!
//! It stands beside the tests and in no library: a pretended embedding that is a fallback answers wrongly without anybody
//! noticing.

use std::sync::atomic::{AtomicUsize, Ordering};

use hydra_embed::{Embedder, Embedding, QuestionEmbedding};
use hydra_graph::Result;

/// Maps each word to a fixed direction and a text to the normalised sum of its words.
pub struct Deterministic {
    name: String,
    dimensions: usize,
    embedded: AtomicUsize,
}

impl Deterministic {
    /// Makes one; the name goes into caches and indexes as a real model's does.
    pub fn new(name: &str, dimensions: usize) -> Self {
        Self { name: name.to_owned(), dimensions, embedded: AtomicUsize::new(0) }
    }

    /// Returns how many texts it embedded so far, questions included: tests count work, not time.
    pub fn embedded(&self) -> usize {
        self.embedded.load(Ordering::Relaxed)
    }

    fn embedding(&self, text: &str) -> (Embedding, Vec<(Vec<f32>, f32)>) {
        self.embedded.fetch_add(1, Ordering::Relaxed);
        let mut sum = vec![0.0_f32; self.dimensions];
        let mut made = Embedding::default();
        let mut tokens = Vec::new();
        // The empty word keeps a text without words from having length zero.
        for word in std::iter::once("").chain(text.split_whitespace()) {
            let mut bytes = vec![0; 2 * self.dimensions];
            blake3::Hasher::new().update(word.as_bytes()).finalize_xof().fill(&mut bytes);
            let weight = if word.is_empty() { 0.01 } else { 1.0 };
            let pairs = bytes.chunks_exact(2);
            let token: Vec<f32> =
                pairs.map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect();
            sum.iter_mut().zip(&token).for_each(|(sum, x)| *sum += weight * x);
            if !word.is_empty() {
                made.tokens.push(&token);
                tokens.push((token, 1.0));
            }
        }
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        made.vector = sum.iter().map(|number| number / length).collect();
        (made, tokens)
    }
}

impl Embedder for Deterministic {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn ready(&self) -> Result<()> {
        Ok(())
    }

    fn embed(&self, texts: &[String]) -> Result<Vec<Embedding>> {
        Ok(texts.iter().map(|text| self.embedding(text).0).collect())
    }

    fn embed_query(&self, text: &str) -> Result<QuestionEmbedding> {
        let (made, tokens) = self.embedding(text);
        Ok(QuestionEmbedding { vector: made.vector.into(), tokens: tokens.into() })
    }
}
