//! Whole graphs, by the Graph Store Protocol.

use serde_json::json;

use super::{BOOKS, Memory, UPDATE, encoded};
use crate::harness::succeeds;

#[test]
fn whole_graphs_are_put_read_added_to_and_dropped() {
    let memory = Memory::start();
    let turtle = [("Content-Type", "text/turtle")];
    let named = format!("/store?graph={}", encoded(BOOKS));
    for path in [named.as_str(), "/store/shelf/1"] {
        assert_eq!(memory.send("GET", path, &[], "").status, 404);
        assert_eq!(memory.send("HEAD", path, &[], "").status, 404);
        assert_eq!(memory.send("DELETE", path, &[], "").status, 404);
        let put = memory.send("PUT", path, &turtle, "<a> <urn:p> 1 .");
        assert_eq!(put.status, 201, "{}", put.body);
        assert_eq!(memory.send("PUT", path, &turtle, "<a> <urn:p> 2 .").status, 204);
        assert_eq!(memory.send("POST", path, &turtle, "<a> <urn:p> 3 .").status, 204);
        let got = memory.send("GET", path, &[("Accept", "application/n-triples")], "");
        assert_eq!(got.status, 200);
        let mut lines: Vec<String> = got.whole().lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].contains("\"2\"") && lines[1].contains("\"3\""), "{lines:?}");
        assert_eq!(memory.send("HEAD", path, &[], "").status, 200);
        let dropped = memory.send("DELETE", path, &[], "");
        assert_eq!(dropped.status, 204);
        assert_eq!(memory.send("GET", path, &[], "").status, 404);
        succeeds(memory.data(), &["undo", &dropped.headers["hydra-commit"]]);
        assert_eq!(memory.send("GET", path, &[], "").status, 200, "a graph that was dropped comes back");
    }
    for status in [201, 204] {
        assert_eq!(memory.send("PUT", "/store?default", &turtle, "<urn:a> <urn:p> 1 .").status, status);
    }
    assert_eq!(memory.send("DELETE", "/store?default", &[], "").status, 204);
    assert_eq!(memory.send("DELETE", "/store?default", &[], "").status, 204);
    assert_eq!(memory.send("POST", "/store?default", &turtle, "<urn:a> <urn:p> 1 .").status, 201);
    assert!(memory.send("GET", "/store?default", &[], "").whole().contains("urn:a"));
    // From another moment, too: before it was put, and after it was dropped.
    let now = "SELECT ?at { GRAPH ?g { ?c a hy:Commit ; prov:endedAtTime ?at } } ORDER BY DESC(?at) LIMIT 1";
    let before = memory.column(now, "at").remove(0);
    assert_eq!(memory.send("PUT", "/store/late", &turtle, "<urn:a> <urn:p> 1 .").status, 201);
    let between = memory.column(now, "at").remove(0);
    assert_eq!(memory.send("DELETE", "/store/late", &[], "").status, 204);
    let then = |path: &str, moment: &str| memory.send("GET", &format!("{path}?known_at={}", encoded(moment)), &[], "");
    for (path, moment, status) in [
        ("/store/late", &before, 404),
        ("/store/late", &between, 200),
        ("/store/never", &between, 404),
        ("/store/shelf/1", &between, 200),
    ] {
        let answer = then(path, moment);
        assert_eq!(answer.status, status, "{path} {moment}: {}", answer.body);
    }
    assert_eq!(memory.send("GET", "/store/never?as_of=2024-05-01", &[], "").status, 404);
    assert_eq!(memory.send("GET", "/store/never?known_at=2999-01-01", &[], "").status, 400);
    // An empty graph is there.
    assert_eq!(memory.send("PUT", "/store/empty", &turtle, "").status, 201);
    assert_eq!(memory.send("GET", "/store/empty", &[], "").status, 200);
    let made = memory.send("POST", "/store", &turtle, "<> <urn:p> 1 .");
    assert_eq!(made.status, 201);
    let path = made.headers["location"].strip_prefix("http://localhost").unwrap();
    assert!(
        memory.send("GET", path, &[], "").whole().contains(path),
        "the graph's name is what its names are relative to"
    );
    let several = "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.ttl\"\r\nContent-Type: text/turtle\r\n\r\n\
        <urn:a> <urn:p> 1 .\r\n--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"b.nt\"\r\n\
        Content-Type: application/n-triples\r\n\r\n<urn:b> <urn:p> <urn:c> .\r\n--x--\r\n";
    let form = [("Content-Type", "multipart/form-data; boundary=x")];
    assert_eq!(memory.send("POST", "/store/forms", &form, several).status, 201);
    assert_eq!(
        memory.send("GET", "/store/forms", &[("Accept", "application/n-triples")], "").whole().lines().count(),
        2
    );
    assert_eq!(memory.send("GET", "/store?graph=urn%3Ahydra%3Ans%23g%2Fjournal", &[], "").status, 200);
}

#[test]
fn a_graph_that_cannot_be_put_says_why() {
    let memory = Memory::start();
    let turtle = "text/turtle";
    for (method, path, content_type, sent, status) in [
        ("PUT", "/store/a", "application/rdf+xml", "<a> <urn:p> 1 .", 400),
        ("PUT", "/store/a", turtle, "<a> <urn:p> ", 400),
        ("PUT", "/store/a", "image/png", "x", 415),
        ("PUT", "/store/a", "application/sparql-results+json", "{}", 415),
        ("PUT", "/store", turtle, "<a> <urn:p> 1 .", 400),
        ("PUT", "/store?default&graph=urn:a", turtle, "<a> <urn:p> 1 .", 400),
        ("PUT", "/store?graph=relative", turtle, "<a> <urn:p> 1 .", 400),
        ("GET", "/store", turtle, "", 400),
        ("GET", "/store?graph=urn:a&other=1", turtle, "", 400),
        ("PATCH", "/store/a", UPDATE, "CLEAR ALL", 405),
        ("PUT", "/store?graph=urn%3Ahydra%3Ans%23g%2Fjournal", turtle, "<urn:a> <urn:p> 1 .", 403),
        ("POST", "/store?graph=urn%3Ahydra%3Ans%23g%2Fmemory", turtle, "<urn:a> <urn:p> 1 .", 403),
        ("DELETE", "/store?graph=urn%3Ahydra%3Ans%23g%2Fpolicy", turtle, "", 403),
        ("PUT", "/store/a", turtle, "<urn:a> <urn:hydra:ns#trust> \"owner\" .", 403),
        ("PUT", "/store/a", "application/trig", "<urn:g> { <urn:a> <urn:p> 1 }", 400),
    ] {
        let answer = memory.send(method, path, &[("Content-Type", content_type)], sent);
        assert_eq!(answer.status, status, "{method} {path} {sent}: {}", answer.body);
        assert!(answer.json()["error"]["hint"].is_string(), "{method} {path}: {}", answer.body);
    }
    assert_eq!(memory.query("ASK { GRAPH ?g { ?s <urn:p> ?o } }")["boolean"], json!(false));
}
