//! What is measured, each against the real binary.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::corpus::{Random, write_vault};
use crate::harness::{Client, Server, binary, hydra, run, wait_until};
use crate::report::Report;

/// Who write at once.
pub const CLIENTS: usize = 32;
/// How much each of them writes.
pub const WRITES_PER_CLIENT: usize = 100;
/// 1,000 notes of 100 passages.
const NOTES: usize = 1_000;
const PASSAGES: usize = 100;
const QUESTIONS: usize = 300;
/// Fewer questions than the index remembers, so that asking them again needs no model.
pub const REPEATED: usize = 48;

/// Times in milliseconds, sorted.
pub struct Times(Vec<f64>);

impl Times {
    /// Takes them as they were measured.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times.into_iter().map(|time| time.as_secs_f64() * 1000.0).collect())
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the time that so many percent stay below.
    pub fn percentile(&self, percent: usize) -> f64 {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }
}

/// Does something, and says how long it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let started = Instant::now();
    let value = work();
    (started.elapsed(), value)
}

fn status(client: &mut Client) -> Value {
    client.ask("/v1/status", &json!({}))
}

/// Waits until everything is found.
pub fn wait_for_indexes(client: &mut Client) {
    wait_until("the indexes", || {
        status(client)["indexes"].as_array().is_some_and(|all| all.iter().all(|index| index["behind"] == false))
    });
}

/// CPU seconds a process has used, and its resident megabytes.
pub fn usage(pid: u32) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields: Vec<f64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0.0)).collect();
    // Fields 14 and 15 of proc(5), counted from the state; 100 ticks a second on every Linux we know.
    let seconds = (fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0)) / 100.0;
    (seconds, megabytes(pid, "VmRSS:"))
}

/// The most megabytes that were resident at once while this process did something, beyond those before.
pub fn peak<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let own = std::process::id();
    // proc(5): this puts the peak back to what is resident now.
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak of this process is put back");
    let before = megabytes(own, "VmRSS:");
    let done = work();
    (megabytes(own, "VmHWM:") - before, done)
}

fn megabytes(pid: u32, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

/// How long `hydra mcp` takes to answer `initialize`, with no server yet and with one.
pub fn initialize(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let answer = || {
        let mut bridge = hydra(&data)
            .arg("mcp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bridge starts");
        let request = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}});
        let mut input = bridge.stdin.take().expect("a pipe");
        writeln!(input, "{request}").expect("the bridge reads");
        let mut line = String::new();
        BufReader::new(bridge.stdout.take().expect("a pipe")).read_line(&mut line).expect("the bridge answers");
        assert!(line.contains("serverInfo"), "{line}");
        (bridge, input)
    };
    let end = |(mut bridge, input): (std::process::Child, std::process::ChildStdin)| {
        drop(input);
        bridge.wait().expect("the bridge ends");
    };
    let (cold, bridge) = timed(answer);
    end(bridge);
    let mut warm = Vec::new();
    for _ in 0..20 {
        let (time, bridge) = timed(answer);
        end(bridge);
        warm.push(time);
    }
    stop_server(&data);
    report.below("`hydra mcp` answers initialize, no server running", cold.as_secs_f64() * 1000.0, 200.0, "ms");
    report.below("the same with a server, p95 of 20", Times::of(warm).percentile(95), 200.0, "ms");
}

fn stop_server(data: &Path) {
    let state = std::fs::read(data.join("server.json")).unwrap_or_default();
    let state: Value = serde_json::from_slice(&state).unwrap_or_default();
    if let Some(pid) = state["pid"].as_u64() {
        let _ = Command::new("kill").arg(pid.to_string()).status();
        wait_until("the server to end", || !Path::new(&format!("/proc/{pid}")).exists());
    }
}

