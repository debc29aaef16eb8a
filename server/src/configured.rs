//! Folders to watch that the configuration names: how they are written there, and how they come into the graph.

use std::path::{Path, PathBuf};

use hydra_graph::{
    Agent, CollectionKind, Configured, Error, ErrorKind, MAX_COLLECTIONS, Memory, NewCollection, Result, Trust,
};
use hydra_ingest::{Rules, Skipped, settle_folder};
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::verb::check_watchable;

/// A folder to watch, as one `[[sources]]` of the configuration says it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfiguredSource {
    /// The folder.
    pub path: PathBuf,
    /// What its files are.
    #[serde(default)]
    pub kind: CollectionKind,
    /// The space that they belong to, if it is another than `default_space`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<String>,
    /// Only files that fit one of these are read.
    #[serde(default)]
    pub include: Vec<String>,
    /// What is not read.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether it is left alone for now.
    #[serde(default)]
    pub paused: bool,
}

/// Checks what can be checked without looking at the disk.
///
/// # Errors
/// `Invalid` names the folder and what is wrong with it.
pub fn check(sources: &[ConfiguredSource]) -> Result<()> {
    if sources.len() > MAX_COLLECTIONS {
        let message = format!("sources names {} folders; {MAX_COLLECTIONS} are watched at most", sources.len());
        return Err(Error::new(ErrorKind::TooLarge, message).hint("name folders that hold several of them"));
    }
    for source in sources {
        let path = source.path.display();
        // From which folder a server was started is chance.
        if !source.path.is_absolute() {
            return Err(Error::new(ErrorKind::Invalid, format!("sources has the path `{path}`"))
                .hint("write it from the root of the file system, or from your home as in ~/notes"));
        }
        Rules::new(&source.path, "", &source.include, &source.exclude)
            .map_err(|error| error.context(format!("sources, {path}")))?;
    }
    Ok(())
}

/// Brings the graph in line with the configuration; returns the folders that can't be watched as it says. Others go on.
///
/// # Errors
/// When the memory can't be written.
pub fn watch_configured(memory: &Memory, config: &Config) -> Result<Vec<Skipped>> {
    let (mut listed, mut refused) = (Vec::new(), Vec::new());
    for source in &config.sources {
        let path = settle_folder(&source.path);
        match check_watchable(&path, &config.data_dir).and_then(|()| check_folder(&path)) {
            Ok(()) => listed.push(Configured { folder: folder(source, path, config), paused: source.paused }),
            Err(error) => refused.push(refusal(path, &error)),
        }
    }
    let agent = Agent { name: "configuration".to_owned(), trust: Trust::Policy };
    let configuring = memory.configure_collections(&config.file, listed, &agent)?;
    refused.extend(configuring.refused.into_iter().map(|(path, error)| refusal(path, &error)));
    Ok(refused)
}

fn folder(source: &ConfiguredSource, path: PathBuf, config: &Config) -> NewCollection {
    let ConfiguredSource { kind, space, include, exclude, .. } = source.clone();
    NewCollection { path, kind, space: space.unwrap_or_else(|| config.default_space.clone()), include, exclude }
}

/// One that is not there is watched for; what is there and no folder never becomes one by itself.
fn check_folder(path: &Path) -> Result<()> {
    if path.to_str().is_none() {
        return Err(Error::new(ErrorKind::Invalid, "leads to a name that is not UTF-8").hint("rename it"));
    }
    if path.is_file() {
        return Err(Error::new(ErrorKind::Invalid, "is a file; folders are watched")
            .hint("name the folder that it is in, with `include` for this file alone"));
    }
    Ok(())
}

fn refusal(path: PathBuf, error: &Error) -> Skipped {
    tracing::warn!("a folder of the configuration is not watched: {error}");
    let hint = error.next_step().unwrap_or("change it in the configuration").to_owned();
    Skipped { path, reason: error.message().to_owned(), hint }
}
