//! What a person waits for at each event of a client: the whole process of `hydra hook`, against a server with 100,000
//! passages and a few hundred decisions and learnings.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::corpus::Random;
use crate::harness::{Client, Server, binary, hydra};
use crate::life::copy;
use crate::measure::{Times, kept, timed, wait_for_indexes};
use crate::report::Report;

/// Runs of each event.
const RUNS: usize = 200;
/// Learnings and decisions beside the passages: so many of each.
const OF_EACH_KIND: usize = 200;
/// Processes that only start and end; what SessionStart may take comes on top.
const START_RUNS: usize = 50;

/// Each event that somebody waits for.
pub fn hooks(report: &mut Report, keep: &Path) {
    kept(keep);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    copy(&keep.join("data"), &data);
    let server = Server::start(&data);
    let mut client = server.client();
    fill(&mut client);
    wait_for_indexes(&mut client);
    // The model is loaded and each path was gone once.
    client.ask("/v1/recall", &json!({"query": "an anchor in the harbour"}));
    let start = Times::of((0..START_RUNS).map(|_| timed(started).0).collect()).percentile(95);
    report.told("a process of hydra that only says its version, p95", format!("{start:.1} ms"));
    let mut random = Random::new(5);
    for (event, bound) in [
        ("SessionStart", 30.0 + start),
        ("UserPromptSubmit", 50.0),
        ("PreToolUse", 20.0),
        ("PostToolUseFailure", 50.0),
        ("Stop", 20.0),
        ("SessionEnd", 20.0),
    ] {
        let mut run = |number: usize| hook(&data, event, &told(event, number, &mut random));
        for number in RUNS..RUNS + 5 {
            run(number);
        }
        let times = Times::of((0..RUNS).map(run).collect());
        report.below(&format!("hook {event}, p95 of {RUNS}"), times.percentile(95), bound, "ms");
        report.told("the same, p50", format!("{:.1} ms", times.percentile(50)));
    }
    let log = std::fs::read_to_string(data.join("hook.log")).unwrap_or_default();
    report.told("hooks that gave up meanwhile", log.lines().count().to_string());
    report.note(
        "A hook's time is that of its whole process; SessionStart may take 30 ms more than a process takes.".to_owned(),
    );
    server.stop();
}

fn fill(client: &mut Client) {
    let mut random = Random::new(3);
    for n in 0..OF_EACH_KIND {
        let path = format!("/w/atlas/src/part{}.rs", n % 20);
        let (trigger, lesson) = (random.sentence(6), random.sentence(12));
        client.ask("/v1/learn", &json!({"trigger": trigger, "lesson": lesson, "path": path}));
        let option = format!("{}: {}", random.word(), random.sentence(5));
        let text = random.sentence(10);
        client.ask("/v1/remember", &json!({"kind": "decision", "text": text, "options": [option], "applies_to": path}));
    }
}

/// What a client tells, of a session that nobody saw before.
fn told(event: &str, number: usize, random: &mut Random) -> Value {
    let file = format!("/w/atlas/src/part{}.rs", number % 20);
    let mut told = json!({
        "session_id": format!("{event}-{number}"), "transcript_path": "/nowhere/x.jsonl", "cwd": "/w/atlas",
        "permission_mode": "default", "hook_event_name": event, "source": "startup", "prompt": random.sentence(12),
        "tool_name": "Edit", "tool_input": {"file_path": file, "old_string": "x", "new_string": random.sentence(40)},
        "stop_hook_active": false, "reason": "other",
    });
    if event == "PostToolUseFailure" {
        told["error"] = json!(format!("Exit code 1\nerror: {}", random.sentence(30)));
    }
    told
}

fn hook(data: &Path, event: &str, told: &Value) -> Duration {
    let line = told.to_string();
    let (took, ()) = timed(|| {
        let mut command = hydra(data);
        command.args(["hook", event]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the binary runs");
        child.stdin.take().expect("it listens").write_all(line.as_bytes()).expect("it listens");
        assert!(child.wait().expect("it ends").success(), "{event}");
    });
    took
}

fn started() {
    let output = Command::new(binary()).arg("--version").output().expect("the binary runs");
    assert!(output.status.success());
}
