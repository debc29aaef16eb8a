//! Updates: one commit each, and what is refused.

use serde_json::json;

use super::{BOOKS, Memory, QUERY, column, json_of};
use crate::harness::{json, run, succeeds};

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
