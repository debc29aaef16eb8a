//! What takes too much, or is waited for by nobody.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::json;

use super::{FORM, Memory, QUERY, UPDATE, encoded};
use crate::harness::{succeeds, wait_until};
use crate::wire::Stream;

#[test]
fn what_never_ends_is_ended_and_the_server_goes_on() {
    let memory = Memory::with(&[("HYDRA_QUERY_TIMEOUT_S", "1")]);
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    let product = "SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f }";
    for path in ["/sparql", "/sparql?dataset=own"] {
        let answer = memory.send("POST", path, &[("Content-Type", QUERY)], product);
        assert!([400, 503].contains(&answer.status), "{path}: {} {}", answer.status, answer.body);
        let hint = answer.json()["error"]["hint"].as_str().unwrap().to_owned();
        assert!(hint.contains("variables they share"), "{path}: {hint}");
        assert_eq!(memory.query("ASK {}")["boolean"], json!(true));
    }
    for slow in [
        "SELECT ?x { ?a <urn:p> ?b . ?c <urn:p> ?d FILTER(REGEX(STR(?a), STR(?c))) BIND(SHA512(STR(?a)) AS ?x) FILTER(?x = \"no\") }",
        "SELECT (COUNT(*) AS ?n) { ?a (<urn:p>|!<urn:q>)* ?b . ?c (<urn:p>|!<urn:q>)* ?d . ?e (<urn:p>|!<urn:q>)* ?f FILTER(?a = 1) }",
        "SELECT (CONCAT(?b, ?b, ?b) AS ?x) { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f FILTER(?b + ?d + ?f < 0) }",
    ] {
        let answer = memory.send("POST", "/sparql?dataset=own", &[("Content-Type", QUERY)], slow);
        assert!([400, 503].contains(&answer.status), "{slow}: {} {}", answer.status, answer.body);
    }
    let update = "INSERT { ?a <urn:q> ?c } WHERE { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f }";
    let answer = memory.refused(update);
    assert!([413, 503].contains(&answer.status), "{} {}", answer.status, answer.body);
    assert_eq!(memory.query("ASK { ?s <urn:q> ?o }")["boolean"], json!(false), "nothing of it was written");
    succeeds(memory.data(), &["remember", "The server still takes what it is told"]);
}

#[test]
fn a_query_that_takes_too_much_memory_is_ended() {
    let memory = Memory::with(&[("HYDRA_QUERY_MEMORY_MB", "64")]);
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    let product = "SELECT * { ?a <urn:p> ?b . ?c <urn:p> ?d } ORDER BY ?d ?b";
    let answer = memory.send("POST", "/sparql?dataset=own", &[("Content-Type", QUERY)], product);
    assert_eq!(answer.status, 503, "{}", answer.body);
    let error = &answer.json()["error"];
    assert!(error["message"].as_str().unwrap().contains("more than 64 MB"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("ORDER BY"), "{error}");
    assert_eq!(memory.query("ASK {}")["boolean"], json!(true));
}

#[test]
fn an_answer_of_too_many_rows_is_cut_and_never_looks_whole() {
    let memory = Memory::start();
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    let ask = |limit: &str| {
        let product = format!("SELECT ?b {{ ?a <urn:p> ?b . ?c <urn:p> ?d }} {limit}");
        let headers = [("Content-Type", QUERY), ("Accept", "text/csv")];
        memory.send("POST", "/sparql?dataset=own", &headers, &product)
    };
    let whole = ask(&format!("LIMIT {}", hydra_graph::MAX_SPARQL_ROWS));
    // A line for the names of columns.
    assert_eq!((whole.status, whole.whole().lines().count()), (200, 1 + hydra_graph::MAX_SPARQL_ROWS));
    let cut = ask("");
    assert_eq!((cut.status, cut.body.ends_with("\r\n0\r\n\r\n")), (200, false), "it has an end");
    assert_eq!(ended(&memory, "too_large"), 1);
    let log = std::fs::read_to_string(memory.data().with_extension("stderr")).unwrap();
    assert!(log.contains(&format!("more than {} rows", hydra_graph::MAX_SPARQL_ROWS)), "{log}");
    assert_eq!(memory.query("ASK {}")["boolean"], json!(true));
}

#[test]
fn an_answer_is_whole_in_one_piece_and_in_many() {
    const ROWS: usize = 9_000;
    /// What is passed on at once.
    const PIECE: usize = 256 * 1024;
    let memory = Memory::start();
    let row = |number: usize| format!("{number:05}{}", "x".repeat(93));
    let rows: String = (0..ROWS).map(|number| format!("<urn:{number:05}> <urn:p> \"{}\" .\n", row(number))).collect();
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &rows).status, 201);
    let line = row(0).len() + 2;
    let in_a_piece = (PIECE - 3) / line;
    for count in [0, 1, in_a_piece - 1, in_a_piece, in_a_piece + 1, in_a_piece + 2, 2 * in_a_piece + 1, ROWS] {
        let query = format!("SELECT ?o {{ ?s <urn:p> ?o }} ORDER BY ?s LIMIT {count}");
        let headers = [("Content-Type", QUERY), ("Accept", "text/csv")];
        let answer = memory.send("POST", "/sparql?dataset=own", &headers, &query);
        let lines = std::iter::once("o".to_owned()).chain((0..count).map(row));
        let expected: String = lines.map(|line| line + "\r\n").collect();
        let is_whole = answer.headers.contains_key("content-length");
        assert_eq!((answer.status, is_whole), (200, expected.len() < PIECE), "{count}: {:?}", answer.headers);
        assert!(answer.whole() == expected, "{count} rows are not what they should be");
        let head = memory.send("HEAD", &format!("/sparql?dataset=own&query={}", encoded(&query)), &headers[1..], "");
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{count}");
    }
}

