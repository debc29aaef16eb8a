//! Whether the server can do all that it is there for, told to anyone who may call: nothing of what is remembered is in it.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use hydra_graph::IndexStatus;
use serde_json::{Value, json};

use super::App;

/// Texts that an index may still have to take in. So many are in within seconds, and the newest are found before they are.
pub const MAX_WAITING_TEXTS: u64 = 500;

/// Answers 200 when everything works, else 503 with what does not.
pub async fn tell(State(app): State<App>) -> Response {
    let memory = app.crossing.memory();
    let (refusal, is_empty) = (memory.refusal(), memory.newest_commit().is_none());
    let mut reasons = Vec::new();
    if *app.stopping.borrow() {
        reasons.push("the server is stopping".to_owned());
    }
    // Why is for the log and `hydra status`: it may name files.
    if let Some(refusal) = &refusal {
        reasons.push(format!("writes are refused ({}) until the server is started again", refusal.kind().as_str()));
    }
    let mut indexes = Vec::new();
    for index in memory.index_states() {
        let state = state(&index, is_empty);
        if !matches!(state, "ok" | "off") {
            reasons.push(format!("the index `{}` is {}", index.name, state.replace('_', " ")));
        }
        indexes.push(json!({"name": index.name, "state": state, "waiting": waiting(&index)}));
    }
    let answer = json!({
        "status": if reasons.is_empty() { "ready" } else { "not_ready" },
        "reasons": reasons,
        "memory": "open",
        "writes": if refusal.is_some() { "refused" } else { "ok" },
        "indexes": indexes,
        "model": if is_off(&indexes, "vectors") { "missing" } else { "ok" },
    });
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response()
}

/// How an index is. One that is off (there is no model) is no reason: recall goes on with words and links, and says so.
fn state(index: &IndexStatus, is_empty: bool) -> &'static str {
    match index {
        IndexStatus { degraded: Some(_), .. } => "off",
        IndexStatus { behind: true, error: Some(_), .. } => "failing",
        IndexStatus { behind: true, stamp: None, .. } if !is_empty => "catching_up",
        _ if waiting(index) > MAX_WAITING_TEXTS => "catching_up",
        _ => "ok",
    }
}

fn waiting(index: &IndexStatus) -> u64 {
    index.total.saturating_sub(index.done)
}

fn is_off(indexes: &[Value], name: &str) -> bool {
    !indexes.iter().any(|index| index["name"] == name && index["state"] != "off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_counts_when_it_could_answer_and_lacks_much() {
        let index = |behind, done, total| IndexStatus {
            name: "text".to_owned(),
            stamp: Some(hydra_graph::Id(1)),
            behind,
            done,
            total,
            degraded: None,
            error: None,
        };
        assert_eq!(state(&index(false, 0, 0), false), "ok");
        assert_eq!(state(&index(true, 0, MAX_WAITING_TEXTS), false), "ok");
        assert_eq!(state(&index(true, 0, MAX_WAITING_TEXTS + 1), false), "catching_up");
        let unbuilt = IndexStatus { stamp: None, ..index(true, 0, 0) };
        assert_eq!((state(&unbuilt, false), state(&unbuilt, true)), ("catching_up", "ok"));
        let failing = IndexStatus { error: Some("x".to_owned()), ..index(true, 0, 0) };
        assert_eq!(state(&failing, false), "failing");
        assert_eq!(state(&IndexStatus { degraded: Some("x".to_owned()), ..failing }, false), "off");
    }
}
