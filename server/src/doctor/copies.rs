//! When the memory was last written somewhere else.

use std::path::Path;

use super::check::Check;
use crate::wiring;

/// How old the newest export may be.
const MAX_AGE_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// What to do about it.
const NEXT: &str = "make one, somewhere else than this disk, with: hydra export FILE";

/// Looks at the newest export that is known of.
pub fn check(data_dir: &Path) -> Check {
    let last = match hydra_graph::last_export(data_dir) {
        Ok(last) => last,
        Err(error) => return Check::failed("backup", &error),
    };
    let Some((at, path)) = last else {
        return Check::warn("backup", "there is no export of this memory", NEXT);
    };
    let days = (wiring::now().as_millis() - at.as_millis()) / DAY_MS;
    let said = format!("the newest export is of {at}, at {}", path.display());
    match (path.exists(), days > MAX_AGE_DAYS) {
        (false, _) => Check::warn("backup", format!("{said}, and is not there any more"), NEXT),
        (true, true) => Check::warn("backup", format!("{said}, {days} days ago"), NEXT),
        (true, false) => Check::ok("backup", said),
    }
}
