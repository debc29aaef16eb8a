//! What prompts are given, measured: the right memory where there is one, and nothing where there is none.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness;

use std::path::Path;

use harness::json;

#[test]
fn prompts_are_given_the_right_memory_or_nothing() {
    if harness::model().is_none() {
        eprintln!("skipped: HYDRA_MODEL_DIR does not name the folder of the model");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let set = root.join("tests/injection");
    let vault = root.join("data/sample-vault");
    let temp = tempfile::tempdir().unwrap();
    let arguments = ["eval", "injection", set.to_str().unwrap(), "--vault", vault.to_str().unwrap()];
    let measured = json(&temp.path().join("data"), &arguments);
    assert!(!temp.path().join("data").exists(), "the memory of whoever measures is not touched");
    let rows = measured["rows"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["what"].as_str().unwrap()).collect::<Vec<_>>(), ["choose", "report", "all"]);
    for row in rows {
        let figure = |name: &str| row[name].as_u64().unwrap();
        assert!(figure("right") * 10 >= figure("with_answer") * 9, "{row}");
        assert!(figure("disturbed") * 20 <= figure("without_answer"), "{row}");
    }
    let tokens = measured["prompts"].as_array().unwrap().iter().filter_map(|prompt| prompt["given"].as_str());
    assert!(tokens.map(|given| given.len().div_ceil(4)).all(|tokens| tokens <= 400));
}
