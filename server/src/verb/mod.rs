//! What can be asked of a memory, as plain requests that travel: a command sends one to a server or runs it here, and
//! both run the same function. Answers are JSON from the start, so that nobody sees a difference.

mod block;
mod check;
mod conflicts;
mod context;
mod enrich;
mod entity;
mod erase;
mod explain;
mod export;
mod forget;
mod get;
mod graph;
mod hook;
mod import;
mod indexing;
mod ingest;
mod learn;
mod list;
mod map;
mod neighbours;
mod predicate;
mod proposal;
mod query;
mod rebuild;
mod recall;
mod redact;
mod refusals;
mod remember;
mod source;
mod status;
mod timeline;
mod undo;
mod update;
mod why;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hydra_graph::{Agent, Error, ErrorKind, Id, Memory, Result, Timestamp, Trust};
use hydra_mcp::{Right, Rights};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;

pub use block::{Block, BlockHistory, Blocks, EditBlock};
pub use check::Check;
pub use conflicts::Conflicts;
pub use context::Context;
pub use enrich::Enrich;
pub use entity::{Alias, Entity, Merge, Split};
pub use erase::Erase;
pub use explain::Explain;
pub use export::{Export, FAILED_LINE, MAX_WAITING_PIECES, Pieces};
pub use forget::Forget;
pub use get::{Get, View};
pub use graph::Graph;
pub use hook::Hook;
pub use import::{Import, OnBroken};
pub use indexing::{degraded, wait_for_indexes};
pub use ingest::{Ingest, Until};
pub use learn::Learn;
pub use list::{Changes, List};
pub use map::{Pin, TidyMap};
pub use neighbours::Neighbours;
pub use predicate::{Declare, Predicates};
pub use proposal::{Accept, Enrichment, Proposals, Propose, Reject};
pub use query::Query;
pub use rebuild::Rebuild;
pub use recall::{DEFAULT_LIMIT, Recall};
pub use redact::Redact;
pub use refusals::RefusedCalls;
pub use remember::Remember;
pub use source::{AddSource, ChangeSource, Notes, RemoveSource, Sources, check_watchable};
pub use status::{Status, resident_bytes};
pub use timeline::Timeline;
pub use undo::Undo;
pub use update::Update;
pub use why::Why;

use crate::access::{self, Allowance, Stay};
use crate::config::{Config, Setting};
use crate::enrich::Enricher;
use crate::hook::Ledger;
use crate::map::Map;
use crate::presence::Presence;
use crate::taking::Taking;
use crate::watched::Limits;
use crate::wiring;

/// Progress lines that wait for their reader; further ones are left out until it has caught up.
pub const MAX_WAITING_EVENTS: usize = 64;

/// A request that is answered at once.
pub trait Verb: Serialize + DeserializeOwned + Send + 'static {
    /// Its name, as in `/v1/recall`.
    const NAME: &'static str;
    /// What whoever asks needs to be allowed.
    const RIGHT: Right;
    /// Whether it may begin a memory; everything else needs one that is there, so that a mistyped folder is noticed.
    const MAY_BEGIN: bool = false;

    /// What is needed beside [`Verb::RIGHT`] for just this request.
    fn right(&self) -> Right {
        Self::RIGHT
    }

    /// Does it.
    fn run(self, memory: &Memory, session: &Session) -> Result<Value>;
}

/// A request that takes its time and tells how far it is.
pub trait LongVerb: Serialize + DeserializeOwned + Send + 'static {
    /// Its name, as in `/v1/ingest`.
    const NAME: &'static str;
    /// As [`Verb::RIGHT`].
    const RIGHT: Right;
    /// As [`Verb::MAY_BEGIN`]; what takes its time mostly brings something in.
    const MAY_BEGIN: bool = true;

    /// Does it, telling `watch` about it and stopping when it says so.
    fn run(self, memory: &Memory, session: &Session, watch: &Watch) -> Result<Value>;
}

/// In whose name a verb runs, and on what.
#[derive(Clone)]
pub struct Session {
    /// Who asks.
    pub agent: Agent,
    /// What they may do.
    pub rights: Rights,
    /// How long they may stay.
    pub stay: Stay,
    /// What they may still ask where no request of its own is counted.
    pub allowance: Allowance,
    /// Where it is noted what they may not.
    pub refusals: Arc<access::Refusals>,
    /// The space of what names none.
    pub default_space: String,
    /// Where the memory is.
    pub data_dir: PathBuf,
    /// The server that runs the verb, if it is one.
    pub server: Option<Presence>,
    /// What was put into conversations.
    pub hooks: Arc<Ledger>,
    /// Who asks a model, if one is configured.
    pub enricher: Option<Arc<Enricher>>,
    /// Transcripts that hooks told of.
    pub taking: Taking,
    /// What is set, and where.
    pub settings: Arc<Vec<Setting>>,
    /// The owner's map.
    pub map: Map,
    /// What one query or update in SPARQL may take.
    pub limits: Limits,
}

