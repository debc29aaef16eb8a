//! What can be learned from a conversation without a model: a correction, a wish, a decision, an error that was mended, a
//! file that is worked on again and again.
//!
//! Only a person's own words count as wishes and decisions (`sentence` leaves out what they quoted, pasted or asked), and only
//! where a rule is sure (`wish`, `choice`). What went wrong and right is read from what was done (`fix`, `touched`). Each is a
//! candidate that rests on the turn it was read from, trusted as little as that: two independent conversations make a wish
//! one that is in force.

mod choice;
mod fix;
mod sentence;
mod touched;
mod wish;

use serde::{Deserialize, Serialize};

use super::call::{Call, Outcome};
use choice::Choice;
use fix::Fixes;
use touched::Touched;
use wish::Wish;

pub use fix::MAX_FIX_STEPS;
pub use touched::MIN_TOUCHES;

/// Lessons of one turn at most.
const MAX_OF_TURN: usize = 3;

/// What may be learned from a person's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// They want or avoid something.
    Wish(String),
    /// They decided something.
    Decision(String),
}

/// Returns what may be learned from a message that a person wrote.
pub fn candidates(said: &str) -> Vec<Candidate> {
    let read = sentence::spoken(said).into_iter().filter_map(|sentence| {
        if let Some(choice) = choice::read(&sentence) {
            return Some(Candidate::Decision(choice.text));
        }
        wish::read(&sentence).map(|wish| Candidate::Wish(wish.text))
    });
    read.take(MAX_OF_TURN).collect()
}

/// Where something was learned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    /// The key of the turn.
    pub key: &'p str,
    /// The repository.
    pub repository: Option<&'p str>,
}

/// Something that was learned. Keys are those of the turns it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Lesson {
    /// A person wants or avoids something; in a repository, or everywhere.
    Wish { key: String, text: String, quote: String, repository: Option<String> },
    /// A person decided something.
    Decision { key: String, choice: Choice, quote: String, repository: Option<String> },
    /// Something was mended.
    Fix { keys: Vec<String>, trigger: String, lesson: String, repository: Option<String> },
    /// A file is worked on often.
    Touched { key: String, path: String, repository: Option<String> },
}

impl Lesson {
    /// Tells whether an agent may want to say it in its own words.
    pub fn is_worth_saying(&self) -> bool {
        !matches!(self, Self::Touched { .. })
    }
}

/// What is kept from turn to turn to learn from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Learner {
    fixes: Fixes,
    touched: Touched,
}

impl Learner {
    /// Hears a person.
    pub fn hear(&self, said: &str, place: Place<'_>) -> Vec<Lesson> {
        let mut lessons = Vec::new();
        for sentence in sentence::spoken(said) {
            let (key, quote) = (place.key.to_owned(), sentence.text.clone());
            let repository = place.repository.map(str::to_owned);
            if let Some(choice) = choice::read(&sentence) {
                lessons.push(Lesson::Decision { key, choice, quote, repository });
            } else if let Some(Wish { text, is_general }) = wish::read(&sentence) {
                let repository = repository.filter(|_| !is_general);
                lessons.push(Lesson::Wish { key, text, quote, repository });
            }
            if lessons.len() == MAX_OF_TURN {
                break;
            }
        }
        lessons
    }

    /// Sees what came of a call.
    pub fn see(&mut self, call: &Call, outcome: &Outcome, place: Place<'_>) -> Vec<Lesson> {
        let fixed = self.fixes.see(call, outcome, place);
        let touched = self.touched.see(call, outcome, place);
        fixed.into_iter().chain(touched).collect()
    }
}
