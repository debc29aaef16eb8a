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
    let kept = PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(failed)?.install_recorder().map_err(failed)?;
    describe();
    metrics::gauge!("hydra_build_info", "version" => hydra_mcp::VERSION).set(1.0);
    Ok(kept)
}

/// Says what each name counts, whoever counts it.
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("hydra_http_requests_total", "Requests that were answered, by route and status.");
    describe_histogram!("hydra_http_request_seconds", "Time from a request to the head of its answer.");
    describe_gauge!("hydra_http_connections", "Connections that are open.");
    describe_counter!("hydra_http_connections_refused_total", "Connections that found every place in use.");
    describe_counter!("hydra_verbs_total", "Verbs that ran, by how they ended.");
    describe_histogram!("hydra_verb_seconds", "Time that a verb took, with waiting for its turn.");
    describe_counter!("hydra_recall_hits_total", "Hits of recall, by the list that found them.");
    describe_counter!("hydra_recall_degraded_total", "Recalls in which an index could not take part.");
    describe_counter!("hydra_enrichment_requests_total", "Requests to the configured model, by outcome.");
    describe_gauge!("hydra_graph_nodes", "Nodes of the graph, by kind.");
    describe_gauge!("hydra_index_behind", "Whether commits are missing in an index.");
    describe_gauge!("hydra_index_waiting_texts", "Texts that an index has still to take in.");
    describe_gauge!("hydra_index_degraded", "Whether an index can't answer.");
    describe_gauge!("hydra_log_bytes", "Size of the redo log, which is cut at every clean stop.");
    describe_gauge!("hydra_writes_refused", "Whether nothing can be written until the server is started again.");
    describe_gauge!("hydra_build_info", "The version that runs; always 1.");
    describe_gauge!("process_resident_memory_bytes", "Memory that the process has in use.");
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
