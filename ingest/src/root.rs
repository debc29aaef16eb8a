//! Where a vault begins: the folder that links in a note are relative to.

use std::path::{Path, PathBuf};

/// Folders that a note-taking program leaves at the root of a vault.
const VAULT_MARKERS: [&str; 3] = [".obsidian", ".foam", ".hydra"];

/// Returns the root of the vault that a file or folder belongs to.
///
/// The nearest folder, from `path` upwards, that Obsidian, Foam or Hydra marked. For a single file also a git work tree;
/// not for a folder, which someone chose: a home folder kept in git must not be read because of one folder in it.
/// Without any mark it is the folder itself, or the file's.
pub fn find_root(path: &Path) -> PathBuf {
    let is_folder = path.is_dir();
    let own = if is_folder { path } else { path.parent().unwrap_or(path) };
    let is_root = |folder: &Path| is_marked(folder) || (!is_folder && folder.join(".git").exists());
    own.ancestors().find(|folder| is_root(folder)).unwrap_or(own).to_owned()
}

fn is_marked(folder: &Path) -> bool {
    VAULT_MARKERS.iter().any(|marker| folder.join(marker).exists()) || has_foam_settings(folder)
}

/// Foam keeps its templates and settings in `.vscode/foam*`.
fn has_foam_settings(folder: &Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder.join(".vscode")) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("foam"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_mark_is_the_root() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        for folder in
            ["vault/.obsidian", "vault/a/b", "repo/.git", "repo/docs", "foam/.vscode/foam.json", "foam/n", "plain/x"]
        {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        for file in ["vault/a/b/n.md", "repo/docs/n.md", "foam/n/n.md", "plain/x/n.md"] {
            fs::write(home.join(file), "x").unwrap();
        }
        let cases = [
            ("vault/a/b/n.md", "vault"),
            ("vault/a", "vault"),
            ("repo/docs/n.md", "repo"),
            ("repo/docs", "repo/docs"),
            ("foam/n/n.md", "foam"),
            ("plain/x/n.md", "plain/x"),
            ("plain", "plain"),
        ];
        for (path, root) in cases {
            assert_eq!(find_root(&home.join(path)), home.join(root), "{path}");
        }
    }
}
