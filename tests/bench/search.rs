//! A search as somebody types it in the browser, over 100,000 passages: from the key that asks to the hits on the page.

use std::path::Path;

use crate::browser;
use crate::harness::Server;
use crate::measure::kept;
use crate::report::Report;

/// Measures it.
pub fn search(report: &mut Report, keep: &Path) {
    let Some(packages) = browser::packages() else { return };
    kept(keep);
    let server = Server::start(&keep.join("data"));
    let seen = browser::run(&packages, "search.mjs", &server);
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
    let figure = |name: &str| seen[name].as_f64().unwrap_or_else(|| panic!("{name}: {seen}"));
    report.below("browser: from the key that asks to the hits on the page, p95 of 200", figure("p95"), 150.0, "ms");
    report.told("the same, p50", format!("{:.0} ms", figure("p50")));
    server.stop();
}
