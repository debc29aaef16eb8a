//! Ends a query or an update in SPARQL that takes too long, takes too much memory, or is waited for by nobody.

use std::time::Duration;

use hydra_graph::{Error, ErrorKind, Interrupt, Result};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::config::Config;
use crate::verb::resident_bytes;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What one query or update may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long it may run.
    time: Duration,
    /// What the server may grow by while it runs, from the first look on.
    growth_bytes: u64,
}

impl Limits {
    /// Returns those that are configured.
    pub fn of(config: &Config) -> Self {
        Self { time: Duration::from_secs(config.query_timeout_s), growth_bytes: config.query_memory_mb << 20 }
    }

    fn crossed(self, elapsed: Duration, growth_bytes: u64) -> Option<Error> {
        if elapsed >= self.time {
            let message = format!("it took longer than {} s, and was ended", self.time.as_secs());
            return Some(Error::new(ErrorKind::Unavailable, message).hint(
                "ask for less at a time: name a subject or predicate, join patterns by variables they share, or say \
                 LIMIT; query_timeout_s in the configuration is the limit",
            ));
        }
        if growth_bytes >= self.growth_bytes {
            let message = format!("it took more than {} MB of memory, and was ended", self.growth_bytes >> 20);
            return Some(Error::new(ErrorKind::Unavailable, message).hint(
                "ask for less at a time: ORDER BY, GROUP BY and DISTINCT keep every row until the end; \
                 query_memory_mb in the configuration is the limit",
            ));
        }
        None
    }
}

/// Stops an evaluation when it is dropped: whoever waited for it has gone.
pub struct Waiting(pub Interrupt);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.stop(Error::new(ErrorKind::Cancelled, "nobody waits for the answer any more"));
    }
}

/// Waits for some work, and stops it when it has to be.
pub async fn watched<T>(work: impl Future<Output = Result<T>>, interrupt: &Interrupt, limits: Limits) -> Result<T> {
    // Most end before the first look, and need none.
    let (started, mut before) = (Instant::now(), None);
    let mut ticks = interval_at(started + LOOK_EVERY, LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tokio::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => return result,
            _ = ticks.tick() => {
                let now = resident_bytes();
                let growth = now.saturating_sub(*before.get_or_insert(now));
                if let Some(error) = limits.crossed(started.elapsed(), growth) {
                    interrupt.stop(error);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_and_memory_have_an_end() {
        let (second, time) = (Duration::from_secs(1), Duration::from_secs(2));
        let limits = Limits { time, growth_bytes: 3 << 20 };
        assert!(limits.crossed(second, (3 << 20) - 1).is_none());
        assert!(limits.crossed(time, 0).unwrap().message().contains("longer than 2 s"));
        assert!(limits.crossed(second, 3 << 20).unwrap().message().contains("more than 3 MB"));
    }
}
