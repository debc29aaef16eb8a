//! A decision that a person says they took, by its first words: `we decided …`, `let's go with X instead of Y`.

use serde::{Deserialize, Serialize};

use super::sentence::Sentence;
use super::wish::{reason, sides};

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::transcript) struct Choice {
    /// As it was said, from where it begins.
    pub text: String,
    /// What was chosen, and against what, where both are said.
    pub chosen: Option<String>,
    pub rejected: Option<String>,
    /// Why, if that was said.
    pub because: Option<String>,
}

/// What may stand before it.
const OPENERS: [&str; 16] = [
    "ok", "okay", "so", "and", "well", "yes", "yeah", "right", "alright", "good", "great", "then", "actually", "no",
    "fine", "hmm",
];
/// What announces a decision.
const DECIDED: [&str; 14] = [
    "decided to ",
    "decided on ",
    "decided against ",
    "decided that ",
    "decided not to ",
    "agreed to ",
    "agreed on ",
    "agreed that ",
    "agreed not to ",
    "settled on ",
    "settled for ",
    "chose ",
    "opted for ",
    "opted to ",
];
/// What a choice that says nothing by itself begins with.
const POINTING: [&str; 18] = [
    "it",
    "that",
    "this",
    "these",
    "those",
    "them",
    "option",
    "plan",
    "your",
    "the first",
    "the second",
    "the last",
    "the other",
    "whatever",
    "both",
    "a",
    "b",
    "c",
];
/// What takes it back, or leaves it open.
const VETO: [&str; 10] =
    ["maybe", "perhaps", "might", "not sure", "what if", "i think", "for now", "unless", "if we", "they"];

/// Reads a sentence; `None` where no rule is sure.
pub(super) fn read(sentence: &Sentence) -> Option<Choice> {
    let lower = sentence.lower.as_str();
    let has = |words: &str| format!(" {lower} ").contains(&format!(" {words} "));
    if VETO.iter().any(|veto| has(veto)) {
        return None;
    }
    let rest = open(lower);
    let what = announced(rest).or_else(|| gone_with(rest))?;
    let (what, because) = reason(what);
    let (chosen, rejected) = sides(what);
    let first = chosen.split([' ', ',']).next().unwrap_or_default();
    let is_pointing = |word: &str| match word.len() {
        // `b`, but not `a monorepo`.
        1 => chosen == word,
        _ => first == word || chosen.starts_with(&format!("{word} ")),
    };
    if chosen.is_empty() || chosen.len() < 2 || POINTING.iter().any(|word| is_pointing(word)) {
        return None;
    }
    let because = because.or_else(|| reason(rest).1);
    let is_choice = rejected.is_some_and(|rejected| !["it", "that", "this"].contains(&rejected));
    Some(Choice {
        text: as_said(sentence, rest),
        chosen: is_choice.then(|| sentence.recase(chosen)),
        rejected: rejected.filter(|_| is_choice).map(|rejected| sentence.recase(rejected)),
        because: because.map(|because| sentence.recase(because)),
    })
}

/// `we decided to use X`, `I've settled on X`, `decision: X`.
fn announced(rest: &str) -> Option<&str> {
    if let Some(what) = rest.strip_prefix("decision: ").or_else(|| rest.strip_prefix("decided: ")) {
        return Some(what);
    }
    let after =
        ["we've ", "i've ", "we have ", "i have ", "we ", "i "].iter().find_map(|who| rest.strip_prefix(who))?;
    let how = ["just ", "already ", "finally ", "now ", "all ", "both "];
    let after = how.iter().find_map(|how| after.strip_prefix(how)).unwrap_or(after);
    let (verb, what) = DECIDED.iter().find_map(|verb| Some((verb, after.strip_prefix(verb)?)))?;
    // What is decided against is said with its verb, and something is always chosen over something else.
    match *verb {
        "decided against " | "decided not to " | "agreed not to " => Some(after),
        "chose " => sides(what).1.map(|_| what),
        _ => Some(what.strip_prefix("use ").unwrap_or(what)),
    }
}

