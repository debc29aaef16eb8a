//! The layout of a map, as it is kept.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_graph::fuzzing::placement(bytes));
