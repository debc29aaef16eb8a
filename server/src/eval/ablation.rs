//! What each signal of the ranking is worth: every set with one signal off at a time.

use hydra_graph::{Mode, Result, Weights};

use super::haystack::Set;
use super::metric::Metric;
use super::run::{Choices, Watch};
use super::trial::try_all;

/// Asks with everything, in both modes, with each signal off, and with words and meaning alone; returns the figures as
/// a table in Markdown.
///
/// # Errors
/// What filling a memory or asking it returns.
pub fn ablation(sets: &[Set], mut choices: Choices, watch: &mut Watch<'_>) -> Result<String> {
    let full = choices.weights;
    let mut settings = vec![("everything".to_owned(), full)];
    // Its share of BM25 and the discount of siblings are no signals of their own.
    for (name, _) in full.clone().each().iter().filter(|(name, _)| !["lexical", "shared", "sibling"].contains(name)) {
        settings
            .push((format!("without {name}"), with(full, |weight, value| if weight == *name { 0.0 } else { value })));
    }
    let alone = |lexical: f32| {
        with(full, |weight, value| match weight {
            "lexical" => lexical,
            "sibling" => value,
            _ => 0.0,
        })
    };
    settings.push(("words and meaning".to_owned(), alone(full.lexical)));
    settings.push(("words (BM25)".to_owned(), alone(1.0)));
    settings.push(("meaning (cosine)".to_owned(), alone(0.0)));
    let (names, weights): (Vec<String>, Vec<Weights>) = settings.into_iter().unzip();
    let mut rows: Vec<(String, Vec<Metric>)> = Vec::new();
    for (name, trial) in names.into_iter().zip(try_all(sets, &choices, weights, watch)?) {
        rows.push((name, means(&trial.figures)));
    }
    choices.mode = Mode::Deep;
    for trial in try_all(sets, &choices, vec![full], watch)? {
        rows.insert(1, ("everything, deep".to_owned(), means(&trial.figures)));
    }
    let head: Vec<&str> = sets.iter().map(|set| set.name.as_str()).collect();
    let mut table = format!("| R@10 / all@10 / nDCG@10 | {} |\n|---|{}\n", head.join(" | "), "---|".repeat(sets.len()));
    for (name, figures) in rows {
        let cells: Vec<String> = figures
            .iter()
            .map(|mean| format!("{:.3} / {:.3} / {:.3}", mean.recall_10, mean.all_10, mean.ndcg_10).replace("0.", "."))
            .collect();
        table.push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }
    Ok(table)
}

fn with(mut weights: Weights, change: impl Fn(&str, f32) -> f32) -> Weights {
    for (name, value) in weights.each() {
        *value = change(name, *value);
    }
    weights
}

fn means(figures: &[Vec<Vec<Metric>>]) -> Vec<Metric> {
    figures.iter().map(|haystacks| Metric::mean(&haystacks.concat())).collect()
}
