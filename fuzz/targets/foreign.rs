//! What other memory systems wrote.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_ingest::fuzzing::foreign(bytes));
