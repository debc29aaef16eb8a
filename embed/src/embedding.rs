//! What a model makes of a text: one vector for the whole, and a sketch of each word piece for late interaction.

use std::sync::Arc;

/// A text as it is stored.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Embedding {
    /// The text as a whole, L2-normalised.
    pub vector: Vec<f32>,
    /// Its word pieces.
    pub tokens: Signs,
}

/// The signs of token vectors, one bit a dimension, [`sign_bytes`] bytes a token.
///
/// They rank about as well as vectors in half precision, at a sixteenth of the size: 48 bytes a token, 12 KB for the
/// longest text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Signs(pub Vec<u8>);

impl Signs {
    /// Adds a token vector.
    pub fn push(&mut self, token: &[f32]) {
        for eight in token.chunks(8) {
            let byte = eight.iter().enumerate().fold(0u8, |byte, (bit, x)| byte | (u8::from(*x > 0.0) << bit));
            self.0.push(byte);
        }
    }

    /// Counts the tokens.
    pub fn count(&self, dimensions: usize) -> usize {
        self.0.len() / sign_bytes(dimensions)
    }
}

/// Bytes that the signs of one token take.
pub fn sign_bytes(dimensions: usize) -> usize {
    dimensions.div_ceil(8)
}

/// A question as it is compared; cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionEmbedding {
    /// The question as a whole, L2-normalised.
    pub vector: Arc<[f32]>,
    /// Its word pieces, each L2-normalised, and how much each counts.
    pub tokens: Arc<[(Vec<f32>, f32)]>,
}
