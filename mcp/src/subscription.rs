//! Resources that somebody watches: each is read again after a commit, and whoever watches hears of it if it reads
//! differently.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use hydra_graph::Id;
use tokio::sync::watch;

use crate::{Crossing, resource};

/// Resources that one stream watches at most; every commit reads each of them.
pub(crate) const MAX_WATCHED: usize = 64;
/// First looks that are taken until one is not disturbed by a commit.
const MAX_FIRST_LOOKS: usize = 3;
/// How long commits are collected before a look, so that an ingest with a commit a file is not slowed by who watches.
const PAUSE: Duration = Duration::from_millis(100);

/// What is watched, and how it read when it was last looked at.
pub(crate) struct Subscription {
    crossing: Crossing,
    commits: watch::Receiver<Option<Id>>,
    seen: BTreeMap<String, u64>,
    /// Something was committed while the first look was taken, so nobody can tell whether that look has it.
    is_unsure: bool,
}

impl Subscription {
    /// Takes the first look. Every commit that `commits` has not seen yet counts as a change.
    pub async fn start(crossing: Crossing, mut commits: watch::Receiver<Option<Id>>, uris: Vec<String>) -> Self {
        let mut seen: BTreeMap<String, u64> = uris.into_iter().take(MAX_WATCHED).map(|uri| (uri, 0)).collect();
        let mut is_unsure = false;
        for _ in 0..MAX_FIRST_LOOKS {
            for (uri, seen) in &mut seen {
                *seen = fingerprint(&crossing, uri).await;
            }
            if !commits.has_changed().unwrap_or(false) {
                break;
            }
            is_unsure = true;
            commits.mark_unchanged();
        }
        Self { crossing, commits, seen, is_unsure }
    }

    /// Waits until some of what is watched reads differently, and returns what; for ever when nothing can change.
    pub async fn changed(&mut self) -> Vec<String> {
        if std::mem::take(&mut self.is_unsure) {
            return self.seen.keys().cloned().collect();
        }
        loop {
            if self.seen.is_empty() || self.commits.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            tokio::time::sleep(PAUSE).await;
            let mut changed = Vec::new();
            for (uri, seen) in &mut self.seen {
                let now = fingerprint(&self.crossing, uri).await;
                if std::mem::replace(seen, now) != now {
                    changed.push(uri.clone());
                }
            }
            if !changed.is_empty() {
                return changed;
            }
        }
    }
}

/// Reads a resource; that it can't be read is a way to read, too.
async fn fingerprint(crossing: &Crossing, uri: &str) -> u64 {
    let address = uri.to_owned();
    let text = crossing.run("watch", move |memory| resource::read(memory, &address)).await;
    let mut hasher = DefaultHasher::new();
    text.unwrap_or_else(|error| error.message().to_owned()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use hydra_graph::{Agent, Memory, NewMemory, Options, Timestamp};

    use super::*;
    use crate::resource::CORE;

    fn open(folder: &std::path::Path) -> Crossing {
        let clock = Arc::new(|| Timestamp::from_millis(1_750_000_000_000));
        Crossing::new(Memory::open(folder, Options { clock, holder: "a test".into() }).unwrap())
    }

    #[tokio::test]
    async fn a_commit_during_the_first_look_counts_as_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let crossing = open(folder.path());
        let tell = |text: &str| {
            let told = crossing.memory().remember(NewMemory::new(text), &Agent::owner());
            told.unwrap();
        };
        let commits = crossing.commits();
        tell("ash");
        let watched = vec![CORE.to_owned(), "hydra://entity/Cat".to_owned()];
        let mut subscription = Subscription::start(crossing.clone(), commits, watched.clone()).await;
        assert_eq!(subscription.changed().await, watched);
        tell("birch");
        assert_eq!(subscription.changed().await, [CORE]);
    }
}
