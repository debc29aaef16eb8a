//! GraphQL: everything the verbs can do, as one typed graph at `/graphql`.
//!
//! A resolver takes its arguments, has one verb run through the [`caller::Caller`] and gives its answer a type: what is true
//! and who may what is decided there and in the verbs. `http`, `sse` and `socket` are the ways in, by the specifications
//! named in each; `limit` is what a request may ask for; `loader` reads together what hangs below an answer.

#![expect(clippy::too_many_arguments, reason = "the arguments of a field are those of its function")]

mod block;
mod caller;
mod commit;
mod decision;
mod entity;
mod error;
mod http;
mod hub;
mod learning;
mod limit;
mod list;
mod loader;
mod map;
mod markdown;
mod memory;
mod mutation;
mod page;
mod patience;
mod preference;
mod recall;
mod request;
mod scalar;
mod schema;
mod scope;
mod socket;
mod source;
mod sse;
mod stats;
mod subscription;
mod waiting;

use axum::Router;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::routing::{MethodRouter, get};
use hydra_mcp::Crossing;
use tokio::sync::watch;

use crate::http::{Failed, caller_of};
use crate::verb::Session;

pub use page::{files, for_browsers};

/// Where it is.
pub const PATH: &str = "/graphql";

/// What the ways in share. Clones share it.
#[derive(Clone)]
pub struct Door {
    schema: schema::Schema,
    /// The same, for what is told as it happens.
    live: schema::Schema,
    crossing: Crossing,
    hub: hub::Hub,
    /// Becomes true when the server stops.
    stopping: watch::Receiver<bool>,
}

impl Door {
    /// Opens it. `sources` changes whenever a watched folder is otherwise.
    pub fn new(crossing: Crossing, sources: watch::Receiver<u64>, stopping: watch::Receiver<bool>) -> Self {
        let hub = hub::Hub::new(crossing.memory(), sources);
        Self { schema: schema::build(), live: schema::for_subscriptions(), crossing, hub, stopping }
    }

    /// Returns who asks in a session.
    fn caller(&self, session: Session) -> caller::Caller {
        caller::Caller::new(self.crossing.clone(), session, self.hub.clone(), self.stopping.clone())
    }
}

/// Who is at the door: the door itself and the session of whoever calls.
#[derive(Clone)]
pub struct Visit {
    /// The door.
    pub door: Door,
    /// In whose name verbs run.
    pub session: Session,
}

/// The schema, for whoever checks documents against it.
#[cfg(test)]
pub fn schema() -> schema::Schema {
    schema::build()
}

impl Visit {
    /// Asks a document of our own, and returns the answer as it would go out.
    pub async fn ask(self, document: &str, variables: async_graphql::Variables) -> serde_json::Value {
        let caller = self.door.caller(self.session);
        let answer = request::own(document, variables, &self.door.schema, caller).await;
        serde_json::from_str(&answer).expect("an answer is JSON")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit
where
    Door: FromRef<S>,
{
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failed> {
        Ok(Self { door: Door::from_ref(state), session: caller_of(parts)? })
    }
}

/// The routes, for a router whose state knows the [`Door`].
pub fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Door: FromRef<S>,
{
    let both: MethodRouter<S> = get(http::get).post(http::post);
    Router::new().route(PATH, both)
}
