//! GraphQL on the real server: what can be asked, changed and heard, and what is refused.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "graphql/socket.rs"]
mod socket;
#[path = "wire/mod.rs"]
mod wire;

use std::collections::BTreeSet;
use std::path::Path;

use harness::{Server, vault};
use serde_json::{Value, json};
use socket::Socket;
use wire::{Answer, Door};

/// Looks at the graph that one request with many nodes takes at most.
const MAX_LOOKS: u64 = 8;

const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// A server with an empty memory, and the door to it.
struct Api {
    _server: Server,
    door: Door,
    temp: tempfile::TempDir,
}

impl Api {
    fn start() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let data = temp.path().join("data");
        let server = Server::start(&data);
        Self { _server: server, door: Door::of(&data), temp }
    }

    fn send(&self, query: &str, variables: Value) -> Answer {
        let body = json!({"query": query, "variables": variables});
        self.door.post("/graphql", &[("Accept", GRAPHQL_JSON)], &body)
    }

    /// Asks for what must come without an error.
    fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables);
        let body = answer.json();
        assert!(answer.status == 200 && body["errors"].is_null(), "{query}: {}", answer.body);
        body["data"].clone()
    }

    fn get(&self, query: &str) -> Value {
        self.ask(query, json!({}))
    }

    /// Asks for what must be refused; returns the first error.
    fn refused(&self, query: &str, variables: Value) -> Value {
        let answer = self.send(query, variables);
        let error = answer.json()["errors"][0].clone();
        assert!(error["message"].is_string(), "{query}: {}", answer.body);
        assert!(error["extensions"]["code"].is_string(), "{query}: {}", answer.body);
        assert!(error["extensions"]["hint"].is_string(), "{query}: {}", answer.body);
        error
    }

    fn code(&self, query: &str) -> String {
        self.refused(query, json!({}))["extensions"]["code"].as_str().unwrap().to_owned()
    }

    fn head(&self) -> Value {
        self.get("{ stats { head } }")["stats"]["head"].clone()
    }

    fn fact(&self, subject: &str, predicate: &str, object: &str) -> Value {
        let statement = json!({"subject": subject, "predicate": predicate, "object": object});
        let query = "mutation($i: RememberInput!) { remember(input: $i) { id undo status ended conflict dryRun } }";
        self.ask(query, json!({"i": {"statement": statement}}))["remember"].clone()
    }

    /// How often a verb ran, by the server's own count.
    fn ran(&self, verb: &str) -> u64 {
        let bearer = format!("Bearer {}", self.door.token);
        let headers = [("Host", "localhost"), ("Authorization", bearer.as_str())];
        let metrics = self.door.send("GET", "/metrics", &headers, b"").body;
        let name = format!("hydra_verbs_total{{verb=\"{verb}\",outcome=\"ok\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
    }

    /// Opens a stream of events.
    fn listen(&self, query: &str, variables: Value) -> wire::Stream {
        let bearer = format!("Bearer {}", self.door.token);
        let headers = [
            ("Host", "localhost"),
            ("Authorization", bearer.as_str()),
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream"),
        ];
        let body = json!({"query": query, "variables": variables}).to_string();
        let stream = self.door.open("POST", "/graphql", &headers, body.as_bytes());
        assert_eq!(stream.status, 200, "{query}");
        stream
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_told_is_found_explained_and_taken_back() {
    let api = Api::start();
    let told = api.ask(
        "mutation($i: RememberInput!) { remember(input: $i) { id undo status note dryRun } }",
        json!({"i": {"text": "The spare key hangs behind the water meter", "kind": "EPISODE", "entities": ["Water meter"],
            "speaker": "Oskar", "session": "call of 3 May", "happenedAt": "2026-05-03"}}),
    )["remember"]
        .clone();
    assert_eq!((&told["status"], &told["dryRun"], &told["note"]), (&json!("INSERTED"), &json!(false), &Value::Null));
    let found = api.get(
        r#"{ recall(query: "where is the spare key", limit: 5) { traceId degraded dropped tookMs note
            hits { id kind text score trust space speaker happenedAt why { lexical { rank score } entities }
                memory { id session entities { name } history { verb agent } } }
            facets { kinds { value count } spaces { value count } trusts { value count } speakers { value count } }
            leftOut { id score reason } } }"#,
    )["recall"]
        .clone();
    let hit = &found["hits"][0];
    assert_eq!((&hit["id"], &hit["kind"], &hit["trust"]), (&told["id"], &json!("EPISODE"), &json!("OWNER")));
    assert_eq!((&hit["speaker"], &hit["happenedAt"]), (&json!("Oskar"), &json!("2026-05-03T00:00:00Z")));
    assert_eq!(hit["why"]["lexical"]["rank"], 1);
    assert_eq!(hit["memory"]["entities"], json!([{"name": "Water meter"}]));
    assert_eq!(hit["memory"]["session"], "call of 3 May");
    assert_eq!(hit["memory"]["history"], json!([{"verb": "remember", "agent": "owner"}]));
    assert_eq!(found["facets"]["kinds"], json!([{"value": "episode", "count": 1}]));
    assert_eq!(found["facets"]["speakers"], json!([{"value": "Oskar", "count": 1}]));
    assert_eq!(found["leftOut"], json!([]));
    assert!(!found["degraded"].as_array().unwrap().is_empty(), "there is no model here, and that is said");

    let trace = found["traceId"].as_str().unwrap();
    let again = api.ask(
        "query($t: NodeID!, $id: NodeID!) { trace(id: $t) { question recalled { hits { id } } }
            explain(trace: $t, id: $id) { question verdict rank given { id } leftOut { id } }
            now: explain(query: \"water meter\") { traceId given { id } } }",
        json!({"t": trace, "id": told["id"]}),
    );
    assert_eq!(again["trace"]["question"], "where is the spare key");
    assert_eq!(again["trace"]["recalled"]["hits"][0]["id"], told["id"]);
    assert_eq!((&again["explain"]["rank"], &again["explain"]["given"][0]["id"]), (&json!(1), &told["id"]));
    assert_eq!(again["now"]["given"][0]["id"], told["id"]);

    let undone = api.ask(
        "mutation($c: NodeID!) { undo(commit: $c) { undo undone verb touched dryRun } }",
        json!({"c": told["undo"]}),
    )["undo"]
        .clone();
    assert_eq!((&undone["undone"], &undone["verb"]), (&told["undo"], &json!("remember")));
    let gone = api.get(r#"{ recall(query: "spare key") { hits { id } } }"#);
    assert_eq!(gone["recall"]["hits"], json!([]));
    api.ask("mutation($c: NodeID!) { undo(commit: $c) { undone } }", json!({"c": undone["undo"]}));
    let back = api.get(r#"{ recall(query: "spare key") { hits { id } } }"#);
    assert_eq!(back["recall"]["hits"][0]["id"], told["id"]);
}

#[test]
fn facts_have_time_conflicts_and_neighbours() {
    let api = Api::start();
    let acme = api.ask(
        "mutation($i: RememberInput!) { remember(input: $i) { id } }",
        json!({"i": {"statement": {"subject": "Mirela", "predicate": "works for", "object": "Acme Labs"},
            "validFrom": "2024-02-01"}}),
    )["remember"]["id"]
        .clone();
    let tern = api.ask(
        "mutation($i: RememberInput!) { remember(input: $i) { id status ended } }",
        json!({"i": {"text": "Mirela works for Tern", "kind": "FACT", "validFrom": "2026-09-01"}}),
    )["remember"]
        .clone();
    assert_eq!((&tern["status"], &tern["ended"]), (&json!("SUPERSEDED"), &json!([acme])));
    let facts = api.get(
        r#"{ now: facts(subject: "Mirela") { nodes { text statement { subject predicate object } validFrom then { held } voices } }
            then: facts(subject: "Mirela", asOf: "2025-06-01") { edges { cursor node { id text validTo endedBy { id } then { held } } } } }"#,
    );
    assert_eq!(facts["now"]["nodes"][0]["statement"]["object"], "Tern");
    assert_eq!(facts["now"]["nodes"][0]["voices"], 1);
    let then = &facts["then"]["edges"][0]["node"];
    assert_eq!((&then["id"], &then["validTo"]), (&acme, &json!("2026-09-01T00:00:00Z")));
    assert_eq!((&then["endedBy"]["id"], &then["then"]["held"]), (&tern["id"], &json!(true)));

    let porto = api.fact("Oskar", "lives in", "Porto");
    let ghent = api.fact("Oskar", "lives in", "Ghent");
    assert_eq!(ghent["status"], "SUPERSEDED", "{ghent}");
    api.ask("mutation($c: NodeID!) { undo(commit: $c) { undone } }", json!({"c": ghent["undo"]}));
    let from = "2025-01-01";
    for place in ["Bruges", "Ghent"] {
        let statement = json!({"subject": "Tomas", "predicate": "lives in", "object": place});
        api.ask(
            "mutation($i: RememberInput!) { remember(input: $i) { id } }",
            json!({"i": {"statement": statement, "validFrom": from}}),
        );
    }
    let conflicts = api.get("{ conflicts { id space recordedAt settledAt voices sides { id text trust } } }");
    let conflict = &conflicts["conflicts"][0];
    assert_eq!(conflict["voices"], json!([1, 1]));
    assert_eq!(conflict["sides"][0]["text"], "Tomas lives in Bruges");
    let settled = api.ask(
        "mutation($c: NodeID!, $k: NodeID!) { settle(conflict: $c, keep: $k, reason: \"they said so\") { id undo stale } }",
        json!({"c": conflict["id"], "k": conflict["sides"][0]["id"]}),
    );
    assert!(settled["settle"]["undo"].is_string());
    assert_eq!(api.get("{ conflicts { id } }")["conflicts"], json!([]));

    api.fact("Mirela", "knows", "Oskar");
    let path = api.get(
        r#"{ path(a: "Tern", b: "Porto") { from { name } to { name } isCut
            found { kind fromName predicate toName from { id name } to { name } fact { id text } } } }"#,
    )["path"]
        .clone();
    let steps: Vec<String> = path["found"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|tie| format!("{} {} {}", tie["fromName"], tie["predicate"], tie["toName"]).replace('"', ""))
        .collect();
    assert_eq!(steps, ["Mirela works for Tern", "Mirela knows Oskar", "Oskar lives in Porto"]);
    assert_eq!(path["found"][0][2]["fact"]["id"], porto["id"]);
    let happened =
        api.get(r#"{ timeline(of: "Mirela", limit: 20) { name dropped events { at what text who commit } } }"#);
    let what: BTreeSet<&str> = happened["timeline"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["what"].as_str().unwrap())
        .collect();
    assert!(what.is_superset(&BTreeSet::from(["began", "ended", "said"])), "{what:?}");
}

#[test]
fn pages_of_neighbours_have_each_once() {
    let api = Api::start();
    for n in 0..23 {
        api.fact("Mirela", "knows", &format!("Person {n}"));
    }
    api.fact("Mirela", "works for", "Tern");
    api.fact("Tern", "is led by", "Mirela");
    let query = r#"query($first: Int!, $after: String) { entity(nameOrId: "Mirela") { id name aliases factCounts { of count }
        neighbours(first: $first, after: $after) { total unread pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            edges { cursor factCount linkCount ties { predicate } node { id name } } } } }"#;
    let (mut met, mut after, mut pages) = (Vec::new(), Value::Null, 0);
    loop {
        let entity = api.ask(query, json!({"first": 5, "after": after}))["entity"].clone();
        let neighbours = &entity["neighbours"];
        assert_eq!((&neighbours["total"], &entity["factCounts"][0]["of"]), (&json!(24), &json!("knows")));
        assert_eq!(neighbours["pageInfo"]["hasPreviousPage"], json!(pages > 0));
        let edges = neighbours["edges"].as_array().unwrap();
        met.extend(edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap().to_owned()));
        pages += 1;
        assert_eq!(neighbours["pageInfo"]["endCursor"], edges.last().unwrap()["cursor"]);
        if neighbours["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = neighbours["pageInfo"]["endCursor"].clone();
    }
    assert_eq!((pages, met.len()), (5, 24));
    assert_eq!(met[0], "Tern", "two facts tie it");
    assert_eq!(met.iter().collect::<BTreeSet<_>>().len(), 24);
    let error = api.refused(query, json!({"first": 5, "after": "nonsense"}));
    assert_eq!(error["extensions"]["code"], "INVALID");
    assert_eq!(api.refused(query, json!({"first": 201}))["extensions"]["code"], "INVALID");
}

