//! A stack for what goes down with the nesting of a query: its parser, its planner, its evaluator.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::interrupt::Interrupt;
use crate::error::{Error, ErrorKind, Result};

/// Enough for the longest query that is read. A thread that answers many of them has it from the start: making a stack and
/// throwing it away costs as much as a short query.
pub const QUERY_STACK_BYTES: usize = 256 << 20;

/// Does something with so much stack, on this thread.
pub(crate) fn on_own_stack<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    stacker::maybe_grow(QUERY_STACK_BYTES, QUERY_STACK_BYTES, work)
}

/// As [`on_own_stack`], on a thread of its own: what takes longer than that is stopped, and ends as soon as it looks
/// whether it was.
pub(crate) fn on_own_stack_within<T: Send>(
    time: Duration,
    interrupt: &Interrupt,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let working = thread::Builder::new().name("query".to_owned()).stack_size(QUERY_STACK_BYTES);
        let (ended, is_ended) = mpsc::channel::<()>();
        let working = working.spawn_scoped(scope, move || {
            let _ended = ended;
            work()
        });
        let working = working.map_err(|error| Error::io("a thread for the query", &error))?;
        if is_ended.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
            interrupt.stop(too_long(time));
        }
        match working.join() {
            Ok(answer) => answer,
            Err(cause) => std::panic::resume_unwind(cause),
        }
    })
}

fn too_long(time: Duration) -> Error {
    Error::new(ErrorKind::Unavailable, format!("the query took longer than {} s, and was ended", time.as_secs())).hint(
        "ask for less at a time: name a subject or predicate, join patterns by variables they share, or say LIMIT",
    )
}
