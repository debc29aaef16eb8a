//! The map as a real browser draws it: links whose ends are hidden, other days, the keyboard alone, what is saved, a lost context,
//! a browser without WebGL2. Needs npm and Chromium; says so and skips where they can't be had, unless
//! `HYDRA_REQUIRE_BROWSER` is set.

#[path = "map/browser.rs"]
mod browser;
mod harness;
#[path = "node/needed.rs"]
mod needed;
mod node;

use harness::Server;
use serde_json::{Value, json};

/// Leaves of each note in the map of distances: enough that its region is wide from afar.
const LEAVES: usize = 150;
/// Pixels that a dot covers at most, with its ring.
const MAX_DOT: u64 = 32 * 32;

#[test]
fn a_browser_draws_what_stands_and_nothing_else() {
    let Some(packages) = needed::needed(browser::packages()) else { return };
    let temp = tempfile::tempdir().unwrap();
    let data = temp.path().join("data");
    let server = Server::start(&data);
    let mut client = server.client();
    let mut tell = |text: &str, from: &str| {
        let fact = json!({"text": text, "kind": "fact", "valid_from": from});
        client.ask("/v1/remember", &fact);
    };
    tell("Mirela lives in Split", "2020-03-01");
    tell("Mirela works for Acme", "2020-03-01");
    tell("Mirela works for Globex", "2023-05-01");
    for friend in ["Anna", "Bruno", "Clara", "Dario", "Elsa", "Fabio"] {
        tell(&format!("Mirela knows {friend}"), "2022-01-01");
    }
    // Shown as text, whatever it says.
    client.ask("/v1/remember", &json!({"text": "<img src=x onerror=alert(1)> and \"quotes\"", "entities": ["Mirela"]}));
    let seen = browser::run(&packages, "drawn.mjs", &server);
    let number = |path: &str| seen.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}: {seen}"));
    let words = |path: &str| seen.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: {seen}"));
    assert_eq!(seen["errors"], json!([]));

    // Nine facts, of which one has ended, an episode, and ten names; each fact is tied to two of them.
    let whole = number("/whole/drawn");
    assert!(words("/counts").ends_with("19 of 20 things · 17 links."), "{}", words("/counts"));
    assert!(number("/labels") > 3);
    assert!(words("/names/counts").ends_with("10 of 20 things · 0 links."), "{}", words("/names/counts"));
    // With one of its ends hidden no link is drawn, and nothing streaks to the edge.
    let (names, facts) = (number("/names/drawn"), number("/facts/drawn"));
    assert!(names > 0 && facts > 0 && names + facts < whole, "{names} {facts} {whole}");
    assert!(names <= 10 * MAX_DOT && facts <= 10 * MAX_DOT);
    for state in ["whole", "names", "facts", "before", "then", "unknown"] {
        assert_eq!(number(&format!("/{state}/edge")), 0, "{state}");
    }
    // Other days: nothing was so before 2020, in 2021 two facts were; before it was told nothing was known.
    assert_eq!((number("/before/drawn"), number("/unknown/drawn")), (0, 0));
    assert!(words("/then/counts").starts_with("5 of "), "{}", words("/then/counts"));
    assert!((1..whole).contains(&number("/then/drawn")));

    assert!(words("/first/said").contains("links"), "{}", words("/first/said"));
    let id = words("/first/query/n");
    assert_eq!(id.len(), 13);
    assert_eq!(seen["second"]["query"]["hops"], "2");
    assert!(
        seen["walked"].as_array().unwrap().iter().any(|said| {
            let said = said.as_str().unwrap();
            said.contains(", fact,") || said.contains(", episode,")
        }),
        "{seen}"
    );
    assert_eq!(seen["opened"], 1);
    assert!(number("/list/rows") > 1 && words("/list/held") == "map-row" && words("/list/view") == "list");
    assert!(seen["earlier"]["query"]["as"].is_string() && words("/earlier/said").contains("True on"));
    assert!(seen["all"]["query"].get("n").is_none());
    assert_eq!(seen["back"]["n"], seen["all"]["was"]);

    assert_eq!(words("/flown"), "Mirela");
    assert!(
        words("/csv").starts_with("id,name,type,space,links,from,until")
            && words("/csv").contains("Mirela works for Globex")
    );
    assert!(words("/csv").contains("<img src=x onerror=alert(1)> and \"\"quotes\"\""));
    assert!(words("/graphml").contains("&#60;img") && words("/graphml").contains("<edge "));
    assert_eq!(words("/png"), "PNG");
    assert!(words("/lost/said").contains("lost") && words("/lost/said").contains("list"), "{}", words("/lost/said"));
    assert!(number("/lost/rows") > 1 && seen["lost"]["isStageSeen"] == false && seen["lost"]["isListStill"] == true);
    assert!(number("/restored/drawn") > 0 && seen["restored"]["isNoticeSeen"] == false, "{}", seen["restored"]);
    assert!(number("/flat/rows") > 10 && seen["flat"]["hasWebGl"] == false);
}

