//! Points in time as people write them.
#![no_main]

use hydra_graph::Timestamp;
use hydra_mcp::when;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let now = Timestamp::from_millis(1_790_000_000_000);
    let _ = when::moment(text, now);
    let _ = when::of(Some(text.to_owned()), Some(text.to_owned()), now);
    if let Ok(end) = when::end_of(text, now) {
        assert!(end > now, "{end}");
    }
});
