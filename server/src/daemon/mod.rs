//! Keeps the graph true to the folders that are watched.
//!
//! One thread does all of it, at low priority. What the system says (`watches`, `heard`) only means that a path is to be
//! looked at again; what is done then is the same run of `hydra_ingest::reconcile` that `hydra ingest` makes. A look at
//! everything comes at the start, when events were lost, and every hour, so that a missed event costs time and never truth.
//! How each folder is (`state`) is nobody's memory and is not in the graph.

mod folder;
mod heard;
mod merges;
mod reading;
mod spacing;
mod state;
mod watches;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hydra_graph::{Collection, Id, Memory, Result};
use hydra_ingest::{Readings, Skipped, Summary};

use crate::folder::write_private;
use crate::wiring;
use folder::Folder;
use heard::{Heard, Inbox};
use merges::Merges;
use watches::Watches;

pub use state::{Doing, State, States};

/// How often all of a folder is looked at though nothing was heard of it.
const RECONCILE_EVERY: Duration = Duration::from_secs(3_600);
/// How often is looked whether a folder is still there, or there again.
const PRESENCE_EVERY: Duration = Duration::from_secs(5);
/// How often a folder is looked at that can't be watched; longer if a look takes long.
const POLL_EVERY: Duration = Duration::from_secs(30);
/// How often is tried again what failed, if nothing is heard of it.
const RETRY_EVERY: Duration = Duration::from_secs(300);
/// Looks at a folder that is polled or failed take at most one part in so many of the time.
const LOOK_SHARE: u32 = 20;
/// How long a file that is gone may turn up under another name before it is removed.
const GRACE: Duration = Duration::from_millis(1_500);
/// How long is waited after the first event, so that those that come with it are taken together.
const GATHER: Duration = Duration::from_millis(20);
/// How often is kept on disk how files looked when they were read, while that changes.
const SAVE_READINGS_EVERY: Duration = Duration::from_secs(60);
/// How often a state that only counts on is written.
const WRITE_STATE_EVERY: Duration = Duration::from_secs(1);
/// Whatever a person waits for comes first.
const NICE: i32 = 10;

/// Is told of each look that found something.
pub type OnLook = Box<dyn Fn(&Collection, &Summary) + Send>;
/// Is told that a watched folder is otherwise: what was written down of it has changed.
pub type OnState = Box<dyn Fn() + Send>;

/// The running daemon; stopped by [`Daemon::stop`].
pub struct Daemon {
    inbox: Arc<Inbox>,
    cancel: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Daemon {
    /// Starts it. `passing` are folders to watch that the graph does not name, `refused` those that somebody wanted watched
    /// and that can't be, which is told with the states.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(
        memory: Memory,
        data_dir: PathBuf,
        passing: Vec<Collection>,
        refused: Vec<Skipped>,
        on_look: OnLook,
        on_state: OnState,
    ) -> Result<Self> {
        let (inbox, cancel) = (Arc::new(Inbox::default()), Arc::new(AtomicBool::new(false)));
        let listening = Arc::clone(&inbox);
        memory.on_commit(move |_| listening.commit());
        let (own, stopped) = (Arc::clone(&inbox), Arc::clone(&cancel));
        let thread = std::thread::Builder::new().name("sources".to_owned()).spawn(move || {
            // On Linux this is the thread's own; where it fails, the thread only competes a little more.
            let _ = rustix::process::nice(NICE);
            Run::new(memory, data_dir, (passing, refused), (on_look, on_state), own, stopped).run();
        });
        let thread = thread.map_err(|error| hydra_graph::Error::io("a thread for the watched folders", &error))?;
        Ok(Self { inbox, cancel, thread })
    }

    /// Ends it, after the batch of notes that is under way.
    pub fn stop(self) {
        self.cancel.store(true, Ordering::Relaxed);
        self.inbox.stop();
        let _ = self.thread.join();
    }
}

struct Run {
    memory: Memory,
    data_dir: PathBuf,
    passing: Vec<Collection>,
    refused: Vec<Skipped>,
    on_look: OnLook,
    on_state: OnState,
    inbox: Arc<Inbox>,
    cancel: Arc<AtomicBool>,
    watches: Watches,
    folders: BTreeMap<Id, Folder>,
    readings: Readings,
    readings_saved_at: Instant,
    /// Files that are gone and may turn up under another name.
    vanished: BTreeMap<PathBuf, Instant>,
    merges: Merges,
    written: States,
    written_at: Instant,
    looked_around_at: Instant,
}

