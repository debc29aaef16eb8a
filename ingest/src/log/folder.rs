//! The logs of a folder: which of its files are logs, and which are only what another was called before it was rotated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::position::is_rotated;
use crate::listing::{Bound, Listing, MAX_ENTRIES};
use crate::rules::Rules;
use crate::summary::LeftOut;

/// Logs of one folder that are read, those that changed last; what has more is named by mistake.
pub const MAX_LOGS: usize = 1_000;
const BOUND: Bound =
    Bound { most: MAX_LOGS, most_entries: MAX_ENTRIES, what: "logs", hint: "name the log files themselves" };

/// What a folder has of logs.
#[derive(Debug, Default)]
pub(crate) struct LogFolder {
    /// Sorted by path.
    pub logs: Vec<PathBuf>,
    /// Folders that were looked into.
    pub folders: Vec<PathBuf>,
    /// What is not read, and why.
    pub left_out: LeftOut,
}

/// Tells whether a file is a log by its name.
pub(crate) fn is_log(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("log"))
}

/// Tells whether a file of a folder is taken for a log: by its name, or because the rules of the folder include it.
pub(crate) fn is_wanted(path: &Path, rules: Option<&Rules>) -> bool {
    let includes = rules.is_some_and(Rules::includes);
    (includes || is_log(path)) && !rules.is_some_and(|rules| rules.leave_out(path, false))
}

impl LogFolder {
    /// Looks through a folder. `.hydraignore` counts in it; `.gitignore` does not, since it is logs that git leaves alone.
    /// `known` tells of a path whether the graph has a log of it, so that one which is being rotated, and is not there at
    /// the moment, is known by what it left.
    pub fn look(folder: &Path, rules: Option<&Rules>, known: &BTreeSet<PathBuf>) -> Self {
        let mut listing = Listing::of(folder, rules, BOUND, |path| is_wanted(path, rules));
        let mut read = Vec::new();
        let logs = std::mem::take(&mut listing.files);
        for log in &logs {
            let origin = origins(log).into_iter().find(|origin| logs.contains(origin) || known.contains(origin));
            match origin {
                Some(origin) if !known.contains(log) => {
                    let name = origin.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    listing.skip(
                        log,
                        format!("is taken for `{name}` before it was rotated, and read as part of that"),
                        "if it is a log of its own, read it with `hydra ingest --kind log`; then it is watched too",
                    );
                }
                _ => read.push(log.clone()),
            }
        }
        Self { logs: read, folders: listing.folders, left_out: listing.left_out }
    }
}

/// What a file may have been called before it was rotated: `app.log` of `app.log.1`, `app.log-20261210` and `app-1.log`.
fn origins(path: &Path) -> Vec<PathBuf> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
    let mut origins = Vec::new();
    for (at, _) in name.match_indices(['.', '-', '_']) {
        let origin = path.with_file_name(&name[..at]);
        if at > 0 && is_rotated(path, &origin) {
            origins.push(origin);
        }
    }
    if let Some((stem, extension)) = name.rsplit_once('.') {
        let bare = path.with_file_name(stem);
        for (at, _) in stem.match_indices(['.', '-', '_']) {
            if at > 0 && is_rotated(&bare, &path.with_file_name(&stem[..at])) {
                origins.push(path.with_file_name(format!("{}.{extension}", &stem[..at])));
            }
        }
    }
    origins
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::IGNORE_FILE;
    use std::fs;

    fn names(found: &LogFolder) -> Vec<&str> {
        found.logs.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect()
    }

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x\n").unwrap();
        }
        folder
    }

    #[test]
    fn what_a_log_was_called_before_is_no_log_of_its_own() {
        let files =
            ["app.log", "app.log.1", "app-1.log", "app-error.log", "day-2026-12-10.log", "web/a.log", "notes.md"];
        let temp = folder(&files);
        let found = LogFolder::look(temp.path(), None, &BTreeSet::new());
        assert_eq!(names(&found), ["app-error.log", "app.log", "day-2026-12-10.log", "a.log"]);
        let skipped = &found.left_out.named;
        assert_eq!((found.folders.len(), skipped.len()), (2, 1));
        assert!(skipped[0].reason.contains("`app.log`"), "{skipped:?}");
        // It is being rotated, and not there at the moment.
        fs::remove_file(temp.path().join("app.log")).unwrap();
        let known = BTreeSet::from([temp.path().join("app.log")]);
        assert!(!names(&LogFolder::look(temp.path(), None, &known)).contains(&"app-1.log"));
        // Somebody read it by itself, so it is one.
        let known = BTreeSet::from([temp.path().join("app.log"), temp.path().join("app-1.log")]);
        assert!(names(&LogFolder::look(temp.path(), None, &known)).contains(&"app-1.log"));
    }

    #[test]
    fn rules_include_other_names_and_leave_out_whatever_git_thinks() {
        let temp = folder(&["messages", "messages.1", "a.log", "old/b.log", "x/c.log"]);
        fs::write(temp.path().join(".gitignore"), "*\n").unwrap();
        fs::write(temp.path().join(IGNORE_FILE), "x/\n").unwrap();
        let globs = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        let rules = Rules::new(temp.path(), "s", &globs(&["messages*", "*.log"]), &globs(&["old/"])).unwrap();
        assert_eq!(names(&LogFolder::look(temp.path(), Some(&rules), &BTreeSet::new())), ["a.log", "messages"]);
        let rules = Rules::new(temp.path(), "s", &[], &globs(&["old/"])).unwrap();
        assert_eq!(names(&LogFolder::look(temp.path(), Some(&rules), &BTreeSet::new())), ["a.log"]);
    }

    #[test]
    fn a_folder_of_too_many_logs_is_read_in_part_and_says_so() {
        let temp = tempfile::tempdir().unwrap();
        let now = std::time::SystemTime::now();
        for number in 0..=MAX_LOGS {
            let file = fs::File::create(temp.path().join(format!("n{number:04}x.log"))).unwrap();
            file.set_modified(now - std::time::Duration::from_secs((MAX_LOGS - number) as u64)).unwrap();
        }
        let found = LogFolder::look(temp.path(), None, &BTreeSet::new());
        assert_eq!((found.logs.len(), names(&found)[0]), (MAX_LOGS, "n0001x.log"), "only the oldest is not read");
        assert!(found.left_out.named[0].reason.contains(&MAX_LOGS.to_string()), "{:?}", found.left_out);
    }
}
