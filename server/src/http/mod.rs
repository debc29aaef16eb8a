//! The HTTP server: every verb under `/v1`, MCP under `/mcp`, GraphQL at `/graphql`, SPARQL at `/sparql` and `/store`,
//! `/metrics`, and `/healthz` and `/readyz` for anyone who may call.
//!
//! A request passes, in this order: `head` (are its address and headers small enough), `guard` (is it called by a name of
//! ours, from a page of ours), `auth` (who holds its token), `body` (is it small enough), and is counted by `metrics`
//! whatever becomes of it. Whether whoever called may do what they ask is asked by `permission`, with what the verb says
//! that it needs.

mod auth;
mod body;
mod browser;
mod failure;
mod guard;
mod head;
mod map;
mod media;
mod metrics;
mod openapi;
mod page;
mod permission;
mod ready;
mod refused;
mod route;
mod sparql;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hydra_graph::{Agent, Error, ErrorKind, Trust};
use hydra_mcp::{Access, Crossing, Rights, Shared};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::access::{self, Allowance, Identity, Links, Rates, Refusals, Register};
use crate::config::Config;
use crate::enrich::Enricher;
use crate::graphql::{self, Door};
use crate::listener::{self, Certificate};
use crate::map::Map;
use crate::presence::Presence;
use crate::taking::Taking;
use crate::token::Token;
use crate::verb::{
    Accept, AddSource, Alias, Block, BlockHistory, Blocks, ChangeSource, Changes, Check, Conflicts, Context, Declare,
    EditBlock, Enrich, Enrichment, Entity, Erase, Explain, Export, Forget, Get, Graph, Hook, Import, Ingest, Learn,
    List, LongVerb as _, Merge, Neighbours, Pin, Predicates, Proposals, Propose, Query, Rebuild, Recall, Redact,
    RefusedCalls, Reject, Remember, RemoveSource, Session, Sources, Split, Status, TidyMap, Timeline, Undo, Update,
    Verb as _, Why,
};
use crate::web;
use crate::wiring;

pub use auth::{ASKS_TOO_MUCH, TOO_MUCH, lacks};
pub use body::MAX_BODY_BYTES;
pub use browser::SESSION_PATH;
pub use failure::Failed;
pub use guard::origin_pattern;
pub use metrics::start as start_metrics;
pub use permission::caller as caller_of;

/// What handlers share.
#[derive(Clone)]
pub struct App {
    crossing: Crossing,
    /// Nobody's; in a handler that asks who calls, theirs.
    session: Session,
    register: Arc<Register>,
    rates: Arc<Rates>,
    links: Arc<Links>,
    refusals: Arc<Refusals>,
    /// What the cookie of a session is called: with the port, since browsers share cookies among ports.
    cookie_name: String,
    presence: Presence,
    allowed: Arc<guard::Allowed>,
    metrics: PrometheusHandle,
    graphql: Door,
    /// Becomes true when the server stops, which ends streams.
    stopping: watch::Receiver<bool>,
}

impl FromRef<App> for Door {
    fn from_ref(app: &App) -> Self {
        app.graphql.clone()
    }
}

impl App {
    /// Puts together what handlers need. `sources` changes whenever a watched folder is otherwise.
    pub fn new(
        config: &Config,
        crossing: Crossing,
        presence: Presence,
        token: Token,
        metrics: PrometheusHandle,
        sources: watch::Receiver<u64>,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let refusals = Arc::<Refusals>::default();
        // Nobody's: a handler that does not ask who calls may do nothing.
        let session = Session {
            agent: Agent { name: "nobody".to_owned(), trust: Trust::Ingested },
            rights: Rights::default(),
            refusals: Arc::clone(&refusals),
            ..Session::of_owner(config, Some(presence.clone()))
        };
        Self {
            graphql: Door::new(crossing.clone(), sources, stopping.clone()),
            crossing,
            session,
            register: Arc::new(Register::new(&config.data_dir, token)),
            rates: Arc::new(Rates::new(NonZeroU32::new(config.requests_per_minute))),
            links: Arc::default(),
            refusals,
            cookie_name: format!("hydra-{}", presence.port),
            presence,
            allowed: Arc::new(guard::Allowed::new(config)),
            metrics,
            stopping,
        }
    }

