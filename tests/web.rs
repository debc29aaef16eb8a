//! The web view in a real browser: Chromium, driven by `playwright-core`, against the real server. Needs Node, npm and
//! Chromium, and a program that was built with the view (`make build`); says so and skips where one of them is missing,
//! unless `HYDRA_REQUIRE_BROWSER` is set.
#![expect(clippy::unwrap_used, reason = "that is how a test fails")]

#[path = "web/deeds.rs"]
mod deeds;
mod harness;
#[path = "node/needed.rs"]
mod needed;
mod node;
#[path = "web/stage.rs"]
mod stage;
#[path = "wire/mod.rs"]
mod wire;

use std::path::Path;

use harness::Server;
use serde_json::{Value, json};
use stage::{Stage, assert_clean, wait_for_owner};
use wire::Door;

#[test]
fn the_first_minute_ends_in_an_answer_and_everything_can_be_undone_by_keyboard() {
    let Some(stage) = Stage::set() else { return };
    let folder = stage.temp.path().join("notes");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Garage.md"), "# Garage\n\nThe winter tyres hang on the left wall of the garage.\n")
        .unwrap();
    let played = stage.play("journey.mjs", &json!({"folder": folder}));
    assert_clean(&played);
    // What the browser did is what the memory holds.
    let memories = stage.told(&["recall", "spare key"]);
    let texts: Vec<&str> = memories["hits"].as_array().unwrap().iter().filter_map(|hit| hit["text"].as_str()).collect();
    assert!(texts.contains(&"The spare key hangs behind the water meter"), "{texts:?}");
    assert!(!texts.iter().any(|text| text.contains("under the mat")), "the edit was undone: {texts:?}");
}

#[test]
fn an_import_is_seen_as_it_goes() {
    /// So many that reading them takes longer than it takes to tell of it.
    const FILES: usize = 2_000;
    let Some(stage) = Stage::set() else { return };
    let folder = stage.temp.path().join("notes");
    harness::vault(&folder, FILES);
    assert_clean(&stage.play("import.mjs", &json!({"folder": folder, "files": FILES})));
}

#[test]
fn the_map_is_walked_narrowed_moved_in_time_and_tidied_by_keys() {
    /// More than the map shows of one thing at first.
    const FRIENDS: usize = 45;
    let Some(stage) = Stage::set() else { return };
    let mut client = stage.client();
    let mut tell = |body: &Value| client.ask("/v1/remember", body)["id"].clone();
    for friend in 0..FRIENDS {
        let statement = json!(["Mirela", "knows", format!("Friend {friend}")]);
        tell(&json!({"statement": statement, "valid_from": "2022-01-01"}));
    }
    let ladder = tell(&json!({"text": "She brought the ladder back to the shed", "entities": ["Mirela"]}));
    // Facts with whom they name, and what was told of Mirela; each fact is tied to two.
    let more = json!({
        "ladder": ladder, "friends": FRIENDS, "things": 2 * FRIENDS + 2, "links": 2 * FRIENDS + 1,
    });
    assert_clean(&stage.play("map.mjs", &more));
}

#[test]
fn every_page_is_accessible_and_valid_in_both_themes_and_at_any_width() {
    let Some(stage) = Stage::set() else { return };
    let vault = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/sample-vault");
    harness::succeeds(&stage.data(), &["ingest", "--space", "sample", vault.to_str().unwrap()]);
    stage.told(&["remember", "I prefer tea to coffee", "--kind", "preference"]);
    stage.told(&["remember", "Mirela lives in Ghent", "--kind", "fact"]);
    stage.told(&["learn", "--when", "the linker is killed", "Build with one job"]);
    stage.told(&[
        "decide",
        "Keep it in one store",
        "--chosen",
        "RocksDB: crash safe",
        "--option",
        "SQLite: one writer",
    ]);
    let memory = stage.told(&["remember", "The boiler was serviced in January", "--kind", "fact"]);
    let forgotten = stage.told(&["remember", "Nobody needs this"]);
    stage.told(&["forget", forgotten["id"].as_str().unwrap()]);
    let answer = stage.told(&["recall", "why do the taps run cold"]);
    let entity = stage.told(&["entity", "show", "Boiler"]);
    let folder = stage.temp.path().join("notes");
    harness::vault(&folder, 3);
    let mut client = stage.client();
    wait_for_owner(&mut client);
    client.ask("/v1/add_source", &json!({"path": folder}));
    let edited =
        ["light", "dark"].map(|theme| stage.told(&["remember", &format!("Edited with {theme} colours")])["id"].clone());
    let more = json!({"memory": memory["id"], "trace": answer["trace_id"], "entity": entity["id"], "edited": edited});
    let played = stage.play("pages.mjs", &more);
    assert_clean(&played);
    assert_eq!(played["violations"], json!([]), "axe-core finds serious or critical ones");
    assert_eq!(played["invalid"], json!([]), "the HTML is not valid");
    assert_eq!(played["overflowing"], json!([]), "a page is wider than the window");
    assert_eq!(played["untitled"], json!([]), "a page has no heading or title");
    assert_eq!(played["unnamed"], json!([]), "the map has no names");
    assert_eq!(played["empty"], json!([]), "a page was looked at with nothing on it");
    assert!(played["pages"].as_u64().unwrap() >= 15, "{played}");
}

