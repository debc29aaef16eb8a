//! Questions asked with several settings of the ranking, to compare them.

use hydra_graph::{Question, Result, Weights};

use super::haystack::{Haystack, Set};
use super::kept::Kept;
use super::metric::Metric;
use super::run::{ADVERSARIAL, Choices, Watch};

/// One setting and how it did.
pub(super) struct Trial {
    pub weights: Weights,
    /// By set, then by haystack: the figures of each question that counts.
    pub figures: Vec<Vec<Vec<Metric>>>,
}

impl Trial {
    /// What it is worth: R@10, all@10 and nDCG@10 in equal parts, as the mean over the haystacks that are wanted. Each
    /// haystack is somebody's memory and counts the same, however many questions are asked of it. `None` if none are.
    pub fn worth(&self, is_wanted: impl Fn(usize) -> bool) -> Option<f64> {
        let haystacks = self.figures.iter().flatten().enumerate();
        let wanted = haystacks.filter(|(number, questions)| is_wanted(*number) && !questions.is_empty());
        let means: Vec<f64> = wanted
            .map(|(_, questions)| {
                let mean = Metric::mean(questions);
                (mean.recall_10 + mean.all_10 + mean.ndcg_10) / 3.0
            })
            .collect();
        (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64)
    }
}

/// Asks every question with every setting; a memory is opened once for all of them.
pub(super) fn try_all(
    sets: &[Set],
    choices: &Choices,
    settings: Vec<Weights>,
    watch: &mut Watch<'_>,
) -> Result<Vec<Trial>> {
    let mut trials: Vec<Trial> =
        settings.into_iter().map(|weights| Trial { weights, figures: vec![Vec::new(); sets.len()] }).collect();
    for (number, set) in sets.iter().enumerate() {
        for folder in &set.haystacks {
            let haystack = Haystack::read(folder)?;
            watch.at(set, &haystack);
            let keep = choices.keep.as_ref().map(|keep| keep.join(&set.name).join(&haystack.name));
            let kept = Kept::open(&choices.config, keep, choices.model.as_ref(), &haystack, watch)?;
            trials.iter_mut().for_each(|trial| trial.figures[number].push(Vec::new()));
            let total = haystack.queries.len() as u64;
            for (position, query) in haystack.queries.iter().enumerate() {
                if query.gold.is_empty() || query.category == ADVERSARIAL {
                    continue;
                }
                watch.check()?;
                watch.show("asking", position as u64, total);
                let question = Question { limit: choices.limit, mode: choices.mode, ..Question::new(&query.text) };
                for trial in &mut trials {
                    let ranked = kept.ranked(&kept.memory.recall_with(&question, &trial.weights)?);
                    let figures = Metric::of(&ranked, &query.gold);
                    trial.figures[number].last_mut().expect("it was just pushed").push(figures);
                }
            }
            kept.memory.close()?;
        }
    }
    Ok(trials)
}
