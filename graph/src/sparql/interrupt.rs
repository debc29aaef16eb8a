//! How an evaluation is stopped from outside: its time is over, it takes too much memory, or nobody waits for it any more.

use std::sync::Arc;

use parking_lot::Mutex;
use spareval::CancellationToken;

use crate::error::{Error, ErrorKind};

/// Stops an evaluation. Clones stop the same one.
#[derive(Clone, Default)]
pub struct Interrupt {
    token: CancellationToken,
    why: Arc<Mutex<Option<Error>>>,
}

impl Interrupt {
    /// Makes one that was not used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the evaluation, which then ends with this error; the first one counts.
    pub fn stop(&self, why: Error) {
        self.why.lock().get_or_insert(why);
        self.token.cancel();
    }

    /// Tells whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Returns why.
    pub(crate) fn reason(&self) -> Error {
        let why = self.why.lock().clone();
        why.unwrap_or_else(|| Error::new(ErrorKind::Cancelled, "the query was stopped"))
    }

    /// Returns what the evaluator looks at whenever it reads a statement.
    pub(crate) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Interrupt").field("is_stopped", &self.is_stopped()).finish()
    }
}
