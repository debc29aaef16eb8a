//! What an owner decides in a browser, and whether the memory then holds it.

use serde_json::{Value, json};

use crate::harness;
use crate::stage::{Stage, assert_clean, wait_for_owner};

#[test]
fn what_the_owner_decides_holds_and_can_be_taken_back() {
    let Some(stage) = Stage::set() else { return };
    let folder = stage.temp.path().join("notes");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("Garage.md"), "# Garage\n\nThe winter tyres hang on the left wall of the garage.\n")
        .unwrap();
    let mut client = stage.client();
    let waiting = wait_for_owner(&mut client);
    let mut tell = |body: Value| client.ask("/v1/remember", &body)["id"].clone();
    let basis = tell(json!({"text": "A sailor said that the ferry stops running in May"}));
    let rests = tell(json!({"text": "The ferry stops in May", "kind": "fact", "evidence": [basis]}));
    let lives = tell(json!({"statement": ["Mirela", "lives in", "Split"]}));
    let plain = tell(json!({"text": "The red kettle whistles too early"}));
    let erased = tell(json!({"text": "The old number of the bicycle lock was 4711"}));
    let tea = tell(json!({"text": "I prefer tea to coffee", "kind": "preference", "topic": "drinks"}));
    let lesson = stage.told(&["learn", "--when", "the linker is killed", "Build with one job"]);
    let decision = stage.told(&["decide", "Keep the ledger in SQLite"]);
    let more = json!({
        "waiting": waiting, "basis": basis, "rests": rests, "lives": lives, "plain": plain, "erased": erased,
        "tea": tea, "lesson": lesson["id"], "decision": decision["id"], "folder": folder,
    });
    assert_clean(&stage.play("deeds.mjs", &more));

    // What was clicked and typed is what the memory holds.
    let found = |question: &str| -> Vec<String> {
        let hits = stage.told(&["recall", question])["hits"].clone();
        hits.as_array().unwrap().iter().filter_map(|hit| hit["text"].as_str().map(str::to_owned)).collect()
    };
    let has = |question: &str, text: &str| found(question).iter().any(|hit| hit.contains(text));
    assert_eq!(stage.page("/conflicts.json")["conflicts"], json!([]), "it was settled");
    assert!(has("who works for Acme", "Ana works for Acme"), "{:?}", found("who works for Acme"));
    assert!(!has("who works for Tern", "Oskar works for Tern"), "it was declined");
    assert!(has("where is the ledger kept", "RocksDB"), "{:?}", found("where is the ledger kept"));
    assert!(!has("winter tyres", "left wall"), "its folder was left and forgotten");
    assert!(has("when does the ferry stop", "A sailor said"), "forgetting was taken back");
    assert!(has("kettle", "whistles"), "it came back from the trash");
    let preferences = stage.page("/preferences.json")["preferences"]["nodes"].clone();
    let status = |text: &str| {
        let is_it = |one: &&Value| one["text"].as_str().is_some_and(|said| said.contains(text));
        preferences.as_array().unwrap().iter().find(is_it).map(|one| one["preference"]["status"].clone())
    };
    assert_eq!(status("tabs"), Some(json!("in_force")), "{preferences}");
    assert_eq!((status("colours"), status("tea")), (None, None), "{preferences}");
    let learning = stage.page("/learnings.json")["learnings"]["nodes"][0]["learning"].clone();
    assert_eq!((&learning["timesHelped"], &learning["timesHurt"]), (&json!(1), &json!(1)), "{learning}");
    let gone = harness::run(&stage.data(), &["get", erased.as_str().unwrap()]);
    assert!(!harness::stdout(&gone).contains("4711") && !has("the bicycle lock", "4711"), "it was erased");
}
