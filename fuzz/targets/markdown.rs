//! Notes: front matter, outline, wiki links, inline fields, tags, passages.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hydra_ingest::fuzzing::file("Note.md", bytes));
