//! The layout in the data folder: what the map looked like, so that it looks like that tomorrow. It holds ids and numbers, no
//! text, may be deleted at any time (then the map is laid out anew), and is in no export.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use hydra_graph::{Error, Placement};

/// The layout that is shown, and the one before the last tidying.
const FILES: [&str; 2] = ["map.layout", "map.former"];

/// Reads both; what is missing or damaged is as if it had never been.
pub fn read(folder: &Path) -> (Placement, Option<Placement>) {
    let read = |name: &str| std::fs::read(folder.join(name)).ok().and_then(|bytes| Placement::from_bytes(&bytes));
    (read(FILES[0]).unwrap_or_default(), read(FILES[1]))
}

/// Writes both. What can't be written is only not there after a restart.
pub fn write(folder: &Path, shown: &Placement, former: Option<&Placement>) {
    let all = [Some(shown).filter(|shown| shown.epoch() > 0), former];
    for (name, placement) in FILES.iter().zip(all) {
        let file = folder.join(name);
        let done = match placement {
            Some(placement) => replace(&file, &placement.to_bytes()),
            None => match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        if let Err(error) = done {
            tracing::warn!("the map's layout is not kept: {}", Error::io(file.display(), &error));
        }
    }
}

fn replace(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = file.with_extension("new");
    let mut out: File = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    std::fs::rename(&new, file)
}
