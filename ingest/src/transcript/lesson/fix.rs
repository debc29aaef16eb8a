//! An error that was mended: a command fails, something is changed, and the same command goes well.

use serde::{Deserialize, Serialize};

use super::super::call::{Call, Outcome, start};
use super::super::signature::error_signature;
use super::{Lesson, Place};

/// Steps after which nobody can say any more what mended an error.
pub const MAX_FIX_STEPS: usize = 24;
/// Errors that are open at most; the oldest go first.
const MAX_FAILURES: usize = 8;
/// Steps that a lesson names.
const MAX_NAMED: usize = 4;
/// What is kept of a step.
const MAX_STEP_BYTES: usize = 240;

/// What failed and was not mended yet, and what was done since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fixes {
    failures: Vec<Failure>,
    steps: Vec<Step>,
    /// How many steps there were before those.
    passed: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failure {
    family: String,
    words: Vec<String>,
    signature: String,
    key: String,
    repository: Option<String>,
    /// How many steps there were before it.
    at: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Step {
    family: Option<String>,
    text: String,
}

impl Fixes {
    /// Sees what came of a call; returns what is learned from it.
    pub fn see(&mut self, call: &Call, outcome: &Outcome, place: Place<'_>) -> Option<Lesson> {
        let lesson = match (call.family.as_ref().filter(|_| call.is_work()), outcome) {
            (Some(family), Outcome::Failed(error)) => {
                self.fail(family, call, error, place);
                None
            }
            (Some(family), Outcome::Worked(_)) => {
                let lesson = self.mend(family, call, place);
                self.step(Some(family.clone()), format!("`{}` was run", line_of(call)));
                lesson
            }
            (None, Outcome::Worked(_)) => {
                if let Some(path) = &call.path {
                    let text = match &call.change {
                        Some(change) => format!("in {path} {change}"),
                        None => format!("{path} was written"),
                    };
                    self.step(None, text);
                }
                None
            }
            (_, Outcome::Failed(_) | Outcome::Refused(_)) => None,
        };
        self.forget();
        lesson
    }

    fn fail(&mut self, family: &str, call: &Call, error: &str, place: Place<'_>) {
        let repository = place.repository.map(str::to_owned);
        // What was done since it failed last did not mend it.
        self.failures.retain(|failure| failure.family != family || failure.repository != repository);
        let Some(signature) = error_signature(error) else { return };
        if self.failures.len() == MAX_FAILURES {
            self.failures.remove(0);
        }
        let at = self.passed + self.steps.len();
        let (family, key) = (family.to_owned(), place.key.to_owned());
        self.failures.push(Failure { family, words: words(call), signature, key, repository, at });
    }

    fn mend(&mut self, family: &str, call: &Call, place: Place<'_>) -> Option<Lesson> {
        let is_it = |failure: &Failure| failure.family == family && failure.repository.as_deref() == place.repository;
        let index = self.failures.iter().position(is_it)?;
        let (now, before) = (words(call), &self.failures[index].words);
        let holds = |all: &[String], part: &[String]| part.iter().all(|word| all.contains(word));
        let (is_more, is_less) = (holds(&now, before), holds(before, &now));
        // Another test that passes says nothing of the one that failed.
        if !is_more && !is_less {
            return None;
        }
        let failure = self.failures.remove(index);
        let done = &self.steps[failure.at.saturating_sub(self.passed).min(self.steps.len())..];
        let mut named: Vec<&str> =
            done.iter().filter(|step| step.family.as_deref() != Some(family)).map(|step| step.text.as_str()).collect();
        named.dedup();
        let is_said_otherwise = is_more && !is_less;
        if named.is_empty() && !is_said_otherwise {
            return None;
        }
        let more = named.len().saturating_sub(MAX_NAMED);
        named.truncate(MAX_NAMED);
        let mut lesson = named.join("; ");
        if more > 0 {
            lesson.push_str(&format!("; and {more} more steps"));
        }
        let line = line_of(call);
        match (lesson.is_empty(), is_said_otherwise) {
            (true, _) => lesson = format!("`{line}` went well instead of `{}`", failure.words.join(" ")),
            (false, true) => lesson.push_str(&format!("; then `{line}` went well")),
            (false, false) => lesson.push_str(&format!("; then `{family}` went well")),
        }
        let keys = vec![failure.key, place.key.to_owned()];
        let repository = place.repository.map(str::to_owned);
        Some(Lesson::Fix { keys, trigger: failure.signature, lesson, repository })
    }

    fn step(&mut self, family: Option<String>, text: String) {
        if !self.failures.is_empty() {
            self.steps.push(Step { family, text: start(&text, MAX_STEP_BYTES) });
        }
    }

    /// Lets go of what is too long ago, so that what is kept stays small.
    fn forget(&mut self) {
        let end = self.passed + self.steps.len();
        self.failures.retain(|failure| end - failure.at <= MAX_FIX_STEPS);
        let first = self.failures.iter().map(|failure| failure.at).min().unwrap_or(end);
        self.steps.drain(..first.saturating_sub(self.passed).min(self.steps.len()));
        self.passed = if self.failures.is_empty() { 0 } else { first };
    }
}

/// The command itself, without where its output goes.
fn line_of(call: &Call) -> String {
    call.line.clone().unwrap_or_else(|| call.what.clone())
}

fn words(call: &Call) -> Vec<String> {
    line_of(call).split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bash(command: &str) -> Call {
        Call::of("t".into(), "Bash".into(), &json!({"command": command}), None)
    }

    fn edit(path: &str, old: &str, new: &str) -> Call {
        Call::of("t".into(), "Edit".into(), &json!({"file_path": path, "old_string": old, "new_string": new}), None)
    }

    /// What is learned from commands and edits: `!` before a command that fails.
    fn learn(steps: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut fixes = Fixes::default();
        let mut learned = Vec::new();
        for (number, (what, output)) in steps.iter().enumerate() {
            let key = number.to_string();
            let place = Place { key: &key, repository: Some("/src/a") };
            let (call, outcome) = match (what.strip_prefix('!'), what.strip_prefix("edit ")) {
                (Some(command), _) => (bash(command), Outcome::Failed((*output).to_owned())),
                (None, Some(path)) => (edit(path, "old", output), Outcome::Worked(None)),
                (None, None) => (bash(what), Outcome::Worked(None)),
            };
            if let Some(Lesson::Fix { trigger, lesson, .. }) = fixes.see(&call, &outcome, place) {
                learned.push((trigger, lesson));
            }
        }
        learned
    }

    #[test]
    fn an_error_and_what_mended_it_are_a_lesson() {
        for (steps, expected) in [
            (
                vec![
                    ("!cargo test --test a", "error[E0308]: mismatched types"),
                    ("edit src/a.rs", "new"),
                    ("cargo test --test a", ""),
                ],
                ("error[E0308]: mismatched types", "in src/a.rs `old` became `new`; then `cargo test` went well"),
            ),
            (
                vec![("!git push", "fatal: no upstream branch"), ("git push --set-upstream origin x", "")],
                ("fatal: no upstream branch", "`git push --set-upstream origin x` went well instead of `git push`"),
            ),
            (
                vec![("!make test", "error: no pytest"), ("ls", ""), ("pip install pytest", ""), ("make test", "")],
                ("error: no pytest", "`pip install pytest` was run; then `make test` went well"),
            ),
        ] {
            let (trigger, lesson) = expected;
            assert_eq!(learn(&steps), [(trigger.to_owned(), lesson.to_owned())]);
        }
    }

    #[test]
    fn what_nobody_mended_is_none() {
        for steps in [
            vec![("!cargo test", "error: flaky"), ("cargo test", "")],
            vec![("!cargo test --test a", "error: x"), ("edit a.rs", "new"), ("cargo test --test b", "")],
            vec![("!cat missing", "cat: missing: No such file"), ("edit a.rs", "new"), ("cat missing", "")],
            vec![("!cargo test", "error: x"), ("edit a.rs", "new"), ("cargo build", "")],
            // It failed again after the change.
            vec![("!cargo test", "error: x"), ("edit a.rs", "new"), ("!cargo test", "error: x"), ("cargo test", "")],
        ] {
            assert_eq!(learn(&steps), [], "{steps:?}");
        }
    }

    #[test]
    fn what_is_long_ago_is_forgotten() {
        let within = |count: usize| {
            let mut steps = vec![("!make all", "error: x")];
            steps.extend(vec![("edit a.rs", "new"); count]);
            steps.push(("make all", ""));
            learn(&steps).len()
        };
        assert_eq!((within(MAX_FIX_STEPS), within(MAX_FIX_STEPS + 1)), (1, 0));
        let mut fixes = Fixes::default();
        for number in 0..10 * MAX_FIX_STEPS {
            let (key, command) = (number.to_string(), format!("tool{number} x"));
            let place = Place { key: &key, repository: None };
            fixes.see(&bash(&command), &Outcome::Failed("error: x".into()), place);
            fixes.see(&edit("a.rs", "old", "new"), &Outcome::Worked(None), place);
        }
        assert!(fixes.failures.len() <= MAX_FAILURES && fixes.steps.len() <= MAX_FIX_STEPS);
    }
}
