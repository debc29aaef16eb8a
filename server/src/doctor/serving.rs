//! The server, and the port that it wants.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use hydra_graph::Result;

use super::Patient;
use super::check::Check;
use crate::presence::{self, Presence};
use crate::{folder, outcome};

/// How long a server may be starting or ending.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Looks for a server, for one that is gone, and whether one could start.
pub async fn check(patient: &Patient<'_>) -> Vec<Check> {
    let data_dir = &patient.config.data_dir;
    let found = match settled(patient).await {
        Ok(found) => found,
        Err(error) => return vec![Check::failed("server", &error)],
    };
    if let Some(server) = found {
        let said = format!("hydra {} answers at {} (pid {})", server.version, server.url(), server.pid);
        return vec![match server.version == hydra_mcp::VERSION {
            true => Check::ok("server", said),
            false => Check::warn(
                "server",
                format!("{said}, and this is {}", hydra_mcp::VERSION),
                "run `hydra stop`; the next agent or command starts the new one",
            ),
        }];
    }
    let holder = match folder::is_held(data_dir) {
        Ok(true) => Some(folder::holder(data_dir)),
        Ok(false) => None,
        Err(error) => return vec![Check::failed("server", &error)],
    };
    let server = match (holder, Presence::read(data_dir)) {
        (Some(holder), _) => Check {
            code: outcome::UNREACHABLE,
            ..Check::fail(
                "server",
                format!("the memory is held by {holder}, and no server answers"),
                "wait for it; if it does not end, end that process and run this again",
            )
        },
        (None, None) => Check::ok("server", "none runs; the next agent starts one"),
        (None, Some(gone)) if patient.fix => {
            gone.remove(data_dir);
            Check::fixed("server", "server.json was left by a server that is gone, and was removed")
        }
        (None, Some(gone)) => Check::warn(
            "server",
            format!("server.json was left by a server that is gone (pid {})", gone.pid),
            "nothing needs it; `hydra doctor --fix` removes it",
        ),
    };
    vec![server, port(patient)]
}

/// Finds the server; one that is starting or ending has the memory for a moment without answering.
async fn settled(patient: &Patient<'_>) -> Result<Option<Presence>> {
    let (data_dir, http) = (&patient.config.data_dir, presence::http_client()?);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = presence::find(data_dir, &http).await;
        if found.is_some() || !folder::is_held(data_dir)? || Instant::now() > deadline {
            return Ok(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn port(patient: &Patient<'_>) -> Check {
    let (bind, port) = (patient.config.bind, patient.config.port);
    match TcpListener::bind((bind, port)) {
        Ok(_) if port == 0 => Check::ok("port", "any that is free"),
        Ok(_) => Check::ok("port", format!("{bind}:{port} is free")),
        Err(error) => Check::fail(
            "port",
            format!("a server could not listen on {bind}:{port}: {error}"),
            "end what listens there, or set another `port` (0 takes any that is free)",
        ),
    }
}
