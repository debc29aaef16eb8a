//! What is read of a watched folder: its globs, its space, and that `.gitignore` counts there.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::plan::settle;

/// Links that are followed one after the other, as the system does.
const MAX_LINKS_FOLLOWED: usize = 40;

/// What is read of one folder.
#[derive(Clone, Debug)]
pub struct Rules {
    folder: PathBuf,
    space: String,
    include: Option<Gitignore>,
    exclude: Option<Gitignore>,
}

impl Rules {
    /// Makes the rules of a folder from globs as in `.gitignore`, relative to it.
    ///
    /// # Errors
    /// `Invalid` names the glob that is not understood.
    pub fn new(
        folder: impl Into<PathBuf>,
        space: impl Into<String>,
        include: &[String],
        exclude: &[String],
    ) -> Result<Self> {
        let folder = folder.into();
        let (include, exclude) = (matcher(&folder, include)?, matcher(&folder, exclude)?);
        Ok(Self { folder, space: space.into(), include, exclude })
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the space of what is in the folder.
    pub fn space(&self) -> &str {
        &self.space
    }

    /// Tells whether they say what is read, and not only what is not.
    pub(crate) fn includes(&self) -> bool {
        self.include.is_some()
    }

    /// Tells whether these are the rules for a path.
    pub fn rule(&self, path: &Path) -> bool {
        path.starts_with(&self.folder)
    }

    /// Tells whether a file or folder is not read, and for a folder nothing in it.
    pub(crate) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        if !self.rule(path) || path == self.folder {
            return false;
        }
        let fits = |globs: &Gitignore| globs.matched_path_or_any_parents(path, is_folder).is_ignore();
        if self.exclude.as_ref().is_some_and(fits) {
            return true;
        }
        // A folder may hold what is included, whatever its own name.
        !is_folder && self.include.as_ref().is_some_and(|globs| !fits(globs))
    }
}

fn matcher(folder: &Path, globs: &[String]) -> Result<Option<Gitignore>> {
    if globs.is_empty() {
        return Ok(None);
    }
    let mut builder = GitignoreBuilder::new(folder);
    let wrong = |glob: &str, error: &ignore::Error| {
        Error::new(ErrorKind::Invalid, format!("`{glob}` is no glob: {error}"))
            .hint("write it as in .gitignore: `drafts/`, `*.canvas`, `/2019/**`")
    };
    for glob in globs {
        builder.add_line(None, glob).map_err(|error| wrong(glob, &error))?;
    }
    builder.build().map(Some).map_err(|error| wrong(&globs.join(" "), &error))
}

/// Returns the folder that is to be watched: absolute, without symbolic links.
///
/// # Errors
/// `NotFound` when it is not there, `Invalid` when it is a file or can't be spelled in UTF-8, `Io` when it can't be listed.
pub fn find_folder(path: &Path) -> Result<PathBuf> {
    let shown = path.display().to_string();
    let real = path.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(ErrorKind::NotFound, format!("{shown} does not exist"))
            .hint("check how it is spelled, and that its disk is mounted"),
        _ => Error::io(&shown, &error),
    })?;
    if !real.is_dir() {
        return Err(Error::new(ErrorKind::Invalid, format!("{shown} is a file; folders are watched")).hint(format!(
            "watch {}, with --include for this file alone, or read it once with `hydra ingest`",
            real.parent().unwrap_or(&real).display()
        )));
    }
    if real.to_str().is_none() {
        return Err(Error::new(ErrorKind::Invalid, format!("{shown} has a name that is not UTF-8")).hint("rename it"));
    }
    std::fs::read_dir(&real).map_err(|error| Error::io(&shown, &error).hint("check who owns it and its mode"))?;
    Ok(real)
}

/// Spells a folder that need not be there as [`find_folder`] would if it were: links in its way followed, also one that
/// leads to a disk which is not mounted.
pub fn settle_folder(path: &Path) -> PathBuf {
    let mut settled = settle(path);
    for _ in 0..MAX_LINKS_FOLLOWED {
        let link = settled.ancestors().find_map(|part| Some((part.to_owned(), part.read_link().ok()?)));
        let Some((link, target)) = link else { break };
        let rest = settled.strip_prefix(&link).map(Path::to_owned).unwrap_or_default();
        settled = settle(&link.parent().unwrap_or(&link).join(target).join(rest));
    }
    // Without a slash at its end.
    settled.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_those_of_gitignore() {
        let globs = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        let rules = Rules::new("/n", "personal", &globs(&["*.md", "/log/"]), &globs(&["drafts/", "/x.md"])).unwrap();
        let read = |path: &str| !rules.leave_out(Path::new(path), false);
        assert!(read("/n/a.md") && read("/n/sub/a.md") && read("/n/log/a.txt"));
        assert!(!read("/n/a.txt") && !read("/n/drafts/a.md") && !read("/n/sub/drafts/a.md") && !read("/n/x.md"));
        assert!(read("/n/sub/x.md"));
        assert!(rules.leave_out(Path::new("/n/drafts"), true) && !rules.leave_out(Path::new("/n/sub"), true));
        assert!(!rules.leave_out(Path::new("/elsewhere/a.txt"), false));
        let error = Rules::new("/n", "personal", &globs(&["a[z-b]"]), &[]).unwrap_err();
        assert!(error.message().contains("a[z-b]") && error.next_step().is_some(), "{error}");
    }

    #[test]
    fn only_folders_that_can_be_listed_are_watched() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("a.md");
        std::fs::write(&file, "x").unwrap();
        assert_eq!(find_folder(temp.path()).unwrap(), temp.path().canonicalize().unwrap());
        assert_eq!(find_folder(&file).unwrap_err().kind(), ErrorKind::Invalid);
        assert_eq!(find_folder(&temp.path().join("gone")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_folder_that_is_not_there_has_the_name_that_it_will_have() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(root.join("disk"), root.join("link")).unwrap();
        std::os::unix::fs::symlink("link", root.join("far")).unwrap();
        std::os::unix::fs::symlink("round", root.join("round")).unwrap();
        assert_eq!(settle_folder(&root.join("far/notes")), root.join("disk/notes"));
        assert_eq!(settle_folder(&root.join("far")), root.join("disk"));
        assert_eq!(settle_folder(&root).as_os_str(), root.as_os_str(), "no slash at its end");
        assert_eq!(settle_folder(&root.join("nothing/notes")), root.join("nothing/notes"));
        settle_folder(&root.join("round/notes"));
        std::fs::create_dir_all(root.join("disk/notes")).unwrap();
        assert_eq!(settle_folder(&root.join("far/notes")), find_folder(&root.join("far/notes")).unwrap());
    }
}
