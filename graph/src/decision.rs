//! A decision: what was decided, which options there were, why, and what it applies to. Options are literals of the
//! decision's own node, so that looking back, undoing and exporting need nothing more.

use std::str::FromStr;

use oxigraph::model::{NamedNode, NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::names::shortened;
use crate::passage::MAX_PASSAGE_BYTES;
use crate::store::{Node, string, term_text};
use crate::vocab::{self, ext};

/// Options of one decision at most.
pub const MAX_OPTIONS: usize = 16;
/// Reasons of one decision at most.
pub const MAX_REASONS: usize = 16;
/// Longest option with its reason, and longest reason: each stays in one passage, with the word that says what became of it.
pub const MAX_OPTION_BYTES: usize = 1_024;

/// What became of an option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was chosen.
    Chosen,
    /// It was not.
    Rejected,
    /// Nobody said.
    #[default]
    Considered,
}

impl Verdict {
    const ALL: [Self; 3] = [Self::Chosen, Self::Rejected, Self::Considered];

    /// Returns the name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Rejected => "rejected",
            Self::Considered => "considered",
        }
    }

    fn predicate(self) -> NamedNodeRef<'static> {
        match self {
            Self::Chosen => vocab::CHOSE,
            Self::Rejected => vocab::REJECTED,
            Self::Considered => vocab::CONSIDERED,
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Chosen => "Chosen",
            Self::Rejected => "Rejected",
            Self::Considered => "Considered",
        }
    }
}

impl FromStr for Verdict {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text.trim().to_lowercase()).ok_or_else(|| {
            Error::new(ErrorKind::Invalid, format!("`{}` is not a verdict", shortened(text)))
                .hint("an option was chosen, rejected or only considered")
        })
    }
}

/// One option. Reads from an object, or from a text as [`Choice::parse`] does.
#[derive(Clone, Debug, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Choice {
    /// What it is.
    pub option: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Written {
    Text(String),
    Parts {
        option: String,
        #[serde(default)]
        verdict: Verdict,
        #[serde(default)]
        why: String,
    },
}

impl From<Written> for Choice {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => Self::parse(&text),
            Written::Parts { option, verdict, why } => Self { option, verdict, why },
        }
    }
}

impl Choice {
    /// Reads `option: why not`, as people write it: what has a reason was rejected, what has none was considered.
    pub fn parse(text: &str) -> Self {
        match text.split_once(": ") {
            Some((option, why)) if !option.trim().is_empty() && !why.trim().is_empty() => {
                Self { option: one_line(option), verdict: Verdict::Rejected, why: one_line(why) }
            }
            _ => Self { option: one_line(text), ..Self::default() },
        }
    }

    /// The same, as what was chosen.
    #[must_use]
    pub fn chosen(self) -> Self {
        Self { verdict: Verdict::Chosen, ..self }
    }

    fn line(&self) -> String {
        let why = if self.why.trim().is_empty() { String::new() } else { format!(": {}", one_line(&self.why)) };
        format!("{}: {}{why}", self.verdict.heading(), one_line(&self.option))
    }
}

/// What is told of a decision besides its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDecision {
    /// What there was to choose from.
    pub options: Vec<Choice>,
    /// Why it was decided so.
    pub reasons: Vec<String>,
    /// The decision that this one replaces.
    pub supersedes: Option<Id>,
}

/// What a memory says as a decision.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Decision {
    /// What was decided.
    pub decided: String,
    /// What there was to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// The file, folder, project, person or thing that it applies to; everywhere if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<String>,
}

impl NewDecision {
    /// Tells whether there is more to it than a text.
    pub(crate) fn has_parts(&self) -> bool {
        !self.options.is_empty() || !self.reasons.is_empty()
    }

    /// The text of a decision, with its options: what was rejected is found by its words, and says that it was.
    pub(crate) fn text(&self, decided: &str) -> String {
        let mut lines = vec![decided.trim().to_owned()];
        lines.extend(self.reasons.iter().map(|reason| format!("Because: {}", one_line(reason))));
        lines.extend(self.options.iter().map(Choice::line));
        let text = lines.join("\n");
        // A paragraph is never cut: a passage of a long one still says which verdict it is.
        if text.len() > MAX_PASSAGE_BYTES { lines.join("\n\n") } else { text }
    }

