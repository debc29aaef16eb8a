//! Many requests a second of all kinds that only read, for some time: how long each takes, and whether memory grows.
//!
//! Requests are sent by the clock and not one after the other's answer, and each time counts from when it was due: whoever
//! waits for a slow answer before asking again measures nothing of what the next one waits.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::connection::Connection;
use crate::corpus::Random;
use crate::harness::Server;
use crate::measure::{Times, timed, usage, wait_for_indexes};
use crate::report::Report;

/// Requests a second, of all clients together.
const RATE: u32 = 2_000;
/// Who ask at once, each on a connection of its own.
const CLIENTS: u32 = 32;
/// How long it goes on, in seconds, unless `HYDRA_LOAD_SECONDS` says so.
const SECONDS: u32 = 60;
/// How much longer than that the last answers are waited for, where a machine does not keep up.
const PATIENCE: Duration = Duration::from_secs(10);
/// Memories that are asked for.
const MEMORIES: usize = 1_000;
/// The most that the slowest of a hundred may take.
const MAX_P99_MS: f64 = 50.0;
/// The most that half of the questions for one memory may take.
const MAX_P50_MS: f64 = 1.0;
/// The most that memory may grow from the middle to the end.
const MAX_GROWTH_MB: f64 = 50.0;

/// Measures it on a memory of a thousand texts.
pub fn load(report: &mut Report) {
    let seconds = std::env::var("HYDRA_LOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let server = Server::start(&data);
    let ids = remembered(&server);
    one_by_one(report, &server, &ids);
    let cpu_before = (usage(server.pid()).0, usage(std::process::id()).0);
    let resident = || usage(server.pid()).1;
    let at_start = resident();
    let count = RATE * seconds / CLIENTS;
    let begin = Barrier::new(CLIENTS as usize + 1);
    let (times, at_middle) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (server, ids, begin) = (&server, &ids, &begin);
                scope.spawn(move || ask(server, ids, client, count, begin))
            })
            .collect();
        begin.wait();
        std::thread::sleep(Duration::from_secs(u64::from(seconds) / 2));
        let at_middle = resident();
        let times: Vec<_> =
            clients.into_iter().flat_map(|client| client.join().expect("every answer is sound")).collect();
        (times, at_middle)
    });
    let at_end = resident();
    let cpu = (usage(server.pid()).0 - cpu_before.0, usage(std::process::id()).0 - cpu_before.1);
    let (all, last): (Vec<Duration>, Vec<Instant>) = times.into_iter().unzip();
    let ended = last.iter().max().zip(last.iter().min()).map_or(0.0, |(end, first)| (*end - *first).as_secs_f64());
    let rate = all.len() as f64 / ended.max(f64::EPSILON);
    let times = Times::of(all);
    let what = format!("{RATE} mixed requests a second for {seconds} s");
    report.above(&format!("{what}: answered a second"), rate, f64::from(RATE) * 0.99, "requests");
    report.below(&format!("{what}: p99, counted from when each was due"), times.percentile(99), MAX_P99_MS, "ms");
    report.told("the same, p50", format!("{:.1} ms", times.percentile(50)));
    report.told(
        "resident memory at its start, middle and end",
        format!("{at_start:.0}, {at_middle:.0} and {at_end:.0} MB"),
    );
    report.below("resident memory that its second half adds", at_end - at_middle, MAX_GROWTH_MB, "MB");
    report.told("CPU of the server for a request", format!("{:.2} ms", cpu.0 * 1000.0 / times.len() as f64));
    report.told(
        "CPU that took, the server and who asked",
        format!("{:.2} and {:.2} cores", cpu.0 / ended.max(f64::EPSILON), cpu.1 / ended.max(f64::EPSILON)),
    );
    report.note(format!(
        "The {} requests were, of ten: three memories by GraphQL, two by `/v1/get`, two SPARQL queries, a memory's page as \
         JSON, a page of the web view, and `/healthz`; by {CLIENTS} clients on the same machine.",
        times.len()
    ));
    server.stop();
}

/// What one memory takes by GraphQL when nobody else asks for anything.
fn one_by_one(report: &mut Report, server: &Server, ids: &[String]) {
    let mut connection = Connection::open(server.port());
    let mut ask = |id: &String| timed(|| _ = connection.ask(&request(server, 0, id))).0;
    ids.iter().for_each(|id| _ = ask(id));
    let times = Times::of(ids.iter().map(ask).collect());
    report.below("GraphQL memory(id), one after the other: p50", times.percentile(50), MAX_P50_MS, "ms");
}

fn remembered(server: &Server) -> Vec<String> {
    let (mut client, mut random) = (server.client(), Random::new(7));
    let ids = (0..MEMORIES)
        .map(|number| {
            let text = format!("number{number} {}", random.sentence(20));
            client.ask("/v1/remember", &json!({"text": text}))["id"].as_str().expect("it has an id").to_owned()
        })
        .collect();
    wait_for_indexes(&mut client);
    ids
}

/// One client: returns how long each answer took from when its request was due, and when it came.
fn ask(server: &Server, ids: &[String], client: u32, count: u32, begin: &Barrier) -> Vec<(Duration, Instant)> {
    let mut connection = Connection::open(server.port());
    // Nobody's first request pays for what is made once.
    (0..10).for_each(|kind| _ = connection.ask(&request(server, kind, &ids[0])));
    let mut times = Vec::with_capacity(count as usize);
    begin.wait();
    let began = Instant::now();
    for number in 0..count {
        let place = number * CLIENTS + client;
        let due = began + Duration::from_secs(1) * place / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        connection.ask(&request(server, place % 10, &ids[place as usize * 7 % ids.len()]));
        let now = Instant::now();
        times.push((now.saturating_duration_since(due), now));
        if now.saturating_duration_since(began) > Duration::from_secs(1) * count * CLIENTS / RATE + PATIENCE {
            break;
        }
    }
    times
}

/// A request of one of ten kinds.
fn request(server: &Server, kind: u32, id: &str) -> String {
    let post = |path: &str, body: String| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.token(),
            body.len()
        )
    };
    let get = |path: &str, accept: &str| {
        let (token, host) = (server.token(), "Host: localhost");
        format!("GET {path} HTTP/1.1\r\n{host}\r\nAuthorization: Bearer {token}\r\nAccept: {accept}\r\n\r\n")
    };
    let query = "query($id: NodeID!) { memory(id: $id) { id text trust space kind } }";
    let asked = "SELECT%20%3Fp%20%3Fo%20%7B%20id%3A";
    match kind {
        0..3 => post("/graphql", json!({"query": query, "variables": {"id": id}}).to_string()),
        3..5 => post("/v1/get", json!({"ids": [id]}).to_string()),
        5..7 => get(&format!("/sparql?query={asked}{id}%20%3Fp%20%3Fo%20%7D"), "application/sparql-results+json"),
        7 => get(&format!("/m/{id}"), "application/json"),
        8 => get("/search", "text/html"),
        _ => get("/healthz", "application/json"),
    }
}
