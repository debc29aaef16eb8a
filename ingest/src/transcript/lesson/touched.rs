//! Files that are worked on again and again in one conversation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::call::{Call, Outcome};
use super::{Lesson, Place};

/// Changes of one file in one conversation after which it is one that is touched often.
pub const MIN_TOUCHES: usize = 5;
/// Files that are counted; further ones are not.
const MAX_COUNTED: usize = 100;

/// How often files were changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Touched(BTreeMap<String, usize>);

impl Touched {
    /// Counts a change; the one that makes it often is told.
    pub fn see(&mut self, call: &Call, outcome: &Outcome, place: Place<'_>) -> Option<Lesson> {
        let path = call.path.as_ref().filter(|_| matches!(outcome, Outcome::Worked(_)))?;
        if self.0.len() == MAX_COUNTED && !self.0.contains_key(path) {
            return None;
        }
        let count = self.0.entry(path.clone()).or_default();
        *count += 1;
        let (key, repository) = (place.key.to_owned(), place.repository.map(str::to_owned));
        (*count == MIN_TOUCHES).then(|| Lesson::Touched { key, path: path.clone(), repository })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_change_that_makes_it_often_is_told_once() {
        let mut touched = Touched::default();
        let place = Place { key: "k", repository: None };
        let change = |path: &str| Call::of("t".into(), "Write".into(), &json!({"file_path": path}), None);
        let mut told = |path: &str| touched.see(&change(path), &Outcome::Worked(None), place).is_some();
        let times: Vec<bool> = (0..2 * MIN_TOUCHES).map(|_| told("a.rs")).collect();
        assert_eq!(times.iter().position(|told| *told), Some(MIN_TOUCHES - 1));
        assert_eq!(times.iter().filter(|told| **told).count(), 1);
        for number in 0..2 * MAX_COUNTED {
            told(&number.to_string());
        }
        assert!(touched.0.len() <= MAX_COUNTED);
    }
}
