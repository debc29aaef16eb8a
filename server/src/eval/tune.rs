//! Chooses the weights of the ranking: coordinate ascent over all sets together, and what it is worth on haystacks that
//! it did not see.

use serde::Serialize;

use hydra_graph::{Question, Result, Weights};

use super::haystack::{Haystack, Set};
use super::kept::Kept;
use super::metric::Metric;
use super::run::{ADVERSARIAL, Choices, Watch};

/// Parts that the haystacks are dealt into, each held out once.
const FOLDS: usize = 5;
/// What a weight is tried at, times what it is; a weight of zero stays.
const FACTORS: [f32; 4] = [0.5, 0.8, 1.25, 1.8];
/// A gain below this is noise.
const LEAST_GAIN: f64 = 0.0005;
/// Shares stay below one.
const SHARES: [&str; 3] = ["lexical", "shared", "sibling"];

/// The mean of R@10, all@10 and nDCG@10 for each set, by setting.
struct Trial {
    weights: Weights,
    /// By set, then by haystack: what each question was worth.
    worth: Vec<Vec<Vec<f64>>>,
}

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
            let worth = |trial: &Trial| trial.mean(|_| true);
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
        let chosen = trials.iter().max_by(|a, b| a.mean(|h| !is_held(h)).total_cmp(&b.mean(|h| !is_held(h))));
        held_out.0 += chosen.map_or(0.0, |trial| trial.mean(is_held)) / FOLDS as f64;
        held_out.1 += trials[0].mean(is_held) / FOLDS as f64;
    }
    Ok(Tuned {
        weights: trials[best].weights.clone().each().map(|(name, value)| (name, *value)).to_vec(),
        before: trials[0].mean(|_| true),
        after: trials[best].mean(|_| true),
        held_out: held_out.0,
        held_out_before: held_out.1,
        trials: trials.len(),
    })
}

impl Trial {
    /// The mean over sets of the mean over questions, of the haystacks that are wanted. Haystacks are numbered through,
    /// so that sets of one haystack fall into different folds.
    fn mean(&self, is_wanted: impl Fn(usize) -> bool) -> f64 {
        let mut number = 0;
        let mut means = Vec::new();
        for haystacks in &self.worth {
            let mut questions = Vec::new();
            for haystack in haystacks {
                if is_wanted(number) {
                    questions.extend_from_slice(haystack);
                }
                number += 1;
            }
            if !questions.is_empty() {
                means.push(questions.iter().sum::<f64>() / questions.len() as f64);
            }
        }
        means.iter().sum::<f64>() / means.len().max(1) as f64
    }
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

/// Asks every question with every setting; a memory is opened once for all of them.
fn try_all(sets: &[Set], choices: &Choices, settings: Vec<Weights>, watch: &mut Watch<'_>) -> Result<Vec<Trial>> {
    let mut trials: Vec<Trial> =
        settings.into_iter().map(|weights| Trial { weights, worth: vec![Vec::new(); sets.len()] }).collect();
    for (number, set) in sets.iter().enumerate() {
        for folder in &set.haystacks {
            let haystack = Haystack::read(folder)?;
            watch.at(set, &haystack);
            let keep = choices.keep.as_ref().map(|keep| keep.join(&set.name).join(&haystack.name));
            let kept = Kept::open(&choices.config, keep, choices.model.as_ref(), &haystack, watch)?;
            trials.iter_mut().for_each(|trial| trial.worth[number].push(Vec::new()));
            for query in haystack.queries.iter().filter(|q| !q.gold.is_empty() && q.category != ADVERSARIAL) {
                watch.check()?;
                let question = Question { limit: choices.limit, mode: choices.mode, ..Question::new(&query.text) };
                for trial in &mut trials {
                    let ranked = kept.ranked(&kept.memory.recall_with(&question, &trial.weights)?);
                    let metric = Metric::of(&ranked, &query.gold);
                    let worth = (metric.recall_10 + metric.all_10 + metric.ndcg_10) / 3.0;
                    trial.worth[number].last_mut().expect("it was just pushed").push(worth);
                }
            }
            kept.memory.close()?;
        }
    }
    Ok(trials)
}
