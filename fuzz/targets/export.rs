//! Lines of an export.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_graph::fuzzing::export_line(text));
