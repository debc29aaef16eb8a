//! The MCP server over streamable HTTP, as something to mount under `/mcp`.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use hydra_graph::Clock;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::sync::watch;

use crate::Crossing;
use crate::handler::Hydra;
use crate::place::Places;
use crate::session::{self, KEEP_ALIVE, Sessions};

/// Streams that are open at once, to hear of changes.
const MAX_STREAMS: usize = 256;
/// Those of one token.
const MAX_STREAMS_OF_A_TOKEN: usize = 32;

/// Who may reach the endpoint. The server around it checks the same; an endpoint that is mounted elsewhere must not
/// depend on that.
#[derive(Clone, Debug)]
pub struct Access {
    /// Values of `Host` that are answered, without a port.
    pub hosts: Vec<String>,
    /// Values of `Origin` that are answered, as in `http://localhost:*`.
    pub origins: Vec<String>,
    /// Largest request.
    pub max_body_bytes: usize,
}

/// What requests share.
#[derive(Clone)]
pub struct Shared {
    /// The memory.
    pub crossing: Crossing,
    /// Tells the time.
    pub clock: Clock,
    /// The space of a memory that names none.
    pub default_space: String,
    /// Becomes true when the server stops, which ends streams.
    pub stopping: watch::Receiver<bool>,
}

/// Returns the endpoint `/mcp`: both protocol revisions, answers as JSON, streams only for who watches resources.
///
/// Each request stands alone, so that clients and bridges go on after a restart of the server as if nothing had been;
/// a session is no more than a name for what is watched.
pub fn router<S: Clone + Send + Sync + 'static>(shared: Shared, access: Access) -> Router<S> {
    let streams = Places::new("streams", MAX_STREAMS, MAX_STREAMS_OF_A_TOKEN);
    let sessions = Sessions::new(shared.crossing.clone(), streams.clone(), shared.stopping.clone());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        .with_allowed_hosts(access.hosts)
        .with_allowed_origins(access.origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(access.max_body_bytes);
    let around = from_fn_with_state(sessions.clone(), session::around);
    let hydra = move || {
        // Made for each request, so that it knows every commit since it came.
        let commits = shared.crossing.commits();
        let (streams, sessions) = (streams.clone(), sessions.clone());
        Ok(Hydra { shared: shared.clone(), sessions, streams, commits })
    };
    let service = StreamableHttpService::new(hydra, Arc::new(NeverSessionManager::default()), config);
    Router::new().route_service("/mcp", service).layer(around)
}
