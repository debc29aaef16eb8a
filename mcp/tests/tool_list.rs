//! The tool list is a contract: what clients see changes only on purpose.

use std::path::Path;

#[test]
fn the_tool_list_is_as_written_down() {
    let tools = serde_json::to_string_pretty(&hydra_mcp::tool_list()).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/mcp-tools.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &tools).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(tools, written, "if this is meant, run the test with UPDATE_SNAPSHOTS=1");
}