impl Session {
    /// A session of the owner, who holds the token or the folder.
    pub fn of_owner(config: &Config, server: Option<Presence>) -> Self {
        Self {
            agent: Agent::owner(),
            rights: Rights::all(),
            stay: Stay::default(),
            allowance: Allowance::default(),
            refusals: Arc::default(),
            default_space: config.default_space.clone(),
            data_dir: config.data_dir.clone(),
            server,
            hooks: Arc::new(Ledger::of(&config.data_dir)),
            enricher: Enricher::of(config).map(Arc::new),
            taking: Taking::new(crate::config::transcripts()),
            settings: Arc::new(config.settings.clone()),
            map: Map::of(&config.data_dir),
            limits: Limits::of(config),
        }
    }

    /// Returns in whose name data is brought in that a part of this program reads. It is trusted as that part is, whoever
    /// asks; a token is named, so that the journal tells who did.
    pub fn through(&self, part: Agent) -> Agent {
        match self.agent.name == Agent::owner().name {
            true => part,
            false => Agent { name: self.agent.name.clone(), ..part },
        }
    }

    /// Returns the session in which something runs that needs this right. Whoever may decide for the owner or do what only
    /// the owner does is trusted as much while doing it, under their own name; what they tell is trusted no more for it.
    ///
    /// # Errors
    /// `Forbidden` names the scope that is missing.
    pub fn with(&self, right: Right) -> Result<Self> {
        if !self.rights.has(right) {
            return Err(right.missing());
        }
        let trust = match right {
            Right::Read | Right::Write => self.agent.trust,
            Right::Approve | Right::Admin => Trust::Owner,
        };
        Ok(Self { agent: Agent { trust, ..self.agent.clone() }, ..self.clone() })
    }

    /// Returns the time.
    pub fn now(&self) -> Timestamp {
        wiring::now()
    }
}

/// Whoever watches a long verb: is told how far it is, and may ask it to stop.
pub struct Watch {
    events: mpsc::Sender<Value>,
    stop: Arc<AtomicBool>,
}

impl Watch {
    /// Makes a watch and the end where its events come out. A closed end asks the verb to stop.
    pub fn new(stop: Arc<AtomicBool>) -> (Self, mpsc::Receiver<Value>) {
        let (events, inbox) = mpsc::channel(MAX_WAITING_EVENTS);
        (Self { events, stop }, inbox)
    }

    /// Tells an event; one that finds no room is left out, since the next says more.
    pub fn tell(&self, event: Value) {
        if let Err(mpsc::error::TrySendError::Closed(_)) = self.events.try_send(event) {
            self.stop.store(true, Ordering::Release);
        }
    }

    /// Tells whether the verb should stop.
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    /// Returns the switch itself, for whoever checks it in a loop of its own.
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}

/// Says which of the named spaces hold nothing, and which do: a mistyped one looks like an empty answer.
fn unknown_spaces(memory: &Memory, named: &[String]) -> Result<Option<Error>> {
    let missing = memory.missing_spaces(named)?;
    if missing.is_empty() {
        return Ok(None);
    }
    let there = memory.spaces()?;
    let message = format!("no memory is in space {}", missing.join(" or "));
    Ok(Some(Error::new(ErrorKind::NotFound, message).hint(match there.is_empty() {
        true => "the memory holds nothing yet".to_owned(),
        false => format!("there are: {}", there.join(", ")),
    })))
}

/// As [`unknown_spaces`], as the note of an answer.
fn note_unknown_spaces(memory: &Memory, named: &[String], answer: &mut Value) -> Result<()> {
    if let Some(error) = unknown_spaces(memory, named)? {
        answer["note"] = Value::String(error.to_string());
    }
    Ok(())
}

/// Adds the files of these paths to ids.
fn with_files(memory: &Memory, mut ids: Vec<Id>, paths: &[String]) -> Result<Vec<Id>> {
    for path in paths {
        ids.push(memory.file(path)?);
    }
    Ok(ids)
}

/// Turns an answer into JSON.
pub(crate) fn json(answer: &impl Serialize) -> Result<Value> {
    serde_json::to_value(answer).map_err(|error| Error::io("the answer", &error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_bounded_and_a_closed_end_stops() {
        let (watch, inbox) = Watch::new(Arc::default());
        for number in 0..=MAX_WAITING_EVENTS {
            watch.tell(number.into());
        }
        assert_eq!(inbox.len(), MAX_WAITING_EVENTS);
        assert!(!watch.is_stopped());
        drop(inbox);
        watch.tell(0.into());
        assert!(watch.is_stopped());
    }
}