    /// Says of a memory's node what was decided, and from what.
    pub(crate) fn tell(&self, node: &mut Node, decided: &str) {
        node.say(ext::TYPE, NamedNode::from(vocab::DECISION)).say(vocab::DECIDED, string(decided.trim()));
        for reason in &self.reasons {
            node.say(vocab::BECAUSE, string(one_line(reason)));
        }
        for Choice { option, verdict, why } in &self.options {
            let why = if why.trim().is_empty() { String::new() } else { format!("\n{}", one_line(why)) };
            node.say(verdict.predicate(), string(format!("{}{why}", one_line(option))));
        }
    }

    /// Refuses what is too much, or says nothing.
    pub(crate) fn check(&self) -> Result<()> {
        for (what, count, most) in
            [("options", self.options.len(), MAX_OPTIONS), ("reasons", self.reasons.len(), MAX_REASONS)]
        {
            if count > most {
                return Err(Error::new(ErrorKind::TooLarge, format!("{count} {what}; a decision has {most}"))
                    .hint("give those that mattered"));
            }
        }
        let options = self.options.iter().map(|choice| ("option", choice.option.as_str(), choice.why.len()));
        for (what, text, more) in options.chain(self.reasons.iter().map(|reason| ("reason", reason.as_str(), 0))) {
            if text.trim().is_empty() {
                return Err(Error::new(ErrorKind::Invalid, format!("an {what} without a text").replace("an r", "a r"))
                    .hint("say it in a few words, or leave it out"));
            }
            if text.len() + more > MAX_OPTION_BYTES {
                return Err(Error::new(
                    ErrorKind::TooLarge,
                    format!("{what} `{}` has {} bytes; one has {MAX_OPTION_BYTES}", shortened(text), text.len() + more),
                )
                .hint("say it in a few sentences"));
            }
        }
        Ok(())
    }
}

/// Reads it from what is said of a node; `None` if that is no decision with parts. The text has their order.
pub(crate) fn of_quads(quads: &[Quad]) -> Option<Decision> {
    let all = |predicate: NamedNodeRef<'static>| {
        quads.iter().filter(move |quad| quad.predicate.as_ref() == predicate).filter_map(|quad| term_text(&quad.object))
    };
    let text = all(ext::TEXT).next().unwrap_or_default();
    let place = |line: &str| text.find(line).unwrap_or(usize::MAX);
    let mut reasons: Vec<String> = all(vocab::BECAUSE).collect();
    reasons.sort_by_cached_key(|reason| (place(&format!("Because: {reason}")), reason.clone()));
    let mut options: Vec<Choice> = Vec::new();
    for verdict in Verdict::ALL {
        options.extend(all(verdict.predicate()).map(|text| {
            let (option, why) = text.split_once('\n').unwrap_or((&text, ""));
            Choice { option: option.to_owned(), verdict, why: why.to_owned() }
        }));
    }
    options.sort_by_cached_key(|choice| (place(&choice.line()), choice.option.clone()));
    Some(Decision { decided: all(vocab::DECIDED).next()?, options, reasons, applies_to: all(vocab::APPLIES_TO).next() })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_with_a_reason_was_rejected() {
        let choice = |option: &str, verdict, why: &str| Choice { option: option.into(), verdict, why: why.into() };
        for (text, expected) in [
            ("SQLite: one  writer", choice("SQLite", Verdict::Rejected, "one writer")),
            ("SQLite", choice("SQLite", Verdict::Considered, "")),
            ("std::mutex", choice("std::mutex", Verdict::Considered, "")),
            ("SQLite: ", choice("SQLite:", Verdict::Considered, "")),
        ] {
            assert_eq!(Choice::parse(text), expected, "{text}");
        }
        assert_eq!("Chosen".parse::<Verdict>().unwrap(), Verdict::Chosen);
        assert!("maybe".parse::<Verdict>().is_err());
    }

    #[test]
    fn every_piece_of_a_long_text_says_its_verdict() {
        let choice = |n: usize| Choice {
            option: format!("Option {n}"),
            verdict: Verdict::Rejected,
            why: "It locks. It is slow. ".repeat(40),
        };
        let decision = NewDecision { options: (0..4).map(choice).collect(), ..NewDecision::default() };
        let text = decision.text("Use files");
        let pieces = crate::passage::split(&text);
        assert!(pieces.len() > 3);
        assert!(pieces[1..].iter().all(|piece| text[piece.clone()].starts_with("Rejected: ")));
    }
}
