//! Days in texts and questions.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| hydra_graph::fuzzing::dates(text));
