//! Doors for `fuzz/`, which hands whatever it makes up to the readers behind them and looks whether what they promise holds.

use hydra_graph::{Choice, Timestamp};
use serde::Deserialize;

use crate::argument::{self, Unknown};
use crate::parameter::{Budget, Limit, Look, MAX_BUDGET_TOKENS, Spaces, Stated};
use crate::resource;

/// What tools take, all of it at once.
#[derive(Deserialize)]
struct Arguments {
    #[serde(default, deserialize_with = "argument::text")]
    query: String,
    #[serde(default, deserialize_with = "argument::list")]
    ids: Vec<String>,
    #[serde(default, deserialize_with = "argument::choices")]
    options: Vec<Choice>,
    #[serde(default, deserialize_with = "argument::flag")]
    dry_run: bool,
    #[serde(default, deserialize_with = "argument::share")]
    confidence: Option<f32>,
    #[serde(flatten)]
    spaces: Spaces,
    #[serde(flatten)]
    look: Look,
    #[serde(flatten)]
    limit: Limit<7>,
    #[serde(flatten)]
    budget: Budget,
    #[serde(flatten)]
    stated: Stated,
    #[serde(flatten)]
    unknown: Unknown,
}

/// Reads the arguments of a call.
///
/// # Panics
/// When a promise is broken.
pub fn arguments(json: &[u8]) {
    let Ok(given) = serde_json::from_slice::<Arguments>(json) else { return };
    let Arguments { query, ids, options, dry_run, confidence, spaces, look, limit, budget, stated, unknown } = given;
    assert!(confidence.is_none_or(f32::is_finite), "{confidence:?}");
    assert!((1..=MAX_BUDGET_TOKENS).contains(&budget.tokens()), "{}", budget.tokens());
    assert!(spaces.named().iter().all(|space| !space.is_empty()));
    assert_eq!(argument::ignored("tool", &unknown).is_none(), unknown.is_empty());
    let now = Timestamp::from_millis(1_790_000_000_000);
    let _ = (query, ids, options, dry_run, limit.count(), look.moment(now), stated.statement());
}

/// Reads the address of a resource.
///
/// # Panics
/// When a promise is broken.
pub fn resource(uri: &str) {
    assert!(!resource::is_address(uri) || uri.len() <= resource::MAX_URI_BYTES);
}
