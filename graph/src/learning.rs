//! A learning: a memory that says when it applies, what to do then, how that went, and how often it was seen and helped.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::str::FromStr;

use oxigraph::model::{NamedNodeRef, Quad};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::entity::normalise;
use crate::error::{Error, ErrorKind, Result};
use crate::id::Id;
use crate::names::shortened;
use crate::store::{View, term_text};
use crate::vocab;

/// How it went when the lesson was followed, or learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It did what it should.
    Worked,
    /// It did not: the lesson is what to avoid.
    Failed,
    /// Partly, or sometimes so and sometimes not.
    Mixed,
}

impl Outcome {
    /// Returns the name in the graph and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worked => "worked",
            Self::Failed => "failed",
            Self::Mixed => "mixed",
        }
    }

    /// Returns what two observations come to: they agree, or it is mixed.
    pub(crate) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Mixed }
    }
}

impl FromStr for Outcome {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Worked, Self::Failed, Self::Mixed].into_iter().find(|outcome| outcome.as_str() == text).ok_or_else(
            || {
                Error::new(ErrorKind::Invalid, format!("`{}` is not an outcome", shortened(text)))
                    .hint("outcomes are worked, failed and mixed")
            },
        )
    }
}

/// What a memory says as a learning.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Learning {
    /// When it applies.
    pub trigger: String,
    /// What to do then, or to avoid.
    pub lesson: String,
    /// How it went.
    pub outcome: Outcome,
    /// The files or folders it applies to; anywhere if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// How often it was learned.
    pub times_seen: usize,
    /// How often it was reported to have helped.
    pub times_helped: usize,
    /// How often it was reported to have hurt.
    pub times_hurt: usize,
}

/// Reads it from what is said of a node; `None` if that is no learning with a trigger.
pub(crate) fn of_quads(quads: &[Quad]) -> Option<Learning> {
    let all = |predicate: NamedNodeRef<'static>| {
        quads.iter().filter(move |quad| quad.predicate.as_ref() == predicate).filter_map(|quad| term_text(&quad.object))
    };
    let count = |predicate| all(predicate).next().and_then(|text| text.parse().ok());
    let mut paths: Vec<String> = all(vocab::APPLIES_TO).collect();
    paths.sort_unstable();
    Some(Learning {
        trigger: all(vocab::TRIGGER).next()?,
        lesson: all(vocab::LESSON).next()?,
        outcome: all(vocab::OUTCOME).next()?.parse().ok()?,
        paths,
        times_seen: count(vocab::TIMES_SEEN).unwrap_or(1),
        times_helped: count(vocab::TIMES_HELPED).unwrap_or(0),
        times_hurt: count(vocab::TIMES_HURT).unwrap_or(0),
    })
}

/// The text of a learning. The trigger has the first line to itself, so that no two learnings read the same.
pub(crate) fn text(trigger: &str, lesson: &str) -> String {
    format!("When {}:\n{}", trigger.split_whitespace().collect::<Vec<_>>().join(" "), lesson.trim())
}

/// The key of whatever says the same of the same space, however it is capitalised and spaced.
pub(crate) fn key(space: &str, trigger: &str, lesson: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [trigger, lesson].map(normalise) {
        let part = part.trim_end_matches(['.', ':', ' ']);
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    format!("learning:{space} {}", hasher.finalize().to_hex())
}

/// Sorts learnings, those first that helped most often, less often hurt, then those seen most often, then the newest. Each
/// count is read of all at once, because a look at every learning costs several times as much.
pub(crate) fn best_first(view: &View<'_>, mut ids: Vec<Id>) -> Result<Vec<Id>> {
    let [helped, hurt, seen] =
        [view.numbers(vocab::TIMES_HELPED)?, view.numbers(vocab::TIMES_HURT)?, view.numbers(vocab::TIMES_SEEN)?];
    let of = |counts: &HashMap<Id, i64>, id: &Id| counts.get(id).copied().unwrap_or_default();
    ids.sort_unstable_by_key(|id| (Reverse(of(&helped, id) - of(&hurt, id)), Reverse(of(&seen, id)), Reverse(*id)));
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_has_the_same_key() {
        let key = |trigger, lesson| super::key("personal", trigger, lesson);
        assert_eq!(key("The build  fails", "Run make clean."), key("the build fails", "run make\nclean"));
        assert_ne!(key("a", "b"), key("b", "a"));
        assert_ne!(key("a b", "c"), key("a", "b c"));
        assert_ne!(super::key("work", "a", "b"), key("a", "b"));
    }

    #[test]
    fn observations_that_differ_are_mixed() {
        assert_eq!(Outcome::Worked.and(Outcome::Worked), Outcome::Worked);
        assert_eq!(Outcome::Worked.and(Outcome::Failed), Outcome::Mixed);
    }
}
