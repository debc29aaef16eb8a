//! The system's watches: one for each folder that is read, none for those that are left out. One that can't be had is no
//! failure, it only means that the folder is looked at now and then instead.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RemoveKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::heard::Inbox;

/// Watches of this process.
pub struct Watches {
    /// `None` where the system has none to give.
    system: Option<RecommendedWatcher>,
    /// What is watched, with device and inode, since a folder of the same name may be another.
    folders: HashMap<PathBuf, (u64, u64)>,
}

/// What came of watching a folder with all in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// All of them were watched already.
    AsBefore,
    /// Some were not, so that what happened in them until now may have been missed.
    Anew,
    /// The system gives no more watches.
    LimitReached,
}

impl Watches {
    /// Starts to pass events on.
    pub fn start(inbox: Arc<Inbox>) -> Self {
        let system = notify::recommended_watcher(move |event| hear(&inbox, event))
            .inspect_err(|error| tracing::warn!("folders can't be watched ({error}); they are looked at now and then"));
        Self { system: system.ok(), folders: HashMap::new() }
    }

    /// Watches exactly these of the folders under `root`.
    pub fn set(&mut self, root: &Path, folders: &[PathBuf]) -> Watched {
        let wanted: HashMap<&Path, (u64, u64)> =
            folders.iter().filter_map(|path| Some((path.as_path(), identity(path)?))).collect();
        let left: Vec<PathBuf> = self
            .folders
            .iter()
            .filter(|(path, known)| path.starts_with(root) && wanted.get(path.as_path()) != Some(known))
            .map(|(path, _)| path.clone())
            .collect();
        for path in left {
            self.drop(&path);
        }
        let mut watched = Watched::AsBefore;
        for (path, identity) in wanted {
            if self.folders.contains_key(path) {
                continue;
            }
            let Some(system) = &mut self.system else { return Watched::LimitReached };
            match system.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => {
                    self.folders.insert(path.to_owned(), identity);
                    watched = Watched::Anew;
                }
                Err(error) if matches!(error.kind, notify::ErrorKind::MaxFilesWatch) => return Watched::LimitReached,
                // It went away, or nobody may read it; the look at it says which.
                Err(error) => tracing::debug!("a folder is not watched: {error}"),
            }
        }
        watched
    }

    /// Watches nothing of a folder any more.
    pub fn forget(&mut self, root: &Path) {
        let under: Vec<PathBuf> = self.folders.keys().filter(|path| path.starts_with(root)).cloned().collect();
        for path in under {
            self.drop(&path);
        }
    }

    /// Tells whether a folder is watched.
    pub fn has(&self, folder: &Path) -> bool {
        self.folders.contains_key(folder)
    }

    /// Tells whether a watched folder is still the one it was, and so are the disks that are mounted in it: that one goes is
    /// no event.
    pub fn is_true(&self, folder: &Path) -> bool {
        let known = self.folders.get(folder).copied();
        let device = known.map(|(device, _)| device);
        let mut on_others =
            self.folders.iter().filter(|(path, (other, _))| Some(*other) != device && path.starts_with(folder));
        known == identity(folder) && on_others.all(|(path, known)| identity(path) == Some(*known))
    }

    fn drop(&mut self, path: &Path) {
        self.folders.remove(path);
        if let Some(system) = &mut self.system {
            // The system has let go of it by itself if it is gone.
            let _ = system.unwatch(path);
        }
    }
}

fn identity(folder: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(folder).ok().filter(std::fs::Metadata::is_dir)?;
    Some((metadata.dev(), metadata.ino()))
}

fn hear(inbox: &Inbox, event: notify::Result<Event>) {
    let event = match event {
        Ok(event) => event,
        Err(_) => return inbox.overflow(),
    };
    if event.need_rescan() {
        return inbox.overflow();
    }
    match event.kind {
        // That somebody reads is no news, we for one.
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return,
        EventKind::Remove(RemoveKind::Folder) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
            event.paths.iter().for_each(|path| inbox.lose(path.clone()));
        }
        _ => {}
    }
    event.paths.into_iter().for_each(|path| inbox.hear(path));
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use notify::event::Flag;

    use super::*;

    #[test]
    fn events_that_were_lost_mean_everything() {
        let inbox = Inbox::default();
        hear(&inbox, Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan)));
        assert!(inbox.wait(Instant::now()).is_overflow);
        hear(&inbox, Err(notify::Error::generic("the queue is broken")));
        assert!(inbox.wait(Instant::now()).is_overflow);
        hear(&inbox, Ok(Event::new(EventKind::Modify(ModifyKind::Any)).add_path("/v/a.md".into())));
        let heard = inbox.wait(Instant::now());
        assert!(!heard.is_overflow && heard.paths.len() == 1);
    }
}
