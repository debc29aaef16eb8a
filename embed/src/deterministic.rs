//! A stand-in for a model, for tests only: it knows words, not meaning.
//!
//! It is compiled only with the feature `deterministic` and must never be a fallback: a pretended embedding answers
//! wrongly without anybody noticing.

use std::sync::atomic::{AtomicUsize, Ordering};

use hydra_graph::Result;

use crate::embedder::Embedder;

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

    fn vector(&self, text: &str) -> Vec<f32> {
        self.embedded.fetch_add(1, Ordering::Relaxed);
        let mut sum = vec![0.0_f32; self.dimensions];
        // The empty word keeps a text without words from having length zero.
        for word in std::iter::once("").chain(text.split_whitespace()) {
            let mut bytes = vec![0; 2 * self.dimensions];
            blake3::Hasher::new().update(word.as_bytes()).finalize_xof().fill(&mut bytes);
            let weight = if word.is_empty() { 0.01 } else { 1.0 };
            for (slot, pair) in sum.iter_mut().zip(bytes.chunks_exact(2)) {
                *slot += weight * f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0;
            }
        }
        let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
        sum.iter().map(|number| number / length).collect()
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

    fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }

    fn embed_query(&self, text: &str) -> Result<Vec<f32>> {
        Ok(self.vector(text))
    }
}
