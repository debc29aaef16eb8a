//! Starts a server for whoever needs one and finds none: detached, logging to a file, one for all who ask at once.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use hydra_graph::{Error, ErrorKind, Result};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::config::Config;
use crate::logging::LOG_FILE;
use crate::outcome;
use crate::presence::{self, Presence};
use crate::{cli, folder};

/// How long a server may take until it answers; a store that replays a long log needs some of it.
pub const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(15);
/// How long a start waits before it tries again while a one-shot command holds the memory.
const RETRY_EVERY: Duration = Duration::from_millis(100);
/// How much of the log's end is shown when a server did not start.
const SHOWN_LOG_BYTES: usize = 600;

/// Returns the running server of the configured data folder, starting one if there is none.
///
/// # Errors
/// `Unavailable` with the end of the server's log when it does not start.
pub async fn find_or_start(config: &Config, global: &cli::Global, http: &reqwest::Client) -> Result<Presence> {
    let data_dir = &config.data_dir;
    if let Some(presence) = presence::find(data_dir, http).await {
        return Ok(presence);
    }
    folder::prepare(data_dir)?;
    let deadline = Instant::now() + START_TIMEOUT;
    // Of several who start at once one starts the server; the others find it.
    let _turn = Turn::wait(data_dir, deadline).await?;
    loop {
        if let Some(presence) = presence::find(data_dir, http).await {
            return Ok(presence);
        }
        let log_start = std::fs::metadata(data_dir.join(LOG_FILE)).map_or(0, |metadata| metadata.len());
        let mut server = spawn(config, global)?;
        let ended = loop {
            if let Some(presence) = presence::find(data_dir, http).await {
                return Ok(presence);
            }
            if let Some(status) = server.try_wait().map_err(|error| Error::io("the server's process", &error))? {
                break status;
            }
            if Instant::now() > deadline {
                return Err(not_started("it does not answer", data_dir, log_start));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        // A one-shot command may hold the memory for a moment; whatever else is wrong will not pass.
        let log = log_since(data_dir, log_start);
        if !is_locked(ended, &log) || Instant::now() > deadline {
            return Err(not_started(&ended.to_string(), data_dir, log_start));
        }
        tokio::time::sleep(RETRY_EVERY).await;
    }
}

/// Asks a server to end in order.
///
/// # Errors
/// When it may not be asked.
pub fn ask_to_stop(server: &Presence) -> std::io::Result<()> {
    let pid = i32::try_from(server.pid).ok().and_then(Pid::from_raw);
    pid.map_or(Ok(()), |pid| kill_process(pid, Signal::TERM)).map_err(Into::into)
}

/// Starts a server and waits for nothing; whoever starts one already is left to it.
///
/// # Errors
/// When the program can't be run.
pub fn start(config: &Config, global: &cli::Global) -> Result<()> {
    match Turn::take(&config.data_dir)? {
        Some(_turn) => spawn(config, global).map(drop),
        None => Ok(()),
    }
}

fn spawn(config: &Config, global: &cli::Global) -> Result<Child> {
    let program = std::env::current_exe().map_err(|error| Error::io("the path of this program", &error))?;
    let log = open_log(&config.data_dir)?;
    let errors = log.try_clone().map_err(|error| Error::io(LOG_FILE, &error))?;
    let mut command = Command::new(&program);
    command.arg("serve").arg("--background").arg("--data-dir").arg(&config.data_dir);
    if global.config.is_some() {
        command.arg("--config").arg(&config.file);
    }
    command.arg("--port").arg(config.port.to_string());
    // The server outlives this process, so it must not hold its streams, its folder or its terminal.
    command.stdin(Stdio::null()).stdout(Stdio::from(log)).stderr(Stdio::from(errors)).current_dir("/");
    command.spawn().map_err(|error| Error::io(program.display(), &error))
}

fn open_log(data_dir: &Path) -> Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let path = data_dir.join(LOG_FILE);
    let open = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
    open.map_err(|error| Error::io(path.display(), &error))
}

fn is_locked(status: ExitStatus, log: &str) -> bool {
    status.code() == Some(i32::from(outcome::UNREACHABLE)) && log.contains("is held by")
}

fn not_started(what: &str, data_dir: &Path, log_start: u64) -> Error {
    let log = log_since(data_dir, log_start);
    let said = log.lines().rev().find(|line| line.contains("error")).unwrap_or_default();
    let message = match said.is_empty() {
        true => format!("the server did not start: {what}"),
        false => format!("the server did not start: {}", said.trim_start_matches("error: ")),
    };
    Error::new(ErrorKind::Unavailable, message)
        .hint(format!("see {}, or run `hydra serve` to watch it start", data_dir.join(LOG_FILE).display()))
}

fn log_since(data_dir: &Path, start: u64) -> String {
    let bytes = std::fs::read(data_dir.join(LOG_FILE)).unwrap_or_default();
    let new = bytes.get(start as usize..).unwrap_or(&bytes);
    String::from_utf8_lossy(&new[new.len().saturating_sub(SHOWN_LOG_BYTES)..]).into_owned()
}

/// The right to start a server; given back when it is dropped, or by the operating system.
struct Turn(#[expect(dead_code, reason = "held for its lock")] File);

impl Turn {
    /// Takes it, if nobody has it.
    fn take(data_dir: &Path) -> Result<Option<Self>> {
        let path = data_dir.join("start.lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|error| Error::io(path.display(), &error))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(error)) => Err(Error::io(path.display(), &error)),
        }
    }

    async fn wait(data_dir: &Path, deadline: Instant) -> Result<Self> {
        loop {
            if let Some(turn) = Self::take(data_dir)? {
                return Ok(turn);
            }
            if Instant::now() >= deadline {
                let message = "another process is starting the server and does not get on";
                return Err(Error::new(ErrorKind::Unavailable, message).hint("run `hydra serve` to watch it start"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_one_starts_a_server() {
        let temp = tempfile::tempdir().unwrap();
        let first = Turn::wait(temp.path(), Instant::now()).await.unwrap();
        assert!(Turn::wait(temp.path(), Instant::now()).await.is_err());
        drop(first);
        assert!(Turn::wait(temp.path(), Instant::now()).await.is_ok());
    }
}
