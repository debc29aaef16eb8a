//! Files that stand beside notes and are none: what editors write while they save, what sync tools leave when two machines
//! changed the same note, and old copies that a note-taking program keeps.

use std::path::Path;

/// Endings of what an editor or sync tool writes on the way to the real file.
const TEMPORARY_ENDINGS: [&str; 8] = ["~", ".tmp", ".temp", ".swp", ".swo", ".swx", ".part", ".crdownload"];
/// Beginnings of the same.
const TEMPORARY_STARTS: [&str; 5] = [".#", "~$", ".~", ".goutputstream-", "~syncthing~"];
/// What vim writes to see whether it may.
const VIM_PROBE: &str = "4913";

/// Where Logseq keeps old copies of pages, each with the page's own text and links.
const OLD_COPIES: [&str; 2] = ["logseq/bak", "logseq/.recycle"];

/// Tells whether a path, from the root of its vault, is or lies in a folder of old copies that Logseq made. In any other
/// folder these names are somebody's own.
pub fn is_old_copy(relative: &Path) -> bool {
    relative.ancestors().any(|folder| OLD_COPIES.iter().any(|copies| folder.ends_with(copies)))
}

/// Tells whether a file is on its way to be another one and gone in a moment.
pub fn is_temporary(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    name == VIM_PROBE
        || TEMPORARY_ENDINGS.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending))
        || TEMPORARY_STARTS.iter().any(|start| name.starts_with(start))
        || (name.starts_with('#') && name.ends_with('#'))
}

/// Tells whether a file is the other side of a change that a sync tool or a merge could not bring together: Syncthing's
/// `.sync-conflict-`, Dropbox' and Nextcloud's `(conflicted copy …)`, ownCloud's `_conflict-`, git's `.orig`.
pub(crate) fn is_conflict_copy(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let is_copy = |mark: &str| name.find(mark).is_some_and(|at| at > 0);
    let is_bracketed = name
        .find("conflicted copy")
        .is_some_and(|at| name[..at].rfind('(').is_some_and(|open| open > 0) && name[at..].contains(')'));
    let is_owncloud =
        name.split_once("_conflict-").is_some_and(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit()));
    is_copy(".sync-conflict-") || is_bracketed || is_owncloud || (name.len() > 5 && name.ends_with(".orig"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_copies_are_told_by_the_folder_of_the_program() {
        for copy in
            ["logseq/bak", "logseq/bak/pages/Boiler/2026-01-01.md", "graph/logseq/bak/x.md", "logseq/.recycle/x.md"]
        {
            assert!(is_old_copy(Path::new(copy)), "{copy}");
        }
        for note in [
            "bak/x.md",
            "logseq/x.md",
            "logseq/pages/bak/x.md",
            "mylogseq/bak/x.md",
            "logseq/bak.md",
            "logseq/backup/x.md",
        ] {
            assert!(!is_old_copy(Path::new(note)), "{note}");
        }
    }

    #[test]
    fn names_tell_what_a_file_is() {
        let temporary =
            ["a.md~", "a.md.tmp", ".a.md.swp", "4913", ".#a.md", "#a.md#", "~$a.md", ".goutputstream-X1", "a.part"];
        let copies = [
            "a.sync-conflict-20260101-101112-ABCDEFG.md",
            "a (conflicted copy 2026-01-01 101112).md",
            "a (Ines's conflicted copy 2026-01-01).md",
            "a_conflict-20260101-101112.md",
            "a.md.orig",
        ];
        let notes =
            ["a.md", "On conflict.md", "conflicted copy.md", "49130.md", "a_conflict-free.md", "tmp.md", "~.md"];
        for name in temporary {
            assert!(is_temporary(Path::new(name)) && !is_conflict_copy(Path::new(name)), "{name}");
        }
        for name in copies {
            assert!(is_conflict_copy(Path::new(name)) && !is_temporary(Path::new(name)), "{name}");
        }
        for name in notes {
            assert!(!is_conflict_copy(Path::new(name)) && !is_temporary(Path::new(name)), "{name}");
        }
    }
}
