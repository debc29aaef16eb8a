//! Where a command's verbs run: in the server that holds the memory, or here when there is none.

mod remote;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use hydra_graph::{ErrorKind, Result};
use hydra_mcp::Crossing;
use reqwest::Response;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::config::Config;
use crate::presence;
use crate::verb::{Export, LongVerb, Session, Verb, Watch};
use crate::wiring;

pub use remote::Remote;

/// How long a command waits for another one that holds the memory for a moment, or for a server that is starting.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// What a command needs of a memory that it opens itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The graph: it writes or reads by id, and whatever it wrote is embedded later.
    Graph,
    /// Search by meaning too.
    Meaning,
}

/// A way to a memory.
pub enum Client {
    /// This process holds it.
    Local(Crossing, Box<Session>),
    /// A server does.
    Remote(Remote),
}

impl Client {
    /// Finds the server of the configured folder, or opens the memory here.
    ///
    /// # Errors
    /// `Locked` names who holds the memory without being a server that answers.
    pub async fn connect(config: &Config, need: Need, command: &str) -> Result<Self> {
        let http = presence::http_client()?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        loop {
            if let Some(presence) = presence::find(&config.data_dir, &http).await {
                return Ok(Self::Remote(Remote::new(http, &presence, &config.data_dir)?));
            }
            match open(config, need, command).await {
                Err(error) if error.kind() == ErrorKind::Locked && Instant::now() < deadline => {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                other => return other,
            }
        }
    }

    /// Runs a verb.
    ///
    /// # Errors
    /// What the verb returns, or that the server went away.
    pub async fn ask<V: Verb>(&self, verb: V) -> Result<Value> {
        match self {
            Self::Local(crossing, session) => {
                let session = session.clone();
                crossing.run(V::NAME, move |memory| verb.run(memory, &session)).await
            }
            Self::Remote(remote) => remote.ask(&verb).await,
        }
    }

    /// Runs a long verb until it is done or `stop` is set, telling `on_event` how far it is.
    ///
    /// # Errors
    /// As [`Client::ask`]; `Cancelled` when it was stopped.
    pub async fn follow<V: LongVerb>(
        &self,
        verb: V,
        stop: Arc<AtomicBool>,
        on_event: &mut dyn FnMut(&Value),
    ) -> Result<Value> {
        match self {
            Self::Local(crossing, session) => {
                let (watch, mut events) = Watch::new(stop);
                let session = session.clone();
                let work = crossing.run_long(V::NAME, move |memory| verb.run(memory, &session, &watch));
                tokio::pin!(work);
                loop {
                    tokio::select! {
                        Some(event) = events.recv() => on_event(&event),
                        result = &mut work => return result,
                    }
                }
            }
            Self::Remote(remote) => remote.follow(&verb, &stop, on_event).await,
        }
    }

    /// Starts an export; its pieces come one by one until it is whole, fails or `stop` is set.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn export(&self, verb: Export, stop: Arc<AtomicBool>) -> Result<Pieces> {
        match self {
            Self::Local(crossing, _) => {
                Ok(Pieces::Local(verb.start(crossing.clone(), move || stop.load(Ordering::Acquire))))
            }
            Self::Remote(remote) => Ok(Pieces::Remote(remote.stream(Export::NAME, &verb).await?, stop)),
        }
    }

    /// Leaves the memory in order: a later opening is quick.
    ///
    /// # Errors
    /// What the disk says; whatever was acknowledged is safe all the same.
    pub async fn close(self) -> Result<()> {
        match self {
            Self::Local(crossing, _) => crossing.run("close", |memory| memory.close()).await,
            Self::Remote(_) => Ok(()),
        }
    }
}

/// The pieces of an export that is under way.
pub enum Pieces {
    /// From this process.
    Local(mpsc::Receiver<Result<Bytes>>),
    /// From a server, until the switch is set.
    Remote(Response, Arc<AtomicBool>),
}

impl Pieces {
    /// Waits for the next piece; `None` at the end, which need not be that of a whole export.
    ///
    /// # Errors
    /// What the export failed with, or that the server went away; `Cancelled` when it was stopped.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        match self {
            Self::Local(inbox) => inbox.recv().await.transpose(),
            Self::Remote(response, stop) => remote::next_chunk(response, stop).await,
        }
    }
}

async fn open(config: &Config, need: Need, command: &str) -> Result<Client> {
    let (own, holder) = (config.clone(), format!("`hydra {command}`"));
    let opened = tokio::task::spawn_blocking(move || {
        let memory = wiring::open(&own, &holder)?;
        // An erasure that was cut short is everybody's to finish, and the vectors must be there for it.
        let is_erasing = memory.is_erasing();
        if need == Need::Meaning || is_erasing {
            wiring::attach_vectors(&own, &memory)?;
        }
        if is_erasing && let Err(error) = memory.finish_erasing() {
            tracing::warn!("what was erased may still be in the files: {error}; `hydra serve` clears them");
        }
        Ok(memory)
    });
    let memory = opened.await.unwrap_or_else(|_| Err(broken(&config.data_dir)))?;
    Ok(Client::Local(Crossing::new(memory), Box::new(Session::of_owner(config, None))))
}

fn broken(folder: &Path) -> hydra_graph::Error {
    hydra_graph::Error::new(ErrorKind::Io, format!("opening the memory at {} ended in the middle", folder.display()))
        .hint("this is a bug; nothing that was acknowledged is lost")
}
