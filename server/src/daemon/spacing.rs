//! Files that change all the time: each waits in proportion to what the last look at it took, so that a note which grows for
//! ever costs a bounded part of the time, and one that a person edits is looked at as soon as it is saved.
//!
//! Only a file that is changed in place waits. What moved, or is another file by now, is looked at with whatever changed in
//! the same moment: apart they would not be known again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Looks at the same file take at most about one part in so many of the time.
const SHARE: u32 = 5;

/// When files may be looked at again.
#[derive(Debug, Default)]
pub struct Spacing {
    /// What was looked at lately, and until when that is enough.
    until: BTreeMap<PathBuf, Instant>,
    /// What changed again since.
    waiting: BTreeSet<PathBuf>,
}

impl Spacing {
    /// Takes in what changed, and which of it is the same file in the same place; returns what may be looked at now, also of
    /// what waited.
    pub fn sift(&mut self, changed: Vec<PathBuf>, is_in_place: impl Fn(&Path) -> bool, now: Instant) -> Vec<PathBuf> {
        self.until.retain(|_, until| *until > now);
        let (waiting, ready): (BTreeSet<_>, BTreeSet<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .chain(changed)
            .partition(|path| self.until.contains_key(path) && is_in_place(path));
        self.waiting = waiting;
        ready.into_iter().collect()
    }

    /// Takes in that files were looked at, and how long that took for all of them.
    pub fn looked(&mut self, paths: &[PathBuf], took: Duration, now: Instant) {
        let Ok(count) = u32::try_from(paths.len()) else { return };
        if count > 0 {
            let until = now + took / count * SHARE;
            self.until.extend(paths.iter().map(|path| (path.clone(), until)));
        }
    }

    /// Returns when something that waits is to be looked at.
    pub fn due(&self) -> Option<Instant> {
        self.waiting.iter().filter_map(|path| self.until.get(path)).min().copied()
    }

    /// Forgets what waits, as when everything is looked at.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(100);

    #[test]
    fn a_file_that_always_changes_takes_its_part_of_the_time_and_no_more() {
        let start = Instant::now();
        let (grows, other) = (PathBuf::from("/v/grows.md"), PathBuf::from("/v/other.md"));
        let took = Duration::from_secs(2);
        let mut spacing = Spacing::default();
        let (mut now, mut looks) = (start, 0);
        while now < start + Duration::from_secs(595) {
            let ready = spacing.sift(vec![grows.clone()], |_| true, now);
            assert!(ready.len() <= 1 && (ready.len() == 1 || spacing.due().is_some_and(|due| due > now)));
            if !ready.is_empty() {
                now += took;
                looks += 1;
                spacing.looked(&ready, took, now);
            }
            now += STEP;
        }
        assert_eq!(looks, 50, "each takes two seconds, and ten pass before the next");
        // What else changes is looked at at once.
        assert_eq!(spacing.sift(vec![grows.clone(), other.clone()], |_| true, now), [other]);
        // What waited is looked at though nothing more is heard of it.
        let due = spacing.due().unwrap();
        assert_eq!(spacing.sift(Vec::new(), |_| true, due), [grows]);
        assert_eq!(spacing.due(), None);
    }

    #[test]
    fn of_many_that_were_looked_at_together_none_waits_long() {
        let start = Instant::now();
        let many: Vec<PathBuf> = (0..1_000).map(|number| format!("/v/{number}.md").into()).collect();
        let mut spacing = Spacing::default();
        spacing.looked(&many, Duration::from_secs(10), start);
        assert_eq!(spacing.sift(vec![many[7].clone()], |_| true, start), [PathBuf::new(); 0]);
        assert_eq!(spacing.due(), Some(start + Duration::from_millis(50)));
        // It moved, or another took its place.
        assert_eq!(spacing.sift(Vec::new(), |_| false, start), [many[7].clone()]);
        spacing.sift(vec![many[8].clone()], |_| true, start);
        spacing.clear();
        assert_eq!(spacing.due(), None);
    }
}