impl Run {
    fn new(
        memory: Memory,
        data_dir: PathBuf,
        (passing, refused): (Vec<Collection>, Vec<Skipped>),
        (on_look, on_state): (OnLook, OnState),
        inbox: Arc<Inbox>,
        cancel: Arc<AtomicBool>,
    ) -> Self {
        let json = std::fs::read(state::readings_path(&data_dir)).unwrap_or_default();
        let readings = Readings::from_json(&json, wiring::clock());
        let now = Instant::now();
        Self {
            watches: Watches::start(Arc::clone(&inbox)),
            folders: BTreeMap::new(),
            readings,
            readings_saved_at: now,
            vanished: BTreeMap::new(),
            merges: Merges::default(),
            written: States::read(&data_dir),
            written_at: now,
            looked_around_at: now,
            memory,
            data_dir,
            passing,
            refused,
            on_look,
            on_state,
            inbox,
            cancel,
        }
    }

    fn run(mut self) {
        self.refresh();
        loop {
            self.write_states();
            let heard = self.inbox.wait(self.next_moment());
            if heard.is_stop {
                break;
            }
            if heard.is_commit {
                self.refresh();
            }
            self.sort(heard);
            self.look_around();
            for id in self.folders.keys().copied().collect::<Vec<_>>() {
                if self.folders[&id].is_due(Instant::now()) && !self.inbox.is_stopping() {
                    self.look(id);
                    self.write_states();
                }
            }
            self.remove_vanished();
            if !self.inbox.is_stopping() {
                self.merges.look(&self.memory, Instant::now());
            }
            if self.readings_saved_at.elapsed() > SAVE_READINGS_EVERY {
                self.save_readings();
            }
        }
        self.save_readings();
        for folder in self.folders.values_mut() {
            folder.state.progress = None;
            folder.state.state = Doing::Waiting;
        }
        self.write_states();
    }

    /// Reads again what is to be watched.
    fn refresh(&mut self) {
        let mut wanted = match self.memory.collections() {
            Ok(wanted) => wanted,
            Err(error) => return tracing::warn!("what is to be watched can't be read: {error}"),
        };
        wanted.extend(self.passing.iter().cloned());
        let gone: Vec<Id> =
            self.folders.keys().filter(|id| !wanted.iter().any(|wanted| wanted.id == **id)).copied().collect();
        for id in gone {
            if let Some(folder) = self.folders.remove(&id) {
                self.watches.forget(&folder.collection.path);
                self.readings.retain(&folder.collection.path, |_| false);
                self.vanished.retain(|path, _| !folder.collection.holds(path));
                // What was named no more may lie in another that is, whose watches there went with it.
                let around = self.folders.values_mut().filter(|other| other.collection.holds(&folder.collection.path));
                around.for_each(|other| other.hear_all(Instant::now()));
            }
        }
        for collection in wanted {
            // One that was removed and taken back before this looked is the same and has to be read again.
            let changed_in = self.memory.last_change(collection.id).unwrap_or_default();
            match self.folders.get_mut(&collection.id) {
                Some(known) if known.collection == collection && known.changed_in == changed_in => {}
                Some(known) => {
                    let is_paused = collection.paused;
                    known.change(collection);
                    known.changed_in = changed_in;
                    if is_paused {
                        self.watches.forget(&known.collection.path);
                    }
                }
                None => {
                    let is_passing = self.passing.contains(&collection);
                    let state = self.written.sources.get(&collection.id).cloned().unwrap_or_default();
                    let mut folder = Folder::new(collection, state, is_passing);
                    folder.changed_in = changed_in;
                    self.folders.insert(folder.collection.id, folder);
                }
            }
        }
    }

    /// Sorts what was heard into the folders that it is about.
    fn sort(&mut self, mut heard: Heard) {
        if !heard.paths.is_empty() {
            // What comes with the first event is taken with it.
            std::thread::sleep(GATHER);
            let more = self.inbox.wait(Instant::now());
            heard.paths.extend(more.paths);
            heard.lost.extend(more.lost);
            heard.is_overflow |= more.is_overflow;
            if more.is_stop {
                self.inbox.stop();
            }
            if more.is_commit {
                self.inbox.commit();
            }
        }
        let now = Instant::now();
        for lost in &heard.lost {
            if self.watches.has(lost) {
                // Its watches went with it, or tell of another place by the old name.
                self.watches.forget(lost);
            }
        }
        for folder in self.folders.values_mut() {
            if heard.is_overflow {
                folder.hear_all(now);
            }
            for path in heard.paths.iter().filter(|path| !path.starts_with(&self.data_dir)) {
                folder.hear(path, now);
            }
        }
    }

