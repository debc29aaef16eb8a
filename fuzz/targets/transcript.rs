//! Lines of transcripts, and what is learned of them.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_ingest::fuzzing::transcript_line(bytes));
