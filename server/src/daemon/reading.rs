//! One look that takes long: it rests now and then for whoever asks, gives way to other folders, and ends when the graph
//! wants the folder no more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hydra_graph::{Collection, ErrorKind, Memory};
use hydra_ingest::Progress;

use super::heard::Inbox;

/// Files after which a look rests a moment, so that the writer and the processor are free for whoever asks.
const REST_EVERY_FILES: u64 = 64;
/// How long a rest is at most; it is half of what the files before took.
const LONGEST_REST: Duration = Duration::from_millis(200);
/// A look that takes longer is told of while it goes on.
const LONG: Duration = Duration::from_secs(1);
/// How long a look goes on once it has found something new, before it gives way to other folders and goes on after them.
const GIVE_WAY: Duration = Duration::from_secs(3);
/// What a look does again after it gave way, looking for what is new, takes at most about one part in so many of the time.
const AGAIN_SHARE: u32 = 10;

/// Keeps a long look from holding up whoever asks, and ends it when the graph says so.
pub struct Reading<'r> {
    /// What the graph is to say of it for the look to go on.
    named: Option<&'r Collection>,
    memory: &'r Memory,
    inbox: &'r Inbox,
    cancel: &'r AtomicBool,
    /// Which commit the graph was asked after last. What was heard of commits stays heard: another folder may be meant.
    asked_after: Option<u64>,
    started_at: Instant,
    rested_at: Instant,
    /// When something new was taken in first.
    found_at: Option<Instant>,
}

impl<'r> Reading<'r> {
    /// Begins; `named` is the folder as the graph knows it, if it does.
    pub fn new(named: Option<&'r Collection>, memory: &'r Memory, inbox: &'r Inbox, cancel: &'r AtomicBool) -> Self {
        let now = Instant::now();
        Self { named, memory, inbox, cancel, asked_after: None, started_at: now, rested_at: now, found_at: None }
    }

    /// Takes in how far it is; tells whether that is worth to be told.
    pub fn take(&mut self, progress: &Progress) -> bool {
        if progress.files_done == 0 || !progress.files_done.is_multiple_of(REST_EVERY_FILES) {
            return false;
        }
        self.rest();
        true
    }

    /// Ends the look if the graph says so, and rests a moment.
    pub fn rest(&mut self) {
        let commits = Some(self.inbox.commits());
        if std::mem::replace(&mut self.asked_after, commits) != commits && !self.is_wanted() {
            self.cancel.store(true, Ordering::Relaxed);
            self.inbox.commit();
        }
        let worked = self.rested_at.elapsed();
        // Looking at what did not change takes no time and needs no rest.
        if worked > Duration::from_millis(20) {
            std::thread::sleep((worked / 2).min(LONGEST_REST));
        }
        self.rested_at = Instant::now();
    }

    /// Tells whether it takes so long that somebody may wonder.
    pub fn is_long(&self) -> bool {
        self.started_at.elapsed() > LONG
    }

    /// Takes in that something new was taken in; tells whether that is enough for one look. Before anything is, it never is:
    /// every look gets further.
    pub fn is_enough(&mut self, now: Instant) -> bool {
        let found_at = *self.found_at.get_or_insert(now);
        let search = found_at.saturating_duration_since(self.started_at);
        now.saturating_duration_since(found_at) > GIVE_WAY.max(search * AGAIN_SHARE)
    }

    fn is_wanted(&self) -> bool {
        let Some(named) = self.named else { return true };
        let known = self.memory.collection(&named.id.to_string());
        known.map_or_else(|error| error.kind() != ErrorKind::NotFound, |known| known == *named)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use hydra_graph::Options;

    use super::*;

    #[test]
    fn a_commit_during_a_look_is_still_heard_after_it() {
        let temp = tempfile::tempdir().unwrap();
        let options = Options { clock: crate::wiring::clock(), holder: "a test".into() };
        let memory = Memory::open(&temp.path().join("memory"), options).unwrap();
        let (inbox, cancel) = (Inbox::default(), AtomicBool::new(false));
        let wanted = collection(temp.path());
        // The folder that is looked at stays as it is; the commit may be about another.
        let mut reading = Reading::new(None, &memory, &inbox, &cancel);
        inbox.commit();
        reading.rest();
        assert!(!cancel.load(Ordering::Relaxed));
        assert!(inbox.wait(Instant::now()).is_commit, "nobody else would look what is to be watched now");
        // What the graph knows no more is looked at no longer, and that is heard too.
        let mut reading = Reading::new(Some(&wanted), &memory, &inbox, &cancel);
        inbox.commit();
        reading.rest();
        assert!(cancel.load(Ordering::Relaxed) && inbox.wait(Instant::now()).is_commit);
    }

    #[test]
    fn a_look_gives_way_after_it_got_further_and_spends_little_on_searching_again() {
        let temp = tempfile::tempdir().unwrap();
        let options = Options { clock: crate::wiring::clock(), holder: "a test".into() };
        let memory = Memory::open(&temp.path().join("memory"), options).unwrap();
        let (inbox, cancel) = (Inbox::default(), AtomicBool::new(false));
        for (search, most) in [(Duration::ZERO, GIVE_WAY), (GIVE_WAY, GIVE_WAY * AGAIN_SHARE)] {
            let mut reading = Reading::new(None, &memory, &inbox, &cancel);
            let found_at = reading.started_at + search;
            assert!(!reading.is_enough(found_at), "however long the search took");
            assert!(!reading.is_enough(found_at + most));
            assert!(reading.is_enough(found_at + most + Duration::from_millis(1)));
        }
    }

    fn collection(path: &Path) -> Collection {
        Collection {
            id: "038g93ppke00p".parse().unwrap(),
            path: path.to_owned(),
            kind: hydra_graph::CollectionKind::Notes,
            space: "personal".into(),
            include: Vec::new(),
            exclude: Vec::new(),
            paused: false,
            origin: hydra_graph::CollectionOrigin::Added,
            recorded_at: hydra_graph::Timestamp::from_millis(0),
        }
    }
}
