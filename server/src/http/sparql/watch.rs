//! Ends what takes too long, takes too much memory, or is waited for by nobody.

use std::time::{Duration, Instant};

use hydra_graph::{Error, ErrorKind, Interrupt, Result};
use tokio::time::{MissedTickBehavior, interval};

use crate::verb::resident_bytes;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// What the server may grow by while one query runs.
pub const MAX_GROWTH_BYTES: u64 = 1 << 30;

/// Stops an evaluation when it is dropped: whoever waited for it has gone.
pub struct Waiting(pub Interrupt);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop(Error::new(ErrorKind::Cancelled, "nobody waits for the answer any more"));
    }
}

/// Waits for some work, and stops it when it has to be.
pub async fn watched<T>(work: impl Future<Output = Result<T>>, interrupt: &Interrupt, timeout: Duration) -> Result<T> {
    let (started, before) = (Instant::now(), resident_bytes());
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = ticks.tick() => {
                if let Some(error) = crossed(started.elapsed(), timeout, resident_bytes().saturating_sub(before)) {
                    interrupt.stop(error);
                }
            }
        }
    }
}

fn crossed(elapsed: Duration, timeout: Duration, growth_bytes: u64) -> Option<Error> {
    if elapsed >= timeout {
        let message = format!("it took longer than {} s, and was ended", timeout.as_secs());
        return Some(Error::new(ErrorKind::Unavailable, message).hint(
            "ask for less at a time: name a subject or predicate, join patterns by variables they share, or say LIMIT; \
             query_timeout_s in the configuration is the limit",
        ));
    }
    if growth_bytes >= MAX_GROWTH_BYTES {
        let message = format!("it took more than {} MB of memory, and was ended", MAX_GROWTH_BYTES >> 20);
        return Some(
            Error::new(ErrorKind::Unavailable, message)
                .hint("ask for less at a time: ORDER BY, GROUP BY and DISTINCT keep every row until the end"),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_have_an_end() {
        let (second, timeout) = (Duration::from_secs(1), Duration::from_secs(2));
        assert!(crossed(second, timeout, MAX_GROWTH_BYTES - 1).is_none());
        assert!(crossed(timeout, timeout, 0).unwrap().message().contains("longer than 2 s"));
        assert!(crossed(second, timeout, MAX_GROWTH_BYTES).unwrap().message().contains("memory"));
    }
}
