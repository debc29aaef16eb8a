//! The log in front of the store, and the differences in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_graph::fuzzing::redo(bytes));