/// Durable, acknowledged writes of 32 clients at once.
pub fn write(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    // The first write loads the model, which is measured by itself below.
    server.client().ask("/v1/remember", &json!({"text": "the first one"}));
    wait_for_indexes(&mut server.client());
    let times = Mutex::new(Vec::new());
    let read_own = Mutex::new(0);
    let (all, ()) = timed(|| {
        std::thread::scope(|scope| {
            for writer in 0..CLIENTS {
                let (server, times, read_own) = (&server, &times, &read_own);
                scope.spawn(move || {
                    let mut client = server.client();
                    let mut random = Random::new(writer as u64);
                    for n in 0..WRITES_PER_CLIENT {
                        let text = format!("w{writer}n{n} {}", random.sentence(24));
                        let (time, told) = timed(|| client.ask("/v1/remember", &json!({"text": text})));
                        times.lock().expect("no panic").push(time);
                        if n % 25 == 0 {
                            let found =
                                client.ask("/v1/recall", &json!({"query": format!("w{writer}n{n}"), "limit": 1}));
                            assert_eq!(found["hits"][0]["id"], told["id"], "whoever wrote it finds it at once");
                            *read_own.lock().expect("no panic") += 1;
                        }
                    }
                });
            }
        });
    });
    let times = Times::of(times.into_inner().expect("no panic"));
    report.below("remember over HTTP, 32 clients at once, p95", times.percentile(95), 20.0, "ms");
    report.told("the same, p50", format!("{:.1} ms", times.percentile(50)));
    report.told(
        "acknowledged writes a second, own writes read back meanwhile",
        format!("{:.0}", (CLIENTS * WRITES_PER_CLIENT) as f64 / all.as_secs_f64()),
    );
    let mut client = server.client();
    client.ask("/v1/remember", &json!({"text": "zanzibar clove harvest"}));
    let (searchable, ()) = timed(|| {
        wait_until("the last write to be found", || {
            client.ask("/v1/recall", &json!({"query": "zanzibar clove", "limit": 1}))["hits"][0]["text"]
                == "zanzibar clove harvest"
        });
    });
    report.below("from acknowledged to found by words", searchable.as_secs_f64() * 1000.0, 1000.0, "ms");
    server.stop();
}

/// Reading a vault, against the bare embedder; and reading it again.
pub fn ingest(report: &mut Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, vault) = (folder.path().join("data"), folder.path().join("vault"));
    write_vault(&vault, 1_000, 4, 60);
    let server = Server::start(&data);
    let mut client = server.client();
    let before = usage(server.pid()).0;
    let output = run(&data, &["--json", "ingest", vault.to_str().expect("a plain path")]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    wait_for_indexes(&mut client);
    let seconds = usage(server.pid()).0 - before;
    let passages = status(&mut client)["passages"].as_f64().unwrap_or(0.0);
    let rate = passages / seconds;
    // The bare embedder: the same texts through the same recipe, and nothing else.
    let bare = bare_rate(&embedded_texts(&vault));
    report.told("passages a CPU second, the bare embedder", format!("{bare:.1}"));
    report.told("passages a CPU second, ingest with graph and both indexes", format!("{rate:.1}"));
    report.above("ingest against the bare embedder", 100.0 * rate / bare, 85.0, "%");
    let again: Vec<Duration> = (0..5)
        .map(|_| timed(|| assert!(run(&data, &["ingest", vault.to_str().expect("a plain path")]).status.success())).0)
        .collect();
    report.below("a second run over 1,000 unchanged notes, p50", Times::of(again).percentile(50), 300.0, "ms");
    server.stop();
}

/// The texts that ingest makes of the made-up vault, as they are embedded.
fn embedded_texts(vault: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for shelf in std::fs::read_dir(vault).expect("the vault").flatten() {
        for note in std::fs::read_dir(shelf.path()).expect("a shelf").flatten() {
            let text = std::fs::read_to_string(note.path()).expect("a note");
            let title = text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
            texts.extend(text.split("\n## ").skip(1).map(|section| {
                let (heading, body) = section.split_once('\n').unwrap_or_default();
                hydra_embed::embedding_text(&hydra_graph::IndexText {
                    title: title.clone(),
                    headings: format!("{title} > {heading}"),
                    text: body.trim().to_owned(),
                    ..Default::default()
                })
            }));
        }
    }
    texts
}

