//! `hydra stop`

use std::time::{Duration, Instant};

use clap::Args;
use hydra_graph::{Error, ErrorKind, Result};
use serde_json::json;

use super::Setting;
use crate::background;
use crate::folder;
use crate::outcome;
use crate::output;
use crate::presence;

/// How long the server may take: requests under way are finished, and the memory is put in order.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);
/// How often is looked whether it has let the memory go.
const LOOK_EVERY: Duration = Duration::from_millis(25);

const EXAMPLES: &str = "\
Examples:
  hydra stop
  hydra stop --data-dir ~/work-memory

Waits until the requests under way are finished and the memory is put in order. Agents start a server again when they need \
one.";

/// Options of `hydra stop`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {}

/// Runs it. That no server runs is what was wanted, and no failure.
///
/// # Errors
/// `Unavailable` when the server does not let the memory go; `Io` when it may not be asked to.
pub async fn run(setting: &Setting, _arguments: Arguments) -> Result<u8> {
    let data_dir = &setting.config.data_dir;
    let http = presence::http_client()?;
    let Some(server) = presence::find(data_dir, &http).await else {
        if setting.global.json {
            output::json(&json!({"stopped": false}))?;
        } else if !setting.global.quiet {
            output::talk(&format!("no server is running for {}", data_dir.display()));
        }
        return Ok(outcome::DONE);
    };
    background::ask_to_stop(&server)
        .map_err(|error| Error::io(format!("stopping the server (pid {})", server.pid), &error))?;
    let deadline = Instant::now() + STOP_TIMEOUT;
    while folder::is_held(data_dir)? {
        if Instant::now() > deadline {
            let message = format!("the server at {} (pid {}) is still at work", server.url(), server.pid);
            return Err(Error::new(ErrorKind::Unavailable, message)
                .hint(format!("wait and run `hydra stop` again, or end it at once: kill -9 {}", server.pid)));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    if setting.global.json {
        output::json(&json!({"stopped": true, "pid": server.pid, "url": server.url()}))?;
    } else if !setting.global.quiet {
        output::talk(&format!("stopped the server at {} (pid {})", server.url(), server.pid));
    }
    Ok(outcome::DONE)
}
