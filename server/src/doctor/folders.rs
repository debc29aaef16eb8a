//! The configuration and the data folder.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Patient;
use super::check::Check;
use crate::install::record::RECORD_FILE;
use crate::{config, folder};

/// What must be the owner's alone, beside the folder itself.
const PRIVATE: [&str; 5] = ["token", hydra_graph::SEAL_KEYS_FILE, RECORD_FILE, "backups", "store"];

/// Looks at what was set, and at who may look into the data folder.
pub fn check(patient: &Patient<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    let unknown = config::unknown_variables();
    let file = config::file(patient.global.config.as_deref());
    checks.push(match (unknown.is_empty(), file.filter(|file| file.is_file())) {
        (false, _) => Check::warn(
            "configuration",
            format!("{} is set and is no option", unknown.join(", ")),
            "unset it, or spell it as data/hydra.toml does",
        ),
        (true, Some(file)) => Check::ok("configuration", format!("read from {}", file.display())),
        (true, None) => Check::ok("configuration", "no file; every option has its default"),
    });
    let data_dir = &patient.config.data_dir;
    checks.push(match data_dir.is_dir() {
        true => private(patient, data_dir),
        false => Check::warn(
            "folder",
            format!("there is no memory at {} yet", data_dir.display()),
            "`hydra remember TEXT` or `hydra ingest FOLDER` begins one",
        ),
    });
    checks
}

fn private(patient: &Patient<'_>, data_dir: &Path) -> Check {
    let paths = [data_dir.to_owned()].into_iter().chain(PRIVATE.iter().map(|name| data_dir.join(name)));
    // In a folder that is closed nobody can look at what is in it; a token is also read by itself.
    let open: Vec<_> = paths.filter(|path| folder::others_can_read(path).unwrap_or(false)).collect();
    let is_closed = !open.iter().any(|path| path == data_dir);
    let open: Vec<_> =
        open.into_iter().filter(|path| !is_closed || path.ends_with("token") || path.ends_with("backups")).collect();
    if open.is_empty() {
        return Check::ok("folder", format!("{} is yours alone", data_dir.display()));
    }
    let named = open.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
    if !patient.fix {
        return Check::warn("folder", format!("others can read {named}"), "run `hydra doctor --fix`, which closes it");
    }
    let close = |path: &Path| {
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    match open.iter().try_for_each(|path| close(path)) {
        Ok(()) => Check::fixed("folder", format!("others could read {named}; now only you can")),
        Err(error) => Check::fail("folder", format!("{named} can't be closed: {error}"), "run this as its owner"),
    }
}
