//! SPARQL over HTTP: the protocol, updates that can be undone, whole graphs, recall inside a query, and what is refused.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use harness::{Server, hydra, json, model, run, succeeds, wait_until};
use serde_json::{Value, json};
use wire::{Answer, Door};

const FORM: &str = "application/x-www-form-urlencoded";
const QUERY: &str = "application/sparql-query";
const UPDATE: &str = "application/sparql-update";
const BOOKS: &str = "http://example.org/books";

/// A server, and how it is spoken to.
struct Memory {
    _temp: tempfile::TempDir,
    data: PathBuf,
    _server: Server,
    door: Door,
}

impl Memory {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(variables: &[(&str, &str)]) -> Self {
        let temp = tempfile::tempdir().unwrap();
        let data = temp.path().join("data");
        let mut command = hydra(&data);
        command.envs(variables.iter().copied());
        let server = Server::start_with(command, &data);
        let door = Door::of(&data);
        Self { _temp: temp, data, _server: server, door }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let bearer = format!("Bearer {}", self.door.token);
        let own = [("Host", "localhost"), ("Authorization", bearer.as_str())];
        self.door.send(method, path, &[&own, headers].concat(), body.as_bytes())
    }

    fn query(&self, text: &str) -> Value {
        let answer = self.send("POST", "/sparql", &[("Content-Type", QUERY)], text);
        assert_eq!(answer.status, 200, "{text}: {}", answer.body);
        json_of(&answer)
    }

    /// The values of one column.
    fn column(&self, text: &str, name: &str) -> Vec<String> {
        column(&self.query(text), name)
    }

    fn update(&self, text: &str) -> Value {
        let answer = self.send("POST", "/sparql", &[("Content-Type", UPDATE)], text);
        assert_eq!(answer.status, 200, "{text}: {}", answer.body);
        answer.json()
    }

    fn refused(&self, text: &str) -> Answer {
        let answer = self.send("POST", "/sparql", &[("Content-Type", UPDATE)], text);
        assert!(answer.json()["error"]["hint"].is_string(), "{text}: {}", answer.body);
        answer
    }

    fn data(&self) -> &Path {
        &self.data
    }
}

/// The body, whether it came in chunks or not.
fn body(answer: &Answer) -> String {
    if answer.headers.get("transfer-encoding").is_none_or(|coding| coding != "chunked") {
        return answer.body.clone();
    }
    let (mut rest, mut whole) = (answer.body.as_str(), String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        whole.push_str(&after[..size]);
        rest = &after[size + 2..];
        if size == 0 {
            break;
        }
    }
    whole
}

