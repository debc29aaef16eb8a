//! PDFs.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_ingest::fuzzing::file("Paper.pdf", bytes));
