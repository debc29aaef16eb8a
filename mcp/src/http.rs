//! The MCP server over streamable HTTP, as something to mount under `/mcp`.

use std::sync::Arc;

use axum::Router;
use hydra_graph::Clock;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};

use crate::Crossing;
use crate::handler::Hydra;

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

/// Returns the endpoint `/mcp`: both protocol revisions, without sessions, answers as JSON.
///
/// Without sessions each request stands alone, so that clients and bridges go on after a restart of the server as if
/// nothing had been.
pub fn router<S: Clone + Send + Sync + 'static>(
    crossing: Crossing,
    clock: Clock,
    default_space: String,
    access: Access,
) -> Router<S> {
    let hydra = Hydra { crossing, clock, default_space };
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_allowed_hosts(access.hosts)
        .with_allowed_origins(access.origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(access.max_body_bytes);
    let sessions = Arc::new(NeverSessionManager::default());
    Router::new().route_service("/mcp", StreamableHttpService::new(move || Ok(hydra.clone()), sessions, config))
}
