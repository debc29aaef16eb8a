//! What agents hand to tools, and addresses of resources.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hydra_mcp::fuzzing::arguments(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        hydra_mcp::fuzzing::resource(text);
    }
});