#[test]
fn a_map_of_nothing_and_of_one_thing_says_what_to_do() {
    let Some(packages) = needed::needed(browser::packages()) else { return };
    let temp = tempfile::tempdir().unwrap();
    let server = Server::start(&temp.path().join("data"));
    let seen = browser::run(&packages, "few.mjs", &server);
    assert_eq!(seen["errors"], json!([]));
    let words = |path: &str| seen.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: {seen}"));
    for state in ["none", "noneInList"] {
        let said = words(&format!("/{state}/said"));
        assert!(said.contains("Nothing is on the map yet") && said.contains("First steps"), "{state}: {said}");
        assert_eq!(words(&format!("/{state}/counts")), "Nothing is on the map.");
    }
    assert_eq!(words("/none/spoken"), "There is nothing here to walk to");
    assert!(words("/elsewhere/said").contains("Nothing of work is on the map yet"), "{seen}");
    assert!(words("/one/said").contains("Only one thing is on the map yet"), "{seen}");
    assert!(words("/one/counts").starts_with("1 thing · 0 links"), "{}", words("/one/counts"));
    assert!(words("/one/spoken").starts_with("The spare key hangs in the hall, episode, 0 links"), "{seen}");
    assert_eq!(seen["arrived"]["nodes"], 1, "{seen}");
    assert!(seen["arrived"]["away"].as_f64().is_some_and(|pixels| pixels < 2.0), "{}", seen["arrived"]);
    assert_eq!(seen["one"]["nodes"], 1, "{seen}");
    assert_eq!(seen["two"]["isSaid"], false, "{seen}");
}

#[test]
fn names_come_by_distance() {
    let Some(packages) = needed::needed(browser::packages()) else { return };
    let temp = tempfile::tempdir().unwrap();
    let (data, notes) = (temp.path().join("data"), temp.path().join("notes"));
    std::fs::create_dir_all(&notes).unwrap();
    for hub in ["Harbour", "Orchard"] {
        let leaves: String = (0..LEAVES).map(|leaf| format!("- [[{hub} leaf {leaf}]]\n")).collect();
        std::fs::write(notes.join(format!("{hub}.md")), format!("# {hub}\n\n{leaves}")).unwrap();
    }
    let server = Server::start(&data);
    harness::succeeds(&data, &["ingest", notes.to_str().unwrap()]);
    let seen = browser::run(&packages, "distances.mjs", &server);
    assert_eq!(seen["errors"], json!([]));
    let named = |state: &str| -> Vec<String> { serde_json::from_value(seen[state].clone()).unwrap() };
    let is_leaf = |name: &String| name.contains("leaf");
    // From afar regions by what they are called after; nearer what has many links; near everything.
    for state in ["far", "between"] {
        let names = named(state);
        assert!(names.iter().any(|name| name == "Harbour" || name == "Orchard"), "{state}: {names:?}");
        assert!(!names.iter().any(is_leaf), "{state}: {names:?}");
    }
    assert!(named("near").iter().any(is_leaf), "{seen}");
}
