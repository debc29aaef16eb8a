//! Late interaction (MaxSim, Khattab and Zaharia 2020): each word piece of the question looks for the one in the text
//! that is nearest to it, and the text is worth the weighted mean of what they find.

use crate::embedding::{QuestionEmbedding, Signs, sign_bytes};

/// Word pieces of a question that are compared, the weightiest first: tables of 24 KB each.
pub(crate) const MAX_QUESTION_TOKENS: usize = 32;
/// What a table's unit is worth: entries are sums of eight numbers of at most 1.
const SCALE: f32 = 4_000.0;

/// A question made ready: for each of its word pieces, a sum for every possible byte of signs.
pub(crate) struct LateQuestion {
    /// By word piece: entry `256 * byte_position + byte` is the sum of that byte's eight signed numbers.
    tables: Vec<(Vec<i16>, f32)>,
    sign_bytes: usize,
    /// Length of a vector of signs.
    length: f32,
}

impl LateQuestion {
    /// Makes the tables, some microseconds a word piece.
    pub(crate) fn new(question: &QuestionEmbedding) -> Self {
        let dimensions = question.vector.len();
        let mut heaviest: Vec<&(Vec<f32>, f32)> = question.tokens.iter().collect();
        heaviest.sort_by(|a, b| b.1.total_cmp(&a.1));
        heaviest.truncate(MAX_QUESTION_TOKENS);
        Self {
            tables: heaviest.into_iter().map(|(token, weight)| (table(token), *weight)).collect(),
            sign_bytes: sign_bytes(dimensions),
            length: (dimensions as f32).sqrt(),
        }
    }

    /// Returns about the weighted mean of the best cosines, or `None` if one of the two has no word pieces.
    pub(crate) fn score(&self, text: &Signs) -> Option<f32> {
        let total: f32 = self.tables.iter().map(|(_, weight)| weight).sum();
        if total <= 0.0 || text.0.len() < self.sign_bytes {
            return None;
        }
        let mut sum = 0.0;
        for (table, weight) in &self.tables {
            let best = text.0.chunks_exact(self.sign_bytes).map(|token| dot(table, token)).max().unwrap_or(0);
            sum += weight * best as f32;
        }
        Some(sum / (total * SCALE * self.length))
    }
}

fn dot(table: &[i16], token: &[u8]) -> i32 {
    table.chunks_exact(256).zip(token).map(|(entries, byte)| i32::from(entries[usize::from(*byte)])).sum()
}

fn table(token: &[f32]) -> Vec<i16> {
    let mut table = Vec::with_capacity(256 * sign_bytes(token.len()));
    for eight in token.chunks(8) {
        let mut sums = [-eight.iter().sum::<f32>(); 256];
        for byte in 1..256usize {
            // One bit fewer was summed before.
            let bit = byte.trailing_zeros() as usize;
            sums[byte] = sums[byte & (byte - 1)] + 2.0 * eight.get(bit).unwrap_or(&0.0);
        }
        table.extend(sums.map(|sum| (sum * SCALE) as i16));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(tokens: &[(&[f32], f32)]) -> QuestionEmbedding {
        let dimensions = tokens.first().map_or(8, |(token, _)| token.len());
        QuestionEmbedding {
            vector: vec![0.0; dimensions].into(),
            tokens: tokens.iter().map(|(token, weight)| (token.to_vec(), *weight)).collect(),
        }
    }

    fn signs(tokens: &[&[f32]]) -> Signs {
        let mut signs = Signs::default();
        tokens.iter().for_each(|token| signs.push(token));
        signs
    }

    #[test]
    fn each_piece_counts_its_best_match_by_weight() {
        let (a, b) = ([0.35f32; 8], [-0.35f32; 8]);
        let late = LateQuestion::new(&question(&[(&a, 3.0), (&b, 1.0)]));
        let both = late.score(&signs(&[&b, &a])).unwrap();
        assert!((both - 0.99).abs() < 0.01, "{both}");
        let one = late.score(&signs(&[&a])).unwrap();
        assert!((one - 0.99 * (3.0 - 1.0) / 4.0).abs() < 0.01, "{one}");
        assert_eq!(late.score(&Signs::default()), None);
        assert_eq!(LateQuestion::new(&question(&[])).score(&signs(&[&a])), None);
    }

    #[test]
    fn a_long_question_is_compared_by_its_weightiest_pieces() {
        let (a, b) = ([0.35f32; 8], [-0.35f32; 8]);
        let mut tokens = vec![(&b[..], 0.1); MAX_QUESTION_TOKENS];
        tokens.push((&a[..], 5.0));
        let late = LateQuestion::new(&question(&tokens));
        assert_eq!(late.tables.len(), MAX_QUESTION_TOKENS);
        assert!(late.score(&signs(&[&a])).unwrap() > 0.0, "the weightiest is among them");
    }
}
