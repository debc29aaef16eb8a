//! Every node of the graph has one address, and says there what SPARQL says of it.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::collections::BTreeSet;

use harness::{Server, json, succeeds};
use serde_json::{Value, json};
use wire::{Answer, Door};

struct Home {
    _folder: tempfile::TempDir,
    data: std::path::PathBuf,
    _server: Server,
    door: Door,
    bearer: String,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let server = Server::start(&data);
        let door = Door::of(&data);
        let bearer = format!("Bearer {}", door.token);
        Self { _folder: folder, data, _server: server, door, bearer }
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let own = [("Host", "localhost"), ("Authorization", self.bearer.as_str())];
        self.door.send(method, path, &[&own, headers].concat(), b"")
    }

    #[track_caller]
    fn page(&self, path: &str, accept: &str) -> String {
        let answer = self.get(path, &[("Accept", accept)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.whole()
    }

    fn tell(&self, arguments: &[&str]) -> Value {
        json(&self.data, arguments)
    }

    /// What SPARQL says of a node, one statement a line.
    fn described(&self, id: &str) -> BTreeSet<String> {
        let query = format!("/sparql?query=DESCRIBE%20%3Curn:hydra:id:{id}%3E");
        lines(&self.page(&query, "application/n-triples"))
    }

    /// What the journal says of a commit, one statement a line.
    fn journalled(&self, id: &str) -> BTreeSet<String> {
        let commit = format!("<urn:hydra:id:{id}> ?p ?o");
        let query = format!("CONSTRUCT {{ {commit} }} WHERE {{ GRAPH <urn:hydra:ns#g/journal> {{ {commit} }} }}");
        let headers = [
            ("Host", "localhost"),
            ("Authorization", self.bearer.as_str()),
            ("Content-Type", "application/sparql-query"),
            ("Accept", "application/n-triples"),
        ];
        let answer = self.door.send("POST", "/sparql", &headers, query.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        lines(&answer.whole())
    }

    fn statements(&self, path: &str) -> BTreeSet<String> {
        lines(&self.page(path, "application/n-triples"))
    }
}

fn lines(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_page_says_what_sparql_says_and_the_facts_with_their_sources() {
    let home = Home::new();
    let told = home.tell(&["remember", "--fact", "Mirela", "works for", "Acme Labs", "--valid-from", "2024-03-01"]);
    let [fact, commit] = ["id", "commit"].map(|key| told[key].as_str().unwrap().to_owned());
    // Each kind of node: a fact, an entity, a commit, a passage and its note.
    let notes = home.data.with_file_name("notes");
    harness::vault(&notes, 2);
    succeeds(&home.data, &["ingest", notes.to_str().unwrap()]);
    let entity = home.tell(&["entity", "show", "Mirela"])["id"].as_str().unwrap().to_owned();
    let hit = home.tell(&["recall", "lighthouse number1", "--limit", "1"])["hits"][0].clone();
    let passage = hit["id"].as_str().unwrap().to_owned();
    let note = hit["part_of"].as_str().unwrap().to_owned();
    for id in [&fact, &entity, &commit, &passage, &note] {
        let page = home.statements(&format!("/m/{id}"));
        let described = if *id == commit { home.journalled(id) } else { home.described(id) };
        assert!(!described.is_empty() && described.is_subset(&page), "{id}: {page:?} lacks of {described:?}");
        // What goes beyond is of facts about the node.
        let facts = format!("<urn:hydra:id:{fact}>");
        let is_of_fact = |line: &&String| line.starts_with(&facts);
        assert!(page.difference(&described).all(|line| is_of_fact(&line)), "{id}: {page:?}");
        assert_eq!(page, home.statements(&format!("/m/{id}.nt")));
        for (accept, ending) in
            [("text/turtle", "ttl"), ("application/ld+json", "jsonld"), ("application/json", "json")]
        {
            let answer = home.get(&format!("/m/{id}"), &[("Accept", accept)]);
            assert!(answer.headers["content-type"].starts_with(accept), "{:?}", answer.headers);
            let ended = home.get(&format!("/m/{id}.{ending}"), &[("Accept", "image/png")]);
            assert_eq!((ended.status, &ended.body), (200, &answer.body), "{id}.{ending}");
        }
    }
    let of_commit = home.statements(&format!("/m/{commit}"));
    assert!(of_commit.iter().any(|line| line.contains("verb") && line.contains("\"remember\"")), "{of_commit:?}");
    assert!(of_commit.iter().any(|line| line.contains(&fact)), "it says what it touched: {of_commit:?}");
    // Where a format has no statements about statements, their parts are said.
    let json_ld = home.page(&format!("/m/{entity}"), "application/ld+json");
    for word in ["subject", "predicate", "object"] {
        assert!(json_ld.contains(&format!("http://www.w3.org/1999/02/22-rdf-syntax-ns#{word}")), "{json_ld}");
    }
    let of_entity = home.statements(&format!("/m/{entity}"));
    let reified = of_entity.iter().find(|line| line.contains("reifies")).unwrap();
    assert!(reified.contains("<http://schema.org/worksFor>") && reified.contains(&format!("urn:hydra:id:{entity}")));
    assert!(of_entity.iter().any(|line| line.contains(&fact) && line.contains("wasAttributedTo")), "{of_entity:?}");
    // As `get` tells it.
    let page: Value = serde_json::from_str(&home.page(&format!("/m/{fact}"), "application/json")).unwrap();
    let got = home.tell(&["get", &fact])["records"][0].clone();
    assert_eq!((&page["record"], &page["iri"]), (&got["record"], &json!(format!("urn:hydra:id:{fact}"))));
    // A name leads to its page, and so does another spelling.
    let named = home.get("/entity/Mirela?space=personal", &[]);
    assert_eq!((named.status, &named.headers["location"]), (303, &format!("/m/{entity}?space=personal")));
    let other = home.get(&format!("/m/{}.ttl", fact.to_uppercase()), &[]);
    assert_eq!((other.status, &other.headers["location"]), (308, &format!("/m/{fact}.ttl")));
    assert!(home.page("/ns", "*/*").contains("hy:Memory"));
}

#[test]
fn a_page_is_negotiated_and_known_again() {
    let home = Home::new();
    let id = home.tell(&["remember", "The bell rings at noon"])["id"].as_str().unwrap().to_owned();
    let path = format!("/m/{id}");
    let answer = home.get(&path, &[]);
    assert_eq!(answer.headers["vary"], "accept");
    let links = home.send("HEAD", &path, &[]);
    assert_eq!((links.status, links.body.as_str()), (200, ""));
    assert!(links.headers.contains_key("link") && links.headers.contains_key("etag"), "{:?}", links.headers);
    let tag = answer.headers["etag"].clone();
    let known = home.get(&path, &[("If-None-Match", &format!("\"x\", W/{tag}"))]);
    assert_eq!((known.status, known.body.as_str()), (304, ""));
    let turtle = home.get(&path, &[("Accept", "text/turtle"), ("If-None-Match", &tag)]);
    assert_eq!(turtle.status, 200, "another format is another answer");
    home.tell(&["remember", "The bell is cracked"]);
    assert_eq!(home.get(&path, &[("If-None-Match", &tag)]).status, 200, "something was committed since");
    for (path, accept, status) in [
        (path.clone(), "image/png", 406),
        (format!("{path}/history"), "text/turtle", 406),
        (format!("{path}/other"), "*/*", 404),
        (format!("{path}.xml"), "*/*", 404),
        ("/m/0000000000000".to_owned(), "*/*", 404),
        ("/m/nothing".to_owned(), "*/*", 404),
        ("/entity/Nobody".to_owned(), "*/*", 404),
        (format!("{path}?as_of=never"), "*/*", 400),
        (format!("{path}?colour=red"), "*/*", 400),
        (format!("{path}@2001-01-01"), "*/*", 404),
        (format!("{path}@2001-01-01?known_at=2002-01-01"), "*/*", 400),
    ] {
        let answer = home.get(&path, &[("Accept", accept)]);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert!(answer.json()["error"]["hint"].is_string(), "{path}: {}", answer.body);
    }
    let wrong = home.send("POST", &path, &[]);
    assert_eq!((wrong.status, wrong.headers["allow"].as_str()), (405, "GET,HEAD"));
    let bare = home.door.send("GET", &path, &[("Host", "localhost")], b"");
    assert_eq!(bare.status, 401);
}

#[test]
fn what_was_forgotten_is_gone_and_what_is_elsewhere_is_not_told() {
    let home = Home::new();
    let kept = home.tell(&["remember", "The ladder is behind the shed"])["id"].as_str().unwrap().to_owned();
    let forgotten = home.tell(&["remember", "The ladder is rotten"])["id"].as_str().unwrap().to_owned();
    let erased = home.tell(&["remember", "The safe opens with 7 4 1"])["id"].as_str().unwrap().to_owned();
    let elsewhere = home.tell(&["remember", "The mast is new", "--space", "boat"])["id"].as_str().unwrap().to_owned();
    succeeds(&home.data, &["forget", &forgotten]);
    succeeds(&home.data, &["forget", &erased, "--erase", "--yes"]);
    for id in [&forgotten, &erased] {
        for path in [format!("/m/{id}"), format!("/m/{id}.ttl"), format!("/m/{id}.nt"), format!("/m/{id}.jsonld")] {
            let answer = home.get(&path, &[]);
            assert_eq!(answer.status, 410, "{path}: {}", answer.body);
            assert!(!answer.body.contains("rotten") && !answer.body.contains("7 4 1"), "{}", answer.body);
        }
    }
    let history = home.get(&format!("/m/{forgotten}/history"), &[]).json();
    let verbs: Vec<&str> =
        history["commits"].as_array().unwrap().iter().map(|commit| commit["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["remember", "forget"], "{history}");
    assert_eq!(home.get(&format!("/m/{kept}?space=personal"), &[]).status, 200);
    for path in [format!("/m/{elsewhere}?space=personal"), format!("/m/{elsewhere}.ttl?space=personal")] {
        let answer = home.get(&path, &[]);
        assert_eq!(answer.status, 404, "{}", answer.body);
        assert!(!answer.body.contains("mast"));
    }
    assert_eq!(home.get(&format!("/m/{elsewhere}?space=personal&space=boat"), &[]).status, 200);
    // What took its place has a page, and it keeps its own.
    let newer = home.tell(&["update", &kept, "--supersede", "The ladder is in the barn"]);
    for id in [&kept, newer["id"].as_str().unwrap()] {
        assert_eq!(home.get(&format!("/m/{id}"), &[]).status, 200, "{newer}");
    }
}
