//! How well a few texts fit a question, weighed against each other alone: the index's own scores move a little when
//! tantivy merges away what was replaced, and what is read from the same state has to come in the same order.

use std::collections::HashMap;

use super::schema::{asked, tokens};

/// The customary constants of BM25.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Returns the BM25 of each text, as if there were no others.
pub(crate) fn likeness(question: &str, texts: &[String]) -> Vec<f32> {
    let terms = asked(question);
    let counted: Vec<(HashMap<String, f32>, f32)> = texts.iter().map(|text| count(text, &terms)).collect();
    let all = texts.len() as f32;
    let mean = counted.iter().map(|(_, length)| length).sum::<f32>() / all.max(1.0);
    let rarity: Vec<f32> = terms
        .iter()
        .map(|term| {
            let holders = counted.iter().filter(|(counts, _)| counts.contains_key(term)).count() as f32;
            (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln()
        })
        .collect();
    let score = |(counts, length): &(HashMap<String, f32>, f32)| {
        let of = |(term, rarity): (&String, &f32)| {
            let times = counts.get(term).copied().unwrap_or_default();
            rarity * times * (K1 + 1.0) / (times + K1 * (1.0 - B + B * length / mean.max(1.0)))
        };
        terms.iter().zip(&rarity).map(of).sum()
    };
    counted.iter().map(score).collect()
}

fn count(text: &str, terms: &[String]) -> (HashMap<String, f32>, f32) {
    let tokens = tokens(text);
    let length = tokens.len() as f32;
    let mut counts = HashMap::new();
    for token in tokens.into_iter().filter(|token| terms.contains(&token.text)) {
        *counts.entry(token.text).or_insert(0.0) += 1.0;
    }
    (counts, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_more_of_the_question_in_fewer_words_fits_better() {
        let texts = [
            "The boiler is in the cellar.",
            "The boiler is in the cellar, beside the bicycles that nobody has ridden for years.",
            "The boiler shows F28.",
            "The roof is new.",
        ];
        let scores = likeness("what does F28 on the boiler mean", &texts.map(str::to_owned));
        assert!(scores[2] > scores[0] && scores[0] > scores[1] && scores[1] > scores[3], "{scores:?}");
        assert_eq!(scores[3], 0.0);
        assert!(likeness("boiler", &[]).is_empty());
    }
}
