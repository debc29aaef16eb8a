//! A memory that is lived in: facts, preferences, decisions, learnings, conversations and full core blocks beside the
//! 100,000 passages. All of it is done to a copy of what is kept between runs.

use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use hydra_graph::{CUSTOMARY_BLOCKS, DEFAULT_BLOCK_BYTES, Timestamp};
use serde_json::{Value, json};

use crate::corpus::Random;
use crate::harness::{Client, Server, binary};
use crate::measure::{CLIENTS, REPEATED, Times, WRITES_PER_CLIENT, kept, timed, wait_for_indexes};
use crate::report::Report;

/// Facts of one subject and one predicate.
const BUSY_FACTS: usize = 2_000;
/// People, each of whom lives somewhere, knows another, and is known to the busy one.
const PEOPLE: usize = 200;
const TOWNS: usize = 40;
/// Preferences, decisions, learnings and turns of conversations: so many of each.
const OF_EACH_KIND: usize = 200;
const TURNS: usize = 20;
/// Times that each question is asked.
const ROUNDS: usize = 6;
/// Whom most facts are about.
const BUSY: &str = "Mirela";

/// Writes of facts, and everything that is asked of them.
pub fn life(report: &mut Report, keep: &Path) {
    kept(keep);
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    copy(&keep.join("data"), &data);
    let server = Server::start(&data);
    wait_for_indexes(&mut server.client());
    fill(&server);
    wait_for_indexes(&mut server.client());
    let then = moment();
    write(report, &server);
    wait_for_indexes(&mut server.client());
    server.stop();
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", "0"]).arg(binary()).arg("--data-dir").arg(&data);
    let server = Server::start_with(pinned, &data);
    ask(report, &mut server.client(), &then);
    server.stop();
}

fn moment() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    // Whatever comes next is of a later moment.
    std::thread::sleep(Duration::from_millis(5));
    Timestamp::from_millis(i64::try_from(now.as_millis()).expect("a year before 292 million")).to_string()
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let place = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &place);
        } else {
            std::fs::copy(entry.path(), &place).expect("room for a copy");
        }
    }
}

fn fill(server: &Server) {
    at_once(server, |client, mut random, writer| {
        let mine = |all: usize| (writer..all).step_by(CLIENTS);
        for n in mine(BUSY_FACTS) {
            let text = format!("{BUSY} likes the {} {} {n}", random.word(), random.word());
            client.ask("/v1/remember", &json!({"text": text, "kind": "fact"}));
        }
        for n in mine(PEOPLE) {
            for statement in [
                (format!("Person {n}"), "lives in", format!("Town {}", n % TOWNS)),
                (format!("Person {n}"), "knows", format!("Person {}", (n * 7 + 1) % PEOPLE)),
                (BUSY.to_owned(), "knows", format!("Person {n}")),
            ] {
                client.ask("/v1/remember", &json!({"statement": statement, "kind": "fact"}));
            }
        }
        for n in mine(OF_EACH_KIND) {
            let (one, other) = (random.sentence(8), random.sentence(8));
            let topic = format!("topic {n}");
            client.ask("/v1/remember", &json!({"text": format!("use {one}"), "kind": "preference", "topic": topic}));
            let options = [json!({"option": one, "verdict": "chosen"}), json!({"option": other, "why": "too slow"})];
            let decision = json!({"text": format!("for {topic}"), "kind": "decision", "options": options});
            client.ask("/v1/remember", &decision);
            client.ask("/v1/learn", &json!({"trigger": one, "lesson": other}));
            let turn = json!({"text": random.sentence(16), "session": format!("talk {}", n / TURNS), "speaker": BUSY});
            client.ask("/v1/remember", &turn);
        }
    });
    let mut random = Random::new(3);
    for name in CUSTOMARY_BLOCKS {
        let mut text = String::new();
        while text.len() < DEFAULT_BLOCK_BYTES {
            text.push_str(&random.sentence(12));
            text.push('\n');
        }
        text.truncate(DEFAULT_BLOCK_BYTES);
        server.client().ask("/v1/edit_block", &json!({"name": name, "text": text}));
    }
}

/// Does something as so many clients at once.
fn at_once(server: &Server, work: impl Fn(&mut Client, Random, usize) + Sync) {
    std::thread::scope(|scope| {
        for writer in 0..CLIENTS {
            let work = &work;
            scope.spawn(move || work(&mut server.client(), Random::new(1_000 + writer as u64), writer));
        }
    });
}

