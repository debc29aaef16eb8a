//! Asks every question of every haystack of a set, writes what was answered, and measures it.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use hydra_embed::MiniLm;
use hydra_graph::{Error, ErrorKind, Mode, Question, Result, Weights};
use serde_json::json;

use super::haystack::{Haystack, Query, Set};
use super::kept::Kept;
use super::metric::{Metric, percentile};
use super::report::{Latency, Row, SetReport};
use crate::config::Config;

/// The category of questions that are asked and not counted, since they have no answer in the conversation.
pub(super) const ADVERSARIAL: &str = "adversarial";

/// How to ask.
pub struct Choices {
    /// Options of every command.
    pub config: Config,
    /// The model; `None` asks by words and links only.
    pub model: Option<Arc<MiniLm>>,
    /// Hits of each question.
    pub limit: usize,
    /// Where filled memories are kept.
    pub keep: Option<PathBuf>,
    /// How far recall looks.
    pub mode: Mode,
    /// What each signal is worth.
    pub weights: Weights,
}

/// Whoever watches: is told how far it is, and may ask to stop.
pub struct Watch<'w> {
    /// Set to stop.
    pub stop: &'w AtomicBool,
    /// Told what is being done, how much of it is done, and how much there is.
    pub tell: &'w mut dyn FnMut(&str, u64, u64),
    place: String,
}

impl<'w> Watch<'w> {
    /// Starts to watch.
    pub fn new(stop: &'w AtomicBool, tell: &'w mut dyn FnMut(&str, u64, u64)) -> Self {
        Self { stop, tell, place: String::new() }
    }

    /// Says which memory it is about from now on.
    pub(super) fn at(&mut self, set: &Set, haystack: &Haystack) {
        self.place = format!("{} {}", set.name, haystack.name);
    }

    /// Tells how far it is.
    pub fn show(&mut self, what: &str, done: u64, total: u64) {
        (self.tell)(&format!("{}: {what}", self.place), done, total);
    }

    /// Ends what was asked to stop.
    ///
    /// # Errors
    /// `Cancelled`.
    pub fn check(&self) -> Result<()> {
        match self.stop.load(Ordering::Acquire) {
            true => Err(Error::new(ErrorKind::Cancelled, format!("the evaluation was stopped at {}", self.place))
                .hint("run it again; with --keep what is complete is not filled again")),
            false => Ok(()),
        }
    }
}

/// What was measured so far.
#[derive(Default)]
struct Measured {
    by_category: BTreeMap<String, Vec<Metric>>,
    counted: Vec<Metric>,
    millis: Vec<f64>,
    degraded: HashSet<String>,
}

/// Does one set, writing the answers to `out`.
///
/// # Errors
/// What reading, remembering or recalling returns.
pub fn run(set: &Set, out: &Path, choices: &Choices, watch: &mut Watch<'_>) -> Result<SetReport> {
    let failed = |error: std::io::Error| Error::io(out.display(), &error);
    let mut answers = BufWriter::new(File::create(out).map_err(failed)?);
    let mut report = SetReport { set: set.name.clone(), haystacks: set.haystacks.len(), ..SetReport::default() };
    let mut measured = Measured::default();
    let mut filled = 0;
    for folder in &set.haystacks {
        let haystack = Haystack::read(folder)?;
        watch.at(set, &haystack);
        watch.check()?;
        let keep = choices.keep.as_ref().map(|keep| keep.join(&set.name).join(&haystack.name));
        let kept = Kept::open(&choices.config, keep, choices.model.as_ref(), &haystack, watch)?;
        report.documents += haystack.documents.len();
        report.passages += kept.known.passages;
        report.undated += kept.known.undated;
        report.blank += kept.known.blank;
        if let Some(seconds) = kept.seconds {
            *report.ingest_seconds.get_or_insert(0.0) += seconds;
            filled += kept.known.passages;
        }
        let total = haystack.queries.len() as u64;
        for (position, query) in haystack.queries.iter().enumerate() {
            watch.check()?;
            watch.show("asking", position as u64, total);
            let ranked = ask(&kept, query, choices, &mut measured)?;
            measured.take_in(query, &ranked);
            writeln!(answers, "{}", json!({"haystack": haystack.name, "id": query.id, "ranked": ranked}))
                .map_err(failed)?;
        }
        kept.memory.close()?;
    }
    answers.flush().map_err(failed)?;
    report.passages_a_second = report.ingest_seconds.map(|seconds| filled as f64 / seconds.max(f64::MIN_POSITIVE));
    report.recall_ms =
        Latency { p50: percentile(&mut measured.millis, 0.5), p95: percentile(&mut measured.millis, 0.95) };
    report.all = Row::of("all", &measured.counted);
    report.categories = measured.by_category.iter().map(|(name, metrics)| Row::of(name, metrics)).collect();
    report.degraded = measured.degraded.into_iter().collect();
    report.degraded.sort();
    Ok(report)
}

/// Asks one question; returns the documents behind the hits, best first, each once.
fn ask(kept: &Kept, query: &Query, choices: &Choices, measured: &mut Measured) -> Result<Vec<String>> {
    let question = Question { limit: choices.limit, mode: choices.mode, ..Question::new(&query.text) };
    let started = Instant::now();
    let recalled = kept.memory.recall_with(&question, &choices.weights);
    let recalled = recalled.map_err(|error| error.context(format!("query {}", query.id)))?;
    measured.millis.push(started.elapsed().as_secs_f64() * 1000.0);
    let ranked = kept.ranked(&recalled);
    measured.degraded.extend(recalled.degraded);
    Ok(ranked)
}

impl Measured {
    fn take_in(&mut self, query: &Query, ranked: &[String]) {
        if query.gold.is_empty() {
            return;
        }
        let metric = Metric::of(ranked, &query.gold);
        self.by_category.entry(query.category.clone()).or_default().push(metric);
        if query.category != ADVERSARIAL {
            self.counted.push(metric);
        }
    }
}