/// `let's go with X`, `let's use X instead of Y`, `we'll use X rather than Y`, `go with X instead of Y`.
fn gone_with(rest: &str) -> Option<&str> {
    let lets = ["let's ", "lets ", "let us "].iter().find_map(|lets| rest.strip_prefix(lets));
    if let Some(what) =
        lets.and_then(|what| ["go with ", "stick with ", "stay with "].iter().find_map(|go| what.strip_prefix(go)))
    {
        return Some(what);
    }
    let will = ["we'll ", "we will ", "i'll ", "i will ", "we're going to ", "we are going to ", "we're ", "i'm "];
    let order = will.iter().find_map(|will| rest.strip_prefix(will)).or(lets).unwrap_or(rest);
    let going = ["go with ", "going with ", "stick with ", "sticking with ", "use "];
    let what = going.iter().find_map(|go| order.strip_prefix(go))?;
    // An order alone is a wish or a task; without the other side all of these may be.
    let is_order = order.len() == rest.len() && order.starts_with("use ");
    (!is_order && sides(reason(what).0).1.is_some()).then_some(what)
}

/// Takes off what stands before.
fn open(lower: &str) -> &str {
    let mut rest = lower;
    while let Some(bare) = OPENERS.iter().find_map(|word| {
        let after = rest.strip_prefix(word)?;
        let bare = after.trim_start_matches([',', '.', '!', ':', '-', '—', ' ']);
        (bare.len() < after.len() && !bare.is_empty()).then_some(bare)
    }) {
        rest = bare;
    }
    rest
}

/// The end of a sentence as it was said, with its capitals.
fn as_said(sentence: &Sentence, rest: &str) -> String {
    let words: Vec<&str> = sentence.text.split_whitespace().collect();
    let count = rest.split(' ').count();
    let said = words[words.len().saturating_sub(count)..].join(" ");
    let mut letters = said.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::lesson::sentence::spoken;

    fn choices(text: &str) -> Vec<Choice> {
        spoken(text).iter().filter_map(read).collect()
    }

    #[test]
    fn decisions_are_read_with_their_sides() {
        for (text, said, chosen, rejected) in [
            ("We decided to use axum instead of actix.", "We decided to use axum instead of actix", "axum", "actix"),
            (
                "ok, let's go with SQLite rather than Postgres",
                "Let's go with SQLite rather than Postgres",
                "SQLite",
                "Postgres",
            ),
            ("We'll use Rust, not Go", "We'll use Rust, not Go", "Rust", "Go"),
            (
                "I'm going with tabs over spaces because of Anna",
                "I'm going with tabs over spaces because of Anna",
                "tabs",
                "spaces",
            ),
        ] {
            let found = choices(text);
            assert_eq!(found.len(), 1, "{text}");
            let Choice { text: is, chosen: one, rejected: other, .. } = &found[0];
            assert_eq!((is.as_str(), one.as_deref(), other.as_deref()), (said, Some(chosen), Some(rejected)), "{text}");
        }
        for text in
            ["We've decided against microservices", "we agreed that names are English", "Let's stick with SQLite"]
        {
            let found = choices(text);
            assert!(found.len() == 1 && found[0].chosen.is_none(), "{text}: {found:?}");
        }
        assert_eq!(choices("We decided on A4 because it prints")[0].because.as_deref(), Some("it prints"));
    }

    #[test]
    fn what_was_not_decided_is_left_alone() {
        for text in [
            "Have we decided on a name?",
            "we haven't decided yet",
            "let's go with option 2",
            "Let's go with that",
            "let's use a map here",
            "maybe let's go with SQLite",
            "if we decided to use Rust",
            "they decided to use Rust",
            "let's go",
            "use axum instead of actix",
        ] {
            assert_eq!(choices(text), [], "{text}");
        }
    }
}
