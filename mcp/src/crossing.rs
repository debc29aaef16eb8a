//! The one place where async code crosses into the synchronous library.
//!
//! A verb blocks (the store, a model, an fsync), so it runs on the runtime's blocking threads; how many run and how many
//! wait is bounded here, so that a flood of requests costs answers, not memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use hydra_graph::{Error, ErrorKind, Id, Memory, Recalled, Result};
use tokio::sync::{Semaphore, watch};

/// Verbs that run at once. More than there are cores, because writers that wait together share one fsync.
pub const MAX_CONCURRENT_VERBS: usize = 40;
/// Verbs that wait for a place; the next one is refused.
pub const MAX_WAITING_VERBS: usize = 512;
/// Queries that run at once: each may take all the time that a query has, so they have places of their own, and recall is
/// answered beside them.
pub const MAX_CONCURRENT_QUERIES: usize = 8;
/// Queries that wait for a place; the next one is refused.
pub const MAX_WAITING_QUERIES: usize = 64;
/// Verbs whose cost their caller decides.
const QUERIES: [&str; 4] = ["query", "sparql", "sparql_update", "store"];
/// Ingests, rebuilds and checks that run at once; they take minutes, so they have places of their own.
pub const MAX_LONG_VERBS: usize = 2;

/// An open memory, seen from async code. Clones share it.
#[derive(Clone)]
pub struct Crossing {
    memory: Memory,
    queues: Arc<Queues>,
    newest: watch::Sender<Option<Id>>,
}

impl Crossing {
    /// Wraps an open memory.
    pub fn new(memory: Memory) -> Self {
        let newest = watch::Sender::new(None);
        let heard = newest.clone();
        memory.on_commit(move |commit| {
            heard.send_replace(Some(commit));
        });
        Self {
            memory,
            queues: Arc::new(Queues {
                verbs: Queue::new(MAX_CONCURRENT_VERBS, MAX_WAITING_VERBS),
                queries: Queue::new(MAX_CONCURRENT_QUERIES, MAX_WAITING_QUERIES),
                long_verbs: Queue::new(MAX_LONG_VERBS, MAX_WAITING_VERBS),
            }),
            newest,
        }
    }

    /// Returns what changes with each commit from now on.
    pub fn commits(&self) -> watch::Receiver<Option<Id>> {
        self.newest.subscribe()
    }

    /// Returns the memory, for whoever opened it and has to close it.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Runs one verb on a blocking thread.
    ///
    /// # Errors
    /// What the verb returns; `Unavailable` when [`MAX_WAITING_VERBS`] (or [`MAX_WAITING_QUERIES`]) wait already.
    pub async fn run<T: Send + 'static>(
        &self,
        verb: &'static str,
        work: impl FnOnce(&Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let queue = if QUERIES.contains(&verb) { &self.queues.queries } else { &self.queues.verbs };
        self.run_in(queue, verb, work).await
    }

    /// Runs a verb that takes its time (an ingest, a rebuild, a check), beside the short ones.
    ///
    /// # Errors
    /// As [`Crossing::run`].
    pub async fn run_long<T: Send + 'static>(
        &self,
        verb: &'static str,
        work: impl FnOnce(&Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.run_in(&self.queues.long_verbs, verb, work).await
    }

    async fn run_in<T: Send + 'static>(
        &self,
        queue: &Queue,
        verb: &'static str,
        work: impl FnOnce(&Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let started = Instant::now();
        let waiting = Waiting::join(queue)?;
        let place = Arc::clone(&queue.places).acquire_owned().await.map_err(|_| busy("the server is stopping"))?;
        drop(waiting);
        let memory = self.memory.clone();
        let joined = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when nobody waits for its answer any more.
            let _place = place;
            let result = work(&memory);
            observe_verb(verb, started, result.as_ref().err());
            result
        })
        .await;
        joined.unwrap_or_else(|_| {
            let error = Error::new(ErrorKind::Io, format!("`{verb}` ended in the middle"))
                .hint("this is a bug; the server's log says more, and nothing that was acknowledged is lost");
            observe_verb(verb, started, Some(&error));
            Err(error)
        })
    }
}

/// Counts a verb and how it ended, for the metrics.
fn observe_verb(verb: &'static str, started: Instant, error: Option<&Error>) {
    let outcome = error.map_or("ok", |error| error.kind().as_str());
    metrics::counter!("hydra_verbs_total", "verb" => verb, "outcome" => outcome).increment(1);
    metrics::histogram!("hydra_verb_seconds", "verb" => verb).record(started.elapsed().as_secs_f64());
}

/// Counts what each list gave to an answer, for the metrics.
pub fn observe_recall(recalled: &Recalled) {
    let count = |list: &'static str, hits: usize| {
        metrics::counter!("hydra_recall_hits_total", "list" => list).increment(hits as u64);
    };
    count("lexical", recalled.hits.iter().filter(|hit| hit.why.lexical.is_some()).count());
    count("dense", recalled.hits.iter().filter(|hit| hit.why.dense.is_some()).count());
    count("graph", recalled.hits.iter().filter(|hit| hit.why.graph.is_some()).count());
    count("returned", recalled.hits.len());
    count("dropped", recalled.dropped);
    if !recalled.degraded.is_empty() {
        metrics::counter!("hydra_recall_degraded_total").increment(1);
    }
}

/// Who waits for what.
struct Queues {
    verbs: Queue,
    queries: Queue,
    long_verbs: Queue,
}

/// Places, and who waits for one.
struct Queue {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    max_waiting: usize,
}

impl Queue {
    fn new(places: usize, max_waiting: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), waiting: Arc::new(AtomicUsize::new(0)), max_waiting }
    }
}

/// One who waits for a place; leaves the queue however the waiting ends.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn join(queue: &Queue) -> Result<Self> {
        let before = queue.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = Self(Arc::clone(&queue.waiting));
        if before >= queue.max_waiting {
            return Err(busy(&format!("{before} requests wait already")));
        }
        Ok(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn busy(why: &str) -> Error {
    Error::new(ErrorKind::Unavailable, why).hint("try again in a moment")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queue_is_bounded() {
        for max_waiting in [MAX_WAITING_VERBS, MAX_WAITING_QUERIES] {
            let queue = Queue::new(1, max_waiting);
            let waiting: Vec<Waiting> = (0..max_waiting).map(|_| Waiting::join(&queue).unwrap()).collect();
            assert_eq!(Waiting::join(&queue).err().unwrap().kind(), ErrorKind::Unavailable);
            drop(waiting);
            assert_eq!(queue.waiting.load(Ordering::Acquire), 0);
            assert!(Waiting::join(&queue).is_ok());
        }
    }
}
