//! The plain files of a folder that somebody reads on in, as logs and transcripts are: `.hydraignore` counts, links are not
//! followed, and what can't be listed, or is too much, is said.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::rules::Rules;
use crate::summary::Skipped;
use crate::vault::IGNORE_FILE;

/// How many files are taken, and what is said when there are more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bound {
    pub most: usize,
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
    pub skipped: Vec<Skipped>,
}

impl Listing {
    /// Looks through a folder for what is wanted. Folders that the rules leave out are not looked into.
    pub fn of(folder: &Path, rules: Option<&Rules>, bound: Bound, is_wanted: impl Fn(&Path) -> bool) -> Self {
        let mut found = Self::default();
        let own = rules.cloned();
        let walk = WalkBuilder::new(folder)
            .standard_filters(false)
            .hidden(true)
            .follow_links(false)
            // Where there are too many, the same ones are taken each time, whatever order the disk has them in.
            .sort_by_file_name(Ord::cmp)
            .add_custom_ignore_filename(IGNORE_FILE)
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                !is_folder || entry.depth() == 0 || !own.as_ref().is_some_and(|own| own.leave_out(entry.path(), true))
            })
            .build();
        for entry in walk {
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
                } else if found.files.len() < bound.most {
                    found.files.insert(entry.into_path());
                } else {
                    found.skip(folder, format!("holds more than {} {}", bound.most, bound.what), bound.hint);
                    break;
                }
            }
        }
        found
    }

    /// Says why something is not read.
    pub fn skip(&mut self, path: &Path, reason: String, hint: &str) {
        self.skipped.push(Skipped { path: path.to_owned(), reason, hint: hint.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_the_first_by_name_are_taken_and_the_rest_is_said() {
        let folder = tempfile::tempdir().unwrap();
        // Made in another order than that of their names.
        for name in ["d.log", "b/2.log", "a.log", "c.log", "b/1.log"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let of = |most: usize| Listing::of(folder.path(), None, Bound { most, what: "logs", hint: "x" }, |_| true);
        let names = |listing: &Listing| -> Vec<String> {
            let name = |path: &PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
            listing.files.iter().map(name).collect()
        };
        let (all, some) = (of(5), of(3));
        assert_eq!((names(&all).len(), all.skipped.len()), (5, 0));
        assert_eq!(names(&some), ["a.log", "b/1.log", "b/2.log"]);
        assert!(some.skipped[0].reason.contains("more than 3 logs"), "{:?}", some.skipped);
    }
}
