//! What was written into the settings of agents, kept in the data folder so that exactly that can be taken out again.

use std::path::{Path, PathBuf};

use hydra_graph::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};

use super::place::Scope;
use super::server::Previous;
use crate::folder;

/// Name of the record in the data folder.
pub const RECORD_FILE: &str = "agents.json";

/// All that was installed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// One for each agent and scope.
    pub installed: Vec<Installed>,
}

/// What was installed for one agent in one scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Installed {
    /// The agent.
    pub agent: String,
    /// For whom.
    pub scope: Scope,
    /// The program that it runs.
    pub program: String,
    /// Hash of the program's file when it was installed.
    pub program_hash: String,
    /// When.
    pub at: Timestamp,
    /// The files that were changed.
    pub files: Vec<Changed>,
    /// The folder of transcripts that has been watched since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcripts: Option<PathBuf>,
}

/// One file that was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// The file.
    pub path: PathBuf,
    /// How it was before, without anything of ours; `None` when it was not there.
    pub original: Option<PathBuf>,
    /// Hash of what was written: as long as it is the same, the original can take its place again.
    pub written: String,
    /// What held entries before ours came.
    pub kept: Vec<String>,
    /// How an entry ran that was there for this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
    /// Whether its folder was not there.
    #[serde(default)]
    pub made_folder: bool,
}

impl Record {
    /// Reads the record of a data folder; there need not be one.
    ///
    /// # Errors
    /// `Corrupt` when it does not read.
    pub fn read(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(RECORD_FILE);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                Error::new(ErrorKind::Corrupt, format!("{} does not read: {error}", path.display()))
                    .hint("move it away: what was installed is then recognised by how it looks")
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::io(path.display(), &error)),
        }
    }

    /// Writes it.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let json = serde_json::to_vec_pretty(self).map_err(|error| Error::io(RECORD_FILE, &error.into()))?;
        folder::write_private(&data_dir.join(RECORD_FILE), &json)
    }

    /// Finds what was installed by changing the settings at `settings`.
    pub fn find(&self, settings: &Path) -> Option<&Installed> {
        self.installed.iter().find(|installed| installed.is_at(settings))
    }

    /// Puts one in the place of the one for the same settings.
    pub fn put(&mut self, settings: &Path, new: Installed) {
        self.take(settings);
        self.installed.push(new);
    }

    /// Takes one out.
    pub fn take(&mut self, settings: &Path) {
        self.installed.retain(|installed| !installed.is_at(settings));
    }

    /// Returns the originals that an uninstallation needs.
    pub fn originals(&self) -> Vec<PathBuf> {
        let files = self.installed.iter().flat_map(|installed| &installed.files);
        files.filter_map(|file| file.original.clone()).collect()
    }
}

impl Installed {
    /// Finds what was written into a file.
    pub fn file(&self, path: &Path) -> Option<&Changed> {
        self.files.iter().find(|file| file.path == path)
    }

    fn is_at(&self, settings: &Path) -> bool {
        self.file(settings).is_some()
    }
}