#[test]
fn what_is_remembered_is_text_and_no_edit_is_lost() {
    let Some(stage) = Stage::set() else { return };
    let long = "A title that goes on ".repeat(500);
    let script = "<script>window.hacked = 1</script><img src=x onerror=\"window.hacked = 2\">";
    let markup = stage.told(&["remember", script, "--kind", "fact"]);
    let title = stage.told(&["remember", &long]);
    let mixed = stage.told(&["remember", "שלום עולם مرحبا بالعالم 🏳️‍🌈👩‍👩‍👧 in one line"]);
    let notes = stage.temp.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    let note = format!("# {}\n\nThe lantern of the mole is green.\n", "A heading that goes on ".repeat(450));
    std::fs::write(notes.join("Mole.md"), note).unwrap();
    harness::succeeds(&stage.data(), &["ingest", notes.to_str().unwrap()]);
    let heading = stage.told(&["recall", "the lantern of the mole"])["hits"][0].clone();
    let shared = stage.told(&["remember", "The alarm code is behind the calendar", "--kind", "episode"]);
    let more = json!({
        "markup": markup["id"], "title": title["id"], "mixed": mixed["id"], "heading": heading["id"],
        "shared": shared["id"], "script": script,
    });
    let played = stage.play("trouble.mjs", &more);
    // A server that was stopped and a file that is not there are told of in the console by the browser itself.
    assert_eq!(played["elsewhere"], json!([]), "something off this machine was asked for");
    assert_eq!(played["pageErrors"], json!([]), "a script failed");
}

#[test]
fn texts_read_as_they_are_meant_and_what_the_owner_decides_holds() {
    let Some(stage) = Stage::set() else { return };
    let vault = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/sample-vault");
    harness::succeeds(&stage.data(), &["ingest", "--space", "sample", vault.to_str().unwrap()]);
    let text = "For the beds ask the [[Rainwater tank|cistern]], not the tap, **never** at noon. #garden/todo ^beds\n\n\
                - one\n- two\n\n<b>plain</b> [evil](javascript:alert(1))";
    let note = stage.told(&["remember", text]);
    let drawn = "# Beds\n\n| a | b |\n|---|---|\n| 1 | [c](https://c.example/d) |\n\n- [x] dug\n\n```\nlet a;\n```\n\n\
                 > [!NOTE]\n> wet[^1] ![a bed](http://e.example/f.png)\n\n[^1]: in spring";
    let drawn = stage.told(&["remember", drawn]);
    let secret = stage.told(&["remember", "The safe is behind the painting"]);
    let source = stage.told(&["remember", "We saw Mirela at the pier"]);
    let proposed = json!({"proposals": [{
        "kind": "fact", "subject": "Mirela", "predicate": "works for", "object": "Acme", "evidence": [source["id"]],
    }]});
    let mut client = stage.client();
    client.ask("/v1/propose", &proposed);
    let waiting = client.ask("/v1/proposals", &json!({}));
    let more = json!({"note": note["id"], "drawn": drawn["id"], "secret": secret["id"], "proposal": waiting["proposals"][0]["id"]});
    let played = stage.play("texts.mjs", &more);
    assert_clean(&played);
}

#[test]
fn nothing_is_shown_to_whoever_was_not_let_in() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    let door = Door { token: String::new(), ..Door::of(&data) };
    for path in ["/", "/search?q=x", "/m/038g93r4yp000", "/settings"] {
        let answer = get(&door, path, &[("Accept", "text/html")]);
        assert_eq!(answer.status, 401, "{path}");
        assert!(answer.body.contains("hydra open"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("<script"), "{path}");
    }
    for path in ["/search.json?q=x", "/settings.json", "/today.json", "/map.json", "/v/Keys.json"] {
        assert_eq!(get(&door, path, &[]).status, 401, "{path}");
    }
    for path in ["/assets/.gitignore", "/assets/..%2Fbuild.rs", "/assets/none.js"] {
        assert_eq!(get(&door, path, &[]).status, 404, "{path}");
    }
}

