//! What one look found.

use std::fmt;

use hydra_graph::Error;
use serde::Serialize;

use crate::outcome;

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// Something is missing or could be better; everything else goes on.
    Warn,
    /// Something does not work.
    Fail,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "FAIL",
        })
    }
}

/// One look: how it is, what that means, and what to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// How it is.
    pub state: State,
    /// What was found.
    pub said: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Whether it was mended just now.
    pub fixed: bool,
    /// What the command ends with if this is the worst.
    #[serde(skip)]
    pub code: u8,
}

impl Check {
    /// It is as it should be.
    pub fn ok(name: &'static str, said: impl Into<String>) -> Self {
        Self { name, state: State::Ok, said: said.into(), next: None, fixed: false, code: outcome::DONE }
    }

    /// It could be better.
    pub fn warn(name: &'static str, said: impl Into<String>, next: impl Into<String>) -> Self {
        Self { state: State::Warn, next: Some(next.into()), ..Self::ok(name, said) }
    }

    /// It does not work.
    pub fn fail(name: &'static str, said: impl Into<String>, next: impl Into<String>) -> Self {
        Self { state: State::Fail, code: outcome::FAILED, ..Self::warn(name, said, next) }
    }

    /// Looking at it failed.
    pub fn failed(name: &'static str, error: &Error) -> Self {
        let next = error.next_step().unwrap_or("see what `hydra serve -v` says when it starts").to_owned();
        Self { code: outcome::exit_code(error.kind()), ..Self::fail(name, error.message(), next) }
    }

    /// It was mended.
    pub fn fixed(name: &'static str, said: impl Into<String>) -> Self {
        Self { fixed: true, ..Self::ok(name, said) }
    }
}
