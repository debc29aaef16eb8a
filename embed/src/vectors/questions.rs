//! The vectors of the latest questions: one recall asks the same thing several times.

use std::collections::VecDeque;
use std::sync::Arc;

use hydra_graph::Result;
use parking_lot::Mutex;

use crate::embedder::Embedder;

/// So many questions are remembered, 1.5 kB each.
const MAX_QUESTIONS: usize = 64;

/// The latest questions, by hash as they may be long, and their vectors; the newest at the back.
#[derive(Default)]
pub(super) struct Questions(
    /// Guards the list only; never held while embedding.
    Mutex<VecDeque<(blake3::Hash, Arc<[f32]>)>>,
);

impl Questions {
    /// Returns the vector of a question, embedding it if it was not asked lately.
    pub(super) fn vector(&self, text: &str, embedder: &dyn Embedder) -> Result<Arc<[f32]>> {
        let hash = blake3::hash(text.as_bytes());
        if let Some(known) = self.recall(hash) {
            return Ok(known);
        }
        let vector: Arc<[f32]> = embedder.embed_query(text)?.into();
        let mut list = self.0.lock();
        if list.len() >= MAX_QUESTIONS {
            list.pop_front();
        }
        list.push_back((hash, vector.clone()));
        Ok(vector)
    }

    fn recall(&self, hash: blake3::Hash) -> Option<Arc<[f32]>> {
        let mut list = self.0.lock();
        let place = list.iter().position(|(asked, _)| *asked == hash)?;
        let found = list.remove(place)?;
        let vector = found.1.clone();
        list.push_back(found);
        Some(vector)
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
        let ask = |number: usize| questions.vector(&format!("q{number}"), &embedder).unwrap();
        (0..MAX_QUESTIONS).for_each(|number| drop(ask(number)));
        assert_eq!(ask(0), embedder.embed_query("q0").unwrap().into());
        let before = embedder.embedded();
        ask(MAX_QUESTIONS);
        ask(0);
        assert_eq!(embedder.embedded(), before + 1, "asked again lately, so it stayed");
        ask(1);
        assert_eq!(embedder.embedded(), before + 2, "the oldest made room");
    }
}
