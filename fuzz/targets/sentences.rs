//! Plain sentences that are taken apart.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_graph::fuzzing::sentence(text));
