//! Whether a test that needs a browser may be skipped where none can be had.

use std::ffi::OsStr;

/// Set where what can't be tested must not pass for tested.
const REQUIRED: &str = "HYDRA_REQUIRE_BROWSER";

/// Hands on what was found; fails if nothing was, and the environment wants the browser driven.
pub fn needed<T>(found: Option<T>) -> Option<T> {
    let is_required = is_set(std::env::var_os(REQUIRED).as_deref());
    assert!(found.is_some() || !is_required, "{REQUIRED} is set, and the browser can't be driven, as said above");
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
