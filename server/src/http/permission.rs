//! In whose name a request of a front end runs: asked here, once, by whoever reads or writes through it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
pub use hydra_mcp::Right;

use super::App;
use super::failure::{Failed, Told};
use crate::verb::Session;

/// What handlers share, in the name of whoever calls.
pub struct Called(pub App);

impl FromRequestParts<App> for Called {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failed> {
        Ok(Self(App { session: caller(parts)?, ..app.clone() }))
    }
}

/// Returns the session of whoever calls. What nobody let in is not served.
///
/// # Errors
/// `Forbidden` when nobody said who that is.
pub fn caller(parts: &Parts) -> Result<Session, Failed> {
    parts.extensions.get::<Session>().cloned().ok_or_else(|| Failed(Right::Read.missing()))
}

/// Returns the session in which a caller does something that needs a right.
///
/// # Errors
/// `Forbidden`, as RFC 6750 says it, when the caller has not got it.
pub fn session(app: &App, right: Right) -> Result<Session, Told> {
    app.session.with(right).map_err(|error| Told::missing(right, error))
}
