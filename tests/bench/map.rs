//! The map of 100,000 things and 500,000 links: laying it out, its one answer, and what a browser without a graphics card does with it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hydra_graph::{
    Agent, Atlas, MAX_MAP_LINKS, MAX_MAP_NODES, MAX_REGIONS, MapGraph, Memory, NewMemory, Options, Placement, Timestamp,
};

use crate::browser;
use crate::corpus::Random;
use crate::harness::{Server, hydra, wait_until};
use crate::measure::{peak, timed, usage};
use crate::report::Report;

/// Names, and memories that are about some of them each.
const NAMES: usize = 20_000;
const MEMORIES: usize = 80_000;
/// Names that mostly come together, and how many of its own and of others a memory is about.
const CIRCLES: usize = 400;
const OWN: usize = 5;
const OTHERS: usize = 1;
/// Every so many memories are about one name more, so that there are five links for each thing.
const EXTRA_EVERY: usize = 4;
const SPACES: [&str; 3] = ["personal", "project/atlas", "work"];
const TOLD_AT_ONCE: usize = 1_000;

/// What a map of 100,000 things and 500,000 links has at least, of what was made up for it.
const LEAST_NODES: u64 = 99_000;
const LEAST_LINKS: u64 = 480_000;
/// The program in a browser may have so many bytes at most, compressed as it is sent.
const MAX_VIEW_KB: f64 = 70.0;

/// What there is to draw.
struct Shown {
    nodes: u64,
    links: u64,
}

/// Measures it.
pub fn map(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let memory = fill(&data);
    let mut atlas = Atlas::default();
    let (reading, _) = cpu(|| memory.refresh_atlas(&mut atlas).expect("the graph is read"));
    report.told("CPU to read what a map of 100,000 things shows, the first time", format!("{reading:.1} s"));
    let (ranking, graph) = cpu(|| atlas.graph(&[], MAX_MAP_NODES, MAX_MAP_LINKS));
    report.told("CPU to rank it", format!("{ranking:.1} s"));
    let shown = Shown { nodes: graph.nodes.len() as u64, links: graph.links.len() as u64 };
    assert!(shown.nodes >= LEAST_NODES && shown.links >= LEAST_LINKS, "{} {}", shown.nodes, shown.links);
    lay_out(report, &graph);
    drop(atlas);
    memory.close().expect("the memory closes");
    drop(memory);
    let mut command = hydra(&data);
    // What is embedded meanwhile is not the map's.
    command.env("HYDRA_MODEL_DIR", folder.path());
    let server = Server::start_with(command, &data);
    let frame = || frame(&server);
    let before = usage(server.pid());
    wait_until("the map is laid out", || frame().1 > 0);
    let after = usage(server.pid());
    report.told("CPU of the server from the first look to the laid map", format!("{:.1} s", after.0 - before.0));
    report.told("resident memory it takes for that", format!("{:.0} MB", after.1 - before.1));
    let (time, (bytes, _)) = timed(frame);
    report.must_below("the map as one answer", bytes as f64 / 1e6, 8.0, "MB");
    report.told("time to get it", format!("{:.0} ms", time.as_secs_f64() * 1000.0));
    draw(report, &server, &shown);
    server.stop();
}

/// Places everything from scratch; counts what must come of it.
fn lay_out(report: &mut Report, graph: &MapGraph) {
    let stop = AtomicBool::new(false);
    let lay_out = || Placement::lay_out(graph, &Placement::default(), &stop).expect("nobody stops it");
    let (most, (seconds, laid)) = peak(|| cpu(lay_out));
    report.must_below("CPU to lay out 100,000 things and 500,000 links", seconds, 8.0, "s");
    report.must_below("memory it takes at most more than before", most, 300.0, "MB");
    let placed = laid.clone().place(graph);
    assert!(placed.regions.len() > CIRCLES / 4 && placed.regions.len() <= MAX_REGIONS, "{}", placed.regions.len());
    let spots: BTreeSet<[u32; 2]> = placed.positions.iter().map(|at| at.map(f32::to_bits)).collect();
    assert!(spots.len() * 100 >= graph.nodes.len() * 99, "hardly two lie on one spot");
    assert_eq!(laid, Placement::lay_out(graph, &Placement::default(), &stop).expect("nobody stops it"));
}

