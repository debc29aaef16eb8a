//! Requests by the book, and what asks for too much.

use serde_json::json;

use super::{Api, GRAPHQL_JSON};

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
