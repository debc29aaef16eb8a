//! The plain files of a folder that somebody reads on in, as logs and transcripts are: `.hydraignore` counts, links are not
//! followed, and what can't be listed, or is too much, is said.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ignore::WalkBuilder;

use crate::rules::Rules;
use crate::summary::{LeftOut, Skipped};
use crate::vault::{IGNORE_FILE, MAX_VAULT_FILES};

/// Files and folders of any kind that are looked at in one folder: as many as a vault may hold.
pub(crate) const MAX_ENTRIES: usize = MAX_VAULT_FILES;

/// How many files are taken, and what is said when there are more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub most: usize,
    /// How many of any kind are looked at.
    pub most_entries: usize,
    /// What they are, in the plural.
    pub what: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

/// What a folder has.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub files: BTreeSet<PathBuf>,
    /// Folders that were looked into.
    pub folders: Vec<PathBuf>,
    /// What is not read, and why.
    pub left_out: LeftOut,
}

impl Listing {
    /// Looks through a folder for what is wanted. Folders that the rules leave out are not looked into. Where there is too
    /// much of it, what changed last is taken: files named by their day would be the oldest by their names.
    pub fn of(folder: &Path, rules: Option<&Rules>, bound: Bound, is_wanted: impl Fn(&Path) -> bool) -> Self {
        let mut found = Self::default();
        let mut newest = Newest { most: bound.most, files: BinaryHeap::new(), is_more: false };
        let own = rules.cloned();
        let walk = WalkBuilder::new(folder)
            .standard_filters(false)
            .hidden(true)
            .follow_links(false)
            .add_custom_ignore_filename(IGNORE_FILE)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                !is_folder || entry.depth() == 0 || !own.as_ref().is_some_and(|own| own.leave_out(entry.path(), true))
            })
            .build();
        // The folder itself comes first, and is none of those in it.
        for (met, entry) in walk.enumerate() {
            if met > bound.most_entries {
                let reason = format!("holds more than {} files and folders: not all are looked at", bound.most_entries);
                found.skip(folder, reason, "name a smaller folder, or leave parts out with a .hydraignore file");
                break;
            }
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    found.skip(folder, format!("can't be listed whole: {error}"), "check who owns it and its mode");
                    continue;
                }
            };
            let Some(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() {
                found.folders.push(entry.into_path());
            } else if kind.is_file() && is_wanted(path) {
                if path.to_str().is_none() {
                    found.skip(path, "has a name that is not UTF-8".to_owned(), "rename it");
                } else {
                    let modified_at = entry.metadata().ok().and_then(|metadata| metadata.modified().ok());
                    newest.take(modified_at.unwrap_or(SystemTime::UNIX_EPOCH), entry.into_path());
                }
            }
        }
        if newest.is_more {
            let reason = format!("holds more than {} {}: those that changed last are read", bound.most, bound.what);
            found.skip(folder, reason, bound.hint);
        }
        found.files = newest.files.into_iter().map(|Reverse((_, path))| path).collect();
        found
    }

    /// Says why something is not read.
    pub fn skip(&mut self, path: &Path, reason: String, hint: &str) {
        self.left_out.push(Skipped { path: path.to_owned(), reason, hint: hint.to_owned() });
    }
}

/// The files that changed last, of any number of them and in whatever order they come.
struct Newest {
    most: usize,
    /// The oldest of them on top.
    files: BinaryHeap<Reverse<(SystemTime, PathBuf)>>,
    is_more: bool,
}

impl Newest {
    fn take(&mut self, modified_at: SystemTime, path: PathBuf) {
        self.files.push(Reverse((modified_at, path)));
        if self.files.len() > self.most {
            self.files.pop();
            self.is_more = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        for (age, name) in files.iter().enumerate() {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let file = fs::File::create(path).unwrap();
            file.set_modified(now - Duration::from_secs(age as u64)).unwrap();
        }
        folder
    }

    fn names(folder: &tempfile::TempDir, listing: &Listing) -> Vec<String> {
        let name = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
        listing.files.iter().map(name).collect()
    }

    const BOUND: Bound = Bound { most: 3, most_entries: 100, what: "logs", hint: "x" };

    #[test]
    fn of_too_many_those_that_changed_last_are_taken_and_the_rest_is_said() {
        // By their names the newest come last.
        let folder = folder(&["day-5.log", "b/day-4.log", "day-3.log", "day-2.log", "b/day-1.log"]);
        let of = |most: usize| Listing::of(folder.path(), None, Bound { most, ..BOUND }, |_| true);
        let (all, some) = (of(5), of(3));
        assert_eq!((names(&folder, &all).len(), all.left_out.is_empty()), (5, true));
        assert_eq!(names(&folder, &some), ["b/day-4.log", "day-3.log", "day-5.log"]);
        assert!(some.left_out.named[0].reason.contains("more than 3 logs"), "{:?}", some.left_out);
    }

    #[test]
    fn what_is_no_log_costs_a_bound_too() {
        let folder = folder(&["a.log", "b.txt", "c/d.txt", "c/e.txt"]);
        let of = |most_entries| {
            let is_wanted = |path: &Path| path.extension().is_some_and(|extension| extension == "log");
            Listing::of(folder.path(), None, Bound { most_entries, ..BOUND }, is_wanted)
        };
        assert!(of(5).left_out.is_empty() && of(5).files.len() == 1 && of(5).folders.len() == 2);
        let cut = of(4);
        assert!(cut.left_out.named[0].reason.contains("more than 4 files and folders"), "{:?}", cut.left_out);
        assert_eq!(cut.left_out.named[0].path, folder.path());
    }
}
