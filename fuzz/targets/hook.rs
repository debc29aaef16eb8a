//! What a client tells of an event.
#![no_main]
#![allow(dead_code, reason = "only what reads is called")]

#[path = "../../server/src/hook/event.rs"]
mod event;
#[path = "../../server/src/hook/input.rs"]
mod input;

use event::Event;
use input::{Input, MAX_NAMED_BYTES, MAX_SAID_BYTES, MAX_WRITTEN_BYTES};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(input) = Input::read(Event::PreToolUse, bytes) else { return };
    for named in [&input.session, &input.agent, &input.folder, &input.path, &input.tool, &input.transcript] {
        assert!(named.len() <= MAX_NAMED_BYTES);
    }
    for said in [&input.prompt, &input.command, &input.error, &input.last_said] {
        assert!(said.len() <= MAX_SAID_BYTES);
    }
    assert!(input.text.len() <= MAX_WRITTEN_BYTES);
    // It travels, and comes as it went.
    let sent = serde_json::to_vec(&input).expect("it is JSON");
    assert_eq!(serde_json::from_slice::<Input>(&sent).expect("what was sent is read"), input);
});
