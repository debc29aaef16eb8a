//! What whoever runs the server sees of it: metrics that a Prometheus reads, a log for programs, whether it is ready.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
mod python;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;
use std::process::Command;

use harness::{Server, hydra, succeeds, wait_until};
use serde_json::{Value, json};
use wire::Door;

const LOCAL: (&str, &str) = ("Host", "localhost");

#[test]
fn metrics_have_the_names_that_prometheus_wants() {
    let Some(python) = python::python(&["prometheus_client==0.26.0"]) else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let bearer = format!("Bearer {}", door.token);
    let own = [LOCAL, ("Authorization", bearer.as_str())];
    // Something of everything, and addresses that nobody knows, which must make no names.
    door.post("/v1/remember", &[], &json!({"text": "The well is dry"}));
    door.post("/v1/recall", &[], &json!({"query": "well"}));
    door.post("/v1/recall", &[], &json!({"query": ""}));
    for number in 0..50 {
        door.send("GET", &format!("/m/00000000000{number:02}"), &own, b"");
        door.send("GET", &format!("/nowhere/{number}"), &own, b"");
        door.send("GET", &format!("/store/{number}"), &own, b"");
    }
    let metrics = door.send("GET", "/metrics", &own, b"").body;
    let file = temp.path().join("metrics.txt");
    std::fs::write(&file, metrics).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/python/metrics.py");
    let output = Command::new(python).arg(script).arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(said.trim(), "ok");
}

#[test]
fn the_log_for_programs_has_one_object_a_line_and_nothing_of_the_memory() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let mut command = hydra(&data);
    command.env("HYDRA_LOG_FORMAT", "json").env("HYDRA_LOG_LEVEL", "trace");
    let server = Server::start_with(command, &data);
    let door = Door::of(&data);
    let told = ["The heron nests by the sluice", "Which bird nests by water", "<urn:a:heron> a <urn:a:Bird> ."];
    door.post("/v1/remember", &[], &json!({"text": told[0], "session": "sluice-talk", "speaker": "Ottilie"}));
    door.post("/v1/recall", &[], &json!({"query": told[1]}));
    door.post(
        "/graphql",
        &[],
        &json!({"query": format!("{{ recall(query: \"{}\") {{ hits {{ text }} }} }}", told[1])}),
    );
    let bearer = format!("Bearer {}", door.token);
    let own = [LOCAL, ("Authorization", bearer.as_str())];
    let turtle = [&own[..], &[("Content-Type", "text/turtle")]].concat();
    door.send("PUT", "/store?default", &turtle, told[2].as_bytes());
    door.send("GET", "/sparql?query=SELECT+%2A+%7B+%3Fheron+%3Fp+%3Fo+%7D", &own, b"");
    // What is refused is no reason to repeat it either.
    door.send("POST", "/v1/recall", &own, b"{\"query\": \"heron");
    door.send("GET", "/m/heron", &own, b"");
    door.send("GET", "/m/038g93ppke00p?as_of=heron", &own, b"");
    door.send("POST", "/v1/status", &[LOCAL, ("Authorization", "Bearer heron-token")], b"{}");
    door.send("POST", "/v1/status", &[("Host", "heron.example")], b"{}");
    let said = || server.stderr();
    wait_until("the log", || said().contains("\"listening\""));
    let log = said();
    server.stop();
    assert!(log.lines().count() > 1, "{log}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(entry["timestamp"].is_string() && entry["level"].is_string(), "{line}");
        assert!(entry["fields"]["message"].is_string() && entry["target"].is_string(), "{line}");
    }
    for word in ["heron", "sluice", "Ottilie", "bird", door.token.as_str()] {
        assert!(!log.to_lowercase().contains(&word.to_lowercase()), "`{word}` is in the log: {log}");
    }
}