#[test]
fn pages_come_with_a_strict_policy_and_their_data_as_json() {
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let _server = Server::start(&data);
    harness::json(&data, &["remember", "The spare key hangs behind the water meter"]);
    let door = Door::of(&data);
    let page = get(&door, "/search?q=key", &[("Accept", "text/html,*/*;q=0.8")]);
    let policy = &page.headers["content-security-policy"];
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "trusted-types 'none'",
    ] {
        assert!(page.status == 501 || policy.contains(part), "{part} is not in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.headers["x-content-type-options"], "nosniff");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let found = get(&door, "/search.json?q=spare%20key&kinds=EPISODE,FACT&limit=3", &[]).json();
    assert_eq!(found["data"]["recall"]["hits"][0]["text"], "The spare key hangs behind the water meter");
    let trace = found["data"]["recall"]["traceId"].as_str().unwrap();
    let recall = get(&door, &format!("/recalls/{trace}.json"), &[]).json();
    assert_eq!(recall["data"]["explain"]["question"], "spare key");
    assert_eq!(get(&door, "/search.json?q=x&limit=many", &[]).status, 400);
    for path in [
        "today",
        "start",
        "search",
        "timeline",
        "recalls",
        "decisions",
        "learnings",
        "preferences",
        "conflicts",
        "proposals",
        "sources",
        "trash",
        "settings",
        "days",
    ] {
        let answer = get(&door, &format!("/{path}.json"), &[]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.json()["errors"].is_null(), "{path}: {}", answer.body);
    }
    // What a page shows follows from its parameters, also before anything was said.
    let boiler = harness::json(&data, &["remember", "The boiler hums", "--entity", "Boiler"]);
    let (id, key) = (boiler["id"].as_str().unwrap(), found["data"]["recall"]["hits"][0]["id"].as_str().unwrap());
    assert!(get(&door, "/timeline.json", &[]).json()["data"]["query"]["rows"][0][2]["value"].is_string());
    let past = get(&door, "/timeline.json?of=Boiler", &[]).json();
    assert!(past["data"]["timeline"]["events"].as_array().is_some_and(|events| !events.is_empty()), "{past}");
    let past = get(&door, &format!("/m/{id}/history.json"), &[]).json();
    assert_eq!((past["commits"][0]["verb"].as_str(), past["id"].as_str()), (Some("remember"), Some(id)), "{past}");
    let map = get(&door, "/map.json", &[]).json();
    assert_eq!((&map["total_nodes"], &map["fitting"], &map["total_links"]), (&json!(3), &json!(3), &json!(1)), "{map}");
    let of = |query: &str| -> Vec<String> {
        let told = get(&door, &format!("/map.json?{query}"), &[]).json();
        let nodes = told["nodes"].as_array().unwrap_or_else(|| panic!("{query}: {told}")).clone();
        let mut labels: Vec<String> = nodes.iter().map(|node| node["label"].as_str().unwrap().to_owned()).collect();
        labels.sort();
        labels
    };
    assert_eq!(of(&format!("n={id}")), ["Boiler", "The boiler hums"]);
    assert_eq!(of(&format!("n={id}&type=episode")), ["The boiler hums"]);
    assert_eq!(of(&format!("n={key}&hops=2&cam=1,2,3&view=list")), ["The spare key hangs behind the water meter"]);
    assert_eq!(of("known=2020-01-01").len() + of("as=2020-01-01").len() + of("p=work").len(), 0);
    assert_eq!(get(&door, "/map.json?n=0000000000000", &[]).status, 404);
    assert_eq!(get(&door, "/map.json?as=whenever", &[]).status, 400);
    // A view leads to the data of the page that it names.
    let said = "<http://schema.org/name> \"Keys\" ; <http://schema.org/url> \"/search?q=key\"";
    let node = format!("GRAPH <urn:view> {{ <urn:view:Keys> {said} }}");
    let update = [
        ("Authorization", format!("Bearer {}", door.token.trim())),
        ("Content-Type", "application/sparql-update".to_owned()),
    ];
    let headers: Vec<(&str, &str)> =
        [("Host", "localhost")].into_iter().chain(update.iter().map(|(name, value)| (*name, value.as_str()))).collect();
    let saved = door.send("POST", "/sparql", &headers, format!("INSERT DATA {{ {node} }}").as_bytes());
    assert_eq!(saved.status / 100, 2, "{}", saved.body);
    let led = get(&door, "/v/Keys.json", &[]);
    assert_eq!((led.status, led.headers["location"].as_str()), (303, "/search.json?q=key"));
    assert_eq!((get(&door, "/v/Nobody.json", &[]).status, get(&door, "/v/Keys", &[]).status), (404, 404));
    let settings = get(&door, "/settings.json", &[]).json();
    let settings = settings["data"]["settings"].as_array().unwrap();
    let of = |name: &str| settings.iter().find(|setting| setting["name"] == name).unwrap();
    assert_eq!((of("port")["value"].as_str(), of("port")["from"].as_str()), (Some("0"), Some("flag")));
    assert_eq!(of("embed_threads")["from"], "default");
}

fn get(door: &Door, path: &str, headers: &[(&str, &str)]) -> wire::Answer {
    let bearer = format!("Bearer {}", door.token.trim());
    let mut all = vec![("Host", "localhost")];
    if !door.token.is_empty() {
        all.push(("Authorization", bearer.as_str()));
    }
    all.extend(headers);
    door.send("GET", path, &all, b"")
}
