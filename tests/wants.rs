//! What the owner wants, what was decided, and copies of one source: from end to end, through commands, HTTP and agents.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

mod harness;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;

use harness::{Server, json as run_json, run};
use serde_json::{Value, json};
use wire::Door;

fn said(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

fn shown(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
}

fn id(answer: &Value) -> &str {
    answer["id"].as_str().unwrap()
}

#[test]
fn a_preference_through_commands_is_counted_corrected_and_restored() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let tell =
        |text: &str, more: &[&str]| run_json(data, &[&["remember", "--kind", "preference", text], more].concat());
    let coffee = tell("I prefer coffee", &["--topic", "hot drinks", "--applies-to", "Kitchen"]);
    assert_eq!((&coffee["status"], &coffee["preference"]["status"]), (&json!("inserted"), &json!("in_force")));
    let again = tell("prefers Coffee.", &["--topic", "Hot drinks", "--applies-to", "kitchen"]);
    assert_eq!((id(&again), &again["preference"]["times_seen"]), (id(&coffee), &json!(2)));
    let tea = tell("I prefer tea", &["--topic", "hot drinks", "--applies-to", "Kitchen"]);
    assert_eq!((&tea["status"], &tea["ended"]), (&json!("superseded"), &json!([coffee["id"]])));
    let got = shown(data, &["get", id(&coffee)]);
    for part in ["ended_by", "hot drinks", "in_force", "Kitchen", "times_seen 2", "voices 1"] {
        assert!(got.contains(part), "{part}: {got}");
    }
    shown(data, &["undo", tea["commit"].as_str().unwrap()]);
    assert!(!shown(data, &["get", id(&coffee)]).contains("ended_by"));

    let guess = |session: &str| tell("Never use colours", &["--inferred", "--session", session]);
    let first = guess("Monday");
    let found = shown(data, &["recall", "colours"]);
    assert!(found.contains("candidate: inferred from 1 observation, not in force, against"), "{found}");
    assert_eq!(guess("Monday")["preference"]["status"], "candidate");
    assert_eq!(guess("Friday")["preference"]["status"], "in_force");
    shown(data, &["forget", id(&first)]);
    let refused = run(data, &["remember", "Never use colours", "--kind", "preference", "--inferred"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("you took the same back before"));
    let wrong = run(data, &["remember", "x", "--polarity", "sideways"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn an_agent_guesses_and_the_owner_decides_what_is_wanted() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let door = Door::of(&data);
    let guess = |session: &str| {
        let arguments =
            json!({"text": "The user prefers tabs", "topic": "indentation", "inferred": "true", "session_id": session});
        door.tool("remember", arguments)
    };
    let first = guess("one");
    let data_of = |result: &Value| result["structuredContent"].clone();
    let known = data_of(&first);
    assert_eq!(
        (&known["preference"]["status"], &known["preference"]["observations"]),
        (&json!("candidate"), &json!(1))
    );
    assert!(said(&first).contains("do not act on it"), "{first}");
    let recalled = door.tool("recall", json!({"query": "tabs"}));
    assert!(said(&recalled).contains("(candidate: inferred from 1 observation, not in force)"), "{recalled}");
    assert!(!said(&door.tool("context", json!({"for": "tabs"}))).contains("prefers tabs"));
    let timeline = door.tool("timeline", json!({"id": known["id"]}));
    assert!(said(&timeline).contains("(candidate: inferred from 1 observation"), "{timeline}");
    let explained = door.tool("explain", json!({"query": "tabs", "id": known["id"]}));
    assert!(said(&explained).contains("at place 1; candidate: inferred"), "{explained}");
    assert_eq!(data_of(&guess("one"))["preference"]["status"], "candidate");
    let second = data_of(&guess("two"));
    assert_eq!((&second["id"], &second["preference"]["status"]), (&known["id"], &json!("in_force")));
    let context = door.tool("context", json!({}));
    assert!(
        said(&context).contains("prefers tabs") && said(&context).contains("inferred from 2 observations"),
        "{context}"
    );
    let got = door.tool("get", json!({"id": known["id"]}));
    let record = &data_of(&got)["records"][0];
    assert_eq!((&record["voices"], record["derived_from"].as_array().unwrap().len()), (&json!(2), 2));
    assert!(said(&got).contains("in_force, inferred, for, topic indentation, 2 independent, told 3"), "{got}");

    let body = json!({"text": "Avoid tabs", "kind": "preference", "topic": "indentation"});
    let owner = server.client().ask("/v1/remember", &body);
    assert_eq!((&owner["status"], &owner["ended"]), (&json!("superseded"), &json!([known["id"]])));
    let told = door.tool("remember", json!({"text": "I prefer tabs", "topic": "indentation", "polarity": "prefers"}));
    assert_eq!(data_of(&told)["status"], "conflict", "an agent ends nothing that the owner said");
    let context = said(&door.tool("context", json!({}))).to_owned();
    assert!(context.contains("Avoid tabs") && !context.contains("prefer tabs"), "{context}");
    let conflicts = shown(&data, &["conflicts"]);
    assert!(conflicts.contains("(owner") && conflicts.contains("(agent"), "{conflicts}");
    let timeline = door.tool("timeline", json!({"id": known["id"]}));
    assert!(said(&timeline).contains("ended"), "{timeline}");
    for (arguments, part) in [
        (json!({"text": "x", "polarity": "sideways"}), "for (preferred)"),
        (json!({"text": "x", "kind": "fact", "topic": "y"}), "kind preference"),
    ] {
        let result = door.tool("remember", arguments);
        assert!(result["isError"] == true && said(&result).contains(part), "{result}");
    }
}

#[test]
fn a_decision_through_commands_shows_its_chain() {
    let temp = tempfile::tempdir().unwrap();
    let data = &temp.path().join("data");
    let first = run_json(data, &["decide", "Keep the ledger in SQLite", "--because", "it is there"]);
    let decide = ["decide", "Keep the ledger in PostgreSQL", "--chosen", "PostgreSQL: transactions"];
    let more = ["--option", "Files: slow", "--supersedes", id(&first), "--for", "src/ledger"];
    let second = run_json(data, &[&decide[..], &more].concat());
    assert_eq!((&second["status"], &second["ended"]), (&json!("superseded"), &json!([first["id"]])));
    let got = shown(data, &["get", id(&first)]);
    assert!(got.contains(&format!("ended_by {}", id(&second))) && got.matches("chain").count() == 2, "{got}");
    let got = shown(data, &["get", id(&second)]);
    for part in ["rejected Files: slow", "chosen PostgreSQL: transactions", "applies_to src/ledger", "revision_of"] {
        assert!(got.contains(part), "{part}: {got}");
    }
    let found = shown(data, &["recall", "ledger in SQLite", "--kind", "decision"]);
    assert!(found.contains(&format!("superseded by {}", id(&second))), "{found}");
    assert!(shown(data, &["recall", "slow files"]).contains("Rejected: Files: slow"));
    let timeline = shown(data, &["timeline", id(&first)]);
    assert!(timeline.matches("said").count() == 2 && timeline.contains("superseded by"), "{timeline}");
    let again = run(data, &["decide", "Keep it on paper", "--supersedes", id(&first)]);
    let error = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.code() == Some(2) && error.contains(&format!("supersede {} instead", id(&second))), "{error}");
}

#[test]
fn an_agent_keeps_a_decision_with_what_was_rejected() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door::of(&data);
    let decide = |arguments: Value| door.tool("remember", arguments)["structuredContent"].clone();
    let first =
        decide(json!({"text": "Keep the ledger in files", "kind": "decision", "alternatives": "SQLite: unknown"}));
    let options = json!([{"name": "PostgreSQL", "chosen": true, "why": "transactions"}, "Files: slow", "Paper"]);
    let second = decide(json!({
        "text": "Keep the ledger in PostgreSQL", "options": options, "because": "two programs write to it",
        "replaces": first["id"], "scope": "src/ledger"
    }));
    assert_eq!((&second["status"], &second["ended"]), (&json!("superseded"), &json!([first["id"]])));
    let got = door.tool("get", json!({"id": second["id"]}));
    let record = &got["structuredContent"]["records"][0];
    assert_eq!(
        record["options"],
        json!(["PostgreSQL (chosen): transactions", "Files (rejected): slow", "Paper (considered)"])
    );
    assert_eq!((&record["kind"], &record["applies_to"]), (&json!("decision"), &json!("src/ledger")));
    assert_eq!(record["chain"].as_array().unwrap().len(), 2);
    let recalled = door.tool("recall", json!({"query": "ledger in files"}));
    assert!(said(&recalled).contains(&format!("SUPERSEDED by {}", id(&second))), "{recalled}");
    assert!(said(&recalled).contains("> Rejected: Files: slow"), "{recalled}");
    let context = said(&door.tool("context", json!({"for": "src/ledger/main.rs"}))).to_owned();
    assert!(context.contains("PostgreSQL") && !context.contains("ledger in files"), "{context}");
    for (arguments, part) in [
        (json!({"text": "x", "supersedes": first["id"]}), "instead"),
        (json!({"text": "x", "options": [{"why": "y"}]}), "an option needs"),
        (json!({"text": "x", "kind": "fact", "reasons": "y"}), "kind decision"),
    ] {
        let result = door.tool("remember", arguments);
        assert!(result["isError"] == true && said(&result).contains(part), "{result}");
    }
}

#[test]
fn copies_are_named_and_do_not_count() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let notes = temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    for name in ["a", "b"] {
        std::fs::write(notes.join(format!("{name}.md")), "The boiler was serviced in March by the man from Ghent.\n")
            .unwrap();
    }
    let _server = Server::start(&data);
    shown(&data, &["ingest", notes.to_str().unwrap()]);
    let found = run_json(&data, &["recall", "who serviced the boiler"]);
    let hits = found["hits"].as_array().unwrap();
    assert_eq!((hits.len(), hits[0]["also_in"].as_array().unwrap().len()), (1, 1));
    let (one, two) = (id(&hits[0]), id(&hits[0]["also_in"][0]));
    assert!(shown(&data, &["recall", "who serviced the boiler"]).contains("also in "));
    let door = Door::of(&data);
    let recalled = door.tool("recall", json!({"query": "who serviced the boiler"}));
    assert!(said(&recalled).contains(&format!("also in {two} ")), "{recalled}");
    let fact = |evidence: &str| {
        let arguments =
            json!({"subject": "Boiler", "predicate": "is located in", "object": "Cellar", "evidence": evidence});
        door.tool("remember", arguments)["structuredContent"].clone()
    };
    let voices = |id: &str| door.tool("get", json!({"id": id}))["structuredContent"]["records"][0]["voices"].clone();
    let first = fact(one);
    assert_eq!((fact(two)["id"].clone(), voices(id(&first))), (first["id"].clone(), json!(1)));
    let other = door.tool("remember", json!({"text": "I saw the boiler in the cellar", "source": "Ann"}));
    fact(id(&other["structuredContent"]));
    assert_eq!(voices(id(&first)), json!(2));
    assert!(shown(&data, &["get", id(&first)]).contains("voices 2"));
}
