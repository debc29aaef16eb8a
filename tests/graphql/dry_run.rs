//! What is only tried, and what is shown first.

use serde_json::{Value, json};

use super::{Api, path};
use crate::harness::vault;

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
