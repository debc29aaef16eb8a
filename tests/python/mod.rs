//! Packages of PyPI that tests need, each set in an environment of its own outside the clone, so that it is brought once.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Finds a Python with the packages (`name==version`), or brings them; `None`, and a word about it, where PyPI can't be
/// reached.
pub fn python(packages: &[&str]) -> Option<PathBuf> {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("hydra-build/python");
    let folder = cache.join(packages.join("_").replace("==", "-").replace(['[', ']'], "-"));
    let (python, is_whole) = (folder.join("bin/python"), folder.join("whole"));
    if is_whole.exists() {
        return Some(python);
    }
    std::fs::create_dir_all(&cache).unwrap();
    let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    let is_there = came(&made, "a Python environment")
        && came(&Command::new(&python).args(pip).args(packages).output(), &packages.join(" "));
    is_there.then(|| {
        std::fs::write(is_whole, "").unwrap();
        python
    })
}

/// Tells whether something came; a registry that can't be reached is no failure of ours, but is said.
fn came(installed: &std::io::Result<Output>, what: &str) -> bool {
    let why = match installed {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(!why.contains("No matching distribution"), "{what}: {why}");
    eprintln!("skipped: {what} can't be installed: {why}");
    false
}