/// Texts a CPU second of the model alone.
pub fn bare_rate(texts: &[String]) -> f64 {
    let model = hydra_embed::MiniLm::new(vec![crate::harness::model().expect("the model")], 1);
    hydra_embed::Embedder::embed(&model, &texts[..texts.len().min(8)]).expect("the model loads");
    let before = usage(std::process::id()).0;
    for batch in texts.chunks(128) {
        hydra_embed::Embedder::embed(&model, batch).expect("the model embeds");
    }
    texts.len() as f64 / (usage(std::process::id()).0 - before)
}

/// Makes the memory of 100,000 passages, unless it was kept; brings its indexes up where an older version left them.
pub fn kept(keep: &Path) {
    let (data, vault) = (keep.join("data"), keep.join("vault"));
    let is_made = keep.join("complete").exists();
    if !is_made {
        write_vault(&vault, NOTES, PASSAGES, 24);
    }
    let server = Server::start(&data);
    if !is_made {
        println!("embedding {} passages; this takes a while, once", NOTES * PASSAGES);
        let output = run(&data, &["ingest", vault.to_str().expect("a plain path")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut client = server.client();
    while status(&mut client)["indexes"].as_array().is_some_and(|all| all.iter().any(|index| index["behind"] == true)) {
        std::thread::sleep(Duration::from_secs(2));
    }
    server.stop();
    std::fs::write(keep.join("complete"), "").expect("a mark");
}

/// Recall over 100,000 passages, on one core.
pub fn recall(report: &mut Report, keep: &Path) {
    let data = keep.join("data");
    kept(keep);
    let (started, (server, mut client)) = timed(|| {
        let mut pinned = Command::new("taskset");
        pinned.args(["-c", "0"]).arg(binary()).arg("--data-dir").arg(&data);
        let server = Server::start_with(pinned, &data);
        let mut client = server.client();
        let answer = client.ask("/v1/recall", &json!({"query": "an anchor in the harbour"}));
        assert!(answer["hits"].as_array().is_some_and(|hits| !hits.is_empty()));
        (server, client)
    });
    report.below("start to first answer, 100,000 passages", started.as_secs_f64() * 1000.0, 1000.0, "ms");
    report.below("resident memory then", usage(server.pid()).1, 700.0, "MB");
    let mut random = Random::new(99);
    let mut ask = |query: &str| timed(|| client.ask("/v1/recall", &json!({"query": query}))).0;
    let fresh: Vec<String> = (0..QUESTIONS).map(|_| random.sentence(7)).collect();
    for query in fresh.iter().take(20) {
        ask(query);
    }
    let with = Times::of(fresh.iter().skip(20).map(|query| ask(query)).collect());
    report.below("recall with the query's embedding, p50", with.percentile(50), 15.0, "ms");
    report.below("recall with the query's embedding, p95", with.percentile(95), 50.0, "ms");
    let known: Vec<&String> = fresh.iter().take(REPEATED).collect();
    for query in &known {
        ask(query);
    }
    let without = Times::of((0..6).flat_map(|_| known.clone()).map(|query| ask(query)).collect());
    report.below("recall without it (asked before), p95", without.percentile(95), 8.0, "ms");
    report.told("the same, p50", format!("{:.1} ms", without.percentile(50)));
    let mut deep = |query: &str| timed(|| client.ask("/v1/recall", &json!({"query": query, "mode": "deep"}))).0;
    let deep = Times::of((0..QUESTIONS / 3).map(|_| random.sentence(7)).map(|query| deep(&query)).collect());
    report.below("deep recall with the query's embedding, p95", deep.percentile(95), 150.0, "ms");
    let cache = std::fs::metadata(data.join("vectors.cache")).map_or(0, |file| file.len());
    let passages = (NOTES * PASSAGES) as f64;
    report.below("vector and word pieces of a passage, on disk", cache as f64 / passages / 1000.0, 20.0, "KB");
    report.told("resident memory after all that", format!("{:.0} MB", usage(server.pid()).1));
    report.note(format!(
        "Recall was asked {QUESTIONS} questions of seven words, by one client, with the server pinned to one core."
    ));
    server.stop();
}

/// CPU seconds of the calling thread so far.
pub fn thread_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells of threads");
    let nanoseconds: f64 =
        stat.split(' ').next().and_then(|first| first.parse().ok()).expect("a number of nanoseconds");
    nanoseconds / 1e9
}