/// Facts of four kinds at once, by clients that each go round them.
fn write(report: &mut Report, server: &Server) {
    let times: Mutex<[Vec<Duration>; 4]> = Mutex::default();
    let (all, ()) = timed(|| {
        at_once(server, |client, mut random, writer| {
            for n in 0..WRITES_PER_CLIENT {
                let kind = n % 4;
                let thing = format!("{} {} w{writer}n{n}", random.word(), random.word());
                let fact = match kind {
                    0 => json!({"text": format!("Client{writer} moved to Place{n}"), "kind": "fact"}),
                    1 => json!({"statement": (format!("Project {writer}"), "status", &thing), "kind": "fact"}),
                    2 => json!({"text": format!("{BUSY} likes {thing}"), "kind": "fact"}),
                    _ => json!({"statement": (BUSY, "likes", &thing), "kind": "fact"}),
                };
                let (time, told) = timed(|| client.ask("/v1/remember", &fact));
                assert_eq!(told["status"], if kind < 2 && n >= 4 { "superseded" } else { "inserted" }, "{fact}");
                times.lock().expect("no panic")[kind].push(time);
            }
        });
    });
    let times = times.into_inner().expect("no panic");
    let of = |kinds: &[usize]| Times::of(kinds.iter().flat_map(|kind| times[*kind].clone()).collect());
    let everything = of(&[0, 1, 2, 3]);
    report.below("remember a fact over HTTP, 32 clients at once, p95", everything.percentile(95), 25.0, "ms");
    report.told("the same, p50", format!("{:.1} ms", everything.percentile(50)));
    report.below("one that ends its predecessor, p95", of(&[0, 1]).percentile(95), 25.0, "ms");
    report.below("one of a subject and predicate with 2,000 others, p95", of(&[2, 3]).percentile(95), 25.0, "ms");
    report.told("acknowledged facts a second", format!("{:.0}", everything.len() as f64 / all.as_secs_f64()));
}

/// How a question is put, at which moment, to which kinds.
type Way = fn(&str, &str, &[&str]) -> Value;

fn ask(report: &mut Report, client: &mut Client, then: &str) {
    let mut random = Random::new(77);
    let questions: Vec<String> = (0..REPEATED)
        .map(|n| match n % 2 {
            0 => random.sentence(7),
            _ => format!("what does {BUSY} like about the {} and the {}", random.word(), random.word()),
        })
        .collect();
    let kinds = ["fact", "preference", "decision", "learning"];
    let ways: [Way; 4] = [
        |query, _, _| json!({"query": query}),
        |query, then, _| json!({"query": query, "as_of": then}),
        |query, then, _| json!({"query": query, "known_at": then}),
        |query, then, kinds| {
            json!({"query": query, "as_of": then, "known_at": then, "kinds": kinds, "spaces": ["personal"],
                "entity": BUSY, "since": "1d", "budget_tokens": 1500, "mode": "deep"})
        },
    ];
    let mut times = ways.map(|_| Vec::new());
    for round in 0..=ROUNDS {
        for question in &questions {
            // One after another, so that a busy machine is busy for all of them.
            for (way, times) in ways.iter().zip(&mut times) {
                let (time, found) = timed(|| client.ask("/v1/recall", &way(question, then, &kinds)));
                assert!(found["hits"].as_array().is_some_and(|hits| !hits.is_empty()), "{question}");
                // The first time embeds the question.
                if round > 0 {
                    times.push(time);
                }
            }
        }
    }
    let [plain, as_of, known_at, filtered] = times.map(Times::of);
    report.below("recall over all of that, asked before, p95", plain.percentile(95), 8.0, "ms");
    report.told("the same, p50", format!("{:.1} ms", plain.percentile(50)));
    for (way, moved) in [("as_of", &as_of), ("known_at", &known_at)] {
        let times = |percent| moved.percentile(percent) / plain.percentile(percent);
        report.below(&format!("recall with `{way}` against a plain one, p50"), times(50), 1.5, "times");
        report.below("the same, p95", times(95), 1.5, "times");
    }
    report.below("deep recall with every filter and both moments, p95", filtered.percentile(95), 150.0, "ms");

    let mut often = |what: &str, bound: f64, work: &mut dyn FnMut(&mut Client, usize)| {
        let times = Times::of((0..REPEATED * 2).map(|n| timed(|| work(client, n)).0).collect());
        report.below(&format!("{what}, p95"), times.percentile(95), bound, "ms");
        report.told("the same, p50", format!("{:.1} ms", times.percentile(50)));
    };
    often("context: five full blocks and 200 of each kind", 10.0, &mut |client, _| {
        assert!(tool(client, "context", &json!({})).contains("## Preferences"));
    });
    often("context for a task that was asked before", 10.0, &mut |client, n| {
        tool(client, "context", &json!({"for": questions[n % REPEATED]}));
    });
    often("graph of one of 200 people, depth 2", 50.0, &mut |client, n| {
        let seen = client.ask("/v1/graph", &json!({"entity": format!("Person {n}"), "depth": 2}));
        assert!(seen["nodes"].as_array().is_some_and(|nodes| nodes.len() > 2), "{seen}");
    });
    often("query: who knows somebody who lives in a town", 50.0, &mut |client, n| {
        let query = format!(
            "SELECT DISTINCT ?name {{ ?town skos:prefLabel \"Town {}\" . ?other schema:homeLocation ?town . \
             ?one schema:knows ?other ; skos:prefLabel ?name }}",
            n % TOWNS
        );
        let found = client.ask("/v1/query", &json!({"query": query}));
        assert!(found["rows"].as_array().is_some_and(|rows| !rows.is_empty()), "{found}");
    });
}

/// Calls an MCP tool and returns its text.
fn tool(client: &mut Client, name: &str, arguments: &Value) -> String {
    let request = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": name, "arguments": arguments}});
    let answer = client.ask("/mcp", &request);
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}
