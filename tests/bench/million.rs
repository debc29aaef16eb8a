//! A graph ten times as large as a map may be: what is shown of it, what that costs, and whether it is said.

use std::sync::Arc;

use hydra_graph::{MAX_MAP_NODES, Memory, NewMemory, Options, Timestamp};

use crate::browser;
use crate::harness::{Server, hydra, wait_until};
use crate::map::{frame, tell};
use crate::measure::usage;
use crate::report::Report;

/// Names, and of how many of them a memory is told: as many as it may name.
const NAMES: usize = 1_000_000;
const OF_EACH: usize = 32;
/// Names that a memory shares with the one before, so that there are ties beside it.
const SHARED: usize = 4;

/// Measures it.
pub fn million(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let clock = Arc::new(|| Timestamp::from_millis(1_790_000_000_000));
    let memory = Memory::open(&data, Options { clock, holder: "the benchmark".to_owned() }).expect("a memory opens");
    let new = OF_EACH - SHARED;
    tell(
        &memory,
        (0..NAMES / new).map(|number| NewMemory {
            entities: (number * new..number * new + OF_EACH).map(|name| format!("Thing{name}")).collect(),
            ..NewMemory::new(format!("They came together {number}"))
        }),
    );
    memory.close().expect("the memory closes");
    drop(memory);
    let mut command = hydra(&data);
    // What is embedded meanwhile is not the map's.
    command.env("HYDRA_MODEL_DIR", folder.path());
    let server = Server::start_with(command, &data);
    let before = usage(server.pid());
    wait_until("the map is laid out", || frame(&server).1 > 0);
    let after = usage(server.pid());
    report.told("a million things: CPU of the server to the laid map", format!("{:.1} s", after.0 - before.0));
    report.told("a million things: resident memory it takes for that", format!("{:.0} MB", after.1 - before.1));
    report.must_below("a million things: the map as one answer", frame(&server).0 as f64 / 1e6, 8.0, "MB");
    if let Some(packages) = browser::packages() {
        let seen = browser::run(&packages, "measure.mjs", &server);
        assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
        let counts = seen["counts"].as_str().unwrap_or_default();
        let nodes = seen["stats"]["nodes"].as_u64().unwrap_or_default();
        let is_said = counts.contains("only the 100,000 most telling are on the map");
        report.must(nodes == MAX_MAP_NODES as u64 && is_said, format!("{nodes} things are drawn: {counts}"));
        let figure = |name: &str| seen[name].as_f64().unwrap_or_else(|| panic!("{name}: {seen}"));
        report.must_below("a million things: CPU of the renderer to a usable map", figure("processMs"), 1_500.0, "ms");
        report.must_below("a million things: heap with the map's arrays", figure("heapMb"), 80.0, "MB");
        report.note(format!("Of a million things the map said: {counts}"));
    }
    server.stop();
}
