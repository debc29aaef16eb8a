//! SPARQL inside GraphQL, to ask and to change.

use serde_json::{Value, json};

use super::Api;

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
fn the_graph_is_changed_in_sparql_tried_first_and_taken_back() {
    let api = Api::start();
    let change = |update: &str, dry_run: bool| -> Value {
        let document = "mutation($u: String!, $d: Boolean!) { sparqlUpdate(update: $u, reason: \"to see\", dryRun: $d) \
                        { undo added removed memories dryRun } }";
        api.ask(document, json!({"u": update, "d": dry_run}))["sparqlUpdate"].clone()
    };
    let said =
        || api.get(r#"{ query(sparql: "SELECT ?o { GRAPH <urn:mine> { <urn:a> <urn:is> ?o } }") { rows { value } } }"#);
    let insert = "INSERT DATA { GRAPH <urn:mine> { <urn:a> <urn:is> 'green' } GRAPH hy:g\\/memory { [] a hy:Memory ; schema:text 'The gate is green' } }";
    let (head, nothing) = (api.head(), json!({"query": {"rows": []}}));
    let tried = change(insert, true);
    assert_eq!((&tried["undo"], &tried["memories"], &tried["dryRun"]), (&Value::Null, &json!([]), &json!(true)));
    assert!(tried["added"].as_u64().unwrap() > 1, "{tried}");
    assert_eq!((api.head(), said()), (head.clone(), nothing.clone()), "it was only tried");
    let done = change(insert, false);
    assert_eq!((&done["added"], &done["dryRun"]), (&tried["added"], &json!(false)));
    assert_eq!(said(), json!({"query": {"rows": [[{"value": "green"}]]}}));
    let told = api.ask("query($id: NodeID!) { memory(id: $id) { text } }", json!({"id": done["memories"][0]}));
    assert_eq!(told["memory"]["text"], "The gate is green");
    let change_of = api.get("{ changes(first: 1) { commits { commit { reason } } } }");
    assert_eq!(change_of["changes"]["commits"][0]["commit"]["reason"], "to see");
    api.ask("mutation($c: NodeID!) { undo(commit: $c) { undo } }", json!({"c": done["undo"]}));
    assert_eq!(said(), nothing);

    let again = |count: usize| {
        let fields =
            (0..count).map(|n| format!("u{n}: sparqlUpdate(update: \"CLEAR ALL\", dryRun: true) {{ added }} "));
        format!("mutation {{ {} }}", fields.collect::<String>())
    };
    assert_eq!(api.get(&again(4))["u3"]["added"], 0);
    assert_eq!(api.code(&again(5)), "VALIDATION_FAILED", "each may hold the writer for as long as a query takes");
    let head = api.head();
    for dry_run in [true, false] {
        let refused = api.refused(
            "mutation($d: Boolean!) { sparqlUpdate(update: \"CLEAR GRAPH <urn:hydra:ns#g/policy>\", dryRun: $d) { undo } }",
            json!({"d": dry_run}),
        );
        assert_eq!(refused["extensions"]["code"], "REFUSED", "{refused}");
        assert_eq!(api.code(r#"mutation { sparqlUpdate(update: "SELECT * { ?s ?p ?o }") { undo } }"#), "INVALID");
    }
    assert_eq!(api.head(), head);
}
