//! Sessions that began while no server was running: what they should have begun with is given with their first prompt. The hook
//! that found no server writes down the folder, in a file of its own, which the server takes away.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hydra_graph::Result;

use super::Input;
use super::input::MAX_NAMED_BYTES;
use crate::folder;

/// The folder of these files, in the data folder.
const WAITING: &str = "waiting";
/// Sessions that wait at most; one more waits for nothing.
const MAX_WAITING: usize = 64;
/// After this nobody waits any more, and the file is swept away.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Writes down that a session began here without being told anything.
///
/// # Errors
/// What the disk says.
pub fn note(data_dir: &Path, input: &Input) -> Result<()> {
    let place = data_dir.join(WAITING);
    let failed = |error: std::io::Error| hydra_graph::Error::io(place.display(), &error);
    fs::create_dir_all(&place).map_err(failed)?;
    let mut waiting = 0;
    for file in fs::read_dir(&place).map_err(failed)?.flatten() {
        let age = file.metadata().and_then(|file| file.modified()).ok();
        let age = age.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default();
        if age > PATIENCE {
            let _ = fs::remove_file(file.path());
        } else {
            waiting += 1;
        }
    }
    if input.session.is_empty() || waiting >= MAX_WAITING {
        return Ok(());
    }
    folder::write_private(&file(data_dir, &input.session), input.folder.as_bytes())
}

/// Returns the folder in which a session began without being told anything, once.
pub fn take(data_dir: &Path, session: &str) -> Option<PathBuf> {
    let file = file(data_dir, session);
    // Mostly there is none, and that is all that a prompt pays.
    let folder = fs::read(&file).ok()?;
    // Of two who read it one takes it away.
    fs::remove_file(&file).ok()?;
    let folder = String::from_utf8(folder).ok().filter(|folder| folder.len() <= MAX_NAMED_BYTES)?;
    Some(PathBuf::from(folder))
}

/// A session's id may be anything, and is no name of a file.
fn file(data_dir: &Path, session: &str) -> PathBuf {
    data_dir.join(WAITING).join(blake3::hash(session.as_bytes()).to_hex().as_str())
}

#[cfg(test)]
mod tests {
    use super::super::Event;
    use super::*;

    #[test]
    fn a_session_waits_once_and_so_many_do() {
        let temp = tempfile::tempdir().unwrap();
        let begin = |session: &str| {
            let line = format!(r#"{{"session_id":"{session}","cwd":"/w/atlas"}}"#);
            note(temp.path(), &Input::read(Event::SessionStart, line.as_bytes()).unwrap()).unwrap();
        };
        begin("../one");
        assert_eq!(take(temp.path(), "two"), None);
        assert_eq!(take(temp.path(), "../one"), Some("/w/atlas".into()));
        assert_eq!(take(temp.path(), "../one"), None);
        (0..=MAX_WAITING).for_each(|n| begin(&n.to_string()));
        assert!(take(temp.path(), "0").is_some() && take(temp.path(), &MAX_WAITING.to_string()).is_none());
    }
}