    /// Returns who asks a model, if one is configured.
    pub fn enricher(&self) -> Option<Arc<Enricher>> {
        self.session.enricher.clone()
    }

    /// Returns the owner's map.
    pub fn map(&self) -> Map {
        self.session.map.clone()
    }

    /// Returns the transcripts that hooks told of.
    pub fn taking(&self) -> Taking {
        self.session.taking.clone()
    }

    /// Returns what keeps the journal of refused calls, until the server stops.
    pub fn keep(&self) -> impl Future<Output = ()> + Send + use<> {
        let (refusals, register) = (Arc::clone(&self.refusals), Arc::clone(&self.register));
        access::keep(refusals, register, self.crossing.clone(), self.stopping.clone())
    }

    /// Returns the session of somebody who came in.
    fn session_of(&self, identity: &Identity) -> Session {
        Session {
            agent: identity.agent.clone(),
            rights: identity.rights,
            stay: self.register.stay(identity),
            allowance: Allowance::of(&self.rates, identity),
            ..self.session.clone()
        }
    }

    fn router(self) -> Router {
        let access = Access {
            hosts: self.allowed.hosts().to_vec(),
            origins: self.allowed.origins().to_vec(),
            max_body_bytes: MAX_BODY_BYTES,
        };
        let shared = Shared {
            crossing: self.crossing.clone(),
            clock: wiring::clock(),
            default_space: self.session.default_space.clone(),
            stopping: self.stopping.clone(),
        };
        let mcp = hydra_mcp::router(shared, access);
        let verb = |name: &str| format!("/v1/{name}");
        let locked = Router::new()
            .route(&verb(Recall::NAME), post(route::verb::<Recall>))
            .route(&verb(Remember::NAME), post(route::verb::<Remember>))
            .route(&verb(Learn::NAME), post(route::verb::<Learn>))
            .route(&verb(Get::NAME), post(route::verb::<Get>))
            .route(&verb(Forget::NAME), post(route::verb::<Forget>))
            .route(&verb(Erase::NAME), post(route::long_verb::<Erase>))
            .route(&verb(Timeline::NAME), post(route::verb::<Timeline>))
            .route(&verb(Graph::NAME), post(route::verb::<Graph>))
            .route(&verb(Query::NAME), post(route::verb::<Query>))
            .route(&verb(Undo::NAME), post(route::verb::<Undo>))
            .route(&verb(Explain::NAME), post(route::verb::<Explain>))
            .route(&verb(Context::NAME), post(route::verb::<Context>))
            .route(&verb(Hook::NAME), post(route::verb::<Hook>))
            .route(&verb(Why::NAME), post(route::verb::<Why>))
            .route(&verb(Update::NAME), post(route::verb::<Update>))
            .route(&verb(List::NAME), post(route::verb::<List>))
            .route(&verb(Neighbours::NAME), post(route::verb::<Neighbours>))
            .route(&verb(Changes::NAME), post(route::verb::<Changes>))
            .route(&verb(Conflicts::NAME), post(route::verb::<Conflicts>))
            .route(&verb(Entity::NAME), post(route::verb::<Entity>))
            .route(&verb(Alias::NAME), post(route::verb::<Alias>))
            .route(&verb(Merge::NAME), post(route::verb::<Merge>))
            .route(&verb(Split::NAME), post(route::verb::<Split>))
            .route(&verb(Propose::NAME), post(route::verb::<Propose>))
            .route(&verb(Proposals::NAME), post(route::verb::<Proposals>))
            .route(&verb(Accept::NAME), post(route::verb::<Accept>))
            .route(&verb(Reject::NAME), post(route::verb::<Reject>))
            .route(&verb(Enrichment::NAME), post(route::verb::<Enrichment>))
            .route(&verb(Enrich::NAME), post(route::long_verb::<Enrich>))
            .route(&verb(Blocks::NAME), post(route::verb::<Blocks>))
            .route(&verb(Block::NAME), post(route::verb::<Block>))
            .route(&verb(BlockHistory::NAME), post(route::verb::<BlockHistory>))
            .route(&verb(EditBlock::NAME), post(route::verb::<EditBlock>))
            .route(&verb(Predicates::NAME), post(route::verb::<Predicates>))
            .route(&verb(Declare::NAME), post(route::verb::<Declare>))
            .route(&verb(Sources::NAME), post(route::verb::<Sources>))
            .route(&verb(AddSource::NAME), post(route::verb::<AddSource>))
            .route(&verb(ChangeSource::NAME), post(route::verb::<ChangeSource>))
            .route(&verb(RemoveSource::NAME), post(route::verb::<RemoveSource>))
            .route(&verb(RefusedCalls::NAME), post(route::verb::<RefusedCalls>))
            .route(&verb(Pin::NAME), post(route::verb::<Pin>))
            .route(&verb(TidyMap::NAME), post(route::verb::<TidyMap>))
            .route(&verb(Status::NAME), post(route::verb::<Status>))
            .route(&verb(Check::NAME), post(route::long_verb::<Check>))
            .route(&verb(Rebuild::NAME), post(route::long_verb::<Rebuild>))
            .route(&verb(Redact::NAME), post(route::long_verb::<Redact>))
            .route(&verb(Ingest::NAME), post(route::long_verb::<Ingest>))
            .route(&verb(Import::NAME), post(route::long_verb::<Import>))
            .route(&verb(Export::NAME), post(route::export))
            .route("/metrics", get(metrics::render))
            .route("/openapi.json", get(openapi::tell))
            .route("/", get(browser::root))
            .route(browser::SESSION_PATH, post(browser::make_link))
            .merge(sparql::router())
            .merge(map::router())
            .merge(page::router())
            .merge(mcp)
            .merge(graphql::routes())
            .merge(web::data())
            .fallback(nothing_here)
            .method_not_allowed_fallback(wrong_method)
            .layer(from_fn(media::check))
            .layer(from_fn(body::limit))
            .layer(from_fn(web::pages))
            .layer(from_fn_with_state(self.clone(), auth::check))
            .layer(from_fn(graphql::for_browsers));
        Router::new()
            .route("/healthz", get(health))
            .route("/readyz", get(ready::tell))
            .method_not_allowed_fallback(wrong_method)
            .merge(web::assets())
            .merge(graphql::files())
            // Following it changes something, so nothing but a GET does.
            .route(browser::SESSION_PATH, get(browser::follow_link).head(wrong_method))
            .merge(locked)
            .layer(from_fn_with_state(Arc::clone(&self.allowed), guard::check))
            .layer(from_fn_with_state(self.clone(), refused::note))
            .layer(from_fn(head::limit))
            .layer(from_fn(metrics::count))
            .with_state(self)
    }
}

/// Serves until `stop` ends, then finishes what is under way, for a moment.
pub async fn serve(
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    app: App,
    stop: impl Future<Output = ()>,
) {
    listener::serve(listener, certificate, app.router(), stop).await;
}

async fn health(State(app): State<App>) -> Response {
    axum::Json(app.presence.health()).into_response()
}

async fn nothing_here() -> Failed {
    let error = Error::new(ErrorKind::NotFound, "there is nothing at this address");
    Failed(
        error
            .hint("verbs are under /v1, as in POST /v1/recall; MCP is at /mcp, SPARQL at /sparql, GraphQL at /graphql"),
    )
}

async fn wrong_method() -> Response {
    let error = Error::new(ErrorKind::Invalid, "this address does not take that method");
    failure::answer(
        StatusCode::METHOD_NOT_ALLOWED,
        &error.hint("verbs take POST with JSON; what is only read takes GET"),
    )
}
