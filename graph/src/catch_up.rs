//! Keeps indexes up with the commits. Nothing else writes to an index.
//!
//! A catch-up reads one view, sends every touched text as it is in that view, and stamps the index once with the view's
//! newest commit. A stamp that the journal does not know means that the index belongs to another history: start over.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::error::{Error, ErrorKind, Result};
use crate::findable;
use crate::id::Id;
use crate::index::{Index, Update};
use crate::journal;
use crate::record;
use crate::store::{GraphStore, View};

/// Texts sent to an index at once: few enough that a stop need not wait for long passages to be embedded.
pub(crate) const BATCH: usize = 32;
/// Texts that are put in the order of their length before they are sent: a model pads each of its batches to the longest.
const WINDOW: usize = 8 * BATCH;
/// A failing index is tried again after this, doubling up to the maximum.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// How far work that nobody waits for steps back behind work that somebody waits for.
const BACKGROUND_NICE: i32 = 10;

/// Whether somebody waits for an index.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// Recall does, for what was just written.
    Foreground,
    /// Nobody does: it may take its time.
    Background,
}

/// The newest commit, and whoever waits for the next.
#[derive(Default)]
pub(crate) struct Head {
    commit: Mutex<Option<Id>>,
    moved: Condvar,
    listeners: Mutex<Vec<Listener>>,
}

/// Told of the newest commit, each time it is another.
pub(crate) type Listener = Box<dyn Fn(Id) + Send + Sync>;

impl Head {
    /// Returns the newest commit.
    pub fn get(&self) -> Option<Id> {
        *self.commit.lock()
    }

    /// Moves it and wakes the waiting.
    pub fn set(&self, commit: Option<Id>) {
        *self.commit.lock() = commit;
        self.moved.notify_all();
        for listener in self.listeners.lock().iter() {
            commit.into_iter().for_each(listener);
        }
    }

    /// Adds one who is told of each move.
    pub fn listen(&self, listener: Listener) {
        self.listeners.lock().push(listener);
    }

    /// Wakes the waiting without moving it.
    pub fn wake(&self) {
        let _guard = self.commit.lock();
        self.moved.notify_all();
    }

    /// Waits until the newest commit is another than `known`, `stop` is set or the time is over.
    fn wait(&self, known: Option<Id>, stop: &AtomicBool, timeout: Duration) -> Option<Id> {
        let mut commit = self.commit.lock();
        if *commit == known && !stop.load(Ordering::Acquire) {
            self.moved.wait_for(&mut commit, timeout);
        }
        *commit
    }
}

/// How far a catch-up is, for whoever watches.
#[derive(Default)]
pub(crate) struct Progress {
    /// Texts sent.
    pub done: AtomicU64,
    /// Texts to send in all; 0 when nothing is under way.
    pub total: AtomicU64,
}

/// One index and the thread that feeds it.
pub(crate) struct IndexDriver {
    pub index: Arc<dyn Index>,
    pub progress: Arc<Progress>,
    shared: Arc<Shared>,
    head: Arc<Head>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    stop: AtomicBool,
    start_over: AtomicBool,
    /// Notified when the stamp moved or an attempt failed.
    settled: Condvar,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    error: Option<Error>,
}

impl IndexDriver {
    /// Starts the thread.
    pub fn start(
        index: Arc<dyn Index>,
        store: Arc<GraphStore>,
        head: Arc<Head>,
        flush_every: Duration,
        priority: Priority,
    ) -> Self {
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            start_over: AtomicBool::new(false),
            settled: Condvar::new(),
            state: Mutex::new(State::default()),
        });
        let progress = Arc::new(Progress::default());
        let thread = {
            let (index, head, shared, progress) =
                (Arc::clone(&index), Arc::clone(&head), Arc::clone(&shared), Arc::clone(&progress));
            std::thread::Builder::new()
                .name(format!("index-{}", index.name()))
                .spawn(move || {
                    if priority == Priority::Background {
                        // On Linux this is the thread's own; where it fails, the thread only competes a little more.
                        let _ = rustix::process::nice(BACKGROUND_NICE);
                    }
                    run(&*index, &store, &head, &shared, &progress, flush_every);
                })
                .expect("a thread can be started")
        };
        Self { index, progress, shared, head, thread: Mutex::new(Some(thread)) }
    }

    /// Waits until the index has `commit`, cannot go on, or the time is over; returns whether it has.
    pub fn wait_for(&self, commit: Option<Id>, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.state.lock();
        while self.index.stamp() < commit {
            let unable = state.error.as_ref().is_some_and(|e| e.kind() == ErrorKind::Unavailable);
            if unable || self.shared.settled.wait_until(&mut state, deadline).timed_out() {
                return self.index.stamp() >= commit;
            }
        }
        true
    }

    /// Returns why the last attempt failed.
    pub fn error(&self) -> Option<Error> {
        self.shared.state.lock().error.clone()
    }

    /// Asks for a rebuild from the graph.
    pub fn start_over(&self) {
        self.shared.state.lock().error = None;
        self.shared.start_over.store(true, Ordering::Release);
        self.head.wake();
    }

    /// Tells whether a rebuild was asked for and has not begun.
    pub fn is_starting_over(&self) -> bool {
        self.shared.start_over.load(Ordering::Acquire)
    }

    /// Tells whether nothing feeds the index any more.
    pub fn is_stopped(&self) -> bool {
        self.thread.lock().as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends the thread and makes the index durable.
    pub fn stop(&self) -> Result<()> {
        self.shared.stop.store(true, Ordering::Release);
        self.head.wake();
        let thread = self.thread.lock().take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            return Err(Error::new(
                ErrorKind::Io,
                format!("the thread of the {} index ended early", self.index.name()),
            ));
        }
        self.index.flush()
    }
}

