//! Settings of agents, with comments: entries are put in and taken out, and every other word stays where it is.
#![no_main]
#![allow(dead_code, reason = "only what changes settings is called")]

#[path = "../../server/src/install/document.rs"]
mod document;
#[path = "../../server/src/install/hook.rs"]
mod hook;
#[path = "../../server/src/install/hook_groups.rs"]
mod hook_groups;
#[path = "../../server/src/install/server.rs"]
mod server;

/// As the program describes itself; how it finds out is no matter here.
mod program {
    use std::path::Path;

    use serde_json::Value;

    pub struct Invocation {
        pub program: String,
        pub options: Vec<String>,
    }

    impl Invocation {
        pub fn arguments(&self, words: &[&str]) -> Vec<String> {
            words.iter().map(|&word| word.to_owned()).chain(self.options.iter().cloned()).collect()
        }

        pub fn is_program(command: &Value) -> bool {
            let path = command.as_str().map(Path::new);
            path.is_some_and(|path| path.file_name().is_some_and(|name| name == "hydra"))
        }
    }
}

use std::path::Path;

use document::Document;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = Document::read(bytes, Path::new("settings.json")) else { return };
    assert_eq!(document.bytes(), bytes, "what is only read stays as it is");
    let invocation =
        program::Invocation { program: "/usr/bin/hydra".to_owned(), options: vec!["--port".to_owned(), "1".to_owned()] };
    let foreign = document.foreign();
    if server::put(&document, &invocation).is_err() || hook_groups::put(&document, &invocation).is_err() {
        return;
    }
    assert_eq!(document.foreign(), foreign, "what is others' stays in its order");
    let written = document.bytes();
    let again = Document::read(&written, Path::new("settings.json")).expect("what was written is read");
    if server::take(&again, &[], None).is_ok() && hook_groups::take(&again, &[]).is_ok() {
        assert_eq!(again.foreign(), foreign, "what is others' stays when ours goes");
        Document::read(&again.bytes(), Path::new("settings.json")).expect("what is left is read");
    }
});