    /// Looks whether folders are still there, and which are to be looked at whatever was heard.
    fn look_around(&mut self) {
        if self.looked_around_at.elapsed() < PRESENCE_EVERY {
            return;
        }
        self.looked_around_at = Instant::now();
        for folder in self.folders.values_mut() {
            folder.look_around(&mut self.watches);
        }
    }

    fn look(&mut self, id: Id) {
        let vanished: Vec<PathBuf> = self.vanished.keys().cloned().collect();
        let Some(mut folder) = self.folders.remove(&id) else { return };
        let others: Vec<(Id, State)> = self.folders.iter().map(|(id, folder)| (*id, folder.state.clone())).collect();
        let refused = &self.refused;
        let on_state = &self.on_state;
        let mut writing = Writing { data_dir: &self.data_dir, others, refused, written_at: self.written_at, on_state };
        let around = folder::Around {
            memory: &self.memory,
            inbox: &self.inbox,
            cancel: &self.cancel,
            watches: &mut self.watches,
            readings: &mut self.readings,
            vanished,
        };
        let looked = folder.look(around, &mut |state| writing.write(id, state));
        self.written_at = writing.written_at;
        if looked.is_all {
            let gone: HashSet<&PathBuf> = looked.vanished.iter().collect();
            self.vanished.retain(|path, _| !folder.collection.holds(path) || gone.contains(path));
        }
        let now = Instant::now();
        for path in looked.vanished {
            self.vanished.entry(path).or_insert(now);
        }
        if let Some(summary) = looked.summary {
            if summary.added + summary.changed > 0 {
                self.merges.hear(now);
            }
            (self.on_look)(&folder.collection, &summary);
        }
        self.folders.insert(id, folder);
    }

    /// Removes what did not turn up under another name.
    fn remove_vanished(&mut self) {
        let now = Instant::now();
        let due: Vec<PathBuf> =
            self.vanished.iter().filter(|(_, since)| **since + GRACE <= now).map(|(path, _)| path.clone()).collect();
        for path in due {
            self.vanished.remove(&path);
            for folder in self.folders.values_mut().filter(|folder| folder.collection.holds(&path)) {
                folder.remove_later(path.clone(), now);
            }
        }
    }

    fn next_moment(&self) -> Instant {
        let around = self.looked_around_at + PRESENCE_EVERY;
        let folders = self.folders.values().filter_map(Folder::due);
        let vanished = self.vanished.values().map(|since| *since + GRACE);
        folders.chain(vanished).chain(self.merges.due()).chain([around]).min().unwrap_or(around)
    }

    fn write_states(&mut self) {
        let sources = self.folders.iter().map(|(id, folder)| (*id, folder.state.clone())).collect();
        let states = States { sources, refused: self.refused.clone() };
        if states == self.written {
            return;
        }
        self.written_at = Instant::now();
        match states.write(&self.data_dir) {
            Ok(()) => {
                self.written = states;
                (self.on_state)();
            }
            Err(error) => tracing::warn!("how the watched folders are can't be written: {error}"),
        }
    }

    fn save_readings(&mut self) {
        self.readings_saved_at = Instant::now();
        let Some(json) = self.readings.to_json() else { return };
        if let Err(error) = write_private(&state::readings_path(&self.data_dir), &json) {
            tracing::warn!("what was read can't be kept ({error}); the next start reads it again");
        }
    }
}

/// Writes how far a look is, now and then.
struct Writing<'r> {
    data_dir: &'r Path,
    others: Vec<(Id, State)>,
    refused: &'r [Skipped],
    written_at: Instant,
    on_state: &'r OnState,
}

impl Writing<'_> {
    fn write(&mut self, id: Id, state: &State) {
        if self.written_at.elapsed() < WRITE_STATE_EVERY {
            return;
        }
        self.written_at = Instant::now();
        let sources = self.others.iter().cloned().chain([(id, state.clone())]).collect();
        // The next one says more.
        let _ = States { sources, refused: self.refused.to_vec() }.write(self.data_dir);
        (self.on_state)();
    }
}
