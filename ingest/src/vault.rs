//! The files under a root: which of them are read, which file a link means, and what had to be left out.
//!
//! Hidden files and folders (`.git`, `.obsidian`, `.trash`), Logseq's old copies and what `.hydraignore` names are not part of
//! a vault; nor, where the folder is watched, what `.gitignore` names in it. Of two lines that disagree the one in
//! `.hydraignore` counts, so that notes which git leaves alone can be read. A `.gitignore` above the folder is never looked
//! at: whoever named the folder wanted it.
//! Symlinks are never walked into: what they point at inside the root is read at its own place, and what is outside
//! was not asked for.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use hydra_graph::{Error, ErrorKind, LinkKind, Result};
use ignore::{DirEntry, WalkBuilder};

use crate::field::is_uuid;
use crate::format::Format;
use crate::names::Names;
use crate::note::Note;
use crate::rules::Rules;
use crate::stray::{is_conflict_copy, is_old_copy, is_temporary};
use crate::summary::{LeftOut, Skipped};

/// Most files and folders a vault may hold, of any kind: far above any collection of notes, so what has more is a whole disk
/// named by mistake.
pub const MAX_VAULT_FILES: usize = 250_000;
/// A file in which an owner lists, as in `.gitignore`, what must not be read.
pub(crate) const IGNORE_FILE: &str = ".hydraignore";

/// Why a file is left out for its name, with the next step.
const NOT_UTF_8: (&str, &str) = ("its name is not UTF-8", "rename it");
const CONFLICT_COPY: (&str, &str) = (
    "is the other side of a change that a sync tool could not bring together",
    "compare it with the note, keep what is right there, and delete it",
);

/// How Logseq begins the line that names a block.
const BLOCK_ID: &str = "id:: ";
/// Most blocks that references find; Logseq names only those that are referred to.
const MAX_BLOCKS: usize = 200_000;

/// The files under one root, as they were when it was scanned.
#[derive(Debug, Default)]
pub struct Vault {
    root: PathBuf,
    notes: Vec<PathBuf>,
    files: usize,
    folders: Vec<PathBuf>,
    conflict_copies: Vec<PathBuf>,
    not_read_yet: BTreeMap<String, u64>,
    left_out: LeftOut,
    unreadable: Vec<PathBuf>,
    names: Names,
    /// Which note holds a block of Logseq, looked up when the first reference to one is met.
    blocks: OnceLock<HashMap<String, PathBuf>>,
}

impl Vault {
    /// Looks through everything under `root`. What cannot be looked at is kept in [`Vault::skipped`].
    ///
    /// # Errors
    /// `Io` or `NotFound` when the root itself cannot be listed; `TooLarge` above [`MAX_VAULT_FILES`] files and
    /// folders.
    pub fn scan(root: &Path) -> Result<Self> {
        Self::scan_by(root, &[])
    }

    /// As [`Vault::scan`], without what the rules of folders leave out.
    ///
    /// # Errors
    /// As [`Vault::scan`].
    pub fn scan_by(root: &Path, rules: &[Rules]) -> Result<Self> {
        Self::scan_up_to(root, rules, MAX_VAULT_FILES)
    }

    fn scan_up_to(root: &Path, rules: &[Rules], most_files: usize) -> Result<Self> {
        let name = root.display();
        let root = root.canonicalize().map_err(|error| cannot_list(root, &error))?;
        fs::read_dir(&root).map_err(|error| cannot_list(&root, &error))?;
        let mut vault = Self { root: root.clone(), ..Self::default() };
        let mut files = Vec::new();
        let rules: Vec<Rules> =
            rules.iter().filter(|rules| rules.rule(&root) || rules.folder().starts_with(&root)).cloned().collect();
        let own = root.clone();
        let walk = WalkBuilder::new(&root)
            .standard_filters(false)
            .git_ignore(!rules.is_empty())
            .require_git(false)
            .add_custom_ignore_filename(IGNORE_FILE)
            .filter_entry(move |entry| {
                let is_no_part = || is_hidden(entry) || is_left_out(entry, &rules) || has_old_copies(entry, &own);
                entry.depth() == 0 || !is_no_part()
            })
            .build();
        // The folder itself comes first, and is none of those in it.
        for (met, entry) in walk.enumerate() {
            match entry {
                Ok(entry) => files.extend(vault.take(&entry)),
                Err(error) => vault.skip_unreadable(&error),
            }
            // Whatever it is: what is no note takes time and memory too.
            if met > most_files {
                return Err(Error::new(ErrorKind::TooLarge, format!("{name} holds more than {most_files} files"))
                    .hint("name a smaller folder, or leave parts out with a .hydraignore file"));
            }
        }
        Ok(vault.with_files(files))
    }

