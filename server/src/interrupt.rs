//! Ctrl-C and its like: the first asks to stop, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hydra_graph::{Error, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::outcome;
use crate::output;

/// Signals this close together are one wish: a wrapper such as `timeout` or `make` passes on what the terminal has sent
/// already.
const ONE_WISH: Duration = Duration::from_millis(500);

/// The signals that ask a process to stop.
pub struct Interrupts {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// Starts to listen; from here on the signals do not end the process by themselves.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).map_err(|error| Error::io("signals", &error));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for one that is another wish than the one before.
    pub async fn next_wish(&mut self) {
        let _ = tokio::time::timeout(ONE_WISH, async {
            loop {
                self.next().await;
            }
        })
        .await;
        self.next().await;
    }
}

/// Sets `stop` at the first signal, telling the person so with `words`, and ends the process at the second: whatever
/// was acknowledged is on disk.
///
/// # Errors
/// When the operating system refuses.
pub fn stop_on_signal(stop: Arc<AtomicBool>, words: &'static str) -> Result<()> {
    let mut interrupts = Interrupts::listen()?;
    tokio::spawn(async move {
        interrupts.next().await;
        stop.store(true, Ordering::Release);
        output::talk(words);
        interrupts.next_wish().await;
        std::process::exit(i32::from(outcome::INTERRUPTED));
    });
    Ok(())
}
