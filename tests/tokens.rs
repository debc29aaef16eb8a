//! Tokens that the owner makes: what each may do, in whose name, and what becomes of whoever may not.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use harness::{Server, code, hydra, json, run, stderr, stdout, succeeds, wait_until};
use serde_json::{Value, json};
use wire::{Answer, Door, Stream};

const LOCAL: (&str, &str) = ("Host", "localhost");
const SCOPES: [&str; 4] = ["read", "write", "approve", "admin"];

/// Makes a token and returns a door that is opened with it.
fn create(data: &Path, name: &str, scope: &str, more: &[&str]) -> Door {
    let token = succeeds(data, &[&["token", "create", "--name", name, "--scope", scope], more].concat());
    Door { token: token.trim().to_owned(), ..Door::of(data) }
}

fn as_json(door: &Door, path: &str, body: &Value) -> Answer {
    door.post(path, &[], body)
}

fn get(door: &Door, path: &str, headers: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {}", door.token);
    door.send("GET", path, &[&[LOCAL, ("Authorization", bearer.as_str())], headers].concat(), b"")
}

/// What a tool of MCP answers.
fn tool(door: &Door, name: &str, arguments: Value) -> Value {
    let call =
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    door.mcp(&call).json()
}

fn tools(door: &Door) -> Vec<String> {
    let listed = door.mcp(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).json();
    listed["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn graphql(door: &Door, query: &str) -> Value {
    as_json(door, "/graphql", &json!({"query": query})).json()
}

/// Every route with a request that is sound, and the scope that it needs.
fn routes() -> Vec<(&'static str, Value, &'static str)> {
    let id = "0000000000000";
    vec![
        ("recall", json!({"query": "x"}), "read"),
        ("get", json!({"ids": [id]}), "read"),
        ("timeline", json!({}), "read"),
        ("graph", json!({}), "read"),
        ("query", json!({"query": "ASK {}"}), "read"),
        ("explain", json!({}), "read"),
        ("context", json!({}), "read"),
        ("why", json!({}), "read"),
        ("list", json!({}), "read"),
        ("neighbours", json!({}), "read"),
        ("changes", json!({}), "read"),
        ("conflicts", json!({}), "read"),
        ("entity", json!({"of": "x"}), "read"),
        ("proposals", json!({}), "read"),
        ("enrichment", json!({}), "read"),
        ("blocks", json!({}), "read"),
        ("block", json!({"name": "x"}), "read"),
        ("block_history", json!({"name": "x"}), "read"),
        ("predicates", json!({}), "read"),
        ("sources", json!({}), "read"),
        ("status", json!({}), "read"),
        ("check", json!({}), "read"),
        ("refusals", json!({}), "read"),
        ("remember", json!({}), "write"),
        ("learn", json!({}), "write"),
        ("update", json!({"id": id, "op": "end"}), "write"),
        ("update", json!({"id": id, "op": "settle", "keep": id}), "approve"),
        ("update", json!({"id": id, "op": "keep_all"}), "approve"),
        ("update", json!({"id": id, "op": "never_recall"}), "approve"),
        ("update", json!({"id": id, "op": "snooze"}), "approve"),
        ("forget", json!({"ids": [id]}), "write"),
        ("forget", json!({"ids": [id], "mode": "erase", "dry_run": true}), "write"),
        ("forget", json!({"ids": [id], "mode": "erase"}), "admin"),
        ("undo", json!({"commit": id}), "write"),
        ("alias", json!({}), "write"),
        ("merge", json!({}), "write"),
        ("split", json!({}), "write"),
        ("propose", json!({}), "write"),
        ("edit_block", json!({}), "write"),
        ("remove_source", json!({}), "admin"),
        ("enrich", json!({}), "admin"),
        ("accept", json!({}), "approve"),
        ("reject", json!({}), "approve"),
        ("pin", json!({"id": "0000000000000"}), "approve"),
        ("tidy_map", json!({"act": "preview"}), "approve"),
        ("hook", json!({}), "admin"),
        ("erase", json!({}), "admin"),
        ("declare", json!({}), "admin"),
        ("add_source", json!({}), "admin"),
        ("change_source", json!({}), "admin"),
        ("rebuild", json!({"index": "nope"}), "admin"),
        ("redact", json!({}), "admin"),
        ("ingest", json!({}), "admin"),
        ("import", json!({}), "admin"),
        ("export", json!({}), "admin"),
    ]
}

#[test]
fn a_token_is_shown_once_and_kept_nowhere() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let made = run(data, &["token", "create", "--name", "phone", "--scope", "read,write", "--expires", "90d"]);
    let (token, said) = (stdout(&made), stderr(&made));
    let token = token.trim();
    assert_eq!((code(&made), token.lines().count(), token.len()), (0, 1, 6 + 64), "only the token is printed: {token}");
    assert!(said.contains("read,write") && said.contains("token revoke phone"), "{said}");
    assert!(!said.contains(token));
    let mode = std::fs::metadata(data.join("tokens.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let listed = json(data, &["token", "list"]);
    let phone = &listed["tokens"][0];
    assert_eq!(phone["scopes"], json!(["read", "write"]));
    assert_eq!(
        (&phone["agent"], &phone["trust"], &phone["last_used"]),
        (&json!("token:phone"), &json!("agent"), &Value::Null)
    );
    assert!(phone["expires_at"].is_string() && !listed.to_string().contains(token));
    let shown = succeeds(data, &["token", "list"]);
    assert!(shown.contains("phone") && shown.contains("not used yet") && !shown.contains(token), "{shown}");
    // Nor does anything else have it, also after it was used well and badly.
    let server = Server::start(data);
    let door = Door { token: token.to_owned(), ..Door::of(data) };
    assert_eq!(as_json(&door, "/v1/remember", &json!({"text": "The kettle is old"})).status, 200);
    assert_eq!(as_json(&door, "/v1/remember", &json!({"text": ""})).status, 400);
    assert_eq!(as_json(&door, "/v1/erase", &json!({})).status, 403);
    let cut = Door { token: token[..40].to_owned(), ..Door::of(data) };
    assert_eq!(as_json(&cut, "/v1/status", &json!({})).status, 401);
    assert!(!server.stderr().contains(&token[..40]), "{}", server.stderr());
    server.stop();
    for entry in files(data) {
        let bytes = std::fs::read(&entry).unwrap();
        let has = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!has(&token[..40]) && !has(&token[6..46]), "{} has the token", entry.display());
    }
    let export = succeeds(data, &["export"]);
    assert!(!export.contains("digest") && !export.contains(&token[6..]) && export.contains("token:phone"));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn what_makes_no_token_says_what_to_do() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    succeeds(data, &["token", "create", "--name", "phone"]);
    for (arguments, word) in [
        (&["create", "--name", "phone"][..], "already"),
        (&["create", "--name", "a b"], "letters"),
        (&["create", "--name", ""], "letters"),
        (&["create", "--name", "owner"], "Hydra itself"),
        (&["create", "--name", "browser-1"], "Hydra itself"),
        (&["create", "--name", "x", "--scope", "root"], "approve"),
        (&["create", "--name", "x", "--scope", ""], "approve"),
        (&["create", "--name", "x", "--trust", "owner"], "ingested"),
        (&["create", "--name", "x", "--expires", "soon"], "30d"),
        (&["create", "--name", "x", "--expires", "0"], "30d"),
        (&["create"], "--name"),
        (&["revoke", "laptop"], "hydra"),
    ] {
        let output = run(data, &[&["token"], arguments].concat());
        let said = stderr(&output);
        assert!(code(&output) != 0 && said.contains(word), "{arguments:?}: {said}");
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
    let nowhere = temp.path().join("nowhere");
    for what in [&["token", "list"][..], &["token", "revoke", "phone"]] {
        assert_eq!(code(&run(&nowhere, what)), 3, "a mistyped folder is noticed");
    }
    assert!(!nowhere.exists());
}

#[test]
fn many_are_made_at_once_and_none_is_lost() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let all: Vec<_> = (0..12)
        .map(|number| {
            let name = format!("t{number}");
            hydra(data)
                .args(["--quiet", "token", "create", "--name", &name])
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    for mut child in all {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(json(data, &["token", "list"])["tokens"].as_array().unwrap().len(), 12);
}

#[test]
fn a_token_opens_at_once_and_no_longer_than_it_is_revoked() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let door = create(data, "phone", "read", &[]);
    assert_eq!(as_json(&door, "/v1/status", &json!({})).status, 200);
    // A stream that was opened with it ends too.
    let mut stream = subscribe(&door);
    assert_eq!(stream.status, 200);
    succeeds(data, &["token", "revoke", "phone"]);
    let answer = as_json(&door, "/v1/status", &json!({}));
    assert_eq!(answer.status, 401);
    assert!(answer.headers["www-authenticate"].contains("error=\"invalid_token\""));
    assert!(answer.json()["error"]["message"].as_str().unwrap().contains("`phone` is revoked"), "{}", answer.body);
    while stream.next().is_some() {}
    assert_eq!(code(&run(data, &["token", "list"])), 1);
    let ended = &json(data, &["token", "list", "--all"])["tokens"][0];
    assert_eq!(ended["standing"], "revoked");
    // Its name is free again, and the old secret opens nothing.
    let again = create(data, "phone", "read", &["--expires", "1"]);
    assert_eq!(as_json(&again, "/v1/status", &json!({})).status, 200);
    assert_eq!(as_json(&door, "/v1/status", &json!({})).status, 401);
    // It may tell of what happens until then.
    let mut stream = subscribe(&again);
    while stream.next().is_some() {}
    let answer = as_json(&again, "/v1/status", &json!({}));
    assert!(answer.status == 401 && answer.body.contains("is expired"), "{}", answer.body);
}

fn subscribe(door: &Door) -> Stream {
    let bearer = format!("Bearer {}", door.token);
    let body = json!({"query": "subscription { changes { commit { id } } }"}).to_string();
    let headers = [
        LOCAL,
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "text/event-stream"),
    ];
    door.open("POST", "/graphql", &headers, body.as_bytes())
}

#[test]
fn each_route_needs_its_scope_and_no_other() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let doors: Vec<Door> = SCOPES.iter().map(|scope| create(data, scope, scope, &[])).collect();
    for (name, body, needed) in routes() {
        for (door, scope) in doors.iter().zip(SCOPES) {
            let answer = as_json(door, &format!("/v1/{name}"), &body);
            if scope == needed {
                assert_ne!(answer.status, 403, "{name} {body} with {scope}: {}", answer.body);
                continue;
            }
            assert_eq!(answer.status, 403, "{name} {body} with {scope}: {}", answer.body);
            assert_eq!(
                answer.headers["www-authenticate"],
                format!("Bearer realm=\"hydra\", error=\"insufficient_scope\", scope=\"{needed}\"")
            );
            let error = &answer.json()["error"];
            assert_eq!(error["kind"], "forbidden");
            assert!(error["hint"].as_str().unwrap().contains(&format!("--scope {needed}")), "{error}");
        }
    }
    // No verb is left out: the server's own description names them all.
    let known: Vec<&str> = routes().into_iter().map(|(name, ..)| name).collect();
    let described = get(&Door::of(data), "/openapi.json", &[]).json();
    let verbs = described["paths"].as_object().unwrap().keys().filter_map(|path| path.strip_prefix("/v1/"));
    let left_out: Vec<&str> = verbs.filter(|verb| !known.contains(verb)).collect();
    assert!(left_out.is_empty(), "{left_out:?}");
    for (method, path, content_type, body, needed) in [
        ("GET", "/metrics", "", "", "read"),
        ("GET", "/m/0000000000000", "", "", "read"),
        ("GET", "/m/0000000000000.ttl", "", "", "read"),
        ("GET", "/m/0000000000000/history", "", "", "read"),
        ("GET", "/entity/Nobody", "", "", "read"),
        ("GET", "/ns", "", "", "read"),
        ("GET", "/api/map/frame", "", "", "read"),
        ("GET", "/sparql?query=ASK%7B%7D", "", "", "read"),
        ("GET", "/sparql", "", "", "read"),
        ("POST", "/sparql", "application/sparql-query", "ASK {}", "read"),
        ("POST", "/sparql", "application/sparql-update", "INSERT DATA { <urn:a> <urn:b> <urn:c> }", "write"),
        ("POST", "/sparql", "application/x-www-form-urlencoded", "update=CLEAR%20DEFAULT", "write"),
        ("GET", "/store?default", "", "", "read"),
        ("PUT", "/store?graph=urn:x", "text/turtle", "<urn:a> <urn:b> <urn:c> .", "write"),
        ("POST", "/store", "text/turtle", "<urn:a> <urn:b> <urn:c> .", "write"),
        ("DELETE", "/store?graph=urn:x", "", "", "write"),
    ] {
        for (door, scope) in doors.iter().zip(SCOPES) {
            let bearer = format!("Bearer {}", door.token);
            let headers = [LOCAL, ("Authorization", bearer.as_str()), ("Content-Type", content_type)];
            let answer = door.send(method, path, &headers, body.as_bytes());
            assert_eq!(answer.status == 403, scope != needed, "{method} {path} with {scope}: {}", answer.body);
        }
    }
}

#[test]
fn each_tool_and_field_needs_its_scope() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let _server = Server::start(data);
    let [read, write, approve, admin] = SCOPES.map(|scope| create(data, scope, scope, &[]));
    let reading = ["recall", "context", "timeline", "get", "graph", "query", "explain"];
    let writing = ["remember", "learn", "update", "forget"];
    assert_eq!(
        (tools(&read), tools(&write)),
        (reading.map(str::to_owned).to_vec(), writing.map(str::to_owned).to_vec())
    );
    assert!(tools(&approve).is_empty() && tools(&admin).is_empty());
    assert_eq!(tools(&Door::of(data)).len(), reading.len() + writing.len());
    let is_forbidden = |door: &Door, name: &str, arguments: Value| {
        let answer = tool(door, name, arguments);
        let said = answer["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        answer["result"]["isError"] == true && said.contains("has not the scope")
    };
    for name in reading {
        assert!(!is_forbidden(&read, name, json!({})) && is_forbidden(&write, name, json!({})), "{name}");
    }
    for name in writing {
        assert!(!is_forbidden(&write, name, json!({})) && is_forbidden(&read, name, json!({})), "{name}");
    }
    let id = "0000000000000";
    for op in [json!("settle"), json!("keep_all"), json!(["settle"]), json!("SETTLE")] {
        assert!(is_forbidden(&write, "update", json!({"op": op, "id": id, "keep": id})), "{op}");
    }
    assert!(is_forbidden(&write, "forget", json!({"ids": [id], "mode": ["erase"]})));
    let resource = json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "hydra://core"}});
    assert!(write.mcp(&resource).json()["error"]["message"].as_str().unwrap().contains("`read`"));
    assert!(read.mcp(&resource).json()["result"].is_object());
    // A field that is refused leaves the others as they are.
    let both = "mutation { a: remember(input: {text: \"The gate is green\"}) { id } b: reject(ids: [\"0000000000000\"]) { decided { id } } }";
    let answer = graphql(&write, both);
    assert!(answer["data"]["a"]["id"].is_string() && answer["data"]["b"].is_null(), "{answer}");
    let error = &answer["errors"][0];
    assert_eq!((&error["extensions"]["code"], &error["path"]), (&json!("FORBIDDEN"), &json!(["b"])));
    assert!(error["extensions"]["hint"].as_str().unwrap().contains("--scope approve"));
    let mixed = graphql(&write, "mutation { remember(input: {text: \"The gate is red\"}) { id status } }");
    assert!(mixed["data"]["remember"]["id"].is_string(), "{mixed}");
    for query in ["{ stats { memories } }", "{ recall(query: \"gate\") { hits { text } } }", "{ changes { newest } }"] {
        assert_eq!(graphql(&write, query)["errors"][0]["extensions"]["code"], "FORBIDDEN", "{query}");
        assert!(graphql(&read, query)["errors"].is_null(), "{query}");
    }
    assert_eq!(
        graphql(&read, "mutation { undo(commit: \"0000000000000\") { verb } }")["errors"][0]["extensions"]["code"],
        "FORBIDDEN"
    );
    let mut stream = subscribe(&write);
    assert_eq!(stream.next().unwrap()["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[test]
fn what_a_token_tells_is_its_own_and_no_claim_raises_it() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let server = Server::start(data);
    let owner = Door::of(data);
    let [phone, scanner] = [("phone", "agent"), ("scanner", "ingested")]
        .map(|(name, trust)| create(data, name, "read,write,approve,admin", &["--trust", trust]));
    let mine = as_json(&owner, "/v1/remember", &json!({"text": "The safe is behind the clock"})).json();
    for (door, agent, trust) in [(&phone, "token:phone", "agent"), (&scanner, "token:scanner", "ingested")] {
        let told = [
            as_json(door, "/v1/remember", &json!({"text": format!("{agent} saw a heron"), "source": "owner", "speaker": "owner"})).json(),
            tool(door, "remember", json!({"text": format!("{agent} saw a stork"), "agent": "owner", "source": "owner"}))["result"]["structuredContent"].clone(),
            graphql(door, &format!("mutation {{ remember(input: {{text: \"{agent} saw a crane\"}}) {{ id }} }}"))["data"]["remember"].clone(),
        ];
        for one in told {
            let id = one["id"].as_str().unwrap_or_else(|| panic!("{one}")).to_owned();
            let got = as_json(&owner, "/v1/get", &json!({"ids": [id], "view": "history"})).json();
            let record = &got["records"][0];
            assert_eq!(record["record"]["trust"], trust, "{got}");
            assert_eq!(record["commits"][0]["agent"], agent, "{got}");
            assert!(succeeds(data, &["get", &id, "--view", "history"]).contains(agent));
        }
        let inserted = door.send(
            "POST",
            "/sparql",
            &[
                LOCAL,
                ("Authorization", &format!("Bearer {}", door.token)),
                ("Content-Type", "application/sparql-update"),
            ],
            format!("INSERT DATA {{ <urn:a> <urn:b> <urn:{agent}> }}").as_bytes(),
        );
        assert_eq!(inserted.status, 200, "{}", inserted.body);
        let got = as_json(&owner, "/v1/get", &json!({"ids": [inserted.json()["commit"]]})).json();
        assert_eq!(got["records"][0]["commits"][0]["agent"], agent, "{got}");
        // What the owner said only the owner changes or takes back.
        let id = mine["id"].as_str().unwrap();
        for (path, body) in [
            ("/v1/update", json!({"id": id, "op": "retract"})),
            ("/v1/forget", json!({"ids": [id]})),
            ("/v1/undo", json!({"commit": mine["commit"]})),
        ] {
            assert_eq!(as_json(door, path, &body).status, 409, "{agent} {path}");
        }
        let by = json!({"by": "owner", "proposals": []});
        assert_eq!(as_json(door, "/v1/propose", &by).status, 400);
        for graph in ["urn:hydra:ns%23g/journal", "urn:hydra:ns%23g/policy", "urn:hydra:ns%23g/memory"] {
            let put = door.send(
                "PUT",
                &format!("/store?graph={graph}"),
                &[LOCAL, ("Authorization", &format!("Bearer {}", door.token)), ("Content-Type", "text/turtle")],
                b"<urn:a> <urn:b> <urn:c> .",
            );
            assert_eq!(put.status, 403, "{graph}: {}", put.body);
        }
    }
    // What it decides for the owner it decides under its own name.
    let declared = as_json(&phone, "/v1/declare", &json!({"label": "perches on"})).json();
    let commit = declared["commit"].as_str().unwrap_or_else(|| panic!("{declared}"));
    let changes = as_json(&owner, "/v1/changes", &json!({"limit": 1})).json();
    assert_eq!(
        (&changes["commits"][0]["commit"]["id"], &changes["commits"][0]["commit"]["agent"]),
        (&json!(commit), &json!("token:phone"))
    );
    // Its own it takes back.
    let told = as_json(&phone, "/v1/remember", &json!({"text": "The tide is high"})).json();
    assert_eq!(as_json(&phone, "/v1/undo", &json!({"commit": told["commit"]})).status, 200);
    server.stop();
}

/// What the journal has of tokens: in whose name each acts, and what became of it.
fn noted(data: &Path) -> Vec<(String, String)> {
    let query = "SELECT ?who ?what { GRAPH <urn:hydra:ns#g/journal> { ?g a hy:Grant ; prov:wasAssociatedWith ?who ; \
                 hy:reason ?what } } ORDER BY ?what";
    let rows = json(data, &["query", query])["rows"].clone();
    let text = |row: &Value, at: usize| row[at]["value"].as_str().unwrap().to_owned();
    rows.as_array().unwrap().iter().map(|row| (text(row, 0), text(row, 1))).collect()
}

#[test]
fn the_journal_knows_which_tokens_were_made_and_ended() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    // Also what was done while nobody served.
    succeeds(data, &["token", "create", "--name", "early"]);
    let server = Server::start(data);
    wait_until("the first to be noted", || noted(data).len() == 1);
    let phone = create(data, "phone", "read,write", &["--trust", "ingested"]);
    succeeds(data, &["token", "revoke", "early"]);
    wait_until("all to be noted", || noted(data).len() == 3);
    let all = noted(data);
    let is = |at: usize, who: &str, begins: &str, ends: &str| {
        all[at].0 == who && all[at].1.starts_with(begins) && all[at].1.ends_with(ends)
    };
    assert!(is(0, "token:early", "made 2", ": read, trusted as agent"), "{all:?}");
    assert!(is(1, "token:phone", "made 2", ": read,write, trusted as ingested"), "{all:?}");
    assert!(is(2, "token:early", "revoked 2", "Z"), "{all:?}");
    let query = json!({"query": "{ changes(verbs: [\"grant\"]) { commits { commit { id agent verb reason } } } }"});
    let told = Door::of(data).post("/graphql", &[], &query).json();
    let commits = told["data"]["changes"]["commits"].as_array().unwrap();
    assert_eq!(commits.len(), 3, "{told}");
    assert!(commits.iter().all(|change| change["commit"]["agent"] == "owner"), "{told}");
    let undo = run(data, &["undo", commits[0]["commit"]["id"].as_str().unwrap()]);
    assert!(code(&undo) == 2 && stderr(&undo).contains("token revoke"), "{}", stderr(&undo));
    // Each once, however often the server starts.
    server.stop();
    let _server = Server::start(data);
    create(data, "late", "read", &[]);
    wait_until("the last to be noted", || noted(data).len() > 3);
    assert_eq!(noted(data).len(), 4);
    assert!(!succeeds(data, &["export"]).contains(&phone.token[6..]));
}

