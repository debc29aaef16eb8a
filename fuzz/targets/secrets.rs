//! Secrets in texts, and masking them.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_graph::fuzzing::secrets(text));
