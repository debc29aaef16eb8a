//! The store, the log and the indexes.

use std::sync::Arc;
use std::time::Duration;

use hydra_graph::{Error, ErrorKind, Result};
use serde_json::Value;

use super::Patient;
use super::check::Check;
use crate::client::{Client, Need};
use crate::verb::{Check as CheckVerb, Rebuild, Status};

/// How long reading everything may take; a large memory needs `hydra check` itself.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at them through whoever holds the memory.
pub async fn check(patient: &Patient<'_>) -> Vec<Check> {
    let client = match Client::connect(patient.config, Need::Meaning, "doctor").await {
        Ok(client) => client,
        Err(error) => return vec![Check::failed("store", &error)],
    };
    let mut checks = match client.ask(Status {}).await {
        Ok(status) => vec![writes(&status)],
        Err(error) => vec![Check::failed("store", &error)],
    };
    checks.push(agreement(patient, &client).await);
    // What was acknowledged is safe all the same.
    if let Err(error) = client.close().await {
        checks.push(Check::failed("store", &error));
    }
    checks
}

fn writes(status: &Value) -> Check {
    match status["writes"].as_str() {
        Some("ok") => {
            let count = |name: &str| status[name].as_u64().unwrap_or(0);
            let (memories, sources) = (count("memories"), count("sources"));
            Check::ok("store", format!("it opens and takes writes; {memories} memories, {sources} files"))
        }
        refused => {
            let why = refused.unwrap_or("it does not say why");
            Check::fail("store", format!("writes are refused: {why}"), "check the disk, then restart the server")
        }
    }
}

/// Compares graph, log and indexes. What is found is only counted: it may quote what is remembered.
async fn agreement(patient: &Patient<'_>, client: &Client) -> Check {
    let report = match compare(client).await {
        Ok(report) => report,
        Err(error) if error.kind() == ErrorKind::Cancelled => {
            return Check::warn("agreement", error.message(), "compare them all with: hydra check");
        }
        Err(error) => return Check::failed("agreement", &error),
    };
    let findings: Vec<&str> = report["findings"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let indexes = report["indexes"].as_array().map_or(0, Vec::len);
    if findings.is_empty() {
        let texts = report["texts"].as_u64().unwrap_or(0);
        return Check::ok("agreement", format!("store, log and {indexes} indexes agree on {texts} texts"));
    }
    let is_index_only = findings.iter().all(|finding| finding.contains("hydra rebuild"));
    if !is_index_only {
        let said = format!("{} findings in the store or the log", findings.len());
        return Check::fail("agreement", said, "see them with `hydra check`; do not delete anything before an export");
    }
    let said = "an index does not agree with the graph";
    if !patient.fix {
        return Check::warn("agreement", said, "build it again with `hydra rebuild`, or run `hydra doctor --fix`");
    }
    match client.follow(Rebuild { index: None }, Arc::default(), &mut |_| ()).await {
        Ok(_) => Check::fixed("agreement", format!("{said}; the indexes were built again")),
        Err(error) => Check::failed("agreement", &error),
    }
}

async fn compare(client: &Client) -> Result<Value> {
    let work = async { client.follow(CheckVerb {}, Arc::default(), &mut |_| ()).await };
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| {
        let seconds = PATIENCE.as_secs();
        Err(Error::new(ErrorKind::Cancelled, format!("not compared: it takes more than {seconds} s in this memory")))
    })
}