#[test]
fn what_a_token_has_brought_in_names_it_and_is_data() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let notes = temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("Boiler.md"), "# Boiler\n\nThe boiler hums at night.\n").unwrap();
    std::fs::write(notes.join("app.log"), "2026-12-01T09:00:00Z ERROR the pump stopped\n").unwrap();
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/mcp-memory.jsonl");
    let _server = Server::start(data);
    // Of all scopes the one that it needs.
    let admin = create(data, "loader", "admin", &[]);
    let made = [
        as_json(&admin, "/v1/ingest", &json!({"paths": [notes]})),
        as_json(&admin, "/v1/import", &json!({"from": "mcp-memory", "path": other})),
    ];
    assert!(made.iter().all(|answer| answer.status == 200), "{} {}", made[0].body, made[1].body);
    let sample = graphql(&admin, "mutation { sample { added } }");
    assert!(sample["data"]["sample"]["added"].as_f64().is_some_and(|added| added > 0.0), "{sample}");
    assert_eq!(code(&run(data, &["ingest", notes.to_str().unwrap()])), 0);
    std::fs::write(notes.join("Pump.md"), "# Pump\n\nThe pump is new.\n").unwrap();
    succeeds(data, &["ingest", notes.to_str().unwrap()]);
    let agents = |verb: &str| {
        let query = json!({"query": format!("{{ changes(first: 200, verbs: [\"{verb}\"]) {{ commits {{ commit {{ agent }} }} }} }}")});
        let told = Door::of(data).post("/graphql", &[], &query).json();
        let commits = told["data"]["changes"]["commits"].as_array().unwrap().clone();
        commits.iter().map(|change| change["commit"]["agent"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let ingested = agents("ingest");
    assert_eq!(ingested.last().map(String::as_str), Some("ingest"), "the owner's own: {ingested:?}");
    assert!(ingested[..ingested.len() - 1].iter().all(|agent| agent == "token:loader"), "{ingested:?}");
    let told = agents("remember");
    assert!(!told.is_empty() && told.iter().all(|agent| agent == "token:loader"), "{told:?}");
    for question in ["boiler hums", "harbour crane"] {
        let hit = as_json(&Door::of(data), "/v1/recall", &json!({"query": question})).json()["hits"][0].clone();
        assert_eq!(hit["trust"], "ingested", "{hit}");
    }
}
