//! What the system said since it was last asked: never more than a bound, since an event only means that a path is to be
//! looked at again, and too many mean that everything is.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Paths that are kept; more mean a look at everything. A checkout of another branch names thousands.
pub const MAX_HEARD: usize = 4_096;

/// What was heard.
#[derive(Debug, Default)]
pub struct Heard {
    /// Paths that may have changed.
    pub paths: BTreeSet<PathBuf>,
    /// Folders whose watch is gone with them, or leads elsewhere now.
    pub lost: BTreeSet<PathBuf>,
    /// Whether something was lost, so that everything is to be looked at.
    pub is_overflow: bool,
    /// Whether the graph changed.
    pub is_commit: bool,
    /// Whether to end.
    pub is_stop: bool,
}

impl Heard {
    fn is_anything(&self) -> bool {
        !self.paths.is_empty() || !self.lost.is_empty() || self.is_overflow || self.is_commit || self.is_stop
    }
}

/// Where events wait for the daemon's thread. The lock guards only the few fields above.
#[derive(Default)]
pub struct Inbox {
    heard: Mutex<Heard>,
    is_there: Condvar,
    commits: AtomicU64,
}

impl Inbox {
    /// Takes in a path.
    pub fn hear(&self, path: PathBuf) {
        self.change(|heard| {
            if heard.paths.len() >= MAX_HEARD {
                heard.is_overflow = true;
                heard.paths.clear();
            }
            if !heard.is_overflow {
                heard.paths.insert(path);
            }
        });
    }

    /// Takes in that a folder is not where it was.
    pub fn lose(&self, folder: PathBuf) {
        self.change(|heard| {
            if heard.lost.len() >= MAX_HEARD {
                heard.is_overflow = true;
                heard.lost.clear();
            }
            heard.lost.insert(folder);
        });
    }

    /// Takes in that events were lost.
    pub fn overflow(&self) {
        self.change(|heard| heard.is_overflow = true);
    }

    /// Takes in that the graph changed.
    pub fn commit(&self) {
        self.commits.fetch_add(1, Ordering::Release);
        let mut heard = self.heard.lock();
        // Its own commits come by the thousand, and one look at what is watched is enough for all.
        if !heard.is_commit {
            heard.is_commit = true;
            self.is_there.notify_one();
        }
    }

    /// Asks the daemon to end.
    pub fn stop(&self) {
        self.change(|heard| heard.is_stop = true);
    }

    /// Tells whether the daemon is to end.
    pub fn is_stopping(&self) -> bool {
        self.heard.lock().is_stop
    }

    /// Returns how many commits were heard of so far; whoever asks twice knows whether the graph changed in between, and
    /// the daemon hears of it all the same.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// Returns what was heard, waiting for it until a moment.
    pub fn wait(&self, until: Instant) -> Heard {
        let mut heard = self.heard.lock();
        while !heard.is_anything() && !self.is_there.wait_until(&mut heard, until).timed_out() {}
        std::mem::take(&mut *heard)
    }

    fn change(&self, change: impl FnOnce(&mut Heard)) {
        let mut heard = self.heard.lock();
        let was_anything = heard.is_anything();
        change(&mut heard);
        if !was_anything || heard.is_stop {
            self.is_there.notify_one();
        }
    }
}

/// Paths of one folder that wait until nothing more happens to them.
#[derive(Debug, Default)]
pub struct Pending {
    paths: BTreeSet<PathBuf>,
    is_all: bool,
    since: Option<(Instant, Instant)>,
}

/// How long a folder has to be quiet before it is looked at: an editor saves in several steps.
const QUIET: Duration = Duration::from_millis(200);
/// How long it may go on changing before it is looked at all the same.
const LONGEST_WAIT: Duration = Duration::from_millis(800);

impl Pending {
    /// Adds a path.
    pub fn add(&mut self, path: PathBuf, now: Instant) {
        if !self.is_all {
            self.paths.insert(path);
        }
        self.is_all |= self.paths.len() > MAX_HEARD;
        self.touch(now);
    }

    /// Adds everything.
    pub fn add_all(&mut self, now: Instant) {
        self.is_all = true;
        self.touch(now);
    }

    /// Returns when it is to be looked at.
    pub fn due(&self) -> Option<Instant> {
        self.since.map(|(first, last)| (last + QUIET).min(first + LONGEST_WAIT))
    }

    /// Takes it out: the paths, or `None` for everything.
    pub fn take(&mut self) -> Option<Vec<PathBuf>> {
        let taken = std::mem::take(self);
        (!taken.is_all).then(|| taken.paths.into_iter().collect())
    }

    fn touch(&mut self, now: Instant) {
        self.since = Some((self.since.map_or(now, |(first, _)| first), now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_paths_are_everything() {
        let inbox = Inbox::default();
        for number in 0..=MAX_HEARD {
            inbox.hear(format!("/v/{number}.md").into());
        }
        let heard = inbox.wait(Instant::now());
        assert!(heard.is_overflow && heard.paths.is_empty());
        inbox.hear("/v/a.md".into());
        assert_eq!(inbox.wait(Instant::now()).paths.len(), 1);
        assert!(!inbox.wait(Instant::now()).is_anything());
    }

    #[test]
    fn what_goes_on_changing_is_looked_at_all_the_same() {
        let start = Instant::now();
        let mut pending = Pending::default();
        assert_eq!(pending.due(), None);
        pending.add("/v/a.md".into(), start);
        assert_eq!(pending.due(), Some(start + QUIET));
        for step in 1..20 {
            pending.add("/v/a.md".into(), start + QUIET / 2 * step);
        }
        assert_eq!(pending.due(), Some(start + LONGEST_WAIT));
        assert_eq!(pending.take(), Some(vec!["/v/a.md".into()]));
        assert_eq!(pending.due(), None);
        pending.add_all(start);
        assert_eq!(pending.take(), None);
    }
}
