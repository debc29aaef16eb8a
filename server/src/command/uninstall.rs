//! `hydra uninstall`

use clap::Args;
use hydra_graph::{ErrorKind, Result};
use serde_json::Value;

use super::Setting;
use super::install::{At, Consent, finish, say, show_and_ask};
use crate::client::Need;
use crate::install::plan::{self, Change};
use crate::install::record::Record;
use crate::install::transaction;
use crate::verb::{Notes, RemoveSource};

const EXAMPLES: &str = "\
Examples:
  hydra uninstall claude-code --dry-run
  hydra uninstall claude-code
  hydra uninstall claude-code --scope project --yes

Takes out of the agent's settings what `hydra install` put in, and nothing else. A file that nobody has changed since is \
then, byte for byte, what it was before. What is remembered stays.";

/// Options of `hydra uninstall`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(flatten)]
    pub at: At,
}

/// Runs it.
///
/// # Errors
/// As `hydra install`.
pub async fn run(setting: &Setting, arguments: Arguments) -> Result<u8> {
    let at = arguments.at;
    let data_dir = &setting.config.data_dir;
    let place = at.place()?;
    let old = Record::read(data_dir)?.find(&place.settings).cloned();
    let changes = plan::uninstall(&place, old.as_ref())?;
    let is_needed = changes.iter().any(Change::is_needed);
    let consent = show_and_ask(setting, &at, &changes, "take this out?")?;
    if consent == Consent::Given && (is_needed || old.is_some()) {
        transaction::carry_out(data_dir, changes, &place, None, |old| plan::uninstall(&place, old))?;
        if let Some(folder) = old.and_then(|old| old.transcripts) {
            stop_watching(setting, folder.display().to_string()).await;
        }
    }
    if consent == Consent::Given {
        say(
            setting,
            &[match is_needed {
                true => "taken out; what is remembered stays".to_owned(),
                false => "nothing of Hydra is in these settings".to_owned(),
            }],
        );
    }
    finish(setting, &at, consent, is_needed, Value::Null)
}

/// What was read of the transcripts stays known.
async fn stop_watching(setting: &Setting, source: String) {
    let verb = RemoveSource { source: source.clone(), notes: Notes::Keep, dry_run: false };
    match super::ask(setting, Need::Graph, verb).await {
        Ok(_) => say(setting, &[format!("{source} is not watched any more; what is known from it stays")]),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            say(setting, &[format!("{source} is still watched ({error}); end that with: hydra source remove {source}")])
        }
    }
}
