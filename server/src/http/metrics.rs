//! Counts requests and tells a Prometheus how the memory is.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hydra_graph::{Error, ErrorKind, Result};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::failure::Told;
use super::permission::{self, Called, Right};
use crate::verb;

/// Upper bounds of the buckets of every latency, in seconds: from an answer out of memory to a cold rebuild.
const BUCKETS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0];

/// Starts to count.
///
/// # Errors
/// When something else counts in this process already.
pub fn start() -> Result<PrometheusHandle> {
    let failed = |error| Error::new(ErrorKind::Io, format!("metrics can't be kept: {error}"));
    PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(failed)?.install_recorder().map_err(failed)
}

/// Counts a request by its route, so that a caller can't make new names.
pub async fn count(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("hydra_http_requests_total", "route" => route.clone(), "status" => status).increment(1);
    metrics::histogram!("hydra_http_request_seconds", "route" => route).record(started.elapsed().as_secs_f64());
    response
}

/// Tells everything that was counted, and how things are now.
pub async fn render(Called(app): Called) -> std::result::Result<Response, Told> {
    permission::session(&app, Right::Read)?;
    let status = app.crossing.run("status", |memory| memory.status()).await?;
    let kinds = [
        ("sources", status.sources),
        ("passages", status.passages),
        ("memories", status.memories),
        ("entities", status.entities),
        ("links", status.links),
    ];
    for (kind, count) in kinds {
        metrics::gauge!("hydra_graph_nodes", "kind" => kind).set(count as f64);
    }
    for index in status.indexes {
        let waiting = index.total.saturating_sub(index.done) as f64;
        metrics::gauge!("hydra_index_behind", "index" => index.name.clone()).set(f64::from(u8::from(index.behind)));
        metrics::gauge!("hydra_index_waiting_texts", "index" => index.name.clone()).set(waiting);
        metrics::gauge!("hydra_index_degraded", "index" => index.name)
            .set(f64::from(u8::from(index.degraded.is_some())));
    }
    metrics::gauge!("hydra_log_bytes").set(status.log_bytes as f64);
    metrics::gauge!("hydra_writes_refused").set(f64::from(u8::from(status.writes != "ok")));
    metrics::gauge!("process_resident_memory_bytes").set(verb::resident_bytes() as f64);
    app.metrics.run_upkeep();
    let text = app.metrics.render();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
