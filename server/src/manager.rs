//! The service manager that started the server, if one did: systemd, or whatever speaks as it does.
//!
//! It may hand over a socket that it listened on before the server was there, wants to hear when the server answers, and
//! may want a sign of life. Without one, all of this does nothing.

use std::net::TcpListener;

use hydra_graph::{Error, ErrorKind, Memory, Result};
use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::task::JoinHandle;

/// Signs of life in the time that the manager waits for one.
const SIGNS: u32 = 3;

/// Returns the socket that was handed over.
///
/// # Errors
/// `Invalid` when it is none that HTTP can be spoken on, or there are several.
pub fn listener() -> Result<Option<TcpListener>> {
    let mut handed = ListenFd::from_env();
    let hint = "give hydra.socket one ListenStream= with an address and a port";
    if handed.len() > 1 {
        let message = format!("{} sockets were handed over, and one is served", handed.len());
        return Err(Error::new(ErrorKind::Invalid, message).hint(hint));
    }
    let listener = handed.take_tcp_listener(0).map_err(|error| {
        Error::new(ErrorKind::Invalid, format!("what was handed over is no TCP socket that listens: {error}"))
            .hint(hint)
    })?;
    let Some(listener) = listener else { return Ok(None) };
    listener.set_nonblocking(true).map_err(|error| Error::io("the socket that was handed over", &error))?;
    Ok(Some(listener))
}

/// Tells that the server answers at an address.
pub fn ready(url: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&format!("listening at {url}"))]);
}

/// Tells that the server ends in order.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// Gives signs of life if they are wanted, as long as requests get their turn and the writer answers and does not refuse. A
/// server that can't write any more says so until it is started again, which is what the manager does then.
pub fn watch(memory: &Memory) -> Option<JoinHandle<()>> {
    let every = sd_notify::watchdog_enabled()? / SIGNS;
    let memory = memory.clone();
    Some(tokio::spawn(async move {
        loop {
            let asked = memory.clone();
            // An answer that comes later counts too, for the next time that the manager waits for.
            if tokio::task::spawn_blocking(move || asked.writer_answers()).await.unwrap_or(false) {
                tell(&[NotifyState::Watchdog]);
            }
            tokio::time::sleep(every).await;
        }
    }))
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!("the service manager can't be told: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_handed_over_to_a_program_that_a_person_starts() {
        assert!(listener().unwrap().is_none());
    }
}