fn draw(report: &mut Report, server: &Server, shown: &Shown) {
    let bytes = view_bytes();
    report.must(bytes > 0, "the web view was not built; `make build` does that".to_owned());
    report.must_below("browser: script and styles, compressed", bytes as f64 / 1024.0, MAX_VIEW_KB, "KB");
    let Some(packages) = browser::packages() else { return };
    let seen = browser::run(&packages, "measure.mjs", server);
    assert_eq!(seen["errors"], serde_json::json!([]), "{seen}");
    assert_eq!(seen["stats"]["hasWebGl"], true, "{seen}");
    let figure = |name: &str| seen[name].as_f64().unwrap_or_else(|| panic!("{name}: {seen}"));
    let drawn = ["nodes", "links"].map(|name| seen["stats"][name].as_u64().unwrap_or_default());
    report.must(
        drawn == [shown.nodes, shown.links],
        format!("the browser has {drawn:?} things and links, not {:?}", [shown.nodes, shown.links]),
    );
    report.must_below(
        "browser: CPU of the renderer to a usable map, from its start",
        figure("processMs"),
        1_500.0,
        "ms",
    );
    report.told("browser: script of that", format!("{:.0} ms", figure("scriptMs")));
    report.must_below("browser: heap with the map's arrays", figure("heapMb"), 80.0, "MB");
    report.must_below("browser: script of a step in time", figure("scrubMs"), 5.0, "ms");
    report.must_below("browser: script to hide or show a type", figure("typeMs"), 5.0, "ms");
    report.must_below("browser: script to walk to a neighbour", figure("focusMs"), 5.0, "ms");
    report.told("browser: script of a frame while panning", format!("{:.1} ms", figure("panMs")));
    report.note(format!(
        "The map was drawn by headless Chromium without a graphics card: {}",
        seen["counts"].as_str().unwrap_or_default()
    ));
}

/// Bytes of all scripts and styles as they are sent, the map's too; 0 if the view was not built.
fn view_bytes() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
    let is_sent = |name: &str| name.ends_with(".js.br") || name.ends_with(".css.br");
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sent = files.filter(|file| file.file_name().to_str().is_some_and(is_sent));
    sent.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

fn fill(data: &Path) -> Memory {
    let clock = Arc::new(|| Timestamp::from_millis(1_790_000_000_000));
    let memory = Memory::open(data, Options { clock, holder: "the benchmark".to_owned() }).expect("a memory opens");
    let mut random = Random::new(11);
    let of_circle = NAMES / CIRCLES;
    let told = (0..MEMORIES).map(|number| {
        let circle = random.below(CIRCLES);
        let mut names = BTreeSet::new();
        let own = OWN + usize::from(number % EXTRA_EVERY == 0);
        while names.len() < own {
            // Of each circle some are spoken of more than others.
            let one = random.below(of_circle) * random.below(of_circle) / of_circle;
            names.insert(circle * of_circle + if number % 3 == 0 { random.below(of_circle) } else { one });
        }
        while names.len() < own + OTHERS {
            names.insert(random.below(NAMES));
        }
        NewMemory {
            space: SPACES[circle % SPACES.len()].to_owned(),
            entities: names.into_iter().map(|name| format!("Name{name}")).collect(),
            happened_at: Some(Timestamp::from_millis(1_600_000_000_000 + number as i64 * 2_000_000)),
            ..NewMemory::new(format!("{} {number}", random.sentence(6)))
        }
    });
    tell(&memory, told);
    memory
}

/// Tells many memories, some at a time.
pub fn tell(memory: &Memory, mut told: impl Iterator<Item = NewMemory>) {
    loop {
        let some: Vec<NewMemory> = told.by_ref().take(TOLD_AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        memory.remember_all(some, &Agent::owner()).expect("they are told");
    }
}

/// Gets the map; returns how many bytes it has, and how often it was laid out.
pub fn frame(server: &Server) -> (usize, u64) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).expect("the server listens");
    let head = "GET /api/map/frame HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer";
    write!(stream, "{head} {}\r\n\r\n", server.token()).expect("it is asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers");
    let begins = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let epoch = answer[begins + 16..begins + 24].try_into().expect("eight bytes");
    (answer.len() - begins, u64::from_le_bytes(epoch))
}

/// CPU seconds of this process for something.
fn cpu<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let before = usage(std::process::id()).0;
    let done = work();
    (usage(std::process::id()).0 - before, done)
}