#[test]
fn no_error_says_what_is_remembered_or_which_token_was_sent() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let owner = Door::of(&data);
    let scope = ["--quiet", "token", "create", "--name", "phone", "--scope", "read,write"];
    let phone = Door { token: succeeds(&data, &scope).trim().to_owned(), ..Door::of(&data) };
    let tell = |body: Value| {
        let answer = owner.post("/v1/remember", &[], &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = answer.json();
        ["id", "commit"].map(|key| told[key].as_str().unwrap().to_owned())
    };
    let [kept, commit] = tell(json!({"text": "The heron nests by the sluice, says Ottilie"}));
    let [fact, _] = tell(json!({"text": "x", "kind": "fact", "statement": ["Ottilie", "lives in", "Sluice House"]}));
    let [gone, _] = tell(json!({"text": "The heron has left the sluice"}));
    let [undone, taken_back] = tell(json!({"text": "Ottilie fears the heron"}));
    assert_eq!(owner.post("/v1/forget", &[], &json!({"ids": [gone]})).status, 200);
    assert_eq!(owner.post("/v1/undo", &[], &json!({"commit": taken_back})).status, 200);
    for (door, path, body) in [
        (&phone, "/v1/update", json!({"id": kept, "op": "retract"})),
        (&phone, "/v1/update", json!({"id": fact, "op": "end", "at": "2025-01-01"})),
        (&phone, "/v1/forget", json!({"ids": [kept]})),
        (&phone, "/v1/undo", json!({"commit": commit})),
        (&phone, "/v1/erase", json!({"ids": [kept]})),
        (&owner, "/v1/undo", json!({"commit": taken_back})),
        (&owner, "/v1/update", json!({"id": undone, "op": "retract"})),
        (&owner, "/v1/update", json!({"id": kept, "op": "settle", "keep": kept})),
        (&owner, "/v1/update", json!({"id": kept, "op": "end", "at": "never"})),
        (&owner, "/v1/update", json!({"id": fact, "op": "supersede"})),
        (&owner, "/v1/update", json!({"id": gone, "op": "retract"})),
        (&owner, "/v1/explain", json!({"trace": "0000000000000", "id": kept})),
        (&owner, "/v1/recall", json!({"query": ""})),
        (&owner, "/v1/query", json!({"query": "SELECT ?t { ?m schema:text ?t "})),
    ] {
        let answer = door.post(path, &[], &body);
        assert!((400..500).contains(&answer.status), "{path} {body}: {} {}", answer.status, answer.body);
        says_nothing(&answer.body, &[&owner.token, &phone.token]);
    }
    let bearer = format!("Bearer {}", owner.token);
    let with = |authorization: &str, path: &str| {
        owner.send("GET", path, &[LOCAL, ("Authorization", authorization), ("Accept", "application/json")], b"")
    };
    for (authorization, path, status) in [
        (bearer.as_str(), format!("/m/{gone}"), 410),
        (&bearer[..], format!("/m/{gone}.ttl"), 410),
        (&bearer[..], format!("/m/{kept}?space=garden"), 404),
        (&bearer[..], format!("/m/{kept}@2001-01-01"), 404),
        (&bearer[..], "/sparql?query=SELECT+%3Ft+%7B+%3Fm+schema:text+%3Ft+.+FILTER(nope(%3Ft))+%7D".to_owned(), 400),
        // One letter short, twice, as another scheme, as a name.
        (&bearer[..bearer.len() - 1], "/m/x".to_owned(), 401),
        (&format!("{bearer}{}", owner.token)[..], "/m/x".to_owned(), 401),
        (&format!("Basic {}", owner.token)[..], "/m/x".to_owned(), 401),
        (&owner.token[..], "/m/x".to_owned(), 401),
    ] {
        let answer = with(authorization, &path);
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        says_nothing(&format!("{:?}{}", answer.headers, answer.body), &[&owner.token, &phone.token]);
    }
    for query in [
        format!("{{ memory(id: \"{kept}\") {{ text nothing }} }}"),
        format!("mutation {{ update(id: \"{kept}\", op: RETRACT) {{ undo }} }}"),
        format!("mutation {{ forget(ids: [\"{kept}\"]) {{ undo }} }}"),
    ] {
        let answer = phone.post("/graphql", &[], &json!({"query": query}));
        assert!(answer.json()["errors"][0]["message"].is_string(), "{query}: {}", answer.body);
        says_nothing(&answer.body, &[&owner.token, &phone.token]);
    }
    for (tool, arguments) in
        [("update", json!({"id": kept, "op": "retract"})), ("forget", json!({"ids": [kept]})), ("get", json!({}))]
    {
        let answer = phone.mcp(&wire::call(1, tool, arguments));
        assert_eq!(answer.json()["result"]["isError"], true, "{tool}: {}", answer.body);
        says_nothing(&answer.body, &[&owner.token, &phone.token]);
    }
    // A command's error is one, too; what is there stays.
    let output = harness::run(&data, &["update", &kept, "--end", "never"]);
    assert!(!output.status.success());
    says_nothing(&harness::stderr(&output), &[&owner.token, &phone.token]);
    assert_eq!(owner.post("/v1/recall", &[], &json!({"query": "heron"})).json()["hits"][0]["id"], kept.as_str());
    server.stop();
}

/// Tells that neither a word of the memory nor a token is in an error.
#[track_caller]
fn says_nothing(error: &str, tokens: &[&str]) {
    let lower = error.to_lowercase();
    for word in ["heron", "sluice", "ottilie", "lives in"] {
        assert!(!lower.contains(word), "`{word}`: {error}");
    }
    for token in tokens {
        // Nor most of one.
        assert!(!error.contains(&token[..token.len() - 8]), "a token: {error}");
    }
}

#[test]
fn anyone_who_may_call_hears_whether_it_is_ready_and_nothing_else() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    harness::vault(&notes, 600);
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let ready = || door.send("GET", "/readyz", &[LOCAL], b"");
    let answer = ready();
    assert_eq!(answer.status, 200, "an empty memory is ready: {}", answer.body);
    succeeds(&data, &["ingest", notes.to_str().unwrap()]);
    wait_until("the indexes to have it", || ready().status == 200);
    let said = ready().json();
    assert_eq!((&said["status"], &said["writes"], &said["memory"]), (&json!("ready"), &json!("ok"), &json!("open")));
    let indexes: Vec<&str> =
        said["indexes"].as_array().unwrap().iter().map(|index| index["name"].as_str().unwrap()).collect();
    assert_eq!(indexes, ["text", "vectors"]);
    assert_eq!(said["model"] == "ok", harness::model().is_some(), "{said}");
    for word in ["lighthouse", "note", temp.path().to_str().unwrap(), "data"] {
        assert!(!said.to_string().contains(word), "{word}: {said}");
    }
    assert_eq!(door.send("GET", "/readyz", &[("Host", "evil.example")], b"").status, 403);
    assert_eq!(door.send("POST", "/readyz", &[LOCAL], b"").status, 405);
}
