//! Asks a model what texts state of which nothing is known, and proposes what it answers.
//!
//! It does nothing unless the configuration names an endpoint (`settings`). The graph's queue gives the texts (`queue`), the
//! question quotes one as data (`prompt`), the exchange is bounded in bytes and time (`endpoint`), and the answer is checked
//! against the text before anything of it is proposed, through the same verb as by anybody else and trusted as an agent
//! at most (`answer`, `round`). Which texts were asked is kept (`ledger`), and how it goes (`standing`).
//!
//! It must never accept anything, send what was forgotten, or put a word of a text or an answer into a log.

mod answer;
mod background;
mod endpoint;
mod fault;
mod key;
mod ledger;
mod prompt;
mod queue;
mod round;
mod settings;
mod standing;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use hydra_graph::{Error, ErrorKind, Id, Memory, Result};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::config::Config;
use crate::wiring;
use ledger::Ledger;
use standing::Standing;

pub use background::Background;
pub use queue::Planned;
pub use round::{Ended, Round};
pub use settings::{Options, Settings};

/// The one who asks for one memory. Whoever runs it, only one does at a time.
pub struct Enricher {
    settings: Settings,
    recipe: String,
    data_dir: PathBuf,
    /// Held while texts are asked about.
    work: Mutex<Work>,
    /// Held for moments.
    standing: Mutex<Standing>,
}

#[derive(Default)]
struct Work {
    ledger: Option<Ledger>,
    /// The newest commit of a walk through all of the queue that left nothing to be asked.
    walked: Option<Id>,
}

impl Enricher {
    /// Makes it, if the configuration names an endpoint.
    pub fn of(config: &Config) -> Option<Self> {
        // The configuration was checked when it was read.
        let settings = config.enrichment.settings().ok().flatten()?;
        Some(Self {
            recipe: prompt::recipe(&settings.model),
            standing: Mutex::new(Standing::read(&config.data_dir)),
            data_dir: config.data_dir.clone(),
            work: Mutex::default(),
            settings,
        })
    }

    /// Tells whether a server goes through the queue by itself.
    pub fn is_automatic(&self) -> bool {
        self.settings.automatic
    }

    /// Lists the texts that would be sent next, and sends none.
    ///
    /// # Errors
    /// `Conflict` when somebody else is at it.
    pub fn plan(&self, memory: &Memory, limit: usize) -> Result<Vec<Planned>> {
        let mut work = self.hold()?;
        let room = self.standing.lock().requests_left(self.settings.requests_per_hour, wiring::now());
        let ledger = work.ledger(&self.data_dir, &self.recipe)?;
        let never = AtomicBool::new(false);
        Ok(queue::plan(memory, &self.settings, ledger, None, limit.min(room as usize), &never)?.texts)
    }

    /// Asks about at most `limit` texts, telling `tell` how many of how many it has asked about.
    ///
    /// # Errors
    /// `Conflict` when somebody else is at it, `Invalid` when the key is not where the configuration says; what goes wrong
    /// with the endpoint is in the round.
    pub fn run(
        &self,
        memory: &Memory,
        limit: usize,
        stop: &AtomicBool,
        tell: &mut dyn FnMut(usize, usize),
    ) -> Result<Round> {
        let mut work = self.hold()?;
        let ran = round::run(self, &mut work, memory, limit, stop, tell);
        if let Err(error) = &ran {
            self.update(|standing| standing.fail(error, wiring::now()));
        }
        ran
    }

    /// Says where texts go and how it is.
    pub fn status(&self) -> Value {
        let mut status = serde_json::to_value(&*self.standing.lock()).unwrap_or_default();
        status["url"] = json!(self.settings.url.as_str());
        status["model"] = json!(self.settings.model);
        status["recipe"] = json!(self.recipe);
        status["is_remote"] = json!(self.settings.is_remote);
        status["is_automatic"] = json!(self.settings.automatic);
        status["requests_per_hour"] = json!(self.settings.requests_per_hour);
        status
    }

    fn hold(&self) -> Result<parking_lot::MutexGuard<'_, Work>> {
        self.work.try_lock().ok_or_else(|| {
            Error::new(ErrorKind::Conflict, "somebody goes through the queue already")
                .hint("`hydra status` tells how far that is")
        })
    }

    /// Changes how it is, and writes that down. What can't be written is told once it is asked for.
    fn update<T>(&self, change: impl FnOnce(&mut Standing) -> T) -> T {
        let mut standing = self.standing.lock();
        let told = change(&mut standing);
        if let Err(error) = standing.write(&self.data_dir) {
            tracing::warn!("how the enrichment is can't be written: {error}");
        }
        told
    }
}

impl Work {
    fn ledger(&mut self, data_dir: &std::path::Path, recipe: &str) -> Result<&mut Ledger> {
        match &mut self.ledger {
            Some(ledger) => Ok(ledger),
            none => Ok(none.insert(Ledger::open(data_dir, recipe)?)),
        }
    }
}
