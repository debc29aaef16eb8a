//! How good a ranking is, when it is known which documents hold the answer.

use std::collections::HashSet;

use serde::Serialize;

/// How far down the first right document is looked for.
const MRR_DEPTH: usize = 100;
/// How many documents the other figures look at.
const DEPTH: usize = 10;

/// Figures of one question, or their means over many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Metric {
    /// Share of the right documents among the first 5.
    #[serde(rename = "R@5")]
    pub recall_5: f64,
    /// Share of the right documents among the first 10.
    #[serde(rename = "R@10")]
    pub recall_10: f64,
    /// Whether all of them are.
    #[serde(rename = "all@10")]
    pub all_10: f64,
    /// One over the place of the first right document.
    #[serde(rename = "MRR")]
    pub mrr: f64,
    /// Discounted gain of the first 10, over the best there could be (Järvelin and Kekäläinen 2002).
    #[serde(rename = "nDCG@10")]
    pub ndcg_10: f64,
}

impl Metric {
    /// Measures a ranking without doubles against the right documents, of which there is at least one.
    pub fn of(ranked: &[String], gold: &[String]) -> Self {
        let gold: HashSet<&str> = gold.iter().map(String::as_str).collect();
        let is_right = |id: &String| gold.contains(id.as_str());
        let share =
            |depth: usize| ranked.iter().take(depth).filter(|id| is_right(id)).count() as f64 / gold.len() as f64;
        let gain = |place: usize| 1.0 / ((place + 2) as f64).log2();
        let first = ranked.iter().take(MRR_DEPTH).position(is_right);
        let gained: f64 =
            ranked.iter().take(DEPTH).enumerate().filter(|(_, id)| is_right(id)).map(|(place, _)| gain(place)).sum();
        let best: f64 = (0..gold.len().min(DEPTH)).map(gain).sum();
        Self {
            recall_5: share(5),
            recall_10: share(DEPTH),
            all_10: if share(DEPTH) == 1.0 { 1.0 } else { 0.0 },
            mrr: first.map_or(0.0, |place| 1.0 / (place + 1) as f64),
            ndcg_10: gained / best,
        }
    }

    /// Returns the mean of each figure; zeros for nothing.
    pub fn mean(all: &[Self]) -> Self {
        let mean = |figure: fn(&Self) -> f64| all.iter().map(figure).sum::<f64>() / all.len().max(1) as f64;
        Self {
            recall_5: mean(|metric| metric.recall_5),
            recall_10: mean(|metric| metric.recall_10),
            all_10: mean(|metric| metric.all_10),
            mrr: mean(|metric| metric.mrr),
            ndcg_10: mean(|metric| metric.ndcg_10),
        }
    }
}

/// Returns the value below which that share of the values lies (nearest rank); zero for nothing.
pub fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (share * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn figures_are_those_computed_by_hand() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
        // Right ones at places 2 and 6 of two: 1/log2(3) and 1/log2(7), of 1 and 1/log2(3).
        let two = Metric::of(&ids("x a x1 x2 x3 b"), &ids("a b"));
        assert_eq!((two.recall_5, two.recall_10, two.all_10, two.mrr), (0.5, 1.0, 1.0, 0.5));
        near(two.ndcg_10, (0.630_929_753_571_457_4 + 0.356_207_187_108_022_2) / 1.630_929_753_571_457_4);
        let first = Metric::of(&ids("a b"), &ids("a a"));
        assert_eq!(first, Metric { recall_5: 1.0, recall_10: 1.0, all_10: 1.0, mrr: 1.0, ndcg_10: 1.0 });
        let late = Metric::of(&ids(&format!("{} a", "x ".repeat(10))), &ids("a b"));
        assert_eq!((late.recall_10, late.all_10, late.ndcg_10), (0.0, 0.0, 0.0));
        near(late.mrr, 1.0 / 11.0);
        assert_eq!(Metric::of(&ids(&format!("{} a", "x ".repeat(100))), &ids("a")).mrr, 0.0);
        assert_eq!(Metric::of(&[], &ids("a")), Metric::default());
        // Twelve right ones: ten of them are the best there could be.
        let twelve = ids("a b c d e f g h i j k l");
        let full = Metric::of(&twelve, &twelve);
        near(full.ndcg_10, 1.0);
        near(full.recall_10, 10.0 / 12.0);
        near(Metric::mean(&[two, first]).recall_5, 0.75);
        assert_eq!(Metric::mean(&[]), Metric::default());
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        assert_eq!((percentile(&mut values, 0.5), percentile(&mut values, 0.95)), (10.0, 19.0));
        assert_eq!((percentile(&mut [7.0], 0.95), percentile(&mut [], 0.5)), (7.0, 0.0));
    }
}