fn run(
    index: &dyn Index,
    store: &GraphStore,
    head: &Head,
    shared: &Shared,
    progress: &Progress,
    flush_every: Duration,
) {
    let mut last_flush = Instant::now();
    let mut retry = RETRY_FIRST;
    let mut seen = None;
    while !shared.stop.load(Ordering::Acquire) {
        let restart = shared.start_over.load(Ordering::Acquire);
        let behind = index.stamp() != head.get();
        let result = match index.degraded() {
            _ if !restart && !behind => Ok(()),
            // Without its model an index can take nothing in: not worth reading the graph for.
            Some(reason) => Err(Error::new(ErrorKind::Unavailable, reason)),
            None => one_pass(index, store, shared, progress, restart),
        };
        let failed = result.as_ref().err().cloned();
        {
            let mut state = shared.state.lock();
            if let Some(error) = &failed
                && state.error.as_ref() != Some(error)
                && error.kind() != ErrorKind::Cancelled
            {
                tracing::warn!(index = index.name(), %error, "an index could not be caught up; trying again");
            }
            state.error = failed.clone();
        }
        shared.settled.notify_all();
        let wait = match failed {
            Some(_) => {
                retry = (retry * 2).min(RETRY_MAX);
                // What failed is tried again when there is something new or the time is over.
                seen = head.get();
                retry
            }
            None => {
                retry = RETRY_FIRST;
                if !restart {
                    seen = index.stamp();
                }
                flush_every
            }
        };
        if last_flush.elapsed() >= flush_every {
            if let Err(error) = index.flush() {
                tracing::warn!(index = index.name(), %error, "an index could not be saved");
            }
            last_flush = Instant::now();
        }
        head.wait(seen, &shared.stop, wait);
    }
}

fn one_pass(index: &dyn Index, store: &GraphStore, shared: &Shared, progress: &Progress, restart: bool) -> Result<()> {
    if restart {
        index.reset()?;
        shared.start_over.store(false, Ordering::Release);
    }
    let result = store.view().and_then(|view| catch_up(&view, index, progress, &shared.stop));
    progress.total.store(0, Ordering::Relaxed);
    result
}

/// Brings an index from its stamp to the view's newest commit.
pub(crate) fn catch_up(view: &View<'_>, index: &dyn Index, progress: &Progress, stop: &AtomicBool) -> Result<()> {
    let Some(head) = view.head()? else {
        if index.stamp().is_some() {
            index.reset()?;
        }
        return Ok(());
    };
    let ids = match index.stamp() {
        Some(stamp) if stamp == head => return Ok(()),
        Some(stamp) => match journal::since(view, stamp)? {
            Some(commits) => {
                let mut ids = BTreeSet::new();
                for commit in commits {
                    ids.extend(journal::touched(view, commit)?);
                }
                ids.into_iter().collect()
            }
            None => {
                tracing::warn!(index = index.name(), %stamp, "the index is of another history: building it again");
                index.reset()?;
                record::recallable(view)?
            }
        },
        None => {
            index.reset()?;
            record::recallable(view)?
        }
    };
    progress.done.store(0, Ordering::Relaxed);
    progress.total.store(ids.len() as u64, Ordering::Relaxed);
    for window in ids.chunks(WINDOW) {
        let texts = findable::index_texts(view, window)?;
        let mut updates: Vec<Update> = window.iter().zip(texts).map(|(id, text)| Update { id: *id, text }).collect();
        updates.sort_by_key(|update| update.text.as_ref().map_or(0, |text| text.text.len()));
        for batch in updates.chunks(BATCH) {
            if stop.load(Ordering::Acquire) {
                return Err(Error::new(ErrorKind::Cancelled, "the catch-up was stopped"));
            }
            index.apply(batch)?;
            progress.done.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
    }
    index.seal(head)
}