    /// Makes a vault of known files, given as paths from the root; no disk is looked at.
    pub fn of<'f>(root: impl Into<PathBuf>, files: impl IntoIterator<Item = &'f str>) -> Self {
        let vault = Self { root: root.into(), ..Self::default() };
        let files: Vec<_> = files.into_iter().map(|file| (file.to_owned(), vault.root.join(file))).collect();
        let mut vault = vault;
        for (_, absolute) in &files {
            vault.count(absolute);
        }
        vault.with_files(files)
    }

    /// Returns the root, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the files that are read, absolute, sorted; [`Format::of`] tells how.
    pub fn notes(&self) -> &[PathBuf] {
        &self.notes
    }

    /// Returns how many files there are of any kind.
    pub fn file_count(&self) -> usize {
        self.files
    }

    /// Returns the folders that were looked into, the root among them.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Returns notes that are the other side of a change which a sync tool could not bring together; they are not read.
    pub fn conflict_copies(&self) -> &[PathBuf] {
        &self.conflict_copies
    }

    /// Returns how many files there are of each kind that is not read yet, by extension in lower case.
    pub fn not_read_yet(&self) -> &BTreeMap<String, u64> {
        &self.not_read_yet
    }

    /// Returns what could not be looked at, and why; at most [`crate::MAX_SKIPPED`].
    pub fn skipped(&self) -> &[Skipped] {
        &self.left_out.named
    }

    /// Returns how much could not be looked at besides.
    pub fn more_skipped(&self) -> u64 {
        self.left_out.more
    }

    /// Tells whether `path` may exist without having been seen, as in a folder without permission.
    pub fn may_hide(&self, path: &Path) -> bool {
        self.unreadable.iter().any(|folder| path.starts_with(folder))
    }

    /// Returns the file that a link in the note `from` means.
    pub fn resolve(&self, from: &Path, link: &str, kind: LinkKind) -> Option<&Path> {
        let folder = from.parent().and_then(|folder| self.relative(folder)).unwrap_or_default();
        self.names.resolve(&folder, link, kind)
    }

    /// Returns the note that holds a block of Logseq by its id. The first to ask has all notes looked through: only they
    /// know where a block is.
    pub(crate) fn block(&self, id: &str) -> Option<&Path> {
        let blocks = self.blocks.get_or_init(|| {
            let mut blocks = HashMap::new();
            for path in self.notes.iter().filter(|path| Format::of(path) == Some(Format::Markdown)) {
                let Ok((text, _)) = Note::read(path).and_then(Note::into_text) else { continue };
                for (at, mark) in text.match_indices(BLOCK_ID) {
                    let id = text[at + mark.len()..].lines().next().unwrap_or_default().trim();
                    if is_uuid(id) && blocks.len() < MAX_BLOCKS {
                        blocks.entry(id.to_owned()).or_insert_with(|| path.clone());
                    }
                }
            }
            blocks
        });
        blocks.get(id).map(PathBuf::as_path)
    }

    /// Spells a path from the root with `/`; `None` when it is not below it or is not UTF-8.
    fn relative(&self, path: &Path) -> Option<String> {
        let parts: Option<Vec<&str>> = path
            .strip_prefix(&self.root)
            .ok()?
            .components()
            .filter(|part| matches!(part, Component::Normal(_)))
            .map(|part| part.as_os_str().to_str())
            .collect();
        Some(parts?.join("/"))
    }

    fn with_files(mut self, files: Vec<(String, PathBuf)>) -> Self {
        self.notes.sort();
        self.names = Names::of(files);
        self
    }

    /// Takes in one entry; returns how links may name it and where it is.
    fn take(&mut self, entry: &DirEntry) -> Option<(String, PathBuf)> {
        let path = entry.path();
        if let Some(error) = entry.error() {
            self.skip(
                path,
                format!("its {IGNORE_FILE} is not understood: {error}"),
                "correct that line; the rest of it counts",
            );
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            self.folders.push(path.to_owned());
            return None;
        }
        if is_temporary(path) {
            return None;
        }
        let Some(relative) = self.relative(path) else {
            self.skip(path, NOT_UTF_8.0.to_owned(), NOT_UTF_8.1);
            return None;
        };
        if kind.is_symlink() {
            return self.behind_symlink(path).map(|absolute| (relative, absolute));
        }
        if !kind.is_file() {
            return None;
        }
        if is_conflict_copy(path) && is_of_note(path) {
            self.files += 1;
            self.skip(path, CONFLICT_COPY.0.to_owned(), CONFLICT_COPY.1);
            self.conflict_copies.push(path.to_owned());
            return None;
        }
        self.count(path);
        Some((relative, path.to_owned()))
    }

    fn count(&mut self, path: &Path) {
        self.files += 1;
        if Format::of(path).is_some() {
            self.notes.push(path.to_owned());
        } else {
            let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            *self.not_read_yet.entry(extension).or_default() += 1;
        }
    }

    /// Returns the file inside the root that a symlink stands for, so that links by its name find it.
    fn behind_symlink(&mut self, path: &Path) -> Option<PathBuf> {
        match path.canonicalize() {
            Ok(target) if !target.starts_with(&self.root) => {
                let reason = format!("is a link out of the vault, to {}", target.display());
                self.skip(path, reason, "ingest that place by its own path if you want it read");
                None
            }
            Ok(target) if path.starts_with(&target) => {
                let reason = format!("is a link in a loop, to {} above it", target.display());
                self.skip(
                    path,
                    reason,
                    "nothing is lost: the folder is read once; remove the link to be rid of this message",
                );
                None
            }
            Ok(target) => target.is_file().then_some(target),
            Err(error) => {
                let reason = match error.kind() {
                    std::io::ErrorKind::NotFound => "is a link to something that does not exist".to_owned(),
                    _ => format!("is a link that leads nowhere: {error}"),
                };
                self.skip(path, reason, "remove the link or point it at a file");
                None
            }
        }
    }

    fn skip_unreadable(&mut self, error: &ignore::Error) {
        let (path, reason) = match (path_of(error), error.io_error()) {
            (Some(path), Some(io)) if io.kind() == std::io::ErrorKind::PermissionDenied => {
                (path.to_owned(), "no permission to read it".to_owned())
            }
            (Some(path), Some(io)) => (path.to_owned(), io.to_string()),
            (path, _) => (path.unwrap_or(&self.root).to_owned(), error.to_string()),
        };
        self.skip(&path, reason, "check who owns it and its mode, then run it again; what was known of it is kept");
        self.unreadable.push(path);
    }

    fn skip(&mut self, path: &Path, reason: String, hint: &str) {
        self.left_out.push(Skipped { path: path.to_owned(), reason, hint: hint.to_owned() });
    }
}

