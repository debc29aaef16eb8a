//! In whose name a request of a front end runs: asked here, once, by whoever reads or writes through it.

use hydra_graph::Result;

use super::App;
use crate::verb::Session;

/// What a request is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// It looks.
    Read,
    /// It changes something.
    Write,
}

/// Returns the session of a caller who may do that.
///
/// # Errors
/// `Refused` when the caller may not.
pub fn session(app: &App, _right: Right) -> Result<Session> {
    // Whoever came through `auth` holds the owner's token, which may do both.
    Ok(app.session.clone())
}
