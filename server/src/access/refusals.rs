//! What the journal is told of access: tokens that were made or ended, and calls that were refused. The latter are gathered
//! first: alike ones are counted, so that whoever is refused orders neither an fsync nor a line each, and kinds are bounded
//! by the hour.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hydra_graph::{Refusal, Timestamp};
use hydra_mcp::Crossing;
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::register::Register;

/// Kinds of refused calls that are told apart in an hour; further ones are counted together.
pub const MAX_KINDS_PER_HOUR: usize = 100;
/// How long the first is waited with, so that those that come with it are counted together.
const GATHER: Duration = Duration::from_secs(1);
/// How often something is written at most.
pub const WRITE_EVERY: Duration = Duration::from_secs(60);
/// How often it is written down when tokens were used last.
const USED_EVERY: Duration = Duration::from_secs(5);
/// How often the file of tokens is looked at for who stays and asks nothing.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const HOUR_MS: i64 = 3_600_000;
/// What stands for kinds beyond the limit.
const OTHERS: &str = "others";

/// What waits to be written down. Shared by all requests.
#[derive(Default)]
pub struct Refusals {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Default)]
struct Waiting {
    kinds: BTreeMap<Kind, Refusal>,
    /// When the hour began that is counted, and how many kinds came in it.
    hour: Option<Timestamp>,
    in_hour: usize,
}

/// Who, where, why.
type Kind = (String, String, String);

impl Refusals {
    /// Takes note of a refused call: who called, what, and why they were refused.
    pub fn note(&self, who: &str, route: &str, why: &str, now: Timestamp) {
        let mut waiting = self.waiting.lock();
        if waiting.hour.is_none_or(|began| now.as_millis() - began.as_millis() >= HOUR_MS) {
            (waiting.hour, waiting.in_hour) = (Some(now), 0);
        }
        let mut kind = (who.to_owned(), route.to_owned(), why.to_owned());
        if !waiting.kinds.contains_key(&kind) {
            if waiting.in_hour < MAX_KINDS_PER_HOUR {
                waiting.in_hour += 1;
            } else {
                kind =
                    (OTHERS.to_owned(), OTHERS.to_owned(), format!("more than {MAX_KINDS_PER_HOUR} kinds in an hour"));
            }
        }
        let (who, route, why) = kind.clone();
        let known = waiting.kinds.entry(kind).or_insert(Refusal { who, route, why, times: 0, first: now, last: now });
        known.times += 1;
        known.last = now;
        drop(waiting);
        self.came.notify_one();
    }

    fn take(&self) -> Vec<Refusal> {
        std::mem::take(&mut self.waiting.lock().kinds).into_values().collect()
    }

    /// Writes down what waits.
    async fn write(&self, crossing: &Crossing) {
        let refusals = self.take();
        if refusals.is_empty() {
            return;
        }
        let (kinds, times) = (refusals.len(), refusals.iter().map(|refusal| refusal.times).sum::<usize>());
        match crossing.run("refuse", move |memory| memory.note_refusals(refusals)).await {
            Ok(_) => tracing::warn!(kinds, times, "calls were refused; `hydra token refused` tells which"),
            Err(error) => tracing::warn!(kinds, times, "calls were refused, which is not written down: {error}"),
        }
    }
}

/// Keeps the journal of refused calls and the dates of tokens until the server stops.
pub async fn keep(
    refusals: Arc<Refusals>,
    register: Arc<Register>,
    crossing: Crossing,
    mut stopping: watch::Receiver<bool>,
) {
    // What this waits for holds a lock while it is looked at, and must not be held while something is written.
    let stopping = async move {
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    tokio::pin!(stopping);
    let mut next = Instant::now();
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut grants = register.changes();
    // What was made or ended while nobody served.
    grants.mark_changed();
    let (mut is_waiting, mut written) = (false, Instant::now());
    loop {
        tokio::select! {
            () = refusals.came.notified(), if !is_waiting => {
                is_waiting = true;
                next = next.max(Instant::now() + GATHER);
            }
            () = tokio::time::sleep_until(next), if is_waiting => {
                is_waiting = false;
                note_grants(&register, &mut grants, &crossing).await;
                refusals.write(&crossing).await;
                next = Instant::now() + WRITE_EVERY;
            }
            _ = look.tick() => {
                register.look();
                note_grants(&register, &mut grants, &crossing).await;
                if written.elapsed() >= USED_EVERY {
                    written = Instant::now();
                    let register = Arc::clone(&register);
                    let _ = tokio::task::spawn_blocking(move || register.keep_used()).await;
                }
            }
            () = &mut stopping => break,
        }
    }
    refusals.write(&crossing).await;
    let _ = tokio::task::spawn_blocking(move || register.keep_used()).await;
}

/// Has the journal know of tokens that were made or ended, if any were.
async fn note_grants(register: &Register, changes: &mut watch::Receiver<u64>, crossing: &Crossing) {
    if !changes.has_changed().unwrap_or_default() {
        return;
    }
    changes.mark_unchanged();
    let notes = register.notes();
    if notes.is_empty() {
        return;
    }
    if let Err(error) = crossing.run("grant", move |memory| memory.note_grants(notes)).await {
        tracing::warn!("that tokens were made or ended is not written down yet: {error}");
        changes.mark_changed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn alike_ones_are_counted() {
        let refusals = Refusals::default();
        for second in 0..1_000 {
            refusals.note("127.0.0.1", "/mcp", "no token", at(second));
        }
        let taken = refusals.take();
        assert_eq!((taken.len(), taken[0].times, taken[0].first, taken[0].last), (1, 1_000, at(0), at(999)));
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn kinds_are_bounded_by_the_hour() {
        let refusals = Refusals::default();
        for number in 0..MAX_KINDS_PER_HOUR + 50 {
            refusals.note(&format!("10.0.0.{number}"), "/mcp", "no token", at(0));
        }
        let taken = refusals.take();
        assert_eq!(taken.len(), MAX_KINDS_PER_HOUR + 1);
        assert_eq!(taken.iter().find(|refusal| refusal.who == OTHERS).unwrap().times, 50);
        // What was written down meanwhile counts as well; the next hour begins anew.
        refusals.note("a", "/mcp", "no token", at(HOUR_MS - 1));
        refusals.note("a", "/mcp", "no token", at(HOUR_MS));
        let who: Vec<String> = refusals.take().into_iter().map(|refusal| refusal.who).collect();
        assert_eq!(who, ["a", OTHERS]);
        assert!(taken.len() <= hydra_graph::MAX_REFUSALS_AT_ONCE);
    }
}
