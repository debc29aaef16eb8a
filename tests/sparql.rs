//! SPARQL over HTTP: the protocol, updates that can be undone, whole graphs, recall inside a query, and what is refused.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "sparql/limit.rs"]
mod limit;
#[path = "sparql/store.rs"]
mod store;
#[path = "sparql/update.rs"]
mod update;
#[path = "wire/mod.rs"]
mod wire;

use std::path::{Path, PathBuf};

use harness::{Server, hydra, json, model, succeeds, wait_until};
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

fn json_of(answer: &Answer) -> Value {
    let body = answer.whole();
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
        assert!(answer.whole().contains(part), "{accept}: {}", answer.whole());
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
        let text = answer.whole();
        for part in
            ["http://localhost/sparql", "sparql-service-description#", "SPARQL11Update", BOOKS, "urn:hydra:ns#similar"]
        {
            assert!(text.contains(part), "{accept} {part}: {text}");
        }
    }
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
    let shown = memory.send("GET", "/store?default", &[("Accept", "application/n-triples")], "").whole();
    assert!(
        shown.contains("<<( <http://example.org/a> <http://example.org/knows> <http://example.org/b> )>>"),
        "{shown}"
    );
}
