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
    /// Mean worth of the best ones of the other folds, on each fold held out.
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
            let worth = |trial: &Trial| trial.worth(|_| true);
            for (position, trial) in trials.iter().enumerate() {
                if worth(trial) > worth(&trials[best]) + LEAST_GAIN {
                    best = position;
                }
            }
            let (name, value) = trials[best].weights.each().map(|(name, value)| (name, *value))[at];
            tracing::info!(name, value, worth = worth(&trials[best]), "weight");
        }
    }
    let mut held_out = (0.0, 0.0);
    for fold in 0..FOLDS {
        let is_held = |haystack: usize| haystack % FOLDS == fold;
        let chosen = trials.iter().max_by(|a, b| a.worth(|h| !is_held(h)).total_cmp(&b.worth(|h| !is_held(h))));
        held_out.0 += chosen.map_or(0.0, |trial| trial.worth(is_held)) / FOLDS as f64;
        held_out.1 += trials[0].worth(is_held) / FOLDS as f64;
    }
    Ok(Tuned {
        weights: trials[best].weights.clone().each().map(|(name, value)| (name, *value)).to_vec(),
        before: trials[0].worth(|_| true),
        after: trials[best].worth(|_| true),
        held_out: held_out.0,
        held_out_before: held_out.1,
        trials: trials.len(),
    })
}

fn variants(weights: Weights, at: usize) -> Vec<Weights> {
    let tried = FACTORS.iter().filter_map(|factor| {
        let mut variant = weights;
        let (name, value) = &mut variant.each()[at];
        let new = **value * factor;
        let fits = **value != 0.0 && (new < 1.0 || !SHARES.contains(name));
        **value = (new * 100.0).round() / 100.0;
        fits.then_some(variant)
    });
    tried.collect()
}
