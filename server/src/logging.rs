//! The log: on standard error, or in a bounded file for a server in the background. It never has what is remembered.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

use crate::config::{LogFormat, LogLevel};

/// Name of the log of a server in the background, in the data folder.
pub const LOG_FILE: &str = "serve.log";
/// A log that is longer is kept as `serve.log.1`, and a new one is begun.
pub const MAX_LOG_BYTES: u64 = 1024 * 1024;

/// Where the log goes.
pub enum Sink<'a> {
    /// To standard error.
    Stderr,
    /// To the log file in this folder.
    Folder(&'a Path),
}

/// Starts logging; later calls do nothing.
pub fn start(level: LogLevel, format: LogFormat, sink: &Sink<'_>) {
    let level = match level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    // Only our own crates say more on request: others log whole messages, which hold what is remembered.
    let ours = ["hydra", "hydra_graph", "hydra_embed", "hydra_ingest", "hydra_mcp"];
    let filter = ours.iter().fold(String::from("error"), |filter, name| format!("{filter},{name}={level}"));
    // At a stop it calls an answer that nobody waits for any more an error; what fails in a request is answered there.
    let filter = filter + ",rmcp::service=off";
    let (writer, is_terminal) = match sink {
        Sink::Stderr => (BoxMakeWriter::new(io::stderr), io::stderr().is_terminal()),
        Sink::Folder(folder) => (BoxMakeWriter::new(Mutex::new(BoundedLog::new(folder.join(LOG_FILE)))), false),
    };
    let builder =
        tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(writer).with_ansi(is_terminal);
    // A second start, in a test, keeps the first one's settings.
    let _ = match format {
        LogFormat::Text => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
}

/// A log file that starts over when it is full, keeping one older part.
pub struct BoundedLog {
    path: PathBuf,
    open: Option<File>,
}

impl BoundedLog {
    /// A log at a path; it is opened with its first line.
    pub fn new(path: PathBuf) -> Self {
        Self { path, open: None }
    }

    /// Others (a panic, the one who started this process) append to the same file, so it is emptied and not replaced.
    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.open.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?,
        };
        if file.metadata()?.len() > MAX_LOG_BYTES {
            std::fs::copy(&self.path, self.path.with_extension("log.1"))?;
            file.set_len(0)?;
        }
        Ok(self.open.insert(file))
    }
}

impl Write for BoundedLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.file()?.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_bounded() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(LOG_FILE);
        let mut log = BoundedLog::new(path.clone());
        let line = vec![b'x'; 64 * 1024];
        for _ in 0..40 {
            log.write_all(&line).unwrap();
            assert!(std::fs::metadata(&path).unwrap().len() <= MAX_LOG_BYTES + line.len() as u64);
        }
        assert!(std::fs::metadata(temp.path().join("serve.log.1")).unwrap().len() > MAX_LOG_BYTES);
    }
}
