//! Where and from when something was asked for: what hangs below an answer is looked for in the same spaces and from the
//! same moment.

use std::cell::RefCell;
use std::sync::Arc;

use super::scalar::{When, words};

/// Spaces and moment of a question. Clones are cheap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope(Arc<Inner>);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Inner {
    spaces: Vec<String>,
    as_of: Option<String>,
    known_at: Option<String>,
}

thread_local! {
    /// The scope of the answer that this thread reads: each node of it takes it along.
    static READ_IN: RefCell<Scope> = RefCell::default();
}

impl Scope {
    /// All spaces, now.
    pub fn everything() -> Self {
        Self::default()
    }

    /// These spaces, from these moments.
    pub fn new(spaces: Vec<String>, as_of: Option<When>, known_at: Option<When>) -> Self {
        Self(Arc::new(Inner { spaces, as_of: words(as_of), known_at: words(known_at) }))
    }

    /// Returns the spaces.
    pub fn spaces(&self) -> Vec<String> {
        self.0.spaces.clone()
    }

    /// Returns what was true then.
    pub fn as_of(&self) -> Option<String> {
        self.0.as_of.clone()
    }

    /// Returns what was known then.
    pub fn known_at(&self) -> Option<String> {
        self.0.known_at.clone()
    }

    /// Reads an answer that was asked for in this scope.
    pub fn within<T>(&self, read: impl FnOnce() -> T) -> T {
        READ_IN.set(self.clone());
        let answer = read();
        READ_IN.set(Self::default());
        answer
    }

    /// Returns the scope of the answer that is read.
    pub fn current() -> Self {
        READ_IN.with_borrow(Self::clone)
    }
}
