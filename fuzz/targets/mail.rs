//! Mails and mailboxes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ["Mail.eml", "Mails.mbox"].into_iter().for_each(|name| hydra_ingest::fuzzing::file(name, bytes)));