fn json_of(answer: &Answer) -> Value {
    let body = body(answer);
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn column(answer: &Value, name: &str) -> Vec<String> {
    let rows = answer["results"]["bindings"].as_array().unwrap();
    rows.iter().map(|row| row[name]["value"].as_str().unwrap_or_default().to_owned()).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn a_query_comes_in_each_form_of_the_protocol() {
    let memory = Memory::start();
    memory.update("INSERT DATA { <http://example.org/a> <http://example.org/b> 1 }");
    let ask = "ASK { <http://example.org/a> <http://example.org/b> 1 }";
    let form = format!("query={}", encoded(ask));
    for (method, path, content_type, sent) in [
        ("GET", format!("/sparql?{form}"), "", ""),
        ("POST", "/sparql".to_owned(), FORM, form.as_str()),
        ("POST", "/sparql".to_owned(), QUERY, ask),
        ("POST", "/sparql".to_owned(), "application/sparql-query; charset=utf-8", ask),
    ] {
        let headers = [("Content-Type", content_type)];
        let answer = memory.send(method, &path, if content_type.is_empty() { &[] } else { &headers }, sent);
        assert_eq!(
            (answer.status, &json_of(&answer)["boolean"]),
            (200, &json!(true)),
            "{method} {path} {content_type}"
        );
    }
    let head = memory.send("HEAD", &format!("/sparql?{form}"), &[], "");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.headers["content-type"], "application/sparql-results+json");
}

#[test]
fn what_is_no_request_of_the_protocol_says_why() {
    let memory = Memory::start();
    let (ask, clear) = (encoded("ASK {}"), encoded("CLEAR ALL"));
    for (method, path, content_type, sent, status) in [
        ("PUT", format!("/sparql?query={ask}"), "", String::new(), 405),
        ("DELETE", "/sparql".into(), "", String::new(), 405),
        ("GET", format!("/sparql?update={clear}"), "", String::new(), 400),
        ("GET", format!("/sparql?query={ask}&query={ask}"), "", String::new(), 400),
        ("GET", format!("/sparql?query={}", encoded("ASK {")), "", String::new(), 400),
        ("GET", "/sparql?query=%FF".into(), "", String::new(), 400),
        ("GET", format!("/sparql?query={ask}&dataset=other"), "", String::new(), 400),
        ("GET", format!("/sparql?query={ask}&as_of=someday"), "", String::new(), 400),
        ("GET", format!("/sparql?query={ask}&default-graph-uri=http://example.org/none"), "", String::new(), 400),
        ("POST", "/sparql".into(), "", format!("query={ask}"), 415),
        ("POST", "/sparql".into(), "text/plain", "ASK {}".into(), 415),
        ("POST", "/sparql".into(), "application/sparql-query; charset=UTF-16", "ASK {}".into(), 415),
        ("POST", "/sparql".into(), FORM, format!("query={ask}&update={clear}"), 400),
        ("POST", "/sparql".into(), FORM, "nothing=1".into(), 400),
        ("POST", "/sparql".into(), UPDATE, "ASK {}".into(), 400),
        ("POST", "/sparql".into(), QUERY, "CLEAR ALL".into(), 400),
    ] {
        let headers = [("Content-Type", content_type)];
        let answer = memory.send(method, &path, if content_type.is_empty() { &[] } else { &headers }, &sent);
        assert_eq!(answer.status, status, "{method} {path} {content_type}: {}", answer.body);
        assert!(answer.json()["error"]["hint"].is_string(), "{method} {path}: {}", answer.body);
        assert_eq!(answer.headers.contains_key("allow"), status == 405);
    }
    let bearer = format!("Bearer {}", memory.door.token);
    let headers = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Content-Type", QUERY)];
    assert_eq!(memory.door.send("POST", "/sparql", &headers, b"ASK { ?s ?p \"\xff\" }").status, 400);
}

#[test]
fn an_answer_has_the_format_that_the_client_likes_best() {
    let memory = Memory::start();
    memory.update("INSERT DATA { <http://example.org/a> <http://example.org/b> \"x\"@en }");
    let select = format!("/sparql?dataset=own&query={}", encoded("SELECT ?o { ?s ?p ?o }"));
    let construct = format!("/sparql?dataset=own&query={}", encoded("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"));
    for (path, accept, content_type, part) in [
        (&select, "", "application/sparql-results+json", "\"xml:lang\":\"en\""),
        (&select, "application/sparql-results+xml", "application/sparql-results+xml", "xml:lang=\"en\""),
        (&select, "text/csv", "text/csv; charset=utf-8", "x\r\n"),
        (
            &select,
            "text/tab-separated-values;q=0.9, text/csv;q=0.1",
            "text/tab-separated-values; charset=utf-8",
            "\"x\"@en",
        ),
        (&construct, "", "text/turtle; charset=utf-8", "\"x\"@en"),
        (&construct, "application/n-triples", "application/n-triples", "\"x\"@en ."),
        (&construct, "application/trig", "application/trig", "\"x\"@en"),
        (&construct, "application/n-quads", "application/n-quads", "\"x\"@en ."),
        (&construct, "application/rdf+xml", "application/rdf+xml", "xml:lang=\"en\""),
        (&construct, "application/ld+json", "application/ld+json", "\"@language\":\"en\""),
        (&construct, "text/html, application/xml;q=0.9, */*;q=0.1", "application/xml", "xml:lang=\"en\""),
    ] {
        let headers = [("Accept", accept)];
        let answer = memory.send("GET", path, if accept.is_empty() { &[] } else { &headers }, "");
        assert_eq!((answer.status, answer.headers["content-type"].as_str()), (200, content_type), "{accept}");
        assert!(body(&answer).contains(part), "{accept}: {}", body(&answer));
    }
    for (path, accept) in [(&select, "image/png"), (&select, "text/turtle"), (&construct, "text/csv")] {
        let answer = memory.send("GET", path, &[("Accept", accept)], "");
        assert_eq!(answer.status, 406, "{accept}");
        assert!(answer.json()["error"]["hint"].as_str().unwrap().contains("application/"), "{}", answer.body);
    }
}

#[test]
fn the_service_describes_itself_in_whatever_format() {
    let memory = Memory::start();
    memory.update(&format!("CREATE GRAPH <{BOOKS}>"));
    for accept in ["text/turtle", "application/ld+json", "application/rdf+xml"] {
        let answer = memory.send("GET", "/sparql", &[("Accept", accept)], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let text = body(&answer);
        for part in
            ["http://localhost/sparql", "sparql-service-description#", "SPARQL11Update", BOOKS, "urn:hydra:ns#similar"]
        {
            assert!(text.contains(part), "{accept} {part}: {text}");
        }
    }
}

#[test]
fn an_update_is_one_commit_that_can_be_undone() {
    let memory = Memory::start();
    let added = memory.update(&format!(
        "PREFIX ex: <http://example.org/> INSERT DATA {{ ex:a ex:costs 012 . GRAPH <{BOOKS}> {{ ex:b ex:by _:x . _:x ex:name \"Ann\" }} }} ;
         INSERT {{ GRAPH <{BOOKS}> {{ ?s ex:twice ?twice }} }} WHERE {{ ?s ex:costs ?c BIND(?c * 2 AS ?twice) }}"
    ));
    // The graph's own mark is a statement, too.
    assert_eq!((&added["added"], &added["removed"]), (&json!(5), &json!(0)), "{added}");
    let names = "PREFIX ex: <http://example.org/> SELECT ?n { GRAPH ?g { ?b ex:by / ex:name ?n } }";
    assert_eq!(memory.column(names, "n"), ["Ann"]);
    let twice = "PREFIX ex: <http://example.org/> SELECT ?t { ex:a ex:twice ?t }";
    assert_eq!(memory.column(twice, "t"), ["24"]);
    let replaced = memory.update(
        "PREFIX ex: <http://example.org/> DELETE { ?s ex:costs ?o } INSERT { ?s ex:costs 13 } WHERE { ?s ex:costs ?o }",
    );
    let costs = "PREFIX ex: <http://example.org/> SELECT ?c { ex:a ex:costs ?c }";
    assert_eq!(memory.column(costs, "c"), ["13"]);
    assert_eq!(
        memory.update("INSERT DATA { <http://example.org/a> <http://example.org/costs> 13 }")["commit"],
        json!(null)
    );
    succeeds(memory.data(), &["undo", replaced["commit"].as_str().unwrap()]);
    assert_eq!(memory.column(costs, "c"), ["12"], "in the spelling that the store gives back");
    succeeds(memory.data(), &["undo", added["commit"].as_str().unwrap()]);
    assert!(memory.column(costs, "c").is_empty() && memory.column(names, "n").is_empty());
    assert!(run(memory.data(), &["check"]).status.success());
}

#[test]
fn a_memory_that_an_update_inserts_is_remembered() {
    let memory = Memory::start();
    let told = memory.update(
        "INSERT DATA { GRAPH hy:g\\/memory { [] a hy:Memory ; schema:text \"The ladder leans behind the greenhouse\" ; \
         hy:space \"garden\" ; hy:about \"ladder\" } }",
    );
    let id = told["memories"][0].as_str().unwrap().to_owned();
    let found = || json(memory.data(), &["recall", "--space", "garden", "where is the ladder"]);
    assert_eq!(found()["hits"][0]["id"], json!(id));
    let got = json(memory.data(), &["get", &id, "--view", "full"]).to_string();
    assert!(got.contains("\"trust\":\"owner\"") && got.contains("garden"), "{got}");
    succeeds(memory.data(), &["undo", told["commit"].as_str().unwrap()]);
    assert_eq!(found()["hits"], json!([]));
    for (said, status) in [
        ("[] a hy:Memory", 400),
        ("[] a hy:Memory ; schema:text \"x\" ; hy:kind \"nonsense\"", 400),
        ("[] a hy:Memory ; schema:text \"x\" ; hy:trust \"owner\"", 400),
        ("[] a hy:Memory ; schema:text \"x\" ; hy:space \"no such/ space!\"", 400),
        ("id:038g93ppke00p hy:trust \"owner\"", 403),
    ] {
        let answer = memory.refused(&format!("INSERT DATA {{ GRAPH hy:g\\/memory {{ {said} }} }}"));
        assert_eq!(answer.status, status, "{said}: {}", answer.body);
    }
}

#[test]
fn hydras_own_graphs_and_words_are_refused() {
    let memory = Memory::start();
    succeeds(memory.data(), &["remember", "The key hangs behind the water meter"]);
    let before = succeeds(memory.data(), &["export"]);
    for update in [
        "INSERT DATA { GRAPH <urn:hydra:ns#g/journal> { <urn:a> <urn:b> <urn:c> } }",
        "INSERT DATA { GRAPH <urn:hydra:ns#g/policy> { <urn:a> <urn:b> <urn:c> } }",
        "INSERT DATA { GRAPH <urn:hydra:ns#g/vocab> { <urn:a> <urn:b> <urn:c> } }",
        "INSERT DATA { GRAPH <urn:hydra:ns#g/graphs> { <urn:a> <urn:b> <urn:c> } }",
        "INSERT DATA { GRAPH id:038g93ppke00p { <urn:a> <urn:b> <urn:c> } }",
        "INSERT { GRAPH ?g { <urn:a> <urn:b> <urn:c> } } WHERE { GRAPH ?g { ?s a hy:Commit } }",
        "DELETE { GRAPH hy:g\\/memory { ?s ?p ?o } } WHERE { ?s a hy:Memory ; ?p ?o }",
        "DELETE WHERE { GRAPH <urn:hydra:ns#g/journal> { ?s ?p ?o } }",
        "CLEAR GRAPH <urn:hydra:ns#g/memory>",
        "DROP GRAPH <urn:hydra:ns#g/journal>",
        "COPY <urn:hydra:ns#g/memory> TO <urn:hydra:ns#g/journal>",
        "INSERT { ?m prov:invalidatedAtTime \"2026-01-01T00:00:00Z\"^^xsd:dateTime } WHERE { ?m a hy:Memory }",
        "INSERT { ?m schema:text \"another\" } WHERE { ?m a hy:Memory }",
        "INSERT DATA { <urn:a> a hy:Memory }",
        "INSERT DATA { <urn:a> hy:trust \"owner\" }",
        "LOAD <http://example.org/data>",
        "INSERT { <urn:a> <urn:b> ?o } WHERE { SERVICE <http://example.org/sparql> { ?s ?p ?o } }",
    ] {
        let answer = memory.refused(update);
        assert_eq!(answer.status, 403, "{update}: {}", answer.body);
    }
    // All or nothing: what stood before the part that is refused is not done either.
    assert_eq!(memory.refused("INSERT DATA { <urn:a> <urn:b> 1 } ; CLEAR GRAPH <urn:hydra:ns#g/memory>").status, 403);
    assert_eq!(memory.update("CLEAR ALL")["commit"], json!(null), "what is remembered is not cleared");
    assert_eq!(succeeds(memory.data(), &["export"]), before);
    // Of a memory, one's own graphs may say what Hydra does not read.
    memory.update("PREFIX ex: <http://example.org/> INSERT { ?m ex:rating 5 } WHERE { ?m a hy:Memory }");
    let rated = "PREFIX ex: <http://example.org/> SELECT ?t { ?m ex:rating 5 ; schema:text ?t }";
    assert_eq!(memory.column(rated, "t"), ["The key hangs behind the water meter"]);
}

#[test]
fn ones_own_graphs_belong_to_no_space_and_travel_with_an_export() {
    let memory = Memory::start();
    succeeds(memory.data(), &["remember", "--space", "garden", "Roses want chalk"]);
    memory.update(&format!(
        "INSERT DATA {{ <urn:a> <urn:b> [ <urn:c> 1.50 ] . GRAPH <{BOOKS}> {{ <urn:a> <urn:b> <urn:d> }} }}"
    ));
    let count = |path: &str| {
        let answer = memory.send("POST", path, &[("Content-Type", QUERY)], "SELECT ?o { ?s <urn:b> ?o }");
        column(&json_of(&answer), "o").len()
    };
    assert_eq!((count("/sparql"), count("/sparql?space=garden"), count("/sparql?dataset=own")), (2, 0, 1));
    let texts = memory.send("POST", "/sparql?dataset=own", &[("Content-Type", QUERY)], "SELECT ?s { ?s ?p ?o }");
    assert_eq!(column(&json_of(&texts), "s").len(), 2, "and nothing of what is remembered");
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("all.nq");
    std::fs::write(&file, succeeds(memory.data(), &["export"])).unwrap();
    let copy = temp.path().join("copy");
    succeeds(&copy, &["import", file.to_str().unwrap()]);
    assert_eq!(succeeds(&copy, &["export"]), std::fs::read_to_string(&file).unwrap());
    let asked = json(&copy, &["query", "SELECT ?v { ?s <urn:b> / <urn:c> ?v }"]);
    assert_eq!(asked["rows"][0][0]["value"], json!("1.5"));
    assert!(run(&copy, &["check"]).status.success());
}

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
        let mut lines: Vec<String> = body(&got).lines().map(str::to_owned).collect();
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
    assert!(body(&memory.send("GET", "/store?default", &[], "")).contains("urn:a"));
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
        body(&memory.send("GET", path, &[], "")).contains(path),
        "the graph's name is what its names are relative to"
    );
    let several = "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.ttl\"\r\nContent-Type: text/turtle\r\n\r\n\
        <urn:a> <urn:p> 1 .\r\n--x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"b.nt\"\r\n\
        Content-Type: application/n-triples\r\n\r\n<urn:b> <urn:p> <urn:c> .\r\n--x--\r\n";
    let form = [("Content-Type", "multipart/form-data; boundary=x")];
    assert_eq!(memory.send("POST", "/store/forms", &form, several).status, 201);
    assert_eq!(
        body(&memory.send("GET", "/store/forms", &[("Accept", "application/n-triples")], "")).lines().count(),
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

#[test]
fn recall_joins_with_the_graph_inside_a_query() {
    let memory = Memory::start();
    for (text, about) in [("The boiler lost pressure in January", "Boiler"), ("The pump was replaced by Oskar", "Pump")]
    {
        succeeds(memory.data(), &["remember", text, "--entity", about]);
    }
    let asked = "SELECT ?name ?text ?score { \
        SERVICE hy:recall { ?hit hy:query \"boiler pressure\" ; hy:score ?score ; hy:limit 5 } \
        ?hit hy:about / skos:prefLabel ?name ; schema:text ?text } ORDER BY DESC(?score)";
    let found = memory.query(asked);
    assert_eq!(column(&found, "name")[0], "Boiler", "{found}");
    let score: f64 = column(&found, "score")[0].parse().unwrap();
    assert!(score > 0.0 && score <= 1.0);
    // The same where a command or an agent asks.
    let rows = json(memory.data(), &["query", asked]);
    assert_eq!(rows["rows"][0][0]["value"], json!("Boiler"));
    let params = json!({"name": "query", "arguments": {"sparql": asked}});
    let said = memory.door.mcp(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
    assert!(said.body.contains("Boiler"), "{}", said.body);
    // What was not known then is not found then.
    let newest = "SELECT ?at { GRAPH ?g { ?c a hy:Commit ; prov:endedAtTime ?at } } ORDER BY DESC(?at) LIMIT 1";
    let then = memory.column(newest, "at").remove(0);
    succeeds(memory.data(), &["remember", "The boiler room was painted, the pressure gauge too", "--entity", "Cellar"]);
    assert!(memory.column(asked, "name").contains(&"Cellar".to_owned()));
    let path = format!("/sparql?known_at={}&query={}", encoded(&then), encoded(asked));
    let names = column(&json_of(&memory.send("GET", &path, &[], "")), "name");
    assert!(names.contains(&"Boiler".to_owned()) && !names.contains(&"Cellar".to_owned()), "{names:?}");
    // In another space, nothing is.
    let path = format!("/sparql?space=garden&query={}", encoded(asked));
    assert!(column(&json_of(&memory.send("GET", &path, &[], "")), "name").is_empty());
    for (broken, part) in [
        ("SERVICE hy:recall { ?hit hy:score ?s }", "hy:query"),
        ("BIND(\"boiler\" AS ?t) SERVICE hy:recall { ?hit hy:query ?t }", "stands in the query"),
        ("SERVICE hy:recall { ?hit hy:query \"x\" . ?other hy:score ?s }", "more than one hit"),
        ("SERVICE hy:recall { ?hit hy:query \"x\" ; hy:limit 0 }", "limit"),
        ("SERVICE hy:recall { ?hit hy:query \"x\" ; hy:nonsense 1 }", "nonsense"),
        ("SERVICE SILENT hy:recall { ?hit hy:query \"x\" OPTIONAL { ?hit hy:score ?s } }", "one list"),
    ] {
        let path = format!("/sparql?query={}", encoded(&format!("SELECT * {{ {broken} }}")));
        let answer = memory.send("GET", &path, &[], "");
        assert_eq!(answer.status, 400, "{broken}: {}", answer.body);
        assert!(answer.body.contains(part), "{broken}: {}", answer.body);
    }
    let outside =
        format!("/sparql?query={}", encoded("SELECT * { SERVICE SILENT <http://example.org/> { ?s ?p ?o } }"));
    assert_eq!(memory.send("GET", &outside, &[], "").status, 403);
}

#[test]
fn nearness_in_meaning_can_be_asked_for() {
    let Some(model) = model() else {
        eprintln!("skipped: HYDRA_MODEL_DIR names no model");
        return;
    };
    let memory = Memory::with(&[("HYDRA_MODEL_DIR", model.to_str().unwrap())]);
    for text in ["The heating broke down and the house is cold", "My niece plays the violin in an orchestra"] {
        succeeds(memory.data(), &["remember", text]);
    }
    let near = "SELECT ?text ?near { ?m a hy:Memory ; schema:text ?text \
        BIND(hy:similar(?m, \"the boiler does not work\") AS ?near) } ORDER BY DESC(?near)";
    wait_until("the vectors are there", || column(&memory.query(near), "near").iter().all(|near| !near.is_empty()));
    let found = memory.query(near);
    let (texts, scores) = (column(&found, "text"), column(&found, "near"));
    let scores: Vec<f64> = scores.iter().map(|score| score.parse().unwrap()).collect();
    assert!(texts[0].contains("heating") && scores[0] > scores[1] + 0.1, "{texts:?} {scores:?}");
    let same = "SELECT (hy:similar(?m, ?m) AS ?near) { ?m a hy:Memory } LIMIT 1";
    assert_eq!(memory.column(same, "near"), ["1"]);
    // What has no vector is near nothing, and in another space nothing is there.
    assert_eq!(memory.column("SELECT (hy:similar(<urn:a>, \"x\") AS ?near) {}", "near"), [""]);
    let id = memory.column("SELECT ?m { ?m a hy:Memory } LIMIT 1", "m").remove(0);
    let elsewhere =
        format!("/sparql?space=garden&query={}", encoded(&format!("SELECT (hy:similar(<{id}>, \"x\") AS ?near) {{}}")));
    assert_eq!(column(&json_of(&memory.send("GET", &elsewhere, &[], "")), "near"), [""]);
    let many = (0..101).map(|number| format!("(\"text {number}\")")).collect::<Vec<_>>().join(" ");
    let costly = format!("SELECT (hy:similar(?t, ?t) AS ?near) {{ VALUES (?t) {{ {many} }} }}");
    let answer = memory.send("POST", "/sparql", &[("Content-Type", QUERY)], &costly);
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.contains("more than 100 texts"), "{}", answer.body);
}

#[test]
fn the_dataset_of_another_moment_is_shown() {
    let memory = Memory::start();
    let fact = |employer: &str, from: &str| {
        succeeds(memory.data(), &["remember", "--fact", "Mirela", "works for", employer, "--valid-from", from]);
    };
    fact("Acme", "2024-02-01");
    fact("Tern", "2025-06-01");
    memory.update("INSERT DATA { <urn:a> <urn:b> 01 }");
    let employer = encoded("SELECT ?name { ?who skos:prefLabel \"Mirela\" ; schema:worksFor / skos:prefLabel ?name }");
    let at = |moment: &str| {
        column(&json_of(&memory.send("GET", &format!("/sparql?{moment}query={employer}"), &[], "")), "name")
    };
    assert_eq!(at(""), ["Tern"]);
    assert_eq!(at("as_of=2024-05-01&"), ["Acme"]);
    let then = memory.column("SELECT ?at { ?c a hy:Commit ; prov:endedAtTime ?at }", "at");
    assert!(then.is_empty(), "the journal is asked for by name");
    let then = memory
        .column("SELECT ?at { GRAPH ?g { ?c a hy:Commit ; prov:endedAtTime ?at } } ORDER BY DESC(?at) LIMIT 1", "at");
    memory.update("DELETE WHERE { <urn:a> <urn:b> ?o }");
    memory.update("INSERT DATA { <urn:a> <urn:b> 2 }");
    let values = |moment: &str| {
        let path = format!("/sparql?{moment}dataset=own&query={}", encoded("SELECT ?o { <urn:a> <urn:b> ?o }"));
        column(&json_of(&memory.send("GET", &path, &[], "")), "o")
    };
    assert_eq!(values(""), ["2"]);
    assert_eq!(values(&format!("known_at={}&", encoded(&then[0]))), ["1"]);
    assert_eq!(memory.send("GET", &format!("/sparql?as_of=2999-01-01&query={employer}"), &[], "").status, 400);
}

#[test]
fn triple_terms_are_written_asked_and_read_back() {
    let memory = Memory::start();
    memory.update("PREFIX ex: <http://example.org/> INSERT DATA { ex:a ex:knows ex:b ~ ex:r {| ex:since 2019 |} }");
    let since =
        "PREFIX ex: <http://example.org/> SELECT ?y ?t { ?r rdf:reifies ?t ; ex:since ?y FILTER(isTRIPLE(?t)) }";
    let found = memory.query(since);
    assert_eq!(column(&found, "y"), ["2019"]);
    assert_eq!(found["results"]["bindings"][0]["t"]["type"], json!("triple"), "{found}");
    let shown = body(&memory.send("GET", "/store?default", &[("Accept", "application/n-triples")], ""));
    assert!(
        shown.contains("<<( <http://example.org/a> <http://example.org/knows> <http://example.org/b> )>>"),
        "{shown}"
    );
}

/// A graph large enough that what multiplies it never ends.
fn large() -> String {
    let statements: String = (0..3_000).map(|number| format!("<urn:n{number}> <urn:p> {number} .\n")).collect();
    statements
}

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
    assert_eq!((whole.status, body(&whole).lines().count()), (200, 1 + hydra_graph::MAX_SPARQL_ROWS));
    let cut = ask("");
    assert_eq!((cut.status, cut.body.ends_with("\r\n0\r\n\r\n")), (200, false), "it has an end");
    assert_eq!(ended(&memory, "too_large"), 1);
    let log = std::fs::read_to_string(memory.data().with_extension("stderr")).unwrap();
    assert!(log.contains(&format!("more than {} rows", hydra_graph::MAX_SPARQL_ROWS)), "{log}");
    assert_eq!(memory.query("ASK {}")["boolean"], json!(true));
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
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    // Rows come, and never end soon: each is read by nobody once the client is gone.
    let product = "SELECT ?a ?c ?e { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f }";
    let bearer = format!("Bearer {}", memory.door.token);
    let headers = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Content-Type", QUERY)];
    let stream = memory.door.open("POST", "/sparql?dataset=own", &headers, product.as_bytes());
    assert_eq!(stream.status, 200);
    drop(stream);
    // And one that gives no row at all.
    let silent = "SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f FILTER(?b > ?d + 1e9) }";
    let mut stream = TcpStream::connect(("127.0.0.1", memory.door.port)).unwrap();
    let head = format!(
        "POST /sparql?dataset=own HTTP/1.1\r\nHost: localhost\r\nAuthorization: {bearer}\r\nContent-Type: {QUERY}\r\n\
         Content-Length: {}\r\n\r\n{silent}",
        silent.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    drop(stream);
    wait_until("both were ended", || ended(&memory, "cancelled") + ended(&memory, "too_large") >= 2);
}

#[test]
fn a_client_that_does_not_read_keeps_nothing_for_ever() {
    let memory = Memory::with(&[("HYDRA_QUERY_TIMEOUT_S", "1")]);
    assert_eq!(memory.send("PUT", "/store?default", &[("Content-Type", "text/turtle")], &large()).status, 201);
    let product = "SELECT ?a ?c ?e { ?a <urn:p> ?b . ?c <urn:p> ?d . ?e <urn:p> ?f }";
    let bearer = format!("Bearer {}", memory.door.token);
    let headers = [("Host", "localhost"), ("Authorization", bearer.as_str()), ("Content-Type", QUERY)];
    let stream = memory.door.open("POST", "/sparql?dataset=own", &headers, product.as_bytes());
    assert_eq!(stream.status, 200);
    wait_until("the query was ended", || ended(&memory, "unavailable") >= 1);
    drop(stream);
}

/// How many queries ended so.
fn ended(memory: &Memory, outcome: &str) -> u64 {
    let metrics = memory.send("GET", "/metrics", &[], "").body;
    let name = format!("hydra_verbs_total{{verb=\"sparql\",outcome=\"{outcome}\"}}");
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.trim().parse().ok()).unwrap_or(0)
}
