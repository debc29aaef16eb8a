//! What one query may cost, counted and not timed: the same query on the same graph always ends the same way.
//!
//! The evaluator looks at a cancellation token only where it reads a statement, and joins what it has read in loops that
//! read none. But no row is made without copying a term of ours: so each copy is counted, and the one too many unwinds
//! the evaluation.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use oxigraph::model::Term;

use super::interrupt::Interrupt;
use crate::error::{Error, ErrorKind, Result};

/// Statements that one query reads at most.
pub const MAX_QUERY_READ: u64 = 1_000_000;
/// Terms that one query copies from row to row at most; of long ones so many times as they have [`STEP_BYTES`].
pub const MAX_QUERY_STEPS: u64 = 20_000_000;
/// Bytes of a text that count as one step when an expression reads or makes it.
const STEP_BYTES: usize = 64;
/// Whoever asked is looked for once in so many steps or statements.
const LOOK_EVERY: u64 = 1 << 6;

/// What ends an evaluation from inside.
pub(crate) enum Overdraft {
    /// It cost too much.
    Spent,
    /// Whoever asked does not want it any more.
    Stopped,
    /// It asked for what is refused, in a place where an error would be swallowed.
    Refused(Error),
}

/// What is left.
#[derive(Debug)]
pub(crate) struct Budget {
    reads: Cell<u64>,
    steps: Cell<u64>,
    interrupt: Interrupt,
}

impl Budget {
    /// Starts with so many statements and steps.
    pub fn new(reads: u64, steps: u64, interrupt: &Interrupt) -> Rc<Self> {
        Rc::new(Self { reads: Cell::new(reads), steps: Cell::new(steps), interrupt: interrupt.clone() })
    }

    /// Counts a statement that was read, whether it is shown or not.
    pub fn read(&self) {
        self.spend(&self.reads, 1);
    }

    /// Counts a text that an expression reads or makes.
    pub fn text(&self, bytes: usize) {
        self.spend(&self.steps, 1 + (bytes / STEP_BYTES) as u64);
    }

    fn step(&self) {
        self.spend(&self.steps, 1);
    }

    /// Runs an evaluation until it ends, has cost too much or is stopped.
    pub fn run<T>(&self, evaluate: impl FnOnce() -> Result<T>) -> Result<T> {
        caught(&self.interrupt, evaluate)
    }

    fn spend(&self, left: &Cell<u64>, cost: u64) {
        // Not a panic: no message is printed, nothing is broken, and `run` stands above.
        let before = left.get();
        let Some(rest) = before.checked_sub(cost) else { resume_unwind(Box::new(Overdraft::Spent)) };
        left.set(rest);
        if before / LOOK_EVERY != rest / LOOK_EVERY && self.interrupt.is_stopped() {
            resume_unwind(Box::new(Overdraft::Stopped));
        }
    }
}

/// Runs an evaluation; what ended it from inside is the error.
pub(crate) fn caught<T>(interrupt: &Interrupt, evaluate: impl FnOnce() -> Result<T>) -> Result<T> {
    let ended = catch_unwind(AssertUnwindSafe(evaluate));
    ended.unwrap_or_else(|cause| match cause.downcast::<Overdraft>().map(|overdraft| *overdraft) {
        Ok(Overdraft::Spent) => Err(Error::new(
            ErrorKind::TooLarge,
            format!("the query costs more than {MAX_QUERY_READ} statements or {MAX_QUERY_STEPS} steps"),
        )
        .hint("join its patterns by variables they share, name a subject or predicate, or ask for a part at a time")),
        Ok(Overdraft::Stopped) => Err(interrupt.reason()),
        Ok(Overdraft::Refused(error)) => Err(error),
        Err(cause) => resume_unwind(cause),
    })
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
            let budget = Budget::new(reads, steps, &Interrupt::new());
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
    fn whoever_asked_may_stop_it() {
        let interrupt = Interrupt::new();
        let budget = Budget::new(u64::MAX, u64::MAX, &interrupt);
        interrupt.stop(Error::new(ErrorKind::Cancelled, "nobody reads the answer any more"));
        let error = budget.run::<()>(|| {
            loop {
                budget.read();
            }
        });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
        // What costs more than one at a time passes over round numbers.
        let error = budget.run::<()>(|| {
            loop {
                budget.text(2 * STEP_BYTES);
            }
        });
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Cancelled);
    }

    #[test]
    #[should_panic(expected = "as it is")]
    fn another_panic_goes_on() {
        let _ = Budget::new(1, 1, &Interrupt::new()).run::<()>(|| panic!("as it is"));
    }
}
