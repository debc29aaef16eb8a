//! When is looked whether two names mean one: after notes were read, and in no more than its share of the time, since all names
//! are looked at.

use std::time::{Duration, Instant};

use hydra_graph::Memory;

use super::LOOK_SHARE;

/// How long after notes were read: they rarely come alone.
const WAIT: Duration = Duration::from_secs(2);

/// When it is done next, and how long it took.
#[derive(Default)]
pub struct Merges {
    due: Option<Instant>,
    took: Duration,
}

impl Merges {
    /// Takes in that notes were read. More of them put nothing off.
    pub fn hear(&mut self, now: Instant) {
        self.due.get_or_insert(now + WAIT.max(self.took * LOOK_SHARE));
    }

    /// Returns when it is to be done.
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Does it, if it is time.
    pub fn look(&mut self, memory: &Memory, now: Instant) {
        if self.due.take_if(|due| *due <= now).is_none() {
            return;
        }
        if let Err(error) = memory.suggest_merges() {
            tracing::warn!(%error, "whether two names mean one was not looked at; it will be after the next change");
        }
        self.took = now.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_done_rarely_and_nothing_puts_it_off() {
        let (mut merges, now) = (Merges::default(), Instant::now());
        assert_eq!(merges.due(), None);
        merges.hear(now);
        merges.hear(now + WAIT / 2);
        assert_eq!(merges.due(), Some(now + WAIT));
        merges = Merges { took: WAIT, due: None };
        merges.hear(now);
        assert_eq!(merges.due(), Some(now + WAIT * LOOK_SHARE));
    }
}
