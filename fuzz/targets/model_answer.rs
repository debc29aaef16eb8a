//! What a model answers who was asked about a text: nothing that does not stand in the text comes through.
#![no_main]
#![allow(dead_code, reason = "only what reads is called")]

#[path = "../../server/src/enrich/answer.rs"]
mod answer;

use answer::Answer;
use hydra_graph::PredicateInfo;

const HEADING: &str = "Boiler";
const TEXT: &str = "Mirela works for Acme Labs. Oskar, whom everybody calls Oz, likes black tea.";

libfuzzer_sys::fuzz_target!(|content: &str| {
    let Some(answer) = Answer::read(content) else { return };
    let predicates =
        ["works for", "likes"].map(|label| PredicateInfo { label: label.to_owned(), ..PredicateInfo::default() });
    for part in answer.proposals(&predicates, TEXT, HEADING).proposals {
        assert!(part.quote.is_none_or(|quote| TEXT.contains(&quote)));
        assert!((0.0..=1.0).contains(&part.confidence));
    }
});
