//! The embeddings of the latest questions: one recall asks the same thing several times.

use hydra_graph::Result;
use parking_lot::Mutex;
use std::collections::VecDeque;

use crate::embedder::Embedder;
use crate::embedding::QuestionEmbedding;

/// So many questions are remembered, 1.5 kB for each word piece.
const MAX_QUESTIONS: usize = 64;

/// The latest questions, by hash as they may be long, and their embeddings; the newest at the back.
#[derive(Default)]
pub(super) struct Questions(
    /// Guards the list only; never held while embedding.
    Mutex<VecDeque<(blake3::Hash, QuestionEmbedding)>>,
);

impl Questions {
    /// Returns the embedding of a question, made if it was not asked lately.
    pub(super) fn embedding(&self, text: &str, embedder: &dyn Embedder) -> Result<QuestionEmbedding> {
        let hash = blake3::hash(text.as_bytes());
        if let Some(known) = self.recall(hash) {
            return Ok(known);
        }
        let embedding = embedder.embed_query(text)?;
        let mut list = self.0.lock();
        if list.len() >= MAX_QUESTIONS {
            list.pop_front();
        }
        list.push_back((hash, embedding.clone()));
        Ok(embedding)
    }

    fn recall(&self, hash: blake3::Hash) -> Option<QuestionEmbedding> {
        let mut list = self.0.lock();
        let place = list.iter().position(|(asked, _)| *asked == hash)?;
        let found = list.remove(place)?;
        let embedding = found.1.clone();
        list.push_back(found);
        Some(embedding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deterministic::Deterministic;

    #[test]
    fn the_least_lately_asked_question_is_forgotten() {
        let embedder = Deterministic::new("m", 4);
        let questions = Questions::default();
        let ask = |number: usize| questions.embedding(&format!("q{number}"), &embedder).unwrap();
        (0..MAX_QUESTIONS).for_each(|number| drop(ask(number)));
        assert_eq!(ask(0), embedder.embed_query("q0").unwrap());
        let before = embedder.embedded();
        ask(MAX_QUESTIONS);
        ask(0);
        assert_eq!(embedder.embedded(), before + 1, "asked again lately, so it stayed");
        ask(1);
        assert_eq!(embedder.embedded(), before + 2, "the oldest made room");
    }
}
