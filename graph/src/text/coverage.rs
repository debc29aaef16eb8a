//! How much of what somebody says stands in a text, each word weighed by how rare it is in the whole memory. Unlike BM25 it
//! is the same measure for every question: all of it is 1, nothing is 0.

use std::collections::{HashMap, HashSet};

use schemars::JsonSchema;
use serde::Serialize;
use tantivy::Term;

use super::schema::{asked, tokens};
use super::{TextIndex, failed};
use crate::error::Result;

/// How much of something said stands in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, JsonSchema, Serialize)]
pub struct Coverage {
    /// Which share of it, by the weight of its words; from 0 to 1.
    pub share: f32,
    /// How many of its different words.
    pub terms: usize,
    /// Their weight: a word that one text in a hundred has weighs about 4.6.
    pub weight: f32,
}

impl TextIndex {
    /// Returns for each thing said, and of it for each text, how much of what is said stands in the text.
    pub fn coverage(&self, said: &[&str], texts: &[&str]) -> Result<Vec<Vec<Coverage>>> {
        let terms_of = |text: &&str| tokens(text).into_iter().map(|token| token.text).collect::<HashSet<String>>();
        let texts: Vec<HashSet<String>> = texts.iter().map(terms_of).collect();
        let mut weights = HashMap::new();
        let mut covered = Vec::with_capacity(said.len());
        for said in said {
            let terms = asked(said);
            self.weigh(&terms, &mut weights)?;
            let weight = |term: &String| weights.get(term).copied().unwrap_or_default();
            let total: f32 = terms.iter().map(weight).sum();
            let of = |text: &HashSet<String>| {
                let shared = terms.iter().filter(|term| text.contains(*term));
                let (terms, weight) = shared.fold((0, 0.0), |(terms, sum), term| (terms + 1, sum + weight(term)));
                Coverage { share: if total > 0.0 { weight / total } else { 0.0 }, terms, weight }
            };
            covered.push(texts.iter().map(of).collect());
        }
        Ok(covered)
    }

    /// Adds what each term weighs: BM25's inverse document frequency over the text, and never nothing.
    fn weigh(&self, terms: &[String], weights: &mut HashMap<String, f32>) -> Result<()> {
        let state = self.state.read();
        let all = state.searcher.num_docs() as f32;
        let [text, ..] = self.fields.searched;
        for term in terms {
            if !weights.contains_key(term) {
                let holders = state.searcher.doc_freq(&Term::from_field_text(text, term)).map_err(failed)? as f32;
                let weight = (1.0 + ((all - holders).max(0.0) + 0.5) / (holders + 0.5)).ln();
                weights.insert(term.clone(), weight);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::index::{Index as _, IndexText, Update};

    #[test]
    fn a_rare_word_counts_more_than_a_common_one() {
        let temp = tempfile::tempdir().unwrap();
        let index = TextIndex::open(&temp.path().join("text")).unwrap();
        let text = |n: u64, text: &str| Update {
            id: Id(n),
            text: Some(IndexText { text: text.into(), ..IndexText::default() }),
        };
        let mut all: Vec<Update> = (1..20).map(|n| text(n, "the garden is green")).collect();
        all.push(text(99, "the derailleur is bent"));
        index.apply(&all).unwrap();
        index.seal(Id(100)).unwrap();
        index.flush().unwrap();
        let texts = ["the derailleur", "the garden", "a derailleur in the garden", "the roof"];
        let found = index.coverage(&["is the derailleur in the garden?"], &texts).unwrap().remove(0);
        assert!(found[0].share > 0.7 && found[1].share < 0.3, "{found:?}");
        assert_eq!((found[2].share, found[2].terms), (1.0, 2));
        assert_eq!(found[3], Coverage::default());
        assert!(found[0].weight > 4.0 * found[1].weight, "{found:?}");
    }
}
