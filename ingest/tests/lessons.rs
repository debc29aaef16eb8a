//! What is learned from a person's words: measured on sentences that were labelled by hand, with a floor.

#![expect(clippy::print_stdout, reason = "it tells what it measures")]

use hydra_ingest::{Candidate, candidates};
use serde_json::Value;

/// Of what is learned so much has to be right: what is wrong comes back in every session.
const LEAST_PRECISION: f64 = 0.95;
/// Of what could be learned so much has to be: what is missed may be said again.
const LEAST_RECALL: f64 = 0.85;

/// Each line has what a person wrote, whether it is a wish, a decision or neither, and a word that what is learned has.
const LABELLED: &str = include_str!("../../tests/fixtures/lessons.jsonl");

#[test]
fn what_is_learned_is_right_and_most_is_learned() {
    let (mut right, mut learned, mut there) = (0, 0, 0);
    let mut wrong = Vec::new();
    for line in LABELLED.lines() {
        let labelled: Value = serde_json::from_str(line).unwrap();
        let text = labelled["text"].as_str().unwrap();
        let expected = labelled["is"].as_str();
        there += usize::from(expected.is_some());
        let found = candidates(text);
        learned += found.len();
        for candidate in &found {
            let (kind, said) = match candidate {
                Candidate::Wish(said) => ("wish", said),
                Candidate::Decision(said) => ("decision", said),
            };
            let has_it =
                labelled["says"].as_str().is_some_and(|says| said.to_lowercase().contains(&says.to_lowercase()));
            if expected == Some(kind) && has_it {
                right += 1;
            } else {
                wrong.push(format!("{text:?} gave {candidate:?}"));
            }
        }
        if found.is_empty() && expected.is_some() {
            wrong.push(format!("{text:?} gave nothing"));
        }
    }
    let (precision, recall) = (f64::from(right) / learned as f64, f64::from(right) / there as f64);
    println!("precision {precision:.3}, recall {recall:.3}, {right} right of {learned} learned and {there} there");
    assert!(LABELLED.lines().count() >= 100 && there >= 40);
    assert!(precision >= LEAST_PRECISION && recall >= LEAST_RECALL, "{precision:.3} {recall:.3}: {wrong:#?}");
}
