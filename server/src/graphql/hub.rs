//! What is told of while it happens, and to how many at most.
//!
//! Nobody's slowness holds up what is told: commits are read from the journal by whoever follows them, states (of watched
//! folders, of ingests) are only ever the newest, and of traces those that found no room are counted, since they are kept
//! in the memory and can be asked for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use hydra_graph::{Agent, Error, Id, Memory};
use hydra_mcp::{Place, Places};
use tokio::sync::{broadcast, watch};

use super::source::IngestRun;

/// Subscriptions that run at once, over all connections.
pub const MAX_SUBSCRIPTIONS: usize = 64;
/// Conversations over sockets that go on at once.
pub const MAX_SOCKETS: usize = 64;
/// Of either, those of one token.
pub const MAX_OF_A_TOKEN: usize = 16;
/// Traces that wait for the slowest subscriber; of older ones only the number is told.
pub const MAX_WAITING_TRACES: usize = 256;
/// Ingests that are told of; the oldest that has ended goes first.
pub const MAX_RUNS: usize = 16;

/// What is told of while it happens. Clones share it.
#[derive(Clone)]
pub struct Hub {
    traces: broadcast::Sender<Id>,
    runs: watch::Sender<BTreeMap<i32, IngestRun>>,
    next_run: Arc<AtomicI32>,
    /// Changes whenever a watched folder is otherwise.
    sources: watch::Receiver<u64>,
    places: Places,
    sockets: Places,
}

impl Hub {
    /// Starts to listen to a memory. `sources` changes whenever a watched folder is otherwise.
    pub fn new(memory: &Memory, sources: watch::Receiver<u64>) -> Self {
        let (traces, _) = broadcast::channel(MAX_WAITING_TRACES);
        let heard = traces.clone();
        memory.on_trace(move |trace| {
            // Nobody may listen.
            let _ = heard.send(trace);
        });
        Self {
            traces,
            runs: watch::Sender::new(BTreeMap::new()),
            next_run: Arc::new(AtomicI32::new(1)),
            sources,
            places: Places::new("subscriptions", MAX_SUBSCRIPTIONS, MAX_OF_A_TOKEN),
            sockets: Places::new("sockets", MAX_SOCKETS, MAX_OF_A_TOKEN),
        }
    }

    /// Takes a place for somebody's subscription, to be held while it runs.
    pub fn place(&self, holder: &Agent) -> Result<Place, Error> {
        self.places.take(&holder.name, "end one of them, or ask again later")
    }

    /// Takes a place for somebody's conversation over a socket, to be held while it goes on.
    pub fn socket(&self, holder: &Agent) -> Result<Place, Error> {
        self.sockets.take(&holder.name, "close one of them: one takes many subscriptions")
    }

    /// Returns the traces from now on.
    pub fn traces(&self) -> broadcast::Receiver<Id> {
        self.traces.subscribe()
    }

    /// Returns what changes whenever a watched folder is otherwise.
    pub fn sources(&self) -> watch::Receiver<u64> {
        self.sources.clone()
    }

    /// Returns the ingests, as they are.
    pub fn runs(&self) -> watch::Receiver<BTreeMap<i32, IngestRun>> {
        self.runs.subscribe()
    }

    /// Begins to tell of an ingest; returns its number.
    pub fn begin(&self, paths: Vec<String>) -> i32 {
        let id = self.next_run.fetch_add(1, Ordering::Relaxed);
        self.runs.send_modify(|runs| {
            runs.insert(id, IngestRun::new(id, paths));
            while runs.len() > MAX_RUNS {
                let ended = runs.iter().find(|(_, run)| run.is_over()).map(|(id, _)| *id);
                let Some(ended) = ended.or_else(|| runs.keys().next().copied()) else { break };
                runs.remove(&ended);
            }
        });
        id
    }

    /// Tells how an ingest is.
    pub fn tell(&self, id: i32, change: impl FnOnce(&mut IngestRun)) {
        self.runs.send_modify(|runs| {
            if let Some(run) = runs.get_mut(&id) {
                change(run);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use hydra_graph::{Options, Question};

    use super::*;
    use crate::graphql::source::RunState;
    use crate::wiring;

    fn memory() -> (tempfile::TempDir, Memory) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { clock: wiring::clock(), holder: "a test".to_owned() };
        let memory = Memory::open(folder.path(), options).unwrap();
        (folder, memory)
    }

    #[test]
    fn so_many_ingests_are_told_of_and_those_that_run_longest() {
        let (_folder, memory) = memory();
        let hub = Hub::new(&memory, watch::channel(0).1);
        let runs: Vec<i32> = (0..=MAX_RUNS).map(|_| hub.begin(Vec::new())).collect();
        let known = || hub.runs().borrow().keys().copied().collect::<Vec<i32>>();
        assert_eq!(known(), runs[1..], "none has ended: the oldest went");
        hub.tell(runs[5], |run| run.state = RunState::Done);
        let newest = hub.begin(Vec::new());
        assert!(
            !known().contains(&runs[5]) && known().contains(&runs[1]) && known().contains(&newest),
            "the ended one went"
        );
    }

    #[test]
    fn of_traces_that_find_no_room_the_number_is_told() {
        let (_folder, memory) = memory();
        let hub = Hub::new(&memory, watch::channel(0).1);
        let mut slow = hub.traces();
        let missed = 3;
        for _ in 0..MAX_WAITING_TRACES + missed {
            memory.recall(&Question::new("a question")).unwrap();
        }
        match slow.try_recv() {
            Err(broadcast::error::TryRecvError::Lagged(count)) => assert_eq!(count, missed as u64),
            other => panic!("{other:?}"),
        }
        assert!(slow.try_recv().is_ok(), "the newer ones are there");
    }
}
