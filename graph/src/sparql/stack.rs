//! A stack for what goes down with the nesting of a query: its parser, its planner, its evaluator.

use std::thread;

use crate::error::{Error, Result};

/// Enough for the longest query that is read.
const STACK_BYTES: usize = 256 << 20;

/// Does something on a stack of its own.
pub(crate) fn on_own_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    thread::scope(|scope| {
        let working = thread::Builder::new().name("query".to_owned()).stack_size(STACK_BYTES);
        let working = working.spawn_scoped(scope, work);
        match working.map_err(|error| Error::io("a thread for the query", &error))?.join() {
            Ok(answer) => answer,
            Err(cause) => std::panic::resume_unwind(cause),
        }
    })
}
