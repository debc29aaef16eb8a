//! Carrying out what was agreed to, in an order in which a power cut loses nothing: copies, record, files.

use std::path::Path;

use hydra_graph::{ErrorKind, Result};

use super::place::Place;
use super::plan::{self, Change};
use super::record::{Installed, Record};
use crate::{folder, wiring};

/// How often a change is worked out anew because the agent wrote its settings in that moment.
const MAX_TRIES: usize = 5;

/// Writes what was agreed to, and remembers it; `installed` is what is there then. A file that the agent wrote in that
/// moment is looked at again: what `plan` puts in or takes out stays the same.
///
/// # Errors
/// What stands in the way; then the files are as they were.
pub fn carry_out(
    data_dir: &Path,
    mut changes: Vec<Change>,
    place: &Place,
    installed: Option<Installed>,
    plan: impl Fn(Option<&Installed>) -> Result<Vec<Change>>,
) -> Result<()> {
    folder::prepare(data_dir)?;
    let before = Record::read(data_dir)?;
    for tried in 1.. {
        let files = plan::prepare(&changes, data_dir, &before.originals(), wiring::now())?;
        let mut record = before.clone();
        match &installed {
            Some(installed) => {
                // Written first: an entry without a record is only recognised by how it looks.
                record.put(&place.settings, Installed { files, ..installed.clone() });
                record.write(data_dir)?;
            }
            None => record.take(&place.settings),
        }
        match plan::write(&changes) {
            Ok(()) if installed.is_none() && record != before => return record.write(data_dir),
            Ok(()) => return Ok(()),
            Err(error) => {
                if installed.is_some() {
                    before.write(data_dir)?;
                }
                if error.kind() != ErrorKind::Conflict || tried == MAX_TRIES {
                    return Err(error);
                }
                changes = plan(before.find(&place.settings))?;
            }
        }
    }
    Ok(())
}