#[test]
fn limits_of_size_are_told() {
    let memory = Memory::start();
    let long = format!("ASK {{ ?s ?p \"{}\" }}", "x".repeat(hydra_graph::MAX_SPARQL_BYTES));
    assert_eq!(memory.send("POST", "/sparql", &[("Content-Type", QUERY)], &long).status, 400);
    let deep = format!("ASK {{ {} {} }}", "{".repeat(100), "}".repeat(100));
    assert_eq!(memory.send("POST", "/sparql", &[("Content-Type", QUERY)], &deep).status, 400);
    let many = "CLEAR DEFAULT ;\n".repeat(hydra_graph::MAX_UPDATE_OPERATIONS + 1);
    assert_eq!(memory.refused(&many).status, 413);
    let huge = format!("INSERT DATA {{ {} }}", "<urn:a> <urn:b> 1 .".repeat(300_000));
    for (path, content_type) in [("/sparql", UPDATE), ("/store/a", "text/turtle")] {
        assert_eq!(memory.send("POST", path, &[("Content-Type", content_type)], &huge).status, 413, "{path}");
    }
    // A body of 100 MB is refused by its length, before any of it is read.
    let mut stream = TcpStream::connect(("127.0.0.1", memory.door.port)).unwrap();
    let head = format!(
        "POST /sparql HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {UPDATE}\r\n\
         Connection: close\r\nContent-Length: 100000000\r\n\r\n",
        memory.door.token
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let seeded: String = (0..400).map(|number| format!("<urn:s{number}> <urn:p> {number} .\n")).collect();
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &seeded).status, 201);
    let wide = "INSERT { ?a <urn:q> ?c } WHERE { ?a <urn:p> ?b . ?c <urn:p> ?d }";
    let answer = memory.refused(wide);
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(answer.body.contains(&hydra_graph::MAX_UPDATE_QUADS.to_string()), "{}", answer.body);
}

#[test]
fn pages_of_others_can_neither_ask_nor_change() {
    let memory = Memory::start();
    let update = format!("update={}", encoded("INSERT DATA { <urn:a> <urn:b> 1 }"));
    let bearer = format!("Bearer {}", memory.door.token);
    for (headers, status) in [
        (vec![("Host", "localhost"), ("Origin", "http://evil.example"), ("Authorization", bearer.as_str())], 403),
        (vec![("Host", "localhost"), ("Origin", "null"), ("Authorization", bearer.as_str())], 403),
        (vec![("Host", "evil.example"), ("Authorization", bearer.as_str())], 403),
        (vec![("Host", "localhost")], 401),
    ] {
        let headers = [&headers[..], &[("Content-Type", FORM)]].concat();
        for path in ["/sparql", "/store?default"] {
            assert_eq!(
                memory.door.send("POST", path, &headers, update.as_bytes()).status,
                status,
                "{path} {headers:?}"
            );
        }
    }
    assert_eq!(memory.query("ASK { <urn:a> <urn:b> 1 }")["boolean"], json!(false));
}

#[test]
fn a_client_that_goes_away_ends_its_query() {
    let memory = Memory::with(&[("HYDRA_QUERY_TIMEOUT_S", "600")]);
    // Each row is read by nobody once the client is gone.
    drop(endless(&memory));
    // And one that gives no row at all.
    let silent = "SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f FILTER(?b > ?d + 1e9) }";
    let mut stream = TcpStream::connect(("127.0.0.1", memory.door.port)).unwrap();
    let head = format!(
        "POST /sparql?dataset=own HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {QUERY}\r\n\
         Content-Length: {}\r\n\r\n{silent}",
        memory.door.token,
        silent.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    wait_until("both were ended", || ended(&memory, "cancelled") + ended(&memory, "too_large") >= 2);
}

#[test]
fn a_client_that_does_not_read_keeps_nothing_for_ever() {
    let memory = Memory::with(&[("HYDRA_QUERY_TIMEOUT_S", "1")]);
    let stream = endless(&memory);
    wait_until("the query was ended", || ended(&memory, "unavailable") >= 1);
    drop(stream);
}

/// Asks for rows that come, and never end soon.
fn endless(memory: &Memory) -> Stream {
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    let product = "SELECT ?a ?c ?e { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f }";
    let bearer = format!("Bearer {}", memory.door.token);
    let headers = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Content-Type", QUERY)];
    let stream = memory.door.open("POST", "/sparql?dataset=own", &headers, product.as_bytes());
    assert_eq!(stream.status, 200);
    stream
}

/// A graph large enough that what multiplies it never ends.
fn large() -> String {
    let statements: String = (0..3_000).map(|number| format!("<urn:n{number}> <urn:p> {number} .\n")).collect();
    statements
}

/// How many queries ended so.
fn ended(memory: &Memory, outcome: &str) -> u64 {
    let metrics = memory.send("GET", "/metrics", &[], "").body;
    let name = format!("hydra_verbs_total{{verb=\"sparql\",outcome=\"{outcome}\"}}");
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.trim().parse().ok()).unwrap_or(0)
}