/// Returns why a file is no note whose name alone says so, with the next step.
pub(crate) fn of_name(path: &Path) -> Option<(&'static str, &'static str)> {
    let is_copy = is_conflict_copy(path) && is_of_note(path);
    [(path.to_str().is_none(), NOT_UTF_8), (is_copy, CONFLICT_COPY)]
        .into_iter()
        .find_map(|(is_so, why)| is_so.then_some(why))
}

/// Tells whether a copy, whatever was put behind its name, is one of a file that is read.
fn is_of_note(path: &Path) -> bool {
    Format::of(path).is_some() || path.file_stem().is_some_and(|stem| Format::of(Path::new(stem)).is_some())
}

fn is_left_out(entry: &DirEntry, rules: &[Rules]) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    rules.iter().any(|rules| rules.leave_out(entry.path(), is_folder))
}

fn has_old_copies(entry: &DirEntry, root: &Path) -> bool {
    let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
    is_folder && entry.path().strip_prefix(root).is_ok_and(is_old_copy)
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

fn cannot_list(root: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, format!("{} does not exist", root.display()))
            .hint("check the path, and that its disk is mounted"),
        _ => Error::io(root.display(), error),
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
    }

    fn notes(vault: &Vault) -> Vec<String> {
        vault.notes().iter().map(|note| vault.relative(note).unwrap()).collect()
    }

    #[test]
    fn a_scan_finds_notes_and_counts_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[
                "a.md",
                "B/größe 日本.markdown",
                "B/UP.MD",
                "x.docx",
                "y.DOCX",
                "none",
                ".obsidian/x.md",
                ".hid.md",
                "out/o.md",
            ],
        );
        fs::write(folder.path().join(IGNORE_FILE), "out/\n").unwrap();
        let vault = Vault::scan(folder.path()).unwrap();
        assert_eq!(notes(&vault), ["B/UP.MD", "B/größe 日本.markdown", "a.md"]);
        let counts: Vec<_> = vault.not_read_yet().iter().map(|(e, n)| (e.as_str(), *n)).collect();
        assert_eq!(counts, [("", 1), ("docx", 2)]);
        assert_eq!(vault.skipped(), []);
        assert!(Vault::scan(&folder.path().join("gone")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn symlinks_neither_leave_nor_loop() {
        use std::os::unix::fs::symlink;
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = folder.path().canonicalize().unwrap();
        write(&root, &["real.md", "a/b.md"]);
        write(outside.path(), &["secret.md"]);
        symlink(outside.path().join("secret.md"), root.join("1.md")).unwrap();
        symlink(outside.path(), root.join("2")).unwrap();
        symlink(&root, root.join("a/3")).unwrap();
        symlink(root.join("4.md"), root.join("4.md")).unwrap();
        symlink(root.join("gone"), root.join("5.md")).unwrap();
        symlink(root.join("real.md"), root.join("6.md")).unwrap();
        let vault = Vault::scan(&root).unwrap();
        assert_eq!(notes(&vault), ["a/b.md", "real.md"]);
        let mut reasons: Vec<String> = vault
            .skipped()
            .iter()
            .map(|s| {
                let words: Vec<&str> = s.reason.split(' ').take(6).collect();
                format!("{}: {}", vault.relative(&s.path).unwrap(), words.join(" "))
            })
            .collect();
        reasons.sort();
        assert_eq!(
            reasons,
            [
                "1.md: is a link out of the",
                "2: is a link out of the",
                "4.md: is a link that leads nowhere:",
                "5.md: is a link to something that",
                "a/3: is a link in a loop,",
            ]
        );
        let meant = vault.resolve(&root.join("a/b.md"), "6", LinkKind::Wikilink);
        assert_eq!(meant, Some(root.join("real.md").as_path()));
    }

    #[test]
    fn what_editors_and_sync_tools_leave_is_no_note() {
        let folder = tempfile::tempdir().unwrap();
        let copy = "a.sync-conflict-20260101-101112-ABCDEFG.md";
        write(folder.path(), &["a.md", "a.md~", "4913", "b.md.tmp", copy, "c.md.orig", "photo.orig"]);
        let vault = Vault::scan(folder.path()).unwrap();
        assert_eq!(notes(&vault), ["a.md"]);
        let mut copies: Vec<_> = vault.conflict_copies().iter().map(|path| vault.relative(path).unwrap()).collect();
        copies.sort();
        assert_eq!(copies, [copy, "c.md.orig"]);
        assert_eq!(vault.skipped().len(), 2);
        assert_eq!(vault.not_read_yet().keys().collect::<Vec<_>>(), ["orig"]);
    }

    #[test]
    fn old_copies_of_logseq_are_no_notes() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("logseq");
        write(
            &root,
            &["pages/a.md", "logseq/bak/pages/a/2026.md", "logseq/.recycle/b.md", "logseq/notes.md", "bak/c.md"],
        );
        let vault = Vault::scan(&root).unwrap();
        assert_eq!(notes(&vault), ["bak/c.md", "logseq/notes.md", "pages/a.md"]);
    }

    #[test]
    fn gitignore_counts_where_a_folder_is_watched_and_hydraignore_has_the_last_word() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        write(&root, &["repo/a.md", "repo/build/b.md", "repo/journal/j.md", "repo/drafts/d.md", "repo/x/x.md"]);
        fs::write(root.join(".gitignore"), "repo/\n").unwrap();
        let repo = root.join("repo");
        fs::write(repo.join(".gitignore"), "build/\njournal/\n").unwrap();
        fs::write(repo.join(IGNORE_FILE), "!journal/\n").unwrap();
        let all = Vault::scan(&repo).unwrap();
        assert_eq!(notes(&all).len(), 5, "read once by its path, git has no say");
        let rules = Rules::new(&repo, "personal", &[], &["drafts/".to_owned()]).unwrap();
        let watched = Vault::scan_by(&repo, &[rules]).unwrap();
        assert_eq!(notes(&watched), ["a.md", "journal/j.md", "x/x.md"]);
        let folders: Vec<_> = watched.folders().iter().map(|path| path.file_name().unwrap()).collect();
        assert!(folders.contains(&"journal".as_ref()) && !folders.contains(&"build".as_ref()), "{folders:?}");
    }

    #[test]
    fn blocks_are_found_in_the_notes_that_hold_them() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let id = "64f1a2b3-0c1d-4e2f-8a9b-0123456789ab";
        fs::write(root.join("a.md"), format!("- x\n  id:: {id}\n- id:: none\n")).unwrap();
        write(&root, &["b.md"]);
        let vault = Vault::scan(&root).unwrap();
        assert_eq!(vault.block(id), Some(root.join("a.md").as_path()));
        assert_eq!(vault.block("none"), None);
    }

    #[test]
    fn a_whole_disk_is_refused_whatever_is_on_it() {
        let refused = |folder: &Path, most| Vault::scan_up_to(folder, &[], most).err().map(|error| error.kind());
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["a.md", "b.md", "c.md"]);
        assert_eq!([3, 2].map(|most| refused(folder.path(), most)), [None, Some(ErrorKind::TooLarge)]);
        // None of these is a file that is read or that a link finds.
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &["a.md~", "a.sync-conflict-20260101-101112-ABCDEFG.md"]);
        std::os::unix::fs::symlink("/nowhere", folder.path().join("x")).unwrap();
        assert_eq!([3, 2].map(|most| refused(folder.path(), most)), [None, Some(ErrorKind::TooLarge)]);
    }

    #[test]
    fn of_what_is_left_out_so_much_is_named_and_the_rest_counted() {
        use std::os::unix::ffi::OsStrExt as _;

        use crate::summary::MAX_SKIPPED;
        let folder = tempfile::tempdir().unwrap();
        for number in 0..MAX_SKIPPED + 5 {
            let name = [b"caf\xe9", number.to_string().as_bytes(), b".md"].concat();
            fs::write(folder.path().join(std::ffi::OsStr::from_bytes(&name)), "x").unwrap();
        }
        let vault = Vault::scan(folder.path()).unwrap();
        assert_eq!((vault.skipped().len(), vault.more_skipped()), (MAX_SKIPPED, 5));
    }
}
