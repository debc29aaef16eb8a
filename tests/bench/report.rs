//! The figures, and the page they are written to. What is counted, or measured in bytes or CPU time, may be a bound that the
//! whole run fails by; wall-clock time, which is the machine's too, never is.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// One line of the table.
struct Figure {
    what: String,
    goal: String,
    measured: String,
    is_met: bool,
}

/// All lines so far.
#[derive(Default)]
pub struct Report {
    figures: Vec<Figure>,
    notes: Vec<String>,
    /// What must be so and is not.
    broken: Vec<String>,
}

impl Report {
    /// Adds a figure that should stay below a bound.
    pub fn below(&mut self, what: &str, measured: f64, bound: f64, unit: &str) {
        self.add(what, format!("under {bound} {unit}"), format!("{} {unit}", rounded(measured)), measured < bound);
    }

    /// Adds a figure that has to stay below a bound: of bytes, of a count or of CPU time.
    pub fn must_below(&mut self, what: &str, measured: f64, bound: f64, unit: &str) {
        self.below(what, measured, bound, unit);
        self.must(measured < bound, format!("{what}: {} {unit}, not under {bound} {unit}", rounded(measured)));
    }

    /// Says what is wrong unless something is so.
    pub fn must(&mut self, is_so: bool, otherwise: String) {
        if !is_so {
            println!("{otherwise}");
            self.broken.push(otherwise);
        }
    }

    /// Ends the run: with a failure if a bound that must hold did not, each said once more behind all figures.
    pub fn end(&self) -> ExitCode {
        for broken in &self.broken {
            eprintln!("a budget does not hold: {broken}");
        }
        if self.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Adds a figure that should stay above a bound.
    pub fn above(&mut self, what: &str, measured: f64, bound: f64, unit: &str) {
        self.add(what, format!("at least {bound} {unit}"), format!("{} {unit}", rounded(measured)), measured >= bound);
    }

    /// Adds a figure that is only told.
    pub fn told(&mut self, what: &str, measured: String) {
        self.add(what, String::new(), measured, true);
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, sentence: String) {
        self.notes.push(sentence);
    }

    fn add(&mut self, what: &str, goal: String, measured: String, is_met: bool) {
        println!("{what}: {measured} {}", if is_met { "" } else { "(falls short)" });
        self.figures.push(Figure { what: what.to_owned(), goal, measured, is_met });
    }

    /// Returns the table as Markdown.
    pub fn table(&self) -> String {
        let mut table = "| what | goal | measured | |\n|---|---|---|---|\n".to_owned();
        for figure in &self.figures {
            let verdict = match (figure.goal.is_empty(), figure.is_met) {
                (true, _) => "",
                (false, true) => "met",
                (false, false) => "falls short",
            };
            let _ = writeln!(table, "| {} | {} | {} | {verdict} |", figure.what, figure.goal, figure.measured);
        }
        for note in &self.notes {
            let _ = write!(table, "\n{note}\n");
        }
        table
    }

    /// Replaces the measured part of BENCHMARKS.md, between its two marks.
    pub fn save(&self) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../BENCHMARKS.md");
        let page = std::fs::read_to_string(&path).expect("BENCHMARKS.md is there");
        let (before, rest) = page.split_once(START).expect("the start mark is there");
        let (_, after) = rest.split_once(END).expect("the end mark is there");
        let page = format!("{before}{START}\n\n{}\n\n{}\n{END}{after}", machine(), self.table());
        std::fs::write(&path, page).expect("BENCHMARKS.md can be written");
    }
}

const START: &str = "<!-- measured by make bench -->";
const END: &str = "<!-- end -->";

/// As many places as say something: a ratio that may be 1.15 is not told by 1.2.
fn rounded(figure: f64) -> String {
    let places = if figure.abs() < 10.0 { 2 } else { 1 };
    format!("{figure:.places$}")
}

/// Says where and when.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?").to_owned();
    let date =
        Command::new("date").arg("+%Y-%m-%d").output().map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned());
    format!("Measured on {}, {cores} cores of {model}, load {load} at the end.", date.unwrap_or_default())
}
