//! Texts taken apart to be drawn.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_ingest::fuzzing::tree(text));
