//! Whoever asks, and the one door through which what they ask reaches a verb: what reads by [`Caller::ask`], what writes by
//! [`Caller::tell`]. Whoever may do less than everything is refused there and nowhere else.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_graphql::{Context, Result};
use hydra_graph::{Error, ErrorKind, Interrupt, Memory, SparqlUpdate};
use hydra_mcp::{Crossing, Place, Right};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use super::error;
use super::hub::Hub;
use super::scope::Scope;
use crate::config;
use crate::http::lacks;
use crate::verb::{self, LongVerb, Session, Verb, Watch};
use crate::watched::{Waiting, watched};

/// Who asks, and on what.
#[derive(Clone)]
pub struct Caller {
    crossing: Crossing,
    /// In whose name verbs run.
    session: Session,
    /// What is told of while it happens.
    pub hub: Hub,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

impl Caller {
    /// Someone who holds a token.
    pub fn new(crossing: Crossing, session: Session, hub: Hub, stopping: watch::Receiver<bool>) -> Self {
        Self { crossing, session, hub, stopping }
    }

    /// Returns who asks in a request.
    pub fn of<'c>(context: &Context<'c>) -> Result<&'c Self> {
        context.data::<Self>()
    }

    /// Returns the way to the memory, for what follows its commits.
    pub fn crossing(&self) -> &Crossing {
        &self.crossing
    }

    /// Returns what is set, and where.
    pub fn settings(&self) -> Arc<Vec<config::Setting>> {
        Arc::clone(&self.session.settings)
    }

    /// Returns the folder of the memory.
    pub fn data_dir(&self) -> &Path {
        &self.session.data_dir
    }

    /// Returns the session in which a verb runs that needs this right.
    fn with(&self, right: Right, verb: &str) -> Result<Session> {
        self.session.with(right).map_err(|error| {
            let route = format!("{} {verb}", super::PATH);
            self.session.refusals.note(&self.session.agent.name, &route, &lacks(right), self.session.now());
            error::of_field(&error)
        })
    }

    /// Checks that whoever asks may do that, where it is not a verb that says so.
    pub fn check(&self, right: Right, what: &'static str) -> Result<()> {
        self.with(right, what).map(drop)
    }

    /// Takes a place for a subscription of whoever asks.
    pub fn place(&self) -> Result<Place> {
        self.hub.place(&self.session.agent).map_err(|error| error::of_field(&error))
    }

    /// Waits until whoever asks may do so no more.
    pub async fn ended(&self) {
        self.session.stay.clone().ended().await;
    }

    /// Runs a verb that only reads.
    pub async fn ask<V: Verb, T: DeserializeOwned>(&self, verb: V, scope: &Scope) -> Result<T> {
        let session = self.with(verb.right(), V::NAME)?;
        let answer = self.crossing.run(V::NAME, move |memory| verb.run(memory, &session)).await;
        read(answer, scope)
    }

    /// Runs something that only reads and has no request of its own.
    pub async fn look<T: Send + 'static>(
        &self,
        verb: &'static str,
        work: impl FnOnce(&Memory) -> hydra_graph::Result<T> + Send + 'static,
    ) -> Result<T> {
        self.check(Right::Read, verb)?;
        self.crossing.run(verb, work).await.map_err(|error| error::of_field(&error))
    }

    /// Runs a verb that writes, or only tries it.
    pub async fn tell<V: Verb, T: DeserializeOwned>(&self, verb: V, dry_run: bool) -> Result<T> {
        let session = self.with(verb.right(), V::NAME)?;
        let work = move |memory: &Memory| match dry_run {
            true => memory.rehearse(|memory| verb.run(memory, &session)),
            false => verb.run(memory, &session),
        };
        let answer = self.crossing.run(V::NAME, work).await;
        read(answer.map(|answer| noted(answer, dry_run)), &Scope::everything())
    }

    /// Changes the graph by an update in SPARQL, within what one may take. It is ended when nobody waits for it any more.
    pub async fn change<T: DeserializeOwned>(&self, update: SparqlUpdate) -> Result<T> {
        const NAME: &str = "sparql_update";
        let session = self.with(Right::Write, NAME)?;
        let (limits, dry_run, interrupt) = (session.limits, update.is_dry_run, Interrupt::new());
        let (_waiting, stopped) = (Waiting(interrupt.clone()), interrupt.clone());
        let work = self
            .crossing
            .run(NAME, move |memory| verb::json(&memory.sparql_update(&update, &session.agent, &stopped)?));
        let answer = watched(work, &interrupt, limits).await;
        read(answer.map(|answer| noted(answer, dry_run)), &Scope::everything())
    }

    /// Runs a verb that writes and takes its time, telling `told` how far it is. It is asked to stop when nobody waits for
    /// it any more, or the server stops.
    pub async fn tell_long<V: LongVerb, T: DeserializeOwned>(
        &self,
        verb: V,
        mut told: impl FnMut(&Value) + Send,
    ) -> Result<T> {
        let stop = StopWhenGone(Arc::new(AtomicBool::new(false)));
        let (watch, mut events) = Watch::new(Arc::clone(&stop.0));
        let session = self.with(V::RIGHT, V::NAME)?;
        let work = self.crossing.run_long(V::NAME, move |memory| verb.run(memory, &session, &watch));
        let mut server = self.stopping.clone();
        let stopping = async move {
            let _ = server.wait_for(|stopping| *stopping).await;
        };
        tokio::pin!(work, stopping);
        let answer = loop {
            tokio::select! {
                Some(event) = events.recv() => told(&event),
                () = &mut stopping, if !stop.0.load(Ordering::Acquire) => stop.0.store(true, Ordering::Release),
                answer = &mut work => break answer,
            }
        };
        read(answer.map(|answer| noted(answer, false)), &Scope::everything())
    }
}

/// Asks a verb to stop when whoever waits for it has gone.
struct StopWhenGone(Arc<AtomicBool>);

impl Drop for StopWhenGone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Says whether it was only tried. Commits that were never made can't be undone, so they are not named.
fn noted(mut answer: Value, dry_run: bool) -> Value {
    if dry_run {
        unname_commits(&mut answer);
    }
    answer["dry_run"] = Value::Bool(dry_run);
    answer
}

fn unname_commits(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            fields.remove("commit");
            fields.values_mut().for_each(unname_commits);
        }
        Value::Array(items) => items.iter_mut().for_each(unname_commits),
        _ => {}
    }
}

/// Reads what the memory told without a verb's request.
pub fn plain<T: DeserializeOwned>(answer: &impl serde::Serialize) -> Result<T> {
    let answer = serde_json::to_value(answer).map_err(|error| Error::io("the answer", &error.into()));
    read(answer, &Scope::everything())
}

/// Reads a verb's answer, within the scope that it was asked in.
pub fn read<T: DeserializeOwned>(answer: hydra_graph::Result<Value>, scope: &Scope) -> Result<T> {
    let answer = answer.map_err(|error| error::of_field(&error))?;
    scope.within(|| serde_json::from_value(answer)).map_err(|error| {
        error::of_field(&Error::new(ErrorKind::Io, format!("an answer does not read: {error}")).hint("this is a bug"))
    })
}
