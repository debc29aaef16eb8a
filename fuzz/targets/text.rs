//! Plain texts.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ["Note.txt", "Note.rst", "Note.org"].into_iter().for_each(|name| hydra_ingest::fuzzing::file(name, bytes)));
