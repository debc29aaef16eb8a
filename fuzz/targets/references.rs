//! Addresses, paths and the like in texts.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_graph::fuzzing::references(text));
