//! Goes through the queue by itself while the server runs, on a thread of its own: when something new is known, when an hour
//! is over, and when the endpoint may be there again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hydra_graph::{Error, Memory, Result};

use super::{Ended, Enricher};
use crate::wiring;

/// Texts that are planned at once.
const ROUND: usize = 20;
/// How long is waited after a commit, so that a note that is being written is sent once.
const QUIET: Duration = Duration::from_secs(5);
/// How long is waited when somebody else goes through the queue.
const BUSY: Duration = Duration::from_secs(30);
/// Whatever a person waits for comes first.
const NICE: i32 = 10;

/// The running thread; stopped by [`Background::stop`].
pub struct Background {
    stop: Arc<AtomicBool>,
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Background {
    /// Starts it.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(memory: Memory, enricher: Arc<Enricher>) -> Result<Self> {
        let (wake, heard) = sync_channel(1);
        let (stop, listening) = (Arc::new(AtomicBool::new(false)), wake.clone());
        memory.on_commit(move |_| {
            // One that finds no room is told of already.
            let _ = listening.try_send(());
        });
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("enrichment".to_owned()).spawn(move || {
            // On Linux this is the thread's own; where it fails, the thread only competes a little more.
            let _ = rustix::process::nice(NICE);
            run(&memory, &enricher, &heard, &stopped);
        });
        let thread = thread.map_err(|error| Error::io("a thread for the enrichment", &error))?;
        Ok(Self { stop, wake, thread })
    }

    /// Ends it; a question that is under way is dropped.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.wake.try_send(());
        let _ = self.thread.join();
    }
}

fn run(memory: &Memory, enricher: &Enricher, heard: &Receiver<()>, stop: &AtomicBool) {
    // What an earlier server was to wait for, this one waits for too: restarts must not make it ask more often.
    let mut rests_until = rest(enricher);
    let mut due = Some(rests_until.unwrap_or_else(Instant::now));
    loop {
        let news = match due {
            Some(due) => heard.recv_timeout(due.saturating_duration_since(Instant::now())),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        if stop.load(Ordering::Acquire) {
            return;
        }
        match news {
            Ok(()) => due = rests_until.or(due).or_else(|| Some(Instant::now() + QUIET)),
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let ended = enricher.run(memory, ROUND, stop, &mut |_, _| ()).map(|round| round.ended);
                rests_until = rest(enricher);
                due = match ended {
                    Ok(Ended::Limit) => Some(Instant::now()),
                    Ok(Ended::Done | Ended::Full) => None,
                    Ok(Ended::Stopped) => return,
                    Ok(Ended::Hour | Ended::Failed) | Err(_) => rests_until.or_else(|| Some(Instant::now() + BUSY)),
                };
            }
        }
    }
}

/// Returns until when nothing is to be asked.
fn rest(enricher: &Enricher) -> Option<Instant> {
    let next = enricher.standing.lock().next_at?;
    let rest = u64::try_from(next.as_millis() - wiring::now().as_millis()).ok()?;
    Some(Instant::now() + Duration::from_millis(rest))
}
