//! Chooses the weights of the ranking: coordinate ascent over all sets together, and what it is worth on haystacks that
//! it did not see.

use serde::Serialize;

use hydra_graph::{Result, Weights};

use super::haystack::Set;
use super::run::{Choices, Watch};
use super::trial::{Trial, try_all};

/// Parts that the haystacks are dealt into, each held out once.
const FOLDS: usize = 5;
/// What a weight is tried at, times what it is; a weight of zero stays.
const FACTORS: [f32; 4] = [0.5, 0.8, 1.25, 1.8];
/// A gain below this is noise.
const LEAST_GAIN: f64 = 0.001;
/// Shares stay below one.
const SHARES: [&str; 3] = ["lexical", "shared", "sibling"];

/// What came out.
#[derive(Debug, Default, Serialize)]
pub struct Tuned {
    /// The best weights, by name.
    pub weights: Vec<(&'static str, f32)>,
    /// Mean worth of the weights it began with.
    pub before: f64,
    /// Mean worth of the best ones, on what they were chosen on.
    pub after: f64,
    /// Mean worth, on each fold held out, of the setting that was best on the others. The settings themselves were found
    /// on all of them, so this is an upper bound.
    pub held_out: f64,
    /// Mean worth of the weights it began with on the same folds.
    pub held_out_before: f64,
    /// Settings that were tried.
    pub trials: usize,
}

/// Goes through every weight `rounds` times, keeping what helps.
///
/// # Errors
/// What filling a memory or asking it returns.
pub fn tune(sets: &[Set], choices: &Choices, rounds: usize, watch: &mut Watch<'_>) -> Result<Tuned> {
    let mut trials = try_all(sets, choices, vec![choices.weights], watch)?;
    let mut best = 0;
    for _ in 0..rounds {
        for at in 0..choices.weights.clone().each().len() {
            let settings = variants(trials[best].weights, at);
            trials.extend(try_all(sets, choices, settings, watch)?);
            for (position, trial) in trials.iter().enumerate() {
                if worth(trial) > worth(&trials[best]) + LEAST_GAIN {
                    best = position;
                }
            }
            let (name, value) = trials[best].weights.each().map(|(name, value)| (name, *value))[at];
            tracing::info!(name, value, worth = worth(&trials[best]), "weight");
        }
    }
    let folds: Vec<(f64, f64)> = (0..FOLDS).filter_map(|fold| held_out(&trials, fold)).collect();
    let mean = |sum: f64| sum / folds.len().max(1) as f64;
    Ok(Tuned {
        weights: trials[best].weights.clone().each().map(|(name, value)| (name, *value)).to_vec(),
        before: worth(&trials[0]),
        after: worth(&trials[best]),
        held_out: mean(folds.iter().map(|(after, _)| after).sum()),
        held_out_before: mean(folds.iter().map(|(_, before)| before).sum()),
        trials: trials.len(),
    })
}

fn worth(trial: &Trial) -> f64 {
    trial.worth(|_| true).unwrap_or(0.0)
}

/// What the best setting of the other folds is worth on this one, and what the first setting is; `None` if nothing is in
/// this fold, or everything.
fn held_out(trials: &[Trial], fold: usize) -> Option<(f64, f64)> {
    let here = |trial: &Trial| trial.worth(|haystack| haystack % FOLDS == fold);
    let elsewhere = |trial: &Trial| trial.worth(|haystack| haystack % FOLDS != fold);
    let first = trials.first()?;
    let (before, mut best) = (here(first)?, (first, elsewhere(first)?));
    for trial in trials {
        if let Some(worth) = elsewhere(trial).filter(|worth| *worth > best.1) {
            best = (trial, worth);
        }
    }
    Some((here(best.0)?, before))
}

/// Returns the settings that differ in one weight, to two digits.
fn variants(weights: Weights, at: usize) -> Vec<Weights> {
    let tried = FACTORS.iter().filter_map(|factor| {
        let mut variant = weights;
        let (name, value) = &mut variant.each()[at];
        let old = **value;
        **value = (old * factor * 100.0).round() / 100.0;
        // Rounding may bring back the old weight, switch a signal off for good, or fill a share.
        let fits = **value != old && **value > 0.0 && (**value < 1.0 || !SHARES.contains(name));
        fits.then_some(variant)
    });
    tried.collect()
}

#[cfg(test)]
mod tests {
    use super::super::metric::Metric;
    use super::*;

    /// A setting under which the questions of each haystack are worth so much; all haystacks are of one set.
    fn trial(late: f32, worth: &[f64]) -> Trial {
        let metric =
            |worth: &f64| vec![Metric { recall_10: *worth, all_10: *worth, ndcg_10: *worth, ..Metric::default() }];
        let weights = Weights { late, ..Weights::CHOSEN };
        Trial { weights, figures: vec![worth.iter().map(metric).collect()] }
    }

    fn near(a: Option<(f64, f64)>, b: (f64, f64)) {
        let a = a.unwrap();
        assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{a:?} is not {b:?}");
    }

    #[test]
    fn a_fold_is_measured_by_what_the_others_choose() {
        let trials = [trial(0.1, &[0.5, 0.5]), trial(0.2, &[0.2, 0.9]), trial(0.3, &[0.9, 0.1])];
        near(held_out(&trials, 0), (0.2, 0.5));
        near(held_out(&trials, 1), (0.1, 0.5));
        assert_eq!(held_out(&trials, 2), None, "two haystacks fill two folds");
        assert_eq!(held_out(&[trial(0.1, &[0.5])], 0), None, "nothing is left to choose by");
        assert_eq!(held_out(&[], 0), None);
    }

    #[test]
    fn variants_differ_and_keep_their_bounds() {
        let weights = Weights { lexical: 0.554, late: 0.01, time: 0.0, sibling: 0.85, names: 0.8, ..Weights::CHOSEN };
        let values = |wanted: &str| -> Vec<f32> {
            let at = weights.clone().each().iter().position(|(name, _)| *name == wanted).unwrap();
            variants(weights, at).into_iter().map(|mut variant| *variant.each()[at].1).collect()
        };
        assert_eq!(values("lexical"), [0.28, 0.44, 0.69]);
        assert_eq!(values("late"), [0.02]);
        assert!(values("time").is_empty());
        assert_eq!(values("sibling"), [0.43, 0.68]);
        assert_eq!(values("names"), [0.4, 0.64, 1.0, 1.44]);
    }
}
