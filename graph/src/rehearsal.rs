//! Trying changes without making them: what a thread writes in a rehearsal is decided and checked by the same code as ever,
//! and shown to whatever the thread reads after it, but it reaches neither the writer, nor the log, nor the store.
//!
//! It belongs to a thread because a verb does: one verb runs from start to end on the thread that calls it, and everybody
//! else goes on reading and writing what is real.

use std::cell::RefCell;

use crate::error::Result;
use crate::journal::Entry;
use crate::store::View;

thread_local! {
    /// What was tried since the rehearsal of this thread began; `None` outside of one.
    static TRIED: RefCell<Option<Vec<Entry>>> = const { RefCell::new(None) };
}

/// Ends the rehearsal, however the work ends.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        TRIED.set(None);
    }
}

/// Runs some work of this thread as a rehearsal.
pub(crate) fn run<T>(work: impl FnOnce() -> T) -> T {
    TRIED.set(Some(Vec::new()));
    let _end = End;
    work()
}

/// Tells whether this thread rehearses.
pub(crate) fn is_on() -> bool {
    TRIED.with_borrow(Option::is_some)
}

/// Lays what was tried so far over a view, which is never committed.
pub(crate) fn show(view: &mut View<'_>) -> Result<()> {
    TRIED.with_borrow(|tried| tried.iter().flatten().try_for_each(|entry| entry.apply(view)))
}

/// Adds what was tried.
pub(crate) fn keep(entry: Entry) {
    TRIED.with_borrow_mut(|tried| tried.get_or_insert_default().push(entry));
}