#[test]
fn preferences_decisions_learnings_and_blocks_are_told_listed_and_changed() {
    let api = Api::start();
    let coffee = api.get(
        r#"mutation { prefer(input: {text: "I prefer coffee over tea"}) { id undo status preference { topic value polarity status } } }"#,
    )["prefer"]
        .clone();
    assert_eq!(coffee["preference"]["status"], "in_force", "{coffee}");
    let tea = api.get(r#"mutation { prefer(input: {text: "I prefer tea to coffee"}) { id ended } }"#);
    assert_eq!(tea["prefer"]["ended"], json!([coffee["id"]]));
    let first =
        api.get(r#"mutation { decide(input: {text: "Keep the ledger in SQLite"}) { id } }"#)["decide"]["id"].clone();
    let second = api.ask(
        r#"mutation($s: NodeID!) { decide(input: {text: "Keep the ledger in PostgreSQL", supersedes: $s,
            reasons: ["two programs write"], options: [{option: "PostgreSQL", verdict: CHOSEN},
            {option: "SQLite", verdict: REJECTED, why: "one writer only"}]}) { id ended } }"#,
        json!({"s": first}),
    );
    assert_eq!(second["decide"]["ended"], json!([first]));
    let learned = api.get(
        r#"mutation { learn(input: {trigger: "the linker is killed", lesson: "Build with one job"}) { id undo timesSeen outcome } }"#,
    )["learn"]
        .clone();
    let helped = api.ask(
        "mutation($id: NodeID!) { report(id: $id, report: HELPED) { id timesHelped undo } }",
        json!({"id": learned["id"]}),
    );
    assert_eq!(helped["report"]["timesHelped"], 1);
    let lists = api.get(
        "{ preferences { nodes { text preference { value } } } decisions { nodes { text decision { decided reasons
                options { option verdict why } } revisionOf { id } chain { id supersededBy } } }
            learnings(first: 1) { nodes { learning { trigger lesson outcome timesSeen timesHelped } } pageInfo { hasNextPage } }
            episodes { nodes { id } } }",
    );
    assert_eq!(lists["preferences"]["nodes"].as_array().unwrap().len(), 1);
    let decisions = lists["decisions"]["nodes"].as_array().unwrap();
    assert_eq!((decisions.len(), &decisions[0]["revisionOf"]["id"]), (2, &first));
    assert_eq!(decisions[0]["chain"].as_array().unwrap().len(), 2);
    assert!(
        decisions[0]["decision"]["options"].as_array().unwrap().iter().any(|option| option["why"] == "one writer only")
    );
    assert_eq!(lists["learnings"]["nodes"][0]["learning"]["timesHelped"], 1);
    assert_eq!(lists["episodes"]["nodes"], json!([]));

    let edited = api.get(
        r#"mutation { editBlock(input: {name: "human", text: "Lives in Ghent"}) { undo block { name text sizeBytes commit } } }"#,
    )["editBlock"]
        .clone();
    assert_eq!((&edited["block"]["text"], &edited["block"]["commit"]), (&json!("Lives in Ghent"), &edited["undo"]));
    api.get(r#"mutation { editBlock(input: {name: "human", append: "Speaks Dutch"}) { undo } }"#);
    let blocks = api.get("{ coreBlocks { name text trust history { commit { verb } block { text } } } }");
    assert_eq!(blocks["coreBlocks"][0]["text"], "Lives in Ghent\nSpeaks Dutch");
    assert_eq!(blocks["coreBlocks"][0]["history"][1]["block"]["text"], "Lives in Ghent");
    let briefing = api
        .get(r#"{ context(about: "ledger") { text blocks { name } items { text kind } threads { kind } dropped } }"#);
    assert!(briefing["context"]["text"].as_str().unwrap().contains("I prefer tea to coffee"));
    assert_eq!(briefing["context"]["blocks"][0]["name"], "human");
}

#[test]
fn entities_proposals_predicates_and_updates_are_changed() {
    let api = Api::start();
    let brightfield = api.fact("Mirela Kovac", "works for", "Brightfield");
    api.fact("Mirela", "knows", "Oskar");
    let alias = api.get(r#"mutation { alias(of: "Mirela", alias: "Miri") { id name alias undo sharedWith } }"#);
    assert!(alias["alias"]["undo"].is_string());
    let merged = api.get(
        r#"mutation { merge(keep: "Mirela", other: "Mirela Kovac", reason: "the same") { id name mergedName memories undo } }"#,
    );
    assert_eq!(merged["merge"]["mergedName"], "Mirela Kovac");
    let entity = api.get(
        r#"{ entity(nameOrId: "Mirela Kovac") { name aliases standsFor { name } memoryCounts { of count }
        facts { predicate toName trust } linkedFrom linksTo notes differentFrom { name } merged { name } } }"#,
    );
    assert_eq!(entity["entity"]["name"], "Mirela");
    assert_eq!(entity["entity"]["standsFor"], json!([{"name": "Mirela Kovac"}]));
    assert_eq!(entity["entity"]["facts"].as_array().unwrap().len(), 2);
    let split = api.get(r#"mutation { split(of: "Mirela Kovac") { name fromName memories undo } }"#);
    assert_eq!(split["split"]["fromName"], "Mirela");

    let declared = api.get(
        r#"mutation { declarePredicate(input: {label: "plays for", functional: true}) { undo predicate { label functional iri } } }"#,
    );
    assert_eq!(declared["declarePredicate"]["predicate"]["label"], "plays for");
    let predicates = api.get("{ predicates { label aliases functional } }");
    assert!(predicates["predicates"].as_array().unwrap().iter().any(|one| one["label"] == "plays for"));

    let quote = api.get(r#"mutation { remember(input: {text: "Oskar asked for black tea again"}) { id } }"#);
    let proposed = api.ask(
        r#"mutation($q: NodeID!) { propose(by: "llama3", proposals: [
            {suggestion: {fact: {subject: "Oskar", predicate: "likes", object: "black tea"}}, evidence: [{id: $q}], confidence: 0.8},
            {suggestion: {alias: {entity: "Oskar", alias: "Oz"}}},
            {suggestion: {fact: {subject: "Oskar", predicate: "likes", object: "rain"}}}]) {
                proposals { id text status would error undo } } }"#,
        json!({"q": quote["remember"]["id"]}),
    )["propose"]["proposals"]
        .clone();
    let statuses: Vec<&str> = proposed.as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["QUEUED", "QUEUED", "REFUSED"], "{proposed}");
    let waiting = api.get("{ proposals { id kind text confidence agent would evidence { id } } }");
    assert_eq!(waiting["proposals"].as_array().unwrap().len(), 2);
    let accepted = api.ask(
        "mutation($id: NodeID!) { accept(ids: [$id]) { decided { id undo text error } } }",
        json!({"id": proposed[0]["id"]}),
    );
    assert!(accepted["accept"]["decided"][0]["undo"].is_string(), "{accepted}");
    let rejected = api.ask(
        "mutation($id: NodeID!) { reject(ids: [$id], reason: \"no\") { decided { undo error } } }",
        json!({"id": proposed[1]["id"]}),
    );
    assert!(rejected["reject"]["decided"][0]["error"].is_null());
    assert_eq!(api.get("{ proposals { id } }")["proposals"], json!([]));
    let likes = api.get(r#"{ facts(subject: "Oskar") { nodes { text trust derivedFrom { id text } } } }"#);
    assert_eq!(likes["facts"]["nodes"][0]["derivedFrom"][0]["id"], quote["remember"]["id"]);

    let update = |op: &str, more: &str| {
        let query = format!(
            "mutation($id: NodeID!) {{ update(id: $id, op: {op}{more}) {{ id undo replacedBy stale fresh }} }}"
        );
        api.ask(&query, json!({"id": brightfield["id"]}))["update"].clone()
    };
    assert!(update("END", r#", at: "2d""#)["undo"].is_string());
    assert!(update("RESTORE", "")["undo"].is_string());
    assert!(update("RETRACT", "")["undo"].is_string());
    assert!(update("RESTORE", "")["undo"].is_string());
    let corrected =
        update("CORRECT", r#", statement: {subject: "Mirela Kovac", predicate: "works for", object: "Brightfields"}"#);
    assert!(corrected["replacedBy"].is_string());
    let better = api.ask(
        r#"mutation($id: NodeID!) { update(id: $id, op: SUPERSEDE, text: "Oskar asked for green tea") { replacedBy stale } }"#,
        json!({"id": quote["remember"]["id"]}),
    );
    assert_eq!(better["update"]["stale"].as_array().unwrap().len(), 1, "what was proposed rests on it");
}

#[test]
fn forgetting_is_shown_first_and_erasing_is_for_good() {
    let api = Api::start();
    let told = api.get(r#"mutation { remember(input: {text: "The alarm is under the stairs"}) { id } }"#);
    let id = &told["remember"]["id"];
    let query = "mutation($id: NodeID!, $dry: Boolean!) { forget(ids: [$id], dryRun: $dry) { ids undo dryRun wouldGo { id text } } }";
    let shown = api.ask(query, json!({"id": id, "dry": true}))["forget"].clone();
    assert_eq!((&shown["dryRun"], &shown["undo"]), (&json!(true), &Value::Null));
    assert_eq!(shown["wouldGo"][0]["text"], "The alarm is under the stairs");
    let gone = api.ask(query, json!({"id": id, "dry": false}))["forget"].clone();
    let found = || api.get(r#"{ recall(query: "alarm stairs") { hits { id } } }"#)["recall"]["hits"].clone();
    assert_eq!(found(), json!([]));
    api.ask("mutation($c: NodeID!) { undo(commit: $c) { verb } }", json!({"c": gone["undo"]}));
    assert_eq!(found()[0]["id"], *id);
    let erase = "mutation($id: NodeID!, $sure: Boolean!) { erase(ids: [$id], confirm: $sure) { ids commit dryRun removed { place isDone } wouldGo { id } } }";
    let shown = api.ask(erase, json!({"id": id, "sure": false}))["erase"].clone();
    assert_eq!((&shown["dryRun"], &shown["wouldGo"][0]["id"]), (&json!(true), id));
    let erased = api.ask(erase, json!({"id": id, "sure": true}))["erase"].clone();
    assert!(erased["removed"].as_array().unwrap().iter().all(|place| place["isDone"] == true), "{erased}");
    assert_eq!(found(), json!([]));
    let memory = api.refused("query($id: NodeID!) { memory(id: $id) { text } }", json!({"id": id}));
    assert_eq!(memory["extensions"]["code"], "NOT_FOUND");
    assert!(memory["message"].as_str().unwrap().contains("erased"));
}

#[test]
fn a_dry_run_decides_and_writes_nothing() {
    let api = Api::start();
    let tern = api.fact("Mirela", "works for", "Tern");
    let lesson =
        api.get(r#"mutation { learn(input: {trigger: "it rains", lesson: "Close the roof"}) { id undo } }"#)["learn"]
            .clone();
    let id = tern["id"].as_str().unwrap();
    // What can be settled, split, decided and changed.
    for place in ["Bruges", "Ghent"] {
        let statement = json!({"subject": "Tomas", "predicate": "lives in", "object": place});
        api.ask(
            "mutation($i: RememberInput!) { remember(input: $i) { id } }",
            json!({"i": {"statement": statement, "validFrom": "2025-01-01"}}),
        );
    }
    let open = || api.get("{ conflicts { id sides { id } } }")["conflicts"].clone();
    let conflict = open()[0].clone();
    api.fact("Anna", "knows", "Oskar");
    api.fact("Anna Berg", "knows", "Zoe");
    api.get(r#"mutation { merge(keep: "Anna", other: "Anna Berg") { undo } }"#);
    let stands_for = || api.get(r#"{ entity(nameOrId: "Anna") { standsFor { name } } }"#);
    let merged = stands_for();
    let proposed = api.get(
        r#"mutation { propose(proposals: [{suggestion: {alias: {entity: "Oskar", alias: "Oz"}}}, {suggestion: {alias: {entity: "Zoe", alias: "Zo"}}}]) { proposals { id } } }"#,
    );
    let proposal = |at: usize| proposed["propose"]["proposals"][at]["id"].as_str().unwrap();
    let waiting = || api.get("{ proposals { id } }");
    let wait = waiting();
    let empty = api.temp.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let watched =
        api.ask("mutation($p: String!) { addSource(input: {path: $p}) { source { id } } }", json!({"p": path(&empty)}))
            ["addSource"]["source"]["id"]
            .clone();
    let source = watched.as_str().unwrap();
    let sides = [&conflict["id"], &conflict["sides"][0]["id"]].map(|id| id.as_str().unwrap());
    let head = api.head();
    let folder = api.temp.path().join("notes");
    vault(&folder, 2);
    let quoted = serde_json::to_string(&path(&folder)).unwrap();
    let undo = lesson["undo"].as_str().unwrap();
    let mutations = [
        ("remember", r#"remember(input: {statement: {subject: "Mirela", predicate: "works for", object: "Acme"}}, dryRun: true) { undo dryRun status ended }"#.to_owned()),
        ("prefer", r#"prefer(input: {text: "I prefer tea to coffee"}, dryRun: true) { undo dryRun }"#.to_owned()),
        ("decide", r#"decide(input: {text: "Keep it"}, dryRun: true) { undo dryRun }"#.to_owned()),
        ("learn", r#"learn(input: {trigger: "it snows", lesson: "Stay in"}, dryRun: true) { undo dryRun timesSeen }"#.to_owned()),
        ("report", format!(r#"report(id: "{}", report: HURT, dryRun: true) {{ undo dryRun timesHurt }}"#, lesson["id"].as_str().unwrap())),
        ("update", format!(r#"update(id: "{id}", op: RETRACT, dryRun: true) {{ undo dryRun }}"#)),
        ("undo", format!(r#"undo(commit: "{undo}", dryRun: true) {{ undo dryRun verb }}"#)),
        ("editBlock", r#"editBlock(input: {name: "human", text: "x"}, dryRun: true) { undo dryRun block { text commit } }"#.to_owned()),
        ("declarePredicate", r#"declarePredicate(input: {label: "plays for"}, dryRun: true) { undo dryRun }"#.to_owned()),
        ("forget", format!(r#"forget(ids: ["{id}"], dryRun: true) {{ undo dryRun }}"#)),
        ("alias", r#"alias(of: "Mirela", alias: "Miri", dryRun: true) { undo dryRun }"#.to_owned()),
        ("merge", r#"merge(keep: "Mirela", other: "Tern", dryRun: true) { undo dryRun }"#.to_owned()),
        ("propose", r#"propose(proposals: [{suggestion: {alias: {entity: "Mirela", alias: "M"}}}], dryRun: true) { dryRun proposals { undo status } }"#.to_owned()),
        ("addSource", format!(r#"addSource(input: {{path: {quoted}}}, dryRun: true) {{ undo dryRun source {{ path paused }} }}"#)),
        ("changeSource", format!(r#"changeSource(source: "{source}", paused: true, dryRun: true) {{ undo dryRun source {{ paused }} }}"#)),
        ("settle", format!(r#"settle(conflict: "{}", keep: "{}", dryRun: true) {{ undo dryRun }}"#, sides[0], sides[1])),
        ("split", r#"split(of: "Anna Berg", dryRun: true) { undo dryRun fromName }"#.to_owned()),
        ("accept", format!(r#"accept(ids: ["{}"], dryRun: true) {{ dryRun decided {{ undo error }} }}"#, proposal(0))),
        ("reject", format!(r#"reject(ids: ["{}"], dryRun: true) {{ dryRun decided {{ undo error }} }}"#, proposal(1))),
        ("pin", format!(r#"pin(id: "{id}", at: {{x: 1.5, y: -2}}, dryRun: true) {{ undo dryRun at }}"#)),
    ];
    for (field, mutation) in &mutations {
        let field = *field;
        let answer = api.send(&format!("mutation {{ {mutation} }}"), json!({})).json();
        if field == "merge" {
            // A fact says something of both, so it would be refused; so is the rehearsal.
            assert_eq!(answer["errors"][0]["extensions"]["code"], "CONFLICT", "{answer}");
        } else {
            let payload = &answer["data"][field];
            assert_eq!(payload["dryRun"], true, "{answer}");
            assert_eq!(payload["undo"], Value::Null, "{answer}");
            for decided in payload["decided"].as_array().into_iter().flatten() {
                assert_eq!(*decided, json!({"undo": null, "error": null}), "{answer}");
            }
        }
        assert_eq!(api.head(), head, "{field}");
    }
    assert_eq!((open(), stands_for(), waiting()), (json!([conflict]), merged, wait));
    let paused = "{ sources { sources { id paused } } }";
    assert_eq!(api.get(paused)["sources"]["sources"], json!([{"id": source, "paused": false}]));
    let tried = api.get(r#"mutation { remember(input: {statement: {subject: "Mirela", predicate: "works for", object: "Acme"}}, dryRun: true) { status ended } }"#);
    assert_eq!(tried["remember"], json!({"status": "SUPERSEDED", "ended": [id]}));
    assert_eq!(api.get(r#"{ facts(subject: "Mirela") { nodes { id } } }"#)["facts"]["nodes"], json!([{"id": id}]));
    // Without it, each is done.
    for (field, mutation) in &mutations {
        if ["changeSource", "settle", "split", "accept", "reject", "pin"].contains(field) {
            let before = api.head();
            api.get(&format!("mutation {{ {} }}", mutation.replace(", dryRun: true", "")));
            assert_ne!(api.head(), before, "{field}");
        }
    }
}

#[test]
fn folders_are_watched_paused_and_left_and_files_are_read() {
    let api = Api::start();
    let folder = api.temp.path().join("notes");
    vault(&folder, 5);
    let mut told = api.listen("subscription { sources { isWatching sources { path paused known { notes } state { state files progress { done total } } } } }", json!({}));
    let first = told.next().unwrap();
    assert_eq!(first["data"]["sources"]["sources"], json!([]));
    let added = api.ask(
        "mutation($p: String!) { addSource(input: {path: $p}) { undo source { id path kind space } } }",
        json!({"p": path(&folder)}),
    )["addSource"]
        .clone();
    assert_eq!((&added["source"]["kind"], &added["source"]["space"]), (&json!("NOTES"), &json!("personal")));
    loop {
        let sources = told.next().unwrap()["data"]["sources"]["sources"].clone();
        if sources[0]["state"]["state"] == "WATCHING" && sources[0]["known"]["notes"] == 5 {
            break;
        }
    }
    let source = added["source"]["id"].as_str().unwrap();
    let change =
        "mutation($s: String!, $p: Boolean!) { changeSource(source: $s, paused: $p) { undo source { paused } } }";
    assert_eq!(api.ask(change, json!({"s": source, "p": true}))["changeSource"]["source"]["paused"], true);
    loop {
        if told.next().unwrap()["data"]["sources"]["sources"][0]["state"]["state"] == "PAUSED" {
            break;
        }
    }
    let remove = "mutation($s: String!, $dry: Boolean!) { removeSource(source: $s, notes: FORGET, dryRun: $dry) { undo dryRun known { notes } forgotten } }";
    let head = api.head();
    let shown = api.ask(remove, json!({"s": source, "dry": true}))["removeSource"].clone();
    assert_eq!((&shown["known"]["notes"], &shown["dryRun"]), (&json!(5), &json!(true)));
    assert_eq!(api.head(), head);
    assert_eq!(api.ask(remove, json!({"s": source, "dry": false}))["removeSource"]["forgotten"], 5);
    loop {
        if told.next().unwrap()["data"]["sources"]["sources"] == json!([]) {
            break;
        }
    }
    let other = api.temp.path().join("other");
    vault(&other, 3);
    let mut runs = api.listen("subscription { ingests { id paths state done total current error } }", json!({}));
    assert_eq!(runs.next().unwrap()["data"]["ingests"], json!([]));
    let read = api.ask(
        "mutation($p: [String!]!) { ingest(paths: $p) { files added passages skipped { path } cancelled tookMs } }",
        json!({"p": [path(&other)]}),
    )["ingest"]
        .clone();
    assert_eq!((&read["added"], &read["cancelled"]), (&json!(3.0), &json!(false)));
    loop {
        let run = runs.next().unwrap()["data"]["ingests"][0].clone();
        assert_eq!(run["paths"], json!([path(&other)]));
        if run["state"] == "DONE" {
            break;
        }
    }
    let found = api.get(
        r#"{ recall(query: "lighthouse number2", limit: 1) { hits { kind trust title source { path span { line } }
        memory { partOf { title source { path } } entities { name } } } facets { files { value } } } }"#,
    );
    let hit = &found["recall"]["hits"][0];
    assert_eq!((&hit["kind"], &hit["trust"]), (&json!("PASSAGE"), &json!("INGESTED")));
    assert_eq!(hit["memory"]["partOf"]["source"]["path"], hit["source"]["path"]);
    assert_eq!(
        api.refused("mutation { addSource(input: {path: \"/nowhere/at/all\"}) { undo } }", json!({}))["extensions"]["code"],
        "NOT_FOUND"
    );
}

#[test]
fn the_graph_is_asked_in_sparql_and_counted() {
    let api = Api::start();
    api.fact("Mirela", "works for", "Tern");
    let rows = api.get(
        r#"{ query(sparql: "SELECT ?who { ?x skos:prefLabel \"Mirela\" ; schema:worksFor / skos:prefLabel ?who }", format: "csv") {
            form variables rows { type value } isMore text }
            ask: query(sparql: "ASK { ?x a hy:Memory }") { form holds } }"#,
    );
    assert_eq!(rows["query"]["rows"], json!([[{"type": "LITERAL", "value": "Tern"}]]));
    assert_eq!(rows["query"]["text"], "who\r\nTern\r\n");
    assert_eq!(rows["ask"]["holds"], true);
    assert_eq!(api.code(r#"{ query(sparql: "DELETE WHERE { ?s ?p ?o }") { form } }"#), "INVALID");
    let stats = api.get(
        "{ stats { version format head memories entities indexes { name behind } logBytes writes residentBytes } }",
    );
    assert_eq!((&stats["stats"]["memories"], &stats["stats"]["writes"]), (&json!(1), &json!("ok")));
    assert!(stats["stats"]["residentBytes"].as_f64().unwrap() > 1e6);
}

#[test]
fn spaces_and_moments_hold_for_what_hangs_below() {
    let api = Api::start();
    let here = api.get(r#"mutation { remember(input: {text: "Mirela mends the roof", entities: ["Mirela"], space: "personal"}) { id } }"#);
    let there = api.get(r#"mutation { remember(input: {statement: {subject: "Mirela", predicate: "works for", object: "Hidden"}, space: "work"}) { id } }"#);
    let found = api.get(r#"{ recall(query: "who mends the roof", spaces: ["personal"]) { hits { id memory { entities { name facts { toName } neighbours { total } } } } } }"#);
    let entity = &found["recall"]["hits"][0]["memory"]["entities"][0];
    assert_eq!(
        (&entity["facts"], &entity["neighbours"]["total"]),
        (&json!([]), &json!(0)),
        "the work space says nothing here"
    );
    let ids = json!({"a": here["remember"]["id"], "b": there["remember"]["id"]});
    let both =
        api.ask(r#"query($a: NodeID!, $b: NodeID!) { memories(ids: [$a, $b], spaces: ["personal"]) { text } }"#, ids);
    assert_eq!(both["memories"], json!([{"text": "Mirela mends the roof"}, null]));
    let error = api.refused(
        r#"query($b: NodeID!) { memory(id: $b, spaces: ["personal"]) { text } }"#,
        json!({"b": there["remember"]["id"]}),
    );
    assert_eq!(error["extensions"]["code"], "NOT_FOUND");
    // One field that fails leaves the others.
    let answer = api.send(r#"{ entity(nameOrId: "Nobody") { name } stats { memories } }"#, json!({})).json();
    assert_eq!((&answer["data"]["entity"], &answer["data"]["stats"]["memories"]), (&Value::Null, &json!(2)));
    assert_eq!(answer["errors"][0]["path"], json!(["entity"]));
}

#[test]
fn what_hangs_below_many_is_read_together() {
    let api = Api::start();
    let told: Vec<Value> = (0..40)
        .map(|n| {
            let text = format!("Mirela and person{n} mended the boiler");
            let input = json!({"text": text, "entities": ["Mirela", format!("Person {n}")]});
            api.ask("mutation($i: RememberInput!) { remember(input: $i) { id } }", json!({"i": input}))["remember"]
                    ["id"]
                    .clone()
        })
        .collect();
    let before = (api.ran("get"), api.ran("recall"), api.ran("entity"));
    let found = api.get(r#"{ recall(query: "who mended the boiler", limit: 40) { hits { memory { text entities { name aliases } } } } }"#);
    assert_eq!(found["recall"]["hits"].as_array().unwrap().len(), 40);
    let after = (api.ran("get"), api.ran("recall"), api.ran("entity"));
    // One look at the memories, one at the names, one at what is known of the entities; a few more if the machine was too
    // busy for all of them to come together, and nothing like one for each of 40 memories and 41 names.
    let ran = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
    assert!((2..=MAX_LOOKS).contains(&ran.0) && ran.1 == 1 && (1..=MAX_LOOKS).contains(&ran.2), "{ran:?}");
    let before = api.ran("get");
    let all = api.ask(
        "query($ids: [NodeID!]!) { memories(ids: $ids) { history { id } derivedFrom { id } entities { name } } }",
        json!({"ids": told}),
    );
    assert_eq!(all["memories"].as_array().unwrap().len(), 40);
    let ran = api.ran("get") - before;
    assert!((3..=MAX_LOOKS).contains(&ran), "the memories, their pasts, the names: {ran}");
}

#[test]
fn changes_are_heard_over_events_and_none_is_lost() {
    let api = Api::start();
    let first = api.get(r#"mutation { remember(input: {text: "before"}) { id undo } }"#)["remember"].clone();
    let query = "subscription($after: NodeID) { changes(after: $after) { commit { id verb agent } touched memories { text } } }";
    let mut heard = api.listen(query, json!({}));
    let mut late = api.listen(query, json!({"after": first["undo"]}));
    // Told by another way in.
    let elsewhere =
        api.door.post("/v1/remember", &[], &json!({"text": "The spare key hangs behind the water meter"})).json();
    let change = heard.next().unwrap()["data"]["changes"].clone();
    assert_eq!((&change["commit"]["id"], &change["touched"]), (&elsewhere["commit"], &json!([elsewhere["id"]])));
    assert_eq!(change["memories"], json!([{"text": "The spare key hangs behind the water meter"}]));
    assert_eq!(late.next().unwrap()["data"]["changes"]["commit"]["id"], elsewhere["commit"]);
    // Nobody reads for a while; then all of it is there, in order.
    let told: Vec<Value> = (0..300)
        .map(|n| api.door.post("/v1/remember", &[], &json!({"text": format!("word {n}")})).json()["commit"].clone())
        .collect();
    let met: Vec<Value> = (0..300).map(|_| heard.next().unwrap()["data"]["changes"]["commit"]["id"].clone()).collect();
    assert_eq!(met, told);
    let page = api.ask(
        "query($after: NodeID!) { changes(after: $after, first: 200) { isMore newest commits { commit { id } } } }",
        json!({"after": elsewhere["commit"]}),
    );
    assert_eq!((&page["changes"]["isMore"], &page["changes"]["newest"]), (&json!(true), &told[199]));
    let mut traces =
        api.listen("subscription { traces { missed trace { question recalled { hits { text } } } } }", json!({}));
    api.door.post("/v1/recall", &[], &json!({"query": "where is the spare key"}));
    let traced = traces.next().unwrap()["data"]["traces"].clone();
    assert_eq!((&traced["trace"]["question"], &traced["missed"]), (&json!("where is the spare key"), &json!(0)));
    // A query over events is one answer, and the end.
    let mut one = api.listen("{ stats { memories } }", json!({}));
    assert_eq!(one.next().unwrap()["data"]["stats"]["memories"], 302);
    assert!(one.next().is_none());
    let Api { _server, .. } = api;
    _server.stop();
    assert!(heard.next().is_none(), "the stream ends with the server");
}

#[test]
fn a_socket_speaks_the_protocol() {
    let api = Api::start();
    let mut socket = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    assert_eq!(socket.talk(&json!({"type": "connection_init"}))["type"], "connection_ack");
    assert_eq!(socket.talk(&json!({"type": "ping"}))["type"], "pong");
    socket.say(&json!({"type": "subscribe", "id": "a", "payload": {"query": "subscription { changes { commit { verb } touched } }"}}));
    let answer = socket.talk(&json!({"type": "subscribe", "id": "b", "payload": {"query": "{ stats { memories } }"}}));
    assert_eq!(answer, json!({"type": "next", "id": "b", "payload": {"data": {"stats": {"memories": 0}}}}));
    assert_eq!(socket.next().unwrap(), json!({"type": "complete", "id": "b"}));
    let told = api.door.post("/v1/remember", &[], &json!({"text": "heard over a socket"})).json();
    let heard = socket.next().unwrap();
    assert_eq!((&heard["id"], &heard["payload"]["data"]["changes"]["touched"]), (&json!("a"), &json!([told["id"]])));
    let wrong = socket.talk(&json!({"type": "subscribe", "id": "c", "payload": {"query": "{ nothing }"}}));
    assert_eq!(
        (&wrong["type"], &wrong["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("VALIDATION_FAILED"))
    );
    socket.say(&json!({"type": "complete", "id": "a"}));
    socket.say(&json!({"type": "subscribe", "id": "d", "payload": {"query": "subscription { ingests { id } }"}}));
    assert_eq!(socket.next().unwrap()["id"], "d", "the first is heard no more");
    assert_eq!(
        socket.closes_on(
            &json!({"type": "subscribe", "id": "d", "payload": {"query": "subscription { ingests { id } }"}})
        ),
        4409
    );
    for (messages, code) in [
        (vec![json!({"type": "subscribe", "id": "a", "payload": {"query": "{ stats { memories } }"}})], 4401),
        (vec![json!({"type": "connection_init"}), json!({"type": "connection_init"})], 4429),
        (vec![json!({"type": "nonsense"})], 4400),
        (vec![json!([1])], 4400),
    ] {
        let mut socket = Socket::open(&api.door, "graphql-transport-ws").unwrap();
        let (last, before) = messages.split_last().unwrap();
        for message in before {
            assert_eq!(socket.talk(message)["type"], "connection_ack");
        }
        assert_eq!(socket.closes_on(last), code, "{messages:?}");
    }
    assert_eq!(Socket::open(&api.door, "graphql-ws").err(), Some(400), "an older protocol is not spoken");
    assert_eq!(
        Socket::open_with(&api.door, "graphql-transport-ws", &[("Origin", "http://evil.example")]).err(),
        Some(403)
    );
    let stranger = Door { port: api.door.port, token: "x".repeat(64) };
    assert_eq!(Socket::open(&stranger, "graphql-transport-ws").err(), Some(401));
    let mut open = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    assert_eq!(open.talk(&json!({"type": "connection_init"}))["type"], "connection_ack");
    let Api { _server, .. } = api;
    _server.stop();
    assert_eq!(open.closing(), 1001, "the server says that it stops");
}

#[test]
fn operations_and_subscriptions_have_bounds() {
    let api = Api::start();
    let mut sockets: Vec<Socket> = (0..2).map(|_| Socket::open(&api.door, "graphql-transport-ws").unwrap()).collect();
    for socket in &mut sockets {
        socket.talk(&json!({"type": "connection_init"}));
        for n in 0..32 {
            let asked = json!({"type": "subscribe", "id": n.to_string(), "payload": {"query": "subscription { ingests { id } }"}});
            assert_eq!(socket.talk(&asked)["type"], "next", "{n}");
        }
    }
    let one_more = json!({"type": "subscribe", "id": "more", "payload": {"query": "subscription { ingests { id } }"}});
    let refused = sockets[0].talk(&one_more);
    assert_eq!(
        (&refused["type"], &refused["payload"][0]["extensions"]["code"]),
        (&json!("error"), &json!("UNAVAILABLE"))
    );
    // All places are taken, whichever way somebody comes.
    let mut event = api.listen("subscription { ingests { id } }", json!({}));
    assert_eq!(event.next().unwrap()["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    drop(sockets.pop());
    harness::wait_until("the places of a socket that was closed", || {
        api.listen("subscription { ingests { id } }", json!({})).next().unwrap()["errors"].is_null()
    });
    let long = "x".repeat(300_000);
    assert_eq!(sockets[0].closes_on(&json!({"type": "ping", "payload": {"x": long}})), 0, "a message has a length");
    assert_eq!(api.get("{ stats { writes } }")["stats"]["writes"], "ok");
    let silent = Socket::open(&api.door, "graphql-transport-ws").unwrap();
    let mut sockets: Vec<Socket> = std::iter::once(silent).collect();
    let refused = loop {
        match Socket::open(&api.door, "graphql-transport-ws") {
            Ok(socket) => sockets.push(socket),
            Err(status) => break status,
        }
    };
    assert!(refused == 503 && sockets.len() <= 64, "{refused} after {}", sockets.len());
    assert_eq!(sockets[0].closing(), 4408, "whoever says nothing is not waited for");
}

#[test]
fn documents_that_ask_for_too_much_are_refused() {
    let api = Api::start();
    api.fact("Mirela", "knows", "Oskar");
    let aliases = |count: usize| (0..count).map(|n| format!("a{n}: stats {{ memories }} ")).collect::<String>();
    assert_eq!(api.code(&format!("{{ {} }}", aliases(10_000))), "TOO_LARGE");
    assert_eq!(api.code(&format!("{{ {} }}", aliases(101))), "TOO_LARGE");
    assert_eq!(api.code("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"), "INVALID");
    let circle: String = (0..500).map(|n| format!("fragment f{n} on Query {{ ...f{} }} ", (n + 1) % 500)).collect();
    assert_eq!(api.code(&format!("{{ ...f0 }} {circle}")), "INVALID");
    let doubled: String =
        (0..30).map(|n| format!("fragment f{n} on Query {{ ...f{} ...f{} }} ", n + 1, n + 1)).collect();
    assert_eq!(
        api.code(&format!("{{ ...f0 }} {doubled} fragment f30 on Query {{ stats {{ memories }} }}")),
        "TOO_LARGE"
    );
    let deep = |depth: usize| {
        format!(
            "{{ memory(id: \"038g93ppke00p\") {{ {} text {} }} }}",
            "revisionOf { ".repeat(depth),
            "} ".repeat(depth)
        )
    };
    assert_eq!(api.code(&deep(20)), "VALIDATION_FAILED");
    assert_eq!(api.code(&deep(60)), "TOO_LARGE");
    assert_eq!(api.code(&"{a".repeat(20_000)), "TOO_LARGE");
    assert_eq!(api.code(&format!("{{ stats {{ memories }} }} # {}", "x".repeat(70_000))), "TOO_LARGE");
    assert_eq!(api.code(&format!("{{ {} }}", "stats ".repeat(9_000))), "TOO_LARGE");
    let costly = r#"{ facts(first: 200) { nodes { entities { neighbours(first: 200) { nodes { name } } } } } }"#;
    assert_eq!(api.code(costly), "VALIDATION_FAILED");
    assert_eq!(api.code("{ stats { memories "), "PARSE_FAILED");
    assert_eq!(api.code("{ nothing }"), "VALIDATION_FAILED");
    assert_eq!(api.code(r#"{ memory(id: "nonsense") { text } }"#), "VALIDATION_FAILED");
    assert_eq!(api.code(r#"{ recall(query: "") { hits { id } } }"#), "INVALID");
    assert_eq!(api.code(r#"{ facts(first: -1) { nodes { id } } }"#), "INVALID");
    assert_eq!(api.code(r#"{ facts(asOf: "the day after") { nodes { id } } }"#), "INVALID");
    assert_eq!(api.code(r#"{ path(a: "Mirela", b: "Nobody") { isCut } }"#), "NOT_FOUND");
    let ids: Vec<&str> = std::iter::repeat_n("038g93ppke00p", 201).collect();
    let many = api.refused("query($ids: [NodeID!]!) { memories(ids: $ids) { id } }", json!({"ids": ids}));
    assert_eq!(many["extensions"]["code"], "TOO_LARGE");
    // Introspection is for every tool, as deep as tools ask.
    let types = api.get(
        "{ __schema { types { name fields { name type { name ofType { name ofType { name ofType { name } } } } } } } }",
    );
    assert!(types["__schema"]["types"].as_array().unwrap().len() > 60);
    assert_eq!(api.get("{ stats { writes } }")["stats"]["writes"], "ok");
}

#[test]
fn requests_are_answered_by_the_book() {
    let api = Api::start();
    let bearer = format!("Bearer {}", api.door.token);
    let own = [("Host", "localhost"), ("Authorization", bearer.as_str())];
    let send = |method: &str, path: &str, more: &[(&str, &str)], body: &[u8]| {
        api.door.send(method, path, &[&own, more].concat(), body)
    };
    let query: &[u8] = br#"{"query": "{ stats { memories } }"}"#;
    let as_json = ("Content-Type", "application/json");
    for (more, body, status) in [
        (vec![as_json], query, 200),
        (vec![("Content-Type", "application/json; charset=utf-8")], query, 200),
        (vec![("Content-Type", "application/json; charset=iso-8859-1")], query, 415),
        (vec![("Content-Type", "application/x-www-form-urlencoded")], b"query=%7Bstats%7Bmemories%7D%7D", 415),
        (vec![("Content-Type", "multipart/form-data; boundary=x")], b"--x--", 415),
        (vec![("Content-Type", "text/plain")], query, 415),
        (vec![("Content-Type", "application/graphql")], b"{ stats { memories } }", 415),
        (vec![], query, 415),
        (vec![as_json, ("Accept", "image/png")], query, 406),
        (vec![as_json], b"{\"query\": \"{ stats { memories } } # \xff\"}", 400),
        (vec![as_json], b"{\"query\": ", 400),
        (vec![as_json], b"", 400),
        (vec![as_json], b"[{\"query\": \"{ stats { memories } }\"}]", 400),
        (vec![as_json], br#"{"query": 7}"#, 400),
        (vec![as_json], br#"{"query": "{ stats { memories } }", "variables": [1]}"#, 400),
        (vec![as_json], br#"{"query": "{ stats { memories } }", "operationName": {}}"#, 400),
        (vec![as_json, ("Accept", GRAPHQL_JSON)], br#"{"query": "{ nothing }"}"#, 400),
        (vec![as_json], br#"{"query": "{ nothing }"}"#, 200),
        (vec![as_json, ("Accept", GRAPHQL_JSON)], br#"{"query": "subscription { ingests { id } }"}"#, 406),
    ] {
        let answer = send("POST", "/graphql", &more, body);
        assert_eq!(answer.status, status, "{more:?} {}: {}", String::from_utf8_lossy(body), answer.body);
        let is_answered = status == 200 && !answer.json()["data"].is_null();
        assert!(is_answered || answer.json()["errors"][0]["extensions"]["hint"].is_string(), "{}", answer.body);
        assert!(answer.headers["content-type"].ends_with("charset=utf-8"));
    }
    let asked = "/graphql?query=%7B%20stats%20%7B%20memories%20%7D%20%7D";
    let answer = send("GET", asked, &[("Accept", GRAPHQL_JSON)], b"");
    assert_eq!((answer.status, answer.json()), (200, json!({"data": {"stats": {"memories": 0}}})));
    let mutation = "/graphql?query=mutation%7Bundo(commit:%22038g93ppke00p%22)%7Bundone%7D%7D";
    let answer = send("GET", mutation, &[], b"");
    assert_eq!((answer.status, answer.headers["allow"].as_str()), (405, "POST"));
    let heard = api.door.open(
        "GET",
        "/graphql?query=subscription%7Bingests%7Bid%7D%7D",
        &[&own[..], &[("Accept", "text/event-stream")]].concat(),
        b"",
    );
    assert_eq!(heard.status, 200);
    assert_eq!(send("GET", "/graphql", &[], b"").status, 400);
    assert_eq!(send("DELETE", "/graphql", &[], b"").status, 405);
    for headers in [vec![("Host", "evil.example")], vec![("Host", "localhost"), ("Origin", "http://evil.example")]] {
        let headers = [&headers[..], &[("Authorization", bearer.as_str()), as_json]].concat();
        assert_eq!(api.door.send("POST", "/graphql", &headers, query).status, 403);
    }
    assert_eq!(api.door.send("POST", "/graphql", &[("Host", "localhost"), as_json], query).status, 401);
    let large = format!("{{\"query\": \"# {}\"}}", "x".repeat(5 * 1024 * 1024));
    assert_eq!(send("POST", "/graphql", &[as_json], large.as_bytes()).status, 413);
}

#[test]
fn a_browser_gets_a_page_that_holds_nothing() {
    let api = Api::start();
    let page =
        api.door.send("GET", "/graphql", &[("Host", "localhost"), ("Accept", "text/html,application/xhtml+xml")], b"");
    assert_eq!((page.status, page.headers["content-type"].as_str()), (200, "text/html; charset=utf-8"));
    let policy = &page.headers["content-security-policy"];
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (file, kind) in [("/graphql/page.js", "text/javascript"), ("/graphql/page.css", "text/css")] {
        let made_of = api.door.send("GET", file, &[("Host", "localhost"), ("Accept", "*/*")], b"");
        assert!(page.body.contains(file) && made_of.status == 200, "{file}: {}", made_of.status);
        assert!(made_of.headers["content-type"].starts_with(kind));
        let evil = api.door.send("GET", file, &[("Host", "evil.example")], b"");
        assert_eq!(evil.status, 403);
    }
    assert!(!page.body.contains(&api.door.token));
    let elsewhere = api.door.send("GET", "/metrics", &[("Host", "localhost"), ("Accept", "text/html")], b"");
    assert_eq!(elsewhere.status, 401, "only that address has a page");
    let evil = api.door.send("GET", "/graphql", &[("Host", "evil.example"), ("Accept", "text/html")], b"");
    assert_eq!(evil.status, 403);
}
