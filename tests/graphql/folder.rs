//! Folders that are watched.

use serde_json::json;

use super::{Api, path};
use crate::harness::vault;

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
