//! A stack for what goes down with the nesting of a query: its parser, its planner, its evaluator.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::guard::MAX_SPARQL_BYTES;
use super::interrupt::Interrupt;
use crate::error::{Error, ErrorKind, Result};

/// Enough for the longest query that is read.
const STACK_BYTES: usize = 256 << 20;
/// Enough for what stands in one byte of a query.
const OF_EACH_BYTE: usize = STACK_BYTES / MAX_SPARQL_BYTES;
/// What reading and answering take whatever is asked.
const AT_LEAST: usize = 1 << 20;

/// Does something on a stack that is deep enough for a text of so many bytes: the one that there is, where it is deep enough.
/// What is longer than a query goes no deeper than the longest one.
pub(crate) fn on_deep_stack<T>(text: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let needed = AT_LEAST + text.len().min(MAX_SPARQL_BYTES) * OF_EACH_BYTE;
    stacker::maybe_grow(needed, needed, work)
}

/// Does something on a thread with the deepest stack: what takes longer than that is stopped, and ends as soon as it looks
/// whether it was.
pub(crate) fn on_own_thread_within<T: Send>(
    time: Duration,
    interrupt: &Interrupt,
    work: impl FnOnce() -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let working = thread::Builder::new().name("query".to_owned()).stack_size(STACK_BYTES);
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
