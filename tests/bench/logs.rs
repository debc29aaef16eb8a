//! How fast templates are found in logs, on the public samples of HYDRA_BENCH_DIR.

use hydra_graph::Timestamp;
use hydra_ingest::mine;

use crate::harness;
use crate::measure::usage;
use crate::report::Report;

/// The samples have two thousand lines each; so often they take a second or more.
const REPEATED: usize = 200;

/// Lines a CPU second, from bytes to templates.
pub fn logs(report: &mut Report) {
    let Some(folder) = harness::bench_data().map(|folder| folder.join("logs")).filter(|folder| folder.is_dir()) else {
        return;
    };
    for name in ["HDFS", "OpenSSH"] {
        let sample = std::fs::read(folder.join(name).join(format!("{name}_2k.log"))).expect("the sample is there");
        let lines = sample.iter().filter(|byte| **byte == b'\n').count() * REPEATED;
        let (before, _) = usage(std::process::id());
        for _ in 0..REPEATED {
            let mined = mine(sample.as_slice(), Timestamp::from_millis(1_700_000_000_000)).expect("it can be read");
            std::hint::black_box(mined);
        }
        let (after, _) = usage(std::process::id());
        let what = format!("a log a CPU second, from bytes to templates ({name})");
        report.above(&what, lines as f64 / (after - before).max(0.01), 50_000.0, "lines");
    }
}
