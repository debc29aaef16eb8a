//! Where Claude Code keeps its files.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// For whom something is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// In every project of this user
    User,
    /// In the project of the current folder, for everybody who works on it
    Project,
}

/// The files of one scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose they are.
    pub scope: Scope,
    /// The settings, which have the hooks.
    pub settings: PathBuf,
    /// The file that has the MCP servers.
    pub servers: PathBuf,
    /// The folder of transcripts, which all scopes share.
    pub transcripts: PathBuf,
}

impl Place {
    /// Finds the files of a scope: `moved` is the folder that the user keeps Claude Code's settings in instead of
    /// `.claude` in `home`.
    pub fn find(scope: Scope, home: &Path, moved: Option<&Path>, project: &Path) -> Self {
        let folder = moved.map_or_else(|| home.join(".claude"), Path::to_owned);
        let (settings, servers) = match scope {
            Scope::Project => (project.join(".claude").join("settings.json"), project.join(".mcp.json")),
            Scope::User => {
                // Where an old version put it; as long as it is there, it is the one that is read.
                let old = folder.join(".config.json");
                let servers = if old.exists() { old } else { moved.unwrap_or(home).join(".claude.json") };
                (folder.join("settings.json"), servers)
            }
        };
        Self { scope, settings, servers, transcripts: folder.join("projects") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_where_claude_code_looks() {
        let temp = tempfile::tempdir().unwrap();
        let (home, project) = (temp.path(), Path::new("/p"));
        let user = Place::find(Scope::User, home, None, project);
        assert_eq!((&user.settings, &user.servers), (&home.join(".claude/settings.json"), &home.join(".claude.json")));
        let moved = Place::find(Scope::User, home, Some(Path::new("/c")), project);
        assert_eq!(moved.settings, Path::new("/c/settings.json"));
        assert_eq!(moved.servers, Path::new("/c/.claude.json"));
        assert_eq!(moved.transcripts, Path::new("/c/projects"));
        let shared = Place::find(Scope::Project, home, None, project);
        assert_eq!(shared.settings, Path::new("/p/.claude/settings.json"));
        assert_eq!(shared.servers, Path::new("/p/.mcp.json"));
        std::fs::create_dir(home.join(".claude")).unwrap();
        std::fs::write(home.join(".claude/.config.json"), "{}").unwrap();
        assert_eq!(Place::find(Scope::User, home, None, project).servers, home.join(".claude/.config.json"));
    }
}
