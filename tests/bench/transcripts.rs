//! How fast transcripts are taken in, on the real ones of HYDRA_BENCH_DIR: from lines to turns that are found by their words.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hydra_graph::{Memory, Timestamp};
use hydra_ingest::{Kind, Options, ingest};

use crate::harness;
use crate::measure::usage;
use crate::report::Report;

/// There are two thousand lines; so often they take some seconds.
const REPEATED: usize = 12;

/// Lines a CPU minute, without embedding.
pub fn transcripts(report: &mut Report) {
    let samples = harness::bench_data().map(|folder| folder.join("transcripts")).filter(|folder| folder.is_dir());
    let Some(samples) = samples else { return };
    let temp = tempfile::tempdir().expect("a temporary folder");
    let projects = temp.path().join("projects");
    for number in 0..REPEATED {
        copy(&samples, &projects.join(format!("-project-{number}")), number);
    }
    let clock = || Timestamp::from_millis(1_795_000_000_000);
    let options = hydra_graph::Options { clock: Arc::new(clock), holder: "a benchmark".to_owned() };
    let memory = Memory::open(&temp.path().join("data"), options).expect("an empty memory opens");
    let (before, _) = usage(std::process::id());
    let options = Options { kind: Kind::Transcripts, ..Options::of("personal") };
    let summary = ingest(&memory, &[projects], &options, &mut |_| {}).expect("they can be read");
    assert!(memory.wait_for_indexes(Duration::from_secs(600)), "the text index has them");
    let (after, _) = usage(std::process::id());
    let read = summary.transcripts;
    assert_eq!(read.known, 0, "each copy is another conversation");
    let minutes = (after - before).max(0.01) / 60.0;
    let what = format!("transcripts a CPU minute, from lines to {} turns found by words", read.turns);
    report.above(&what, read.lines as f64 / minutes, 20_000.0, "lines");
}

/// Copies a folder, every conversation under other names.
fn copy(from: &Path, to: &Path, number: usize) {
    std::fs::create_dir_all(to).expect("a temporary folder is written to");
    for entry in std::fs::read_dir(from).expect("the samples are there").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target, number);
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a transcript is text");
        let text = text
            .replace("\"uuid\":\"", &format!("\"uuid\":\"{number}-"))
            .replace("\"toolu_", &format!("\"toolu_{number}_"))
            .replace("\"sessionId\":\"", &format!("\"sessionId\":\"{number}-"));
        std::fs::write(PathBuf::from(&target), text).expect("a temporary folder is written to");
    }
}
