//! What one query may cost, counted and not timed: the same query on the same graph always ends the same way.
//!
//! The evaluator looks at a cancellation token only where it reads a statement, and joins what it has read in loops that
//! read none. But no row is made without copying a term of ours: so each copy is counted, and the one too many unwinds
//! the evaluation.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use oxigraph::model::Term;

use crate::error::{Error, ErrorKind, Result};

/// Statements that one query reads at most.
pub const MAX_QUERY_READ: u64 = 1_000_000;
/// Terms that one query copies from row to row at most; of long ones so many times as they have [`STEP_BYTES`].
pub const MAX_QUERY_STEPS: u64 = 20_000_000;
/// Bytes of a text that count as one step when an expression reads or makes it.
const STEP_BYTES: usize = 64;

/// What ends an evaluation from inside.
pub(crate) enum Overdraft {
    /// It cost too much.
    Spent,
    /// It called for a service outside.
    Service(String),
}

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    reads: Cell<u64>,
    steps: Cell<u64>,
}

impl Budget {
    /// Starts with so many statements and steps.
    pub fn new(reads: u64, steps: u64) -> Rc<Self> {
        Rc::new(Self { reads: Cell::new(reads), steps: Cell::new(steps) })
    }

    /// Counts a statement that was read, whether it is shown or not.
    pub fn read(&self) {
        spend(&self.reads, 1);
    }

    /// Counts a text that an expression reads or makes.
    pub fn text(&self, bytes: usize) {
        spend(&self.steps, 1 + (bytes / STEP_BYTES) as u64);
    }

    fn step(&self) {
        spend(&self.steps, 1);
    }

    /// Runs an evaluation until it ends or has cost too much.
    pub fn run<T>(&self, evaluate: impl FnOnce() -> Result<T>) -> Result<T> {
        let ended = catch_unwind(AssertUnwindSafe(evaluate));
        ended.unwrap_or_else(|cause| match cause.downcast::<Overdraft>().map(|overdraft| *overdraft) {
            Ok(Overdraft::Spent) => Err(Error::new(
                ErrorKind::TooLarge,
                format!("the query costs more than {MAX_QUERY_READ} statements or {MAX_QUERY_STEPS} steps"),
            )
            .hint(
                "join its patterns by variables they share, name a subject or predicate, or ask for a part at a time",
            )),
            Ok(Overdraft::Service(name)) => Err(super::guard::no_service(&name)),
            Err(cause) => resume_unwind(cause),
        })
    }
}

fn spend(left: &Cell<u64>, cost: u64) {
    match left.get().checked_sub(cost) {
        Some(rest) => left.set(rest),
        // Not a panic: no message is printed, nothing is broken, and `run` stands above.
        None => resume_unwind(Box::new(Overdraft::Spent)),
    }
}

/// A term whose copies are counted.
pub(crate) struct Counted {
    term: Rc<Term>,
    budget: Rc<Budget>,
}

impl Counted {
    /// Counts a term from now on.
    pub fn new(term: Term, budget: &Rc<Budget>) -> Self {
        Self { term: Rc::new(term), budget: Rc::clone(budget) }
    }

    /// Returns the term.
    pub fn term(&self) -> &Term {
        &self.term
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.budget.step();
        Self { term: Rc::clone(&self.term), budget: Rc::clone(&self.budget) }
    }
}

impl PartialEq for Counted {
    fn eq(&self, other: &Self) -> bool {
        self.term == other.term
    }
}

impl Eq for Counted {}

impl std::hash::Hash for Counted {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.term.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::string;

    #[test]
    fn one_step_too_many_ends_it() {
        let attempt = |reads: u64, steps: u64| {
            let budget = Budget::new(reads, steps);
            budget.run(|| {
                let term = Counted::new(string("x").into(), &budget);
                let copies = [term.clone(), term.clone()];
                budget.read();
                budget.text(STEP_BYTES);
                Ok(copies.len())
            })
        };
        assert_eq!(attempt(1, 4).unwrap(), 2);
        for (reads, steps) in [(0, 4), (1, 3), (1, 1)] {
            assert_eq!(attempt(reads, steps).unwrap_err().kind(), ErrorKind::TooLarge, "{reads} and {steps}");
        }
    }

    #[test]
    #[should_panic(expected = "as it is")]
    fn another_panic_goes_on() {
        let _ = Budget::new(1, 1).run::<()>(|| panic!("as it is"));
    }
}
