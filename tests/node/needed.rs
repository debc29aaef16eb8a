//! Whether a test that needs a browser, or a client of somebody else's, may be skipped where none can be had.
#![allow(dead_code, reason = "each test uses its own part")]

use std::ffi::OsStr;

/// Set where what can't be tested must not pass for tested.
const REQUIRED: &str = "HYDRA_REQUIRE_BROWSER";

/// Hands on what was found; fails if nothing was, and the environment wants the browser driven.
pub fn needed<T>(found: Option<T>) -> Option<T> {
    required(found, REQUIRED)
}

/// As [`needed`], of what that variable of the environment wants.
pub fn required<T>(found: Option<T>, variable: &str) -> Option<T> {
    let is_required = is_set(std::env::var_os(variable).as_deref());
    assert!(found.is_some() || !is_required, "{variable} is set, and what it wants can't be had, as said above");
    found
}

fn is_set(value: Option<&OsStr>) -> bool {
    value.is_some_and(|value| !value.is_empty() && value != "0")
}

#[test]
fn only_a_value_that_says_so_requires_a_browser() {
    assert!(is_set(Some(OsStr::new("1"))));
    for value in [None, Some(""), Some("0")] {
        assert!(!is_set(value.map(OsStr::new)), "{value:?}");
    }
}
