//! `make bench`: measures the real binary and writes BENCHMARKS.md again.
//!
//! Wall times are of a machine that may be shared, so medians and CPU seconds say more than tails. A data folder with
//! 100,000 passages is kept between runs, because embedding them takes most of half an hour.
#![allow(clippy::print_stdout, reason = "it tells what it measures")]

#[path = "../map/browser.rs"]
mod browser;
mod connection;
mod copies;
mod corpus;
mod daemon;
#[path = "../harness/mod.rs"]
mod harness;
mod hooks;
mod life;
mod load;
mod logs;
mod map;
mod measure;
mod million;
#[path = "../node/mod.rs"]
mod node;
mod report;
mod search;
mod sparql;
mod transcripts;
mod vault;

use std::path::PathBuf;
use std::process::ExitCode;

use report::Report;

fn main() -> ExitCode {
    // `cargo test` and `cargo bench` pass options of their own; only words choose what is measured.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    assert!(harness::model().is_some(), "HYDRA_MODEL_DIR must name the folder of the model: run `make bench`");
    let keep =
        std::env::var_os("HYDRA_BENCH_KEEP").map_or_else(|| std::env::temp_dir().join("hydra-bench"), PathBuf::from);
    std::fs::create_dir_all(&keep).expect("a folder for what is kept between runs");
    let mut report = Report::default();
    if is_wanted("start") {
        measure::initialize(&mut report);
    }
    if is_wanted("write") {
        measure::write(&mut report);
    }
    if is_wanted("ingest") {
        measure::ingest(&mut report);
    }
    if is_wanted("daemon") {
        daemon::daemon(&mut report);
    }
    if is_wanted("vault") {
        vault::vault(&mut report);
    }
    if is_wanted("logs") {
        logs::logs(&mut report);
    }
    if is_wanted("transcripts") {
        transcripts::transcripts(&mut report);
    }
    if is_wanted("recall") {
        measure::recall(&mut report, &keep);
    }
    if is_wanted("search") {
        search::search(&mut report, &keep);
    }
    if is_wanted("hooks") {
        hooks::hooks(&mut report, &keep);
    }
    if is_wanted("sparql") {
        sparql::sparql(&mut report);
    }
    if is_wanted("load") {
        load::load(&mut report);
    }
    if is_wanted("map") {
        map::map(&mut report);
    }
    // Only when asked for: it takes eight minutes.
    if wanted.iter().any(|word| word == "million") {
        million::million(&mut report);
    }
    if is_wanted("life") {
        life::life(&mut report, &keep);
    }
    if wanted.is_empty() {
        report.save();
    } else {
        println!("{}", report.table());
    }
    report.end()
}
