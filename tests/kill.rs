//! kill -9 at any moment, again and again, under load: what was acknowledged is there, whole, and found.

mod harness;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use harness::{Server, json, model, wait_until};
use serde_json::json;

/// Rounds in an ordinary test run; `HYDRA_KILLS=200` is the long one.
const ROUNDS: usize = 8;
const WRITERS: usize = 4;

/// A small generator (Steele et al. 2014, SplitMix64), so that a failing run can be repeated.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *seed;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let rounds = std::env::var("HYDRA_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(ROUNDS);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mut seed = 42;
    let mut told: Vec<(String, String, String)> = Vec::new();
    for round in 0..rounds {
        let server = Server::start(&data);
        let mut client = server.client();
        // What the last round was told must be there before anything else happens.
        for (id, word, text) in told.iter().rev().take(40) {
            let answer = client.ask("/v1/recall", &json!({"query": word, "limit": 3}));
            assert_eq!(answer["hits"][0]["text"], *text, "round {round}: {id} is not found by its word");
        }
        let acknowledged = Mutex::new(Vec::new());
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let (server, acknowledged, stop) = (&server, &acknowledged, &stop);
                scope.spawn(move || {
                    let mut client = server.client();
                    for n in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let word = format!("keeper{round}x{writer}x{n}");
                        let text = format!("The lighthouse {word} reported calm seas and {n} ships at dawn");
                        let Ok((200, answer)) = client.post("/v1/remember", &json!({"text": text})) else { return };
                        let id = answer["id"].as_str().unwrap_or_default().to_owned();
                        acknowledged.lock().unwrap().push((id, word, text));
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(20 + random(&mut seed) % 400));
            let pid = server.pid().to_string();
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        drop(server);
        told.extend(acknowledged.into_inner().unwrap());
    }
    assert!(told.len() > rounds, "the load was real: {}", told.len());

    let server = Server::start(&data);
    let mut client = server.client();
    for (id, _, text) in &told {
        let answer = client.ask("/v1/get", &json!({"ids": [id]}));
        assert_eq!(answer["records"][0]["record"]["text"], *text, "{id} is not whole");
    }
    if model().is_some() {
        wait_until("the vector index to have everything", || {
            let status = client.ask("/v1/status", &json!({}));
            status["indexes"].as_array().unwrap().iter().all(|index| index["behind"] == false)
        });
        for (id, word, text) in told.iter().step_by(1 + told.len() / 50) {
            let answer = client.ask("/v1/recall", &json!({"query": text, "limit": 3}));
            let hit = &answer["hits"][0];
            assert_eq!(hit["id"], *id, "{word}");
            assert!(hit["why"]["dense"]["score"].as_f64().unwrap() > 0.99, "{word} is not found by meaning: {hit}");
        }
    }
    server.stop();
    let report = json(&data, &["check"]);
    assert_eq!(report["ok"], true, "{report}");
    eprintln!("{} acknowledged memories survived {rounds} kills", told.len());
}

#[test]
fn what_was_asked_before_kill_9_is_explained_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let server = Server::start(&data);
    let mut client = server.client();
    let told = client.ask("/v1/remember", &json!({"text": "The lighthouse keeper is called Ines"}));
    let given = client.ask("/v1/recall", &json!({"query": "who keeps the lighthouse"}));
    std::process::Command::new("kill").args(["-9", &server.pid().to_string()]).status().unwrap();
    drop(server);
    let trace = given["trace_id"].as_str().unwrap();
    // Also without a server.
    let explained = json(&data, &["explain", "--trace", trace, "--id", told["id"].as_str().unwrap()]);
    assert_eq!(explained["rank"], 1, "{explained}");
    let server = Server::start(&data);
    let explained = server.client().ask("/v1/explain", &json!({"trace": trace}));
    assert_eq!(explained["question"], "who keeps the lighthouse");
    assert_eq!(explained["given"], given["hits"]);
    let next = server.client().ask("/v1/recall", &json!({"query": "lighthouse"}));
    assert_ne!(next["trace_id"], given["trace_id"]);
}
