//! Where the work is done: the root of the repository, what it is called, and its branch, read from its own files.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Folders above the one where the work is done that are looked at.
const MAX_PARENTS: usize = 64;
/// Longest file of a repository that is read, from its start.
const MAX_READ_BYTES: u64 = 64 * 1024;
/// Branches that say nothing about the work.
const PLAIN_BRANCHES: [&str; 6] = ["main", "master", "trunk", "develop", "dev", "HEAD"];

/// Where the work is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Its root; without a repository the folder itself.
    pub root: PathBuf,
    /// What it is called: its folder, and where it is kept if that is called otherwise.
    pub names: Vec<String>,
    /// The branch, if it says something about the work.
    pub branch: Option<String>,
}

impl Repository {
    /// Finds the one that a folder is in.
    pub fn of(folder: &Path) -> Self {
        let root = folder.ancestors().take(MAX_PARENTS).find(|above| above.join(".git").exists());
        let root = root.unwrap_or(folder).to_owned();
        let git = git_folder(&root);
        let branch = git.as_ref().and_then(|git| read(&git.join("HEAD"))).and_then(|head| {
            let branch = head.trim().strip_prefix("ref: refs/heads/")?;
            (!PLAIN_BRANCHES.contains(&branch)).then(|| branch.to_owned())
        });
        // A worktree shares the configuration of the repository that it is of.
        let shared = git.map(|git| match read(&git.join("commondir")) {
            Some(common) => git.join(common.trim()),
            None => git,
        });
        let remote = shared.and_then(|shared| read(&shared.join("config"))).and_then(|config| remote_name(&config));
        let mut names: Vec<String> = Vec::new();
        let own = root.file_name().map(|name| name.to_string_lossy().into_owned());
        for name in own.into_iter().chain(remote) {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(&name)) {
                names.push(name);
            }
        }
        Self { root, names, branch }
    }

    /// Returns what it is about, in words.
    pub fn about(&self) -> String {
        self.names.iter().chain(&self.branch).cloned().collect::<Vec<_>>().join(" ")
    }
}

/// Returns where a repository keeps its own things: a folder, or the one that a file names (worktrees, submodules).
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let named = read(&git)?;
    Some(root.join(named.lines().next()?.strip_prefix("gitdir:")?.trim()))
}

/// Returns what the place is called that a repository is kept in: the last part of the address of `origin`, or of the first.
fn remote_name(config: &str) -> Option<String> {
    let mut section = "";
    let mut found: Option<&str> = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if section.starts_with("[remote")
            && let Some((key, address)) = line.split_once('=')
            && key.trim() == "url"
            && (found.is_none() || section == "[remote \"origin\"]")
        {
            found = Some(address.trim());
        }
    }
    let name = found?.trim_end_matches('/').trim_end_matches(".git").rsplit(['/', ':']).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_READ_BYTES).read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_repository_is_found_from_below_with_its_names_and_branch() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("checkout");
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::create_dir_all(root.join("src/deep")).unwrap();
        fs::write(root.join(".git/HEAD"), "ref: refs/heads/login-timeout\n").unwrap();
        let config = "[core]\n\tbare = false\n[remote \"fork\"]\n\turl = git@example.org:me/fork.git\n[remote \
                      \"origin\"]\n\turl = https://example.org/team/atlas.git\n";
        fs::write(root.join(".git/config"), config).unwrap();
        let found = Repository::of(&root.join("src/deep"));
        assert_eq!(found.root, root);
        assert_eq!(found.about(), "checkout atlas login-timeout");

        // A worktree of it, on a branch that says nothing.
        let tree = temp.path().join("tree");
        let own = root.join(".git/worktrees/tree");
        fs::create_dir_all(&own).unwrap();
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        fs::write(own.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(own.join("commondir"), "../..\n").unwrap();
        assert_eq!(Repository::of(&tree).about(), "tree atlas");
    }

    #[test]
    fn a_folder_without_a_repository_is_its_own_root() {
        let temp = tempfile::tempdir().unwrap();
        let found = Repository::of(temp.path());
        assert_eq!((found.root.as_path(), found.branch), (temp.path(), None));
        assert_eq!(found.names.len(), 1);
    }

    #[test]
    fn addresses_have_names() {
        for (config, expected) in [
            ("[remote \"a\"]\nurl = ssh://h/x/atlas.git/", Some("atlas")),
            ("[remote \"a\"]\nurl = /srv/git/atlas", Some("atlas")),
            ("[remote \"a\"]\nurl =", None),
            ("[branch \"a\"]\nurl = x", None),
        ] {
            assert_eq!(remote_name(config).as_deref(), expected, "{config}");
        }
    }
}
