//! Chooses the weights of the ranking: coordinate ascent over all sets together, and by cross-validation what such a
//! choice is worth on haystacks that it did not see.

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
    /// Mean worth of all weights at a half, where every ascent begins.
    pub even: f64,
    /// Mean worth of the weights in force.
    pub in_force: f64,
    /// Mean worth of the best ones, on what they were chosen on.
    pub chosen: f64,
    /// Mean worth, on each fold, of what an ascent found that did not see it.
    pub held_out: f64,
    /// Settings that were tried.
    pub trials: usize,
}

/// Goes through every weight `rounds` times, keeping what helps; once for all haystacks and once without each fold, side
/// by side, so that a setting that several of them want is tried once. It begins with even weights: the ones in force have
/// seen every fold.
///
/// # Errors
/// What filling a memory or asking it returns.
pub fn tune(sets: &[Set], choices: &Choices, rounds: usize, watch: &mut Watch<'_>) -> Result<Tuned> {
    let mut trials = try_all(sets, choices, vec![Weights::EVEN, choices.weights], watch)?;
    let mut all = Ascent { fold: None, best: 0 };
    let mut folds: Vec<Ascent> =
        (0..FOLDS).map(|fold| Ascent { fold: Some(fold), best: 0 }).filter(|fold| fold.has_both(&trials[0])).collect();
    for _ in 0..rounds {
        for at in 0..choices.weights.clone().each().len() {
            let wanted: Vec<Vec<Weights>> =
                folds.iter().chain([&all]).map(|ascent| variants(trials[ascent.best].weights, at)).collect();
            let mut new: Vec<Weights> = Vec::new();
            for weights in wanted.iter().flatten() {
                if !new.contains(weights) && !trials.iter().any(|trial| trial.weights == *weights) {
                    new.push(*weights);
                }
            }
            trials.extend(try_all(sets, choices, new, watch)?);
            for (ascent, wanted) in folds.iter_mut().chain([&mut all]).zip(&wanted) {
                ascent.step(&trials, wanted);
            }
            let (name, value) = trials[all.best].weights.each().map(|(name, value)| (name, *value))[at];
            tracing::info!(name, value, worth = all.seen(&trials[all.best]), "weight");
        }
    }
    let mean = |of: &dyn Fn(&Ascent) -> f64| folds.iter().map(of).sum::<f64>() / folds.len().max(1) as f64;
    Ok(Tuned {
        weights: trials[all.best].weights.clone().each().map(|(name, value)| (name, *value)).to_vec(),
        even: all.seen(&trials[0]),
        in_force: all.seen(&trials[1]),
        chosen: all.seen(&trials[all.best]),
        held_out: mean(&|fold| fold.unseen(&trials[fold.best])),
        trials: trials.len(),
    })
}

/// A climb that sees only some of the haystacks.
struct Ascent {
    /// The fold that it must not see.
    fold: Option<usize>,
    /// Where among the trials it stands.
    best: usize,
}

impl Ascent {
    fn is_unseen(&self, haystack: usize) -> bool {
        Some(haystack % FOLDS) == self.fold
    }

    /// What a setting is worth on the haystacks that this climb sees.
    fn seen(&self, trial: &Trial) -> f64 {
        trial.worth(|haystack| !self.is_unseen(haystack)).unwrap_or(0.0)
    }

    /// What it is worth on the others.
    fn unseen(&self, trial: &Trial) -> f64 {
        trial.worth(|haystack| self.is_unseen(haystack)).unwrap_or(0.0)
    }

    /// Whether there is something to choose by and something to measure on.
    fn has_both(&self, trial: &Trial) -> bool {
        [true, false].into_iter().all(|side| trial.worth(|haystack| self.is_unseen(haystack) == side).is_some())
    }

    /// Moves to the best of the settings that it asked for, if one is better. What another climb asked for is left
    /// alone: a climb that saw the held out fold led there.
    fn step(&mut self, trials: &[Trial], wanted: &[Weights]) {
        for (position, trial) in trials.iter().enumerate().filter(|(_, trial)| wanted.contains(&trial.weights)) {
            if self.seen(trial) > self.seen(&trials[self.best]) + LEAST_GAIN {
                self.best = position;
            }
        }
    }
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

    #[test]
    fn a_climb_does_not_see_its_fold_and_follows_nobody() {
        let trials =
            [trial(0.1, &[0.5, 0.5]), trial(0.2, &[0.2, 0.9]), trial(0.3, &[0.9, 0.1]), trial(0.4, &[1.0, 1.0])];
        let wanted = [trials[1].weights, trials[2].weights];
        let climb = |fold: Option<usize>| {
            let mut ascent = Ascent { fold, best: 0 };
            ascent.step(&trials, &wanted);
            (ascent.best, (ascent.unseen(&trials[ascent.best]) * 10.0).round() / 10.0)
        };
        assert_eq!(climb(Some(0)), (1, 0.2), "it rises on the second haystack alone");
        assert_eq!(climb(Some(1)), (2, 0.1));
        assert_eq!(climb(None), (1, 0.0), "both together rise by 0.05, and the best was not asked for");
    }

    #[test]
    fn a_fold_needs_something_to_choose_by_and_to_measure_on() {
        let both = |fold: usize, worth: &[f64]| Ascent { fold: Some(fold), best: 0 }.has_both(&trial(0.1, worth));
        assert!(both(0, &[0.5, 0.5]) && both(1, &[0.5, 0.5]));
        assert!(!both(2, &[0.5, 0.5]), "two haystacks fill two folds");
        assert!(!both(0, &[0.5]), "nothing is left to choose by");
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
